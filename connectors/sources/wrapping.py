"""Texts of which a spreadsheet has put every line into quotes as a whole, and doubled the quotes inside."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from connectors.sources.dialect import guess_dialect
from connectors.sources.records import NO_DELIMITER, read_sample, split_lines
from connectors.sources.staging import temporary
from segmentation.plan import Progress

HEAD = 1 << 20
LINES = 200
TOLD = 100_000

NOTE = "Every line was in quotes as a whole; they were taken off."


def unwrapped(path: Path, name: str, into: Path, progress: Progress) -> Path:
    """The text itself (in UTF-8), or a copy in `into` without the quotes around its lines."""
    with path.open("rb") as file:
        head = file.read(HEAD).decode("utf-8-sig", errors="ignore")
    if not head.startswith('"') or not _are_wrapped(split_lines(head)[:LINES]):
        return path
    copy = temporary(into)
    with path.open(encoding="utf-8-sig", newline="") as text, copy.open("w", encoding="utf-8", newline="") as out:
        for number, line in enumerate(iter(text.readline, "")):
            out.write(_inside(line))
            if number % TOLD == 0:
                progress(f"Taking the quotes off the lines of {name}")
    return copy


def _are_wrapped(lines: Sequence[str]) -> bool:
    """Whether each line is one quoted cell, and what stands inside them is a regular table."""
    whole = [line.rstrip("\r\n") for line in lines if line.strip()]
    if len(whole) < 2 or not all(len(line) > 1 and line[0] == line[-1] == '"' for line in whole):
        return False
    if any('"' in line[1:-1].replace('""', "") for line in whole):
        return False
    inside = [_inside(line) for line in lines]
    dialect = guess_dialect(inside)
    widths = {len(record.cells) for record in read_sample(inside, dialect) if record.cells}
    return dialect.delimiter != NO_DELIMITER and len(widths) == 1


def _inside(line: str) -> str:
    """A line without the quotes around it; any other line as it is."""
    text = line.rstrip("\r\n")
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1].replace('""', '"') + line[len(text) :]
    return line
