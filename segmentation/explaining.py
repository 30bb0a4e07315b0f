"""Why one person is in a segment or not: every filter and group with what it says, whether it holds, and what decided."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from segmentation.audience import Audience, quoted
from segmentation.binding import Parameters
from segmentation.catalogue import Catalogue
from segmentation.clock import Clock
from segmentation.definition import Condition, Definition, EventCondition, FieldCondition, Group
from segmentation.describing import describe, describe_condition
from segmentation.engine import Answer
from segmentation.happening import Happening, column, compared, conditions, source
from segmentation.measures import MeasureFunction
from segmentation.reckoning import aggregate, measured
from segmentation.references import References
from segmentation.values import asked, rows_of


@dataclass(frozen=True)
class Reason:
    """One node: its place as the builder numbers it ("" for the root), its sentence, whether it holds, and what decided.

    `values`: of a field filter the person's values by name; of an event filter `events` (how many match), `last` (when the latest
    did) and the measure where it is of a detail. Moments are UTC without zone, as they are stored.
    """

    node: str
    type: str
    place: str
    sentence: str
    holds: bool
    values: dict[str, Any] = field(default_factory=dict)


def numbered(definition: Definition) -> Iterator[tuple[Group | Condition, str]]:
    """The root, groups and conditions that are on, each with its place, in reading order."""
    if definition.root.enabled:
        yield from _numbered(definition.root, "")


def _numbered(node: Group | Condition, place: str) -> Iterator[tuple[Group | Condition, str]]:
    yield node, place
    for position, child in enumerate(node.children if isinstance(node, Group) else (), 1):
        if child.enabled:
            yield from _numbered(child, f"{place}.{position}" if place else str(position))


def sentence(node: Condition | Group, catalogue: Catalogue, zone: str, references: References) -> str:
    """A group as a sentence, a condition as a phrase."""
    if isinstance(node, Group):
        return describe(Definition(root=node), catalogue, zone, references)
    return describe_condition(node, catalogue, references)


def reasons(
    definition: Definition,
    answer: Answer,
    audience: Audience,
    catalogue: Catalogue,
    clock: Clock,
    references: References,
    row: int,
) -> tuple[Reason, ...]:
    """Every node that counts, for the person in this row; the definition has ids on all nodes."""
    found = []
    sets = answer.sets
    for node, place in numbered(definition):
        if node.id not in sets:
            continue
        values = {}
        if isinstance(node, FieldCondition):
            values = _fields(audience, compared(node), row)
        elif isinstance(node, EventCondition):
            values = _events(node, audience, catalogue, clock, row)
        words = sentence(node, catalogue, clock.zone, references)
        found.append(Reason(node.id, node.type, place, words, row in sets[node.id], values))
    return tuple(found)


def _fields(audience: Audience, names: tuple[str, ...], row: int) -> dict[str, Any]:
    picked = ", ".join(quoted(name) for name in names)
    (values,) = rows_of(asked(audience, f"SELECT {picked} FROM people WHERE _row = $row", {"row": row}))
    return dict(zip(names, values, strict=True))


def _events(node: EventCondition, audience: Audience, catalogue: Catalogue, clock: Clock, row: int) -> dict[str, Any]:
    """What the condition itself looks at, for one person."""
    if node.measure.function == MeasureFunction.SHARE:
        return {}
    at = Happening(catalogue, clock, None, Parameters())
    picked: dict[str, exp.Expr] = {"events": exp.Count(this=exp.Star()), "last": exp.Max(this=column("_time"))}
    detail = measured(node.measure, catalogue)
    if detail is not None:
        of = column(detail.name)
        average = node.measure.function == MeasureFunction.AVERAGE
        name = f"{node.measure.function.value} of {detail.name}"
        picked[name] = exp.Avg(this=of) if average else aggregate(node.measure.function, of)
    select = source(node, at).where(*conditions(node, node.window, at))
    select = select.where(exp.EQ(this=column("_row"), expression=at.parameters.bind(row)))
    select = select.select(*(exp.alias_(value, name, quoted=True) for name, value in picked.items()), append=False)
    parameters = {name: list(v) if isinstance(v, tuple) else v for name, v in at.parameters.values}
    (values,) = rows_of(asked(audience, select.sql("duckdb"), parameters))
    return dict(zip(picked, values, strict=True))
