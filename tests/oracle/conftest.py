"""Audiences that stay open for all tests of a file, and nodes that count."""

import random
from collections.abc import Iterator

import pytest

from tests.oracle.asking import Drawn, answer, every
from tests.oracle.worlds import SEED, Asked, ask, filters

AUDIENCES, ASKED, TAKEN = 5, 12, 30


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Asked]]:
    folder = tmp_path_factory.mktemp("algebra")
    found = [ask(folder, f"{SEED}/algebra/{number}", ASKED) for number in range(AUDIENCES)]
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
