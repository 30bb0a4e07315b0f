"""What keeps a definition from being saved or exported, in the marketer's words."""

from __future__ import annotations

from collections.abc import Iterator

from segmentation.catalogue import Catalogue
from segmentation.clock import Clock
from segmentation.compiling import DEEPEST_DETAILS, DETAILS_TOO_DEEP, Parameters, compile_condition, event_filter
from segmentation.definition import Definition, EventCondition, Group, Node
from segmentation.errors import HandpickError, Problem

EMPTY = "It is empty: add a filter or remove it."


def _inside(group: Group | None, place: str = "") -> Iterator[tuple[str, Node]]:
    """What is on below an event's `where`, with its place."""
    for position, child in enumerate(group.children if group is not None and group.enabled else (), 1):
        if child.enabled:
            yield f"{place}{position}", child
            if isinstance(child, Group):
                yield from _inside(child, f"{place}{position}.")


def _depth(node: Node | None) -> int:
    """How many groups that are on stand inside one another."""
    if not isinstance(node, Group) or not node.enabled:
        return 0
    return 1 + max((_depth(child) for child in node.children), default=0)


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
                    found.append(Problem(child.id, f"Group {here}", EMPTY))
                look(child, f"{here}.")
                continue
            counted += 1
            for detail, inner in _inside(child.where) if isinstance(child, EventCondition) else ():
                if isinstance(inner, Group):
                    if not inner.children:
                        found.append(Problem(inner.id, f"Filter {here}, group of details {detail}", EMPTY))
                    continue
                try:
                    event_filter(inner, catalogue, clock, Parameters())
                except HandpickError as error:
                    found.append(Problem(inner.id, f"Filter {here}, detail {detail}", str(error)))
            if isinstance(child, EventCondition) and _depth(child.where) > DEEPEST_DETAILS:
                found.append(Problem(child.id, f"Filter {here}", DETAILS_TOO_DEEP))
            alone = child.model_copy(update={"where": None}) if isinstance(child, EventCondition) else child
            try:
                compile_condition(alone, catalogue, clock, None)
            except HandpickError as error:
                found.append(Problem(child.id, f"Filter {here}", str(error)))

    if definition.root.enabled:
        look(definition.root, "")
    if not counted and not found:
        found.append(Problem(definition.root.id, "", "Add at least one filter."))
    return tuple(found)
