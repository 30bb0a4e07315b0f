"""Ladders: everybody lands on exactly one rung or on none, and a rung is a segment of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from segmentation.catalogue import Kind
from segmentation.clock import Clock
from segmentation.definition import Definition, FieldCondition, Group
from segmentation.engine import Engine
from segmentation.errors import LibraryError
from segmentation.ladders import Ladders, land, rung_definition
from segmentation.references import NamedDefinition, References
from segmentation.workspace import Workspace
from tests.segmentation.audiences import write_audience

CLOCK = Clock(datetime(2026, 3, 31, 10, tzinfo=UTC), "UTC")


def over(segment: str, age: int) -> NamedDefinition:
    condition = FieldCondition(field="age", operator="at_least", value=age)
    return NamedDefinition(segment, f"Over {age}", Definition(root=Group(children=(condition,))))


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    people = [{"age": age} for age in (70, 65, 40, 35, 20, None)]
    return Engine(write_audience(tmp_path / "v000001.duckdb", {"age": Kind.NUMBER}, people, {}, []))


def test_everybody_lands_on_the_first_rung_that_fits(engine: Engine) -> None:
    known = References([over("a", 60), over("b", 30), over("c", 40)])
    landing = land(("a", "b", "c"), engine, CLOCK, engine.audience.catalogue, known)
    assert [(r.name, r.matching, r.members.rows().tolist()) for r in landing.rungs] == [
        ("Over 60", 2, [0, 1]),
        ("Over 30", 4, [2, 3]),
        ("Over 40", 3, []),
    ]
    assert landing.rest.rows().tolist() == [4, 5]
    assert sum(r.members.count for r in landing.rungs) + landing.rest.count == landing.base


def test_a_rung_is_a_segment_of_the_same_people(engine: Engine) -> None:
    known = References([over("a", 60), over("b", 30), over("c", 20)])
    rungs = ("a", "b", "c")
    landing = land(rungs, engine, CLOCK, engine.audience.catalogue, known)
    for place, rung in enumerate(landing.rungs):
        alone = engine.answer(rung_definition(rungs, place), CLOCK, None, known)
        assert alone.members == rung.members


def test_a_rung_that_is_gone_holds_nobody_and_says_why(engine: Engine) -> None:
    landing = land(("gone", "a"), engine, CLOCK, engine.audience.catalogue, References([over("a", 60)]))
    assert landing.rungs[0].members.count == 0
    assert "There is no segment “gone”" in landing.rungs[0].problem
    assert landing.rungs[1].members.count == 2


def test_a_ladder_is_kept_under_its_name_once(workspace: Path) -> None:
    ladders = Ladders(Workspace(workspace))
    first = ladders.save("shop", "Value", ("a", "b"))
    ladders.save("shop", "Value", ("b", "a"), first.id)
    assert [(ladder.name, ladder.rungs) for ladder in ladders.find("shop")] == [("Value", ("b", "a"))]
    with pytest.raises(LibraryError, match="already"):
        ladders.save("shop", "value", ("a",))
    with pytest.raises(LibraryError, match="one rung only"):
        ladders.save("shop", "Twice", ("a", "a"))
    ladders.delete(first.id)
    assert ladders.find("shop") == ()
