"""The kernels find whom SQL finds: on drawn audiences, from many threads, with little memory, with two audiences open."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from segmentation.binding import Compiled
from segmentation.compiling import compile_known
from segmentation.definition import (
    Condition,
    Group,
)
from segmentation.engine import Engine
from segmentation.errors import HandpickError
from tests.oracle.drawing import FIELDS
from tests.oracle.worlds import Asked, filters, worlds

SEED = os.environ.get("HANDPICK_ORACLE_SEED", "kernels")
PAIRS = int(os.environ.get("HANDPICK_ORACLE_PAIRS", "300"))


def conditions(asked: Asked) -> Iterator[Condition]:
    """All conditions that were drawn."""
    for definition in asked.definitions:
        for node in filters(definition.root):
            if not isinstance(node, Group):
                yield node


def questions(asked: Asked) -> Iterator[tuple[Condition, Compiled]]:
    """Those that are finished, as questions without a complement."""
    for condition in conditions(asked):
        try:
            compiled = asked.engine.compiled(condition, asked.engine.audience.catalogue, asked.clock)
        except HandpickError:
            continue
        yield condition, Compiled(compiled.sql, compiled.parameters, form=compiled.form)


@pytest.mark.timeout(30 + PAIRS)
def test_kernels_and_sql_find_the_same(tmp_path: Path) -> None:
    answered = Counter[tuple[str, bool]]()
    for asked in worlds(tmp_path, PAIRS, SEED):
        plain, quick = Engine(asked.engine.audience, kernels=False), Engine(asked.engine.audience, kernels=True)
        assert quick.kernels is not None
        for condition, question in questions(asked):
            expected = plain.members_of(question)
            found = quick.kernels.answer(question.form) if question.form is not None else None
            answered[condition.type, found is not None] += 1
            if found is not None:
                assert found == expected, f"audience {asked.seed}: {condition.model_dump_json(indent=1)}\n{asked.clock}"
        for name in FIELDS:
            known = compile_known(name)
            assert quick.members_of(known) == plain.members_of(known)
        for definition in asked.definitions:
            ours, theirs = (engine.answer(definition, asked.clock) for engine in (quick, plain))
            assert (ours.counts, ours.funnel, ours.without, ours.missing, ours.unfinished) == (
                theirs.counts, theirs.funnel, theirs.without, theirs.missing, theirs.unfinished,
            )  # fmt: skip
    print(answered)
    assert answered["field", True] > 5 * answered["field", False], "most field conditions are answered by kernels"
    assert answered["event", True] > answered["event", False]
