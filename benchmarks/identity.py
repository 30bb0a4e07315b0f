"""How long it takes to see who is who in a million rows of three tables of people, and to load them as one profile each.

python benchmarks/identity.py
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from segmentation.guessing import guess_plan
from segmentation.jobs import Quiet
from segmentation.loading import build_audience
from segmentation.plan import StagedTable
from segmentation.uniting import preview

EMAIL, PHONE = "'p' || i || '@mail.com'", "'+49 170 ' || (2000000 + i)"
TABLES = {
    "crm_contacts": f"SELECT 'C' || i AS contact_id, {EMAIL} AS email, {PHONE} AS phone FROM range(400000) AS t(i)",
    "shop_accounts": f"SELECT 'A' || i AS account_id, upper({EMAIL}) AS mail, {PHONE} AS mobile_phone FROM range(200000, 550000) AS t(i)",
    "newsletter_subscribers": f"SELECT {EMAIL} AS email, i % 2 = 0 AS email_consent FROM range(400000, 650000) AS t(i)",
}


def staged(name: str, query: str, folder: Path) -> StagedTable:
    """A table of made-up people."""
    path = folder / f"{name}.parquet"
    with duckdb.connect() as connection:
        (rows,) = connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)").fetchone() or (0,)
        columns = tuple(column[0] for column in connection.execute(query).description or ())
    return StagedTable(name=name, path=path, columns=columns, rows=rows)


if __name__ == "__main__":
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        tables = [staged(name, query, folder) for name, query in TABLES.items()]
        plan = guess_plan(tables, zone="UTC", progress=Quiet())
        began = time.perf_counter()
        found = preview(plan, (), Quiet())
        print(f"{found.rows:,} rows are {found.people:,} people: {time.perf_counter() - began:.1f} s")
        began = time.perf_counter()
        build_audience(plan, folder / "audience", name="People", zone="UTC", progress=Quiet())
        print(f"loaded: {time.perf_counter() - began:.1f} s")
