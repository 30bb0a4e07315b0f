"""A column of the data may be called as DuckDB calls the numbers of rows: nothing that counts on those takes it for them."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from segmentation.audience import Audience, version_paths
from segmentation.guessing import guess_plan
from segmentation.happened import load_detail, load_events
from segmentation.inbox import Inbox
from segmentation.jobs import Quiet
from segmentation.living import bring_in, rebase
from segmentation.loading import build_audience
from segmentation.messages import admitted
from segmentation.preview import events_of, person
from segmentation.stock import Stock
from tests.segmentation.audiences import attached
from tests.segmentation.staging import stage

SPELLINGS = ("rowid", "ROWID", "RowId")
NOW = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)


def load(folder: Path, **tables: dict[str, list[Any]]) -> Audience:
    staged = [stage(folder, f"{name}.csv", columns) for name, columns in tables.items()]
    plan = guess_plan(staged, zone="UTC", progress=Quiet())
    return attached(build_audience(plan, folder / "audience", name="Shop", zone="UTC", progress=Quiet()))


def orders(name: str, numbers: list[str | None]) -> dict[str, list[Any]]:
    """Four orders of two customers, two of each at one moment, with a column of this name."""
    return {
        name: numbers, "customer_id": ["a", "a", "b", "b"], "city": ["Rome", "Bonn", "Oslo", "Kiel"],
        "ordered_at": ["2024-01-01 10:00"] * 4,
    }  # fmt: skip


def sent(audience: Audience, *events: str) -> Audience:
    """The audience after a customer did this live."""
    folder = audience.path.parent
    inbox = Inbox(folder)
    for place, event in enumerate(events):
        said = {
            "userId": "a",
            "event": event,
            "timestamp": f"2026-06-01T11:00:0{place}Z",
            "properties": {"city": event},
        }
        inbox.append([admitted(json.loads(json.dumps(said)), "track", NOW)])
    inbox.close()
    bring_in(folder)
    return Audience(version_paths(folder)[-1])


@pytest.mark.parametrize("name", SPELLINGS)
@pytest.mark.parametrize("last", ["x", "1", ""])
def test_the_latest_of_two_at_one_moment_is_the_later_row(tmp_path: Path, name: str, last: str) -> None:
    people = [f"p{number:02}" for number in range(40)] * 2
    cities = ["Rome"] * 79 + ["Bonn"]  # so that a city tells of a person
    log = {
        name: [*map(str, range(100, 179)), last], "customer_id": people, "city": cities,
        "ordered_at": ["2024-01-01 10:00"] * 80,
    }  # fmt: skip
    audience = load(tmp_path, log=log)
    assert person(audience, 39, "UTC")["city"] == "Bonn"
    assert events_of(audience, 39, "UTC").column("City").to_pylist() == ["Bonn", "Rome"]


@pytest.mark.parametrize("name", SPELLINGS)
def test_the_kernels_have_the_events(tmp_path: Path, name: str) -> None:
    audience = load(tmp_path, orders=orders(name, ["x", "y", "z", "w"]))
    (event,) = audience.catalogue.events
    happened = load_events(audience, event.name)
    assert happened is not None
    assert [len(block.steps) for block in happened.blocks] == [4]
    stock = Stock(audience, wait=True)
    assert stock.detail(event.name, name) is not None
    assert load_detail(audience, stock._dictionaries, event.name, "city", "VARCHAR") is not None


@pytest.mark.parametrize("name", SPELLINGS)
def test_people_with_what_a_lookup_tells_are_all_there(tmp_path: Path, name: str) -> None:
    people = {
        name: ["x", "y", "z"], "customer_id": ["1", "2", "3"], "email": ["a@x.org", "b@x.org", "c@x.org"],
        "store_id": ["S1", "S2", "S1"],
    }  # fmt: skip
    stores = {"store_id": ["S1", "S2"], "region": ["North", "South"]}
    audience = load(tmp_path, customers=people, stores=stores)
    (region,) = [field.name for field in audience.catalogue.fields if field.label.endswith("egion")]
    assert [person(audience, row, "UTC")[region] for row in range(3)] == ["North", "South", "North"]
    assert [person(audience, row, "UTC")[name] for row in range(3)] == ["x", "y", "z"]


@pytest.mark.parametrize("name", SPELLINGS)
def test_live_events_come_to_such_an_audience(tmp_path: Path, name: str) -> None:
    people = {"customer_id": ["a", "b"], "email": ["a@x.org", "b@x.org"], "tier": ["gold", "iron"]}
    audience = load(tmp_path, customers=people, orders=orders(name, ["1", "", "3", "4"]))
    audience.close()
    later = sent(audience, "first", "second")
    assert later.about.events == 6
    assert later.catalogue.event_property("city").filled == 6
    assert events_of(later, 0, "UTC").column("City").to_pylist() == ["second", "first", "Bonn", "Rome"]
    later.close()
    published = bring_in(later.path.parent, rebased=rebase(later.path.parent))
    assert published is not None
    tidied = Audience(published.path)
    assert events_of(tidied, 0, "UTC").column("City").to_pylist() == ["second", "first", "Bonn", "Rome"]
    assert tidied.catalogue.event_property(name).filled == 3
