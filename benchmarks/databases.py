"""Reading a table from a database server: Handpick beside the driver alone, straight into DuckDB.

    uv run python benchmarks/databases.py [--rows 2000000] [--runs 3] [--mysql-rows 500000]

PostgreSQL: 13 columns (whole numbers, NUMERIC, floating point, texts, a day, an instant, yes or no) by plain ADBC into a DuckDB
file, and by Handpick into what it keeps, in turn, each in a process of its own. MariaDB by Handpick alone. Prints medians in seconds, rows
a second, peak memory, and the quotient of the medians (1: as fast; more: faster than the driver alone).
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import pymysql
from pydantic import SecretStr

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from connectors.sources import mysql, postgres  # noqa: E402
from tests.servers import ask, free_port, mariadb_server, postgres_server, system_tables  # noqa: E402

TABLE = """
CREATE TABLE orders AS SELECT i::bigint AS id, (i % 100000)::int AS customer, 'Name ' || i AS name,
    'user' || i || '@example.com' AS email, (ARRAY['DE', 'FR', 'US', 'GB'])[1 + i % 4]::varchar(2) AS country,
    'City ' || i % 500 AS city, (i % 100000 / 100.0)::numeric(12, 2) AS amount, i / 7.0::float8 AS score, (i % 9)::smallint AS quantity,
    i % 2 = 0 AS paid, date '2020-01-01' + i % 2000 AS day, timestamptz '2020-01-01 00:00+00' + i * interval '1 minute' AS at,
    'a note of some length ' || i AS note FROM generate_series(1, {rows}) i"""

MYSQL_TABLE = """
CREATE TABLE orders AS SELECT seq AS id, seq % 100000 AS customer, concat('Name ', seq) AS name,
    concat('user', seq, '@example.com') AS email, elt(1 + seq % 4, 'DE', 'FR', 'US', 'GB') AS country, concat('City ', seq % 500) AS city,
    cast(seq % 100000 / 100 AS decimal(12, 2)) AS amount, seq / 7e0 AS score, seq % 9 AS quantity, seq % 2 AS paid,
    date '2020-01-01' + INTERVAL seq % 2000 DAY AS day, timestamp '2020-01-01 00:00:00' + INTERVAL seq MINUTE AS at,
    concat('a note of some length ', seq) AS note FROM seq_1_to_{rows}"""

DRIVER = """
import duckdb
from adbc_driver_postgresql import dbapi
from connectors.sources.postgres import Settings, address_of
settings = Settings.model_validate_json(given)
with dbapi.connect(address_of(settings)) as connection, connection.cursor() as cursor:
    cursor.execute("SELECT * FROM orders")
    reader = cursor.fetch_record_batch()
    with duckdb.connect(f"{folder}/orders.duckdb") as target:
        target.execute("CREATE TABLE orders AS SELECT * FROM reader")
        (rows,) = target.execute("SELECT count(*) FROM orders").fetchone()
"""

HANDPICK = """
from pathlib import Path
from connectors.sources import mysql, postgres
from connectors.sources.databases import DATABASES, TableOffer
from segmentation.jobs import Quiet
database = DATABASES[kind]
[table] = database.stage(database.settings.model_validate_json(given), [TableOffer(schema, "orders")], Path(folder), Quiet())
rows = table.rows
"""

MEASURED = """
import json, resource, sys, time
kind, schema, given, folder = sys.argv[1:]
sys.path.insert(0, {root!r})
import pyarrow, duckdb, adbc_driver_postgresql.dbapi, connectors.sources.databases
began = time.perf_counter()
{work}
print(json.dumps([time.perf_counter() - began, rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024]))
"""


def measured(work: str, kind: str, schema: str, settings: postgres.Settings | mysql.Settings) -> tuple[float, int, int]:
    """Seconds, rows and peak memory in MB of one reading in a process of its own."""
    folder = tempfile.mkdtemp(prefix="handpick-benchmark-")
    given = json.dumps(settings.model_dump(mode="json") | {"password": settings.password.get_secret_value()})
    script = MEASURED.format(root=str(ROOT), work=work)
    try:
        done = subprocess.run(
            [sys.executable, "-c", script, kind, schema, given, folder], check=True, capture_output=True, text=True
        )
    finally:
        shutil.rmtree(folder)
    seconds, rows, memory = json.loads(done.stdout.splitlines()[-1])  # DuckDB draws a bar before it
    return seconds, rows, memory


def told(name: str, runs: list[tuple[float, int, int]]) -> float:
    """Print the median of some runs, and give it."""
    median = statistics.median(seconds for seconds, _, _ in runs)
    memory = max(memory for _, _, memory in runs)
    each = " ".join(f"{seconds:.2f}" for seconds, _, _ in runs)
    print(f"{name:<28} {median:6.2f} s  {runs[0][1] / median:>9,.0f} rows/s  {memory:>5,} MB  ({each})", flush=True)
    return median


def main() -> None:
    """Fill the servers, read in turn, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--mysql-rows", type=int, default=500_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with postgres_server() as settings:
        ask(settings, TABLE.format(rows=options.rows), "ANALYZE orders")
        runs: dict[str, list[tuple[float, int, int]]] = {"ADBC into DuckDB": [], "Handpick, PostgreSQL": []}
        for _ in range(options.runs):
            for name, work in zip(runs, (DRIVER, HANDPICK), strict=True):
                runs[name].append(measured(work, "PostgreSQL", "public", settings))
        driver, handpick = (told(name, found) for name, found in runs.items())
        print(f"driver ÷ Handpick: {driver / handpick:.2f}")
    if options.mysql_rows:
        port = free_port()
        with mariadb_server(system_tables(), f"--port={port}", "--bind-address=127.0.0.1") as place:
            with (
                closing(pymysql.connect(unix_socket=str(place), user="root")) as connection,
                connection.cursor() as cursor,
            ):
                cursor.execute("CREATE USER reader IDENTIFIED BY 'reader'")
                cursor.execute("CREATE DATABASE shop CHARACTER SET utf8mb4")
                cursor.execute("GRANT SELECT ON shop.* TO reader")
                cursor.execute("USE shop")
                cursor.execute(MYSQL_TABLE.format(rows=options.mysql_rows))
            shop = mysql.Settings(
                host="127.0.0.1", port=port, database="shop", user="reader", password=SecretStr("reader")
            )
            told(
                "Handpick, MariaDB", [measured(HANDPICK, "MySQL or MariaDB", "shop", shop) for _ in range(options.runs)]
            )


if __name__ == "__main__":
    main()
