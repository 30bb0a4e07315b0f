"""One evaluation: a definition walked once, with the set of every node written down and all numbers taken from them."""

from __future__ import annotations

from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

from segmentation.catalogue import Catalogue
from segmentation.clock import Clock
from segmentation.combining import Replace, combined, replacers, running
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
from segmentation.references import (
    NamedDefinition,
    References,
    listed_question,
    refuse_circle,
    refuse_empty_groups,
)
from segmentation.tally import Tally, Term

if TYPE_CHECKING:
    from segmentation.engine import Engine


class Walk:
    """One evaluation: the sets of all nodes that count, as terms of one tally."""

    def __init__(
        self,
        engine: Engine,
        catalogue: Catalogue,
        clock: Clock,
        references: References,
        path: tuple[NamedDefinition, ...],
        answered: dict[str, Term | str] | None = None,
    ) -> None:
        self.engine = engine
        self.references = references
        self.path = path  # the segments on the way here, outermost first
        self.answered = {} if answered is None else answered  # other segments by id: their people, or what is wrong
        self.catalogue = catalogue
        self.clock = clock
        self.tally = Tally(engine.audience.people)
        self.terms: dict[str, Term] = {}
        self.missing: dict[str, int] = {}
        self.unfinished: dict[str, str] = {}

    def term_of(self, node: Node) -> Term | None:
        """The node's set; None where it does not count."""
        if not node.enabled:
            return None
        if isinstance(node, Group):
            terms = [term for child in node.children if (term := self.term_of(child)) is not None]
            found = combined(node, terms) if terms else None
        else:
            found = self._condition(node)
        if found is not None:
            self.terms[node.id] = found
        return found

    def _condition(self, node: Condition) -> Term | None:
        try:
            found = self._answer(node)
        except HandpickError as error:
            if isinstance(error, Cancelled):
                raise
            self.unfinished[node.id] = str(error)
            return None
        if isinstance(node, FieldCondition) and node.operator is not None:
            negates = OPERATORS[node.operator].negates
            if negates is not None and negates != "is_known":
                known = (self.engine.members_of(compile_known(name)) for name in compared(node))
                self.missing[node.id] = self.engine.audience.people - reduce(and_, known).count
        return found

    def _answer(self, node: Condition) -> Term:
        if isinstance(node, SegmentCondition):
            found = self._segment(node)
        elif isinstance(node, ListCondition):
            asked = listed_question(self.references.list(node.list), self.catalogue)
            found = self.engine.term_of(Compiled(asked.select.sql("duckdb"), asked.parameters), self.tally)
        else:
            return self.engine.term_of(self.engine.compiled(node, self.catalogue, self.clock), self.tally)
        return ~found if node.outside else found

    def _segment(self, node: SegmentCondition) -> Term:
        """The people of another segment, looked at once however often it is referred to."""
        named = self.references.segment(node.segment)
        refuse_circle(self.path, named)
        if named.id not in self.answered:
            try:
                self.answered[named.id] = self._inside(named)
            except Cancelled:
                raise
            except HandpickError as error:
                self.answered[named.id] = str(error)
        found = self.answered[named.id]
        if isinstance(found, str):
            raise HandpickError(found)
        return found

    def _inside(self, named: NamedDefinition) -> Term:
        """The people of another segment, all of which has to count."""
        path = (*self.path, named)
        walk = Walk(self.engine, self.catalogue, self.clock, self.references, path, self.answered)
        walk.tally = self.tally
        found = walk.term_of(with_ids(named.definition).root)
        if walk.unfinished:
            reason = next(iter(walk.unfinished.values()))
            raise HandpickError(
                reason if "cannot contain itself" in reason else f"The segment “{named.name}” is not finished: {reason}"
            )
        if found is None:
            raise HandpickError(f"The segment “{named.name}” has no filter that counts.")
        refuse_empty_groups(named)
        return found

    def sets(self) -> dict[str, Membership]:
        """The people of every node that counts, by the node's id."""
        found = self.tally.run(self.terms.values())
        return {node: self.tally.members(term, found) for node, term in self.terms.items()}

    def _counted(self, group: Group) -> list[Node]:
        return [child for child in group.children if child.id in self.terms]

    def funnel(self, root: Group) -> dict[str, Term]:
        """The running total over the root's children in their order."""
        children = self._counted(root)
        terms = running(root, [self.terms[child.id] for child in children])
        return {child.id: term for child, term in zip(children, terms, strict=True)}

    def without(self, root: Group) -> dict[str, Term]:
        """For each node below the root the total if it were not there; nodes whose absence empties the root are left out."""
        found: dict[str, Term] = {}

        def look(group: Group, up: Replace) -> None:
            """`up` gives the root's set from what this group's set becomes (None: the group falls away)."""
            children = self._counted(group)
            for child, replaced in zip(children, replacers(group, [self.terms[c.id] for c in children]), strict=True):

                def upward(
                    term: Term | None,
                    replaced: Replace = replaced,
                ) -> Term | None:
                    return up(replaced(term))

                rest = upward(None)
                if rest is not None:
                    found[child.id] = rest
                if isinstance(child, Group):
                    look(child, upward)

        look(root, lambda term: term)
        return found
