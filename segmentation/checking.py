"""What keeps a definition from being saved or exported, in the marketer's words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from segmentation.catalogue import Catalogue
from segmentation.clock import Clock
from segmentation.compiling import Parameters, compile_condition, event_filter
from segmentation.definition import Definition, EventCondition, FieldCondition, Group, Node
from segmentation.errors import HandpickError, Problem


def _nodes(group: Group, place: str) -> Iterator[tuple[Node, str]]:
    for position, child in enumerate(group.children, 1):
        here = f"{place}{position}"
        yield child, here
        if isinstance(child, Group):
            yield from _nodes(child, f"{here}.")


def _filters(condition: EventCondition) -> Iterable[FieldCondition | EventCondition]:
    if condition.where is None:
        return ()
    return (node for node, _ in _nodes(condition.where, "") if node.enabled and not isinstance(node, Group))


def problems(definition: Definition, catalogue: Catalogue, clock: Clock) -> tuple[Problem, ...]:
    """Everything that keeps a definition from being saved or exported, all at once, in reading order.

    Disabled nodes are not looked at. A segment needs at least one filter that counts.
    """
    found: list[Problem] = []
    counted = 0

    def look(group: Group, place: str) -> None:
        nonlocal counted
        for position, child in enumerate(group.children, 1):
            here = f"{place}{position}"
            if not child.enabled:
                continue
            if isinstance(child, Group):
                if not child.children:
                    found.append(Problem(child.id, f"Group {here}", "It is empty: add a filter or remove it."))
                look(child, f"{here}.")
                continue
            counted += 1
            broken = False
            for inner in _filters(child) if isinstance(child, EventCondition) else ():
                try:
                    event_filter(inner, catalogue, clock, Parameters())
                except HandpickError as error:
                    broken = True
                    found.append(Problem(inner.id, f"Filter {here}", str(error)))
            if broken:
                continue
            try:
                compile_condition(child, catalogue, clock, None)
            except HandpickError as error:
                found.append(Problem(child.id, f"Filter {here}", str(error)))

    look(definition.root, "")
    if not counted and not found:
        found.append(Problem(definition.root.id, "", "Add at least one filter."))
    return tuple(found)
