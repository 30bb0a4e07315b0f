"""What a segment is: a small frozen tree of groups and conditions, saved as JSON exactly as it stands here.

Names (fields, events, operators, comparisons) are bound to a catalogue later; a definition by itself is only well-formed.
`None` means "not chosen yet": an unfinished node is shown as not counted and blocks save and export.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field as Constraint
from pydantic import StrictBool, StrictFloat, StrictInt, StrictStr

from segmentation.catalogue import Model


class Unit(StrEnum):
    """Units of a period; months and years are calendar intervals, the others elapsed time."""

    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"


class Period(Model):
    """A length of time, e.g. 30 days."""

    amount: Annotated[int, Constraint(ge=0, le=100_000)]
    unit: Unit = Unit.DAYS


Scalar = StrictStr | StrictBool | StrictInt | StrictFloat
Operand = Scalar | Period | tuple[Scalar | None, ...] | None
"""What stands right of an operator; its shape is the operator's. Days are ISO texts, ranges are pairs."""


class FieldCondition(Model):
    """A field compared with a value. Inside an event's `where`, `field` names an event property."""

    type: Literal["field"] = "field"
    id: str = ""
    enabled: bool = True
    field: str | None = None
    operator: str | None = None
    value: Operand = None
    exact_case: bool = False
    leave_out_missing: bool = False


class Ever(Model):
    """No limit in time (never later than now)."""

    type: Literal["ever"] = "ever"


class Last(Model):
    """From `period` ago until now, both in."""

    type: Literal["last"] = "last"
    period: Period = Period(amount=30)


class Before(Model):
    """Longer than `period` ago."""

    type: Literal["before"] = "before"
    period: Period = Period(amount=30)


class BetweenDays(Model):
    """Calendar days in the workspace's zone, both whole; one side may be open."""

    type: Literal["between_days"] = "between_days"
    first: date | None = None
    last: date | None = None


Window = Annotated[Ever | Last | Before | BetweenDays, Constraint(discriminator="type")]


class MeasureFunction(StrEnum):
    """What is computed over a person's matching events."""

    COUNT = "count"
    DISTINCT = "distinct"
    SUM = "sum"
    AVERAGE = "average"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"


class Measure(Model):
    """A function over matching events; all but `count` need a property."""

    function: MeasureFunction = MeasureFunction.COUNT
    property: str | None = None


class Match(StrEnum):
    """How a group combines its children."""

    ALL = "all"
    ANY = "any"
    NONE = "none"


class EventCondition(Model):
    """People whose matching events, taken together, satisfy a comparison.

    Matching: any of `events`, inside `window`, every filter of `where` true on one and the same event.
    """

    type: Literal["event"] = "event"
    id: str = ""
    enabled: bool = True
    events: tuple[str, ...] = ()
    where: Group | None = None
    window: Window = Ever()
    measure: Measure = Measure()
    comparison: str = "at_least"
    value: StrictInt | StrictFloat | tuple[StrictInt | StrictFloat | None, ...] | None = 1


class Group(Model):
    """Children combined by all, any or none of."""

    type: Literal["group"] = "group"
    id: str = ""
    enabled: bool = True
    match: Match = Match.ALL
    children: tuple[Node, ...] = ()


Condition = FieldCondition | EventCondition
Node = Annotated[FieldCondition | EventCondition | Group, Constraint(discriminator="type")]


class Definition(Model):
    """A whole segment definition."""

    version: Literal[1] = 1
    root: Group = Group(id="n1")


EventCondition.model_rebuild()
Group.model_rebuild()
Definition.model_rebuild()


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it, in reading order, event filters included."""
    yield node
    below: tuple[Node, ...] = ()
    if isinstance(node, Group):
        below = node.children
    elif isinstance(node, EventCondition) and node.where is not None:
        below = (node.where,)
    for child in below:
        yield from walk(child)


def find(definition: Definition, node_id: str) -> Node:
    """The node with this id; raises KeyError."""
    for node in walk(definition.root):
        if node.id == node_id:
            return node
    raise KeyError(node_id)
