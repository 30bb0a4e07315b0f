"""Warehouses: the extra that is missing is named, and the reading is tried with another driver of the same standard."""

import importlib.util
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pydantic import SecretStr

from connectors.sources.databases import DATABASES, Newer, TableOffer
from connectors.sources.postgres import Settings, address_of
from connectors.sources.warehouses import WAREHOUSES, BigQuery, Snowflake, Warehouse
from segmentation.errors import SourceError
from segmentation.jobs import Quiet
from tests.servers import ask, postgres_server


class Stand(Settings):
    """A server that is reached as a warehouse is."""

    @property
    def word(self) -> str:
        return self.password_in_hand

    @property
    def arguments(self) -> dict[str, Any]:
        return {"uri": address_of(self)}


STAND = Warehouse(
    "Stand",
    "stand",
    "adbc_driver_postgresql.dbapi",
    Stand,
    lambda settings: (
        "SELECT 'public', relname::text, reltuples::bigint, relkind = 'v' FROM pg_class WHERE relname LIKE 'shop%' ORDER BY 2"
    ),
)


@pytest.fixture(scope="module")
def stand() -> Iterator[Stand]:
    with postgres_server() as settings:
        ask(
            settings,
            "CREATE TABLE shop_people AS SELECT i AS id, 'N' || i AS name, i % 2 = 0 AS yes, date '2024-01-01' + i AS day, '\\x00'::bytea AS raw, "
            "ARRAY['a', 'b'] AS tags FROM generate_series(1, 200000) i",
            "ANALYZE shop_people",
            "CREATE VIEW shop_few AS SELECT id FROM shop_people WHERE id < 0",
        )
        yield Stand.model_validate(settings.model_dump())


def test_tables_are_listed_and_streamed(stand: Stand, tmp_path: Path) -> None:
    offers = STAND.tables(stand)
    assert offers == (TableOffer("public", "shop_few", -1, is_view=True), TableOffer("public", "shop_people", 200_000))
    assert STAND.test(stand).words.startswith(f"Connected to postgres on {stand.host}: 2 tables.")
    few, people = STAND.stage(stand, [TableOffer("public", "shop_few"), offers[1]], tmp_path, Quiet())
    assert (few.rows, people.rows) == (0, 200_000)
    assert people.notes == ("The column “raw” holds neither text nor numbers (e.g. pictures) and was left out.",)
    found = duckdb.sql(f"SELECT * FROM '{people.path}' WHERE id = 1").fetchall()
    assert found == [(1, "N1", False, date(2024, 1, 2), ["a", "b"])]


def test_problems_are_told_without_the_password(stand: Stand, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"^postgres on .* could not be read: .*gone.*Check what was entered"):
        STAND.stage(stand, [TableOffer("public", "gone")], tmp_path, Quiet())
    with pytest.raises(SourceError, match=r"^shop_few can only be read whole from Stand"):
        STAND.stage(stand, [TableOffer("public", "shop_few", newer=Newer("id", "1"))], tmp_path, Quiet())
    wrong = stand.model_copy(update={"host": "127.0.0.1", "port": 1, "password": SecretStr("s3:cret")})
    with pytest.raises(SourceError) as error:
        STAND.test(wrong)
    assert "s3:cret" not in f"{error.value} {error.value.__cause__}"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("warehouse", WAREHOUSES, ids=lambda warehouse: warehouse.name)
def test_the_extra_that_is_missing_is_named(warehouse: Warehouse, tmp_path: Path) -> None:
    if importlib.util.find_spec(warehouse.driver.partition(".")[0]) is not None:
        pytest.skip(f"the extra {warehouse.extra} is installed")
    (tmp_path / "key.json").write_text("{}")
    settings = {
        "Snowflake": Snowflake(account="a", warehouse="w", database="d", user="u"),
        "BigQuery": BigQuery(project="p", dataset="d", key_file=tmp_path / "key.json"),
    }[warehouse.name]
    with pytest.raises(
        SourceError, match=rf"^{warehouse.name} needs the extra “{warehouse.extra}”, which is not installed"
    ):
        DATABASES[warehouse.name].test(settings)
