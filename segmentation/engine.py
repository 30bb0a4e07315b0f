"""Counts from a definition: each condition answered once as a set of people, the tree as set algebra.

All numbers of a screen (total, every condition and group, the funnel, "without this one") come from one walk over the same
sets, and preview, charts and exports start from the same `Answer.members`, so that they agree to the person.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, timedelta

import duckdb

from segmentation.audience import Audience
from segmentation.catalogue import Catalogue
from segmentation.clock import Clock
from segmentation.compiling import Compiled, compile_condition, compile_known
from segmentation.definition import (
    Condition,
    Definition,
    EventCondition,
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
from segmentation.jobs import QUIET
from segmentation.keeping import Kept
from segmentation.kernels import Kernels
from segmentation.membership import Membership
from segmentation.outline import screen_of
from segmentation.placing import coordinates, identity
from segmentation.plan import Progress
from segmentation.references import NO_REFERENCES, References, listed_question
from segmentation.set_files import SetFiles
from segmentation.under import Under, asked
from segmentation.walking import Walk

SET_BUDGET = 256 * 1024 * 1024
COMPILED_KEPT = 10_000
ANOTHER = timedelta(minutes=1)  # after a restart it is later by as much at least
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
    waiting: bool = False  # not worked out yet: there are no numbers
    counts: dict[str, int] = field(default_factory=dict)
    without: dict[str, int] = field(default_factory=dict)  # the total if this node were not there
    funnel: tuple[Step, ...] = ()
    missing: dict[str, int] = field(default_factory=dict)  # negative field conditions: people with no value
    unfinished: dict[str, str] = field(default_factory=dict)
    work_out: Callable[[], dict[str, Membership]] = field(default=dict, repr=False, compare=False)

    @property
    def sets(self) -> dict[str, Membership]:
        """The people of every node that counts, by the node's id; worked out when it is asked for."""
        return self.work_out()

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
        wanted = bool(kernels) or (kernels is None and large)
        self._under = Under.of(audience, kernels, lambda base: Engine(base, kernels=kernels)) if wanted else None
        self.kernels = Kernels(audience, wait=kernels is True) if wanted and audience.base is None else None
        self.files = SetFiles(audience)
        newest = audience.about.newest_event
        self._newest = newest.astimezone(UTC).replace(tzinfo=None) if newest is not None and newest.tzinfo else newest
        self._sets: Kept[Compiled, Membership] = Kept(SET_BUDGET, lambda members: members.nbytes)
        self._compiled: OrderedDict[tuple[Condition, tuple[str, ...], Clock], Compiled | str] = OrderedDict()
        self._seen: dict[int, tuple[Condition, Catalogue, Clock, Compiled]] = {}  # by identity
        self._lock = threading.Lock()

    def make_ready(self) -> None:
        """Have a large audience get ready beside for what will be asked of it."""
        if self._under is not None:
            self._under.engine.make_ready()
        elif self.kernels is not None:
            self.kernels.make_ready()

    def found(self, question: Compiled, progress: Progress = QUIET) -> Membership:
        """Whom a question without a complement finds, from the cache or by one query; raises `Cancelled`."""
        found = self._sets.get(question)
        if found is None:
            progress("Counting")
            found = self._sets.once(question, lambda: self._look(question, progress))
        return found

    def answer(
        self,
        definition: Definition,
        clock: Clock,
        catalogue: Catalogue | None = None,
        references: References = NO_REFERENCES,
        progress: Progress = QUIET,
    ) -> Answer:
        """All numbers of a definition; unfinished and disabled nodes are left out and never widen what is left.

        Raises `Cancelled` where `progress` says so; what was found until then is kept. Nodes without an id of their own are counted under the ids that `with_ids` gives them.
        """
        ids = [node.id for node in _counted(definition.root)]
        if not all(ids) or len(set(ids)) < len(ids):
            definition = with_ids(definition)
        path = (references.origin,) if references.origin is not None else ()
        walk = Walk(self, catalogue or self.audience.catalogue, clock, references, path, progress)
        kernels = self.kernels if self._under is None else self._under.engine.kernels
        with kernels.stock.first() if kernels is not None else nullcontext():
            form = walk.form_of(definition.root)
        size = self.audience.people
        if form is None:
            return Answer(size, Membership.nobody(size), counted=False, unfinished=walk.unfinished)
        screen = screen_of(walk.outline(form))
        numbers, (members,) = screen.program.run(walk.sets, size)
        nodes, rest = numbers[: screen.nodes], iter(numbers[screen.nodes :])
        return Answer(
            size,
            members,
            counted=True,
            counts=dict(zip(walk.nodes, nodes, strict=True)),
            without={walk.nodes[place]: next(rest) for place in screen.without},
            funnel=tuple(Step(walk.nodes[place], next(rest)) for place in screen.funnel),
            missing=walk.missing,
            unfinished=walk.unfinished,
            work_out=lambda: dict(zip(walk.nodes, screen.every.run(walk.sets, size)[1], strict=True)),
        )

    def keep(
        self,
        definition: Definition,
        clock: Clock,
        catalogue: Catalogue,
        references: References,
        progress: Progress = QUIET,
    ) -> None:
        """Keep in files what a saved definition's filters take long to find, for its first count after a restart.

        Left out are filters on the time before now, which is another after a restart, and segments, which are saved themselves.
        Raises `Cancelled` where `progress` says so.
        """
        later = Clock(clock.now + ANOTHER, clock.zone)
        for node in _counted(definition.root):
            if isinstance(node, Group | SegmentCondition) or not node.enabled:
                continue
            try:
                asked = self.question(node, clock, catalogue, references)
                if asked == self.question(node, later, catalogue, references):
                    for question in (asked.positive, *map(compile_known, asked.known)):
                        self._keep(question, progress)
            except Cancelled:
                raise
            except (HandpickError, duckdb.Error, MemoryError):
                continue  # whoever counts it meets the same error, and is told

    def _keep(self, question: Compiled, progress: Progress) -> None:
        """What has a form has to be known to be slow, as the kernels mostly find it as fast as a file."""
        if (question.form is None or self.files.slow(question)) and self.files.read(question) is None:
            if self.kernels is not None:
                self.kernels.stock.wait_for_quiet()
            members = self.found(question, progress)
            if self.files.slow(question):
                self.files.keep(question, members)

    def question(
        self, node: Condition, clock: Clock, catalogue: Catalogue, references: References = NO_REFERENCES
    ) -> Compiled:
        """What is asked of the audience for a condition other than a segment, once per clock; raises HandpickError where it is unfinished or wrong."""
        seen = self._seen.get(id(node))
        if seen is not None and seen[0] is node and seen[1] is catalogue and (seen[2] is clock or seen[2] == clock):
            return seen[3]
        if type(node) is ListCondition:
            asked = listed_question(references.list(node.list), catalogue)
            return Compiled(asked.select.sql("duckdb"), asked.parameters)
        found = self._compiled_anew(node, catalogue, clock)
        if len(self._seen) >= COMPILED_KEPT:
            self._seen.clear()
        self._seen[id(node)] = (node, catalogue, clock, found)
        return found

    def sizes(
        self, condition: EventCondition, thresholds: Sequence[int], clock: Clock, catalogue: Catalogue, *, kept: bool
    ) -> dict[int, int] | None:
        """How many people did it at least so many times, by the number.

        With `kept` only from the one number of each person that is kept, as asking takes long in a large audience; None where
        it is not. Raises HandpickError where the condition is unfinished.
        """
        found = {}
        for threshold in thresholds:
            asked = condition.model_copy(update={"comparison": "at_least", "value": threshold})
            question = self.question(asked, clock, catalogue)
            form = question.form
            if kept and (self.kernels is None or form is None or not self.kernels.keeps(form)):
                return None
            found[threshold] = self.found(question.positive).count
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

    def _look(self, question: Compiled, progress: Progress) -> Membership:
        if self._under is not None:
            found = self._under.found(question, progress)
            if found is not None:
                return found
        if self.kernels is not None and question.form is not None:
            found = self.kernels.answer(question.form, progress)
            if found is not None:
                return found
        return self.files.found(question, lambda: self._ask(question, progress))

    def _ask(self, question: Compiled, progress: Progress) -> Membership:
        cursor = self.audience.cursor()
        try:
            return Membership.of(asked(cursor, question, progress), self.audience.people)
        finally:
            cursor.close()


def _counted(root: Node) -> list[Node]:
    """All nodes that can be counted."""
    nodes = [root]
    for node in nodes:
        if type(node) is Group:
            nodes += node.children
    return nodes


def _with_roles(condition: Condition, catalogue: Catalogue) -> Condition:
    """The condition with the fields by name that it finds by their roles, as roles can be changed."""
    if isinstance(condition, PlaceCondition):
        latitude, longitude = coordinates(condition, catalogue)
        return condition.model_copy(update={"latitude": latitude.name, "longitude": longitude.name})
    if isinstance(condition, SampleCondition):
        return condition.model_copy(update={"field": identity(condition, catalogue).name})
    return condition
