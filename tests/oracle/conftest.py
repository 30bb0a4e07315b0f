"""Audiences that stay open for all tests of a file, and nodes that count."""

import random
from collections.abc import Iterator
from itertools import count, islice

import pytest

from tests.oracle.asking import Drawn, answer, every
from tests.oracle.drawing import FIELDS, Draw
from tests.oracle.worlds import SEED, Asked, ask, filters

AUDIENCES, ASKED, TAKEN = 2, 20, 50


def large(seed: str) -> bool:
    """Whether there is enough to be told apart."""
    world = Draw(seed).world()
    known = sum(value is not None for person in world.people for value in person.values())
    return len(world.people) >= 8 and len(world.events) >= 30 and known > len(world.people) * len(FIELDS) / 2


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Asked]]:
    folder = tmp_path_factory.mktemp("algebra")
    seeds = (seed for number in count() if large(seed := f"{SEED}/algebra/{number}"))
    found = [ask(folder, seed, ASKED) for seed in islice(seeds, AUDIENCES)]
    yield found
    for asked in found:
        asked.engine.audience.close()


@pytest.fixture(scope="module")
def nodes(worlds: list[Asked]) -> Drawn:
    """Filters and groups that count, some of every audience."""
    found = []
    for asked in worlds:
        drawn = [node for definition in asked.definitions for node in filters(definition.root)]
        counted = [node for node in drawn if answer(asked, every(node)).counted]
        found.append((asked, random.Random(1).sample(counted, TAKEN)))
    return found
