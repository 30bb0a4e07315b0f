"""Random edits of a tree of 9 conditions: Handpick with all numbers of a screen against one DuckDB statement for the total.

    uv run python benchmarks/field.py 1 --edits 200        # over the audience of 1 million people of benchmarks/crowd.py
    uv run python benchmarks/field.py 10 --edits 200

Each edit is asked of both in turn in the same process, and the totals have to be the same. Both read the same file, whose events
are sorted by name and time. The statement is written out here by hand, apart from the product's own SQL. Prints medians, p95, the
ratios edit by edit, and memory. `--every` checks every single condition against SQL as well.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import time
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.crowd import CATEGORIES, CHANNELS, COUNTRIES, FOLDER, PLANS, SHARES, crowd  # noqa: E402
from benchmarks.statements import CLOCK, statement  # noqa: E402
from segmentation.audience import Audience  # noqa: E402
from segmentation.definition import (  # noqa: E402
    BetweenAgo,
    Definition,
    EventCondition,
    FieldCondition,
    Group,
    Last,
    Match,
    Measure,
    MeasureFunction,
    Node,
    Period,
    Span,
)
from segmentation.engine import Engine  # noqa: E402


class Drawn:
    """Random conditions, and small edits of a tree."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def field(self, id: str) -> FieldCondition:
        chance = self.chance
        some = lambda values: tuple(chance.sample(values, chance.randint(1, 4)))  # noqa: E731
        low = chance.randint(18, 60)
        found: tuple[str, str, object] = chance.choice(
            (
                ("country", "is_any_of", some(COUNTRIES)),
                ("country", "is_none_of", some(COUNTRIES)),
                ("plan", "is_any_of", some(PLANS)[:2]),
                ("city", "contains", str(chance.randint(1, 99))),
                ("city", "starts_with", f"City {chance.randint(1, 19)}"),
                ("age", "between", (low, low + chance.randint(1, 30))),
                ("age", "at_least", low),
                ("income", "at_least", chance.randint(12_000, 90_000)),
                ("income", "not_between", (20_000, chance.randint(21_000, 90_000))),
                ("spend", "more_than", round(chance.uniform(0, 3000), 2)),
                ("spend", "less_than", chance.randint(1, 4000)),
                ("score", "at_most", round(chance.uniform(1, 99), 2)),
                ("newsletter", chance.choice(("is_yes", "is_not_yes", "is_no")), None),
                ("born", "before", f"{chance.randint(1950, 2000)}-0{chance.randint(1, 9)}-15"),
                ("signed_up", "in_last", Period(amount=chance.randint(10, 1500))),
                ("seen", "in_last", Period(amount=chance.randint(1, 400))),
                ("seen", "not_in_last", Period(amount=chance.randint(1, 400))),
                ("income", chance.choice(("is_known", "is_missing")), None),
            )
        )
        return FieldCondition(id=id, field=found[0], operator=found[1], value=found[2])  # type: ignore[arg-type]

    def where(self, name: str) -> Group | None:
        chance = self.chance
        if chance.random() < 0.6:
            return None
        filters: list[FieldCondition] = [
            FieldCondition(field="channel", operator="is_any_of", value=tuple(chance.sample(CHANNELS, 2)))
        ]
        if name in ("purchase", "add_to_cart"):
            filters.append(FieldCondition(field="amount", operator="at_least", value=round(chance.uniform(5, 200), 2)))
        if name in ("purchase", "add_to_cart", "product_view"):
            filters.append(
                FieldCondition(field="category", operator="is_any_of", value=tuple(chance.sample(CATEGORIES, 3)))
            )
        return Group(children=tuple(chance.sample(filters, chance.randint(1, len(filters)))))

    def window(self) -> Last | BetweenAgo:
        chance = self.chance
        if chance.random() < 0.85:
            return Last(period=Period(amount=chance.choice((7, 14, 30, 60, 90, 180, 365))))
        nearest = chance.randint(7, 200)
        return BetweenAgo(span=Span(nearest=nearest, farthest=nearest + chance.randint(7, 180)))

    def event(self, id: str) -> EventCondition:
        chance = self.chance
        name = chance.choice(tuple(SHARES))
        measure, comparison, value = Measure(), chance.choice(("at_least", "at_most", "exactly")), chance.randint(1, 5)
        if name == "purchase" and chance.random() < 0.3:
            measure = Measure(function=MeasureFunction.SUM, property="amount")
            comparison, value = "at_least", chance.randint(20, 900)
        elif chance.random() < 0.2:
            comparison, value = "never", 0
        return EventCondition(
            id=id, events=(name,), where=self.where(name), window=self.window(), measure=measure,
            comparison=comparison, value=value,
        )  # fmt: skip

    def tree(self) -> Definition:
        """9 conditions in 3 groups: 5 of fields, 4 of events."""
        first = Group(id="g1", match=Match.ANY, children=(self.field("c1"), self.field("c2"), self.event("c3")))
        second = Group(id="g2", match=Match.ANY, children=(self.event("c4"), self.field("c5"), self.field("c6")))
        third = Group(id="g3", match=Match.NONE, children=(self.event("c7"), self.field("c8")))
        return Definition(root=Group(id="root", children=(first, second, third, self.event("c9"))))

    def edited(self, definition: Definition) -> tuple[str, Definition]:
        """One edit of a random node, and what it was."""
        chance = self.chance
        groups = [node for node in definition.root.children if isinstance(node, Group)]
        kind = chance.choice(
            ("value", "value", "threshold", "threshold", "window", "window", "field", "event", "match", "order")
        )
        every = [node for group in (definition.root, *groups) for node in group.children if not isinstance(node, Group)]
        if kind in ("match", "order"):
            group = chance.choice(groups)
            if kind == "order":
                return kind, _with(
                    definition,
                    group.model_copy(update={"children": tuple(chance.sample(group.children, len(group.children)))}),
                )
            others = [match for match in (Match.ALL, Match.ANY, Match.NONE) if match != group.match]
            return kind, _with(definition, group.model_copy(update={"match": chance.choice(others)}))
        events = [node for node in every if isinstance(node, EventCondition)]
        fields = [node for node in every if isinstance(node, FieldCondition)]
        if kind == "field":
            return kind, _with(definition, self.field(chance.choice(fields).id))
        if kind == "value":
            old = chance.choice(fields)
            for _ in range(500):
                new = self.field(old.id)
                if (new.field, new.operator) == (old.field, old.operator) and new.value != old.value:
                    return kind, _with(definition, new)
            return "field", _with(definition, self.field(old.id))
        event = chance.choice(events)
        if kind == "event":
            return kind, _with(definition, self.event(event.id))
        if kind == "window":
            return kind, _with(definition, event.model_copy(update={"window": self.window()}))
        change = {"value": chance.randint(1, 6) * (1 if event.measure.property is None else 100)}
        if event.comparison == "never":
            change["comparison"] = "at_least"  # type: ignore[assignment]
        return kind, _with(definition, event.model_copy(update=change))


def _with(definition: Definition, node: Node) -> Definition:
    def put(old: Node) -> Node:
        if old.id == node.id:
            return node
        return old.model_copy(update={"children": tuple(map(put, old.children))}) if isinstance(old, Group) else old

    return definition.model_copy(update={"root": put(definition.root)})


def memory() -> float:
    """Resident memory of this process in MB."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def late(times: list[float]) -> float:
    """95th percentile."""
    return statistics.quantiles(times, n=20)[-1] if len(times) > 1 else times[0]


def told(title: str, ours: list[float], theirs: list[float]) -> None:
    """One line of the table."""
    ratios = [b / a for a, b in zip(ours, theirs, strict=True)]
    print(
        f"{title:10} {len(ours):4}  Handpick p50 {1e3 * statistics.median(ours):7.1f} p95 {1e3 * late(ours):7.1f} ms"
        f"   DuckDB p50 {1e3 * statistics.median(theirs):7.1f} p95 {1e3 * late(theirs):7.1f} ms"
        f"   ratio of medians {statistics.median(theirs) / statistics.median(ours):5.1f}, of p95 {late(theirs) / late(ours):5.1f}"
        f"   median of ratios {statistics.median(ratios):5.1f}, 5 % below {sorted(ratios)[len(ratios) // 20]:4.1f}"
    )


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("millions", type=float, nargs="?", default=1)
    parser.add_argument("--edits", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--every", action="store_true")
    options = parser.parse_args()
    path = crowd(options.millions, options.folder)
    audience = Audience(path)
    engine = Engine(audience)
    drawn = Drawn(options.seed)
    definition = drawn.tree()
    plain = audience.cursor()
    checking = Engine(audience, kernels=False)

    def ask(definition: Definition) -> tuple[float, int, dict[str, int]]:
        began = time.perf_counter()
        answer = engine.answer(definition, CLOCK)
        return time.perf_counter() - began, answer.total, answer.counts

    def ask_plain(definition: Definition) -> tuple[float, int]:
        sql = f"SELECT count(*) FROM people WHERE {statement(definition.root)}"
        began = time.perf_counter()
        (total,) = plain.execute(sql).fetchone() or (0,)
        return time.perf_counter() - began, total

    print(f"{audience.people:,} people, {audience.about.events:,} events; memory at the start {memory():,.0f} MB")
    seconds, total, _ = ask(definition)
    print(f"first numbers, nothing loaded: {seconds:.2f} s")
    began = time.perf_counter()
    warm = Drawn(options.seed + 1000)
    for _ in range(400):  # every field and event once, so that what is measured is edits and not loading
        for node in (warm.field("x"), warm.event("y")):
            form = engine.question(node, CLOCK, audience.catalogue).form
            if engine.kernels is not None and form is not None:
                engine.kernels.prepare(form)
    if engine.kernels is not None:
        engine.kernels.settle()
    print(f"all columns and events in use loaded in {time.perf_counter() - began:.1f} s; memory {memory():,.0f} MB")
    ask(definition)
    ours: dict[str, list[float]] = defaultdict(list)
    theirs: dict[str, list[float]] = defaultdict(list)
    for number in range(options.edits):
        kind, definition = drawn.edited(definition)
        mine, total, counts = ask(definition)
        one, expected = ask_plain(definition)
        if total != expected:
            raise SystemExit(
                f"edit {number} ({kind}): {total} and not {expected}\n{definition.model_dump_json(indent=1)}"
            )
        if options.every and counts != checking.answer(definition, CLOCK).counts:
            raise SystemExit(f"edit {number} ({kind}): a condition differs\n{definition.model_dump_json(indent=1)}")
        for key in (kind, "all"):
            ours[key].append(mine)
            theirs[key].append(one)
    for kind in sorted(ours):
        told(kind, ours[kind], theirs[kind])
    print(f"{options.edits} totals equal; memory {memory():,.0f} MB; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
