"""Excel and OpenDocument workbooks: one table for each visible sheet with rows, its numbers and dates kept."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice, takewhile
from pathlib import Path

import pyarrow as pa
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from connectors.sources.careful import ABOVE, BELOW
from connectors.sources.cells import filled
from connectors.sources.columns import Column, text_of
from connectors.sources.header import COMPARED, Header, find_header
from connectors.sources.names import headers_of, mend_names
from connectors.sources.staging import Rejects, TableWriter, count_of, table_path
from segmentation.errors import SourceError
from segmentation.plan import Progress, StagedTable

SAMPLE = 200
BATCH_CELLS = 100_000
MOST_BELOW = 20

Row = Sequence[object]


def stage_workbook(path: Path, name: str, into: Path, progress: Progress) -> list[StagedTable]:
    """Stage every visible sheet that has rows; raises `SourceError` where none has, or it cannot be opened."""
    progress(f"Opening {name}")
    try:
        with path.open("rb") as file, CalamineWorkbook.from_filelike(file) as workbook:
            return _stage_sheets(workbook, name, into, progress)
    except PasswordError as error:
        raise SourceError(f"{name} is protected with a password. Save a copy without one and add that.") from error
    except (CalamineError, OSError) as error:
        raise SourceError(
            f"{name} cannot be opened as an Excel workbook: it is damaged, or of another program. Save it again as .xlsx."
        ) from error


def _stage_sheets(workbook: CalamineWorkbook, name: str, into: Path, progress: Progress) -> list[StagedTable]:
    tables: list[tuple[str, StagedTable]] = []
    left_out = []
    for about in workbook.sheets_metadata:
        if about.typ != SheetTypeEnum.WorkSheet:
            continue
        if about.visible != SheetVisibleEnum.Visible:
            left_out.append(f"The sheet “{about.name}” is hidden and was left out.")
            continue
        progress(f"Reading {name}: {about.name}")
        sheet = workbook.get_sheet_by_name(about.name)
        table = _stage_sheet(sheet, f"{name} – {about.name}", into, progress) if sheet.height else None
        if table:
            tables.append((about.name, table))
        elif sheet.height:
            left_out.append(f"The sheet “{about.name}” has no rows below its header and was left out.")
    if not tables:
        raise SourceError(" ".join([f"{name} has no sheet with a header and rows.", *left_out]))
    if len(tables) == 1:
        tables = [(name, tables[0][1].model_copy(update={"name": name}))]
    first = tables[0][1]
    first = first.model_copy(update={"notes": (*first.notes, *left_out)})
    return [first, *(table for _, table in tables[1:])]


def _rows(sheet: CalamineSheet) -> Iterator[tuple[int, Row]]:
    """The rows that hold something, each with its number as Excel shows it."""
    for line, row in enumerate(sheet.iter_rows(), start=1):
        if any(cell != "" for cell in row):
            yield line, row


def _remarks(sheet: CalamineSheet, sample: Sequence[tuple[int, Row]]) -> list[tuple[int, Row]]:
    """What stands below the last row: sentences by themselves, where all first cells are single words."""
    firsts = [str(row[0]).strip() for _, row in sample if filled(row) > 1]
    if sheet.width < 3 or len(firsts) * 2 <= len(sample) or any(" " in first for first in firsts):
        return []
    last = reversed(deque(_rows(sheet), MOST_BELOW))
    return list(takewhile(lambda found: filled(found[1]) == 1 and " " in str(found[1][0]).strip(), last))[::-1]


def _batches(sheet: CalamineSheet, skip: int, end: int) -> Iterator[list[tuple[int, Row]]]:
    """The rows without the first `skip`, up to line `end`, many at a time."""
    rows = takewhile(lambda found: found[0] < end, islice(_rows(sheet), skip, None))
    while batch := list(islice(rows, max(BATCH_CELLS // sheet.width, 100))):
        yield batch


def _stage_sheet(sheet: CalamineSheet, name: str, into: Path, progress: Progress) -> StagedTable | None:
    sample = list(islice(_rows(sheet), SAMPLE))
    if not sample:
        return None
    header = find_header([[_whole(cell) for cell in row] for _, row in sample])
    columns = [Column() for _ in range(sheet.width)]
    first = last = count = 0
    lines = (sheet.end or (0, 0))[0] + 1
    below = _remarks(sheet, sample[header.taken : header.taken + COMPARED])
    end = below[0][0] if below else lines + 1
    for batch in _batches(sheet, header.taken, end):
        for column, cells in zip(columns, zip(*(row for _, row in batch), strict=True), strict=True):
            column.learn(cells)
        first, last, count = first or batch[0][0], batch[-1][0], count + len(batch)
        progress(f"Reading {name}", last / lines / 2)
    if not count:
        return None
    names, headers, places, notes = _named(header, columns)
    schema = pa.schema([(column, columns[place].type) for column, place in zip(names, places, strict=True)])
    target = table_path(into, name)
    with Rejects(target) as rejects, TableWriter(target, schema) as writer:
        for line, row in sample[: header.above]:
            rejects.add(line, ABOVE, " ".join(text_of(cell) or "" for cell in row).strip())
        for line, row in below:
            rejects.add(line, BELOW, str(row[0]).strip())
        for batch in _batches(sheet, header.taken, end):
            parts = list(zip(*(row for _, row in batch), strict=True))
            writer.write(pa.record_batch([columns[place].array(parts[place]) for place in places], schema=schema))
            progress(f"Reading {name}", 0.5 + batch[-1][0] / lines / 2)
    blank = last - first + 1 - count
    if blank:
        notes += (f"{count_of(blank, 'blank row')} left out.",)
    return StagedTable(
        name=name,
        path=writer.path,
        columns=names,
        headers=headers,
        rows=writer.rows,
        rejected_rows=rejects.count,
        rejected=tuple(rejects.kept),
        rejects=rejects.path,
        notes=notes,
    )


def _named(
    header: Header, columns: Sequence[Column]
) -> tuple[tuple[str, ...], tuple[str, ...], list[int], tuple[str, ...]]:
    """The names, headers and places of the columns that have a name or a value, and notes."""
    raw = [*header.names, *[""] * (len(columns) - len(header.names))] if header.present else []
    if not raw:
        raw = [f"column_{place + 1}" if column.kinds else "" for place, column in enumerate(columns)]
    places = [place for place, column in enumerate(columns) if raw[place].strip() or column.kinds]
    named = [raw[place] for place in places]
    names, mended = mend_names(named)
    return names, headers_of(named, names), places, header.notes + mended


def _whole(cell: object) -> object:
    """A number as Excel shows it: all come as floating point."""
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell
