"""How a text separates its cells, guessed from its first records: the reading that makes the most regular table wins."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from connectors.sources.cells import shape_of, usual_width
from connectors.sources.records import NO_DELIMITER, Dialect, Record, read_sample

DELIMITERS = (",", ";", "\t", "|", "^", "~", "¦", "§", ":", "#", "!", "*", "&", " ")
"""In the order in which a tie is decided."""

DOUBTFUL = ":#!*& "
"""Those that also stand within cells: they must separate every row alike, and count half."""

WORDS = "#!*& "
"""Of these, those that may as well join words: three columns or more, of which one is of numbers, times or addresses."""

STRANGE = re.compile(r"[,;\t|]")  # inside a cell: perhaps two cells that were not separated


def guess_dialect(lines: Sequence[str], cut: bool = False) -> Dialect:
    """The dialect of a text by its first lines, which may be `cut` off in a record; one of NO_DELIMITER is one column."""
    text = "".join(lines)
    best, best_score = Dialect(NO_DELIMITER, _quote_of_lines(text)), 0.0
    for dialect in _candidates(text):
        score = _regularity(read_sample(lines, dialect, cut), dialect)
        if score > best_score + 1e-9:
            best, best_score = dialect, score
    if best.delimiter not in (NO_DELIMITER, "\t", " ") and _blanks_follow(read_sample(lines, best, cut)):
        best = replace(best, skip_blanks=True)
    return best


def _candidates(text: str) -> Iterator[Dialect]:
    for delimiter in DELIMITERS:
        if delimiter not in text:
            continue
        found = [Dialect(delimiter)]
        if _is_quote("'", delimiter, text):
            found.append(Dialect(delimiter, "'"))
        if '\\"' in text:
            found.append(Dialect(delimiter, backslash=True))
        yield from found
        yield from (
            replace(d, skip_blanks=True)
            for d in found
            if delimiter != " " and (f"{delimiter} {d.quote}" in text or f"{d.quote} {delimiter}" in text)
        )


def _is_quote(quote: str, delimiter: str, text: str) -> bool:
    """Whether a character clearly encloses cells: more than once, and the other one never does."""
    edge = re.escape(delimiter) + " ?"
    enclosed = re.compile(f"(?:^|{edge}){quote}[^{quote}\r\n]*{quote}(?=$|{edge}|\r)", re.MULTILINE)
    other = re.compile(f'(?:^|{edge})"', re.MULTILINE)
    return len(enclosed.findall(text)) > 1 and not other.search(text)


def _quote_of_lines(text: str) -> str:
    """The quote of a text without delimiters: only lines that are enclosed as a whole have one."""
    return '"' if re.search(r'(?:^|[\r\n])"(?:[^"]|"")*"(?=[\r\n]|$)', text) else ""


def _regularity(records: Sequence[Record], dialect: Dialect) -> float:
    """From 0 (no table) to 1: rows of the same number of cells, times cells that look whole, more for wider tables."""
    rows = [record for record in records if record.cells and "".join(record.cells).strip()]
    if not rows:
        return 0.0
    width = usual_width(row.cells for row in rows)
    regular = [row for row in rows if len(row.cells) == width and not row.damaged]
    share = len(regular) / len(rows)
    if width == 1 or (len(rows[0].cells) == 1 and _is_prose(rows, width, dialect)):
        return 0.0
    if dialect.delimiter in DOUBTFUL and share < 1:
        return 0.0
    if dialect.delimiter == ":" and _is_clock_or_address(regular):
        return 0.0
    columns = list(zip(*(row.cells for row in regular), strict=True))
    if dialect.delimiter in WORDS and (width < 3 or not any(_is_data(column[1:]) for column in columns)):
        return 0.0
    cells = [cell for row in regular for cell in row.cells if cell.strip()]
    whole = sum(_looks_whole(cell) for cell in cells) / len(cells) if cells else 0.5
    unharmed = 1 - 0.1 * sum(row.damaged for row in rows) / len(rows)
    return float(share * whole * unharmed * (1 - 1 / width)) * (0.5 if dialect.delimiter in DOUBTFUL else 1.0)


def _looks_whole(cell: str) -> float:
    """1 for a cell of a known shape, less for one that seems to hold several or half of one."""
    shape = shape_of(cell)
    if shape != "text":
        return 1.0
    text = cell.strip()
    if text[0] in "\"'" or text[-1] in "\"'":
        return 0.2
    return 0.5 if STRANGE.search(text) else 0.95


def _is_prose(rows: Sequence[Record], width: int, dialect: Dialect) -> bool:
    """Whether lines below a single cell are sentences or addresses rather than a table below its title."""
    start = next(place for place, row in enumerate(rows) if len(row.cells) == width)
    end = max(place for place, row in enumerate(rows) if len(row.cells) == width)
    table = rows[start : end + 1]
    regular = [row.cells for row in table if len(row.cells) == width]
    if len(regular) < 0.5 * len(table):
        return True
    loose = len(regular) < 0.8 * len(table) or all(cell.startswith(" ") for cells in regular for cell in cells[1:])
    return (
        dialect.delimiter == ","
        and (loose or dialect.skip_blanks)
        and not any(map(_is_data, zip(*regular, strict=True)))
    )


def _is_data(column: Sequence[str]) -> bool:
    """Whether nearly all cells of a column have the shape of a number, a time or an address."""
    return bool(column) and sum(shape_of(cell) not in ("", "text") for cell in column) >= 0.8 * len(column)


def _is_clock_or_address(rows: Sequence[Record]) -> bool:
    """Whether half of the colons or more are those of 10:15 and https://."""
    odd = sum(
        right.startswith("//") or (left[-1:].isdigit() and right[:1].isdigit())
        for row in rows
        for left, right in zip(row.cells, row.cells[1:], strict=False)
    )
    return odd * 2 >= sum(len(row.cells) - 1 for row in rows)


def _blanks_follow(records: Sequence[Record]) -> bool:
    """Whether nearly every cell but the first of its row begins with a blank, as in: a, b, c."""
    cells = [cell for record in records for cell in record.cells[1:] if cell]
    return len(cells) >= 2 and sum(cell[0] == " " for cell in cells) >= 0.95 * len(cells)
