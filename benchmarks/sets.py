"""Known conditions put together anew: all numbers of a screen, and the tree alone beside the time that reading its sets takes.

    uv run python benchmarks/sets.py            # 1, 10 and 100 million people, sets drawn by chance

8 sets in two groups of “any”, joined by “all”. The limit is the bytes of the sets divided by the bandwidth of this machine's memory,
measured in the same run by adding up an array of 400 MB on as many threads. Prints medians and p95 in milliseconds.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from segmentation import machine  # noqa: E402
from segmentation.definition import Match  # noqa: E402
from segmentation.membership import Membership  # noqa: E402
from segmentation.outline import Joined, Leaf, Outline, screen_of  # noqa: E402
from segmentation.tally import Tally  # noqa: E402

RUNS = 41


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Median and p95 in milliseconds."""
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        work()
        times.append(1e3 * (time.perf_counter() - began))
    return statistics.median(times), statistics.quantiles(times, n=20)[-1]


def bandwidth() -> float:
    """Bytes a millisecond that two threads read together."""
    values = np.ones(50_000_000, dtype=np.uint64)
    half = len(values) // 2
    read, _ = timed(lambda: machine.halves(lambda part: int(values[part * half : (part + 1) * half].sum())))
    return values.nbytes / read


def main() -> None:
    """Run and print."""
    machine.fetch()
    speed = bandwidth()
    print(f"memory: {speed / 1e6:.1f} GB a second; load {os.getloadavg()[0]:.1f}")
    chance = np.random.default_rng(1)
    for millions in (1, 10, 100):
        size = millions * 1_000_000
        sets: list[Membership] = []
        for _ in range(8):
            bits = chance.integers(0, 256, size // 8, dtype=np.uint8)
            sets.append(Membership(bits, size))
            _ = sets[-1].count
        groups = tuple(Joined(Match.ANY, 1, tuple(Leaf(4 * g + n) for n in range(4))) for g in range(2))
        screen = screen_of(Outline(8, Joined(Match.ALL, 1, groups), ()))
        tally = Tally(8)
        first, second = (
            tally.of(4 * g) | tally.of(4 * g + 1) | tally.of(4 * g + 2) | tally.of(4 * g + 3) for g in range(2)
        )
        tree = tally.program([first & second])
        every, late = timed(lambda program=screen.program, sets=sets, size=size: program.run(sets, size))
        alone, late_alone = timed(lambda program=tree, sets=sets, size=size: program.run(sets, size))
        limit = 8 * size / 8 / speed
        print(
            f"{millions:4} million people: all numbers {every:.2f} ms (p95 {late:.2f}), the tree alone {alone:.2f} ms "
            f"(p95 {late_alone:.2f}), {alone / limit:.1f} x the limit of {limit:.2f} ms"
        )


if __name__ == "__main__":
    main()
