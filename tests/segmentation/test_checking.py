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
    HabitCondition,
    ListCondition,
    Match,
    Measure,
    MeasureFunction,
    Near,
    Node,
    OtherField,
    Period,
    PlaceCondition,
    RankCondition,
    RfmCondition,
    SampleCondition,
    SegmentCondition,
    SequenceCondition,
    Step,
    Unit,
    walk,
)
from segmentation.editing import with_ids
from segmentation.errors import DefinitionError
from segmentation.habits import Regularly
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


def test_all_problems_of_a_sequence_at_once_each_with_its_step() -> None:
    where = Group(children=(DETAIL, FieldCondition(field="colour"), Group()))
    steps = (
        Step(events=("purchase",), where=where, within=Period(amount=1, unit=Unit.YEARS)),  # the first has no limit
        Step(),
        Step(enabled=False),
        Step(events=("purchas",), where=Group(children=(FieldCondition(),))),
        Step(events=("purchase",), within=Period(amount=1, unit=Unit.MONTHS), absent=True),
        Step(events=("purchase",), same=("amount", "color")),
    )
    assert told(SequenceCondition(steps=steps, window=BetweenDays())) == [
        ("Filter 1, step 1, detail 2", "There is no detail “colour” on any event."),
        ("Filter 1, step 1, group of details 3", "It is empty: add a filter or remove it."),
        ("Filter 1, step 2", "Choose what they did."),
        ("Filter 1, step 3", "There is no event “purchas”. Close: purchase."),
        ("Filter 1, step 3, detail 1", "Choose a detail of the event."),
        ("Filter 1, step 4", "Between two events time is counted in minutes, hours, days or weeks."),
        ("Filter 1, step 5", "There is no detail “color” on any event."),
        ("Filter 1", "Choose the first or the last day."),
    ]
    assert told(SequenceCondition(), SequenceCondition(steps=(Step(events=("purchase",), absent=True),))) == [
        ("Filter 1", "Add the first step."),
        ("Filter 2", "The first step has to be something they did."),
    ]


def test_all_problems_of_other_conditions_at_once() -> None:
    wrong = Group(children=(FieldCondition(field="colour", operator="is_known"),))
    assert told(
        HabitCondition(events=("purchase",), where=wrong, habit=Regularly(least=5, periods=4)),
        RankCondition(events=("purchase",), where=wrong, amount=None),
        RfmCondition(events=("purchase",), where=wrong, amount="product"),
        PlaceCondition(),
        SampleCondition(),
        SegmentCondition(segment="VIPs"),
        ListCondition(),
        EventCondition(events=("purchase",), measure=Measure(function=MeasureFunction.SHARE)),
        EventCondition(events=("purchase",), window=Near(field="age")),
        FieldCondition(field="age", operator="more_than_field"),
        FieldCondition(field="age", operator="same_as", value=OtherField(field="country")),
        FieldCondition(field="age", operator="same_as", value=OtherField(field="agee")),
    ) == [
        ("Filter 1, detail 1", "There is no detail “colour” on any event."),
        ("Filter 1", "“In 5 of 4” is never true: the first number has to be the smaller."),
        ("Filter 2, detail 1", "There is no detail “colour” on any event."),
        ("Filter 2", "Enter how many."),
        ("Filter 3, detail 1", "There is no detail “colour” on any event."),
        ("Filter 3", "“Product” is text; monetary value needs a number."),
        ("Filter 4", "No field says where people are: choose “Latitude” under “Used as” on the Fields page."),
        ("Filter 5", "No field is used as the customer’s id: choose it under “Used as” on the Fields page."),
        ("Filter 6", "There is no segment “VIPs”: it may have been deleted."),
        ("Filter 7", "Choose a list."),
        ("Filter 8", "Choose which of these events count for the share: add a detail."),
        ("Filter 9", "“Age” is no date, so that nothing can happen before or after it."),
        ("Filter 10", "Choose the field to compare “Age” with."),
        ("Filter 11", "“Age” is a number and “Country” is text: they cannot be compared."),
        ("Filter 12", "There is no field “agee” in the customers. Close: age."),
    ]


def test_every_kind_of_condition_is_told_its_problem_where_there_are_no_events_at_all() -> None:
    empty = catalogue_of({"age": Kind.NUMBER})
    doing = {"events": ("purchase",)}
    definition = with_ids(
        Definition(
            root=Group(
                children=(
                    EventCondition(**doing),
                    SequenceCondition(steps=(Step(**doing), Step(**doing))),
                    HabitCondition(**doing),
                    RankCondition(**doing),
                    RfmCondition(**doing),
                )
            )
        )
    )
    found = problems(definition, empty, CLOCK)
    assert [(problem.place, problem.message) for problem in found] == [
        (place, "There is no event “purchase”.")
        for place in ("Filter 1", "Filter 2, step 1", "Filter 2, step 2", "Filter 3", "Filter 4", "Filter 5")
    ]


@pytest.mark.parametrize(("on", "told_of"), [(0, 0), (1, 1), (2, 1), (3, 0)])
def test_at_least_more_than_there_are_is_told(on: int, told_of: int) -> None:
    off = GOOD.model_copy(update={"enabled": False})
    group = Group(match=Match.AT_LEAST, least=3, children=(GOOD,) * on + (off,) * (3 - on))
    assert told(GOOD, group) == [("Group 2", f"“At least 3 of” can match nobody: there are only {on}.")] * told_of
    where = Group(
        match=Match.AT_LEAST, least=3, children=(DETAIL,) * on + (DETAIL.model_copy(update={"enabled": False}),)
    )
    inner = EventCondition(events=("purchase",), where=Group(children=(DETAIL, where)))
    assert (
        told(inner)
        == [("Filter 1, group of details 2", f"“At least 3 of” can match nobody: there are only {on}.")] * told_of
    )


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
