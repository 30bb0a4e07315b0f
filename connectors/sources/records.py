"""The records of a delimited text one by one, however damaged: a stray quote costs its own line and no other."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from connectors.sources.cells import shape_of

NO_DELIMITER = "\x1f"  # the ASCII “unit separator”: stands for “one column” where a reader wants a character
LONG_LINES = 100
LONG_TEXT = 64 * 1024
LONGEST_TEXT = 4 << 20
TELLING = 3  # separators in the further lines of a cell, from which on a stray quote may have swallowed rows

csv.field_size_limit(LONGEST_TEXT)


@dataclass(frozen=True)
class Dialect:
    """How a text separates its cells. `quote` is "" where nothing is quoted."""

    delimiter: str = ","
    quote: str = '"'
    backslash: bool = False  # quotes inside quoted cells are written \" instead of ""
    skip_blanks: bool = False  # blanks after a delimiter belong to nobody: a, b, "c"

    def reader(self, lines: Iterable[str]) -> Iterator[list[str]]:
        """The standard library's reader, which raises `csv.Error` where quotes are out of place."""
        return csv.reader(
            map(self._standard, lines) if self.backslash or self.skip_blanks else lines,
            delimiter=self.delimiter,
            quotechar=self.quote or None,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            skipinitialspace=self.skip_blanks,
            strict=True,
        )

    def _standard(self, line: str) -> str:
        r"""A line as the reader expects it: \" written as "", \\ as \, and no blanks behind a quote that closes."""
        if self.backslash:
            line = _without_backslashes(line)
        if self.skip_blanks and self.quote and f"{self.quote} " in line:
            edge, quote = re.escape(self.delimiter), re.escape(self.quote)
            line = re.sub(f"(?<![{quote}{edge} ]){quote} +(?={edge}|[\r\n]|$)", self.quote, line)
        return line


class Record(NamedTuple):
    """One row of the file: its first line (1-based), its cells, its text, and whether its quotes were out of place."""

    line: int
    cells: list[str]
    text: str
    damaged: bool = False

    @property
    def blank(self) -> bool:
        """Whether it is an empty line, which is no row."""
        return not self.cells


class _Runaway(Exception):
    """A quoted cell seems to have no end, or to end in another row."""


class Records:
    """The records of `lines`, of which each ends with its own line break."""

    def __init__(self, lines: Iterator[str], dialect: Dialect, width: int = 0, header: Sequence[str] = ()) -> None:
        """Read `lines`; `width` is the number of cells that a whole row has, 0 if not known yet; `header` is no row."""
        self.dialect = dialect
        self.width = width
        self.header = list(header)
        self.line = 1  # of the next record
        self.at_end = False  # no further line was there when one was asked for
        self._lines = lines
        self._again: deque[str] = deque()
        self._taken: list[str] = []

    def __iter__(self) -> Iterator[Record]:
        """The next records, each with its place and text; it may be left and begun anew after any of them."""
        taken = self._taken
        while True:
            try:
                for cells in self.dialect.reader(self._feed()):
                    if len(taken) > 1 and self.width > 1 and self._swallows(cells):
                        raise _Runaway
                    record = Record(self.line, cells, taken[0] if len(taken) == 1 else "".join(taken))
                    self.line += len(taken)
                    taken.clear()
                    yield record
                return
            except (csv.Error, _Runaway):
                first, *rest = taken
                taken.clear()
                self._again.extendleft(reversed(rest))
                self.line += 1
                yield Record(self.line - 1, split_damaged(first, self.dialect), first, damaged=True)

    @property
    def at_rest(self) -> bool:
        """Whether every line that was taken belongs to a record that was given."""
        return not self._again

    def regular(self, lines: int) -> list[list[str]]:
        """The rows of the next lines if every line is a whole row; else none, and nothing is taken. Much quicker."""
        block = list(islice(self._source(), lines))
        try:
            rows = list(self.dialect.reader(block))
        except csv.Error:
            rows = []
        whole = len(rows) == len(block) and set(map(len, rows)) == {self.width} and self.header not in rows
        if whole and (self.width > 1 or all(map(any, rows))):
            self.line += len(block)
            return rows
        self._again.extendleft(reversed(block))
        return []

    def _source(self) -> Iterator[str]:
        while self._again:
            yield self._again.popleft()
        for line in self._lines:  # noqa: UP028 - `yield from` would close the file when a reader is left
            yield line
        self.at_end = True

    def _feed(self) -> Iterator[str]:
        """Lines for the reader, remembered until their record is whole."""
        taken, length, most_lines, most_text = self._taken, 0, LONG_LINES, LONG_TEXT
        for line in self._source():
            if not taken:
                length, most_lines, most_text = 0, LONG_LINES, LONG_TEXT
            taken.append(line)
            length += len(line)
            if len(taken) > most_lines or (length > most_text and len(taken) > 1):
                if self._runs_away(length):
                    raise _Runaway
                most_lines, most_text = 2 * len(taken), 2 * length  # looked at again and again, it must not take long
            yield line

    def _swallows(self, cells: Sequence[str]) -> bool:
        """Whether the further lines of a record look like rows: most of them where it is no whole row itself, else all,
        each with a first cell like its own.
        """
        delimiter, lines = self.dialect.delimiter, self._taken[1:]
        whole = sum(line.count(delimiter) + 1 == self.width for line in lines)
        if len(cells) != self.width:
            return whole * 2 > len(lines)
        if whole < len(lines) or len(lines) * (self.width - 1) < TELLING:
            return False
        begins = _pattern(cells[0])
        telling = "9" in begins or begins in ("number", "time", "address")
        return telling and all(_pattern(line.split(delimiter)[0]) == begins for line in lines)

    def _runs_away(self, length: int) -> bool:
        """Whether the lines of a long quoted cell look like rows of the table rather than a long text."""
        if length > LONGEST_TEXT:
            return True
        delimiter, first = self.dialect.delimiter, self._taken[0]
        width = self.width or first.count(delimiter) + 1
        inner = self._taken[1:]
        rows = [line for line in inner if line.count(delimiter) + 1 == width]
        shape = shape_of(first.split(delimiter)[0])
        alike = sum(shape_of(row.split(delimiter)[0]) == shape for row in rows)
        return width > (2 if shape == "text" else 1) and alike * 2 > len(inner)


def _pattern(cell: str) -> str:
    """What a cell looks like: its shape, and of a text a for letters, 9 for digits, everything else as it is."""
    shape = shape_of(cell)
    return shape if shape != "text" else re.sub(r"\d+", "9", re.sub(r"[^\W\d_]+", "a", cell.strip()))


def split_damaged(line: str, dialect: Dialect) -> list[str]:
    """The cells of one line whose quotes are out of place: a cell ends at a quote only before a delimiter or the end.

    A quote that opens and never closes is taken as a character of its cell.
    """
    line = line.rstrip("\r\n")
    if dialect.backslash:
        line = _without_backslashes(line)
    delimiter, quote = dialect.delimiter, dialect.quote
    cells: list[str] = []
    position = 0
    closing = re.compile(f"{re.escape(quote)} *(?={re.escape(delimiter)}|$)")
    while True:
        start = position
        while line.startswith(" ", start):
            start += 1
        end = None
        if quote and line.startswith(quote, start):
            end = closing.search(line, start + 1)
        if end:
            cells.append(line[start + 1 : end.start()].replace(quote * 2, quote))
            position = end.end()
        else:
            stop = line.find(delimiter, position)
            stop = len(line) if stop < 0 else stop
            cell = line[position:stop]
            cells.append(cell.lstrip(" ") if dialect.skip_blanks else cell)
            position = stop
        if position >= len(line):
            return cells
        position += len(delimiter)


def read_sample(
    lines: Sequence[str], dialect: Dialect, cut: bool = False, records: int = 200, cells: int = 20_000
) -> list[Record]:
    """The first records of a text, at most so many; where the lines were `cut` off, without a last one that has no end."""
    found: list[Record] = []
    seen = 0
    reader = Records(iter(lines), dialect)
    for record in islice(reader, records):
        if cut and found and record.damaged and reader.at_end:
            break
        found.append(record)
        seen += len(record.cells)
        if seen > cells and len(found) > 2:
            break
    return found


def split_lines(text: str) -> list[str]:
    r"""The lines of a text with their breaks: \n, \r\n and \r, and nothing else that Unicode calls a line."""
    return [found.group() for found in re.finditer(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$", text)]


def _without_backslashes(line: str) -> str:
    r"""A line with \" written as "" and \\ as \, as the reader expects it."""
    return re.sub(r'\\(["\'\\])', lambda m: m.group(1) if m.group(1) == "\\" else m.group(1) * 2, line)
