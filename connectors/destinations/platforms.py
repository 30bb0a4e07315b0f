"""Where a list can go, one row each. Headers and limits are from the vendors' import pages (export-formats.md)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from connectors.destinations.columns import Column, email, first_name, last_name, month_and_day, one_cell, phone
from connectors.destinations.sheets import CsvSheet, ExcelSheet, Sheet
from segmentation.catalogue import Role
from segmentation.errors import ExportError, close_names

CHANNEL_CONSENT = {Role.EMAIL: Role.EMAIL_CONSENT, Role.PHONE: Role.SMS_CONSENT}


@dataclass(frozen=True)
class Destination:
    """One row of the table. Without `columns` the file is the marketer's own, with the fields chosen."""

    name: str  # in saved options: never rename one
    label: str
    columns: tuple[Column, ...] = ()
    reach: tuple[Role, ...] = (
        Role.EMAIL,
    )  # one of these addresses makes a person usable; the first one tells people apart
    consent: Mapping[Role, Role] = field(default_factory=lambda: CHANNEL_CONSENT)  # which consent each address needs
    sheet: type[Sheet] = CsvSheet
    separator: str = ", "  # between the items of a list
    custom_header: Callable[[str], str] = lambda label: label
    cell_bytes: int | None = None  # longer texts are clipped
    most_rows: int | None = None  # more are refused
    most_columns: int | None = None
    most_bytes: int | None = None  # more are noted
    notes: tuple[str, ...] = ()  # sentences for the screen

    @property
    def is_own(self) -> bool:
        """Whether the marketer chooses all columns."""
        return not self.columns

    @property
    def extension(self) -> str:
        """The file's ending, without dot."""
        return self.sheet.extension

    @property
    def mime(self) -> str:
        """The file's type, for a browser."""
        return self.sheet.mime


def _attribute(label: str) -> str:
    """A header as Brevo names attributes: capitals, digits and underscores."""
    return re.sub(r"[^0-9A-Z]+", "_", label.upper()).strip("_") or "FIELD"


_FIRST = (Role.FIRST_NAME, Role.LAST_NAME, Role.FULL_NAME)
_LAST = (Role.LAST_NAME, Role.FIRST_NAME, Role.FULL_NAME)
_PHONE = (Role.PHONE, Role.COUNTRY)
_POSTAL = (Role.ADDRESS, Role.CITY, Role.REGION, Role.POSTAL_CODE, Role.COUNTRY)

_ROWS = (
    Destination(
        "csv",
        "CSV file",
        reach=(Role.EMAIL, Role.PHONE),
        notes=(
            "Commas between the cells, one header row, every cell as it was loaded (UTF-8).",
            "Dates with a time are local and say how far ahead of world time (UTC) they are: 2026-03-01T09:30:00+01:00.",
        ),
    ),
    Destination(
        "excel",
        "Excel workbook",
        reach=(Role.EMAIL, Role.PHONE),
        sheet=ExcelSheet,
        most_rows=1_048_575,
        most_columns=16_384,
        notes=(
            "Texts stay texts: no cell is a formula or a link. Dates with a time are local; their column names the time zone.",
            "A sheet holds 1,048,575 people. Choose CSV for more.",
        ),
    ),
    Destination(
        "mailchimp",
        "Mailchimp",
        (
            Column("Email Address", (Role.EMAIL,), email),
            Column("First Name", _FIRST, first_name),
            Column("Last Name", _LAST, last_name),
            Column("Address", _POSTAL, one_cell, lossy=True),
            Column("Phone Number", _PHONE, phone),
            Column("Birthday", (Role.BIRTH_DATE,), month_and_day, lossy=True),
            Column("Tags", tag=True),
        ),
        cell_bytes=255,
        notes=(
            "Everybody needs an e-mail address; the segment's name becomes a tag.",
            "Mailchimp keeps 255 letters of a text, fewer where they have accents: longer ones are clipped, and the receipt says how many.",
        ),
    ),
    Destination(
        "klaviyo",
        "Klaviyo",
        (
            Column("Email", (Role.EMAIL,), email),
            Column("First Name", _FIRST, first_name),
            Column("Last Name", _LAST, last_name),
            Column("Phone Number", _PHONE, phone),
            Column("Organization", (Role.COMPANY,)),
            Column("Title", (Role.JOB_TITLE,)),
            Column("Address", (Role.ADDRESS,)),
            Column("Address 2"),
            Column("City", (Role.CITY,)),
            Column("State / Region", (Role.REGION,)),
            Column("Country", (Role.COUNTRY,)),
            Column("Zip / Postal Code", (Role.POSTAL_CODE,)),
            Column("Source"),
        ),
        reach=(Role.EMAIL, Role.PHONE),
        most_bytes=50_000_000,
        notes=(
            "Everybody needs an e-mail address or a phone number; each of them stands in one row only.",
            "Klaviyo takes files up to 50 MB.",
        ),
    ),
    Destination(
        "hubspot",
        "HubSpot",
        (
            Column("Email", (Role.EMAIL,), email),
            Column("First Name", _FIRST, first_name),
            Column("Last Name", _LAST, last_name),
            Column("Phone Number", _PHONE, phone),
            Column("Company Name", (Role.COMPANY,)),
            Column("Job Title", (Role.JOB_TITLE,)),
            Column("City", (Role.CITY,)),
            Column("State/Region", (Role.REGION,)),
            Column("Country/Region", (Role.COUNTRY,)),
            Column("Postal Code", (Role.POSTAL_CODE,)),
            Column("Lifecycle Stage"),
        ),
        separator=";",
        most_columns=999,
        most_bytes=512_000_000,
        notes=(
            "Everybody needs an e-mail address, by which HubSpot recognises contacts.",
            "HubSpot skips a value that its dropdown does not know without a word: compare the options first.",
        ),
    ),
    Destination(
        "brevo",
        "Brevo",
        (
            Column("EMAIL", (Role.EMAIL,), email),
            Column("FIRSTNAME", _FIRST, first_name),
            Column("LASTNAME", _LAST, last_name),
            Column("SMS", _PHONE, phone),
            Column("WHATSAPP"),
            Column("LANDLINE_NUMBER"),
            Column("EXT_ID", (Role.PERSON_ID,)),
        ),
        reach=(Role.EMAIL, Role.PHONE),
        custom_header=_attribute,
        notes=(
            "Everybody needs an e-mail address or a phone number; each of them stands in one row only.",
            "WhatsApp has a consent of its own, so its column stays empty.",
        ),
    ),
)

DESTINATIONS: dict[str, Destination] = {row.name: row for row in _ROWS}
"""Every destination by its name, in the order of the menu."""


def destination_named(name: str) -> Destination:
    """The row of this name, or an `ExportError` that names close ones."""
    try:
        return DESTINATIONS[name]
    except KeyError:
        raise ExportError(f"There is no destination “{name}”.{close_names(name, DESTINATIONS)}") from None
