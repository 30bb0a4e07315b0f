"""The engine and the oracle agree on every person, whatever is drawn.

`HANDPICK_ORACLE_PAIRS=20000 pytest tests/oracle` draws more, `HANDPICK_ORACLE_SEED=…` others.
"""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from segmentation.clock import Clock
from segmentation.definition import Definition, EventCondition, FieldCondition, Group, MeasureFunction, Node, walk
from segmentation.engine import Engine
from segmentation.operators import COMPARISONS, OPERATORS
from tests.oracle.drawing import Draw
from tests.oracle.oracle import Oracle, Row
from tests.oracle.worlds import PER_AUDIENCE, SEED, filters, worlds

PAIRS = int(os.environ.get("HANDPICK_ORACLE_PAIRS", "300"))


def names_in(node: Node) -> Iterator[str]:
    """The fields and event properties a node asks for."""
    for below in walk(node):
        if isinstance(below, FieldCondition):
            yield str(below.field)
        elif isinstance(below, EventCondition):
            yield str(below.measure.property)


def shown(row: Row, names: set[str]) -> dict[str, object]:
    """The cells of a row that matter."""
    return {name: value for name, value in row.items() if name in names}


def smallest_difference(engine: Engine, clock: Clock, oracle: Oracle, definition: Definition) -> str:
    """The smallest part on which they differ, as JSON, with the rows either has too many."""
    found = []
    for node in filters(definition.root):
        part = Definition(root=node if isinstance(node, Group) else Group(id="root", children=(node,)))
        ours, theirs = set(engine.answer(part, clock).members.rows().tolist()), oracle.members(part)
        if ours != theirs:
            named = {"_name", "_time", *names_in(node)}
            rows = {row: shown(oracle.people[row], named) for row in sorted(ours ^ theirs)[:3]}
            events = [shown(event, named) for event in oracle.events if event["_row"] in rows]
            words = (
                f"{part.model_dump_json(indent=1)}\nnow {clock.now} in {clock.zone}\n"
                f"only the engine: {sorted(ours - theirs)}\nonly the oracle: {sorted(theirs - ours)}\n{rows}\n{events}"
            )
            found.append(words)
    return min(found, key=len, default="only counts differ")


@pytest.mark.timeout(20 + PAIRS)
def test_engine_and_oracle_agree(tmp_path: Path) -> None:
    told = Counter[bool]()
    for asked in worlds(tmp_path, PAIRS, SEED):
        engine, clock, oracle = asked.engine, asked.clock, asked.oracle
        for definition in asked.definitions:
            answer = engine.answer(definition, clock)
            same = set(answer.members.rows().tolist()) == oracle.members(definition)
            counts = {
                node.id: len(members) for node in counted(definition.root) if (members := oracle.node(node)) is not None
            }
            if not same or answer.counts != counts:
                pytest.fail(f"audience {asked.seed}: {smallest_difference(engine, clock, oracle, definition)}")
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
                    drawn |= {
                        f"comparison {node.comparison}",
                        f"window {node.window.type}",
                        f"measure {node.measure.function}",
                    }
                else:
                    drawn |= {f"match {node.match}", "empty group" if not node.children else "group"}
                drawn.add("on" if node.enabled else "off")
    wanted = {f"operator {name}" for name in OPERATORS} | {f"comparison {name}" for name in COMPARISONS}
    wanted |= {f"measure {function}" for function in MeasureFunction}
    wanted |= {f"window {name}" for name in ("ever", "last", "before", "between_days")}
    wanted |= {"match all", "match any", "match none", "empty group", "on", "off"}
    assert wanted <= drawn
