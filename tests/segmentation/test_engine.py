"""One walk gives every number of the builder, and what does not count never lets anybody in."""

# ruff: noqa: DTZ001 instants are stored as UTC without zone

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import duckdb
import pytest

from segmentation import engine as engine_module
from segmentation.audience import Audience
from segmentation.catalogue import FieldEdit, Kind
from segmentation.clock import Clock
from segmentation.definition import (
    BetweenTimes,
    Condition,
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
    PlaceCondition,
    RankCondition,
    RfmCondition,
    SampleCondition,
    SegmentCondition,
    SequenceCondition,
)
from segmentation.definition import Step as SequenceStep
from segmentation.editing import with_ids
from segmentation.engine import Answer, Engine, Step
from segmentation.errors import Cancelled
from segmentation.jobs import Job, State
from segmentation.places import Point
from tests.segmentation.audiences import write_audience

CLOCK = Clock(datetime(2026, 3, 31, 10, tzinfo=UTC), "Europe/Berlin")
PEOPLE: list[dict[str, Any]] = [
    {"age": 17, "country": "DE"},
    {"age": 18, "country": "FR"},
    {"age": 30, "country": "de"},
    {"age": 30},
    {"country": "US"},
    {},
]
EVENTS = [
    {"_row": 1, "_name": "purchase", "_time": datetime(2026, 3, 1), "amount": 20},
    {"_row": 2, "_name": "purchase", "_time": datetime(2026, 3, 2), "amount": 30},
]
ADULT = FieldCondition(id="adult", field="age", operator="at_least", value=18)
GERMAN = FieldCondition(id="german", field="country", operator="is_any_of", value=("DE",))
FOREIGN = FieldCondition(id="foreign", field="country", operator="is_none_of", value=("DE",))
BUYER = EventCondition(id="buyer", events=("purchase",))
UNFINISHED: tuple[Node, ...] = (
    FieldCondition(id="u1"),
    FieldCondition(id="u2", field="age"),
    FieldCondition(id="u3", field="age", operator="at_least"),
    FieldCondition(id="u4", field="agee", operator="at_least", value=1),
    FieldCondition(id="u5", field="country", operator="is_none_of", value=()),
    FieldCondition(id="u6", field="country", operator="does_not_match", value="("),
    EventCondition(id="u7"),
    EventCondition(id="u8", events=("purchased",), comparison="never"),
    EventCondition(id="u9", events=("purchase",), where=Group(children=(FieldCondition(),))),
    EventCondition(id="u10", events=("purchase",), comparison="at_most", value=None),
    SequenceCondition(id="u11"),
    SequenceCondition(id="u12", steps=(SequenceStep(id="u13", events=("purchase",), absent=True),)),
    HabitCondition(id="u14"),
    RankCondition(id="u15", field="age", amount=0),
    RfmCondition(id="u16"),
    PlaceCondition(id="u17", near=Point(latitude=0, longitude=0), beyond=True),
    SampleCondition(id="u18", percent=100),
    SegmentCondition(id="u19", segment="VIPs", outside=True),
    ListCondition(id="u20", list="VIPs", outside=True),
    FieldCondition(id="u21", field="age", operator="not_same_as", value=OtherField(field="agee")),
    EventCondition(id="u22", events=("purchase",), window=Near(), comparison="never"),
    EventCondition(id="u23", events=("purchase",), window=BetweenTimes(start="soon"), comparison="never"),
)
NOT_THERE: tuple[Node, ...] = (
    Group(id="x1"),
    Group(id="x2", match=Match.NONE),
    Group(id="x3", children=(Group(id="x4", match=Match.ANY),)),
    Group(id="x5", match=Match.NONE, children=UNFINISHED[:3]),
    Group(id="x6", enabled=False, children=(ADULT.model_copy(update={"id": "x7"}),)),
    ADULT.model_copy(update={"id": "x8", "enabled": False}),
    Group(id="x9", match=Match.NONE, children=(ADULT.model_copy(update={"id": "x10", "enabled": False}),)),
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    fields = {"age": Kind.NUMBER, "country": Kind.TEXT}
    audience = write_audience(
        tmp_path_factory.mktemp("engine") / "v000001.duckdb", fields, PEOPLE, {"amount": Kind.NUMBER}, EVENTS
    )
    yield Engine(audience)
    audience.close()


def ask(engine: Engine, *children: Node, match: Match = Match.ALL) -> Answer:
    return engine.answer(Definition(root=Group(id="root", match=match, children=children)), CLOCK)


def rows(answer: Answer) -> list[int]:
    return answer.members.rows().tolist()


def test_all_numbers_of_a_screen_by_hand(engine: Engine) -> None:
    either = Group(id="either", match=Match.ANY, children=(GERMAN, BUYER))
    answer = ask(engine, ADULT, either)
    assert rows(answer) == [1, 2]
    assert (answer.total, answer.base, answer.share) == (2, 6, 2 / 6)
    assert answer.counts == {"root": 2, "adult": 3, "either": 3, "german": 2, "buyer": 2}
    assert answer.without == {"adult": 3, "either": 3, "german": 2, "buyer": 1}
    assert answer.funnel == (Step("adult", 3), Step("either", 2))
    assert answer.counted
    assert not answer.unfinished
    assert not answer.missing


def test_funnel_of_any_gathers_and_of_none_takes_away(engine: Engine) -> None:
    assert ask(engine, GERMAN, BUYER, match=Match.ANY).funnel == (Step("german", 2), Step("buyer", 3))
    assert ask(engine, GERMAN, BUYER, match=Match.NONE).funnel == (Step("german", 4), Step("buyer", 3))


def test_without_leaves_out_a_node_whose_absence_empties_the_segment(engine: Engine) -> None:
    assert ask(engine, Group(id="g", children=(ADULT,))).without == {}
    answer = ask(engine, Group(id="g", match=Match.NONE, children=(ADULT,)), GERMAN)
    assert answer.without == {"g": 2, "adult": 2, "german": 3}


def test_a_negative_filter_says_how_many_have_no_value(engine: Engine) -> None:
    answer = ask(engine, FOREIGN, FieldCondition(id="none", field="age", operator="is_missing"), ADULT)
    assert answer.missing == {"foreign": 2}
    assert answer.counts["foreign"] == 4
    left_out = ask(engine, FOREIGN.model_copy(update={"leave_out_missing": True}))
    assert (left_out.missing, rows(left_out)) == ({"foreign": 2}, [1, 4])


def test_a_complement_is_over_the_whole_base(engine: Engine) -> None:
    for node in (ADULT, GERMAN, FOREIGN, BUYER):
        assert ask(engine, node).total + ask(engine, node, match=Match.NONE).total == len(PEOPLE)


@pytest.mark.parametrize("match", list(Match))
@pytest.mark.parametrize("extra", UNFINISHED + NOT_THERE, ids=lambda node: node.id)
def test_what_does_not_count_changes_nothing(engine: Engine, match: Match, extra: Node) -> None:
    without = ask(engine, ADULT, GERMAN, match=match)
    for children in ((extra, ADULT, GERMAN), (ADULT, extra, GERMAN), (ADULT, GERMAN, extra)):
        answer = ask(engine, *children, match=match)
        assert answer.members == without.members
        assert answer.counts == without.counts
        assert answer.without == without.without
        assert answer.funnel == without.funnel


@pytest.mark.parametrize("match", list(Match))
@pytest.mark.parametrize("node", UNFINISHED + NOT_THERE, ids=lambda node: node.id)
def test_nothing_that_counts_is_nobody(engine: Engine, match: Match, node: Node) -> None:
    for children in ((node,), (), (Group(id="g", match=match, children=(node,)),)):
        answer = ask(engine, *children, match=match)
        assert (answer.total, answer.counted, answer.counts, answer.funnel) == (0, False, {}, ())


def test_every_kind_of_condition_has_an_unfinished_example() -> None:
    assert {type(node) for node in UNFINISHED} == set(get_args(Condition))


@pytest.mark.parametrize("node", UNFINISHED, ids=lambda node: node.id)
def test_an_unfinished_filter_says_why(engine: Engine, node: Node) -> None:
    assert set(ask(engine, ADULT, node).unfinished) == {node.id}
    assert ask(engine, node).unfinished[node.id].endswith(".")


def test_numbers_are_right_where_ids_are_missing_or_given_twice(engine: Engine) -> None:
    bare = Definition(
        root=Group(children=(ADULT.model_copy(update={"id": ""}), BUYER.model_copy(update={"id": ""}), GERMAN, GERMAN))
    )
    answer, named = engine.answer(bare, CLOCK), engine.answer(with_ids(bare), CLOCK)
    assert [step.count for step in answer.funnel] == [3, 2, 1, 1]
    assert (answer.counts, answer.without, answer.funnel) == (named.counts, named.without, named.funnel)
    assert len(answer.counts) == 5


def test_an_audience_of_nobody(tmp_path: Path) -> None:
    audience = write_audience(tmp_path / "a.duckdb", {"age": Kind.NUMBER}, [], {}, [], names=("purchase",))
    answer = ask(Engine(audience), ADULT, EventCondition(id="never", events=("purchase",), comparison="never"))
    assert (answer.total, answer.base, answer.share, answer.counted) == (0, 0, 0.0, True)
    audience.close()


def test_a_known_question_is_not_asked_again(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    ask_really = Engine._ask
    monkeypatch.setattr(
        Engine,
        "_ask",
        lambda self, question, progress: asked.append(question.sql) or ask_really(self, question, progress),
    )
    fresh = Engine(engine.audience)
    for node in (ADULT, GERMAN, FOREIGN, ADULT.model_copy(update={"id": "again"}), BUYER):
        ask(fresh, node)
    assert len(asked) == 4, "age, country (for is and is not), who has a country, purchases"


def test_a_small_cache_forgets_and_stays_right(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "SET_BUDGET", 2)
    monkeypatch.setattr(engine_module, "COMPILED_KEPT", 2)
    small = Engine(engine.audience)
    for _ in range(3):
        for node in (ADULT, GERMAN, FOREIGN, BUYER):
            assert ask(small, node).members == ask(engine, node).members
    assert len(small._sets) <= 2
    assert len(small._compiled) <= 2


def test_another_now_is_another_answer(engine: Engine) -> None:
    definition = Definition(root=Group(children=(BUYER,)))
    earlier = Clock(CLOCK.now - timedelta(days=30), CLOCK.zone)  # March 1, 10 o'clock
    assert [engine.answer(definition, clock).total for clock in (CLOCK, earlier, CLOCK)] == [2, 1, 2]


def test_edits_of_the_catalogue_change_words_not_numbers(engine: Engine) -> None:
    edited = engine.audience.catalogue.edited({"age": FieldEdit(label="Alter", hidden=True)})
    definition = Definition(root=Group(children=(ADULT,)))
    assert engine.answer(definition, CLOCK, edited).members == engine.answer(definition, CLOCK).members


def test_many_threads_get_the_same_numbers(engine: Engine) -> None:
    shared = Engine(engine.audience)
    questions = [(ADULT,), (GERMAN, BUYER), (FOREIGN,), (ADULT, FOREIGN)] * 10
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda children: rows(ask(shared, *children)), questions))
    assert found == [rows(ask(engine, *children)) for children in questions]


def test_sums_far_beyond_64_bits_are_compared(tmp_path: Path) -> None:
    largest = Decimal(10**18 - 1)
    many = [{"_row": 0, "_name": "purchase", "_time": datetime(2026, 3, 1), "amount": largest} for _ in range(200)]
    audience = write_audience(
        tmp_path / "a.duckdb", {}, [{}, {}], {"amount": Kind.NUMBER}, many, types={"amount": "DECIMAL(18,0)"}
    )
    for function in (MeasureFunction.SUM, MeasureFunction.AVERAGE):
        for value in (1e-18, 0.123456789, 1e17 + 0.5, 10**17, 1e18 - 1e3):
            total = EventCondition(
                id="total",
                events=("purchase",),
                measure=Measure(function=function, property="amount"),
                comparison="more_than",
                value=value,
            )
            answer = ask(Engine(audience), total)
            assert rows(answer) == [0], (function, value, answer.unfinished)
    audience.close()


class Refusing:
    """A cursor whose query fails."""

    def __init__(self, error: type[Exception]) -> None:
        self.error = error

    def execute(self, *_: Any) -> None:
        raise self.error

    def interrupt(self) -> None: ...

    def close(self) -> None: ...


@pytest.mark.parametrize("error", [duckdb.OutOfRangeException, duckdb.ConversionException])
def test_numbers_beyond_every_type_are_told_and_not_counted(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    fresh = Engine(engine.audience)
    monkeypatch.setattr(fresh.audience, "cursor", lambda: Refusing(error), raising=False)
    answer = ask(fresh, ADULT)
    assert answer.unfinished == {"adult": "The numbers are too large to be compared."}
    assert not answer.counted


def test_cancel_ends_the_answer_and_is_not_an_unfinished_filter(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = Engine(engine.audience)
    monkeypatch.setattr(fresh.audience, "cursor", lambda: Refusing(duckdb.InterruptException), raising=False)
    with pytest.raises(Cancelled):
        ask(fresh, ADULT)


def test_a_hundred_thousand_values_are_looked_for(engine: Engine) -> None:
    many = tuple(f"country {number}" for number in range(100_000))
    for operator, expected in (("is_any_of", [0, 2]), ("is_none_of", [1, 3, 4, 5])):
        asked = FieldCondition(id="many", field="country", operator=operator, value=(*many, "de"))
        assert rows(ask(engine, asked)) == expected


def test_a_count_that_is_cancelled_ends_at_once_and_the_next_is_answered(tmp_path: Path) -> None:
    """Four steps over 2,500 events of one person are billions of chains for SQL."""
    events = [{"_row": 0, "_name": "view", "_time": datetime(2026, 1, 1) + timedelta(minutes=n)} for n in range(2500)]
    people = [{"name": "Ann"}, {"name": "Bob"}]
    audience = write_audience(tmp_path / "a.duckdb", {"name": Kind.TEXT}, people, events=events)
    steps = tuple(SequenceStep(id=f"s{n}", events=("view",)) for n in range(4))
    slow = Definition(root=Group(id="g", children=(SequenceCondition(id="slow", steps=steps),)))
    quick = Definition(root=Group(id="g", children=(FieldCondition(id="f", field="name", operator="is", value="Bob"),)))
    engine = Engine(audience, kernels=False)
    job = Job("Counting", lambda progress: engine.answer(slow, CLOCK, progress=progress))
    job.wait(0.5)
    assert job.state is State.RUNNING
    job.cancel()
    job.wait(20)
    assert job.state is State.CANCELLED
    assert engine.answer(quick, CLOCK).total == 1
    assert Engine(audience, kernels=True).answer(slow, CLOCK).total == 1, "without SQL it is no work"


def test_an_audience_can_be_opened_again_while_it_is_open(engine: Engine) -> None:
    again = Audience(engine.audience.path)
    assert ask(Engine(again), ADULT).total == ask(engine, ADULT).total
    again.close()
    assert ask(Engine(engine.audience), GERMAN).total, "the first stays open"


@pytest.mark.parametrize("kernels", [True, False])
def test_sizes_at_other_numbers_are_the_counts_of_other_filters(engine: Engine, kernels: bool) -> None:
    fresh = Engine(engine.audience, kernels=kernels)
    catalogue = fresh.audience.catalogue
    if kernels:
        assert fresh.sizes(BUYER, (1, 2), CLOCK, catalogue, kept=True) is None, "that would take a moment"
        ask(fresh, BUYER)
    sizes = fresh.sizes(BUYER, (1, 2, 3), CLOCK, catalogue, kept=kernels)
    expected = {n: BUYER.model_copy(update={"comparison": "at_least", "value": n}) for n in (1, 2, 3)}
    assert sizes == {n: ask(engine, node).total for n, node in expected.items()}
