"""The careful reader of damaged text tables: record by record, each loaded, mended, or set aside with its line and a reason."""

from __future__ import annotations

import os
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterator, Sequence
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple

import pyarrow as pa

from connectors.sources.cells import filled, shape_of
from connectors.sources.counting import Tally
from connectors.sources.layout import Layout, is_blank
from connectors.sources.records import Record, Records
from connectors.sources.staging import Rejects, TableWriter, count_of
from connectors.sources.stretches import STRETCH, is_fast, whole_rows
from segmentation.plan import Progress

BATCH_CELLS = 100_000  # measured: five times as many take 40 % longer, as they leave the processor's cache
BATCH_BYTES = 64 << 20
BLOCK = 500  # lines that are tried at once
COMPARED = 200  # rows whose first cell says what the first column looks like
MOST_BELOW = 1_000  # more short records than this are rows of the table

COMMENTS = ("#", "//", "--")

ABOVE = "above the table's header"
DAMAGED = "a quote in it is out of place or not closed"
COMMENT = "a comment, not a row"
AGAIN = "the header once more"
BELOW = "below the table's last row"


class Short(NamedTuple):
    """A record with fewer cells than the table has columns, and whether a blank line stands above it."""

    record: Record
    after_blank: bool


def _lines(file: BinaryIO) -> Iterator[str]:
    """The lines of a text in UTF-8 that end with LF; the file stands behind the last one that was taken."""
    file.seek(len(BOM_UTF8) if file.read(len(BOM_UTF8)) == BOM_UTF8 else 0)
    return map(bytes.decode, iter(file.readline, b""))


class CarefulReader:
    """Reads one text into a Parquet file; `blank`, `padded` and `mended` count what it met."""

    def __init__(self, layout: Layout, rejects: Rejects, writer: TableWriter) -> None:
        """Rows go to `writer`, everything else to `rejects`."""
        self.layout = layout
        self.width = len(layout.columns)
        self.rejects = rejects
        self.writer = writer
        self.rows: list[list[str]] = []
        self.blank = self.padded = self.mended = 0
        self._short: list[Short] = []  # perhaps below the table: known at the next whole row
        self._after_blank = False
        self._firsts: list[str] = []

    def read(self, path: Path, name: str, tally: Tally, progress: Progress) -> None:
        """Read the whole text."""
        batch_rows = min(max(BATCH_CELLS // self.width, 200), max(BATCH_BYTES // max(tally.longest_line, 1), 1))
        block = min(batch_rows, BLOCK)
        size = path.stat().st_size
        fast = is_fast(self.layout) and tally.line_feeds and not tally.mixed_breaks
        with path.open("rb") as file:
            lines = _lines(file) if fast else iter(TextIOWrapper(file, encoding="utf-8-sig", newline="").readline, "")
            records = Records(lines, self.layout.dialect, self.width, self.layout.header)
            for record in islice(records, len(self.layout.before)):
                self.blank += is_blank(record)
            slow_until = 0  # bytes of a stretch that is not regular
            at_end = False
            while not at_end:
                if len(self.rows) >= batch_rows:
                    self._write()
                    progress(f"Reading {name} row by row", os.lseek(file.fileno(), 0, os.SEEK_CUR) / size)
                if fast and records.at_rest and file.tell() >= slow_until:
                    start = file.tell()
                    stretch = file.read(STRETCH) + file.readline()
                    whole = whole_rows(stretch, self.layout, self.writer.schema) if stretch else None
                    if whole is not None:
                        self._add_whole(whole)
                        records.line += whole.num_rows
                        progress(f"Reading {name}", file.tell() / size)
                        continue
                    slow_until = start + len(stretch)
                    file.seek(start)
                if regular := records.regular(block):
                    self._add(regular)
                    continue
                at_end = True
                for record in islice(records, block):
                    at_end = False
                    self._take(record)
        self._end()
        self._write()

    @property
    def notes(self) -> tuple[str, ...]:
        """What was mended, in sentences."""
        notes = [f"{count_of(self.blank, 'blank line')} left out."] if self.blank else []
        if self.padded:
            many = "1 row" if self.padded == 1 else f"{self.padded:,} rows"
            notes.append(f"{many} had fewer cells than the header; the rest is empty.")
        if self.mended:
            many = "1 row has quotes" if self.mended == 1 else f"{self.mended:,} rows have quotes"
            notes.append(f"{many} in unusual places; they were taken as they stand.")
        return tuple(notes)

    def _take(self, record: Record) -> None:
        """One record: a row, perhaps a row, or none."""
        cells, width = record.cells, self.width
        if not any(cell.strip() for cell in cells[width:]):
            cells = cells[:width]  # what follows a separator at the end of each line
        if is_blank(record) and (width > 1 or not any(cells)):
            self.blank += 1
            self._after_blank = True
            return
        if record.damaged and len(cells) != width:
            self._set_aside(record, DAMAGED)
        elif tuple(record.cells) == self.layout.header:
            self._set_aside(record, AGAIN)
        elif len(cells) > width:
            self._set_aside(record, f"it has {len(cells):,} cells, and the table has {width:,} columns")
        elif len(cells) == 1 < width and cells[0].lstrip().startswith(COMMENTS):
            self._set_aside(record, COMMENT)
        elif len(cells) < width:
            self._short.append(Short(record, self._after_blank))
            if len(self._short) > MOST_BELOW:
                self._add([])
        else:
            self.mended += record.damaged
            self._add([cells])
        self._after_blank = False

    def _set_aside(self, record: Record, reason: str) -> None:
        self.rejects.add(record.line, reason, record.text.rstrip("\r\n"))

    def _add(self, whole: Sequence[list[str]]) -> None:
        """Whole rows, so that short ones before them are rows as well."""
        for record, _ in self._short:
            self.padded += 1
            self.mended += record.damaged
            self.rows.append(record.cells + [""] * (self.width - len(record.cells)))
        self._short.clear()
        self.rows += whole
        if len(self._firsts) < COMPARED:
            self._firsts += [row[0] for row in whole[:COMPARED]]

    def _add_whole(self, rows: pa.RecordBatch) -> None:
        """Whole rows as they are written."""
        self._add([])
        self._write()
        self._after_blank = False
        if len(self._firsts) < COMPARED:
            self._firsts += [first or "" for first in rows.column(0).slice(0, COMPARED).to_pylist()]
        self.writer.write(rows)

    def _end(self) -> None:
        """Short records at the end are totals, remarks or another table where they do not look like rows."""
        shapes = Counter(shape_of(cell) for cell in self._firsts)
        usual, times = shapes.most_common(1)[0] if shapes else ("", 0)
        telling = usual != "text" and times >= 0.8 * len(self._firsts)
        words = bool(self._firsts) and not any(" " in first.strip() for first in self._firsts)
        below = next(
            (place for place in range(len(self._short)) if self._is_below(place, usual * telling, words)), None
        )
        rest = self._short[below:] if below is not None else []
        del self._short[len(self._short) - len(rest) :]
        self._add([])
        for record, _ in rest:
            self._set_aside(record, BELOW)

    def _is_below(self, place: int, shape: str, words: bool) -> bool:
        """Whether a short record begins something else: unlike the first column (a sentence where all are single words),
        or another table after a blank line.
        """
        (record, after_blank), rest = self._short[place], self._short[place:]
        if shape and shape_of(record.cells[0]) != shape:
            return True
        if words and filled(record.cells) == 1 and " " in record.cells[0].strip():
            return True
        widths = {len(short.record.cells) for short in rest}
        return after_blank and len(rest) > 1 and len(widths) == 1 and widths != {1}

    def _write(self) -> None:
        import pyarrow.compute as pc  # the app's start does without

        if self.rows:
            texts = (pa.array(column, pa.string()) for column in zip(*self.rows, strict=True))
            arrays = [pc.if_else(pc.equal(cells, ""), None, cells) for cells in texts]
            self.writer.write(pa.record_batch(arrays, schema=self.writer.schema))
            self.rows.clear()
