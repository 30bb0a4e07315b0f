"""Deterministic customers and events of any number, straight into an audience file.

    uv run python benchmarks/crowd.py 1        # 1 million people, 10 million events
    uv run python benchmarks/crowd.py 10 --folder /tmp/hp-bench

The file is as loading writes it (see `segmentation/audience.py`): numbered people, events sorted by name and time. Every value
comes from a hash of its row's number, so that two machines make the same rows. An existing file is kept.
"""

from __future__ import annotations

import argparse
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from segmentation.audience import AudienceAbout  # noqa: E402
from segmentation.catalogue import Catalogue, EventProperty, EventType, Field, Kind, Role, Theme, Value  # noqa: E402
from segmentation.plan import LoadPlan  # noqa: E402

FOLDER = Path("/tmp/hp-bench")
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
DAYS = 730
SHARES = {  # of all events
    "page_view": 0.42,
    "product_view": 0.20,
    "email_opened": 0.12,
    "purchase": 0.10,
    "add_to_cart": 0.08,
    "login": 0.05,
    "support_ticket": 0.03,
}
COUNTRIES = ("Germany", "France", "United Kingdom", "Spain", "Italy", "Netherlands", "Austria", "Poland", "Sweden",
             "Norway", "Denmark", "Finland", "Portugal", "Greece", "Ireland", "Belgium", "Czechia", "Hungary",
             "Romania", "Switzerland")  # fmt: skip
PLANS = ("free", "basic", "plus", "premium")
INTERESTS = ("running", "cooking", "travel", "music", "gaming", "gardening", "fashion", "books")
CATEGORIES = ("shoes", "coats", "bags", "books", "toys", "garden", "kitchen", "sports", "beauty", "food")
CHANNELS = ("web", "app", "store", "phone")
FIELDS = {
    "customer_id": Kind.TEXT, "country": Kind.TEXT, "city": Kind.TEXT, "plan": Kind.TEXT, "age": Kind.NUMBER,
    "income": Kind.NUMBER, "spend": Kind.NUMBER, "score": Kind.NUMBER, "newsletter": Kind.YES_NO, "born": Kind.DATE,
    "signed_up": Kind.DATE, "seen": Kind.MOMENT, "interests": Kind.LIST,
}  # fmt: skip
PROPERTIES = {"amount": Kind.NUMBER, "quantity": Kind.NUMBER, "category": Kind.TEXT, "channel": Kind.TEXT}


def _unit(salt: int, of: str = "i") -> str:
    """SQL: from 0 to 1, drawn by a row's number."""
    return f"((hash({of} + {salt}::BIGINT * 1000000007) >> 11)::DOUBLE / 9007199254740992.0)"


def _one_of(values: tuple[str, ...], salt: int, skew: float = 1.0) -> str:
    listed = ", ".join(f"'{value}'" for value in values)
    return f"([{listed}])[1 + floor(pow({_unit(salt)}, {skew}) * {len(values)})::BIGINT]"


def _known(share: float, salt: int, value: str) -> str:
    return f"CASE WHEN {_unit(salt)} < {share} THEN {value} END"


def _people(number: int) -> str:
    interests = ", ".join(f"CASE WHEN {_unit(30 + n)} < 0.2 THEN '{name}' END" for n, name in enumerate(INTERESTS))
    return f"""
        CREATE TABLE people AS SELECT i::UINTEGER AS _row,
            'C' || lpad(i::VARCHAR, 9, '0') AS customer_id,
            {_known(0.97, 1, _one_of(COUNTRIES, 2, 2.0))} AS country,
            {_known(0.95, 3, f"'City ' || floor(pow({_unit(4)}, 2) * 2000)::INTEGER")} AS city,
            {_one_of(PLANS, 5, 1.8)} AS plan,
            {_known(0.90, 6, f"18 + floor(pow({_unit(7)}, 1.3) * 72)::BIGINT")} AS age,
            {_known(0.80, 8, f"12000 + floor(pow({_unit(9)}, 2) * 200000)::BIGINT")} AS income,
            {_known(0.98, 10, f"(pow({_unit(11)}, 4) * 20000)::DECIMAL(18,2)")} AS spend,
            {_known(0.92, 12, f"round({_unit(13)} * 100, 3)")} AS score,
            {_known(0.93, 14, f"{_unit(15)} < 0.4")} AS newsletter,
            {_known(0.85, 16, f"DATE '1940-01-01' + floor({_unit(17)} * 25000)::INTEGER")} AS born,
            DATE '{NOW.date()}' - floor(pow({_unit(18)}, 1.5) * 2500)::INTEGER AS signed_up,
            {_known(0.96, 19, f"TIMESTAMP '{NOW:%Y-%m-%d %H:%M:%S}' - to_seconds(floor(pow({_unit(20)}, 3) * 63072000)::BIGINT)")} AS seen,
            nullif(list_filter([{interests}], lambda item: item IS NOT NULL), []) AS interests
        FROM range({number}) AS t(i) ORDER BY i"""


def _events(name: str, place: int, number: int, people: int) -> str:
    salt = 100 + 20 * place
    row = f"((floor(pow({_unit(salt)}, 1.4) * {people})::BIGINT * 7919 + {place}) % {people})::UINTEGER"
    seconds = f"floor((i + {_unit(salt + 1)}) / {number} * {DAYS * 86_400})::BIGINT"
    start = NOW - timedelta(days=DAYS)
    bought = name in ("purchase", "add_to_cart")
    shown = bought or name == "product_view"
    amount = f"(5 + pow({_unit(salt + 2)}, 3) * 495)::DECIMAL(18,2)" if bought else "NULL::DECIMAL(18,2)"
    quantity = f"1 + floor(pow({_unit(salt + 3)}, 3) * 9)::BIGINT" if bought else "NULL::BIGINT"
    category = _known(0.98, salt + 4, _one_of(CATEGORIES, salt + 5, 1.5)) if shown else "NULL::VARCHAR"
    return f"""
        INSERT INTO events SELECT {row}, '{name}', TIMESTAMP '{start:%Y-%m-%d %H:%M:%S}' + to_seconds({seconds}),
            {amount}, {quantity}, {category}, {_one_of(CHANNELS, salt + 6, 1.5)}
        FROM range({number}) AS t(i) ORDER BY i"""


def _about(connection: duckdb.DuckDBPyConnection, people: int, events: int) -> AudienceAbout:
    def field(name: str, kind: Kind) -> Field:
        filled, distinct = connection.execute(
            f"SELECT count({name}), approx_count_distinct({name}) FROM people"
        ).fetchone() or (0, 0)
        role = {"customer_id": Role.PERSON_ID, "country": Role.COUNTRY, "city": Role.CITY}.get(name, Role.NONE)
        top = tuple(Value(value=country, count=1) for country in COUNTRIES) if name == "country" else ()
        theme = Theme.IDENTITY if role is Role.PERSON_ID else Theme.DEMOGRAPHIC
        label = name.replace("_", " ").capitalize()
        return Field(
            name=name, label=label, kind=kind, theme=theme, role=role, filled=filled, distinct=distinct, top=top
        )

    newest = connection.execute("SELECT max(_time) FROM events").fetchone()
    return AudienceAbout(
        name=f"Crowd of {people:,}",
        people=people,
        events=events,
        loaded_at=NOW,
        newest_event=newest[0].replace(tzinfo=UTC) if newest and newest[0] else None,
        zone="Europe/Berlin",
        catalogue=Catalogue(
            fields=tuple(field(name, kind) for name, kind in FIELDS.items()),
            events=tuple(EventType(name=n, label=n.replace("_", " ").capitalize(), count=int(events * s)) for n, s in SHARES.items()),
            properties=tuple(EventProperty(name=n, label=n.capitalize(), kind=k) for n, k in PROPERTIES.items()),
        ),
        plan=LoadPlan(tables=()),
        reports=(),
    )  # fmt: skip


def crowd(millions: float, folder: Path = FOLDER) -> Path:
    """The audience file of so many million people with ten events each, made where it is not there yet."""
    people = round(millions * 1_000_000)
    path = folder / f"crowd-{millions:g}m" / "v000001.duckdb"
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    making = path.with_suffix(".loading")
    making.unlink(missing_ok=True)
    with duckdb.connect(str(making), config={"memory_limit": "3GB", "temp_directory": str(folder)}) as connection:
        connection.execute(_people(people))
        connection.execute(
            "CREATE TABLE events (_row UINTEGER, _name VARCHAR, _time TIMESTAMP, amount DECIMAL(18,2), quantity BIGINT, "
            "category VARCHAR, channel VARCHAR)"
        )
        total = 0
        for place, name in enumerate(sorted(SHARES)):
            number = round(people * 10 * SHARES[name])
            connection.execute(_events(name, place, number, people))
            total += number
        about = _about(connection, people, total)
        connection.execute("CREATE TABLE handpick_audience AS SELECT ?::VARCHAR AS about", [about.model_dump_json()])
        connection.execute("CHECKPOINT")
    making.rename(path)
    return path


def main() -> None:
    """Make and say where."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("millions", type=float, nargs="?", default=1)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    options = parser.parse_args()
    began = time.perf_counter()
    path = crowd(options.millions, options.folder)
    print(f"{path}: {path.stat().st_size / 1e6:,.0f} MB, {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main()
