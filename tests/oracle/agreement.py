"""Whether the engine and the oracle mean the same people, and the smallest part on which they do not.

`HANDPICK_ORACLE_PAIRS=20000 python run.py test tests/oracle -k agree` draws more, `HANDPICK_ORACLE_SEED=…` others.
"""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from segmentation.definition import Definition, EventCondition, FieldCondition, Group, Node, walk
from segmentation.references import References
from tests.oracle.oracle import Row
from tests.oracle.oracle_fields import NEGATIVE
from tests.oracle.worlds import PER_AUDIENCE, SEED, Asked, filters, worlds

PAIRS = int(os.environ.get("HANDPICK_ORACLE_PAIRS", "1200"))
PARTS = 4
"""The pairs are drawn in so many parts, each a test, half of them in each of two files, as a file's tests stay on one worker."""
TAKES_MISSING = set(NEGATIVE) - {"is_missing"}


def names_in(node: Node) -> Iterator[str]:
    """The fields and event properties a node asks for."""
    for below in walk(node):
        if isinstance(below, FieldCondition):
            yield str(below.field)
            yield str(getattr(below.value, "field", ""))
        elif isinstance(below, EventCondition):
            yield str(below.measure.property)
        for name in ("field", "within", "amount", "same"):
            found = getattr(below, name, "")
            yield from found if isinstance(found, tuple) else [str(found)]
        yield str(getattr(getattr(below, "window", None), "field", ""))


def shown(row: Row, names: set[str]) -> dict[str, object]:
    """The cells of a row that matter."""
    return {name: value for name, value in row.items() if name in names}


def smallest_difference(asked: Asked, definition: Definition, references: References) -> str:
    """The smallest part on which they differ, as JSON, with the rows either has too many."""
    found = []
    oracle = asked.oracle
    for node in filters(definition.root):
        part = Definition(root=node if isinstance(node, Group) else Group(id="root", children=(node,)))
        answer = asked.answer(part, references)
        ours, theirs = set(answer.members.rows().tolist()), oracle.members(part, references)
        counted = oracle.node(node, references)
        if ours != theirs or (counted is None) != (node.id not in answer.counts):
            named = {"_name", "_time", *asked.world.roles.values(), *names_in(node)}
            rows = {row: shown(oracle.people[row], named) for row in sorted(ours ^ theirs)[:3]}
            events = [shown(event, named) for event in oracle.events if event["_row"] in rows]
            words = (
                f"{part.model_dump_json(indent=1)}\nnow {oracle.now} in {oracle.zone}\n"
                f"only the engine: {sorted(ours - theirs)}\nonly the oracle: {sorted(theirs - ours)}\n"
                f"oracle counted: {counted is not None}, engine: {answer.unfinished or 'counted'}\n{rows}\n{events}"
            )
            found.append(words)
    return min(found, key=len, default="only counts differ")


def difference(asked: Asked, definition: Definition, told: Counter[bool]) -> str:
    """What they say differently about one definition, "" for nothing; `told` counts the nodes that tell people apart."""
    references = asked.draw.origin(asked.references, definition)
    answer = asked.answer(definition, references)
    reading = asked.oracle.reading(references)
    same = set(answer.members.rows().tolist()) == (reading.node(definition.root) or set())
    counts = {node.id: len(members) for node in counted(definition.root) if (members := reading.node(node)) is not None}
    told.update(0 < count < answer.base for count in answer.counts.values())
    missing = {
        node.id: asked.oracle.without_value(node)
        for node in counted(definition.root)
        if isinstance(node, FieldCondition) and node.id in counts and node.operator in TAKES_MISSING
    }
    if same and answer.counts == counts and answer.missing == missing:
        return ""
    return f"audience {asked.seed}: {smallest_difference(asked, definition, references)}"


def counted(node: Node) -> Iterator[Node]:
    """The nodes that are on, together with everything above them."""
    if node.enabled:
        yield node
        if isinstance(node, Group):
            for child in node.children:
                yield from counted(child)


def agree(folder: Path, part: int) -> None:
    """Draw one part of the pairs and fail at the first on which they differ."""
    told = Counter[bool]()
    pairs = PAIRS // PARTS + (part < PAIRS % PARTS)
    for asked in worlds(folder, pairs, f"{SEED}/{part}"):
        for definition in asked.definitions:
            if found := difference(asked, definition, told):
                pytest.fail(found)
    assert pairs < PER_AUDIENCE or told[True] > told.total() / 4, "most of what is drawn should tell people apart"
