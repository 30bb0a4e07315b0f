"""What a click does to the definition: callbacks that put a new tree into the session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pages.parts.session import forget, picked, session, widget
from segmentation import editing
from segmentation.catalogue import Catalogue, Kind
from segmentation.definition import Condition, EventCondition, FieldCondition, Group, Match, Operand, Period, Span, find
from segmentation.operators import OPERATORS, Operator, Shape, operators_for
from segmentation.windows import CalendarPeriod

_STARTS: dict[Shape, Operand] = {
    Shape.PERIOD: Period(amount=30),
    Shape.SPAN: Span(nearest=30, farthest=60),
    Shape.CALENDAR: CalendarPeriod.THIS_MONTH.value,
}
"""Operands that are sensible from the start."""


def first_operator(kind: Kind) -> Operator:
    """The operator a new filter starts with."""
    return operators_for(kind)[0]


def starting_value(operator: Operator) -> Operand:
    """The operand a new filter starts with: mostly nothing."""
    return _STARTS.get(operator.shape)


def add_picked(parent: str, key: str, catalogue: Catalogue, starts: Mapping[str, tuple[str, Condition]]) -> None:
    """Add the field or event picked in the “add a filter” box, and open it."""
    if not (choice := picked(key)):
        return
    kind, name = choice
    node: Condition
    if kind == "start":
        node = starts[name][1]
    elif kind == "event":
        node = EventCondition(events=(name,))
    else:
        operator = first_operator(catalogue.field(name).kind)
        node = FieldCondition(field=name, operator=operator.name, value=starting_value(operator))
    state = session()
    definition, state.opened = editing.add(state.definition, parent, node)
    state.change(definition)


def add_group(parent: str) -> None:
    """Add an empty group for alternatives."""
    state = session()
    match = Match.ALL if isinstance(group := _node(parent), Group) and group.match == Match.ANY else Match.ANY
    definition, _ = editing.add(state.definition, parent, Group(match=match))
    state.change(definition)


def _node(node_id: str) -> Any:
    return find(session().definition, node_id)


def update(node_id: str, **changes: Any) -> None:
    """Change attributes of a node."""
    state = session()
    state.change(editing.update(state.definition, node_id, **changes))


def take(node_id: str, attribute: str, key: str) -> None:
    """Put what a widget holds into an attribute."""
    update(node_id, **{attribute: widget(key)})


def choose_field(node_id: str, catalogue: Catalogue, key: str) -> None:
    """Another field: the comparison starts anew where it does not fit."""
    name = widget(key)
    if name is None:
        return
    node = _node(node_id)
    kind = catalogue.field(name).kind
    known = OPERATORS.get(node.operator or "")
    operator = known if known is not None and kind in known.kinds else first_operator(kind)
    update(node_id, field=name, operator=operator.name, value=starting_value(operator))
    forget(f"{node_id}/", but=key)


def choose_detail(node_id: str, catalogue: Catalogue, key: str) -> None:
    """Another event detail, likewise."""
    name = widget(key)
    if name is None:
        return
    operator = first_operator(catalogue.event_property(name).kind)
    update(node_id, field=name, operator=operator.name, value=starting_value(operator))
    forget(f"{node_id}/", but=key)


def choose_operator(node_id: str, key: str) -> None:
    """Another comparison: the operand stays where the shape is the same."""
    node = _node(node_id)
    if widget(key) is None:
        return
    operator = OPERATORS[widget(key)]
    before = OPERATORS.get(node.operator or "")
    keep = before is not None and before.shape == operator.shape
    update(node_id, operator=operator.name, value=node.value if keep else starting_value(operator))
    if not keep:
        forget(f"{node_id}/", but=key)


def open_node(node_id: str | None) -> None:
    """Open a filter for editing, or none."""
    session().opened = node_id


def remove(node_id: str) -> None:
    """Take a filter or group out."""
    state = session()
    state.change(editing.remove(state.definition, node_id))
    state.opened = None


def earlier(step_id: str) -> None:
    """Move a step of a sequence up."""
    state = session()
    state.change(editing.earlier(state.definition, step_id))


def remove_detail(node_id: str) -> None:
    """Take out a filter inside an event; the event stays open."""
    state = session()
    state.change(editing.remove(state.definition, node_id))


def act(node_id: str, key: str) -> None:
    """Run what was chosen in a filter's menu."""
    choice = str(widget(key))
    state = session()
    definition = state.definition
    if choice == "duplicate":
        definition, state.opened = editing.duplicate(definition, node_id)
    elif choice == "up":
        definition = editing.shift(definition, node_id, -1)
    elif choice == "down":
        definition = editing.shift(definition, node_id, 1)
    elif choice == "toggle":
        definition = editing.update(definition, node_id, enabled=not _node(node_id).enabled)
    elif choice == "wrap":
        definition, _ = editing.wrap(definition, node_id)
    elif choice == "group":
        add_group(node_id)
        return
    elif choice == "unwrap":
        definition = editing.unwrap(definition, node_id)
    elif choice == "remove":
        definition = editing.remove(definition, node_id)
        state.opened = None
    elif choice.startswith("into "):
        definition = editing.move(definition, node_id, choice.removeprefix("into "))
    state.change(definition)
