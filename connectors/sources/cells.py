"""What a single cell looks like: enough to tell a header from its rows and a right separator from a wrong one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence, Sized
from datetime import date, time, timedelta

NUMBER = re.compile(r"[-+]?[$€£]? ?(\d+|\d{1,3}([ .,'’]\d{3})+)?([.,]\d+)?([eE][-+]?\d+)? ?[%€$£]?")
DAY = re.compile(
    r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{1,2}[- ][A-Za-z]{3,9}[- ]\d{2,4})"
    r"([ T]+\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?( ?[AaPp][Mm])?( ?(Z|UTC|[-+]\d{2}:?\d{2}))?)?"
)
CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?( ?[AaPp][Mm])?")
ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+|(https?|ftp)://\S+|www\.\S+")


def shape_of(cell: object) -> str:
    """The cell's shape: number, time, address (of mail or web), yes_no or text; an empty one has none."""
    if cell is None or cell == "":
        return ""
    if isinstance(cell, bool):
        return "yes_no"
    if isinstance(cell, int | float):
        return "number"
    if isinstance(cell, date | time | timedelta):
        return "time"
    text = str(cell).strip()
    if not text:
        return ""
    if text[0].isdigit() or text[-1].isdigit() or text[-1] in "%€$£":
        if NUMBER.fullmatch(text):
            return "number"
        if DAY.fullmatch(text) or CLOCK.fullmatch(text):
            return "time"
    if ADDRESS.fullmatch(text):
        return "address"
    return "text"


def filled(cells: Sequence[object]) -> int:
    """How many cells hold something."""
    return sum(1 for cell in cells if cell is not None and str(cell).strip() != "")


def usual_width(records: Iterable[Sized]) -> int:
    """The number of cells of those records that hold most cells of all: those of the table, whatever stands around it."""
    counts = Counter(map(len, records))
    return max(counts, key=lambda width: (width * counts[width], width))
