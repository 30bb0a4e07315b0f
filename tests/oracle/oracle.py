"""A slow second opinion: which people a definition means, row by row in plain Python.

Written from the rules in docs/definitions.md and the docstrings of the models. It reads the models of a definition and shares
nothing else with the engine: exact fractions instead of SQL numbers, calendar days read off a clock on the wall instead of
computed bounds, chains of events followed one by one, places counted off a sorted list.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from segmentation.definition import (
    AnyNode,
    Definition,
    EventCondition,
    FieldCondition,
    Group,
    HabitCondition,
    ListCondition,
    Match,
    Node,
    PlaceCondition,
    RankCondition,
    RfmCondition,
    SampleCondition,
    SegmentCondition,
    SequenceCondition,
    below,
)
from segmentation.references import ListedBy, NamedDefinition, References
from tests.oracle.oracle_events import event_members, group_holds
from tests.oracle.oracle_facts import Facts, NotCounted, Row, folded, missing
from tests.oracle.oracle_fields import field_test, fields_of
from tests.oracle.oracle_habits import habit_members, sequence_members
from tests.oracle.oracle_places import place_members, sample_members
from tests.oracle.oracle_ranks import rank_members, rfm_members

__all__ = ["Oracle", "Row"]


@dataclass
class Oracle(Facts):
    """Answers definitions over the facts; `roles` says which field is the person's id, e-mail, latitude and longitude."""

    roles: Mapping[str, str] = field(default_factory=dict)

    def members(self, definition: Definition, references: References | None = None) -> set[int]:
        """The rows of the people a definition means; nobody where nothing of it counts."""
        return self.node(definition.root, references) or set()

    def node(self, node: Node, references: References | None = None) -> set[int] | None:
        """The rows a node means, None where it does not count."""
        return self.reading(references).node(node)

    def reading(self, references: References | None = None) -> "Reading":
        """What answers several nodes of one definition, each once."""
        found = references or References()
        return Reading(self, found, [found.origin.id] if found.origin else [])

    def without_value(self, node: FieldCondition) -> int:
        """How many people have no value in a field that a condition looks at."""
        names = fields_of(node, self.kinds)
        return sum(any(missing(person.get(name)) for name in names) for person in self.people)


@dataclass
class Reading:
    """One reading of a definition: `path` has the ids of the segments on the way to it."""

    facts: Oracle
    references: References
    path: list[str]
    known: dict[int, tuple[Node, set[int] | None]] = field(default_factory=dict)  # by identity

    def node(self, node: Node) -> set[int] | None:
        """The rows a node means, None where it does not count."""
        if id(node) not in self.known:
            self.known[id(node)] = node, self._node(node)
        return self.known[id(node)][1]

    def _node(self, node: Node) -> set[int] | None:
        if not node.enabled:
            return None
        if isinstance(node, Group):
            sets = [found for child in node.children if (found := self.node(child)) is not None]
            everybody = range(len(self.facts.people))
            return {row for row in everybody if group_holds(node, [row in s for s in sets])} if sets else None
        try:
            return self.condition(node)
        except NotCounted:
            return None

    def condition(self, node: Node) -> set[int]:
        """The rows a condition means."""
        facts, roles = self.facts, self.facts.roles
        match node:
            case FieldCondition():
                test = field_test(facts, node, facts.kinds)
                return {row for row, person in enumerate(facts.people) if test(person)}
            case EventCondition():
                return event_members(facts, node)
            case SequenceCondition():
                return sequence_members(facts, node)
            case HabitCondition():
                return habit_members(facts, node)
            case RankCondition():
                return rank_members(facts, node)
            case RfmCondition():
                return rfm_members(facts, node)
            case PlaceCondition():
                return place_members(facts, node, roles)
            case SampleCondition():
                return sample_members(facts, node, roles)
            case SegmentCondition():
                found = self.segment(node)
            case ListCondition():
                found = self.list(node)
            case _:
                raise NotCounted
        return set(range(len(facts.people))) - found if node.outside else found

    def segment(self, node: SegmentCondition) -> set[int]:
        """The people of another segment, everything of which that is on has to count."""
        named: NamedDefinition = _named(self.references.segments, node.segment)
        if named.id in self.path:
            raise NotCounted
        inner = Reading(self.facts, self.references, [*self.path, named.id])
        root = named.definition.root
        if any(isinstance(part, Group) and not _is_finished(part) for part in _on(root)):
            raise NotCounted
        if any(inner.node(condition) is None for condition in _conditions(root)):
            raise NotCounted
        found = inner.node(root)
        if found is None:
            raise NotCounted
        return found

    def list(self, node: ListCondition) -> set[int]:
        """The people whose id stands on a list as it is, or whose e-mail address does in any case."""
        static = _named(self.references.lists, node.list)
        by_email = static.by == ListedBy.EMAIL
        name = self.facts.roles.get("email" if by_email else "person_id")
        if name is None:
            raise NotCounted

        def key(value: Any) -> str:
            return folded(str(value).strip(" ")) if by_email else str(value)

        listed = {key(value) for value in static.values}
        people = enumerate(self.facts.people)
        return {row for row, person in people if not missing(person.get(name)) and key(person[name]) in listed}


def _is_finished(group: Group) -> bool:
    """Whether a group has children, and where it asks for some of them, so many that are on (or none at all, which says nothing)."""
    on = sum(child.enabled for child in group.children)
    return bool(group.children) and (group.match != Match.AT_LEAST or on == 0 or on >= group.least)


def _on(node: AnyNode) -> Iterator[AnyNode]:
    """The node and everything below it, as far as it is on."""
    if node.enabled:
        yield node
        for child in below(node):
            yield from _on(child)


def _conditions(node: Node) -> Iterator[Node]:
    """The conditions on people that are on."""
    if node.enabled and isinstance(node, Group):
        for child in node.children:
            yield from _conditions(child)
    elif node.enabled:
        yield node


def _named(named: Sequence[Any], key: str | None) -> Any:
    """The one with this id, or else the first with this name in any case."""
    by_id = [one for one in named if one.id == key]
    by_name = [one for one in named if key and one.name.casefold() == key.casefold()]
    for one in (*by_id, *by_name):
        if key:
            return one
    raise NotCounted
