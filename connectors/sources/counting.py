"""How many records a delimited file has, counted from its bytes and without its reader, to check the reader."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from connectors.sources.records import LONG_LINES, LONG_TEXT

CHUNK = 1 << 18  # measured: small enough for the processor's cache

LF, CR, BLANK = 10, 13, 32
LOOKED_AT = 100  # odd quotes of a chunk that are looked at closely


@dataclass
class Tally:
    """What the bytes of a file say. Line breaks between quotes are text; blank lines are no records."""

    records: int = 0
    blank_lines: int = 0
    quotes: int = 0
    breaks_in_quotes: int = 0
    stray_quotes: bool = False  # a quote stands elsewhere than at a cell's edge, so that the counts are doubtful
    mixed_breaks: bool = False  # single CRs among LFs
    long_quoted: bool = False  # a quoted stretch that may be a stray quote
    padded_quotes: bool = False  # blanks stand between a quote and the cell's edge: a, "b" ,c
    line_feeds: bool = True  # lines end with LF, or with CR and LF
    longest_line: int = 0  # bytes, known of lines longer than a chunk only


def count_records(path: Path, delimiter: str, quote: str, tell: Callable[[int], None]) -> Tally:
    """Count a file in UTF-8 (or any superset of ASCII) in one pass; `tell` is told the bytes counted, and may raise."""
    with path.open("rb") as file:
        return _Counter(delimiter.encode(), quote.encode()).run(file, tell)


def count_stretch(data: bytes, delimiter: str, quote: str) -> Tally:
    """Count a part of a file that begins and ends with whole lines."""
    return _Counter(delimiter.encode(), quote.encode()).run(BytesIO(data), lambda done: None)


class _Counter:
    """The state that one chunk hands to the next."""

    def __init__(self, delimiter: bytes, quote: bytes) -> None:
        self.quote = quote
        self.edges = np.zeros(256, dtype=bool)  # what may stand on the outer side of a quote
        self.edges[[*delimiter, *quote, LF, CR]] = True
        self.closed = False  # the last chunk ended with a quote that closes
        self.tally = Tally()
        self.inside = 0  # 1 between quotes
        self.start = 0  # where the line begins that goes on from the last chunk
        self.opened = 0  # where the quoted stretch began that goes on from the last chunk
        self.lines_inside = 0
        self.offset = 0
        self.last_break = 0

    def run(self, file: BinaryIO, tell: Callable[[int], None]) -> Tally:
        tally = self.tally
        mark = file.read(3)
        self.offset = self.start = 3 if mark == b"\xef\xbb\xbf" else 0
        file.seek(self.offset)
        first = file.read(CHUNK)
        line_break = LF if b"\n" in first or b"\r" not in first else CR
        tally.line_feeds = line_break == LF
        chunk, carry_cr, previous = first, False, b""
        while chunk:
            data = np.frombuffer(chunk, np.uint8)
            ends = data == line_break
            self._line_breaks(data, ends, line_break, carry_cr)
            self.last_break = self.offset + chunk.rfind(line_break) if line_break in chunk else self.last_break
            self._chunk(data, ends, previous)
            tally.longest_line = max(tally.longest_line, self.offset + len(chunk) - self.last_break)
            carry_cr, previous = chunk.endswith(b"\r"), chunk[-2:]
            self.offset += len(chunk)
            tell(self.offset)
            chunk = file.read(CHUNK)
        if line_break == LF and carry_cr:
            tally.mixed_breaks = True
        tally.stray_quotes |= bool(self.inside)
        if self.start < self.offset or self.inside:
            tally.records += 1
        return tally

    def _line_breaks(self, data: NDArray[np.uint8], ends: NDArray[np.bool_], line_break: int, carry_cr: bool) -> None:
        """Find CRs without LF in a file of LFs, or any LF in a file of CRs."""
        other = data == (CR if line_break == LF else LF)
        found = int(np.count_nonzero(other))
        if line_break == CR:
            self.tally.mixed_breaks |= found > 0
        elif found or carry_cr:
            pairs = int(np.count_nonzero(other[:-1] & ends[1:])) + int(carry_cr and ends[0])
            self.tally.mixed_breaks |= found + carry_cr - int(other[-1]) != pairs

    def _chunk(self, data: NDArray[np.uint8], is_end: NDArray[np.bool_], previous: bytes) -> None:
        tally = self.tally
        tally.stray_quotes |= self.closed and not self.edges[data[0]]
        is_quote = data == self.quote[0] if self.quote else np.zeros(0, dtype=bool)
        quotes = int(np.count_nonzero(is_quote))
        tally.quotes += quotes
        self.closed = False
        if not quotes:
            breaks = int(np.count_nonzero(is_end))
            if self.inside:
                tally.breaks_in_quotes += breaks
                self.lines_inside += breaks
                tally.long_quoted |= self.lines_inside > LONG_LINES or self.offset + len(data) - self.opened > LONG_TEXT
                return
            if not self._may_have_blank_lines(data, is_end, previous):
                tally.records += breaks
                if breaks:
                    self.start = self.last_break + 1
                return
        ends = np.flatnonzero(is_end)
        if quotes:
            found = np.flatnonzero(is_quote)
            self._edges(data, found, previous)
            ends = self._outside(ends, found, len(data))
        self.closed = quotes > 0 and not self.inside and bool(is_quote[-1])
        self._ends(data, ends, previous)

    @staticmethod
    def _may_have_blank_lines(data: NDArray[np.uint8], is_end: NDArray[np.bool_], previous: bytes) -> bool:
        """Whether a line break follows another one, with at most a CR between them."""
        if previous[-1:] in (b"\n", b"\r", b"") and (is_end[0] or data[0] == CR):
            return True
        after = is_end[:-1] & (is_end[1:] | (data[1:] == CR))
        return bool(after.any())

    def _edges(self, data: NDArray[np.uint8], quotes: NDArray[np.intp], previous: bytes) -> None:
        """Look at the outer side of each quote: a delimiter, a line break or another quote, or else it is stray."""
        opening, closing = quotes[self.inside :: 2], quotes[1 - self.inside :: 2]
        before = np.concatenate((np.frombuffer(previous[-1:] or b"\n", np.uint8), data))
        after = np.concatenate((data, np.frombuffer(b"\n", np.uint8)))  # of the last byte: see the next chunk
        odd_opening = opening[~self.edges[before[opening]]]
        odd_closing = closing[~self.edges[after[closing + 1]]]
        if not len(odd_opening) and not len(odd_closing):
            return
        self.tally.stray_quotes = True
        if self.tally.padded_quotes:
            return
        text = data.tobytes()
        ends = [
            text[:place].rstrip(b" ")[-1:] for place in odd_opening[:LOOKED_AT] if place and text[place - 1] == BLANK
        ]
        ends += [
            text[place + 1 : place + LONG_TEXT].lstrip(b" ")[:1]
            for place in odd_closing[:LOOKED_AT]
            if text[place + 1] == BLANK
        ]
        self.tally.padded_quotes = any(not end or self.edges[end[0]] for end in ends)

    def _outside(self, ends: NDArray[np.intp], quotes: NDArray[np.intp], size: int) -> NDArray[np.intp]:
        """The line breaks that are not between quotes."""
        before = np.searchsorted(quotes, ends)
        inside = ((before + self.inside) & 1).astype(bool)
        self.tally.breaks_in_quotes += int(np.count_nonzero(inside))
        edges = np.concatenate(([self.opened - self.offset if self.inside else 0], quotes, [size]))
        breaks = np.searchsorted(ends, edges)
        first = 1 - self.inside  # stretches between quotes are every other one
        lines, lengths = np.diff(breaks)[first::2], np.diff(edges)[first::2]
        if self.inside and len(lines):
            lines[0] += self.lines_inside
        if len(lines):
            self.tally.long_quoted |= bool(lines.max() > LONG_LINES or lengths.max() > LONG_TEXT)
        self.inside ^= len(quotes) & 1
        if self.inside:
            self.opened = self.offset + int(edges[-2])
            self.lines_inside = int(breaks[-1] - breaks[-2])
        outside: NDArray[np.intp] = ends[~inside]
        return outside

    def _ends(self, data: NDArray[np.uint8], ends: NDArray[np.intp], previous: bytes) -> None:
        """Count the lines that end here, and which of them are blank."""
        if not len(ends):
            return
        starts = np.concatenate(([self.start - self.offset], ends[:-1] + 1))
        lengths = ends - starts
        before = data[ends - 1]  # of the chunk's first byte this is wrong, and set right below
        if ends[0] == 0:
            before[0] = previous[-1] if previous else 0
        blank = (lengths == 0) | ((lengths == 1) & (before == CR))
        blanks = int(np.count_nonzero(blank))
        self.tally.blank_lines += blanks
        self.tally.records += len(ends) - blanks
        self.start = self.offset + int(ends[-1]) + 1
