"""Repairs of an audience: what was decided once and is done again to each new load, in the order in which it stands here.

The values as they were delivered stay in the staged source, so that a repair that is switched off or removed leaves no trace. Merging
people comes last, over mended values. The customer id is never changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field as Default

from segmentation.catalogue import Model, Role


class Case(StrEnum):
    """How letters are to be written."""

    LOWER = "lower"
    UPPER = "upper"
    TITLE = "title"  # Anna Maria O'Neill


class CountryForm(StrEnum):
    """How countries are to be written."""

    NAME = "name"  # Germany
    CODE = "code"  # DE, as of ISO 3166


class Flaw(StrEnum):
    """What is wrong with an e-mail address."""

    INVALID = "invalid"
    OFFICE = "office"  # info@, sales@: nobody in person
    DISPOSABLE = "disposable"


class Keep(StrEnum):
    """Which of several rows for one person stays, and whose values win; what it lacks comes from the next."""

    LATEST = "latest"  # the last in the file
    FIRST = "first"
    FULLEST = "fullest"  # the one with the most filled fields, of several the last


class Trim(Model):
    """Remove blanks around values, and double blanks in them."""

    kind: Literal["trim"] = "trim"
    field: str


class WriteLetters(Model):
    """Write values in one case of letters."""

    kind: Literal["case"] = "case"
    field: str
    case: Case


class MapValues(Model):
    """Write one value instead of another, exactly as it stands: (before, after)."""

    kind: Literal["map"] = "map"
    field: str
    values: tuple[tuple[str, str], ...]


class WriteCountries(Model):
    """Write each country that is recognised in one way; what is not recognised stays."""

    kind: Literal["countries"] = "countries"
    field: str
    form: CountryForm = CountryForm.NAME


class WritePhones(Model):
    """Write phone numbers as +491701234567; those without a country are of the person's `country` (a field), else of `region`."""

    kind: Literal["phones"] = "phones"
    field: str
    country: str | None = None
    region: str | None = None  # ISO 3166


class EmptyEmails(Model):
    """Empty e-mail addresses that have a flaw."""

    kind: Literal["empty_emails"] = "empty_emails"
    field: str
    flaw: Flaw


class EmptyOutside(Model):
    """Empty numbers or dates below `low` or above `high`; None: no limit."""

    kind: Literal["empty_outside"] = "empty_outside"
    field: str
    low: str | None = None  # a number, or a day as 2024-04-03
    high: str | None = None


class Fill(Model):
    """Fill what is empty in a field from another one."""

    kind: Literal["fill"] = "fill"
    field: str
    other: str


class MergeSame(Model):
    """Make one person of all who have the same e-mail address (any case of letters) or phone number (any writing)."""

    kind: Literal["merge_same"] = "merge_same"
    field: str
    role: Role = Role.EMAIL
    keep: Keep = Keep.LATEST


class MergeSimilar(Model):
    """Make one person of those with a similar name, address and birth date; `fields` tells by role which fields are compared."""

    kind: Literal["merge_similar"] = "merge_similar"
    fields: tuple[tuple[Role, str], ...]
    keep: Keep = Keep.LATEST


class Known(Model):
    """A row as its source knows it: the place of its table in the plan, and its id there."""

    table: int
    id: str


class KeepApart(Model):
    """Two rows are two people, whatever they share."""

    kind: Literal["keep_apart"] = "keep_apart"
    people: tuple[Known, Known]


Merge = MergeSame | MergeSimilar
Change = Trim | WriteLetters | MapValues | WriteCountries | WritePhones | EmptyEmails | EmptyOutside | Fill
Repair = Annotated[Change | Merge | KeepApart, Default(discriminator="kind")]


class Step(Model):
    """A repair of an audience, and what it did when this version was loaded: `changed` people, or a `problem` why it did nothing."""

    repair: Repair
    on: bool = True
    changed: int = 0
    problem: str = ""


def looked_at(change: Change) -> set[str]:
    """The fields that a change needs: its own, and those that it takes values or countries from."""
    others = (getattr(change, name, None) for name in ("other", "country"))
    return {change.field, *(name for name in others if name is not None)}


def in_order(steps: Iterable[Step]) -> tuple[Step, ...]:
    """The steps as they are done: as they were added, merges last."""
    return tuple(sorted(steps, key=lambda step: isinstance(step.repair, Merge)))


def decided(steps: Sequence[Step]) -> tuple[Step, ...]:
    """What was decided, in order and without what came of it; to tell whether there is something to apply."""
    return tuple(Step(repair=step.repair, on=step.on) for step in in_order(steps))


_FLAWS = {Flaw.INVALID: "invalid addresses", Flaw.OFFICE: "addresses of nobody in person", Flaw.DISPOSABLE: "throw-away addresses"}  # fmt: skip
_CASES = {Case.LOWER: "small letters", Case.UPPER: "capital letters", Case.TITLE: "a capital at the start of each word"}
_KEEPS = {
    Keep.LATEST: "the latest row wins",
    Keep.FIRST: "the first row wins",
    Keep.FULLEST: "the row with the most filled fields wins",
}


def _covered(id: str) -> str:
    """An id as it may be shown to anybody: an address or number that is used as one is masked."""
    return f"{id[:2]}***" if "@" in id or id.startswith("+") else id


def sentence(repair: Repair, labels: Mapping[str, str]) -> str:
    """A repair in words; `labels` are those of the fields by name."""

    def named(field: str) -> str:
        return labels.get(field, field)

    match repair:
        case Trim():
            return f"{named(repair.field)}: remove needless blanks"
        case WriteLetters():
            return f"{named(repair.field)}: write in {_CASES[repair.case]}"
        case MapValues():
            before, after = repair.values[0]
            more = f" and {len(repair.values) - 1:,} more" if len(repair.values) > 1 else ""
            return f"{named(repair.field)}: “{before}” becomes “{after}”{more}"
        case WriteCountries():
            how = "names in English" if repair.form is CountryForm.NAME else "two-letter codes"
            return f"{named(repair.field)}: write countries as {how}"
        case WritePhones():
            return f"{named(repair.field)}: write phone numbers with their country code"
        case EmptyEmails():
            return f"{named(repair.field)}: empty {_FLAWS[repair.flaw]}"
        case EmptyOutside():
            limits = [f"below {repair.low}"] if repair.low is not None else []
            limits += [f"above {repair.high}"] if repair.high is not None else []
            return f"{named(repair.field)}: empty what is {' or '.join(limits)}"
        case Fill():
            return f"{named(repair.field)}: fill what is empty from {named(repair.other)}"
        case MergeSame():
            return f"Merge people with the same {named(repair.field)}; {_KEEPS[repair.keep]}"
        case KeepApart():
            one, other = (_covered(known.id) for known in repair.people)
            return f"Keep apart: “{one}” and “{other}” are two people"
        case MergeSimilar():
            return f"Merge people with a similar name and address; {_KEEPS[repair.keep]}"
