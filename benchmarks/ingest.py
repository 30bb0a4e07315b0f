"""Files in: a clean CSV to a table and to an audience, against DuckDB's own reader.

    uv run python benchmarks/ingest.py [--gigabytes 1.0] [--runs 3] [--damaged] [--only NAME …]

The contenders take turns in the same run, each in a process of its own, whose peak memory is taken. “Table” is what can be queried:
DuckDB's read_csv into a table of a database file (its types guessed) or in memory, and Handpick's staged table (every cell as text,
every row counted against the file's own bytes). “Audience” is what a marketer waits for: read, every cell looked at to guess the
columns, people numbered, events sorted, values counted. `--damaged` adds one row with a stray quote, so that all are read one by one.
Prints medians in seconds, megabytes of the file a second, and peak memory.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from connectors.importing import load, plan_files  # noqa: E402
from connectors.sources.files import stage_file  # noqa: E402
from segmentation.jobs import Quiet  # noqa: E402
from segmentation.workspace import Workspace  # noqa: E402

ROW_BYTES = 107.6
ORDERS = """
    SELECT i AS order_id, 'C' || lpad((hash(i) % 500000)::VARCHAR, 7, '0') AS customer_id,
        TIMESTAMP '2022-01-01' + to_seconds((hash(i + 1) % 94608000)::BIGINT) AS ordered_at,
        ['viewed', 'added to cart', 'bought', 'returned'][1 + (hash(i + 2) % 4)::INT] AS event,
        'SKU-' || (hash(i + 3) % 20000) AS product,
        ['Garden', 'Kitchen, home', 'Toys', 'Books', 'Music'][1 + (hash(i + 4) % 5)::INT] AS category,
        1 + (hash(i + 5) % 9)::INT AS quantity, ((hash(i + 6) % 20000) / 100.0)::DECIMAL(10, 2) AS unit_price,
        ['DE', 'FR', 'US', 'GB', 'NL'][1 + (hash(i + 7) % 5)::INT] AS country, (hash(i + 8) % 2) = 0 AS newsletter,
        'user' || (hash(i) % 500000) || '@example.org' AS email, ['web', 'app', 'shop'][1 + (hash(i + 9) % 3)::INT] AS channel
    FROM range(?) AS t(i)"""


def write_orders(path: Path, gigabytes: float, damaged: bool) -> None:
    """A CSV of about this size, always the same."""
    rows = int(gigabytes * 1e9 / ROW_BYTES)
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({ORDERS}) TO '{path}' (HEADER)", [rows])
    if damaged:
        with path.open("a") as file:
            file.write('1,"C"x,2\n')


def duckdb_file(path: Path, folder: Path) -> int:
    """DuckDB's reader into a table on disk."""
    with duckdb.connect(str(folder / "own.duckdb")) as connection:
        return _read(connection, path)


def duckdb_memory(path: Path, folder: Path) -> int:
    """DuckDB's reader into a table in memory."""
    with duckdb.connect() as connection:
        return _read(connection, path)


def _read(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    connection.execute("CREATE TABLE orders AS SELECT * FROM read_csv(?)", [str(path)])
    return (connection.execute("SELECT count(*) FROM orders").fetchone() or (0,))[0]


def handpick_table(path: Path, folder: Path) -> int:
    """Handpick's staged table."""
    [table] = stage_file(path, path.name, folder, Quiet())
    return table.rows + table.rejected_rows


def handpick_audience(path: Path, folder: Path) -> int:
    """Handpick's audience."""
    space = Workspace(folder / "home")
    plan, _ = plan_files([(path.name, path)], space, Quiet())
    load(plan, "Orders", space, Quiet())
    return plan.tables[0].table.rows


CONTENDERS: dict[str, Callable[[Path, Path], int]] = {
    "DuckDB read_csv, table on disk": duckdb_file,
    "DuckDB read_csv, table in memory": duckdb_memory,
    "Handpick, file to table": handpick_table,
    "Handpick, file to audience": handpick_audience,
}


def once(name: str, path: Path) -> None:
    """Run one contender in this process and print what it took."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        began = time.perf_counter()
        rows = CONTENDERS[name](path, Path(folder))
        seconds = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = used.ru_utime + used.ru_stime
    print(json.dumps({"rows": rows, "seconds": seconds, "cpu": cpu, "megabytes": used.ru_maxrss / 1024}))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=1.0)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--damaged", action="store_true")
    parser.add_argument("--only", nargs="+", choices=CONTENDERS, default=[*CONTENDERS])
    parser.add_argument("--once", nargs=2, metavar=("NAME", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.once:
        once(options.once[0], Path(options.once[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orders.csv"
        write_orders(path, options.gigabytes, options.damaged)
        size = path.stat().st_size / 1e6
        found: dict[str, list[dict[str, float]]] = {name: [] for name in options.only}
        for _ in range(options.runs):
            for name in options.only:
                command = [sys.executable, __file__, "--once", name, str(path)]
                found[name].append(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))
    print(f"{size:,.0f} MB, medians of {options.runs}")
    for name, runs in found.items():
        seconds, cpu = (statistics.median(run[what] for run in runs) for what in ("seconds", "cpu"))
        peak = max(run["megabytes"] for run in runs)
        print(f"{name:34} {seconds:7.1f} s {size / seconds:6.0f} MB/s {cpu:7.1f} s of CPU  peak {peak:6,.0f} MB")


if __name__ == "__main__":
    main()
