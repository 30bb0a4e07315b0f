"""One evaluation: a definition walked once, each condition's set looked up, and the tree as a form that many trees share."""

from __future__ import annotations

from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

from segmentation.catalogue import Catalogue
from segmentation.clock import Clock
from segmentation.compiling import Compiled, compile_known
from segmentation.definition import (
    Condition,
    FieldCondition,
    Group,
    ListCondition,
    Node,
    SegmentCondition,
)
from segmentation.editing import with_ids
from segmentation.errors import Cancelled, HandpickError
from segmentation.happening import compared
from segmentation.membership import Membership
from segmentation.operators import OPERATORS
from segmentation.outline import Form, Inside, Joined, Leaf, Outline
from segmentation.plan import Progress
from segmentation.references import (
    NamedDefinition,
    References,
    refuse_circle,
    refuse_unfinished_groups,
)

if TYPE_CHECKING:
    from segmentation.engine import Engine

_NEGATIVE = {name for name, operator in OPERATORS.items() if operator.negates not in (None, "is_known")}


class Walk:
    """One evaluation: the sets of all conditions that count, and the tree over them as an outline."""

    def __init__(
        self,
        engine: Engine,
        catalogue: Catalogue,
        clock: Clock,
        references: References,
        path: tuple[NamedDefinition, ...],
        progress: Progress,
        above: Walk | None = None,
    ) -> None:
        self.engine = engine
        self.references = references
        self.path = path  # the segments on the way here, outermost first
        self.catalogue = catalogue
        self.clock = clock
        self.progress = progress
        self.nodes: list[str] = []  # those that count, children before their group
        self.missing: dict[str, int] = {}
        self.unfinished: dict[str, str] = {}
        self.sets: list[Membership] = [] if above is None else above.sets
        self._slots: dict[int, int] = {} if above is None else above._slots  # by a set's identity
        self._segments: list[Form] = [] if above is None else above._segments
        self._answered: dict[str, int | str] = (
            {} if above is None else above._answered
        )  # by id: the place, or what is wrong

    def form_of(self, node: Node) -> Form | None:
        """The node's form; None where it does not count."""
        if not node.enabled:
            return None
        found: Form | None
        if type(node) is Group:  # told apart by `isinstance` pydantic's classes take five times as long
            children = []
            for child in node.children:
                found = self.form_of(child)
                if found is not None:
                    children.append(found)
            found = Joined(node.match, node.least, tuple(children)) if children else None
        else:
            found = self._condition(node)
        if found is not None:
            self.nodes.append(node.id)
        return found

    def outline(self, root: Form) -> Outline:
        """The tree over `sets`."""
        return Outline(len(self.sets), root, tuple(self._segments))

    def _slot(self, question: Compiled) -> int:
        """The place of the set whom a question finds by itself; raises HandpickError."""
        members = self.engine.found(question, self.progress)
        found = self._slots.get(id(members))
        if found is None:
            found = self._slots[id(members)] = len(self.sets)
            self.sets.append(members)
        return found

    def _condition(self, node: Condition) -> Form | None:
        try:
            if type(node) is SegmentCondition:
                return Inside(self._segment(node), node.outside)
            question = self.engine.question(node, self.clock, self.catalogue, self.references)
            known = tuple([self._slot(compile_known(name)) for name in question.known]) if question.known else ()
            others = question.complement != (type(node) is ListCondition and node.outside)
            found = Leaf(self._slot(question.positive), others, known)
        except HandpickError as error:
            if isinstance(error, Cancelled):
                raise
            self.unfinished[node.id] = str(error)
            return None
        if type(node) is FieldCondition and node.operator in _NEGATIVE:
            known_sets = [self.engine.found(compile_known(name), self.progress) for name in compared(node)]
            self.missing[node.id] = self.engine.audience.people - reduce(and_, known_sets).count
        return found

    def _segment(self, node: SegmentCondition) -> int:
        """The place of another segment, looked at once however often it is referred to."""
        named = self.references.segment(node.segment)
        refuse_circle(self.path, named)
        if named.id not in self._answered:
            try:
                form = self._inside(named)
                self._segments.append(form)
                self._answered[named.id] = len(self._segments) - 1
            except Cancelled:
                raise
            except HandpickError as error:
                self._answered[named.id] = str(error)
        found = self._answered[named.id]
        if isinstance(found, str):
            raise HandpickError(found)
        return found

    def _inside(self, named: NamedDefinition) -> Form:
        """Another segment, all of which has to count."""
        path = (*self.path, named)
        walk = Walk(self.engine, self.catalogue, self.clock, self.references, path, self.progress, self)
        found = walk.form_of(with_ids(named.definition).root)
        if walk.unfinished:
            reason = next(iter(walk.unfinished.values()))
            raise HandpickError(
                reason if "cannot contain itself" in reason else f"The segment “{named.name}” is not finished: {reason}"
            )
        if found is None:
            raise HandpickError(f"The segment “{named.name}” has no filter that counts.")
        refuse_unfinished_groups(named)
        return found
