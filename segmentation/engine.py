"""Counts from a definition: each condition answered once as a set of people, the tree as set algebra.

All numbers of a screen (total, every condition and group, the funnel, "without this one") come from one walk over the same
sets, and preview, charts and exports start from the same `Answer.members`, so that they agree to the person.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from functools import reduce
from operator import and_, or_

import duckdb
import numpy as np

from segmentation.audience import Audience
from segmentation.catalogue import Catalogue
from segmentation.clock import Clock
from segmentation.compiling import Compiled, compile_condition, compile_known
from segmentation.definition import Condition, Definition, FieldCondition, Group, Match, Node
from segmentation.editing import with_ids
from segmentation.errors import Cancelled, HandpickError
from segmentation.membership import Membership
from segmentation.operators import OPERATORS

SET_BUDGET = 256 * 1024 * 1024
COMPILED_KEPT = 10_000


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

    def __init__(self, audience: Audience) -> None:
        self.audience = audience
        newest = audience.about.newest_event
        self._newest = newest.astimezone(UTC).replace(tzinfo=None) if newest is not None and newest.tzinfo else newest
        self._sets: OrderedDict[Compiled, Membership] = OrderedDict()
        self._compiled: OrderedDict[tuple[Condition, str, Clock], Compiled | str] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def members_of(self, question: Compiled) -> Membership:
        """The set of one question, from the cache or by one query."""
        positive = Compiled(question.sql, question.parameters)
        with self._lock:
            found = self._sets.get(positive)
            if found is not None:
                self._sets.move_to_end(positive)
        if found is None:
            found = self._ask(positive)
            self._keep(positive, found)
        if question.complement:
            found = ~found
        if question.known is not None:
            found = found & self.members_of(compile_known(question.known))
        return found

    def answer(self, definition: Definition, clock: Clock, catalogue: Catalogue | None = None) -> Answer:
        """All numbers of a definition; unfinished and disabled nodes are left out and never widen what is left.

        Nodes without an id of their own are counted under the ids that `with_ids` gives them.
        """
        definition = with_ids(definition)
        walk = _Walk(self, catalogue or self.audience.catalogue, clock)
        root = walk.set_of(definition.root)
        size = self.audience.people
        if root is None:
            return Answer(size, Membership.nobody(size), counted=False, unfinished=walk.unfinished)
        return Answer(
            size,
            root,
            counted=True,
            counts={node: members.count for node, members in walk.sets.items()},
            without=walk.without(definition.root),
            funnel=walk.funnel(definition.root),
            missing=walk.missing,
            unfinished=walk.unfinished,
        )

    def compiled(self, condition: Condition, catalogue: Catalogue, clock: Clock) -> Compiled:
        """A condition compiled once per clock; raises HandpickError where it is unfinished or wrong."""
        key = (condition, repr(condition.value), clock)  # for Python True and 1 are equal
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

    def _keep(self, question: Compiled, members: Membership) -> None:
        with self._lock:
            if question not in self._sets:
                self._bytes += members.nbytes
            self._sets[question] = members
            while self._bytes > SET_BUDGET and len(self._sets) > 1:
                _, evicted = self._sets.popitem(last=False)
                self._bytes -= evicted.nbytes


_COMBINE: dict[Match, Callable[[Membership, Membership], Membership]] = {
    Match.ALL: and_,
    Match.ANY: or_,
    Match.NONE: or_,  # and the complement at the end
}


def combined(match: Match, sets: Sequence[Membership]) -> Membership:
    """A group's set from its children's; `sets` must not be empty."""
    united = reduce(_COMBINE[match], sets)
    return ~united if match == Match.NONE else united


def _others(match: Match, sets: Sequence[Membership]) -> list[Membership | None]:
    """For each child the children before and behind it taken together (before any complement); None for an only child."""
    join = _COMBINE[match]
    before: list[Membership | None] = [None]
    for members in sets[:-1]:
        last = before[-1]
        before.append(members if last is None else join(last, members))
    others: list[Membership | None] = []
    behind: Membership | None = None
    for left, members in zip(reversed(before), reversed(sets), strict=True):
        others.append(left if behind is None else behind if left is None else join(left, behind))
        behind = members if behind is None else join(members, behind)
    return others[::-1]


class _Walk:
    """One evaluation: the sets of all nodes that count."""

    def __init__(self, engine: Engine, catalogue: Catalogue, clock: Clock) -> None:
        self.engine = engine
        self.catalogue = catalogue
        self.clock = clock
        self.sets: dict[str, Membership] = {}
        self.missing: dict[str, int] = {}
        self.unfinished: dict[str, str] = {}

    def set_of(self, node: Node) -> Membership | None:
        """The node's set; None where it does not count."""
        if not node.enabled:
            return None
        if isinstance(node, Group):
            sets = [members for child in node.children if (members := self.set_of(child)) is not None]
            found = combined(node.match, sets) if sets else None
        else:
            found = self._condition(node)
        if found is not None:
            self.sets[node.id] = found
        return found

    def _condition(self, node: Condition) -> Membership | None:
        try:
            found = self.engine.members_of(self.engine.compiled(node, self.catalogue, self.clock))
        except HandpickError as error:
            if isinstance(error, Cancelled):
                raise
            self.unfinished[node.id] = str(error)
            return None
        if isinstance(node, FieldCondition) and node.field is not None and node.operator is not None:
            negates = OPERATORS[node.operator].negates
            if negates is not None and negates != "is_known":
                self.missing[node.id] = (~self.engine.members_of(compile_known(node.field))).count
        return found

    def _counted(self, group: Group) -> list[Node]:
        return [child for child in group.children if child.id in self.sets]

    def funnel(self, root: Group) -> tuple[Step, ...]:
        """The running total over the root's children in their order."""
        steps: list[Step] = []
        running: Membership | None = None
        for child in self._counted(root):
            members = self.sets[child.id]
            running = members if running is None else _COMBINE[root.match](running, members)
            steps.append(Step(child.id, (~running if root.match == Match.NONE else running).count))
        return tuple(steps)

    def without(self, root: Group) -> dict[str, int]:
        """For each node below the root the total if it were not there; nodes whose absence empties the root are left out."""
        found: dict[str, int] = {}

        def look(group: Group, up: Callable[[Membership | None], Membership | None]) -> None:
            """`up` gives the root's set from what this group's set becomes (None: the group falls away)."""
            children = self._counted(group)
            for child, others in zip(children, _others(group.match, [self.sets[c.id] for c in children]), strict=True):

                def replaced(
                    members: Membership | None, others: Membership | None = others, match: Match = group.match
                ) -> Membership | None:
                    if members is None and others is None:
                        return up(None)
                    united = (
                        members if others is None else others if members is None else _COMBINE[match](others, members)
                    )
                    return up(None if united is None else ~united if match == Match.NONE else united)

                rest = replaced(None)
                if rest is not None:
                    found[child.id] = rest.count
                if isinstance(child, Group):
                    look(child, replaced)

        look(root, lambda members: members)
        return found
