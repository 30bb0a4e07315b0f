"""Values of an audience before and after a repair: to look at first, and to write when its data is loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from babel import Locale

from segmentation.addresses import countries, country, emails, phones
from segmentation.audience import quoted
from segmentation.mailboxes import flawed, suspicious
from segmentation.repairs import (
    Case,
    Change,
    CountryForm,
    EmptyEmails,
    EmptyOutside,
    Fill,
    Flaw,
    MapValues,
    Trim,
    WriteCountries,
    WriteLetters,
    WritePhones,
)

BLANKS = r"[\s\pZ]+"
NEEDLESS = r"^[\s\pZ]|[\s\pZ]$|[\s\pZ]{2}|[^\S ]|[^\PZ ]"  # a blank that `trimmed` takes away


@dataclass(frozen=True)
class Changed:
    """What a repair changes: how many people, and the most frequent values as (before, after, people); None: missing."""

    people: int
    examples: tuple[tuple[str | None, str | None, int], ...]


def changed(
    connection: duckdb.DuckDBPyConnection, change: Change, limit: int = 5, values: pa.Table | None = None
) -> Changed:
    """What a repair would change in the table `people`; `values` are those of the field where they are known (`values_of`)."""
    table = _table(connection, change, values)
    people = pc.sum(table["people"]).as_py() or 0
    top = table.sort_by([("people", "descending"), ("before", "ascending")]).slice(0, limit)
    shown = zip(*(top.column(name).to_pylist() for name in ("before", "after", "people")), strict=True)
    return Changed(people, tuple(shown))


def mend(connection: duckdb.DuckDBPyConnection, change: Change) -> int:
    """Write what a repair changes into the table `people`; returns how many people it changed."""
    field = quoted(change.field)
    if isinstance(change, EmptyOutside):
        return _count(connection, f"UPDATE people SET {field} = NULL WHERE {_outside(change)}", _limits(change))
    if isinstance(change, Fill):
        other = quoted(change.other)
        return _count(connection, f"UPDATE people SET {field} = {other} WHERE {field} IS NULL AND {other} IS NOT NULL")
    table = _table(connection, change)
    same_region = ""
    if isinstance(change, WritePhones) and change.country:
        same_region = f" AND people.{quoted(change.country)} IS NOT DISTINCT FROM handpick_changes.country"
    connection.register("handpick_changes", table)
    try:
        return _count(
            connection,
            f"UPDATE people SET {field} = nullif(handpick_changes.after, '') FROM handpick_changes "
            f"WHERE people.{field} = handpick_changes.before{same_region}",
        )
    finally:
        connection.unregister("handpick_changes")


def _count(connection: duckdb.DuckDBPyConnection, statement: str, parameters: dict[str, str] | None = None) -> int:
    ((count,),) = connection.execute(statement, parameters or {}).fetchall()
    return int(count)


def values_of(connection: duckdb.DuckDBPyConnection, field: str, where: str = "", beside: str = "") -> pa.Table:
    """The filled values of a text field as `before`, with how many `people` have them."""
    name = quoted(field)
    return (
        connection.sql(
            f"SELECT {name} AS before, count(*) AS people{beside} FROM people WHERE {name} IS NOT NULL{where} GROUP BY ALL"
        )
        .to_arrow_table()
        .combine_chunks()
    )


def _table(connection: duckdb.DuckDBPyConnection, change: Change, values: pa.Table | None = None) -> pa.Table:
    """Each value that changes: before, after, people; of phone numbers also the country beside it."""
    field = quoted(change.field)
    if isinstance(change, EmptyOutside):
        return connection.sql(
            f"SELECT {field}::VARCHAR AS before, NULL::VARCHAR AS after, count(*) AS people FROM people "
            f"WHERE {_outside(change)} GROUP BY ALL",
            params=_limits(change),
        ).to_arrow_table()
    if isinstance(change, Fill):
        other = quoted(change.other)
        return connection.sql(
            f"SELECT NULL::VARCHAR AS before, {other}::VARCHAR AS after, count(*) AS people FROM people "
            f"WHERE {field} IS NULL AND {other} IS NOT NULL GROUP BY ALL"
        ).to_arrow_table()
    if values is None:
        where = _suspicion(change)
        beside = (
            f", {quoted(change.country)}::VARCHAR AS country"
            if isinstance(change, WritePhones) and change.country
            else ""
        )
        values = values_of(connection, change.field, where, beside)
    table = values.append_column("after", _after(change, values))
    return table.filter(pc.not_equal(table["before"], pc.fill_null(table["after"], "")))


def _suspicion(change: Change) -> str:
    """SQL that lets through, cheaply, all values that a repair may change."""
    if isinstance(change, Trim):
        return f" AND regexp_matches({quoted(change.field)}, '{NEEDLESS}')"
    return f" AND {suspicious(quoted(change.field), change.flaw)}" if isinstance(change, EmptyEmails) else ""


def _outside(change: EmptyOutside) -> str:
    field = quoted(change.field)
    limits = [f"{field} < $low"] if change.low is not None else []
    limits += [f"{field} > $high"] if change.high is not None else []
    return f"({' OR '.join(limits) or 'false'})"


def _limits(change: EmptyOutside) -> dict[str, str]:
    limits = {"low": change.low, "high": change.high}
    return {name: limit for name, limit in limits.items() if limit is not None}


def _after(change: Change, values: pa.Table) -> pa.Array:
    """The texts that stand instead of `before`; null where the value is emptied."""
    before = values.column("before").combine_chunks()
    match change:
        case Trim():
            return trimmed(before)
        case WriteLetters():
            return _lettered(before, change.case)
        case MapValues():
            known = dict(change.values)
            return pa.array([known.get(text, text) for text in before.to_pylist()], pa.string())
        case WriteCountries():
            return _countries(before, change.form)
        case WritePhones():
            return pc.coalesce(phones(before, _regions(change, values)), before)
        case EmptyEmails():
            empty = pc.is_null(emails(before)) if change.flaw is Flaw.INVALID else flawed(before, change.flaw)
            return pc.if_else(empty, pa.scalar(None, pa.string()), before)
    raise TypeError(change)


def trimmed(texts: pa.Array) -> pa.Array:
    """Texts without blanks around them and with single blanks in them."""
    return pc.ascii_trim_whitespace(pc.replace_substring_regex(texts, BLANKS, " "))


_LETTERS: dict[Case, Callable[[pa.Array], pa.Array]] = {
    Case.LOWER: pc.utf8_lower,
    Case.UPPER: pc.utf8_upper,
    Case.TITLE: pc.utf8_title,
}


def _lettered(texts: pa.Array, case: Case) -> pa.Array:
    """Texts in one case; of names only those that are all large or all small letters, so that McDonald stays."""
    written = _LETTERS[case](texts)
    if case is not Case.TITLE:
        return written
    uniform = pc.or_(pc.equal(texts, pc.utf8_upper(texts)), pc.equal(texts, pc.utf8_lower(texts)))
    return pc.if_else(uniform, written, texts)


def _countries(texts: pa.Array, form: CountryForm) -> pa.Array:
    codes = countries(texts)
    if form is CountryForm.NAME:
        names = Locale.parse("en").territories
        codes = pa.array([None if code is None else names[code] for code in codes.to_pylist()], pa.string())
    return pc.coalesce(codes, texts)


def _regions(change: WritePhones, values: pa.Table) -> pa.Array:
    if not change.country:
        return pa.array([change.region] * len(values), pa.string())
    beside = values.column("country").to_pylist()
    return pa.array([(country(text) if text else None) or change.region for text in beside], pa.string())
