"""Drawn filters over what came in live: with and without kernels they find whom they find when all of it is in one file."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from segmentation.audience import Audience, version_paths
from segmentation.engine import Engine
from segmentation.inbox import Inbox
from segmentation.living import bring_in, rebase
from segmentation.messages import admitted
from tests.oracle.conftest import large
from tests.oracle.drawing import EVENTS, FIELDS, NEVER_HAPPENED, PROPERTIES, TYPES
from tests.oracle.worlds import SEED, ask
from tests.segmentation.audiences import write_audience

ASKED = 25


def said(value: Any) -> Any:
    """A value as JSON says it."""
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value


def test_live_as_in_one_file(tmp_path: Path) -> None:
    seed = next(seed for number in range(1000) if large(seed := f"{SEED}/live/{number}"))
    asked = ask(tmp_path, seed, ASKED)
    world = asked.world
    key = next(iter(FIELDS))
    ids = [person.get(key) for person in world.people]
    known = [row for row, one in enumerate(ids) if one and ids.count(one) == 1]
    later = [event for place, event in enumerate(world.events) if place % 2 and event["_row"] in known]
    before = [event for event in world.events if event not in later]
    path = tmp_path / "live" / "v000001.duckdb"
    names = (*EVENTS, NEVER_HAPPENED)
    write_audience(path, FIELDS, world.people, PROPERTIES, before, names=names, types=TYPES).close()
    inbox = Inbox(path.parent)
    messages = [
        admitted(
            {
                "userId": ids[event["_row"]],
                "event": event["_name"],
                "timestamp": event["_time"].isoformat(),
                "properties": {name: said(event.get(name)) for name in PROPERTIES},
            },
            "track",
            datetime.now(UTC),
        )
        for event in later
    ]
    messages += [admitted({"userId": f"new {n}", "traits": {}}, "identify", datetime.now(UTC)) for n in range(3)]
    inbox.append(messages)
    inbox.close()
    bring_in(path.parent)
    live = Audience(version_paths(path.parent)[-1])
    whole = Audience(rebase(path.parent).file)
    plain = Engine(whole, kernels=False)
    counted = 0
    for definition in asked.definitions:
        expected = plain.answer(definition, asked.clock, references=asked.references)
        for kernels in (False, True):
            found = Engine(live, kernels=kernels).answer(definition, asked.clock, references=asked.references)
            assert found.counts == expected.counts, (seed, kernels, definition)
            assert found.members == expected.members
        counted += expected.counted
    assert counted > ASKED / 3
    asked.engine.audience.close()
