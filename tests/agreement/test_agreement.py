"""One meaning: membership sets, one statement in DuckDB, PostgreSQL and MariaDB give the same people, but for a written list."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from segmentation.engine import Engine
from segmentation.references import NO_REFERENCES
from segmentation.statement import statement
from tests.agreement.conditions import REFERENCES, definitions, rooted
from tests.agreement.databases import INTERNAL, Database, mariadb, postgres
from tests.agreement.differences import DIFFERENCES, LISTED
from tests.agreement.world import CLOCK, World, world
from tests.oracle import drawing_operands, drawing_people
from tests.oracle.drawing_people import CLOCKS
from tests.oracle.drawing_people import FIELDS as DRAWN_FIELDS
from tests.oracle.drawing_people import PROPERTIES as DRAWN_PROPERTIES
from tests.oracle.drawing_people import TYPES as DRAWN_TYPES
from tests.oracle.worlds import SEED, worlds
from tests.segmentation.audiences import write_audience

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "dialects.md"
SERVERS: dict[str, Callable[[], AbstractContextManager[Database]]] = {
    "postgres": postgres,
    "mysql": lambda: mariadb(sorted({zone for _, zone in CLOCKS})),
}
DRAWN = 96


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = world(tmp_path_factory.mktemp("agreement"))
    yield made
    made.engine.audience.close()


@pytest.fixture(scope="module", params=SERVERS)
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    with SERVERS[request.param]() as server:
        yield server


@pytest.mark.slow
def test_every_kind_of_condition_finds_the_same_people(database: Database, asked: World) -> None:
    asked.load(database)
    wrong = {}
    matched = 0
    for number, (name, definition) in enumerate(definitions().items()):
        expected = asked.engine.answer(definition, CLOCK, asked.catalogue, REFERENCES).members.rows().tolist()
        matched += 0 < len(expected) < asked.engine.audience.people
        inline = number % 4 == 0  # a text with literals has to mean the same
        found = database.ask(
            statement(definition, asked.catalogue, CLOCK, None, database.dialect, REFERENCES, inline=inline)
        )
        if found != expected:
            wrong[name] = (found, expected)
    assert wrong == {}
    assert matched > len(definitions()) / 2, "most definitions match some and not all"


@pytest.mark.slow
def test_drawn_definitions_find_the_same_people(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = tuple(text for text in drawing_people.TEXTS if text not in LISTED)
    for module in (drawing_people, drawing_operands):
        monkeypatch.setattr(module, "TEXTS", texts)
    for drawn in worlds(tmp_path, DRAWN, f"{SEED}/{database.dialect}"):
        numbered = [row | {"_row": number} for number, row in enumerate(drawn.oracle.people)]
        database.load("people", DRAWN_FIELDS, numbered, DRAWN_TYPES)
        database.load("events", {**INTERNAL, **DRAWN_PROPERTIES}, drawn.oracle.events, DRAWN_TYPES)
        audience = drawn.engine.audience
        newest = audience.about.newest_event
        for definition in drawn.definitions:
            answer = drawn.answer(definition)
            asked = statement(definition, drawn.catalogue, drawn.clock, newest, database.dialect, drawn.references)
            assert database.ask(asked) == answer.members.rows().tolist(), (drawn.seed, definition)
            assert asked.unfinished.keys() == answer.unfinished.keys()


def test_the_written_differences_are_there_and_no_others(database: Database, tmp_path: Path) -> None:
    assert {difference.dialect for difference in DIFFERENCES} == set(SERVERS)
    for number, difference in enumerate(d for d in DIFFERENCES if d.dialect == database.dialect):
        types = {"value": difference.type} if difference.type else {}
        people = [{"value": value} for value in difference.values]
        columns = {"value": difference.kind}
        audience = write_audience(tmp_path / f"{number}.duckdb", columns, people, types=types)
        numbered = [row | {"_row": number} for number, row in enumerate(people)]
        database.load("people", columns, numbered, types)
        definition = rooted(difference.condition)
        expected = Engine(audience).answer(definition, CLOCK).members.rows().tolist()
        asked = statement(definition, audience.catalogue, CLOCK, None, database.dialect, NO_REFERENCES)
        found = database.ask(asked)
        values = difference.values
        extra, lost = (
            tuple(values[row] for row in values_)
            for values_ in (sorted({*found} - {*expected}), sorted({*expected} - {*found}))
        )
        assert (extra, lost) == (difference.extra, difference.lost), difference
        audience.close()


def test_every_difference_is_written_down_with_its_reason() -> None:
    headings = DOCUMENT.read_text(encoding="utf-8")
    for difference in DIFFERENCES:
        assert f"| {difference.name} |" in headings, difference.name
