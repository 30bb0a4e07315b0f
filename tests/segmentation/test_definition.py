"""A definition is the file: it reads back as it was written, and nothing unknown is let in."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from segmentation.definition import (
    Definition,
    EventCondition,
    FieldCondition,
    Group,
    Node,
    Period,
    find,
    walk,
)
from tests.oracle.drawing import Draw


@pytest.mark.parametrize("seed", range(20))
def test_a_definition_reads_back_as_it_was_written(seed: int) -> None:
    draw = Draw(f"definition {seed}")
    definition = draw.definition(draw.world())
    back = Definition.model_validate_json(definition.model_dump_json())
    assert back == definition
    assert with_types(back) == with_types(definition)
    assert hash(back) == hash(definition)


def with_types(definition: Definition) -> list[tuple[type, Any]]:
    """Every value with its type: 1, 1.0 and True are equal in Python."""
    return [(type(getattr(node, "value", None)), repr(node)) for node in walk(definition.root)]


@pytest.mark.parametrize(
    "value", ["5", 5, 5.5, True, 2**63, ("a", "b"), (1, 2.5), (None, 1), Period(amount=3), None, "", (), "2026-01-01"]
)
def test_an_operand_keeps_its_type(value: Any) -> None:
    condition = FieldCondition(field="x", operator="is", value=value)
    back = FieldCondition.model_validate_json(condition.model_dump_json()).value
    assert back == value
    assert type(back) is type(value)


def root(**node: Any) -> dict[str, Any]:
    return {"version": 1, "root": {"type": "group", "children": [node]}}


@pytest.mark.parametrize(
    "raw",
    [
        {"version": 2},
        {"versoin": 1},
        root(type="field", feild="x"),
        root(type="fields"),
        root(field="x"),
        root(type="field", value={"amount": -1, "unit": "days"}),
        root(type="field", value={"amount": 1, "unit": "fortnights"}),
        root(type="field", enabled="perhaps"),
        root(type="group", match="some"),
        root(type="event", window={"type": "soon"}),
        root(type="event", measure={"function": "median"}),
        root(type="event", value="1"),
        root(type="event", value=True),
        root(type="event", where={"type": "field"}),
    ],
)
def test_what_is_unknown_is_refused(raw: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Definition.model_validate_json(json.dumps(raw))


def test_a_definition_cannot_be_changed() -> None:
    definition = Definition()
    with pytest.raises(ValidationError):
        definition.root.match = "any"  # type: ignore[assignment]


def test_fifty_levels_are_saved_and_opened() -> None:
    node: Node = FieldCondition(field="age", operator="at_least", value=1)
    for _ in range(50):
        node = Group(children=(node,))
    definition = Definition(root=node)
    assert Definition.model_validate_json(definition.model_dump_json()) == definition


def test_walk_gives_every_node_in_reading_order_and_find_the_one_asked_for() -> None:
    inner = FieldCondition(id="4", field="amount")
    event = EventCondition(id="2", where=Group(id="3", children=(inner,)))
    definition = Definition(root=Group(id="1", children=(event, Group(id="5"), FieldCondition(id="6"))))
    assert [node.id for node in walk(definition.root)] == ["1", "2", "3", "4", "5", "6"]
    assert find(definition, "4") is inner
    with pytest.raises(KeyError):
        find(definition, "7")


def test_the_schema_of_the_file_names_every_kind_of_node() -> None:
    schema = json.dumps(Definition.model_json_schema())
    for name in ("FieldCondition", "EventCondition", "Group", "Period", "BetweenDays", "Measure"):
        assert name in schema
