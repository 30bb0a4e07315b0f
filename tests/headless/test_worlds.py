"""Drawn worlds written as JSON and read back without a screen match the same people as the rows themselves, put into an audience.

`HANDPICK_FILED_WORLDS=200 pytest tests/headless/test_worlds.py` writes more of them.
"""

import json
import os
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.opening import Columns, open_files
from segmentation.checking import problems
from segmentation.clock import Clock
from segmentation.engine import Engine
from tests.headless.asking import write
from tests.oracle.drawing import EVENTS, FIELDS, NEVER_HAPPENED, PROPERTIES, TYPES, Draw
from tests.oracle.worlds import SEED
from tests.segmentation.audiences import write_audience

WORLDS = int(os.environ.get("HANDPICK_FILED_WORLDS", "4"))
PER_WORLD = 25
FIRST_YEAR = 1000  # earlier days are none to a reader of texts
KEY, EVENT, AT = "person key", "what happened", "when it happened"


def as_json(value: Any) -> Any:
    """A cell as JSON has it; moments in UTC, the zone said."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value


def late(row: Any) -> dict[str, Any]:
    """A row without days that no reader takes for such."""
    return {name: value for name, value in row.items() if not (isinstance(value, date) and value.year < FIRST_YEAR)}


def cells(row: Any, kinds: Any) -> dict[str, Any]:
    """A row as JSON."""
    return {name: as_json(value) for name, value in row.items() if name in kinds}


@pytest.mark.parametrize("number", range(WORLDS))
def test_files_are_answered_as_the_rows_themselves(tmp_path: Path, number: int) -> None:
    draw = Draw(f"{SEED}/files/{number}")
    world = draw.world()
    people, happened = [late(row) for row in world.people], [late(row) for row in world.events]
    names = (*EVENTS, NEVER_HAPPENED)
    audience = write_audience(tmp_path / "a.duckdb", FIELDS, people, PROPERTIES, happened, names=names, types=TYPES)
    engine, clock = Engine(audience), Clock(world.now.replace(tzinfo=UTC), world.zone)
    drawn = [draw.definition(world) for _ in range(PER_WORLD)]
    definitions = [one for one in drawn if not problems(one, audience.catalogue, clock)]
    assert definitions
    persons = [{KEY: f"0{row}", **cells(person, FIELDS)} for row, person in enumerate(people)]
    events = [
        {KEY: f"0{e['_row']}", EVENT: e["_name"], AT: as_json(e["_time"]), **cells(e, PROPERTIES)} for e in happened
    ]
    with open_files(
        write(tmp_path, "people.ndjson", persons),
        [write(tmp_path, "events.json", events)],
        definitions=definitions,
        columns=Columns(KEY, KEY, EVENT, AT),
        as_of=clock.now,
        zone=world.zone,
        unseen_events=True,
    ) as evaluation:
        for definition in definitions:
            assert not evaluation.problems(definition), definition
            expected = [f"0{row}" for row in engine.answer(definition, clock).members.rows()]
            assert evaluation.members(definition) == expected, json.dumps(definition.model_dump(mode="json"))
    audience.close()
