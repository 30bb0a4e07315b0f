"""One thing after another, by hand: who has a chain of events, and who has none because one is missing, late or there."""

# ruff: noqa: DTZ001 instants are stored as UTC without zone

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from segmentation.catalogue import Kind
from segmentation.clock import Clock
from segmentation.compiling import compile_condition
from segmentation.definition import (
    BetweenDays,
    Definition,
    FieldCondition,
    Group,
    Last,
    Period,
    SequenceCondition,
    Step,
    Unit,
)
from segmentation.engine import Engine
from segmentation.errors import HandpickError
from tests.segmentation.audiences import catalogue_of, matched, write_audience

NOW = datetime(2026, 3, 31, 10)
CLOCK = Clock(NOW.replace(tzinfo=UTC), "Europe/Berlin")
TICK = timedelta(microseconds=1)
PROPERTIES = {"product": Kind.TEXT, "amount": Kind.NUMBER, "tags": Kind.LIST}
NAMES = ("view", "cart", "purchase", "mail")
START = datetime(2026, 3, 1, 8)


def happened(*rows: str) -> list[dict[str, Any]]:
    """Events written as `view@0 cart@60:shoe`: name, minutes after `START`, and the product where it is known."""
    events = []
    for row, text in enumerate(rows):
        for word in text.split():
            name, _, rest = word.partition("@")
            minutes, _, product = rest.partition(":")
            event = {"_row": row, "_name": name, "_time": START + timedelta(minutes=float(minutes))}
            events.append(event | ({"product": product} if product else {}))
    return events


def chain(*steps: Step | str, **changes: Any) -> SequenceCondition:
    return SequenceCondition(
        steps=tuple(Step(events=(step,)) if isinstance(step, str) else step for step in steps), **changes
    )


def who(folder: Path, condition: SequenceCondition, *rows: str) -> list[int]:
    audience = write_audience(folder / "a.duckdb", {}, [{}] * len(rows), PROPERTIES, happened(*rows), names=NAMES)
    try:
        return matched(audience, CLOCK, condition)
    finally:
        audience.close()
        (folder / "a.duckdb").unlink()


def test_a_chain_needs_every_step_strictly_after_the_one_before(tmp_path: Path) -> None:
    rows = (
        "view@0 purchase@1",
        "purchase@0 view@1",
        "view@0 purchase@0",  # at the very same time is not after
        "view@0",
        "purchase@5",
        "",
    )
    assert who(tmp_path, chain("view", "purchase"), *rows) == [0]


def test_any_matching_pair_counts(tmp_path: Path) -> None:
    rows = ("purchase@0 view@1 purchase@2", "view@0 view@90 purchase@100", "purchase@0 view@5")
    assert who(
        tmp_path, chain("view", Step(events=("purchase",), within=Period(amount=1, unit=Unit.HOURS))), *rows
    ) == [
        0,
        1,
    ]


def test_three_steps_link_one_to_the_next(tmp_path: Path) -> None:
    rows = (
        "view@0 cart@1 purchase@2",
        "view@0 purchase@1 cart@2",
        "cart@0 view@1 cart@2 purchase@3",
        "cart@0 purchase@1",
    )
    assert who(tmp_path, chain("view", "cart", "purchase"), *rows) == [0, 2]


def test_the_same_thing_twice_needs_two_different_times(tmp_path: Path) -> None:
    assert who(tmp_path, chain("view", "view"), "view@0 view@1", "view@0 view@0", "view@0") == [0]


def test_a_step_takes_any_of_its_events(tmp_path: Path) -> None:
    step = Step(events=("cart", "purchase"))
    assert who(tmp_path, chain("view", step), "view@0 cart@1", "view@0 purchase@1", "view@0 mail@1") == [0, 1]


@pytest.mark.parametrize(
    ("within", "minutes"),
    [
        (Period(amount=30, unit=Unit.MINUTES), 30),
        (Period(amount=2, unit=Unit.HOURS), 120),
        (Period(amount=1), 1440),
        (Period(amount=1, unit=Unit.WEEKS), 7 * 1440),
        (Period(amount=0), 0),
    ],
)
def test_within_has_its_end_in(tmp_path: Path, within: Period, minutes: int) -> None:
    rows = (f"view@0 purchase@{minutes}", f"view@0 purchase@{minutes + 1}", f"view@0 purchase@{minutes - 1}")
    expected = [0, 2] if minutes else []  # within nothing nothing comes later
    assert who(tmp_path, chain("view", Step(events=("purchase",), within=within)), *rows) == expected


def test_a_day_between_two_events_is_24_hours_also_when_the_clocks_change(tmp_path: Path) -> None:
    """From 12:00 on 28 March to 12:00 the next day are 23 hours, to 13:00 are 24."""
    first = datetime(2026, 3, 28, 11)
    events = [
        {"_row": row, "_name": name, "_time": time}
        for row, later in enumerate((23, 24, 24.001))
        for name, time in (("view", first), ("purchase", first + timedelta(hours=later)))
    ]
    audience = write_audience(tmp_path / "a.duckdb", {}, [{}] * 3, PROPERTIES, events)
    assert matched(audience, CLOCK, chain("view", Step(events=("purchase",), within=Period(amount=1)))) == [0, 1]
    audience.close()


# Absent


NO_MAIL = Step(events=("mail",), absent=True)


def test_absent_in_the_middle_looks_between_its_neighbours_without_their_own_times(tmp_path: Path) -> None:
    rows = (
        "view@0 purchase@10",
        "view@0 mail@5 purchase@10",
        "view@0 mail@0 purchase@10",
        "view@0 mail@10 purchase@10",
        "mail@-5 view@0 purchase@10 mail@15",
        "view@0 mail@5",
        "view@0 mail@5 view@6 purchase@10",  # from the second view on there was none
    )
    assert who(tmp_path, chain("view", NO_MAIL, "purchase"), *rows) == [0, 2, 3, 4, 6]


def test_absent_in_the_middle_with_a_limit_looks_only_so_far(tmp_path: Path) -> None:
    step = NO_MAIL.model_copy(update={"within": Period(amount=5, unit=Unit.MINUTES)})
    rows = ("view@0 mail@5 purchase@10", "view@0 mail@6 purchase@10", "view@0 purchase@10", "view@0 purchase@2 mail@3")
    assert who(tmp_path, chain("view", step, "purchase"), *rows) == [1, 2, 3]


def test_absent_at_the_end_looks_until_now(tmp_path: Path) -> None:
    rows = (
        "cart@0",
        "cart@0 purchase@10",
        "purchase@0 cart@10",
        "cart@0 purchase@0",
        "cart@0 purchase@10 cart@20",  # the second cart was left
        f"cart@0 purchase@{(NOW - START) / timedelta(minutes=1)}",
        f"cart@0 purchase@{(NOW - START) / timedelta(minutes=1) + 1}",  # a purchase of the future
        "",
    )
    assert who(tmp_path, chain("cart", Step(events=("purchase",), absent=True)), *rows) == [0, 2, 3, 4, 6]


def test_absent_at_the_end_with_a_limit_that_is_not_over_yet_counts_as_absent(tmp_path: Path) -> None:
    step = Step(events=("purchase",), absent=True, within=Period(amount=1))
    late = (NOW - START) / timedelta(minutes=1) - 60
    rows = (f"cart@{late}", f"cart@{late} purchase@{late + 30}", "cart@0 purchase@1440", "cart@0 purchase@1441")
    assert who(tmp_path, chain("cart", step), *rows) == [0, 3]


def test_several_absent_steps_in_a_row_are_all_absent_after_the_same_step(tmp_path: Path) -> None:
    rows = ("view@0", "view@0 cart@1", "view@0 mail@1", "view@0 cart@1 mail@2")
    gone = Step(events=("cart",), absent=True)
    assert who(tmp_path, chain("view", gone, NO_MAIL), *rows) == [0]
    assert who(tmp_path, chain("view", gone, NO_MAIL, "purchase"), "view@0 purchase@9", "view@0 mail@3 purchase@9") == [
        0
    ]


def test_absent_in_the_middle_and_at_the_end(tmp_path: Path) -> None:
    rows = ("view@0 cart@5", "view@0 mail@1 cart@5", "view@0 cart@5 purchase@6", "view@0 cart@5 mail@6")
    assert who(tmp_path, chain("view", NO_MAIL, "cart", Step(events=("purchase",), absent=True)), *rows) == [0, 3]


# The same detail


SAME = ("product",)


def test_the_same_detail_compares_known_values_exactly_as_they_are_written(tmp_path: Path) -> None:
    rows = (
        "view@0:shoe purchase@1:shoe",
        "view@0:shoe purchase@1:hat",
        "view@0:shoe purchase@1:Shoe",
        "view@0 purchase@1",
        "view@0:shoe purchase@1",
        "view@0:hat view@1:shoe purchase@2:hat",
    )
    assert who(tmp_path, chain("view", Step(events=("purchase",), same=SAME)), *rows) == [0, 5]


def test_viewed_and_not_bought_is_told_for_each_product(tmp_path: Path) -> None:
    rows = (
        "view@0:shoe",
        "view@0:shoe purchase@1:shoe",
        "view@0:shoe purchase@1:hat",
        "view@0:shoe view@1:hat purchase@2:hat",
        "view@0 purchase@1",  # nobody knows what was viewed, so nothing bought is the same
        "view@0:shoe purchase@1",
        "",
    )
    assert who(tmp_path, chain("view", Step(events=("purchase",), same=SAME, absent=True)), *rows) == [0, 2, 3, 4, 5]


def test_same_links_to_the_last_step_that_happened(tmp_path: Path) -> None:
    rows = ("view@0:shoe cart@1:hat purchase@2:hat", "view@0:shoe cart@1:hat purchase@2:shoe")
    assert who(tmp_path, chain("view", "cart", Step(events=("purchase",), same=SAME)), *rows) == [0]
    assert who(
        tmp_path,
        chain("view", NO_MAIL, Step(events=("purchase",), same=SAME)),
        "view@0:shoe purchase@1:shoe",
        "view@0:shoe purchase@1:hat",
    ) == [0]


def test_same_of_several_details_and_of_a_list(tmp_path: Path) -> None:
    events = [
        {"_row": row, "_name": name, "_time": START + timedelta(minutes=minute)} | details
        for row, (first, second) in enumerate(
            (
                ({"amount": 1, "tags": ["a", "b"]}, {"amount": 1, "tags": ["a", "b"]}),
                ({"amount": 1, "tags": ["a", "b"]}, {"amount": 1, "tags": ["b", "a"]}),
                ({"amount": 1, "tags": ["a", "b"]}, {"amount": 2, "tags": ["a", "b"]}),
                ({"amount": 1}, {"amount": 1}),
            )
        )
        for name, minute, details in (("view", 0, first), ("purchase", 1, second))
    ]
    audience = write_audience(tmp_path / "a.duckdb", {}, [{}] * 4, PROPERTIES, events)
    both = Step(events=("purchase",), same=("amount", "tags"))
    assert matched(audience, CLOCK, chain("view", both)) == [0]
    audience.close()


# Filters, window, switched off


def test_each_step_has_filters_of_its_own(tmp_path: Path) -> None:
    def of(product: str, name: str) -> Step:
        where = Group(children=(FieldCondition(field="product", operator="is", value=product),))
        return Step(events=(name,), where=where)

    rows = (
        "view@0:shoe purchase@1:hat",
        "view@0:hat purchase@1:shoe",
        "view@0:shoe purchase@1",
        "view@0 purchase@1:hat",
    )
    assert who(tmp_path, chain(of("SHOE", "view"), of("hat", "purchase")), *rows) == [0]


def test_a_negative_filter_of_an_absent_step_holds_for_a_missing_detail(tmp_path: Path) -> None:
    other = Group(children=(FieldCondition(field="product", operator="is_not", value="hat"),))
    step = Step(events=("purchase",), where=other, absent=True)
    assert who(tmp_path, chain("view", step), "view@0 purchase@1:hat", "view@0 purchase@1", "view@0 purchase@1:x") == [
        0
    ]


def test_every_step_that_happened_lies_in_the_window_and_the_absent_ones_anywhere(tmp_path: Path) -> None:
    rows = ("view@0 purchase@1440", "view@1440 purchase@1450", "view@1440 purchase@1450 mail@2880")
    day = BetweenDays(first=START.date() + timedelta(days=1), last=START.date() + timedelta(days=1))
    assert who(tmp_path, chain("view", "purchase", window=day), *rows) == [1, 2]
    assert who(tmp_path, chain("view", "purchase", NO_MAIL, window=day), *rows) == [1]
    recent = Last(period=Period(amount=1))
    assert who(tmp_path, chain("view", "purchase", window=recent), *rows) == []


def test_what_the_first_step_cannot_have_says_nothing(tmp_path: Path) -> None:
    first = Step(events=("view",), within=Period(amount=2, unit=Unit.MONTHS), same=("nobody",))
    assert who(tmp_path, chain(first, "cart"), "view@0 cart@60", "cart@0 view@60") == [0]


def test_a_step_of_the_future_never_counts(tmp_path: Path) -> None:
    future = (NOW - START) / timedelta(minutes=1)
    rows = (f"view@0 purchase@{future}", f"view@0 purchase@{future + 0.001}")
    assert who(tmp_path, chain("view", "purchase"), *rows) == [0]


def test_a_step_that_is_off_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    rows = ("view@0 purchase@1", "view@0 cart@1 purchase@2", "view@0 mail@1 purchase@2")
    off = Step(events=("cart",), enabled=False)
    assert who(tmp_path, chain("view", off, "purchase"), *rows) == [0, 1, 2]
    assert who(tmp_path, chain("view", NO_MAIL.model_copy(update={"enabled": False}), "purchase"), *rows) == [0, 1, 2]
    first = Step(enabled=False)
    second = Step(events=("view",), within=Period(amount=1), same=SAME)  # now the first: neither counts
    assert who(tmp_path, chain(first, second, "purchase"), *rows) == [0, 1, 2]


def test_a_sequence_and_not_that_sequence_are_the_whole_base(tmp_path: Path) -> None:
    rows = ("view@0 purchase@1", "view@0", "")
    audience = write_audience(tmp_path / "a.duckdb", {}, [{}] * 3, PROPERTIES, happened(*rows), names=NAMES)
    condition = chain("view", "purchase")
    assert matched(audience, CLOCK, Group(match="none", children=(condition,))) == [1, 2]
    audience.close()


def test_a_sequence_without_any_events_in_the_audience_matches_nobody(tmp_path: Path) -> None:
    audience = write_audience(tmp_path / "a.duckdb", {}, [{}] * 3, PROPERTIES, names=NAMES)
    assert Engine(audience).answer(Definition(root=Group(children=(chain("view", "cart"),))), CLOCK).total == 0
    audience.close()


FAULTS: tuple[tuple[SequenceCondition, str], ...] = (
    (chain(), "Add the first step."),
    (chain("view"), "Add a second step, or use a filter on one event."),
    (chain("view", Step(events=("cart",), enabled=False)), "Add a second step, or use a filter on one event."),
    (chain(NO_MAIL, "view"), "The first step has to be something they did."),
    (chain(Step(events=("view",), enabled=False), NO_MAIL, "view"), "The first step has to be something they did."),
    (chain("view", Step()), "Choose what they did."),
    (chain("view", "purchas"), "There is no event “purchas”. Close: purchase."),
    (
        chain("view", Step(events=("cart",), same=("produkt",))),
        "There is no detail “produkt” on any event. Close: product.",
    ),
    (
        chain("view", Step(events=("cart",), within=Period(amount=1, unit=Unit.MONTHS))),
        "Between two events time is counted in minutes, hours, days or weeks.",
    ),
    (chain("view", "cart", window=BetweenDays()), "Choose the first or the last day."),
)


@pytest.mark.parametrize(("condition", "message"), FAULTS)
def test_what_is_missing_in_a_sequence_is_said(condition: SequenceCondition, message: str) -> None:
    with pytest.raises(HandpickError) as raised:
        compile_condition(condition, catalogue_of({}, PROPERTIES, NAMES), CLOCK, None)
    assert str(raised.value) == message
