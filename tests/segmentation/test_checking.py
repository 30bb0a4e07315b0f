"""Everything that keeps a definition from being saved is told at once, each with its place."""

from datetime import UTC, datetime
from typing import Any

import pytest

from segmentation.catalogue import Kind
from segmentation.checking import problems
from segmentation.clock import Clock
from segmentation.definition import (
    BetweenDays,
    Definition,
    EventCondition,
    FieldCondition,
    Group,
    Match,
    Measure,
    MeasureFunction,
    Node,
    walk,
)
from segmentation.editing import with_ids
from segmentation.errors import DefinitionError
from tests.segmentation.audiences import catalogue_of

CLOCK = Clock(datetime(2026, 3, 31, 10, tzinfo=UTC), "Europe/Berlin")
CATALOGUE = catalogue_of(
    {"age": Kind.NUMBER, "country": Kind.TEXT}, {"amount": Kind.NUMBER, "product": Kind.TEXT}, ("purchase",)
)
GOOD = FieldCondition(field="age", operator="at_least", value=18)
BAD = FieldCondition(field="age", operator="at_least")
DETAIL = FieldCondition(field="amount", operator="at_least", value=1)


def told(*children: Node, **root: Any) -> list[tuple[str, str]]:
    definition = with_ids(Definition(root=Group(children=children, **root)))
    found = problems(definition, CATALOGUE, CLOCK)
    ids = {node.id for node in walk(definition.root)}
    assert all(problem.node in ids for problem in found)
    assert len({problem.node for problem in found}) == len(found), "one problem for each node"
    return [(problem.place, problem.message) for problem in found]


def test_a_whole_definition_has_no_problems() -> None:
    where = Group(match=Match.NONE, children=(DETAIL, Group(match=Match.ANY, children=(DETAIL,))))
    assert told(GOOD, Group(children=(GOOD, EventCondition(events=("purchase",), where=where)))) == []


def test_all_problems_at_once_in_reading_order_with_their_places() -> None:
    event = EventCondition(
        events=("purchase",),
        where=Group(children=(DETAIL, FieldCondition(field="colour"), Group(), Group(children=(FieldCondition(),)))),
        measure=Measure(function=MeasureFunction.SUM),
    )
    assert told(
        BAD,
        Group(
            children=(GOOD, Group(), Group(children=(GOOD, FieldCondition(field="agee", operator="at_least", value=1))))
        ),
        event,
        EventCondition(),
        EventCondition(events=("purchase",), window=BetweenDays()),
    ) == [
        ("Filter 1", "Enter a number."),
        ("Group 2.2", "It is empty: add a filter or remove it."),
        ("Filter 2.3.2", "There is no field “agee” in the customers. Close: age."),
        ("Filter 3, detail 2", "There is no detail “colour” on any event."),
        ("Filter 3, group of details 3", "It is empty: add a filter or remove it."),
        ("Filter 3, detail 4.1", "Choose a detail of the event."),
        ("Filter 3", "Choose the detail whose total is compared."),
        ("Filter 4", "Choose what they did."),
        ("Filter 5", "Choose the first or the last day."),
    ]


@pytest.mark.parametrize(
    "children",
    [
        (),
        (GOOD.model_copy(update={"enabled": False}),),
        (Group(enabled=False, children=(GOOD,)),),
        (Group(children=(GOOD.model_copy(update={"enabled": False}),)),),
    ],
)
def test_a_segment_needs_a_filter_that_counts(children: tuple[Node, ...]) -> None:
    assert told(*children) == [("", "Add at least one filter.")]


def test_a_segment_that_is_off_as_a_whole_has_no_filter() -> None:
    assert told(GOOD, enabled=False) == [("", "Add at least one filter.")]


def test_what_is_off_is_not_looked_at() -> None:
    off = {"enabled": False}
    where = Group(children=(BAD.model_copy(update=off), Group(enabled=False, children=(BAD, Group()))))
    assert (
        told(
            GOOD,
            BAD.model_copy(update=off),
            Group(enabled=False, children=(BAD, Group())),
            EventCondition(enabled=False),
            EventCondition(events=("purchase",), where=where),
            EventCondition(events=("purchase",), where=Group(enabled=False, children=(BAD,))),
        )
        == []
    )


def test_an_event_without_filters_inside_is_whole() -> None:
    assert told(EventCondition(events=("purchase",), where=Group())) == []


def test_an_event_inside_an_event_is_a_problem() -> None:
    inner = EventCondition(events=("purchase",))
    assert told(EventCondition(events=("purchase",), where=Group(children=(inner,)))) == [
        ("Filter 1, detail 1", "Inside an event only its details can be filtered.")
    ]


def test_a_segment_of_negations_only_is_allowed() -> None:
    assert told(FieldCondition(field="country", operator="is_not", value="DE"), match=Match.NONE) == []


def test_the_error_reads_as_sentences_with_their_places() -> None:
    definition = with_ids(Definition(root=Group(children=(BAD, Group()))))
    error = DefinitionError(problems(definition, CATALOGUE, CLOCK))
    assert str(error) == "Filter 1: Enter a number. Group 2: It is empty: add a filter or remove it."
