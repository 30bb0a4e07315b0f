"""What a marketer chose for an export, and the receipt that accounts for every matched person."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Literal, Self

from pydantic import model_validator

from segmentation.catalogue import Model


class ExportOptions(Model):
    """What is to be written. `columns` are names of fields, in their order: all of an own file, custom ones at a platform."""

    destination: str
    columns: tuple[str, ...] = ()
    consent: Literal["respect", "ignore"] = "respect"
    require_address: bool = (
        True  # own files: leave out people who cannot be reached, and duplicates; platforms always do
    )
    spreadsheet_safe: bool = False  # CSV file: it will be opened in a spreadsheet, so nothing in it may be a formula


class Tallied(Model):
    """Every matched person in exactly one place; a number of people each."""

    matched: int
    exported: int
    no_address: int
    not_consented: int
    duplicate: int
    notes: tuple[str, ...] = ()  # sentences without personal data

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        left_out = (self.no_address, self.not_consented, self.duplicate)
        if min(self.exported, *left_out) < 0 or self.matched != self.exported + sum(left_out):
            raise ValueError("a receipt must add up: matched = exported + no address + not consented + duplicate")
        return self


class Receipt(Tallied):
    """What became of an export. `written_at` is UTC, `destination` the name of a row, `file_name` is without folder."""

    file_name: str
    written_at: datetime
    destination: str
    segment: str


class Preview(Tallied):
    """What an export would write: its numbers, and its first rows in clear text, for the page to mask."""

    headers: tuple[str, ...]
    personal: tuple[bool, ...]  # for each column: holds what is masked on screen
    rows: tuple[tuple[str, ...], ...]


_SENTENCES = {
    "bad_email": (
        "1 e-mail address is not valid and was left out.",
        "{} e-mail addresses are not valid and were left out.",
    ),
    "no_country_code": (
        "1 phone number without a country code was left out.",
        "{} phone numbers without a country code were left out.",
    ),
    "bad_phone": ("1 phone number is not valid and was left out.", "{} phone numbers are not valid and were left out."),
    "email_refused": (
        "1 e-mail address was left out: its owner did not agree to it.",
        "{} e-mail addresses were left out: their owners did not agree to it.",
    ),
    "phone_refused": (
        "1 phone number was left out: its owner did not agree to it.",
        "{} phone numbers were left out: their owners did not agree to it.",
    ),
    "no_elsewhere": (
        "1 person agreed, but somebody else with the same address said no: the no counts.",
        "{} people agreed, but somebody else with the same address said no: the no counts.",
    ),
    "phone_taken": (
        "1 phone number was left out, because an earlier row has it.",
        "{} phone numbers were left out, because earlier rows have them.",
    ),
    "no_day": ("1 birthday is not a date and was left out.", "{} birthdays are not dates and were left out."),
    "name_split": (
        "For 1 person the full name was split into first and last name.",
        "For {} people the full name was split into first and last name.",
    ),
    "clipped": (
        "1 cell was longer than the destination takes and was clipped.",
        "{} cells were longer than the destination takes and were clipped.",
    ),
    "made_safe": ("1 cell was made safe for spreadsheets.", "{} cells were made safe for spreadsheets."),
    "long_number": (
        "1 number has more digits than Excel keeps and was written as text.",
        "{} numbers have more digits than Excel keeps and were written as text.",
    ),
}


def sentences(tally: Counter[str]) -> tuple[str, ...]:
    """What was counted beside the people, as sentences of a receipt."""
    return tuple(
        one if tally[key] == 1 else many.format(f"{tally[key]:,}")
        for key, (one, many) in _SENTENCES.items()
        if tally[key]
    )
