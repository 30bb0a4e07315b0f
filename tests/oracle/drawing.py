"""Definitions drawn at random for audiences drawn at random, with every kind of node, and what they may refer to.

Everything comes from one seeded `random.Random`, so that a seed is a test case.
"""

import random
from collections.abc import Callable, Iterator
from itertools import count

from segmentation.definition import Definition, Group, ListCondition, Match, Node, SegmentCondition
from segmentation.references import ListedBy, NamedDefinition, References, StaticList
from tests.oracle.drawing_conditions import Conditions
from tests.oracle.drawing_operands import BY_NAME
from tests.oracle.drawing_people import BIG, EVENTS, FIELDS, NEVER_HAPPENED, PROPERTIES, TYPES, World, draw_world

__all__ = ["EVENTS", "FIELDS", "NEVER_HAPPENED", "PROPERTIES", "TYPES", "Draw", "Tree", "World"]

SEGMENTS = (("s1", "Loyal"), ("s2", "Ähnlich"), ("s3", "s1"), ("s4", "loyal"), ("s5", 'odd; "x"'), ("s6", "Far"))
"""Ids and names; a name may be another's id, or another's name in small letters."""
LISTS = (("l1", "VIP"), ("l2", "Mails"), ("l3", "vip"), ("l4", "none"))
DEEPEST = 6


class Draw:
    """Audiences and definitions, from one source of chance."""

    def __init__(self, seed: str) -> None:
        self.chance = random.Random(seed)

    def world(self) -> World:
        """Up to 30 people with up to 60 events."""
        return draw_world(self.chance)

    def definition(self, world: World) -> Definition:
        """A tree of up to six levels."""
        return Tree(self.chance, world).definition()

    def references(self, world: World) -> References:
        """Segments, some of which refer to each other, in circles too, and lists."""
        chance = self.chance
        segments = [NamedDefinition(key, name, Tree(chance, world, inside=True).definition()) for key, name in SEGMENTS]
        listed = []
        for key, name in LISTS:
            by = chance.choice(tuple(ListedBy))
            texts = [*BY_NAME["email" if by == ListedBy.EMAIL else "id"], *map(str, BIG), *(f"C{n}" for n in range(9))]
            values = chance.choices(texts, k=chance.choice((1, 3, 8))) if name != "none" else []
            listed.append(StaticList(id=key, name=name, by=by, values=tuple(values)))
        return References(segments, listed)

    def origin(self, references: References, definition: Definition) -> References:
        """Now and then the definition is what becomes of one of the segments."""
        if self.chance.random() < 0.6:
            return references
        chosen = self.chance.choice(references.segments)
        own = NamedDefinition(chosen.id, chosen.name, definition)
        return References(references.segments, references.lists, own)


class Tree(Conditions):
    """A definition for one audience, with ids from n1; `inside`: one that others refer to, small and with more references."""

    def __init__(self, chance: random.Random, world: World, inside: bool = False) -> None:
        super().__init__(chance, world)
        self.inside = inside
        self.ids: Iterator[str] = (f"n{number}" for number in count(1))

    def definition(self) -> Definition:
        return Definition(root=self.group(DEEPEST - 1 if self.inside else 1, self.condition, enabled=True))

    def new_id(self) -> str:
        return next(self.ids)

    def group(self, depth: int, leaf: Callable[[], Node], enabled: bool | None = None) -> Group:
        chance, node_id = self.chance, self.new_id()
        children: list[Node] = []
        many = (1, 1, 1, 1, 1, 1, 2, 2, 2, 0) if self.inside else (0, 1, 2, 2, 2, 3, 3) if depth > 1 else (1, 2, 3, 4)
        for _ in range(chance.choice(many)):
            deeper = depth < DEEPEST and chance.random() < (0.2 if self.inside else 0.27)
            children.append(self.group(depth + 1, leaf) if deeper else leaf())
        return Group(
            id=node_id,
            enabled=not self.off() if enabled is None else enabled,
            match=chance.choice(tuple(Match)),
            least=chance.choice((1, 1, 2, 2, 2, 3)),
            children=tuple(children),
        )

    def condition(self) -> Node:
        chance = self.chance
        kinds: dict[Callable[[], Node], float] = {
            lambda: self.field(FIELDS): 40,
            self.event: 20,
            self.sequence: 8,
            self.habit: 6,
            self.rank: 8,
            self.rfm: 4,
            self.place: 5,
            self.sample: 3,
            self.segment: 20 if self.inside else 7,
            self.listed: 3,
        }
        (kind,) = chance.choices(tuple(kinds), weights=tuple(kinds.values()))
        return kind()

    def segment(self) -> SegmentCondition:
        chance = self.chance
        known = [key for segment in SEGMENTS for key in segment]
        luck = chance.random()
        key = None if luck < 0.02 else "deleted" if luck < 0.04 else chance.choice((*known, "LOYAL", "ÄHNLICH"))
        return SegmentCondition(id=self.new_id(), enabled=not self.off(), segment=key, outside=chance.random() < 0.4)

    def listed(self) -> ListCondition:
        chance = self.chance
        known = [key for one in LISTS for key in one]
        luck = chance.random()
        key = None if luck < 0.02 else "deleted" if luck < 0.04 else chance.choice((*known, "Vip", "MAILS"))
        return ListCondition(id=self.new_id(), enabled=not self.off(), list=key, outside=chance.random() < 0.4)
