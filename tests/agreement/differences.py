"""Where a database's people are not the engine's: each with a cause that docs/dialects.md gives, under the same name."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from segmentation.catalogue import Kind
from segmentation.definition import FieldCondition, RankCondition, SampleCondition

TEXTS = ("straße", "STRAẞE", "Ა", "ა", "𐐀", "𐐨", "Bobby", "a\nb", "σ", "ς", "b\n")  # noqa: RUF001 Greek

LISTED = ("STRAẞE", "a\nb")
"""Drawn texts that would show them, and are left out of the audiences that have to agree."""


@dataclass(frozen=True)
class Difference:
    """A condition on a table of these values, and whom a database finds beside (`extra`) or not (`lost`) of the engine's."""

    name: str  # the heading in docs/dialects.md
    dialect: str
    condition: FieldCondition | SampleCondition | RankCondition
    extra: tuple[Any, ...] = ()
    lost: tuple[Any, ...] = ()
    values: tuple[Any, ...] = TEXTS
    kind: Kind = Kind.TEXT
    type: str | None = None


def _like(pattern: str, exact: bool = True) -> FieldCondition:
    return FieldCondition(field="value", operator="matches", value=pattern, exact_case=exact)


def _is(text: str) -> FieldCondition:
    return FieldCondition(field="value", operator="is", value=text)


DIFFERENCES = (
    Difference("Letters' case", "mysql", _is("straße"), lost=("STRAẞE",)),
    Difference("Letters' case", "mysql", _is("Ა"), lost=("ა",)),
    Difference("Letters' case", "mysql", _is("𐐀"), lost=("𐐨",)),
    Difference("Patterns", "postgres", _like("a.b"), extra=("a\nb",)),
    Difference("Patterns", "postgres", _like(r"\bBob"), lost=("Bobby",)),
    Difference("Patterns", "postgres", _like("σ", exact=False), lost=("ς",)),  # noqa: RUF001
    Difference("Patterns", "mysql", _like("b$"), extra=("b\n",)),
    Difference(
        "Numbers as text",
        "postgres",
        SampleCondition(field="value", percent=50),
        values=(2.0, 0.1, 1e16, 3.0, 7.0),
        kind=Kind.NUMBER,
        lost=(7.0,),
        type="DOUBLE",
    ),
    Difference(
        "Numbers as text",
        "mysql",
        SampleCondition(field="value", percent=50),
        values=(2.0, 0.1, 1e16, 3.0, 7.0),
        kind=Kind.NUMBER,
        lost=(1e16, 7.0),
        type="DOUBLE",
    ),
    Difference(
        "Times before 1970 and after 2037",
        "mysql",
        FieldCondition(field="value", operator="hour_between", value=(1, 1)),
        lost=(datetime(1965, 1, 1, 0, 30), datetime(2040, 1, 1, 0, 30)),  # noqa: DTZ001
        values=tuple(datetime(year, 1, 1, 0, 30) for year in (1965, 1980, 2020, 2040)),  # noqa: DTZ001
        kind=Kind.MOMENT,
    ),
)
