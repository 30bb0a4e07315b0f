"""How cells are read: every kind and format by example, and numbers and dates there and back."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import count
from typing import Any

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from segmentation.casting import FORMATS, identifier, number, value
from segmentation.catalogue import Kind
from segmentation.cells import Column, filled
from segmentation.plan import Format

CELL = Column("cell", "VARCHAR")
NUMBERS = count()


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET VARIABLE zone = 'Europe/Berlin'")
        yield connection


def read(
    connection: duckdb.DuckDBPyConnection, text: str, kind: Kind, format: Format = Format.PLAIN, zone: str = "'UTC'"
) -> Any:
    return execute(connection, value(CELL, kind, format, zone), text)[0]


@cache
def prepared(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    """The name of a query of one cell, prepared once, as preparing takes far longer than reading a cell."""
    name = f"reading{next(NUMBERS)}"
    connection.execute(f"PREPARE {name} AS SELECT {sql} FROM (SELECT $1::VARCHAR AS cell)")
    return name


def execute(connection: duckdb.DuckDBPyConnection, sql: str, text: str) -> tuple[Any, ...]:
    """A row of what is read from one text, which goes as its bytes: EXECUTE is given no values beside it."""
    cell = f"decode(unhex('{text.encode().hex()}'))"
    return connection.execute(f"EXECUTE {prepared(connection, sql)}({cell})").fetchone() or (None,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12", 12), ("-1.5", -1.5), ("+7", 7), (".5", 0.5), ("5.", 5), (" 7 ", 7), ("\u00a07\t", 7), ("1,234.50", 1234.5),
        ("1,234,567", 1234567), ("$1,234", 1234), ("€ 12.5", 12.5), ("12 %", 12), ("5 EUR", 5), ("1'234", 1234),
        ("1 234", 1234), ("1e5", 100000), ("2.79E-05", 0.0000279), ("", None), ("  ", None), ("abc", None), ("nan", None),
        ("inf", None), ("1_0", None), ("0x1", None), ("--5", None), ("1,23", None), ("12,34,567", None), ("1.2.3", None),
        ("\u22125", -5), ("$\u22121,234.5", -1234.5), ("5\u2212", None),
    ],
)  # fmt: skip
def test_numbers_with_a_point(connection: duckdb.DuckDBPyConnection, text: str, expected: float | None) -> None:
    assert read(connection, text, Kind.NUMBER) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,5", 1.5), ("1.234,50", 1234.5), ("1 234,50 €", 1234.5), ("1.234", 1234), ("12", 12), ("-3,2", -3.2),
        ("1.5", None), ("1,2,3", None), ("", None),
        ("\u22121.234,5 €", -1234.5), ("\u2212\u22125", None),
    ],
)  # fmt: skip
def test_numbers_with_a_comma(connection: duckdb.DuckDBPyConnection, text: str, expected: float | None) -> None:
    assert read(connection, text, Kind.NUMBER, Format.DECIMAL_COMMA) == expected


@pytest.mark.parametrize("text", ["Yes", "y", "TRUE", "1", "1.0", "Ja", "oui", "sí", "Sim", "wahr"])
def test_words_for_yes(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    assert read(connection, text, Kind.YES_NO) is True


@pytest.mark.parametrize("text", ["no", "N", "False", "0", "0.0", "nein", "non", "Não", "nee"])
def test_words_for_no(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    assert read(connection, text, Kind.YES_NO) is False


@pytest.mark.parametrize("text", ["", " ", "maybe", "2", "ye"])
def test_other_words_are_neither_yes_nor_no(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    assert read(connection, text, Kind.YES_NO) is None


@pytest.mark.parametrize(
    ("text", "format", "expected"),
    [
        ("2024-04-03", Format.PLAIN, "2024-04-03"), ("2024/4/3", Format.PLAIN, "2024-04-03"),
        ("20240403", Format.PLAIN, "2024-04-03"), ("2024-04-03T00:00:00Z", Format.PLAIN, "2024-04-03"),
        ("2024-04-03 10:11:12", Format.PLAIN, "2024-04-03"), ("3 Apr 2024", Format.PLAIN, "2024-04-03"),
        ("April 3, 2024", Format.PLAIN, "2024-04-03"), ("03-Apr-24", Format.PLAIN, "2024-04-03"),
        ("03-Apr-62", Format.PLAIN, "1962-04-03"), ("2024-02-30", Format.PLAIN, None), ("03/04/2024", Format.PLAIN, None),
        ("0000-00-00", Format.PLAIN, None), ("03/04/2024", Format.DAY_FIRST, "2024-04-03"),
        ("3.4.2024", Format.DAY_FIRST, "2024-04-03"), ("3-4-62", Format.DAY_FIRST, "1962-04-03"),
        ("3/4/29", Format.DAY_FIRST, "2029-04-03"), ("2024-04-03", Format.DAY_FIRST, "2024-04-03"),
        ("04/13/2024", Format.DAY_FIRST, None), ("03/04/2024", Format.MONTH_FIRST, "2024-03-04"),
        ("12/13/2024", Format.MONTH_FIRST, "2024-12-13"), ("3.4.2024", Format.MONTH_FIRST, None),
    ],
)  # fmt: skip
def test_days(connection: duckdb.DuckDBPyConnection, text: str, format: Format, expected: str | None) -> None:
    assert read(connection, text, Kind.DATE, format) == (date.fromisoformat(expected) if expected else None)


@pytest.mark.parametrize(
    ("text", "format", "expected"),
    [
        ("2024-07-03 10:00", Format.PLAIN, "2024-07-03T08:00"), ("2024-01-03T10:00:00", Format.PLAIN, "2024-01-03T09:00"),
        ("2024-07-03T10:00:00.123Z", Format.PLAIN, "2024-07-03T10:00:00.123"),
        ("2024-07-03 10:00+02", Format.PLAIN, "2024-07-03T08:00"), ("2024-07-03 10:00 UTC", Format.PLAIN, "2024-07-03T10:00"),
        ("2024-07-03 10:00:00 +0530", Format.PLAIN, "2024-07-03T04:30"), ("2024-07-03", Format.PLAIN, "2024-07-02T22:00"),
        ("2024/07/03 8:01", Format.PLAIN, "2024-07-03T06:01"), ("1700000000", Format.PLAIN, "2023-11-14T22:13:20"),
        ("1700000000123", Format.PLAIN, "2023-11-14T22:13:20.123"), ("20240703101112", Format.PLAIN, "2024-07-03T08:11:12"),
        ("20240703T101112Z", Format.PLAIN, "2024-07-03T10:11:12"), ("Apr 3, 2024 5:06 PM", Format.PLAIN, "2024-04-03T15:06"),
        ("2024-13-03 10:00", Format.PLAIN, None), ("2024-07-03 25:00", Format.PLAIN, None),
        ("12/1/2010 8:26", Format.MONTH_FIRST, "2010-12-01T07:26"), ("12/1/10 8:26", Format.MONTH_FIRST, "2010-12-01T07:26"),
        ("12/1/2010 8:26:05 PM", Format.MONTH_FIRST, "2010-12-01T19:26:05"),
        ("1.12.2010 8:26", Format.DAY_FIRST, "2010-12-01T07:26"), ("1/12/2010, 8:26 a.m.", Format.DAY_FIRST, "2010-12-01T07:26"),
        ("13/12/2010 8:26", Format.MONTH_FIRST, None),
    ],
)  # fmt: skip
def test_moments_of_a_zone_are_kept_in_utc(
    connection: duckdb.DuckDBPyConnection, text: str, format: Format, expected: str | None
) -> None:
    found = read(connection, text, Kind.MOMENT, format, "getvariable('zone')")
    assert found == (datetime.fromisoformat(expected) if expected else None)


def test_never_stays_in_the_years_that_python_knows(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("SET VARIABLE west = 'America/New_York'")
    never = datetime(9999, 12, 31, 23, 59, 59)  # noqa: DTZ001
    assert read(connection, "9999-12-31 23:59:59", Kind.MOMENT, zone="getvariable('west')") == never
    assert read(connection, "9999-12-31T23:59:59-05:00", Kind.MOMENT) is None
    assert read(connection, "0000-01-01", Kind.DATE) is None
    for type in ("DATE", "TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE"):
        for kind in (Kind.DATE, Kind.MOMENT):
            sql = value(Column("cell", type), kind, Format.PLAIN, "getvariable('west')")
            cells = ["infinity", "-infinity"] + ["20240-01-01"] * (type != "TIMESTAMP_NS")
            for cell in cells:
                row = connection.execute(f"SELECT {sql} FROM (SELECT CAST('{cell}' AS {type}) AS cell)").fetchone()
                assert row == (None,)


@pytest.mark.parametrize(
    ("text", "format", "expected"),
    [
        ("a; b ;;c", Format.SEMICOLON, ["a", "b", "c"]), ("a|b", Format.PIPE, ["a", "b"]), ("a, b", Format.COMMA, ["a", "b"]),
        (" ; ", Format.SEMICOLON, None), ("", Format.PIPE, None), ('["a;b", 1, null, " c "]', Format.JSON, ["a;b", "1", "c"]),
        ("[]", Format.JSON, None), ("[bad", Format.JSON, None), ("a;b", Format.PLAIN, ["a;b"]),
    ],
)  # fmt: skip
def test_lists(connection: duckdb.DuckDBPyConnection, text: str, format: Format, expected: list[str] | None) -> None:
    assert read(connection, text, Kind.LIST, format) == expected


def test_empty_text_is_missing_and_blanks_are_kept(connection: duckdb.DuckDBPyConnection) -> None:
    assert [read(connection, text, Kind.TEXT) for text in ("", " ", " a ")] == [None, " ", " a "]


@pytest.mark.parametrize(
    ("text", "expected"), [("17850.0", "17850"), (" 00012 ", "00012"), ("A.0", "A.0"), ("1.50", "1.50"), (" ", None)]
)
def test_ids_lose_only_what_a_spreadsheet_added(
    connection: duckdb.DuckDBPyConnection, text: str, expected: str | None
) -> None:
    assert read(connection, text, Kind.TEXT, Format.WHOLE) == expected


def test_ids_kept_as_floating_numbers_become_whole_texts(connection: duckdb.DuckDBPyConnection) -> None:
    sql = identifier(Column("cell", "DOUBLE"))
    rows = connection.execute(
        f"SELECT {sql} FROM (VALUES (17850.0), ('nan'::DOUBLE), (1.5), (NULL)) t(cell)"
    ).fetchall()
    assert rows == [("17850",), (None,), ("1.5",), (None,)]


EVERY_READING = [value(CELL, kind, format, "getvariable('zone')") for kind in Kind for format in FORMATS[kind]]


@settings(max_examples=20)
@given(st.text(max_size=30))
@example("x'; DROP TABLE a; --")
@example("0" * 500)
@example("9" * 400)
@example("1e99")
@example("9999999999999999")
@example("99999999999999")
@example("0000-00-00")
@example("[" * 200)
@example("\\")
def test_any_text_is_read_or_missing(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    sql = ", ".join([*EVERY_READING, filled(CELL), identifier(CELL)])
    assert len(execute(connection, sql, text)) == len(EVERY_READING) + 2


@given(st.decimals(-(10**11), 10**11, places=3), st.booleans())
def test_a_decimal_number_is_read_exactly(connection: duckdb.DuckDBPyConnection, amount: Decimal, comma: bool) -> None:
    text = f"{amount:,.3f}"
    if comma:
        text = text.translate(str.maketrans(",.", ".,"))
    sql = number(CELL, Format.DECIMAL_COMMA if comma else Format.PLAIN, "DECIMAL(18,3)")
    assert execute(connection, sql, text) == (amount,)


@given(
    st.dates(date(1930, 1, 1), date(2029, 12, 31)),
    st.sampled_from([
        ("%Y-%m-%d", Format.PLAIN), ("%Y/%m/%d", Format.PLAIN), ("%Y%m%d", Format.PLAIN), ("%d %b %Y", Format.PLAIN),
        ("%B %d, %Y", Format.PLAIN), ("%d/%m/%Y", Format.DAY_FIRST), ("%d.%m.%y", Format.DAY_FIRST),
        ("%d-%m-%Y", Format.DAY_FIRST), ("%m/%d/%Y", Format.MONTH_FIRST), ("%m/%d/%y", Format.MONTH_FIRST),
    ]),
)  # fmt: skip
def test_a_day_is_read_as_it_was_written(
    connection: duckdb.DuckDBPyConnection, day: date, written: tuple[str, Format]
) -> None:
    pattern, format = written
    assert read(connection, day.strftime(pattern), Kind.DATE, format) == day


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2029, 12, 31)),  # noqa: DTZ001
    st.sampled_from([
        ("%Y-%m-%d %H:%M:%S", Format.PLAIN), ("%Y-%m-%dT%H:%M:%SZ", Format.PLAIN), ("%Y-%m-%dT%H:%M:%S+00:00", Format.PLAIN),
        ("%d/%m/%Y %H:%M:%S", Format.DAY_FIRST), ("%d.%m.%Y %H:%M:%S", Format.DAY_FIRST),
        ("%m/%d/%Y %I:%M:%S %p", Format.MONTH_FIRST), ("%b %d, %Y %I:%M:%S %p", Format.PLAIN),
    ]),
    st.integers(-14, 14),
)  # fmt: skip
def test_a_moment_is_read_as_it_was_written(
    connection: duckdb.DuckDBPyConnection, moment: datetime, written: tuple[str, Format], hours: int
) -> None:
    moment = moment.replace(microsecond=0)
    pattern, format = written
    assert read(connection, moment.strftime(pattern), Kind.MOMENT, format) == moment
    local = moment + timedelta(hours=hours)
    assert read(connection, f"{local:%Y-%m-%dT%H:%M:%S}{hours:+03d}:00", Kind.MOMENT) == moment
