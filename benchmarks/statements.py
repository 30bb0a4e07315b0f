"""A segment of the benchmarks as one statement, written as a good engineer would, apart from the product's own SQL."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.crowd import NOW  # noqa: E402
from segmentation.clock import Clock  # noqa: E402
from segmentation.definition import EventCondition, FieldCondition, Group, Last, Match, Node, Period  # noqa: E402

CLOCK = Clock(NOW, "Europe/Berlin")
INSTANT = CLOCK.instant


@dataclass(frozen=True)
class Dialect:
    """What engines say differently; templates for `str.format`."""

    contains: str = "contains(lower({0}), {1})"
    starts_with: str = "starts_with(lower({0}), {1})"
    folded: str = "lower({0})"  # a column of few values, to be compared whatever the case
    moment: str = "TIMESTAMP '{0}'"
    day: str = "DATE '{0}'"
    cents: bool = False  # money is a whole number of cents
    yes: tuple[str, str, str] = ("{0} IS TRUE", "{0} IS FALSE", "{0} IS NOT TRUE")  # is yes, is no, is not yes


DUCKDB = Dialect()


def text(value: str) -> str:
    """A text as SQL."""
    return "'" + value.replace("'", "''") + "'"


def _among(name: str, values: tuple[str, ...], dialect: Dialect) -> str:
    exact = dialect.folded == "{0}"
    listed = ", ".join(text(value if exact else value.lower()) for value in values)
    return f"{dialect.folded.format(name)} IN ({listed})"


def _money(value: float, dialect: Dialect) -> str:
    return str(round(value * 100)) if dialect.cents else str(value)


def since(node: FieldCondition) -> tuple[date, date] | tuple[datetime, datetime]:
    """The first and the last day or moment of a period until now."""
    if not isinstance(node.value, Period):
        raise TypeError(f"{node.operator} has no period.")
    if node.field == "signed_up":
        return CLOCK.day_shifted(node.value, -1), CLOCK.today
    return INSTANT - timedelta(days=node.value.amount), INSTANT


def _field(node: FieldCondition, dialect: Dialect) -> str:
    name, value = str(node.field), node.value
    match str(node.operator):
        case "is_any_of":
            return _among(name, value, dialect)  # type: ignore[arg-type]
        case "is_none_of":
            return f"({name} IS NULL OR NOT {_among(name, value, dialect)})"  # type: ignore[arg-type]
        case "contains":
            return dialect.contains.format(name, text(str(value).lower()))
        case "starts_with":
            return dialect.starts_with.format(name, text(str(value).lower()))
        case "between":
            return f"{name} BETWEEN {value[0]} AND {value[1]}"  # type: ignore[index]
        case "not_between":
            return f"({name} IS NULL OR {name} NOT BETWEEN {value[0]} AND {value[1]})"  # type: ignore[index]
        case "in_last" | "not_in_last":
            form = dialect.day if name == "signed_up" else dialect.moment
            low, high = (form.format(end) for end in since(node))
            inside = f"({name} BETWEEN {low} AND {high})"
            return inside if node.operator == "in_last" else f"coalesce(NOT {inside}, true)"
        case "before":
            return f"{name} < {dialect.day.format(value)}"
        case "is_yes":
            return dialect.yes[0].format(name)
        case "is_no":
            return dialect.yes[1].format(name)
        case "is_not_yes":
            return dialect.yes[2].format(name)
        case "is_known":
            return f"{name} IS NOT NULL"
        case "is_missing":
            return f"{name} IS NULL"
    sign = {"at_least": ">=", "at_most": "<=", "more_than": ">", "less_than": "<"}[str(node.operator)]
    number = _money(value, dialect) if name == "spend" else value  # type: ignore[arg-type]
    return f"{name} {sign} {number}"


def window(node: EventCondition) -> tuple[datetime, datetime | None]:
    """From when on, and before when, an event counts."""
    if isinstance(node.window, Last):
        return INSTANT - timedelta(days=node.window.period.amount), None
    span = node.window.span  # type: ignore[union-attr]
    return INSTANT - timedelta(days=span.farthest), INSTANT - timedelta(days=span.nearest)


def happened(node: EventCondition, dialect: Dialect = DUCKDB) -> str:
    """The condition on a row of events."""
    first, end = window(node)
    parts = [f"_name = '{node.events[0]}'", f"_time >= {dialect.moment.format(first)}"]
    if end is not None:
        parts.append(f"_time < {dialect.moment.format(end)}")
    for detail in node.where.children if node.where else ():
        name, value = str(detail.field), detail.value  # type: ignore[union-attr]
        parts.append(f"{name} >= {_money(value, dialect)}" if name == "amount" else _among(name, value, dialect))
    return " AND ".join(parts)


def often(node: EventCondition, cents: bool = False) -> tuple[bool, str, int]:
    """Whether those are meant for whom it does not hold, and how a person's number compares with what."""
    value = round(node.value * (100 if cents and node.measure.property else 1))
    if node.comparison == "never" or (node.comparison in ("at_most", "exactly") and not node.value):
        return True, ">=", 1
    if node.comparison == "at_most":
        return True, ">", value
    return False, ">=" if node.comparison == "at_least" else "=", value


def _event(node: EventCondition, dialect: Dialect) -> str:
    number = "sum(amount)" if node.measure.property else "count(*)"
    opposite, sign, value = often(node, dialect.cents)
    inner = f"SELECT _row FROM events WHERE {happened(node, dialect)} GROUP BY _row HAVING {number} {sign} {value}"
    return f"_row {'NOT IN' if opposite else 'IN'} ({inner})"


def statement(node: Node, dialect: Dialect = DUCKDB) -> str:
    """The condition on a row of people."""
    if isinstance(node, Group):
        parts = [f"({statement(child, dialect)})" for child in node.children]
        joined = (" AND " if node.match == Match.ALL else " OR ").join(parts)
        return f"NOT coalesce({joined}, false)" if node.match == Match.NONE else joined
    if isinstance(node, EventCondition):
        return _event(node, dialect)
    return f"coalesce({_field(node, dialect)}, false)"  # type: ignore[arg-type]
