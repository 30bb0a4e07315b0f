"""The engine and the oracle agree on every person, whatever is drawn.

`HANDPICK_ORACLE_PAIRS=20000 pytest tests/oracle` draws more, `HANDPICK_ORACLE_SEED=…` others.
"""

import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest

from segmentation.clock import Clock
from segmentation.definition import Definition, EventCondition, FieldCondition, Group, MeasureFunction, Node, walk
from segmentation.engine import Engine
from segmentation.operators import COMPARISONS, OPERATORS
from tests.oracle.drawing import EVENTS, FIELDS, NEVER_HAPPENED, PROPERTIES, TYPES, Draw, World
from tests.oracle.oracle import Oracle
from tests.segmentation.audiences import write_audience

PAIRS = int(os.environ.get("HANDPICK_ORACLE_PAIRS", "300"))
SEED = os.environ.get("HANDPICK_ORACLE_SEED", "handpick")
PER_AUDIENCE = 25


def worlds(folder: Path, pairs: int, seed: str) -> Iterator[tuple[World, Engine, Clock, Oracle, list[Definition]]]:
    """Audiences with the definitions asked of them: `pairs` in all."""
    for number in range(0, pairs, PER_AUDIENCE):
        draw = Draw(f"{seed}/{number}")
        world = draw.world()
        audience = write_audience(
            folder / f"{number}.duckdb",
            FIELDS,
            world.people,
            PROPERTIES,
            world.events,
            names=(*EVENTS, NEVER_HAPPENED),
            types=TYPES,
        )
        oracle = Oracle(
            world.people,
            world.events,
            {name: kind.value for name, kind in FIELDS.items()},
            {name: kind.value for name, kind in PROPERTIES.items()},
            (*EVENTS, NEVER_HAPPENED),
            world.now,
            world.zone,
        )
        definitions = [draw.definition(world) for _ in range(min(PER_AUDIENCE, pairs - number))]
        yield world, Engine(audience), Clock(world.now.replace(tzinfo=UTC), world.zone), oracle, definitions
        audience.close()


def filters(node: Node) -> Iterator[Node]:
    """The node and what is below it, without what is inside an event."""
    yield node
    if isinstance(node, Group):
        for child in node.children:
            yield from filters(child)


def smallest_difference(engine: Engine, clock: Clock, oracle: Oracle, definition: Definition) -> str:
    """The smallest part on which they differ, as JSON, with the rows either has too many."""
    found = []
    for node in filters(definition.root):
        part = Definition(root=node if isinstance(node, Group) else Group(id="root", children=(node,)))
        ours, theirs = set(engine.answer(part, clock).members.rows().tolist()), oracle.members(part)
        if ours != theirs:
            rows = {row: oracle.people[row] for row in sorted(ours ^ theirs)[:3]}
            events = [event for event in oracle.events if event["_row"] in rows]
            words = (
                f"{part.model_dump_json(indent=1, exclude_defaults=True)}\nnow {clock.now} in {clock.zone}\n"
                f"only the engine: {sorted(ours - theirs)}\nonly the oracle: {sorted(theirs - ours)}\n{rows}\n{events}"
            )
            found.append(words)
    return min(found, key=len, default="only counts differ")


@pytest.mark.timeout(20 + PAIRS)
def test_engine_and_oracle_agree(tmp_path: Path) -> None:
    told = Counter[bool]()
    for number, (_, engine, clock, oracle, definitions) in enumerate(worlds(tmp_path, PAIRS, SEED)):
        for definition in definitions:
            answer = engine.answer(definition, clock)
            same = set(answer.members.rows().tolist()) == oracle.members(definition)
            counts = {
                node.id: len(members) for node in counted(definition.root) if (members := oracle.node(node)) is not None
            }
            if not same or answer.counts != counts:
                pytest.fail(f"audience {SEED}/{number}: {smallest_difference(engine, clock, oracle, definition)}")
            told.update(0 < count < answer.base for count in answer.counts.values())
    assert told[True] > told.total() / 4, "most of what is drawn should tell people apart"


def counted(node: Node) -> Iterator[Node]:
    """The nodes that are on, together with everything above them."""
    if node.enabled:
        yield node
        if isinstance(node, Group):
            for child in node.children:
                yield from counted(child)


def test_everything_is_drawn() -> None:
    drawn: set[str] = set()
    for number in range(0, 300, PER_AUDIENCE):
        draw = Draw(f"{SEED}/{number}")
        world = draw.world()
        for _ in range(PER_AUDIENCE):
            for node in walk(draw.definition(world).root):
                if isinstance(node, FieldCondition):
                    drawn.add(f"operator {node.operator}")
                elif isinstance(node, EventCondition):
                    drawn |= {f"comparison {node.comparison}", f"window {node.window.type}", f"measure {node.measure.function}"}
                else:
                    drawn |= {f"match {node.match}", "empty group" if not node.children else "group"}
                drawn.add("on" if node.enabled else "off")
    wanted = {f"operator {name}" for name in OPERATORS} | {f"comparison {name}" for name in COMPARISONS}
    wanted |= {f"measure {function}" for function in MeasureFunction}
    wanted |= {f"window {name}" for name in ("ever", "last", "before", "between_days")}
    wanted |= {"match all", "match any", "match none", "empty group", "on", "off"}
    assert wanted <= drawn
