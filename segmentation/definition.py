"""What a segment is: a small frozen tree of groups and conditions, saved as JSON exactly as it stands here.

Names (fields, events, operators, comparisons) are bound to a catalogue later; a definition by itself is only well-formed.
`None` means "not chosen yet": an unfinished node is shown as not counted and blocks save and export.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Annotated, Literal, final

from pydantic import Field as Constraint
from pydantic import StrictBool, StrictFloat, StrictInt, StrictStr

from segmentation.catalogue import Model
from segmentation.habits import Habit, Stopped
from segmentation.measures import Measure, MeasureFunction, RfmGroup, Scores
from segmentation.places import Climate, Point
from segmentation.windows import (
    Before,
    BetweenAgo,
    BetweenDays,
    BetweenTimes,
    During,
    Ever,
    Last,
    Near,
    Period,
    Span,
    Unit,
    Window,
)

__all__ = [
    "Before",
    "BetweenAgo",
    "BetweenDays",
    "BetweenTimes",
    "During",
    "Ever",
    "Last",
    "MeasureFunction",
    "Near",
    "Period",
    "Span",
    "Unit",
    "Window",
]


class OtherField(Model):
    """Another field of the same person (inside an event's `where`: another detail of the same event) as the operand."""

    field: str


Scalar = StrictStr | StrictBool | StrictInt | StrictFloat
Operand = Scalar | Period | Span | OtherField | tuple[Scalar | None, ...] | None
"""What stands right of an operator; its shape is the operator's. Days are ISO texts, ranges are pairs."""
Number = StrictInt | StrictFloat


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


class Match(StrEnum):
    """How a group combines its children."""

    ALL = "all"
    ANY = "any"
    NONE = "none"
    AT_LEAST = "at_least"


class Which(StrEnum):
    """Which of a person's events are looked at."""

    ALL = "all"
    FIRST = "first"
    LAST = "last"


class EventCondition(Model):
    """People whose matching events, taken together, satisfy a comparison.

    Matching: any of `events`, inside `window`, every filter of `where` true on one and the same event. With `which` only
    the first (last) ever of `events` is looked at, before `window` and `where`; several at that same instant all are.
    """

    type: Literal["event"] = "event"
    id: str = ""
    enabled: bool = True
    events: tuple[str, ...] = ()
    which: Which = Which.ALL
    where: Group | None = None
    window: Window = Ever()
    measure: Measure = Measure()
    comparison: str = "at_least"
    value: Number | tuple[Number | None, ...] | None = 1


class Step(Model):
    """One step of a sequence: any of `events` with `where`, strictly later than the step before.

    `within`: at most so long after the step before, the end in (minutes to weeks). `same`: properties whose known values are
    equal to those of the step before. `absent`: no such event happened after the step before, and before the next step
    where there is one (else until now, or until `within` is over); it is not a step that others follow.
    The first step has neither `within` nor `same`, and is not `absent`.
    """

    type: Literal["step"] = "step"
    id: str = ""
    enabled: bool = True
    events: tuple[str, ...] = ()
    where: Group | None = None
    within: Period | None = None
    same: tuple[str, ...] = ()
    absent: bool = False


class SequenceCondition(Model):
    """People who did one thing after another: there is a chain of events, one for each step, all inside `window`."""

    type: Literal["sequence"] = "sequence"
    id: str = ""
    enabled: bool = True
    steps: tuple[Step, ...] = ()
    window: Window = Ever()


class HabitCondition(Model):
    """People whose doing changed or kept on over time: stopped, resumed, regularly, less or more often."""

    type: Literal["habit"] = "habit"
    id: str = ""
    enabled: bool = True
    events: tuple[str, ...] = ()
    where: Group | None = None
    habit: Habit = Stopped()


class RankCondition(Model):
    """The top (bottom) people by a number field, or by a measure over events (as in `EventCondition`).

    Only people with a value are ranked, by events only those with a matching event. `amount` people or percent of the ranked
    (rounded up), ties with the last place in; without those who would be in for `after` alone, which makes a band.
    `within`: ranked among the people with the same value of this field; people without one are not ranked.
    """

    type: Literal["rank"] = "rank"
    id: str = ""
    enabled: bool = True
    field: str | None = None
    events: tuple[str, ...] = ()
    where: Group | None = None
    window: Window = Ever()
    measure: Measure = Measure()
    direction: Literal["top", "bottom"] = "top"
    amount: Annotated[Number, Constraint(ge=0)] | None = 10
    after: Annotated[Number, Constraint(ge=0)] = 0
    unit: Literal["percent", "people"] = "percent"
    within: str | None = None


class RfmCondition(Model):
    """People by their scores 1–5 (5 is best) for recency, frequency and monetary value over `events` inside `window`.

    A score is 6 − q for the smallest q of 1 to 5 with the person among the top q × 20 % of those with a matching event, ties in:
    by the last time, the number of events, and the sum of `amount` (0 where it is never known). `groups`: any of these; none chosen: all.
    """

    type: Literal["rfm"] = "rfm"
    id: str = ""
    enabled: bool = True
    events: tuple[str, ...] = ()
    where: Group | None = None
    window: Window = Ever()
    amount: str | None = None
    groups: tuple[RfmGroup, ...] = ()
    recency: Scores = (1, 5)
    frequency: Scores = (1, 5)
    monetary: Scores = (1, 5)


class PlaceCondition(Model):
    """People by where they are: at most (`beyond`: more than) so many kilometres from a point, and inside a climate.

    Great-circle distance on a sphere of the mean Earth radius, 6,371.0088 km. Without `latitude` and `longitude` the fields with
    these roles. A missing or impossible coordinate never matches. `near` or `climates` has to be there; both: both hold.
    """

    type: Literal["place"] = "place"
    id: str = ""
    enabled: bool = True
    latitude: str | None = None
    longitude: str | None = None
    near: Point | None = None
    kilometres: Annotated[Number, Constraint(ge=0, le=20_100)] | None = 50
    beyond: bool = False
    climates: tuple[Climate, ...] = ()


Percent = Annotated[Number, Constraint(ge=0, le=100)]


class SampleCondition(Model):
    """A random share of people that stays the same as data changes: `start` ≤ place < `start` + `percent`, of 100.

    A person's place is drawn from the id (the field with the role of a customer's id, or `field`) and `seed`: the first 8 hexadecimal
    digits of MD5 of “seed:id” as a number, ÷ 16⁸ × 100. Samples of one seed that do not overlap share nobody.
    """

    type: Literal["sample"] = "sample"
    id: str = ""
    enabled: bool = True
    field: str | None = None
    percent: Percent | None = 10
    start: Percent = 0
    seed: str = ""


class SegmentCondition(Model):
    """People who are in (`outside`: not in) another segment, by its id or, where no id fits, its name."""

    type: Literal["segment"] = "segment"
    id: str = ""
    enabled: bool = True
    segment: str | None = None
    outside: bool = False


class ListCondition(Model):
    """People who stand on (`outside`: not on) a list of ids or e-mail addresses, by the list's id or name."""

    type: Literal["list"] = "list"
    id: str = ""
    enabled: bool = True
    list: str | None = None
    outside: bool = False


@final
class Group(Model):
    """Children combined by all, any or none of, or by at least `least` of them."""

    type: Literal["group"] = "group"
    id: str = ""
    enabled: bool = True
    match: Match = Match.ALL
    least: Annotated[int, Constraint(ge=1)] = 2
    children: tuple[Node, ...] = ()


Condition = (
    FieldCondition
    | EventCondition
    | SequenceCondition
    | HabitCondition
    | RankCondition
    | RfmCondition
    | PlaceCondition
    | SampleCondition
    | SegmentCondition
    | ListCondition
)
Node = Annotated[
    FieldCondition
    | EventCondition
    | SequenceCondition
    | HabitCondition
    | RankCondition
    | RfmCondition
    | PlaceCondition
    | SampleCondition
    | SegmentCondition
    | ListCondition
    | Group,
    Constraint(discriminator="type"),
]
AnyNode = Condition | Group | Step
Doing = EventCondition | Step | HabitCondition | RankCondition | RfmCondition
"""What looks at events: all have `events` and `where`."""


class Definition(Model):
    """A whole segment definition."""

    version: Literal[1] = 1
    root: Group = Group(id="n1")


for _model in (EventCondition, Step, SequenceCondition, HabitCondition, RankCondition, RfmCondition, Group, Definition):
    _model.model_rebuild()


def below(node: AnyNode) -> tuple[AnyNode, ...]:
    """The nodes right below one: a group's children, a sequence's steps, the group of filters inside an event."""
    if isinstance(node, Group):
        return node.children
    if isinstance(node, SequenceCondition):
        return node.steps
    if isinstance(node, Doing) and node.where is not None:
        return (node.where,)
    return ()


def with_below(node: AnyNode, nodes: Sequence[AnyNode]) -> AnyNode:
    """The node with others right below it; an event without any loses its `where`."""
    if isinstance(node, Group):
        return node.model_copy(update={"children": tuple(nodes)})
    if isinstance(node, SequenceCondition):
        return node.model_copy(update={"steps": tuple(nodes)})
    if isinstance(node, Doing):
        return node.model_copy(update={"where": nodes[0] if nodes else None})
    return node


def walk(node: AnyNode) -> Iterator[AnyNode]:
    """The node and everything below it, in reading order, steps and event filters included."""
    yield node
    for child in below(node):
        yield from walk(child)


def find(definition: Definition, node_id: str) -> AnyNode:
    """The node with this id; raises KeyError."""
    for node in walk(definition.root):
        if node.id == node_id:
            return node
    raise KeyError(node_id)
