"""A group's set from its children's, against plain counting in Python, also when a child changes or goes away."""

# ruff: noqa: DTZ001 instants are stored as UTC without zone

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation.catalogue import Kind
from segmentation.clock import Clock
from segmentation.combining import combined, replacers, running
from segmentation.definition import Definition, EventCondition, FieldCondition, Group, Match, Node
from segmentation.engine import Answer, Engine, Step
from segmentation.membership import Membership
from tests.segmentation.audiences import write_audience

CLOCK = Clock(datetime(2026, 3, 31, 10, tzinfo=UTC), "Europe/Berlin")
SIZE = 64


def of(rows: set[int]) -> Membership:
    return Membership.of(np.array(sorted(rows), dtype=np.uint32), SIZE)


def counted(group: Group, sets: list[set[int]]) -> set[int]:
    """The group's set, person by person."""
    tests = {
        Match.ALL: lambda times: times == len(sets),
        Match.ANY: lambda times: times > 0,
        Match.NONE: lambda times: times == 0,
        Match.AT_LEAST: lambda times: times >= group.least,
    }
    return {row for row in range(SIZE) if tests[group.match](sum(row in members for members in sets))}


groups = st.builds(Group, match=st.sampled_from(list(Match)), least=st.integers(1, 8))
some_sets = st.lists(st.sets(st.integers(0, SIZE - 1)), min_size=1, max_size=6)


@given(groups, some_sets)
def test_a_group_is_what_counting_says(group: Group, sets: list[set[int]]) -> None:
    assert set(combined(group, [of(rows) for rows in sets]).rows().tolist()) == counted(group, sets)


@given(groups, some_sets)
def test_the_funnel_is_the_group_over_its_first_children(group: Group, sets: list[set[int]]) -> None:
    found = [set(members.rows().tolist()) for members in running(group, [of(rows) for rows in sets])]
    assert found == [counted(group, sets[: end + 1]) for end in range(len(sets))]


@given(groups, some_sets, st.none() | st.sets(st.integers(0, SIZE - 1)))
def test_a_child_that_changes_or_goes_changes_the_group_as_if_it_were_made_anew(
    group: Group, sets: list[set[int]], new: set[int] | None
) -> None:
    for place, replaced in enumerate(replacers(group, [of(rows) for rows in sets])):
        others = [*sets[:place], *([] if new is None else [new]), *sets[place + 1 :]]
        found = replaced(None if new is None else of(new))
        assert (found is None) == (not others)
        if found is not None:
            assert set(found.rows().tolist()) == counted(group, others)


@pytest.mark.parametrize("match", list(Match))
@pytest.mark.parametrize("least", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("many", [1, 2, 3, 4, 5])
def test_every_way_to_be_in_some_children_and_not_in_others(match: Match, least: int, many: int) -> None:
    """There is a person for each choice of sets; the last set is the one that a child becomes."""
    group = Group(match=match, least=least)
    *sets, new = ({row for row in range(SIZE) if row >> number & 1} for number in range(many + 1))
    made = [of(rows) for rows in sets]
    assert set(combined(group, made).rows().tolist()) == counted(group, sets)
    assert set(running(group, made)[-1].rows().tolist()) == counted(group, sets)
    for place, replaced in enumerate(replacers(group, made)):
        others = [*sets[:place], *sets[place + 1 :]]
        changed = replaced(of(new))
        assert changed is not None
        assert set(changed.rows().tolist()) == counted(group, [*others, new])
        gone = replaced(None)
        assert (gone is None) == (not others)
        if gone is not None:
            assert set(gone.rows().tolist()) == counted(group, others)


def test_every_match_is_counted_against_python() -> None:
    assert {match for match in Match if counted(Group(match=match, least=2), [{0, 1}, {1}])} == set(Match)


# On a screen


AGE = (17, 30, 40, 50, None)
PEOPLE = [{"age": age, "country": country} for age, country in zip(AGE, ("DE", "DE", "FR", None, "DE"), strict=True)]
ADULT = FieldCondition(id="adult", field="age", operator="at_least", value=18)
GERMAN = FieldCondition(id="german", field="country", operator="is", value="DE")
BUYER = EventCondition(id="buyer", events=("purchase",))
OFF = GERMAN.model_copy(update={"id": "off", "enabled": False})
UNFINISHED = FieldCondition(id="unfinished", field="age", operator="at_least")


def ask(folder: Path, *children: Node, least: int = 2, match: Match = Match.AT_LEAST) -> Answer:
    events = [{"_row": row, "_name": "purchase", "_time": datetime(2026, 3, 1)} for row in (1, 2)]
    audience = write_audience(
        folder / "a.duckdb", {"age": Kind.NUMBER, "country": Kind.TEXT}, PEOPLE, {"amount": Kind.NUMBER}, events
    )
    root = Group(id="root", match=match, least=least, children=children)
    found = Engine(audience).answer(Definition(root=root), CLOCK)
    audience.close()
    (folder / "a.duckdb").unlink()
    return found


def test_at_least_two_of_three_by_hand(tmp_path: Path) -> None:
    answer = ask(tmp_path, ADULT, GERMAN, BUYER)
    assert answer.members.rows().tolist() == [1, 2]
    assert answer.counts == {"root": 2, "adult": 3, "german": 3, "buyer": 2}
    assert answer.without == {"adult": 1, "german": 2, "buyer": 1}
    assert answer.funnel == (Step("adult", 0), Step("german", 1), Step("buyer", 2))


@pytest.mark.parametrize(("least", "expected"), [(1, [0, 1, 2, 3, 4]), (2, [1, 2]), (3, [1]), (4, []), (1_000_000, [])])
def test_at_least_so_many(tmp_path: Path, least: int, expected: list[int]) -> None:
    assert ask(tmp_path, ADULT, GERMAN, BUYER, least=least).members.rows().tolist() == expected


@pytest.mark.parametrize("more", [OFF, UNFINISHED, Group(id="empty")])
def test_what_does_not_count_is_not_one_of_them(tmp_path: Path, more: Node) -> None:
    assert ask(tmp_path, ADULT, GERMAN, more).members.rows().tolist() == [1]
    assert ask(tmp_path, ADULT, more).total == 0, "one of one is not two: nobody is let in"


def test_the_same_filter_twice_counts_twice(tmp_path: Path) -> None:
    assert ask(tmp_path, ADULT, ADULT.model_copy(update={"id": "again"})).members.rows().tolist() == [1, 2, 3]


def test_at_least_inside_another_group_and_the_total_without_each(tmp_path: Path) -> None:
    inner = Group(id="inner", match=Match.AT_LEAST, least=2, children=(ADULT, GERMAN, BUYER))
    answer = ask(tmp_path, inner, match=Match.NONE)
    assert answer.members.rows().tolist() == [0, 3, 4]
    assert answer.without == {"adult": 4, "german": 3, "buyer": 4}


def test_at_least_inside_an_event_counts_the_details_of_one_event(tmp_path: Path) -> None:
    details = {"colour": Kind.TEXT, "size": Kind.TEXT, "price": Kind.NUMBER}
    where = Group(
        match=Match.AT_LEAST,
        least=2,
        children=(
            FieldCondition(field="colour", operator="is", value="red"),
            FieldCondition(field="size", operator="is_not", value="L"),
            FieldCondition(field="price", operator="at_least", value=10),
            FieldCondition(field="price", operator="at_least", value=10, enabled=False),
        ),
    )
    events = [
        {"_row": 0, "colour": "red", "size": "L", "price": 10},
        {"_row": 1, "colour": "red", "size": "L", "price": 9},
        {"_row": 1, "size": "L", "price": 10},
        {"_row": 2},  # its size is not L
        {"_row": 3, "price": 10},  # nor is this one's, and its price is there
        {"_row": 4, "colour": "red", "size": "M", "price": 99},
    ]
    audience = write_audience(
        tmp_path / "a.duckdb",
        {},
        [{}] * 6,
        details,
        [event | {"_name": "purchase", "_time": datetime(2026, 3, 1)} for event in events],
    )
    answer = Engine(audience).answer(
        Definition(root=Group(children=(EventCondition(events=("purchase",), where=where),))), CLOCK
    )
    assert answer.members.rows().tolist() == [0, 3, 4]
    audience.close()


@pytest.mark.parametrize("match", [Match.AT_LEAST, Match.NONE])
def test_more_than_a_thousand_details_in_one_group_are_compared(tmp_path: Path, match: Match) -> None:
    red = FieldCondition(field="colour", operator="is", value="red")
    where = Group(match=match, least=1_001, children=(red,) * 1_001)
    events = [
        {"_row": row, "_name": "purchase", "_time": datetime(2026, 3, 1), "colour": colour}
        for row, colour in enumerate(("red", "blue", None))
    ]
    audience = write_audience(tmp_path / "a.duckdb", {}, [{}] * 3, {"colour": Kind.TEXT}, events)
    definition = Definition(root=Group(children=(EventCondition(events=("purchase",), where=where),)))
    expected = [1, 2] if match == Match.NONE else [0]
    assert Engine(audience).answer(definition, CLOCK).members.rows().tolist() == expected
    audience.close()
