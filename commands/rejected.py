"""The rows of files, or of an audience's sources, that are not loaded: each with its line and the reason."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable
from pathlib import Path

from commands.codes import Code
from commands.printing import print_csv, print_json
from commands.questions import home_of
from connectors.opening import open_workspace
from connectors.sources.folders import stage_path
from segmentation.jobs import Quiet
from segmentation.leftovers import Leftover, leftovers, unread

Counted = tuple[str, int, int]  # a table's name, its rows, and those that were loaded


def rejected(options: argparse.Namespace) -> Code:
    """Read the files, or look into the audience, and list what was left over; raises HandpickError."""
    if not options.sources:
        with open_workspace(home_of(options), options.audience) as evaluation:
            about = evaluation.audience.about
            counted = [(report.table, report.rows, report.loaded) for report in about.reports]
            return _print(options.format, counted, leftovers(about.plan, Quiet()))
    with tempfile.TemporaryDirectory(prefix="handpick-") as folder:
        tables = [t for path in options.sources for t in stage_path(path, path.name, Path(folder), Quiet())]
        counted = [(table.name, table.rows + table.rejected_rows, table.rows) for table in tables]
        return _print(options.format, counted, (row for table in tables for row in unread(table)))


def _print(format: str, counted: Iterable[Counted], rows: Iterable[Leftover]) -> Code:
    if format == "csv":
        print_csv(Leftover._fields, rows)
    elif format == "json":
        tables = [{"table": name, "rows": all_rows, "loaded": loaded} for name, all_rows, loaded in counted]
        print_json({"tables": tables, "rejected": [row._asdict() for row in rows]})
    else:
        for name, all_rows, loaded in counted:
            print(f"{name}: {all_rows:,} rows = {loaded:,} loaded + {all_rows - loaded:,} not")
        for row in rows:
            place = f"row {row.row:,}" if row.line is None else f"line {row.line:,}"
            print(f"  {row.table}, {place}: {row.reason}: {row.text}")
    return Code.DONE
