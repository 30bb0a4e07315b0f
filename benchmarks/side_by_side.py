"""The field side by side: the same random edits asked of Handpick and of the engines that one would otherwise use.

    uv run --group bench python benchmarks/side_by_side.py 1      # 1 million people, 10 million events
    uv run --group bench python benchmarks/side_by_side.py 10 --engines handpick,sorted,unsorted,polars,clickhouse

Each engine is a process of its own in this one's group and holds the data as is best for it; after each edit all are asked in turn,
and all totals have to be equal. Handpick gives all numbers of a screen, the others the total alone. Prints medians, p95, the ratio
to Handpick, memory, and the limit: what has to be read for an edit (the changed filter's column or its events, and the sets of all
nine filters) at the bandwidth that this machine's memory shows to one thread.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.crowd import FOLDER, SHARES, crowd  # noqa: E402
from benchmarks.engines import ENGINES  # noqa: E402
from benchmarks.field import Drawn, late, memory  # noqa: E402
from segmentation.audience import Audience  # noqa: E402
from segmentation.definition import Definition, EventCondition, FieldCondition, walk  # noqa: E402

SMALL = {"sqlite", "pandas"}  # not beyond one million people unless named


def serve(name: str, path: Path, pipe: Connection) -> None:
    """Be one engine: say when it is ready, then answer each definition with seconds, total and memory in MB."""
    engine = ENGINES[name](path)
    pipe.send(memory())
    while (asked := pipe.recv()) is not None:
        definition = Definition.model_validate_json(asked)
        began = time.perf_counter()
        total = engine.total(definition)
        pipe.send((time.perf_counter() - began, total, memory()))


def bandwidth() -> float:
    """Bytes a second that one thread reads from memory; the best of five."""
    block = np.ones(50_000_000, dtype=np.uint64)
    seconds = []
    for _ in range(5):
        began = time.perf_counter()
        np.bitwise_or.reduce(block)
        seconds.append(time.perf_counter() - began)
    return float(block.nbytes / min(seconds))


def least_bytes(before: Definition, after: Definition, audience: Audience) -> float:
    """What has to be read at least: the sets of nine filters, and what a changed one is about as codes of 1, 2 or 4 bytes."""
    people, known = audience.people, list(walk(before.root))
    found = 9 * people / 8
    for node in walk(after.root):
        if not node.id or node in known:  # the filters on an event's details have no id
            continue
        if isinstance(node, FieldCondition):
            distinct = audience.catalogue.field(str(node.field)).distinct
            found += people * (1 if distinct < 255 else 2 if distinct < 65_535 else 4)
        elif isinstance(node, EventCondition):
            found += audience.about.events * SHARES[node.events[0]]  # a byte for the step to the next person
    return found


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("millions", type=float, nargs="?", default=1)
    parser.add_argument("--engines", default="")
    parser.add_argument("--edits", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    options = parser.parse_args()
    path = crowd(options.millions, options.folder)
    fitting = [name for name in ENGINES if options.millions <= 1 or name not in SMALL]
    named = options.engines.split(",") if options.engines else fitting
    spawned = get_context("spawn")
    pipes: dict[str, Connection] = {}
    for name in named:
        ours, theirs = spawned.Pipe()
        began = time.perf_counter()
        spawned.Process(target=serve, args=(name, path, theirs), daemon=True).start()
        theirs.close()
        ours.recv()
        print(f"{ENGINES[name].title}: ready in {time.perf_counter() - began:.1f} s", flush=True)
        pipes[name] = ours
    seconds: dict[str, list[float]] = {name: [] for name in named}
    held: dict[str, float] = {}
    limits: list[float] = []
    speed, audience, drawn = bandwidth(), Audience(path), Drawn(options.seed)
    definition = drawn.tree()
    for number in range(-2, options.edits):  # the first two are not measured
        kind, changed = drawn.edited(definition)
        totals = {}
        for name, pipe in pipes.items():
            pipe.send(changed.model_dump_json())
            took, totals[name], held[name] = pipe.recv()
            if number >= 0:
                seconds[name].append(took)
        if len(set(totals.values())) > 1:
            raise SystemExit(f"edit {number} ({kind}): {totals}\n{changed.model_dump_json(indent=1)}")
        limits.append(least_bytes(definition, changed, audience) / speed)
        definition = changed
    for pipe in pipes.values():
        pipe.send(None)
    size = f"{audience.people:,} people, {audience.about.events:,} events"
    print(f"\n{size}, {options.edits} edits, all totals equal; load {os.getloadavg()[0]:.1f}")
    print("| | median, ms | p95, ms | times the first | memory, MB |\n|---|--:|--:|--:|--:|")
    first = statistics.median(seconds[named[0]])
    rows = [(ENGINES[name].title, seconds[name], f"{held[name]:,.0f}") for name in named]
    for title, times, used in (*rows, (f"the limit, at {speed / 1e9:.1f} GB/s", limits, "")):
        middle = statistics.median(times)
        print(f"| {title} | {1e3 * middle:,.2f} | {1e3 * late(times):,.2f} | {middle / first:,.2f} | {used} |")


if __name__ == "__main__":
    main()
