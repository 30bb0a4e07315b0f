"""What stands in the files: headers to the byte, every cell as it was, nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import json
import re
import zipfile
from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.destinations import DESTINATIONS, ExportOptions, export, preview
from connectors.destinations.columns import Column, email
from connectors.destinations.people import plain_number
from connectors.destinations.platforms import Destination
from connectors.destinations.sheets import clipped, csv_lines, inert
from segmentation.catalogue import Field, Kind, Role, Theme
from segmentation.errors import ExportError
from tests.connectors.test_destinations import FIELDS, ZONE, Watching, contents, everybody, people_of, written

FORMATS = Path(__file__).resolve().parents[3] / "shared" / "reference" / "export-formats.md"


def stored(*parts: int) -> datetime:
    """A moment as an audience holds it: UTC without zone."""
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001


HEADERS = {
    "mailchimp": "Email Address,First Name,Last Name,Address,Phone Number,Birthday,Tags",
    "klaviyo": "Email,First Name,Last Name,Phone Number,Organization,Title,Address,Address 2,City,State / Region,Country,"
    "Zip / Postal Code,Source",
    "hubspot": "Email,First Name,Last Name,Phone Number,Company Name,Job Title,City,State/Region,Country/Region,Postal Code,"
    "Lifecycle Stage",
    "brevo": "EMAIL,FIRSTNAME,LASTNAME,SMS,WHATSAPP,LANDLINE_NUMBER,EXT_ID",
}
SOMEBODY = {
    "id": "C1", "email": "Anna@EXAMPLE.com", "phone": "030 23125 123", "country": "Deutschland", "first": "Anna", "last": "Groß",
    "street": " Allee  1 ", "city": "Köln", "born": date(1980, 2, 3), "mail_ok": True, "text_ok": True, "spent": Decimal("-12.50"),
    "seen": stored(2024, 7, 1, 22, 30), "likes": ["a, b", "c"],
}  # fmt: skip


def test_every_destination_has_its_headers_here() -> None:
    assert set(HEADERS) == {name for name, row in DESTINATIONS.items() if row.columns}


@pytest.mark.parametrize("destination", HEADERS)
def test_headers_are_those_of_the_platform_to_the_byte(tmp_path: Path, destination: str) -> None:
    audience, catalogue = people_of(tmp_path, [])
    receipt, _ = written(audience, catalogue, tmp_path / "out", destination, columns=())
    assert (tmp_path / "out" / receipt.file_name).read_bytes() == HEADERS[destination].encode() + b"\r\n"
    if FORMATS.is_file():
        assert f"`{HEADERS[destination]}`" in FORMATS.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("destination", "row"),
    [
        ("mailchimp", "Anna@example.com,Anna,Groß,Allee 1  Köln  Deutschland,+493023125123,02/03,VIPs  north"),
        ("klaviyo", "Anna@example.com,Anna,Groß,+493023125123,,, Allee  1 ,,Köln,,Deutschland,,"),
        ("hubspot", "Anna@example.com,Anna,Groß,+493023125123,,,Köln,,Deutschland,,"),
        ("brevo", "Anna@example.com,Anna,Groß,+493023125123,,,C1"),
    ],
)
def test_a_platform_gets_its_columns_in_its_formats(tmp_path: Path, destination: str, row: str) -> None:
    audience, catalogue = people_of(tmp_path, [SOMEBODY])
    receipt, _ = written(audience, catalogue, tmp_path / "out", destination, columns=(), segment="VIPs, north")
    assert (tmp_path / "out" / receipt.file_name).read_text(encoding="utf-8").splitlines()[1] == row
    assert receipt.notes == ()


def test_custom_columns_follow_with_headers_of_their_own(tmp_path: Path) -> None:
    fields = FIELDS | {"sms": (Kind.TEXT, Role.NONE), "größe": (Kind.TEXT, Role.NONE), "tags": (Kind.TEXT, Role.NONE)}
    audience, catalogue = people_of(tmp_path, [SOMEBODY], fields=fields)
    chosen = ("email", "likes", "born", "sms", "größe", "city", "tags", "likes")
    _, rows = written(audience, catalogue, tmp_path / "out", "brevo", columns=chosen)
    assert rows[0][7:] == ["LIKES", "BORN", "SMS_2", "GR_SSE", "CITY", "TAGS"]
    _, rows = written(audience, catalogue, tmp_path / "out", "hubspot", columns=chosen)
    assert rows[0][11:] == ["Likes", "Born", "Sms", "Größe", "Tags"]  # city has a column already
    assert rows[1][11:13] == ["a, b;c", "1980-02-03"]
    _, rows = written(audience, catalogue, tmp_path / "out", "mailchimp", columns=chosen)
    assert rows[0][7:] == [
        "Likes",
        "Born",
        "Sms",
        "Größe",
        "City",
        "Tags (2)",
    ]  # a birthday without its year is not all of it


def test_names_are_split_only_where_neither_part_is_known(tmp_path: Path) -> None:
    people = [
        {"email": "a@example.com", "full": "Anna Maria Groß"},
        {"email": "b@example.com", "full": "Beate Groß", "last": "Groß-Klein"},
        {"email": "c@example.com"},
    ]
    audience, catalogue = people_of(tmp_path, people)
    receipt, rows = written(audience, catalogue, tmp_path / "out", "hubspot", columns=(), consent="ignore")
    assert [row[1:3] for row in rows[1:]] == [["Anna Maria", "Groß"], ["", "Groß-Klein"], ["", ""]]
    assert "For 1 person the full name was split into first and last name." in receipt.notes


def test_a_birthday_that_is_no_date_is_left_out_and_said(tmp_path: Path) -> None:
    fields = FIELDS | {"born": (Kind.TEXT, Role.BIRTH_DATE)}
    people = [{"email": f"{n}@example.com", "born": text} for n, text in enumerate(["1980-02-03", "3.2.80", None])]
    audience, catalogue = people_of(tmp_path, people, fields=fields)
    receipt, rows = written(audience, catalogue, tmp_path / "out", "mailchimp", columns=(), consent="ignore")
    assert [row[5] for row in rows[1:]] == ["02/03", "", ""]
    assert "1 birthday is not a date and was left out." in receipt.notes


def test_roles_may_be_played_by_numbers_and_lists(tmp_path: Path) -> None:
    fields = FIELDS | {"phone": (Kind.NUMBER, Role.PHONE), "email": (Kind.LIST, Role.EMAIL)}
    people = [{"email": ["a@example.com", "b@example.com"], "phone": 491701234567, "country": "DE"}]
    audience, catalogue = people_of(tmp_path, people, fields=fields)
    _, rows = written(audience, catalogue, tmp_path / "out", "klaviyo", columns=(), consent="ignore")
    assert (rows[1][0], rows[1][3]) == ("a@example.com", "+491701234567")


def test_values_are_written_plainly_in_csv(tmp_path: Path) -> None:
    fields = {
        "yes": Kind.YES_NO, "no": Kind.YES_NO, "whole": Kind.NUMBER, "float": Kind.NUMBER, "huge": Kind.NUMBER, "tiny": Kind.NUMBER,
        "exact": Kind.NUMBER, "day": Kind.DATE, "summer": Kind.MOMENT, "winter": Kind.MOMENT, "old": Kind.MOMENT, "list": Kind.LIST,
    }  # fmt: skip
    types = {"whole": "BIGINT", "float": "DOUBLE", "huge": "DOUBLE", "tiny": "DOUBLE", "exact": "DECIMAL(18,2)"}
    row = {
        "yes": True, "no": False, "whole": -9_007_199_254_740_993, "float": 12.0, "huge": 1e20, "tiny": -1.5e-7,
        "exact": Decimal("12.50"), "day": date(2024, 2, 29), "summer": stored(2024, 7, 1, 22, 30),
        "winter": stored(2024, 1, 1, 12, 0, 0, 250_000), "old": stored(1880, 1, 1), "list": ["a", "b, c"],
    }  # fmt: skip
    plain = {name: (kind, Role.NONE) for name, kind in fields.items()}
    audience, catalogue = people_of(tmp_path, [row, {}], fields=plain, types=types)
    options: dict[str, Any] = {"columns": tuple(fields), "consent": "ignore", "require_address": False}
    _, rows = written(audience, catalogue, tmp_path / "out", "csv", **options)
    assert rows[1] == [
        "Yes", "No", "-9007199254740993", "12", "100000000000000000000", "-0.00000015", "12.50", "2024-02-29",
        "2024-07-02T00:30:00+02:00", "2024-01-01T13:00:00.250000+01:00", "1880-01-01T00:53:00+00:53", "a, b, c",
    ]  # fmt: skip
    assert datetime.fromisoformat(rows[1][10]) == datetime.fromisoformat("1880-01-01T00:00:00+00:00")
    assert rows[2] == [""] * 12


def test_values_are_real_in_excel(tmp_path: Path) -> None:
    fields = {
        "number": Kind.NUMBER,
        "id": Kind.NUMBER,
        "day": Kind.DATE,
        "seen": Kind.MOMENT,
        "old": Kind.DATE,
        "zip": Kind.TEXT,
    }
    row = {
        "number": Decimal("12.50"), "id": 9_007_199_254_740_993, "day": date(2024, 2, 29), "seen": stored(2024, 7, 1, 22, 30),
        "old": date(1850, 1, 1), "zip": "01067",
    }  # fmt: skip
    plain = {name: (kind, Role.NONE) for name, kind in fields.items()}
    audience, catalogue = people_of(tmp_path, [row, {}, row], fields=plain, types={"id": "BIGINT"})
    options: dict[str, Any] = {"columns": tuple(fields), "consent": "ignore", "require_address": False}
    receipt, rows = written(audience, catalogue, tmp_path / "out", "excel", **options)
    assert rows[0] == ["Number", "Id", "Day", "Seen (Europe/Berlin)", "Old", "Zip"]
    assert rows[1] == [12.5, "9007199254740993", date(2024, 2, 29), stored(2024, 7, 2, 0, 30), "1850-01-01", "01067"]
    assert rows[2] == [""] * 6
    assert "2 numbers have more digits than Excel keeps and were written as text." in receipt.notes
    sheet = zipfile.ZipFile(tmp_path / "out" / receipt.file_name).read("xl/worksheets/sheet1.xml")
    assert b'state="frozen"' in sheet


@pytest.mark.parametrize(
    ("zone", "clock", "offset"),
    [("America/New_York", "2024-07-01 18:30", "-04:00"), ("UTC", "2024-07-01 22:30", "+00:00")],
)
def test_moments_are_in_the_zone_asked_for_whatever_the_zone_at_loading(
    tmp_path: Path, zone: str, clock: str, offset: str
) -> None:
    audience, catalogue = people_of(tmp_path, [{"seen": stored(2024, 7, 1, 22, 30)}])
    options: dict[str, Any] = {"columns": ("seen",), "consent": "ignore", "require_address": False, "zone": zone}
    local = datetime.fromisoformat(clock)
    _, rows = written(audience, catalogue, tmp_path / "out", "csv", **options)
    assert rows[1] == [f"{local.isoformat()}{offset}"]
    _, rows = written(audience, catalogue, tmp_path / "out", "excel", **options)
    assert rows == [[f"Seen ({zone})"], [local]]


def test_days_that_no_workbook_knows_are_left_empty(tmp_path: Path) -> None:
    days = ["infinity", "-infinity", "12024-01-01", "0044-03-15 (BC)", "2024-01-02", "1900-01-01"]
    plain = {"day": (Kind.DATE, Role.NONE), "seen": (Kind.MOMENT, Role.NONE)}
    audience, catalogue = people_of(tmp_path, [{"day": day, "seen": day} for day in days], fields=plain)
    options: dict[str, Any] = {"columns": ("day", "seen"), "consent": "ignore", "require_address": False}
    _, rows = written(audience, catalogue, tmp_path / "out", "excel", **options)
    assert [row[0] for row in rows[1:]] == ["", "", "", "", date(2024, 1, 2), date(1900, 1, 1)]
    _, rows = written(audience, catalogue, tmp_path / "out", "csv", **options)
    assert [row[0] for row in rows[1:]] == days


NAUGHTY = [
    "=1+1", "=HYPERLINK(\"http://x.example\")", "@SUM(1)", "+A1", "-1+1", "\t=1", "http://x.example", "mailto:a@example.com",
    "internal:Sheet1!A1", "{=1}", "<r><t>x</t></r>", "<r>", "a\rb", "a\nb", "a\r\nb", "\x00\x01\x1f", "_x0041_", '"', '""', "'", ",",
    " a ", "00123", "1e5", "TRUE", "#N/A", "😀" * 40, "e\u0301", "\u202e", "\ufeff",
]  # fmt: skip


def naughty(folder: Path) -> list[str]:
    """Texts that break programs, each once, none empty (an empty text is missing)."""
    return list(
        dict.fromkeys(
            text for text in [*NAUGHTY, *json.loads((folder / "blns" / "blns.json").read_text("utf-8"))] if text
        )
    )


@pytest.mark.parametrize("destination", ["csv", "excel"])
def test_naughty_cells_come_back_as_they_were(tmp_path: Path, shared_data: Path, destination: str) -> None:
    texts = naughty(shared_data)
    audience, catalogue = people_of(tmp_path, [{"id": text, "last": text[::-1]} for text in texts])
    options: dict[str, Any] = {"columns": ("id", "last"), "consent": "ignore", "require_address": False}
    receipt, rows = written(audience, catalogue, tmp_path / "out", destination, **options)
    if destination == "excel":  # the one character that XML cannot hold; Excel reads its escape
        rows = [[cell.replace("_xFFFE_", "\ufffe") for cell in row] for row in rows]
    assert rows[1:] == [[text, text[::-1]] for text in texts]
    assert receipt.notes == ("Consent was not looked at.",)


@pytest.mark.parametrize("destination", HEADERS)
def test_naughty_cells_reach_a_platform_as_they_were(tmp_path: Path, shared_data: Path, destination: str) -> None:
    texts = [text for text in naughty(shared_data) if len(text.encode()) <= 255]
    people = [
        {"email": f"p{n}@example.com", "first": text, "full": "", "likes": [text]} for n, text in enumerate(texts)
    ]
    audience, catalogue = people_of(tmp_path, people)
    _, rows = written(audience, catalogue, tmp_path / "out", destination, columns=("likes",), consent="ignore")
    assert [(row[1], row[-1]) for row in rows[1:]] == [(text, text) for text in texts]


def test_nothing_in_a_workbook_is_a_formula_or_a_link(tmp_path: Path, shared_data: Path) -> None:
    texts = naughty(shared_data)
    fields = FIELDS | {"=1+1": (Kind.TEXT, Role.NONE), "http://x.example": (Kind.TEXT, Role.NONE)}
    audience, catalogue = people_of(
        tmp_path, [{"=1+1": text, "http://x.example": text} for text in texts], fields=fields
    )
    options: dict[str, Any] = {"columns": ("=1+1", "http://x.example"), "consent": "ignore", "require_address": False}
    receipt, _ = written(audience, catalogue, tmp_path / "out", "excel", **options)
    with zipfile.ZipFile(tmp_path / "out" / receipt.file_name) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert not any("externalLink" in name or name.endswith("sheet1.xml.rels") for name in book.namelist())
    assert not re.search(r"<f[ >]|<hyperlink", sheet)
    assert set(re.findall(r'<c r="[A-Z]+[0-9]+"[^>]*? t="(\w+)"', sheet)) == {"inlineStr"}


def test_a_text_that_is_too_long_for_excel_is_clipped_and_said(tmp_path: Path) -> None:
    audience, catalogue = people_of(tmp_path, [{"id": "x" * 40_000}, {"id": "😀" * 20_000}, {"id": "x" * 32_767}])
    options: dict[str, Any] = {"columns": ("id",), "consent": "ignore", "require_address": False}
    receipt, rows = written(audience, catalogue, tmp_path / "out", "excel", **options)
    assert [row[0] for row in rows[1:]] == ["x" * 32_767, "😀" * 16_383, "x" * 32_767]
    assert "2 cells were longer than the destination takes and were clipped." in receipt.notes


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("+49 170 1234567", "+49 170 1234567"),
        ("-5.20", "-5.20"),
        ("+1 (212) 555-0123", "+1 (212) 555-0123"),
        ("+A1", "'+A1"),
        ("-1+1", "'-1+1"),
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t1", "'\t1"),
        ("\r=1", "'\r=1"),
        ("  =1+1", "'  =1+1"),
        ("\n=1+1", "'\n=1+1"),
        ("\u00a0=1+1", "'\u00a0=1+1"),
        ("\ufeff=1+1", "'\ufeff=1+1"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("\uff0bA1", "'\uff0bA1"),
        ("\uff0dA1", "'\uff0dA1"),
        ("\uff20A1", "'\uff20A1"),
        ("+1\n=1", "'+1\n=1"),
        ("+1=1", "'+1=1"),
        ("- 1", "'- 1"),
        ("+", "'+"),
        ("a=1", "a=1"),
        ("'=1", "'=1"),
        ("", ""),
    ],
)
def test_cells_are_made_safe_for_spreadsheets(cell: str, safe: str) -> None:
    tally: Counter[str] = Counter()
    assert inert(pa.array([cell, None]), tally).to_pylist() == [safe, None]
    assert tally["made_safe"] == (cell != safe)


def test_a_csv_for_spreadsheets_is_safe_from_its_header_on_and_says_so(tmp_path: Path) -> None:
    fields = FIELDS | {"=cmd()": (Kind.TEXT, Role.NONE)}
    audience, catalogue = people_of(
        tmp_path, [{"=cmd()": "=1", "last": "Groß", "spent": -1, "likes": ["=2", "3"]}], fields=fields
    )
    options: dict[str, Any] = {
        "columns": ("=cmd()", "last", "spent", "likes"),
        "consent": "ignore",
        "require_address": False,
    }
    receipt, rows = written(audience, catalogue, tmp_path / "out", "csv", spreadsheet_safe=True, **options)
    assert rows == [["\ufeff'=cmd()", "Last", "Spent", "Likes"], ["'=1", "Groß", "-1.00", "'=2, 3"]]
    assert "3 cells were made safe for spreadsheets." in receipt.notes
    receipt, rows = written(audience, catalogue, tmp_path / "out", "csv", **options)
    assert rows == [["=cmd()", "Last", "Spent", "Likes"], ["=1", "Groß", "-1.00", "=2, 3"]]


def test_a_file_for_a_platform_is_never_changed_for_spreadsheets(tmp_path: Path) -> None:
    audience, catalogue = people_of(tmp_path, [{"email": "a@example.com", "first": "=1"}])
    _, rows = written(
        audience, catalogue, tmp_path / "out", "brevo", spreadsheet_safe=True, consent="ignore", columns=()
    )
    assert rows[1][1] == "=1"
    assert rows[0][0] == "EMAIL"


@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), min_size=3, max_size=3), max_size=8
    )
)
def test_csv_is_read_back_as_it_was(rows: list[list[str]]) -> None:
    columns = [pa.array([row[place] or None for row in rows], pa.string()) for place in range(3)]
    text = bytes(csv_lines(columns)).decode()
    assert list(csv.reader(_lines(text), strict=True)) == rows
    assert text.count("\r\n") >= len(rows)


def _lines(text: str) -> list[str]:
    """The text cut after line feeds, as a file opened with newline="" is."""
    return re.findall(r"[^\n]*\n|[^\n]+\Z", text)


def test_csv_quotes_only_what_needs_it_and_a_lonely_missing_cell_is_a_row() -> None:
    assert bytes(csv_lines([pa.array(['a"b', "c,d", "e f", None]), pa.array(["1", "2\n3", None, "5"])])) == (
        b'"a""b",1\r\n"c,d","2\n3"\r\ne f,\r\n,5\r\n'
    )
    assert bytes(csv_lines([pa.array(["a", None])])) == b'a\r\n""\r\n'
    assert (
        bytes(csv_lines([pa.array(["x", "a", "b"]).slice(1), pa.array(["y", "1", "2"]).slice(1)])) == b"a,1\r\nb,2\r\n"
    )


@given(st.text(max_size=200), st.integers(1, 40))
def test_clipping_cuts_between_characters(text: str, most: int) -> None:
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        return
    tally: Counter[str] = Counter()
    (short,) = clipped(pa.array([text]), most, tally).to_pylist()
    assert text.startswith(short)
    assert len(short.encode()) <= most
    assert len(text[: len(short) + 1].encode()) > most or short == text
    assert tally["clipped"] == (short != text)


def test_mailchimp_keeps_255_bytes_and_the_receipt_says_so(tmp_path: Path) -> None:
    audience, catalogue = people_of(tmp_path, [{"email": "a@example.com", "first": "ä" * 128, "likes": ["b" * 300]}])
    receipt, rows = written(audience, catalogue, tmp_path / "out", "mailchimp", columns=("likes",), consent="ignore")
    assert (rows[1][1], rows[1][-1]) == ("ä" * 127, "b" * 255)
    assert "2 cells were longer than the destination takes and were clipped." in receipt.notes


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_plain_number_is_the_number_without_an_exponent(number: float) -> None:
    (text,) = plain_number(pa.array([repr(number)])).to_pylist()
    assert float(text) == number
    assert re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text)


def test_a_list_beyond_a_sheet_is_refused_and_csv_proposed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    audience, catalogue = people_of(tmp_path, [{"email": "a@example.com"}, {"email": "b@example.com"}])
    small = {
        "excel": replace(DESTINATIONS["excel"], most_rows=1),
        "hubspot": replace(DESTINATIONS["hubspot"], most_columns=11),
    }
    monkeypatch.setattr("connectors.destinations.platforms.DESTINATIONS", DESTINATIONS | small)
    with pytest.raises(ExportError, match=r"a sheet holds 1 people, and this list has 2. Choose “CSV file”"):
        written(audience, catalogue, tmp_path / "out", "excel", consent="ignore")
    with pytest.raises(ExportError, match=r"HubSpot takes 11 columns, and this list has 12. Choose fewer"):
        written(audience, catalogue, tmp_path / "out", "hubspot", consent="ignore", columns=("likes",))
    assert DESTINATIONS["excel"].most_rows == 1_048_575


def test_a_file_that_is_too_large_for_its_platform_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    audience, catalogue = people_of(tmp_path, [{"email": "a@example.com"}])
    small = {"klaviyo": replace(DESTINATIONS["klaviyo"], most_bytes=10)}
    monkeypatch.setattr("connectors.destinations.platforms.DESTINATIONS", DESTINATIONS | small)
    receipt, _ = written(audience, catalogue, tmp_path / "out", "klaviyo", consent="ignore")
    assert any("Klaviyo takes up to" in note for note in receipt.notes)


def test_a_seventh_platform_is_one_more_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = Destination(
        "ads",
        "Ads",
        (Column("E", (Role.EMAIL,), email),),
        consent={Role.EMAIL: Role.ADS_CONSENT, Role.PHONE: Role.ADS_CONSENT},
    )
    monkeypatch.setattr("connectors.destinations.platforms.DESTINATIONS", DESTINATIONS | {"ads": row})
    fields = FIELDS | {"ads_ok": (Kind.YES_NO, Role.ADS_CONSENT)}
    people = [{"email": "a@example.com", "mail_ok": True, "ads_ok": False}, {"email": "b@example.com", "ads_ok": True}]
    audience, catalogue = people_of(tmp_path, people, fields=fields)
    _, rows = written(audience, catalogue, tmp_path / "out", "ads", columns=())
    assert rows == [["E"], ["b@example.com"]]


def test_the_preview_shows_the_first_rows_and_says_which_columns_are_personal(tmp_path: Path) -> None:
    people = [
        {"email": f"p{n}@example.com", "first": "Anna", "mail_ok": n > 1, "seen": stored(2024, 7, 1), "spent": n}
        for n in range(9)
    ]
    audience, catalogue = people_of(tmp_path, people)
    options = ExportOptions(destination="excel", columns=("email", "seen", "spent"))
    shown = preview(audience, catalogue, everybody(audience), options, zone=ZONE)
    assert (shown.matched, shown.exported, shown.not_consented) == (9, 7, 2)
    assert shown.headers == ("Email", "Seen (Europe/Berlin)", "Spent")
    assert shown.personal == (True, False, False)
    assert shown.rows[0] == ("p2@example.com", "2024-07-01T02:00:00+02:00", "2.00")
    assert len(shown.rows) == 5
    shown = preview(
        audience, catalogue, everybody(audience), ExportOptions(destination="mailchimp"), segment_name="VIPs", zone=ZONE
    )
    assert shown.rows[0] == ("p2@example.com", "Anna", "", "", "", "", "VIPs")


def test_a_field_that_is_not_in_the_file_is_an_error_in_words(tmp_path: Path) -> None:
    audience, catalogue = people_of(tmp_path, [{"email": "a@example.com", "mail_ok": True}])
    ghost = Field(name="ghost", label="Ghost", kind=Kind.TEXT, theme=Theme.IDENTITY)
    haunted = catalogue.model_copy(update={"fields": (*catalogue.fields, ghost)})
    options = ExportOptions(destination="csv", columns=("ghost",))
    with pytest.raises(ExportError, match="cannot be read"):
        export(
            audience,
            haunted,
            everybody(audience),
            options,
            tmp_path / "out",
            segment_name="",
            zone=ZONE,
            progress=Watching(),
        )
    assert list((tmp_path / "out").iterdir()) == []


def test_contents_of_a_workbook_without_people_are_its_header(tmp_path: Path) -> None:
    audience, catalogue = people_of(tmp_path, [])
    receipt, _ = written(audience, catalogue, tmp_path / "out", "excel")
    assert contents(tmp_path / "out" / receipt.file_name) == [["Email", "Phone", "Spent"]]
