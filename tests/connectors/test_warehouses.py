"""Warehouses: the extra that is missing is named, and the reading is tried with another driver of the same standard."""

import importlib
import importlib.util
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pydantic import SecretStr

from connectors.sources import databricks
from connectors.sources.clickhouse import ClickHouse
from connectors.sources.databases import DATABASES, Newer, TableOffer
from connectors.sources.postgres import Settings, address_of
from connectors.sources.warehouses import WAREHOUSES, BigQuery, Snowflake, Warehouse
from segmentation.errors import SourceError
from segmentation.jobs import Quiet
from tests.servers import ask, postgres_server


def is_installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


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
    if is_installed(warehouse.driver.partition(".")[0]):
        pytest.skip(f"the extra {warehouse.extra} is installed")
    (tmp_path / "key.json").write_text("{}")
    settings = {
        "Snowflake": Snowflake(account="a", warehouse="w", database="d", user="u"),
        "BigQuery": BigQuery(project="p", dataset="d", key_file=tmp_path / "key.json"),
        "ClickHouse": ClickHouse(host="h", database="d", user="u"),
        "Databricks": databricks.Databricks(host="h", http_path="/sql", catalog="c"),
    }[warehouse.name]
    with pytest.raises(
        SourceError, match=rf"^{warehouse.name} needs the extra “{warehouse.extra}”, which is not installed"
    ):
        DATABASES[warehouse.name].test(settings)


class Embedded(ClickHouse):
    """ClickHouse's own client with its engine in this process."""

    @property
    def arguments(self) -> dict[str, Any]:
        return {"interface": "chdb", "database": self.database}


def test_clickhouse_is_read_as_its_types_are(tmp_path: Path) -> None:
    if not (is_installed("clickhouse_connect") and is_installed("chdb")):
        pytest.skip(
            "ClickHouse was NOT tested: uv sync --extra clickhouse --group bench installs its client and engine"
        )
    driver = importlib.import_module("clickhouse_connect")
    client = driver.get_client(interface="chdb")
    client.command("CREATE DATABASE shop")
    client.command(
        "CREATE TABLE shop.`a``b` (id UInt64, name Nullable(String), kind LowCardinality(Nullable(String)), day Date, at DateTime, "
        "feeling Enum('ok' = 1), key UUID, price Decimal(10, 2), long Int128, tags Array(Enum('x' = 1)), yes Bool, code FixedString(4)) "
        "ENGINE = MergeTree ORDER BY id"
    )
    client.command(
        "INSERT INTO shop.`a``b` SELECT number, 'N', NULL, '2024-01-02', '2024-01-02 10:00:00', 'ok', "
        "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 1.5, toInt128('170141183460469231731687303715884105727'), ['x'], true, 'ab' FROM numbers(200000)"
    )
    client.command("CREATE VIEW shop.few AS SELECT id FROM shop.`a``b` WHERE id > 1000000")
    warehouse, settings = DATABASES["ClickHouse"], Embedded(host="h", database="shop", user="u")
    assert warehouse.tables(settings) == (
        TableOffer("shop", "a`b", 200_000),
        TableOffer("shop", "few", None, is_view=True),
    )
    table, few = warehouse.stage(settings, warehouse.tables(settings), tmp_path, Quiet())
    assert (table.rows, few.rows, few.columns) == (200_000, 0, ("id",))
    found = f'SELECT * REPLACE ("at"::TIMESTAMP::VARCHAR AS "at") FROM \'{table.path}\' WHERE id = 1'
    [row] = duckdb.execute(found).fetchall()
    assert row == (
        1, "N", None, date(2024, 1, 2), "2024-01-02 10:00:00", "ok", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", Decimal("1.50"),
        "170141183460469231731687303715884105727", ["x"], True, "ab",
    )  # fmt: skip
    with pytest.raises(SourceError, match=r"^shop on h could not be read: .*Unknown table"):
        warehouse.stage(settings, [TableOffer("shop", "gone")], tmp_path, Quiet())


def test_an_answer_in_parts_becomes_a_stream() -> None:
    """Databricks' client hands out tables until one is empty; a stand-in over DuckDB, as there is no such server to be had."""

    class Parts:
        cancel = None
        left: Any

        def execute(self, sql: str) -> None:
            with duckdb.connect() as connection:
                self.left = connection.sql(sql).to_arrow_table()

        def fetchall(self) -> None: ...

        def fetchmany_arrow(self, size: int) -> Any:
            found, self.left = self.left.slice(0, 1000), self.left.slice(1000)
            return found

    for sql, rows in (("SELECT range AS a FROM range(2500)", 2500), ("SELECT 1 AS a WHERE false", 0)):
        cursor = databricks.Cursor(Parts())
        cursor.execute(sql)
        arrived = cursor.fetch_record_batch().read_all()
        assert (arrived.column_names, arrived.num_rows) == (["a"], rows)
