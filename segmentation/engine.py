"""Counts from a definition: each condition answered once as a set of people, the tree as set algebra.

All numbers of a screen (total, every condition and group, the funnel, "without this one") come from one walk over the same
sets, and preview, charts and exports start from the same `Answer.members`, so that they agree to the person.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC
from functools import reduce
from operator import and_

import duckdb
import numpy as np

from segmentation.audience import Audience
from segmentation.catalogue import Catalogue
from segmentation.clock import Clock
from segmentation.combining import Replace, combined, replacers, running
from segmentation.compiling import Compiled, compile_condition, compile_known
from segmentation.definition import (
    Condition,
    Definition,
    FieldCondition,
    Group,
    ListCondition,
    Node,
    PlaceCondition,
    SampleCondition,
    SegmentCondition,
    walk,
)
from segmentation.editing import with_ids
from segmentation.errors import Cancelled, HandpickError
from segmentation.happening import compared
from segmentation.keeping import Kept
from segmentation.kernels import Kernels
from segmentation.membership import Membership
from segmentation.operators import OPERATORS
from segmentation.placing import coordinates, identity
from segmentation.references import NO_REFERENCES, NamedDefinition, References, listed_question, refuse_circle
from segmentation.tally import Tally, Term

SET_BUDGET = 256 * 1024 * 1024
COMPILED_KEPT = 10_000
LARGE = 100_000  # people or events from which the kernels pay


@dataclass(frozen=True)
class Step:
    """One step of the funnel: the people left (all, none of) or gathered (any of) after this filter of the root."""

    node: str
    count: int


@dataclass(frozen=True)
class Answer:
    """Everything the builder shows of a definition at one moment. Counts are exact.

    Nodes that are disabled, empty or unfinished are not in `counts`; `unfinished` says why for conditions.
    """

    base: int
    members: Membership
    counted: bool  # False where nothing counts yet: `members` is then empty
    counts: dict[str, int] = field(default_factory=dict)
    without: dict[str, int] = field(default_factory=dict)  # the total if this node were not there
    funnel: tuple[Step, ...] = ()
    missing: dict[str, int] = field(default_factory=dict)  # negative field conditions: people with no value
    unfinished: dict[str, str] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many people are in."""
        return self.members.count

    @property
    def share(self) -> float:
        """`total` as a share (0–1) of the base; 0 for an empty base."""
        return self.total / self.base if self.base else 0.0


class Engine:
    """Answers definitions over one audience version; safe to share between threads and sessions."""

    def __init__(self, audience: Audience, *, kernels: bool | None = None) -> None:
        """`kernels` answer frequent conditions without SQL: always and at once, never, or by themselves in a large audience."""
        self.audience = audience
        large = max(audience.people, audience.about.events) >= LARGE
        self.kernels = Kernels(audience, wait=kernels is True) if kernels or (kernels is None and large) else None
        newest = audience.about.newest_event
        self._newest = newest.astimezone(UTC).replace(tzinfo=None) if newest is not None and newest.tzinfo else newest
        self._sets: Kept[Compiled, Membership] = Kept(SET_BUDGET, lambda members: members.nbytes)
        self._compiled: OrderedDict[tuple[Condition, tuple[str, ...], Clock], Compiled | str] = OrderedDict()
        self._seen: dict[int, tuple[Condition, Catalogue, Clock, Compiled]] = {}  # by identity
        self._lock = threading.Lock()

    def members_of(self, question: Compiled) -> Membership:
        """The set of one question, from the cache or by one query."""
        if not question.complement and not question.known:
            return self._positive(question)
        tally = Tally(self.audience.people)
        term = self.term_of(question, tally)
        return tally.members(term, tally.run([term]))

    def term_of(self, question: Compiled, tally: Tally) -> Term:
        """The set of one question for a tally."""
        found = tally.of(self._positive(question))
        if question.complement:
            found = ~found
        for name in question.known:
            found = found & self.term_of(compile_known(name), tally)
        return found

    def _positive(self, question: Compiled) -> Membership:
        """Whom the question itself finds."""
        positive = question
        if question.complement or question.known:
            positive = Compiled(question.sql, question.parameters, form=question.form)
        return self._sets.once(positive, lambda: self._found(positive))

    def answer(
        self,
        definition: Definition,
        clock: Clock,
        catalogue: Catalogue | None = None,
        references: References = NO_REFERENCES,
    ) -> Answer:
        """All numbers of a definition; unfinished and disabled nodes are left out and never widen what is left.

        Nodes without an id of their own are counted under the ids that `with_ids` gives them.
        """
        definition = with_ids(definition)
        path = (references.origin,) if references.origin is not None else ()
        walk = _Walk(self, catalogue or self.audience.catalogue, clock, references, path)
        with self.kernels.first() if self.kernels is not None else nullcontext():
            root = walk.term_of(definition.root)
        size = self.audience.people
        if root is None:
            return Answer(size, Membership.nobody(size), counted=False, unfinished=walk.unfinished)
        without, funnel, tally = walk.without(definition.root), walk.funnel(definition.root), walk.tally
        for term in (*walk.terms.values(), *without.values(), *funnel.values()):
            tally.want(term)
        found = tally.run([root])
        return Answer(
            size,
            tally.members(root, found),
            counted=True,
            counts={node: tally.count(term) for node, term in walk.terms.items()},
            without={node: tally.count(term) for node, term in without.items()},
            funnel=tuple(Step(node, tally.count(term)) for node, term in funnel.items()),
            missing=walk.missing,
            unfinished=walk.unfinished,
        )

    def compiled(self, condition: Condition, catalogue: Catalogue, clock: Clock) -> Compiled:
        """A condition compiled once per clock; raises HandpickError where it is unfinished or wrong."""
        seen = self._seen.get(id(condition))
        if seen is not None and seen[0] is condition and seen[1] is catalogue and seen[2] == clock:
            return seen[3]
        found = self._compiled_anew(condition, catalogue, clock)
        if len(self._seen) >= COMPILED_KEPT:
            self._seen.clear()
        self._seen[id(condition)] = (condition, catalogue, clock, found)
        return found

    def _compiled_anew(self, condition: Condition, catalogue: Catalogue, clock: Clock) -> Compiled:
        condition = _with_roles(condition, catalogue)
        values = tuple(repr(node.value) for node in walk(condition) if isinstance(node, FieldCondition))
        key = (condition, values, clock)  # for Python True and 1 are equal
        with self._lock:
            found = self._compiled.get(key)
        if found is None:
            try:
                found = compile_condition(condition, catalogue, clock, self._newest)
            except HandpickError as error:
                found = str(error)
            with self._lock:
                self._compiled[key] = found
                while len(self._compiled) > COMPILED_KEPT:
                    self._compiled.popitem(last=False)
        if isinstance(found, str):
            raise HandpickError(found)
        return found

    def _found(self, question: Compiled) -> Membership:
        if self.kernels is not None and question.form is not None:
            found = self.kernels.answer(question.form)
            if found is not None:
                return found
        return self._ask(question)

    def _ask(self, question: Compiled) -> Membership:
        cursor = self.audience.cursor()
        try:
            parameters = {name: list(v) if isinstance(v, tuple) else v for name, v in question.parameters}
            rows = cursor.execute(question.sql, parameters).fetchnumpy()["_row"]
        except duckdb.InterruptException as error:
            raise Cancelled from error
        except (duckdb.OutOfRangeException, duckdb.ConversionException) as error:
            raise HandpickError("The numbers are too large to be compared.") from error
        finally:
            cursor.close()
        return Membership.of(np.asarray(rows), self.audience.people)


def _with_roles(condition: Condition, catalogue: Catalogue) -> Condition:
    """The condition with the fields by name that it finds by their roles, as roles can be changed."""
    if isinstance(condition, PlaceCondition):
        latitude, longitude = coordinates(condition, catalogue)
        return condition.model_copy(update={"latitude": latitude.name, "longitude": longitude.name})
    if isinstance(condition, SampleCondition):
        return condition.model_copy(update={"field": identity(condition, catalogue).name})
    return condition


class _Walk:
    """One evaluation: the sets of all nodes that count, as terms of one tally."""

    def __init__(
        self,
        engine: Engine,
        catalogue: Catalogue,
        clock: Clock,
        references: References,
        path: tuple[NamedDefinition, ...],
    ) -> None:
        self.engine = engine
        self.references = references
        self.path = path  # the segments on the way here, outermost first
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
        """The people of another segment, all of which has to count."""
        named = self.references.segment(node.segment)
        refuse_circle(self.path, named)
        walk = _Walk(self.engine, self.catalogue, self.clock, self.references, (*self.path, named))
        walk.tally = self.tally
        found = walk.term_of(with_ids(named.definition).root)
        if walk.unfinished:
            reason = next(iter(walk.unfinished.values()))
            raise HandpickError(
                reason if "cannot contain itself" in reason else f"The segment “{named.name}” is not finished: {reason}"
            )
        if found is None:
            raise HandpickError(f"The segment “{named.name}” has no filter that counts.")
        return found

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
