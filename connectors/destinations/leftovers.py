"""The rows that are not in an audience as a CSV file that a spreadsheet opens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyarrow as pa

from connectors.destinations.sheets import CsvSheet
from segmentation.errors import ExportError
from segmentation.leftovers import Leftover

HEADERS = ("Table", "Line in the file", "Row of the table", "Why", "Text")
BATCH = 10_000
SHOWN, SHOWN_TEXT = 200, 500


@dataclass(frozen=True)
class LeftoverFile:
    """The rows written: where, how many, and the first of them, cut, to be looked at."""

    path: Path
    rows: int
    first: tuple[Leftover, ...]


def write_leftovers(rows: Iterable[Leftover], path: Path) -> LeftoverFile:
    """Write the rows, none of their cells a formula; raises `ExportError` where the disk does not let it."""
    given = iter(rows)
    first: list[Leftover] = []
    count = 0
    try:
        tally: Counter[str] = Counter()
        with CsvSheet(path, HEADERS, tally, safe=True) as sheet:
            while batch := list(islice(given, BATCH)):
                count += len(batch)
                first += [row._replace(text=row.text[:SHOWN_TEXT]) for row in batch[: SHOWN - len(first)]]
                columns = zip(*batch, strict=True)
                texts = [pa.array(["" if v is None else str(v) for v in cells]) for cells in columns]
                sheet.write(sheet.made(texts, tally))
    except OSError as error:
        path.unlink(missing_ok=True)
        raise ExportError(f"The rows cannot be written: {error.strerror or error}. Make room on the disk.") from error
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return LeftoverFile(path, count, tuple(first))
