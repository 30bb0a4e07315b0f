# ruff: noqa: DTZ001 moments are stored as UTC without zone
"""The kernels find whom SQL finds: on drawn audiences, from many threads, with little memory, with two audiences open."""

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Barrier
from typing import Any

import duckdb
import pytest

from segmentation import chaining as chaining_module
from segmentation import columns as columns_module
from segmentation import engine as engine_module
from segmentation import happened as happened_module
from segmentation import kernels as kernels_module
from segmentation import machine
from segmentation import stock as stock_module
from segmentation.audience import Audience
from segmentation.binding import Compiled
from segmentation.catalogue import Kind
from segmentation.clock import Clock
from segmentation.columns import Column, Dictionaries, load_column
from segmentation.compiling import compile_known
from segmentation.definition import (
    BetweenAgo,
    Condition,
    Definition,
    EventCondition,
    Ever,
    FieldCondition,
    Group,
    Last,
    ListCondition,
    Match,
    Measure,
    MeasureFunction,
    Period,
    SegmentCondition,
    SequenceCondition,
    Span,
    Step,
)
from segmentation.engine import Engine
from segmentation.errors import HandpickError
from segmentation.membership import Membership
from segmentation.plan import Progress
from tests.oracle.drawing import FIELDS
from tests.oracle.worlds import Asked, filters, worlds
from tests.segmentation.audiences import write_audience

SEED = os.environ.get("HANDPICK_ORACLE_SEED", "kernels")
PAIRS = int(os.environ.get("HANDPICK_ORACLE_PAIRS", "60"))


def conditions(asked: Asked) -> Iterator[Condition]:
    """All conditions that were drawn."""
    for definition in asked.definitions:
        for node in filters(definition.root):
            if not isinstance(node, Group):
                yield node


def questions(asked: Asked) -> Iterator[tuple[Condition, Compiled]]:
    """Those that are finished, as questions without a complement."""
    for condition in conditions(asked):
        if isinstance(condition, SegmentCondition | ListCondition):
            continue  # answered by what they name
        try:
            compiled = asked.engine.question(condition, asked.clock, asked.catalogue)
        except HandpickError:
            continue
        yield condition, compiled.positive


@pytest.mark.timeout(30 + PAIRS)
def test_kernels_and_sql_find_the_same(tmp_path: Path) -> None:
    answered = Counter[tuple[str, bool]]()
    for asked in worlds(tmp_path, PAIRS, SEED):
        plain, quick = Engine(asked.engine.audience, kernels=False), Engine(asked.engine.audience, kernels=True)
        assert quick.kernels is not None
        for condition, question in questions(asked):
            expected = plain.found(question)
            found = quick.kernels.answer(question.form) if question.form is not None else None
            answered[condition.type, found is not None] += 1
            if found is not None:
                assert found == expected, f"audience {asked.seed}: {condition.model_dump_json(indent=1)}\n{asked.clock}"
        for name in FIELDS:
            known = compile_known(name)
            assert quick.found(known) == plain.found(known)
        for definition in asked.definitions:
            ours, theirs = (
                engine.answer(definition, asked.clock, asked.catalogue, asked.references) for engine in (quick, plain)
            )
            assert (ours.counts, ours.funnel, ours.without, ours.missing, ours.unfinished) == (
                theirs.counts, theirs.funnel, theirs.without, theirs.missing, theirs.unfinished,
            )  # fmt: skip
    print(answered)
    assert answered["field", True] > 5 * answered["field", False], "most field conditions are answered by kernels"
    assert answered["event", True] > answered["event", False] / 4, "so are the plain event conditions among them"


NAMES = ("purchase", "page_view", "refund")
CLOCK = Clock(datetime(2026, 3, 1, 12, tzinfo=UTC), "Europe/Berlin")


def shop(path: Path, seed: int, people: int = 400, events: int = 4000, lowest: int = -300) -> Audience:
    """An audience with missing values, ties in time, amounts (in hundredths) from `lowest` on and events later than now."""
    chance = random.Random(seed)

    def person() -> dict[str, Any]:
        return {
            "country": chance.choice(("DE", "de", "FR", "ÉIRE", None)),
            "age": chance.choice((None, *range(18, 30))),
            "spend": chance.choice((None, Decimal(chance.randint(-500, 5000)) / 100)),
            "score": chance.choice((None, chance.random(), float("nan"), float("inf"), -0.0)),
            "vip": chance.choice((True, False, None)),
            "seen": chance.choice((None, datetime(2026, 2, 1) + timedelta(hours=chance.randint(0, 900)))),
            "tags": chance.choice((None, ["a"], ["b", "A"], ["c", "c"])),
        }

    def event() -> dict[str, Any]:
        return {
            "_row": chance.randrange(people),
            "_name": chance.choice(NAMES),
            "_time": datetime(2026, 1, 1) + timedelta(hours=chance.randint(0, 1500)),
            "amount": chance.choice((None, Decimal(chance.randint(lowest, 9000)) / 100)),
            "item": chance.choice(("hat", "Hat", "shoe", None)),
        }

    fields = {
        "country": Kind.TEXT, "age": Kind.NUMBER, "spend": Kind.NUMBER, "score": Kind.NUMBER,
        "vip": Kind.YES_NO, "seen": Kind.MOMENT, "tags": Kind.LIST,
    }  # fmt: skip
    rows, happened = [person() for _ in range(people)], [event() for _ in range(events)]
    details = {"amount": Kind.NUMBER, "item": Kind.TEXT}
    return write_audience(path, fields, rows, details, happened, types={"age": "BIGINT", "score": "DOUBLE"})


def drawn(chance: random.Random) -> Condition:
    """A condition on a shop."""
    if chance.random() < 0.5:
        number = chance.choice((0, 1, 20, 25.5, 12.34, -0.01, 10**15, 0.123456789, 1e300))
        field, operator, value = chance.choice(
            (
                ("country", chance.choice(("is_any_of", "is_none_of")), ("de", "éire")),
                ("country", "starts_with", "D"),
                (chance.choice(("age", "spend", "score")), chance.choice(("at_least", "at_most", "equals")), number),
                (chance.choice(("age", "spend", "score")), "between", (-1, number if number > 0 else 7)),
                ("vip", chance.choice(("is_yes", "is_not_yes", "is_no")), None),
                ("seen", "in_last", Period(amount=chance.randint(0, 40))),
                ("seen", "weekday_is", ("monday", "sunday")),
                ("tags", chance.choice(("has_any_of", "has_none_of", "has_all_of")), ("a", "c")),
                (chance.choice(("spend", "tags", "score")), chance.choice(("is_known", "is_missing")), None),
            )
        )
        return FieldCondition(field=field, operator=operator, value=value)
    function = chance.choice(tuple(MeasureFunction))
    hat = FieldCondition(field="item", operator=chance.choice(("is_any_of", "is_none_of")), value=("hat",))
    dear = FieldCondition(field="amount", operator="at_least", value=chance.choice((10, 20.5)))
    match = chance.choice((Match.ALL, Match.ANY, Match.NONE))
    limits = chance.choice(((None, None), (3, 30), (0, 1)))
    windows = (Ever(), Last(period=Period(amount=chance.randint(1, 60))), BetweenAgo(span=Span(nearest=5, farthest=25)))
    bounds = (chance.randint(0, 4), chance.randint(5, 60)) if limits[0] is None else limits
    comparison = chance.choice(("at_least", "at_most", "more_than", "fewer_than", "exactly", "between"))
    return EventCondition(
        events=tuple(chance.sample(NAMES, chance.choice((1, 1, 2)))),
        where=chance.choice((None, Group(match=match, children=(hat, dear)), Group(children=(hat,)))),
        window=chance.choice(windows),
        measure=Measure(function=function, property="amount"),
        comparison=comparison,
        value=bounds if comparison == "between" else chance.choice((0, 1, 2, 3, 10, 12.5)),
    )


def drawn_chain(chance: random.Random) -> SequenceCondition:
    """A sequence on a shop."""
    hat = Group(children=(FieldCondition(field="item", operator="is_any_of", value=("hat",)),))

    def step(number: int) -> Step:
        return Step(
            id=f"s{number}",
            events=tuple(chance.sample(NAMES, chance.choice((1, 1, 2)))),
            where=chance.choice((None, None, hat)),
            within=Period(amount=chance.randint(1, 20)) if number and chance.random() < 0.5 else None,
            same=("item",) if number and chance.random() < 0.4 else (),
            absent=number > 0 and chance.random() < 0.4,
        )

    window = chance.choice((Ever(), Last(period=Period(amount=40)), BetweenAgo(span=Span(nearest=5, farthest=50))))
    return SequenceCondition(steps=tuple(map(step, range(chance.randint(2, 4)))), window=window)


def asked_of(engine: Engine, condition: Condition) -> Membership | str:
    """Who is found, or what is wrong."""
    answer = engine.answer(Definition(root=Group(children=(condition.model_copy(update={"id": "one"}),))), CLOCK)
    return answer.members if answer.counted else answer.unfinished["one"]


def test_blocks_that_end_inside_a_window_count_as_sql_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(happened_module, "SMALLEST_BLOCK", 64)
    monkeypatch.setattr(stock_module, "AT_ONCE", 0)  # so that they come from their files
    audience = shop(tmp_path / "a.duckdb", 1)
    quick, plain, chance = Engine(audience, kernels=True), Engine(audience, kernels=False), random.Random(2)
    for _ in range(90):
        condition = drawn(chance)
        assert asked_of(quick, condition) == asked_of(plain, condition), condition.model_dump_json(indent=1)
    assert quick.kernels is not None
    assert len(quick.kernels.measures) > 30, "they were answered by kernels"
    audience.close()


def test_totals_of_one_window_come_from_those_of_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(happened_module, "SMALLEST_BLOCK", 64)
    audience = shop(tmp_path / "a.duckdb", 9, lowest=0)
    quick, plain = Engine(audience, kernels=True), Engine(audience, kernels=False)
    whole = Counter[str]()
    added = kernels_module.added
    monkeypatch.setattr(kernels_module, "added", lambda *asked: whole.update(["added"]) or added(*asked))
    for name in ("purchase", "refund"):
        for days in (60, 50, 55, 10, 58, 59):
            for least in (20, 45.5, 100):
                measure = Measure(function=MeasureFunction.SUM, property="amount")
                condition = EventCondition(
                    events=(name,), measure=measure, window=Last(period=Period(amount=days)), value=least
                )
                assert asked_of(quick, condition) == asked_of(plain, condition), (name, days, least)
    assert 2 <= whole["added"] < 12, "not every window was added up as a whole"
    audience.close()


def test_chains_found_a_few_people_at_a_time_are_those_of_sql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(happened_module, "SMALLEST_BLOCK", 64)
    monkeypatch.setattr(chaining_module, "MOST_EVENTS", 300)
    audience = shop(tmp_path / "a.duckdb", 6)
    quick, plain, chance = Engine(audience, kernels=True), Engine(audience, kernels=False), random.Random(7)
    assert quick.kernels is not None
    sizes = set()
    for _ in range(40):
        condition = drawn_chain(chance)
        form = quick.question(condition, CLOCK, audience.catalogue).form
        assert form is not None
        found = quick.kernels.answer(form)
        assert found is not None, "it was answered by the kernels"
        assert found == asked_of(plain, condition), condition.model_dump_json(indent=1)
        sizes.add(found.count)
    assert len(sizes) > 15
    audience.close()


def test_columns_with_too_many_values_for_a_dictionary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns_module, "MOST_DIFFERENT", 3)
    audience = shop(tmp_path / "a.duckdb", 3)
    quick, plain, chance = Engine(audience, kernels=True), Engine(audience, kernels=False), random.Random(4)
    for _ in range(90):
        condition = drawn(chance)
        assert asked_of(quick, condition) == asked_of(plain, condition), condition.model_dump_json(indent=1)
    audience.close()


def test_sixteen_threads_and_two_audiences(tmp_path: Path) -> None:
    audiences = [shop(tmp_path / f"{name}.duckdb", name) for name in (5, 6)]
    engines = [Engine(audience, kernels=True) for audience in audiences]
    plains = [Engine(audience, kernels=False) for audience in audiences]
    chance = random.Random(7)
    conditions = [drawn(chance) for _ in range(40)]
    expected = [[asked_of(plain, condition) for condition in conditions] for plain in plains]
    work = [(place, which) for place in range(40) for which in (0, 1)] * 4
    chance.shuffle(work)
    with ThreadPoolExecutor(16) as threads:
        found = list(threads.map(lambda one: asked_of(engines[one[1]], conditions[one[0]]), work))
    assert found == [expected[which][place] for place, which in work]
    assert expected[0] != expected[1]
    for audience in audiences:
        audience.close()


def test_the_same_question_at_the_same_time_is_answered_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    audience = shop(tmp_path / "a.duckdb", 8)
    engine, together, answered = Engine(audience, kernels=True), Barrier(16), Counter[str]()
    find = Engine._look

    def slowly(self: Engine, question: Compiled, progress: Progress) -> Membership:
        answered[question.sql] += 1
        time.sleep(0.05)
        return find(self, question, progress)

    monkeypatch.setattr(Engine, "_look", slowly)

    def ask(_: int) -> Membership | str:
        together.wait()
        return asked_of(engine, FieldCondition(field="age", operator="at_least", value=21))

    with ThreadPoolExecutor(16) as threads:
        first, *others = threads.map(ask, range(16))
    assert others == [first] * 15
    assert set(answered.values()) == {1}
    audience.close()


def test_memory_stays_inside_its_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stock_module, "COLUMN_BUDGET", 20_000)
    monkeypatch.setattr(kernels_module, "MEASURE_BUDGET", 4_000)
    monkeypatch.setattr(engine_module, "SET_BUDGET", 2_000)
    audience = shop(tmp_path / "a.duckdb", 9, 200, 400)
    engine, plain, chance = Engine(audience, kernels=True), Engine(audience, kernels=False), random.Random(10)
    assert engine.kernels is not None
    for number in range(400):
        condition = drawn(chance)
        found = asked_of(engine, condition)
        if number % 10 == 0:
            assert found == asked_of(plain, condition)
        for kept in (engine.kernels.stock.loaded, engine.kernels.measures, engine._sets):
            assert kept.nbytes <= kept.budget or len(kept) == 1
    audience.close()


def test_what_is_not_loaded_yet_is_asked_as_sql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stock_module, "AT_ONCE", 0)
    monkeypatch.setattr(engine_module, "LARGE", 0)
    audience = shop(tmp_path / "a.duckdb", 11)
    engine, plain, chance = Engine(audience), Engine(audience, kernels=False), random.Random(12)
    assert engine.kernels is not None
    for _ in range(50):
        condition = drawn(chance)
        assert asked_of(engine, condition) == asked_of(plain, condition)
    engine.kernels.settle()
    assert len(engine.kernels.stock.loaded) > 3
    for _ in range(50):
        condition = drawn(chance)
        assert asked_of(engine, condition) == asked_of(plain, condition)
    audience.close()


def test_after_a_restart_the_first_question_about_many_events_is_not_left_to_sql(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stock_module, "AT_ONCE", -1)
    monkeypatch.setattr(engine_module, "LARGE", 0)
    monkeypatch.setattr(kernels_module, "MANY", -1)
    audience = shop(tmp_path / "a.duckdb", 11)
    buyers = EventCondition(events=("purchase",), window=Ever(), value=2)
    before, expected = Engine(audience), asked_of(Engine(audience, kernels=False), buyers)
    assert asked_of(before, buyers) == expected
    assert before.kernels is not None
    before.kernels.settle()  # its events are in files now, and the loops have been compiled

    monkeypatch.setattr(machine, "_LOADED", [])  # as in a new process
    after = Engine(audience)
    assert after.kernels is not None
    question = after.question(buyers, CLOCK, audience.catalogue)
    assert question.form is not None
    assert after.kernels.answer(question.form) is not None
    assert asked_of(after, buyers) == expected
    audience.close()


def test_a_large_audience_gets_ready_before_anything_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stock_module, "AT_ONCE", -1)
    monkeypatch.setattr(engine_module, "LARGE", 0)
    audience = shop(tmp_path / "a.duckdb", 11)
    small = Engine(audience)
    small.make_ready()
    assert small.kernels is not None
    small.kernels.settle()
    assert len(small.kernels.stock.loaded) == 0  # it is not worth it

    monkeypatch.setattr(kernels_module, "MANY", -1)
    large = Engine(audience)
    large.make_ready()
    assert large.kernels is not None
    loaded, catalogue = large.kernels.stock.loaded, audience.catalogue
    wanted = [("events", event.name) for event in catalogue.events] + [
        ("people", field.name) for field in catalogue.fields
    ]
    until = time.monotonic() + 20
    while None in map(loaded.get, wanted) and time.monotonic() < until:
        large.kernels.settle()
    assert None not in map(loaded.get, wanted)
    audience.close()


@pytest.mark.parametrize("error", [duckdb.OutOfMemoryException("full"), MemoryError(), TypeError("a mistake of ours")])
def test_what_cannot_be_loaded_holds_up_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(engine_module, "LARGE", 0)
    monkeypatch.setattr(kernels_module, "MANY", -1)
    audience = shop(tmp_path / "a.duckdb", 11)
    first, *others = [field.name for field in audience.catalogue.fields]

    def load(audience: Audience, dictionaries: Dictionaries, name: str, sql_type: str) -> Column | None:
        if name == first:
            raise error
        return load_column(audience, dictionaries, name, sql_type)

    monkeypatch.setattr(stock_module, "load_column", load)
    engine = Engine(audience)
    engine.make_ready()
    assert engine.kernels is not None
    stock = engine.kernels.stock
    until = time.monotonic() + 20
    while None in [stock.loaded.get(("people", name)) for name in others] and time.monotonic() < until:
        assert stock._loader.settled().wait(20)
    assert None not in [stock.loaded.get(("people", name)) for name in others]
    assert stock.loaded.get(("people", first)) is None
    audience.close()


def test_a_question_does_not_wait_until_the_loops_are_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "LARGE", 0)
    monkeypatch.setattr(kernels_module, "MANY", -1)
    audience = shop(tmp_path / "a.duckdb", 11)
    engine = Engine(audience)
    question = engine.question(EventCondition(events=("purchase",), window=Ever(), value=2), CLOCK, audience.catalogue)
    assert engine.kernels is not None
    assert question.form is not None
    written, done = threading.Event(), threading.Event()
    folder = tmp_path / "segmentation" / "__pycache__"

    def compile_slowly(*_: Any, **__: Any) -> None:
        folder.mkdir(parents=True)
        (folder / "loops.added-1.py312.nbi").touch()
        written.set()
        done.wait(60)

    monkeypatch.setattr(machine, "HERE", tmp_path)
    monkeypatch.setattr(machine, "_LOADED", [])
    monkeypatch.setattr(machine.subprocess, "run", compile_slowly)
    with ThreadPoolExecutor(2) as threads:
        fetched = threads.submit(machine.fetch)
        try:
            assert written.wait(20)
            assert not machine.compiled()
            assert threads.submit(engine.kernels.answer, question.form).result(timeout=20) is None
            assert not fetched.done()
        finally:
            done.set()
        assert fetched.result() is machine.loops()
    assert machine.compiled()
    engine.kernels.settle()
    audience.close()


def test_counts_beyond_one_byte(tmp_path: Path) -> None:
    start = datetime(2026, 2, 1)
    many = [{"_row": n % 7 // 6, "_name": "purchase", "_time": start + timedelta(minutes=n)} for n in range(900)]
    audience = write_audience(tmp_path / "a.duckdb", {}, [{}, {}, {}], {}, many)
    quick, plain = Engine(audience, kernels=True), Engine(audience, kernels=False)
    for value in (127, 128, 255, 256, 257, 771, 772, 773):
        for comparison in ("at_least", "exactly", "at_most"):
            condition = EventCondition(events=("purchase",), comparison=comparison, value=value)
            assert asked_of(quick, condition) == asked_of(plain, condition)
    audience.close()
