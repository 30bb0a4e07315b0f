"""What is asked of an engine at its limits is slower at most, and never wrong."""

# ruff: noqa: DTZ001 instants are stored as UTC without zone

import itertools
import random
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from segmentation import audience as audience_module
from segmentation.audience import Audience
from segmentation.catalogue import Kind
from segmentation.clock import Clock
from segmentation.definition import (
    Definition,
    EventCondition,
    FieldCondition,
    Group,
    Match,
    Measure,
    MeasureFunction,
    Node,
    RankCondition,
    SequenceCondition,
)
from segmentation.definition import Step as SequenceStep
from segmentation.editing import with_ids
from segmentation.engine import Answer, Engine
from segmentation.errors import Cancelled
from tests.segmentation.audiences import write_audience

CLOCK = Clock(datetime(2026, 3, 31, 10, tzinfo=UTC), "UTC")
PEOPLE: list[dict[str, Any]] = [
    {"age": n % 90 if n % 7 else None, "name": "a" * (n % 40) + ("b" if n % 3 else "")} for n in range(1003)
]
EVENTS = [
    {"_row": n * 13 % 1003, "_name": "buy", "_time": datetime(2026, 1, 1) + timedelta(hours=n), "amount": n % 50}
    for n in range(3000)
]


@pytest.fixture(scope="module")
def audience(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audience]:
    path = tmp_path_factory.mktemp("limits") / "v000001.duckdb"
    fields = {"age": Kind.NUMBER, "name": Kind.TEXT}
    made = write_audience(path, fields, PEOPLE, {"amount": Kind.NUMBER}, EVENTS)
    yield made
    made.close()


def ask(engine: Engine, *nodes: Node, match: Match = Match.ALL) -> Answer:
    return engine.answer(with_ids(Definition(root=Group(match=match, children=nodes))), CLOCK)


@pytest.mark.parametrize("kernels", [True, False])
def test_five_hundred_conditions_are_all_counted(audience: Audience, kernels: bool) -> None:
    chance = random.Random(1)
    lows = [chance.randint(0, 89) for _ in range(500)]
    found = [
        {n for n, person in enumerate(PEOPLE) if person["age"] is not None and person["age"] >= low} for low in lows
    ]
    nodes = [FieldCondition(id=f"c{n}", field="age", operator="at_least", value=low) for n, low in enumerate(lows)]
    matches = (Match.ANY, Match.ALL, Match.NONE)
    groups = [Group(id=f"g{n}", match=matches[n % 3], children=tuple(nodes[10 * n : 10 * n + 10])) for n in range(50)]
    answer = ask(Engine(audience, kernels=kernels), *groups, match=Match.ANY)
    everybody = set(range(len(PEOPLE)))
    expected = []
    for n in range(50):
        tens = found[10 * n : 10 * n + 10]
        of = {Match.ANY: set.union(*tens), Match.ALL: set.intersection(*tens), Match.NONE: everybody - set.union(*tens)}
        expected.append(of[matches[n % 3]])
    assert set(answer.members.rows().tolist()) == set.union(*expected)
    assert [answer.counts[f"c{n}"] for n in range(500)] == [len(one) for one in found]
    assert [answer.counts[f"g{n}"] for n in range(50)] == [len(one) for one in expected]
    for n in (0, 1, 2, 49):
        assert answer.without[f"g{n}"] == len(set.union(*(one for place, one in enumerate(expected) if place != n)))


@pytest.mark.parametrize("kernels", [True, False])
@pytest.mark.parametrize(
    ("node", "count"),
    [
        (FieldCondition(field="age", operator="at_least", value=-1), sum(p["age"] is not None for p in PEOPLE)),
        (FieldCondition(field="age", operator="more_than", value=10**12), 0),
        (FieldCondition(field="name", operator="is_none_of", value=("nobody",)), 1003),
        (FieldCondition(field="name", operator="contains", value="zzz"), 0),
        (EventCondition(events=("buy",), comparison="at_least", value=0), 1003),
        (EventCondition(events=("buy",), comparison="at_least", value=10**9), 0),
    ],
)
def test_a_condition_for_everybody_or_nobody(audience: Audience, kernels: bool, node: Node, count: int) -> None:
    answer = ask(Engine(audience, kernels=kernels), node)
    assert (answer.total, len(answer.members.rows()), answer.counted) == (count, count, True)


def test_a_pattern_that_backtracks_elsewhere_is_answered_at_once(audience: Audience) -> None:
    began = time.monotonic()
    answer = ask(Engine(audience), FieldCondition(field="name", operator="matches", value="^(a+)+$"))
    assert answer.total == sum(set(person["name"]) == {"a"} for person in PEOPLE)
    assert time.monotonic() - began < 5


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """200,000 people of whom 20,002 spent as much as the best tenth, ties in."""
    path = tmp_path_factory.mktemp("crowd") / "v000001.duckdb"
    write_audience(path, {"name": Kind.TEXT, "spent": Kind.NUMBER}, ()).close()
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "INSERT INTO people SELECT i, 'someone of some street ' || hash(i), hash(i) % 100000 FROM range(200000) r (i)"
        )
        connection.execute("""UPDATE handpick_audience SET about = replace(about, '"people":0', '"people":200000')""")
    return path


BEST = RankCondition(id="best", field="spent", amount=10)


def test_with_little_memory_a_count_is_not_wrong(crowd: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audience_module, "READING_LIMIT", "32MB")
    with closing(Audience(crowd)) as audience:
        assert ask(Engine(audience, kernels=False), BEST).total == 20_002


def test_a_count_that_has_too_little_memory_says_so_and_leaves_the_rest(
    crowd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audience_module, "READING_LIMIT", "4MB")
    with closing(Audience(crowd)) as audience:
        answer = ask(Engine(audience, kernels=False), BEST, FieldCondition(field="spent", operator="at_least", value=0))
    assert answer.unfinished["best"].startswith("There is not enough memory to find these people.")
    assert answer.total == 200_000


class Counted:
    """Progress that is cancelled at its nth sign of life."""

    def __init__(self, left: int) -> None:
        self.left = left

    def __call__(self, message: str, share: float | None = None) -> None:
        self._step()

    def on_cancel(self, interrupt: Callable[[], None] | None) -> None:
        if interrupt is not None:
            self._step()

    def _step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Cancelled


@pytest.mark.parametrize("kernels", [True, False])
def test_a_cancel_at_any_moment_leaves_the_next_answer_right(audience: Audience, kernels: bool) -> None:
    average = Measure(function=MeasureFunction.AVERAGE, property="amount")
    nodes: tuple[Node, ...] = (
        FieldCondition(field="age", operator="is_not", value=20, leave_out_missing=True),
        EventCondition(events=("buy",), value=2),
        EventCondition(events=("buy",), measure=average, comparison="more_than", value=20),
        SequenceCondition(steps=(SequenceStep(events=("buy",)), SequenceStep(events=("buy",)))),
        RankCondition(events=("buy",), amount=40),
    )
    definition = with_ids(Definition(root=Group(match=Match.ANY, children=nodes)))
    expected = Engine(audience, kernels=False).answer(definition, CLOCK)
    engine = Engine(audience, kernels=kernels)
    for moment in itertools.count():
        fresh = Engine(audience, kernels=kernels)
        try:
            answer = fresh.answer(definition, CLOCK, progress=Counted(moment))
        except Cancelled:
            again = fresh.answer(definition, CLOCK)
            assert (again.total, again.counts, again.without) == (expected.total, expected.counts, expected.without)
        else:
            break
    assert moment > len(nodes)
    assert answer.total == engine.answer(definition, CLOCK).total == expected.total


def test_a_version_that_is_replaced_meanwhile_is_answered_to_its_end(tmp_path: Path) -> None:
    fields = {"age": Kind.NUMBER}
    old = write_audience(tmp_path / "v000001.duckdb", fields, [{"age": n} for n in range(100)])
    node = FieldCondition(field="age", operator="at_least", value=50)
    engine = Engine(old)
    assert ask(engine, node).total == 50
    new = write_audience(tmp_path / "v000002.duckdb", fields, [{"age": 99}] * 7)
    old.path.unlink()  # as loading does with versions that are no longer kept
    other = node.model_copy(update={"value": 60})
    assert (ask(engine, other).total, ask(engine, other).base) == (40, 100)
    assert (ask(Engine(new), other).total, ask(Engine(new), other).base) == (7, 7)
    old.close()
    new.close()
