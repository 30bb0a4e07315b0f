"""What keeps a definition from being saved or exported, in the marketer's words."""

from __future__ import annotations

from collections.abc import Iterator

from segmentation.binding import Parameters
from segmentation.catalogue import Catalogue
from segmentation.clock import Clock
from segmentation.compiling import question
from segmentation.definition import (
    AnyNode,
    Condition,
    Definition,
    Doing,
    EventCondition,
    Group,
    ListCondition,
    Match,
    MeasureFunction,
    RankCondition,
    SegmentCondition,
    SequenceCondition,
)
from segmentation.errors import HandpickError, Problem
from segmentation.happening import Happening, event_filter, inside
from segmentation.references import NO_REFERENCES, NamedDefinition, References, listed_question, refuse_circle
from segmentation.sequences import check_step

EMPTY = "It is empty: add a filter or remove it."


def problems(
    definition: Definition, catalogue: Catalogue, clock: Clock, references: References = NO_REFERENCES
) -> tuple[Problem, ...]:
    """Everything that keeps a definition from being saved or exported, all at once, in reading order.

    Disabled nodes are not looked at. A segment needs at least one filter that counts.
    """
    path = (references.origin,) if references.origin is not None else ()
    check = _Check(catalogue, clock, references, path)
    if definition.root.enabled:
        check.group(definition.root, "")
    if not check.counted and not check.found:
        check.found.append(Problem(definition.root.id, "", "Add at least one filter."))
    return tuple(check.found)


class _Check:
    """One look over a definition: the problems found, and how many conditions there are."""

    def __init__(
        self,
        catalogue: Catalogue,
        clock: Clock,
        references: References,
        path: tuple[NamedDefinition, ...],
        checked: dict[str, str] | None = None,
    ) -> None:
        self.catalogue = catalogue
        self.clock = clock
        self.references = references
        self.path = path
        self.checked = {} if checked is None else checked  # other segments by id: what is wrong, "" for nothing
        self.found: list[Problem] = []
        self.counted = 0

    def group(self, group: Group, place: str) -> None:
        """A group and everything in it; `place` is its number with a dot behind, "" for the root."""
        self._reachable(group, f"Group {place[:-1]}" if place else "")
        for position, child in enumerate(group.children, 1):
            here = f"{place}{position}"
            if not child.enabled:
                continue
            if isinstance(child, Group):
                if not child.children:
                    self.found.append(Problem(child.id, f"Group {here}", EMPTY))
                self.group(child, f"{here}.")
            else:
                self.counted += 1
                self._condition(child, f"Filter {here}")

    def _reachable(self, group: Group, place: str) -> None:
        """“At least 3 of” needs 3."""
        on = sum(child.enabled for child in group.children)
        if group.match == Match.AT_LEAST and 0 < on < group.least:
            self.found.append(
                Problem(group.id, place, f"“At least {group.least} of” can match nobody: there are only {on}.")
            )

    def _condition(self, node: Condition, place: str) -> None:
        before = len(self.found)
        if isinstance(node, SequenceCondition):
            self._steps(node, place)
        elif isinstance(node, Doing) and node.where is not None:
            self._details(node.where, place)
        told = {problem.message for problem in self.found[before:]}
        for look in (self._whole, *((self._bare,) if told else ())):
            try:
                look(node)
            except HandpickError as error:
                if str(error) not in told:
                    told.add(str(error))
                    self.found.append(Problem(node.id, place, str(error)))

    def _bare(self, node: Condition) -> None:
        """The condition without the filters and steps that have problems of their own."""
        if isinstance(node, SequenceCondition):
            inside(node.window, self._at())
        elif isinstance(node, Doing) and not _is_share(node):
            self._whole(node.model_copy(update={"where": None}))

    def _at(self) -> Happening:
        return Happening(self.catalogue, self.clock, None, Parameters())

    def _steps(self, node: SequenceCondition, place: str) -> None:
        """The steps that are on, each by itself, so that all problems are found at once."""
        for number, step in enumerate((step for step in node.steps if step.enabled), 1):
            here = f"{place}, step {number}"
            try:
                check_step(step, number == 1, self._at())
            except HandpickError as error:
                self.found.append(Problem(step.id, here, str(error)))
            if step.where is not None:
                self._details(step.where, here)

    def _whole(self, node: Condition) -> None:
        if isinstance(node, SegmentCondition):
            self._segment(node)
        elif isinstance(node, ListCondition):
            listed_question(self.references.list(node.list), self.catalogue)
        else:
            question(node, self.catalogue, self.clock, None)

    def _segment(self, node: SegmentCondition) -> None:
        """The other segment is there, contains no circle and has no problems of its own; each is looked at once."""
        named = self.references.segment(node.segment)
        refuse_circle(self.path, named)
        if named.id not in self.checked:
            self.checked[named.id] = self._fault(named)
        if fault := self.checked[named.id]:
            raise HandpickError(fault)

    def _fault(self, named: NamedDefinition) -> str:
        other = _Check(self.catalogue, self.clock, self.references, (*self.path, named), self.checked)
        other.group(named.definition.root, "")
        if other.found:
            reason = other.found[0].message
            circle = "cannot contain itself" in reason
            return reason if circle else f"The segment “{named.name}” is not finished: {reason}"
        if not other.counted or not named.definition.root.enabled:
            return f"The segment “{named.name}” has no filter that counts."
        return ""

    def _details(self, group: Group, place: str) -> None:
        """The filters inside an event, each by itself, so that all problems are found at once."""
        self._reachable(group, place)
        for detail, inner in _inside(group):
            if isinstance(inner, Group):
                if not inner.children:
                    self.found.append(Problem(inner.id, f"{place}, group of details {detail}", EMPTY))
                self._reachable(inner, f"{place}, group of details {detail}")
                continue
            try:
                event_filter(inner, self._at())
            except HandpickError as error:
                self.found.append(Problem(inner.id, f"{place}, detail {detail}", str(error)))


def _is_share(node: Doing) -> bool:
    """Its measure is the share of events with these details, which is nothing without them."""
    return isinstance(node, EventCondition | RankCondition) and node.measure.function == MeasureFunction.SHARE


def _inside(group: Group, place: str = "") -> Iterator[tuple[str, AnyNode]]:
    """What is on below an event's `where`, with its place."""
    for position, child in enumerate(group.children if group.enabled else (), 1):
        if child.enabled:
            yield f"{place}{position}", child
            if isinstance(child, Group):
                yield from _inside(child, f"{place}{position}.")
