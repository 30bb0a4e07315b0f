"""Single waits: a cold start, a new long window, a threshold, known conditions, a sequence, and many users at once.

    uv run python benchmarks/waits.py 10        # over the audience of 10 million people of benchmarks/crowd.py

Prints medians in milliseconds, beside plain DuckDB in the same process where there is something to compare.
"""

from __future__ import annotations

import argparse
import random
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.crowd import FOLDER, crowd  # noqa: E402
from benchmarks.field import Drawn, late, memory  # noqa: E402
from benchmarks.statements import CLOCK, statement  # noqa: E402
from segmentation.audience import Audience  # noqa: E402
from segmentation.definition import (  # noqa: E402
    Definition,
    EventCondition,
    FieldCondition,
    Group,
    Last,
    Measure,
    MeasureFunction,
    Node,
    Period,
    RankCondition,
    SequenceCondition,
    Step,
    Unit,
)
from segmentation.engine import Engine  # noqa: E402
from segmentation.references import NO_REFERENCES  # noqa: E402
from segmentation.saved import saved_folder  # noqa: E402


def one(*nodes: Node) -> Definition:
    """A definition of these nodes."""
    return Definition(root=Group(id="root", children=nodes))


def timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    work()
    return 1e3 * (time.perf_counter() - began)


def told(what: str, times: list[float], beside: str = "") -> None:
    """One line."""
    print(f"{what}: median {statistics.median(times):.1f} ms, p95 {late(times):.1f} ms of {len(times)}{beside}")


def ranked() -> Definition:
    """A segment that only SQL can answer: the best fifth by average purchase, the most frequent visitors, two categories bought."""
    average = Measure(function=MeasureFunction.AVERAGE, property="amount")
    often = Measure(function=MeasureFunction.DISTINCT, property="category")
    return one(
        RankCondition(id="a", events=("purchase",), measure=average, amount=20),
        RankCondition(id="b", events=("login",), amount=30),
        EventCondition(id="c", events=("purchase",), measure=often, value=2),
        FieldCondition(id="d", field="age", operator="at_least", value=30),
    )


def buys(days: int, times: int) -> EventCondition:
    """Purchases in the last days."""
    return EventCondition(id="e", events=("purchase",), window=Last(period=Period(amount=days)), value=times)


SEGMENTS = {"drawn": lambda: Drawn(1).tree(), "ranked": ranked, "bought": lambda: one(buys(730, 2))}


def first_numbers(path: Path, segment: str, pause: float) -> None:
    """Open and answer once, or answer so many seconds after opening; printed for the process that started this one."""

    def opened() -> Engine:
        engine = Engine(Audience(path))
        engine.make_ready()
        return engine

    if not pause:
        print(timed(lambda: opened().answer(SEGMENTS[segment](), CLOCK)))
        return
    engine = opened()
    time.sleep(pause)
    print(timed(lambda: engine.answer(SEGMENTS[segment](), CLOCK)))


def loaded(engine: Engine, *nodes: EventCondition | FieldCondition) -> None:
    """Have everything for these conditions in memory."""
    for node in nodes:
        form = engine.question(node, CLOCK, engine.audience.catalogue).form
        if engine.kernels is not None and form is not None:
            engine.kernels.prepare(form)
    if engine.kernels is not None:
        engine.kernels.settle()


def users(asked: Callable[[int], object], each: int) -> tuple[float, list[float]]:
    """Answers a second of 32 users at once, each with so many questions one after the other, and the milliseconds of each."""
    ready = threading.Barrier(32)

    def one_user(user: int) -> list[float]:
        ready.wait()
        return [timed(lambda n=n: asked(n)) for n in range(user * each, (user + 1) * each)]

    with ThreadPoolExecutor(32) as threads:
        began = time.perf_counter()
        times = [taken for user in threads.map(one_user, range(32)) for taken in user]
    return len(times) / (time.perf_counter() - began), times


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("millions", type=float, nargs="?", default=1)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--first", choices=SEGMENTS, help="only open and answer this segment once")
    parser.add_argument("--pause", type=float, default=0, help="seconds between opening and the question of --first")
    options = parser.parse_args()
    path = crowd(options.millions, options.folder)
    if options.first:
        first_numbers(path, options.first, options.pause)
        return

    def cold(segment: str, pause: float = 0) -> list[float]:
        command = [sys.executable, __file__, str(options.millions), "--folder", str(options.folder), "--first", segment]
        command += ["--pause", str(pause)]
        return [float(subprocess.run(command, capture_output=True, text=True, check=True).stdout) for _ in range(5)]

    told("opened and first full numbers of 9 conditions, in a new process", cold("drawn"))
    told("purchases ≥ 2 in two years, first question of a new process, on opening", cold("bought"))
    told("the same two seconds after opening", cold("bought", 2))
    shutil.rmtree(saved_folder(path) / "sets", ignore_errors=True)
    told("opened and first full numbers of a segment of ranks, averages and different values", cold("ranked"))

    audience = Audience(path)
    engine, plain = Engine(audience), audience.cursor()
    told("keeping its sets", [timed(lambda: engine.keep(ranked(), CLOCK, audience.catalogue, NO_REFERENCES))])
    told("opened and first full numbers of it afterwards", cold("ranked"))
    ask = engine.answer

    def sql(definition: Definition) -> float:
        query = f"SELECT count(*) FROM people WHERE {statement(definition.root)}"
        return timed(lambda: plain.execute(query).fetchone())

    loaded(engine, buys(730, 2))
    windows = [(timed(lambda d=d: ask(one(buys(d, 2)), CLOCK)), sql(one(buys(d, 2)))) for d in range(730, 670, -12)]
    new, old = ([pair[place] for pair in windows] for place in (0, 1))
    told("purchases ≥ 2 in about two years, first of all", new[:1], f"; DuckDB {old[0]:.0f} ms")
    told("the same, other windows", new[1:], f"; DuckDB {statistics.median(old):.0f} ms")
    told("threshold of a known measure", [timed(lambda n=n: ask(one(buys(730, n)), CLOCK)) for n in range(3, 23)])

    drawn = Drawn(3)
    nodes = [*(drawn.field(f"f{n}") for n in range(4)), *(drawn.event(f"e{n}") for n in range(4))]
    for node in nodes:
        loaded(engine, node)
    chance = random.Random(1)

    def recomposed() -> Definition:
        mixed = chance.sample(nodes, 8)
        return one(
            Group(id="a", match="any", children=tuple(mixed[:4])), Group(id="b", match="any", children=tuple(mixed[4:]))
        )

    ask(recomposed(), CLOCK)
    told("8 known conditions recomposed, all numbers", [timed(lambda: ask(recomposed(), CLOCK)) for _ in range(40)])

    def sequence(hours: int) -> SequenceCondition:
        within = Period(amount=hours, unit=Unit.HOURS)
        return SequenceCondition(
            id="s",
            steps=(
                Step(id="1", events=("support_ticket",)),
                Step(id="2", events=("support_ticket",), within=within),
                Step(id="3", events=("login",), absent=True),
            ),
            window=Last(period=Period(amount=30)),
        )

    told(
        "sequence of two steps and none after",
        [timed(lambda h=h: ask(one(sequence(h)), CLOCK)) for h in (48, 47, 46, 45)],
    )
    told("the same again", [timed(lambda: ask(one(sequence(48)), CLOCK)) for _ in range(10)])

    mixes = [recomposed() for _ in range(32 * 200)]
    rate, times = users(lambda number: ask(mixes[number], CLOCK), 200)
    print(f"32 users recomposing: {rate:,.0f} answers a second, p95 {late(times):.0f} ms, the last {max(times):.0f} ms")
    several = [Drawn(100 + number) for number in range(32 * 10)]
    fresh = [one(draw.field("f"), draw.event("e")) for draw in several]
    for definition in fresh:
        loaded(engine, *definition.root.children)  # type: ignore[arg-type]
    rate, times = users(lambda number: ask(fresh[number], CLOCK), 10)
    queries = [f"SELECT count(*) FROM people WHERE {statement(definition.root)}" for definition in fresh]
    plain_rate, plain_times = users(lambda number: audience.cursor().execute(queries[number]).fetchone(), 10)
    print(
        f"32 users each with two new conditions: {rate:,.0f} answers a second, p95 {late(times):.0f} ms; "
        f"DuckDB {plain_rate:,.0f} a second, p95 {late(plain_times):.0f} ms; memory {memory():,.0f} MB"
    )


if __name__ == "__main__":
    main()
