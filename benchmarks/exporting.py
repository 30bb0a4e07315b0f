"""A list of half of all people as CSV, six columns: Handpick's export against DuckDB's own COPY of the same rows.

    uv run python benchmarks/exporting.py 10        # 5 million members of benchmarks/crowd.py's 10 million people
    uv run python benchmarks/exporting.py 1 --addresses

Both write in turn in the same process. `--addresses` gives the people e-mail addresses, phone numbers and consents, so that
everybody goes through the gate: who has no valid address, did not agree, shares an address with somebody who said no, or stands
in the list already. COPY has nothing like it and writes all of them. Prints seconds, MB and the ratio of each round.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.crowd import FOLDER, crowd  # noqa: E402
from benchmarks.field import memory  # noqa: E402
from connectors.destinations import ExportOptions, export, preview  # noqa: E402
from segmentation.audience import Audience  # noqa: E402
from segmentation.catalogue import Field, Kind, Role, Theme  # noqa: E402
from segmentation.jobs import Quiet  # noqa: E402
from segmentation.membership import Membership  # noqa: E402

COLUMNS = ("customer_id", "country", "city", "age", "spend", "signed_up")
ADDRESSED = ("customer_id", "email", "phone", "city", "spend", "signed_up")
ADDRESSES = {  # one address in 100 is not valid, one in 50 stands there twice
    "email": (
        Kind.TEXT,
        Role.EMAIL,
        "CASE WHEN hash(_row) % 100 = 0 THEN 'nobody' WHEN hash(_row) % 50 = 1 THEN 'Guest' || (_row // 100) || '@Example.com' "
        "ELSE 'customer.' || _row || '@shop' || (_row % 97) || '.com' END",
    ),
    "phone": (
        Kind.TEXT,
        Role.PHONE,
        "CASE WHEN hash(_row + 1) % 3 > 0 THEN '+49 170 ' || lpad((hash(_row) % 10000000)::VARCHAR, 7, '0') END",
    ),
    "email_ok": (Kind.YES_NO, Role.EMAIL_CONSENT, "CASE WHEN hash(_row + 2) % 20 > 0 THEN hash(_row + 3) % 4 > 0 END"),
    "sms_ok": (Kind.YES_NO, Role.SMS_CONSENT, "hash(_row + 4) % 5 > 2"),
}


def addressed(millions: float, folder: Path) -> Path:
    """The crowd's people with addresses and consents and without events, made where they are not there yet."""
    source = crowd(millions, folder)
    path = folder / f"addressed-{millions:g}m" / "v000001.duckdb"
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    with Audience(source).cursor() as cursor:
        (about,) = cursor.execute("SELECT about FROM handpick_audience").fetchone() or ("",)
    with duckdb.connect(str(path.with_suffix(".loading"))) as connection:
        connection.execute(f"ATTACH '{source}' AS crowd (READ_ONLY)")
        added = ", ".join(f"{sql} AS {name}" for name, (_, _, sql) in ADDRESSES.items())
        connection.execute(f"CREATE TABLE people AS SELECT *, {added} FROM crowd.people ORDER BY _row")
        connection.execute("CREATE TABLE events AS FROM crowd.events LIMIT 0")
        about = _with_addresses(about)
        connection.execute("CREATE TABLE handpick_audience AS SELECT ?::VARCHAR AS about", [about])
    path.with_suffix(".loading").rename(path)
    return path


def _with_addresses(about: str) -> str:
    from segmentation.audience import AudienceAbout

    known = AudienceAbout.model_validate_json(about)
    added = tuple(
        Field(name=name, label=name.capitalize(), kind=kind, theme=Theme.IDENTITY, role=role, filled=1, distinct=1)
        for name, (kind, role, _) in ADDRESSES.items()
    )
    catalogue = known.catalogue.model_copy(update={"fields": (*known.catalogue.fields, *added), "events": ()})
    return known.model_copy(update={"catalogue": catalogue, "events": 0, "newest_event": None}).model_dump_json()


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("millions", type=float, nargs="?", default=1)
    parser.add_argument("--addresses", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    options = parser.parse_args()
    path = (addressed if options.addresses else crowd)(options.millions, options.folder)
    columns = ADDRESSED if options.addresses else COLUMNS
    audience = Audience(path)
    with audience.cursor() as cursor:
        found = cursor.execute("SELECT _row FROM people WHERE hash(_row) % 2 = 0").fetchnumpy()["_row"]
    members = Membership.of(found, audience.people)
    rows = members.rows()
    consent = "respect" if options.addresses else "ignore"
    chosen = ExportOptions(
        destination="csv", columns=columns, consent=consent, require_address=options.addresses
    )  # fmt: skip
    asked = {"segment_name": "Half", "zone": "Europe/Berlin"}
    plain = duckdb.connect()
    plain.execute(f"ATTACH '{path}' AS crowd (READ_ONLY)")
    plain.register("members", pa.table({"_row": rows}))
    print(f"{len(rows):,} of {audience.people:,} people, columns: {', '.join(columns)}; memory {memory():,.0f} MB")
    if options.addresses:
        for which in ("first", "again"):
            seconds = timed(lambda: preview(audience, audience.catalogue, rows, chosen, **asked))
            print(f"the receipt before the file, {which}: {seconds:.2f} s")
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        copied = Path(folder) / "copied.csv"
        statement = f"COPY (SELECT {', '.join(columns)} FROM crowd.people SEMI JOIN members USING (_row)) TO '{copied}' (HEADER)"
        for _ in range(options.rounds):
            ours = timed(
                lambda: export(audience, audience.catalogue, rows, chosen, Path(folder), progress=Quiet(), **asked)
            )
            (written,) = Path(folder).glob("half_*.csv")
            theirs = timed(lambda: plain.execute(statement))
            sizes = [file.stat().st_size / 1e6 for file in (written, copied)]
            written.unlink()
            ratios.append(theirs / ours)
            print(
                f"Handpick {ours:.2f} s, {sizes[0]:,.0f} MB; COPY {theirs:.2f} s, {sizes[1]:,.0f} MB; "
                f"speed {ratios[-1]:.2f} × COPY"
            )
    print(
        f"median of {options.rounds} rounds: {statistics.median(ratios):.2f} × the speed of COPY (bar: 0.7); "
        f"memory {memory():,.0f} MB; load {os.getloadavg()[0]:.1f}"
    )


if __name__ == "__main__":
    main()
