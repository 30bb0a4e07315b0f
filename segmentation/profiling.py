"""What a staged table's columns hold: kinds and formats suggested by a sample, then counted over every cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from segmentation import casting
from segmentation.catalogue import Kind
from segmentation.cells import BLANKS, Column, filled, literal, raw, text
from segmentation.plan import ColumnPlan, Format, Progress
from segmentation.staged import Staged
from segmentation.suggestions import TEXT, Counts, Question, Reading, decide, suggest

CELLS = 500_000  # looked at in a sample, spread over all columns …
ROWS = 10_000  # … but never more rows than this
FEWEST_ROWS = 200
CHUNK = 150  # columns counted in one query
SPARSE = 20  # fewer filled cells in the sample than this say too little
MISSING = ("null", "n/a", "#n/a", "nan", "\\n")  # how programs write that there is nothing


@dataclass(frozen=True)
class Profile:
    """One column: how it is best read, how many cells do not fit, and a sample of filled values with their counts."""

    column: str
    reading: Reading
    misfits: int = 0
    misfit_examples: tuple[str, ...] = ()
    values: Mapping[str, int] = field(default_factory=dict)

    @property
    def examples(self) -> tuple[str, ...]:
        """Up to five filled values."""
        return tuple(islice(self.values, 5))


def profile(connection: duckdb.DuckDBPyConnection, staged: Staged, progress: Progress) -> list[Profile]:
    """The best reading of each column, with exact misfits."""
    names = staged.table.columns
    samples = _sampled(staged)
    _fill_sparse(connection, staged, samples)
    asked = {name: suggest(name, staged[name], samples[name]) for name in names}
    counted = count(connection, staged, {name: question for name, question in asked.items() if question}, progress)
    chosen = {name: decide(counted[name], samples[name]) if name in counted else TEXT for name in names}
    misfits = {
        name: counted[name].filled - max(fit for known, fit in counted[name].fits.items() if known.kind is reading.kind)
        for name, reading in chosen.items()
        if reading.kind is not Kind.TEXT
    }
    wrong = {name: chosen[name] for name, number in misfits.items() if number}
    examples = misfit_examples(connection, staged, wrong)
    return [Profile(name, chosen[name], misfits.get(name, 0), examples.get(name, ()), samples[name]) for name in names]


def _sampled(staged: Staged) -> dict[str, dict[str, int]]:
    """A sample of filled texts with their counts, from up to five places of the file."""
    names = staged.table.columns
    rows = min(ROWS, max(FEWEST_ROWS, CELLS // max(1, len(names))))
    with pq.ParquetFile(staged.table.path) as file:
        groups = file.num_row_groups
        places = sorted({round(part * (groups - 1) / 4) for part in range(5)}) if groups else []
        batches = []
        for place in places:
            wanted = -(-rows // len(places))
            batches += list(islice(file.iter_batches(batch_size=wanted, row_groups=[place]), 1))
    values: dict[str, dict[str, int]] = {name: {} for name in names}
    for batch in batches:
        for name, cells in zip(names, batch.columns, strict=True):
            _tally(values[name], cells)
    return values


def _tally(found: dict[str, int], cells: pa.Array) -> None:
    if pa.types.is_nested(cells.type) or pa.types.is_null(cells.type):
        entries: Iterable[tuple[object, int]] = ((cell, 1) for cell in cells.to_pylist()[:1_000])
    else:
        pairs = pc.value_counts(cells)
        entries = zip(pairs.field(0).to_pylist(), pairs.field(1).to_pylist(), strict=True)
    for cell, number in entries:
        shown = (
            "" if cell is None or cell != cell else "; ".join(map(str, cell)) if isinstance(cell, list) else str(cell)
        )
        if shown.strip(BLANKS):
            found[shown] = found.get(shown, 0) + number


def _fill_sparse(connection: duckdb.DuckDBPyConnection, staged: Staged, samples: dict[str, dict[str, int]]) -> None:
    """Where the sample met hardly a filled cell, take some from the whole column."""
    with pq.ParquetFile(staged.table.path) as file:
        rows = file.metadata.num_rows
    seen = min(rows, ROWS, max(FEWEST_ROWS, CELLS // max(1, len(staged.table.columns))))
    sparse = [name for name, values in samples.items() if sum(values.values()) < SPARSE and rows > seen]
    for names in _chunks(sparse):
        picks = (
            f"arg_min({raw(staged[name])}, hash({staged.row}), 200) FILTER ({filled(staged[name])})" for name in names
        )
        found = connection.execute(f"SELECT {', '.join(picks)} FROM {staged.source}", staged.parameters).fetchone()
        for name, values in zip(names, found or (), strict=True):
            samples[name] = {value: list(values).count(value) for value in dict.fromkeys(values or ())}


def _chunks(names: Sequence[str]) -> Iterable[Sequence[str]]:
    return (names[start : start + CHUNK] for start in range(0, len(names), CHUNK))


def count(
    connection: duckdb.DuckDBPyConnection,
    staged: Staged,
    asked: Mapping[str, Question],
    progress: Progress,
) -> dict[str, Counts]:
    """How many cells are filled and how many fit each reading, over the whole column."""
    found: dict[str, Counts] = {}
    names = list(asked)
    for chunk in _chunks(names):
        progress(f"Looking at {staged.table.name}", len(found) / max(1, len(names)))
        picks: list[str] = []
        for name in chunk:
            column = staged[name]
            picks += [_count_if(filled(column)), _count_missing(column)]
            picks += [f"count({casting.value(column, r.kind, r.format)})" for r in asked[name].readings]
            picks += [_count_if(check.sql(text(column))) for check in asked[name].checks]
        row = connection.execute(f"SELECT {', '.join(picks)} FROM {staged.source}", staged.parameters).fetchone() or ()
        cells = iter(row)
        for name in chunk:
            found[name] = Counts(
                next(cells),
                next(cells),
                {reading: next(cells) for reading in asked[name].readings},
                {check: next(cells) for check in asked[name].checks},
            )
    return found


def recount(
    connection: duckdb.DuckDBPyConnection, staged: Staged, columns: Sequence[ColumnPlan], progress: Progress
) -> dict[str, ColumnPlan]:
    """These columns with their misfits counted over every cell; a format that asks is decided where cells tell."""
    asked = {c.column: Question(_formats(c)) for c in columns if c.kind is not Kind.TEXT}
    counted = count(connection, staged, asked, progress)
    readings: dict[str, Reading] = {}
    misfits: dict[str, int] = {}
    for name, counts in counted.items():
        best = max(counts.fits, key=lambda reading: counts.fits[reading])
        undecided = len(counts.fits) > 1 and len(set(counts.fits.values())) == 1 and counts.filled
        readings[name] = Reading(best.kind, Format.ASK) if undecided else best
        misfits[name] = counts.filled - counts.fits[best]
    examples = misfit_examples(connection, staged, {name: readings[name] for name in readings if misfits[name]})
    return {
        c.column: c.model_copy(
            update={
                "format": readings[c.column].format if c.column in readings else c.format,
                "misfits": misfits.get(c.column, 0),
                "misfit_examples": examples.get(c.column, ()),
            }
        )
        for c in columns
    }


def _formats(column: ColumnPlan) -> tuple[Reading, ...]:
    if column.format is not Format.ASK:
        return (Reading(column.kind, column.format),)
    pair = (
        (Format.PLAIN, Format.DECIMAL_COMMA) if column.kind is Kind.NUMBER else (Format.DAY_FIRST, Format.MONTH_FIRST)
    )
    return tuple(Reading(column.kind, format) for format in pair)


def _count_if(condition: str) -> str:
    return f"count(*) FILTER ({condition})"


def _count_missing(column: Column) -> str:
    if not column.is_text:
        return "0"
    return _count_if(f"lower({text(column)}) IN ({', '.join(map(literal, MISSING))})")


def misfit_examples(
    connection: duckdb.DuckDBPyConnection, staged: Staged, readings: Mapping[str, Reading]
) -> dict[str, tuple[str, ...]]:
    """Up to five filled values of each column that do not fit its reading."""
    found: dict[str, tuple[str, ...]] = {}
    for names in _chunks(list(readings)):
        picks = []
        for name in names:
            column, reading = staged[name], readings[name]
            wrong = f"{filled(column)} AND {casting.value(column, reading.kind, reading.format)} IS NULL"
            picks.append(f"min({raw(column)}, 20) FILTER ({wrong})")
        row = connection.execute(f"SELECT {', '.join(picks)} FROM {staged.source}", staged.parameters).fetchone() or ()
        for name, values in zip(names, row, strict=True):
            found[name] = tuple(dict.fromkeys(values or ()))[:5]
    return found
