"""How large and how fine the numbers of a column are, so that they are stored exactly; and which cells do not fit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import duckdb

from segmentation import casting
from segmentation.aggregating import aggregate
from segmentation.catalogue import Kind
from segmentation.cells import Column, filled
from segmentation.plan import ColumnPlan, Format, Progress
from segmentation.profiling import misfit_examples
from segmentation.staged import Part, Staged
from segmentation.suggestions import Reading

DIGITS = 18  # of a DECIMAL that is as fast as a whole number
FINEST = 6  # decimals
LARGEST = 2.0**63


@dataclass(frozen=True)
class Size:
    """The numbers of one or more columns: most decimals, largest amount, whether some are beyond exact types."""

    scale: int = 0
    largest: float = 0.0
    inexact: bool = False

    @property
    def type(self) -> str:
        """The smallest of DuckDB's types that holds all of them, exactly if one can."""
        if not self.inexact and self.scale == 0 and self.largest <= LARGEST:
            return "BIGINT"
        if not self.inexact and self.scale <= FINEST and self.largest < 10 ** (DIGITS - self.scale):
            return f"DECIMAL({DIGITS},{self.scale})"
        return "DOUBLE"

    @property
    def narrow(self) -> str:
        """The narrowest of DuckDB's types that holds all of them."""
        if self.type == "BIGINT":
            bits = next((bits for bits in (8, 16, 32) if self.largest < 1 << (bits - 1)), 64)
            return f"INT{bits // 8}"
        if self.type == "DOUBLE":
            return self.type
        fitting = (d for d in (4, 9) if self.scale <= d and self.largest < 10 ** (d - self.scale))
        return f"DECIMAL({next(fitting, DIGITS)},{self.scale})"

    def __or__(self, other: Size) -> Size:
        """Both sets of numbers in one column."""
        return Size(max(self.scale, other.scale), max(self.largest, other.largest), self.inexact or other.inexact)

    def __mul__(self, other: Size) -> Size:
        """The products of both sets of numbers."""
        inexact = "DOUBLE" in (self.type, other.type) or self.largest * other.largest >= 10**DIGITS
        return Size(self.scale + other.scale, self.largest * other.largest, inexact)


@dataclass(frozen=True)
class Measured:
    """One column over all cells: how many do not fit, with examples, and its numbers' size."""

    misfits: int = 0
    examples: tuple[str, ...] = ()
    size: Size = field(default_factory=Size)


def measure(
    connection: duckdb.DuckDBPyConnection, staged: Staged, columns: Iterable[ColumnPlan], progress: Progress
) -> dict[str, Measured]:
    """What is found in these columns, by their names in the source; texts always fit and are not looked at."""
    wanted = [column for column in columns if column.kind is not Kind.TEXT]
    alike: dict[Reading, list[str]] = {}
    for column in wanted:
        alike.setdefault(Reading(column.kind, column.format), []).append(column.column)
    found: dict[str, Measured] = {}
    for reading, names in alike.items():
        part = Part.nth(Part(progress, 0.0, 0.8), len(found), len(wanted), len(names))
        message = f"Reading {staged.table.name}"
        numeral = partial(casting.numeral, format=reading.format) if reading.kind is Kind.NUMBER else None
        for name, row in aggregate(connection, staged, names, partial(_picks, reading), part, message, numeral):
            cells, fits, *amounts = (number or 0 for number in row)
            size = Size()
            if amounts:
                scale, largest, exponents, whole = amounts
                size = Size(scale, largest, bool(exponents) or (not scale and whole < fits))
            found[name] = Measured(cells - fits, (), size)
    return _with_examples(connection, staged, wanted, found, Part(progress, 0.8, 1.0))


def _with_examples(
    connection: duckdb.DuckDBPyConnection,
    staged: Staged,
    columns: Sequence[ColumnPlan],
    found: Mapping[str, Measured],
    progress: Progress,
) -> dict[str, Measured]:
    wrong = {c.column: Reading(c.kind, c.format) for c in columns if found[c.column].misfits}
    examples = misfit_examples(connection, staged, wrong, progress)
    return {name: Measured(m.misfits, examples.get(name, ()), m.size) for name, m in found.items()}


def _picks(plan: Reading, column: Column, cells: str) -> list[str]:
    if plan.kind is not Kind.NUMBER:
        fits = casting.fits(column, plan.kind, plan.format)
        return [f"{cells} FILTER ({filled(column)})", f"{cells} FILTER ({fits})"]
    n = casting.numeral(column, plan.format)
    amount = f"TRY_CAST({n} AS DOUBLE)"
    scale = f"CASE WHEN contains({n}, '.') THEN length(rtrim({n}, '0')) - strpos({n}, '.') ELSE 0 END"
    return [
        f"{cells} FILTER ({filled(column)})",
        f"{cells} FILTER ({amount} IS NOT NULL)",
        f"max({scale})",
        f"max(abs({amount}))",
        f"{cells} FILTER (contains({n}, 'e') OR contains({n}, 'E'))",
        f"{cells} FILTER (TRY_CAST({n} AS BIGINT) IS NOT NULL)",
    ]


def exact(column: Column, format: Format, size: Size) -> str:
    """SQL: the cells as numbers of this size's type."""
    return casting.number(column, format, size.type)
