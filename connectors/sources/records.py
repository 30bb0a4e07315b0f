"""The records of a delimited text one by one, however damaged: a stray quote costs its own line and no other."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

NO_DELIMITER = "\x1f"  # the ASCII “unit separator”: stands for “one column” where a reader wants a character
LONG_LINES = 100
LONG_TEXT = 64 * 1024
LONGEST_TEXT = 4 << 20

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
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote or None,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            skipinitialspace=self.skip_blanks,
            strict=True,
        )


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
    """A quoted cell seems to have no end."""


class Records:
    """Iterates over the records of `lines`; each line ends with its own line break."""

    def __init__(self, lines: Iterator[str], dialect: Dialect, width: int = 0) -> None:
        """Read `lines`; `width` is the number of cells that a whole row has, 0 if not known yet."""
        self.dialect = dialect
        self.width = width
        self._lines = lines
        self._again: deque[str] = deque()
        self._taken: list[str] = []

    def __iter__(self) -> Iterator[Record]:
        line = 1
        taken = self._taken
        while True:
            try:
                for cells in self.dialect.reader(self._feed()):
                    yield Record(line, cells, taken[0] if len(taken) == 1 else "".join(taken))
                    line += len(taken)
                    taken.clear()
                return
            except (csv.Error, _Runaway):
                first, *rest = taken
                taken.clear()
                self._again.extendleft(reversed(rest))
                yield Record(line, split_damaged(first, self.dialect), first, damaged=True)
                line += 1

    def _feed(self) -> Iterator[str]:
        """Lines for the reader, remembered until their record is whole."""
        taken, backslash, length = self._taken, self.dialect.backslash, 0
        while True:
            line = self._again.popleft() if self._again else next(self._lines, None)
            if line is None:
                return
            taken.append(line)
            if len(taken) == 1:
                length = 0
            length += len(line)
            if len(taken) > 1 and (len(taken) % LONG_LINES == 0 or length > LONG_TEXT) and self._runs_away(length):
                raise _Runaway
            yield _without_backslashes(line) if backslash else line

    def _runs_away(self, length: int) -> bool:
        """Whether the lines of a long quoted cell look like rows of the table rather than a long text."""
        if length > LONGEST_TEXT:
            return True
        delimiter = self.dialect.delimiter
        width = self.width or self._taken[0].count(delimiter) + 1
        inner = self._taken[1:]
        rows = sum(line.count(delimiter) + 1 == width for line in inner)
        return width > 1 and rows * 2 > len(inner)


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


def read_sample(text: str, dialect: Dialect, whole: bool, records: int = 200, cells: int = 20_000) -> list[Record]:
    """The first records of a text, at most so many; the last one is left out if it may go on beyond the text."""
    lines = split_lines(text)
    if not whole and len(lines) > 1:
        lines.pop()
    found: list[Record] = []
    seen = 0
    for record in islice(Records(iter(lines), dialect), records):
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
