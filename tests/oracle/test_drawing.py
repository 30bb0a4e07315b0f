"""Everything that a definition can say is drawn."""

from collections.abc import Iterator
from typing import get_args

import pytest

from segmentation.definition import (
    AnyNode,
    Condition,
    EventCondition,
    FieldCondition,
    Group,
    HabitCondition,
    ListCondition,
    Match,
    PlaceCondition,
    RankCondition,
    RfmCondition,
    SegmentCondition,
    SequenceCondition,
    Step,
    Which,
    Window,
    walk,
)
from segmentation.errors import HandpickError
from segmentation.habits import Habit
from segmentation.measures import MeasureFunction, RfmGroup
from segmentation.operators import COMPARISONS, OPERATORS
from segmentation.places import Climate
from segmentation.references import References, refuse_circle
from segmentation.windows import CalendarPeriod, Period, Side, Span, Unit
from tests.oracle.drawing import DEEPEST, Draw
from tests.oracle.worlds import SEED

DEFINITIONS = 1000


def types_of(union: object) -> Iterator[str]:
    """The names of the members of a union of models, as they are saved."""
    members = get_args(union)
    for member in get_args(members[0]) or members:
        yield member.model_fields["type"].default


def said(node: AnyNode) -> Iterator[str]:
    """What a node says, as far as something may go undrawn."""
    yield f"node {node.type}"
    yield "on" if node.enabled else "off"
    window = getattr(node, "window", None)
    if window is not None:
        yield f"window {window.type}"
        yield f"window {window.type} of {node.type}"
        if window.type == "during":
            yield f"calendar {window.calendar}"
        if window.type == "near":
            yield f"near {window.side}, {'a period' if window.period else 'no period'}"
    match node:
        case FieldCondition():
            yield f"operator {node.operator}"
            if isinstance(node.value, Period | Span):
                yield f"unit {node.value.unit}"
            if node.leave_out_missing:
                yield "without people with no value"
        case EventCondition():
            yield f"comparison {node.comparison}"
            yield f"measure {node.measure.function}"
            yield f"which {node.which}"
        case SequenceCondition():
            yield f"{len(node.steps)} steps"
        case Step():
            parts = {"within": node.within, "same": node.same, "absent": node.absent, "where": node.where}
            yield from (f"step {name}" for name, there in parts.items() if there)
        case HabitCondition():
            yield f"habit {node.habit.type}"
        case RankCondition():
            yield f"rank {node.direction} {node.unit}"
            yield f"rank by {'a field' if node.field else node.measure.function}"
            if node.within:
                yield "rank within"
            if node.after:
                yield "rank after"
        case RfmCondition():
            yield from (f"rfm {group}" for group in node.groups)
            yield f"rfm {'with' if node.amount else 'without'} amount"
        case PlaceCondition():
            yield from (f"climate {climate}" for climate in node.climates)
            yield f"place {'beyond' if node.beyond else 'within'}"
        case SegmentCondition() | ListCondition():
            yield f"{node.type} {'outside' if node.outside else 'inside'}"
        case Group():
            yield f"match {node.match}" if node.children else "empty group"


WANTED = (
    {f"node {name}" for name in types_of(Condition)}
    | {"node group", "node step", "on", "off", "empty group", "without people with no value"}
    | {f"operator {name}" for name in OPERATORS}
    | {f"comparison {name}" for name in COMPARISONS}
    | {f"measure {function}" for function in MeasureFunction}
    | {f"which {which}" for which in Which}
    | {f"window {name}" for name in types_of(Window)}
    | {f"window {name} of {node}" for name in types_of(Window) for node in ("event", "sequence", "rank", "rfm")}
    | {f"calendar {period}" for period in CalendarPeriod}
    | {f"near {side}, {period}" for side in Side for period in ("a period", "no period")}
    | {f"unit {unit}" for unit in Unit}
    | {f"{number} steps" for number in (1, 2, 3, 4)}
    | {f"step {name}" for name in ("within", "same", "absent", "where")}
    | {f"habit {name}" for name in types_of(Habit)}
    | {f"rank {direction} {unit}" for direction in ("top", "bottom") for unit in ("percent", "people")}
    | {f"rank by {function}" for function in ("a field", *MeasureFunction)}
    | {"rank within", "rank after", "rfm with amount", "rfm without amount"}
    | {f"rfm {group}" for group in RfmGroup}
    | {f"climate {climate}" for climate in Climate}
    | {"place beyond", "place within"}
    | {f"{node} {where}" for node in ("segment", "list") for where in ("outside", "inside")}
    | {f"match {match}" for match in Match}
)


@pytest.fixture(scope="module")
def drawn() -> list[AnyNode]:
    """Every node of many definitions."""
    found: list[AnyNode] = []
    for number in range(DEFINITIONS // 50):
        draw = Draw(f"{SEED}/{number}")
        world = draw.world()
        for _ in range(50):
            found += walk(draw.definition(world).root)
    return found


def test_everything_is_drawn(drawn: list[AnyNode]) -> None:
    assert WANTED - {what for node in drawn for what in said(node)} == set()


def test_no_definition_is_deeper_than_six_levels(drawn: list[AnyNode]) -> None:
    def depth(node: AnyNode) -> int:
        return 1 + max(map(depth, node.children), default=0) if isinstance(node, Group) else 0

    assert max(map(depth, drawn)) == DEEPEST


def test_some_segments_refer_to_themselves() -> None:
    circles = 0
    for number in range(50):
        draw = Draw(f"{SEED}/{number}")
        references = draw.references(draw.world())
        for segment in references.segments:
            known = References(references.segments, references.lists, segment)
            try:
                for node in walk(segment.definition.root):
                    if isinstance(node, SegmentCondition) and node.enabled:
                        refuse_circle((segment,), known.segment(node.segment))
            except HandpickError as error:
                circles += "cannot contain itself" in str(error)
    assert circles > 5
