"""A sample company to try Handpick with: made-up customers and their actions, as raw as a CRM and a shop export them."""

from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from connectors.sources.sample.actions import draw_actions, last_seen, spent_cents
from connectors.sources.sample.draws import Calendar
from connectors.sources.sample.log import events_table
from connectors.sources.sample.people import customers_table, draw_people

SMALLEST_PEOPLE, SMALLEST_EVENTS = 100, 1_000


def write_sample(
    folder: Path, *, anchor: date, people: int = 20_000, events: int = 300_000, seed: int = 7
) -> tuple[Path, Path]:
    """Write customers.csv and events.csv into folder; same arguments, same bytes.

    `anchor` is the last day (UTC). Raises ValueError below 100 people or 1,000 events, too few for every kind of customer.
    """
    if people < SMALLEST_PEOPLE or events < SMALLEST_EVENTS:
        raise ValueError(f"A sample has at least {SMALLEST_PEOPLE} people and {SMALLEST_EVENTS:,} events.")
    rng = np.random.default_rng(seed)
    calendar = Calendar.until(anchor)
    customers = draw_people(rng, calendar, people)
    rows = draw_actions(rng, calendar, customers, events)
    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / "customers.csv", folder / "events.csv"
    write_csv(
        customers_table(rng, calendar, customers, spent_cents(rows, people), last_seen(rows, people)),
        paths[0],
        "%Y-%m-%dT%H:%M:%S",
    )
    write_csv(events_table(calendar, people, rows), paths[1], "%Y-%m-%d %H:%M:%S")
    return paths


def write_csv(table: pa.Table, path: Path, time_format: str) -> None:
    """Write the rows in their order, quoting only what needs it."""
    with duckdb.connect() as connection:
        connection.from_arrow(table).write_csv(str(path), timestamp_format=time_format)
