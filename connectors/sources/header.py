"""Where a table begins and what its columns are called: titles above the header, the header, or none at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from connectors.sources.cells import filled, shape_of, usual_width
from connectors.sources.names import numbered_names

MOST_ABOVE = 30
COMPARED = 50
YEARS = range(1900, 2101)

Cells = Sequence[object]
NO_HEADER = "There is no header: the columns are numbered."
MANY, FEW_IN = 8, 4  # rows, and rows to a value, from which on a text column says something of its header


@dataclass(frozen=True)
class Header:
    """The names as written, how many records stand above the header, and whether there is one (else rows begin at once)."""

    names: tuple[str, ...]
    above: int
    present: bool
    notes: tuple[str, ...] = ()

    @property
    def taken(self) -> int:
        """How many records come before the first row."""
        return self.above + self.present


def find_header(records: Sequence[Cells]) -> Header:
    """Find the header in the first records of a table; blank ones must have been left out, and one is needed."""
    compared = records[: 4 * COMPARED]
    usual = _usual_width(compared)
    width = max((_used(record[:usual]) for record in compared if len(record) == usual), default=0) or 1
    above = _titles_above(records, width)
    first = records[above]
    rows = [row for row in records[above + 1 : above + 1 + COMPARED] if row != first]
    begins = _first_shape(rows)
    is_row = len(first) != usual and bool(begins) and shape_of(first[0]) == begins
    if is_row or not _is_header(first, [row for row in rows if len(row) == usual] or rows):
        while above and begins and any(shape_of(record[0]) == begins for record in records[:above]):
            above -= 1
        return Header(numbered_names(usual), above, present=False, notes=(NO_HEADER,))
    names = ["" if cell is None else str(cell) for cell in first]
    notes: tuple[str, ...] = ()
    if len(names) == width - 1 and rows and all(len(row) == width for row in rows) and _names_rows(rows):
        # R's write.table() names all columns but the first.
        names.insert(0, "")
        notes = ("The header has one name fewer than the rows have cells: the first column was taken to have none.",)
    while len(names) > width and not names[-1].strip():
        names.pop()
    return Header(tuple(names), above, present=True, notes=notes)


def _names_rows(rows: Sequence[Cells]) -> bool:
    """Whether the first cells may be names of the rows rather than the last ones stray: these are all filled, or most are, and those count."""
    firsts = [str(row[0]) for row in rows]
    last = sum(filled(row[-1:]) for row in rows)
    count = all(first.isdecimal() for first in firsts) and all(int(b) - int(a) == 1 for a, b in pairwise(firsts))
    return last == len(rows) or (count and last * 2 >= len(rows))


def _usual_width(records: Sequence[Cells]) -> int:
    """The number of cells of most records; of few records, that of the first."""
    first = len(records[0])
    return (
        first if first > 1 and len({len(record) for record in records}) == len(records) <= 3 else usual_width(records)
    )


def _used(record: Cells) -> int:
    """The number of cells up to the last filled one."""
    return next((place + 1 for place in range(len(record) - 1, -1, -1) if filled(record[place : place + 1])), 0)


def _titles_above(records: Sequence[Cells], width: int) -> int:
    """How many records at the top are titles: of far fewer filled cells than the table is wide."""
    if width < 2:
        return 0
    ((usual, _),) = Counter(map(_used, records)).most_common(1)
    for above, record in enumerate(records[: MOST_ABOVE + 1]):
        used, cells = _used(record), filled(record)
        if used >= width:
            return above
        if used == cells == usual > 1 and _names_columns(records[above : above + 1 + COMPARED], usual):
            return above  # beside a few rows there is a remark
        nearly = used > 1 and (used == width - 1 or cells * 3 >= width * 2)
        if nearly and not _names_columns(records[above + 1 : above + 2 + COMPARED], width):
            return above
    return 0


def _first_shape(rows: Sequence[Cells]) -> str:
    """The shape with which nearly all rows begin, nothing where it is text."""
    shapes = Counter(shape_of(row[0]) for row in rows)
    usual, times = shapes.most_common(1)[0] if shapes else ("", 0)
    return usual if usual != "text" and times >= 0.8 * len(rows) else ""


def _names_columns(records: Sequence[Cells], width: int) -> bool:
    """Whether the first of these records is a full and certain header of the others."""
    if len(records) < 2 or _used(records[0]) != width:
        return False
    like, unlike = _votes(records[0], records[1:])
    return unlike > like


def _is_header(first: Cells, rows: Sequence[Cells]) -> bool:
    """Whether the first record names the columns: texts that differ, and are not like what stands below them."""
    shapes = [shape_of(cell) for cell in first]
    names = [_folded(cell) for cell, shape in zip(first, shapes, strict=True) if shape]
    if not names:
        return False
    like, unlike = _votes(first, rows)
    if like or unlike:
        return unlike > like
    speaking = all(not any(map(str.isdigit, name)) or any(map(str.isalpha, name)) for name in names)
    return (
        speaking and set(shapes) <= {"text", ""} and len(set(names)) >= len(names) - 1 and len(names) * 2 > len(shapes)
    )


def _votes(first: Cells, rows: Sequence[Cells]) -> tuple[int, int]:
    """In how many columns the first record is like the cells below it, and in how many certainly not."""
    shapes = [shape_of(cell) for cell in first]
    years = {place: int(str(cell)) for place, cell in enumerate(first) if str(cell).strip().isdecimal()}
    consecutive = len(years) > 1 and all(year in YEARS for year in years.values())
    consecutive = consecutive and all(later - year == 1 for year, later in pairwise(years.values()))
    like = unlike = 0
    for place, shape in enumerate(shapes):
        below = [row[place] for row in rows if place < len(row) and shape_of(row[place])]
        if not below or not shape:
            continue
        usual, times = Counter(shape_of(cell) for cell in below).most_common(1)[0]
        if consecutive and place in years:
            unlike += 1
        elif usual != "text" and times >= 0.8 * len(below):
            unlike += shape == "text" or (shape, usual) == ("time", "number")
            like += shape == usual
        elif shape != "text" or _folded(first[place]) in {_folded(cell) for cell in below}:
            like += 1
        elif len(below) >= MANY and len({_folded(cell) for cell in below}) * FEW_IN <= len(below):
            unlike += 1  # a column of few values, and this is none of them
    return like, unlike


def _folded(cell: object) -> str:
    """A cell as it is compared."""
    return str(cell).strip().casefold()
