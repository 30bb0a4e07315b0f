"""Drawn audiences as files, each with the definitions asked of it and both who answer: one file for many definitions is fast."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from functools import cached_property
from pathlib import Path

from segmentation.catalogue import Catalogue, FieldEdit
from segmentation.clock import Clock
from segmentation.definition import Definition, Group, Node
from segmentation.engine import Answer, Engine
from segmentation.references import References
from tests.oracle.drawing import EVENTS, FIELDS, NEVER_HAPPENED, PROPERTIES, TYPES, Draw, World
from tests.oracle.oracle import Oracle
from tests.segmentation.audiences import write_audience

SEED = os.environ.get("HANDPICK_ORACLE_SEED", "handpick")
PER_AUDIENCE = 50


@dataclass(frozen=True)
class Asked:
    """One audience; `seed` draws it again."""

    seed: str
    draw: Draw
    world: World
    engine: Engine
    clock: Clock
    oracle: Oracle
    references: References
    definitions: list[Definition]

    @cached_property
    def catalogue(self) -> Catalogue:
        """The audience's, with what its fields are to a person."""
        edits = {name: FieldEdit(role=role) for role, name in self.world.roles.items()}
        return self.engine.audience.catalogue.edited(edits)

    def answer(self, definition: Definition, references: References | None = None) -> Answer:
        """The engine's answer."""
        return self.engine.answer(definition, self.clock, self.catalogue, references or self.references)


def ask(folder: Path, seed: str, count: int = PER_AUDIENCE) -> Asked:
    """One audience with `count` definitions; the caller closes it."""
    draw = Draw(seed)
    world = draw.world()
    names = (*EVENTS, NEVER_HAPPENED)
    path = folder / f"{seed.replace('/', '-')}.duckdb"
    audience = write_audience(path, FIELDS, world.people, PROPERTIES, world.events, names=names, types=TYPES)
    kinds, details = ({name: kind.value for name, kind in columns.items()} for columns in (FIELDS, PROPERTIES))
    roles = {role.value: name for role, name in world.roles.items()}
    return Asked(
        seed,
        draw,
        world,
        Engine(audience),
        Clock(world.now.replace(tzinfo=UTC), world.zone),
        Oracle(world.people, world.events, kinds, details, names, world.now, world.zone, roles),
        draw.references(world),
        [draw.definition(world) for _ in range(count)],
    )


def worlds(folder: Path, pairs: int, seed: str) -> Iterator[Asked]:
    """Audiences with `pairs` definitions in all, each closed and gone before the next."""
    for number in range(0, pairs, PER_AUDIENCE):
        asked = ask(folder, f"{seed}/{number}", min(PER_AUDIENCE, pairs - number))
        yield asked
        asked.engine.audience.close()
        asked.engine.audience.path.unlink()


def filters(node: Node) -> Iterator[Node]:
    """The node and what is below it, without what is inside a condition."""
    yield node
    if isinstance(node, Group):
        for child in node.children:
            yield from filters(child)
