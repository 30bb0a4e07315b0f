"""Texts whose cells are separated by several characters, as in a||b or a~|~b, or by one that cannot be seen: they get a usual one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from connectors.sources.dialect import guess_dialect
from connectors.sources.records import NO_DELIMITER, split_lines
from connectors.sources.staging import temporary
from segmentation.plan import Progress

LONG = ("~|~", "@|@", "|~|", "^|^", "||", "::", ";;", "\x01", "\x1f")
"""Longer before shorter; the last two are those of databases. Of those that repeat a character none may stand alone: it would be an empty cell between two."""

SINGLE = "¦§\t|;,"
"""What may take their place, if it is nowhere in the first lines."""

MOST = 0.9  # of the first records
HEAD = 1 << 20
LINES = 200
TOLD = 100_000


def with_one_separator(path: Path, name: str, into: Path, progress: Progress) -> tuple[Path, str]:
    """The text itself (in UTF-8) and "", or a copy in `into` with separators of one character, and the long one it had.

    Between quotes they are left as they are.
    """
    with path.open("rb") as file:
        lines = split_lines(file.read(HEAD).decode("utf-8-sig", errors="ignore"))[:LINES]
    long = next((long for long in LONG if _separates(long, lines)), "")
    single = next((single for single in SINGLE if not any(single in line.replace(long, "") for line in lines)), "")
    if not long or not single:
        return path, ""
    copy = temporary(into)
    with path.open(encoding="utf-8-sig", newline="") as text, copy.open("w", encoding="utf-8", newline="") as out:
        count, inside = 0, False
        for number, line in enumerate(iter(text.readline, "")):
            cells, still = _cells(line, long, inside)
            if inside and count and len(cells) != count:
                again, fresh = _cells(line, long, False)
                if len(again) == count:  # the quote before it was a stray one
                    cells, still = again, fresh
            count, inside = count or len(cells), still
            out.write(single.join(cells))
            if number % TOLD == 0:
                progress(f"Looking for the separators of {name}")
    return copy, long


def _separates(long: str, lines: Sequence[str]) -> bool:
    """Whether most records have it equally often, and no usual separator makes a table of them."""
    if not any(long in line for line in lines):
        return False
    widths: Counter[int] = Counter()
    width, inside = 0, False
    for line in filter(str.strip, lines):
        width -= inside
        cells, inside = _cells(line, long, inside)
        if len(set(long)) == 1 and any(long[0] in cell for cell in cells if '"' not in cell):
            return False
        width += len(cells)
        if not inside:
            widths[width] += 1
            width = 0
    ((usual, times),) = widths.most_common(1) or [(0, 0)]
    return usual > 1 and times >= MOST * widths.total() and guess_dialect(lines).delimiter in (NO_DELIMITER, *long)


def _cells(line: str, long: str, inside: bool) -> tuple[list[str], bool]:
    """The cells of a line, and whether it ends between quotes."""
    cells: list[str] = []
    for piece in line.split(long):
        if inside:
            cells[-1:] = [cells[-1] + long + piece] if cells else [piece]
        else:
            cells.append(piece)
            if not piece.lstrip(" ").startswith('"'):
                continue  # a quote within a cell is an inch mark
        inside ^= piece.count('"') % 2 == 1
    return cells, inside
