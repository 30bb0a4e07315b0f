"""What a staged table's columns hold: kinds and formats suggested by a sample, then counted over every cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from segmentation import casting
from segmentation.aggregating import aggregate
from segmentation.catalogue import Kind
from segmentation.cells import BLANKS, Column, filled, raw, text
from segmentation.naming import is_secret
from segmentation.plan import ColumnPlan, Format, Progress
from segmentation.staged import Part, Staged
from segmentation.suggestions import TEXT, Counts, Question, Reading, decide, suggest

CELLS = 300_000  # looked at in a sample, spread over all columns …
ROWS = 10_000  # … but never more rows than this
FEWEST_ROWS = 100
CHUNK = 100  # columns in one query
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
    questions = {name: question for name, question in asked.items() if question}
    counted = count(connection, staged, questions, Part(progress, 0.0, 0.8))
    chosen = {name: decide(counted[name], samples[name]) if name in counted else TEXT for name in names}
    misfits = {
        name: counted[name].filled - max(fit for known, fit in counted[name].fits.items() if known.kind is reading.kind)
        for name, reading in chosen.items()
        if reading.kind is not Kind.TEXT
    }
    wrong = {name: chosen[name] for name, number in misfits.items() if number}
    examples = misfit_examples(connection, staged, wrong, Part(progress, 0.8, 1.0))
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
    import pyarrow.compute as pc  # the app's start does without

    if pa.types.is_timestamp(cells.type) or pa.types.is_date(cells.type):
        cells = _written(cells)  # Python's own cannot hold every one
    if pa.types.is_nested(cells.type) or pa.types.is_null(cells.type):
        entries: Iterable[tuple[object, int]] = ((cell, 1) for cell in cells.to_pylist()[:1_000])
    else:
        pairs = pc.value_counts(cells)
        entries = zip(pairs.field(0).to_pylist(), pairs.field(1).to_pylist(), strict=True)
    for cell, number in entries:
        nothing = cell is None or cell != cell
        shown = "" if nothing else "; ".join(map(str, cell)) if isinstance(cell, list) else str(cell)
        if shown.strip(BLANKS):
            found[shown] = found.get(shown, 0) + number


def _written(moments: pa.Array) -> pa.Array:
    """Days and moments (in UTC) as texts without empty fractions of a second."""
    import pyarrow.compute as pc  # the app's start does without

    if pa.types.is_timestamp(moments.type):
        moments = moments.cast(pa.timestamp(moments.type.unit))
    return pc.replace_substring_regex(moments.cast(pa.string()), r"\.0+$", "")


def _fill_sparse(connection: duckdb.DuckDBPyConnection, staged: Staged, samples: dict[str, dict[str, int]]) -> None:
    """Where the sample met hardly a filled cell, take some from the whole column."""
    seen = min(staged.rows, ROWS, max(FEWEST_ROWS, CELLS // max(1, len(staged.table.columns))))
    sparse = [name for name, values in samples.items() if sum(values.values()) < SPARSE and staged.rows > seen]
    for start in range(0, len(sparse), CHUNK):
        names = sparse[start : start + CHUNK]
        picks = (
            f"arg_min({raw(staged[name])}, hash({staged.row}), 200) FILTER ({filled(staged[name])})" for name in names
        )
        found = connection.execute(f"SELECT {', '.join(picks)} FROM {staged.source}", staged.parameters).fetchone()
        for name, values in zip(names, found or (), strict=True):
            samples[name] = {value: list(values).count(value) for value in dict.fromkeys(values or ())}


def count(
    connection: duckdb.DuckDBPyConnection,
    staged: Staged,
    asked: Mapping[str, Question],
    progress: Progress,
) -> dict[str, Counts]:
    """How many cells are filled and how many fit each reading, over the whole column."""
    found: dict[str, Counts] = {}
    for names, question in _alike(asked):
        message = f"Looking at {staged.table.name}"
        part = Part.nth(progress, len(found), len(asked), len(names))

        def picks(column: Column, cells: str, question: Question = question) -> list[str]:
            conditions = [filled(column), _is_missing(column)]
            conditions += [casting.fits(column, r.kind, r.format) for r in question.readings]
            conditions += [check.sql(text(column)) for check in question.checks]
            return [f"{cells} FILTER ({condition})" for condition in conditions]

        for name, row in aggregate(connection, staged, names, picks, part, message):
            cells, missing, *rest = (number or 0 for number in row)
            fits = dict(zip(question.readings, rest, strict=False))
            checks = dict(zip(question.checks, rest[len(fits) :], strict=True))
            found[name] = Counts(cells, missing, fits, checks)
    return found


T = TypeVar("T")


def _alike(asked: Mapping[str, T]) -> list[tuple[list[str], T]]:
    """The names for which the same is asked, together."""
    groups: dict[T, list[str]] = {}
    for name, question in asked.items():
        groups.setdefault(question, []).append(name)
    return [(names, question) for question, names in groups.items()]


def recount(
    connection: duckdb.DuckDBPyConnection, staged: Staged, columns: Sequence[ColumnPlan], progress: Progress
) -> dict[str, ColumnPlan]:
    """These columns with their misfits counted over every cell; a format that asks is decided where cells tell."""
    asked = {c.column: Question(_formats(c)) for c in columns if c.kind is not Kind.TEXT}
    counted = count(connection, staged, asked, Part(progress, 0.0, 0.8))
    readings: dict[str, Reading] = {}
    misfits: dict[str, int] = {}
    for name, counts in counted.items():
        best = max(counts.fits, key=lambda reading: counts.fits[reading])
        undecided = len(counts.fits) > 1 and len(set(counts.fits.values())) == 1 and counts.filled
        readings[name] = Reading(best.kind, Format.ASK) if undecided else best
        misfits[name] = counts.filled - counts.fits[best]
    wrong = {name: readings[name] for name in readings if misfits[name]}
    examples = misfit_examples(connection, staged, wrong, Part(progress, 0.8, 1.0))
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


def _is_missing(column: Column) -> str:
    return casting.among(f"lower({text(column)})", MISSING) if column.is_text else "false"


def misfit_examples(
    connection: duckdb.DuckDBPyConnection, staged: Staged, readings: Mapping[str, Reading], progress: Progress
) -> dict[str, tuple[str, ...]]:
    """Up to five filled values of each column that do not fit its reading; none of passwords."""
    found: dict[str, tuple[str, ...]] = {}
    for names, reading in _alike({name: reading for name, reading in readings.items() if not is_secret(name)}):

        def picks(column: Column, _: str, reading: Reading = reading) -> list[str]:
            wrong = f"{filled(column)} AND NOT {casting.fits(column, reading.kind, reading.format)}"
            return [f"min({raw(column)}, 20) FILTER ({wrong})"]

        part = Part.nth(progress, len(found), len(readings), len(names))
        for name, (values,) in aggregate(connection, staged, names, picks, part, f"Looking at {staged.table.name}"):
            found[name] = tuple(dict.fromkeys(values or ()))[:5]
    return found
