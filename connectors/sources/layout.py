"""How a text table is laid out, told by its first records: its dialect, its columns, and what stands above the first row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from connectors.sources.dialect import guess_dialect
from connectors.sources.header import find_header
from connectors.sources.names import headers_of, mend_names
from connectors.sources.records import Dialect, Record, read_sample, split_lines
from segmentation.errors import SourceError

HEAD = 1 << 20
BLANKS = " \t\r\n\v\f\x1a"  # with page breaks, and what DOS ends a text with


@dataclass(frozen=True)
class Layout:
    """How a text is to be read: its dialect, its columns, and the records that stand before the first row."""

    dialect: Dialect
    columns: tuple[str, ...]
    headers: tuple[str, ...] = ()  # as written, where a name was mended
    titles: tuple[Record, ...] = ()  # above the header
    before: tuple[Record, ...] = ()  # titles, blank lines and the header itself
    header: tuple[str, ...] = ()  # the cells of the header, none where there is no header
    notes: tuple[str, ...] = ()


def read_layout(path: Path, name: str, skip_blanks: bool = False) -> Layout:
    """Find dialect and header in the first records of a text in UTF-8."""
    with path.open("rb") as file:
        head = file.read(HEAD)
        whole = len(head) < HEAD
    lines = split_lines(head.decode("utf-8-sig", errors="ignore"))
    if not whole and len(lines) > 1:
        lines.pop()  # it may go on beyond the head
    dialect = guess_dialect(lines, cut=not whole)
    if skip_blanks:
        dialect = replace(dialect, skip_blanks=True)
    sample = read_sample(lines, dialect, cut=not whole)
    records = [record for record in sample if not is_blank(record)]
    if not records:
        if whole:
            raise SourceError(f"{name} is empty: it has only blank lines.")
        raise SourceError(f"{name} is not a text table: its first lines are blank or longer than {HEAD >> 20} MB.")
    header = find_header([record.cells for record in records])
    titles = records[: header.above]
    last = records[header.taken - 1].line if header.taken else 0
    before = [record for record in sample if record.line <= last]
    columns, mended = mend_names(header.names)
    return Layout(
        dialect,
        columns,
        headers_of(header.names, columns),
        tuple(titles),
        tuple(before),
        tuple(before[-1].cells) if header.present else (),
        header.notes + mended,
    )


def is_blank(record: Record) -> bool:
    """Whether a line is no row; a line of blanks could be a row only where it has separators or quotes."""
    return record.blank or (len(record.cells) == 1 and not record.text.strip(BLANKS))
