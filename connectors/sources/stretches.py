"""Stretches of a damaged text that are regular all the same: read at once, so that damage costs only the stretch it is in."""

from __future__ import annotations

from functools import reduce
from io import BytesIO

import pyarrow as pa
from pyarrow import csv

from connectors.sources.counting import CHUNK, count_stretch
from connectors.sources.layout import Layout

STRETCH = 2 << 20  # bytes; what one damaged row costs is read row by row


def is_fast(layout: Layout) -> bool:
    """Whether stretches of such a text can be read at once."""
    dialect = layout.dialect
    return (
        len(layout.columns) > 1
        and not dialect.backslash
        and not dialect.skip_blanks
        and len(dialect.delimiter.encode()) == 1
    )


def whole_rows(data: bytes, layout: Layout, schema: pa.Schema) -> pa.RecordBatch | None:
    """The rows of whole lines of UTF-8, each of which is one row with all its cells; None where a line is anything else."""
    dialect = layout.dialect
    tally = count_stretch(data, dialect.delimiter, dialect.quote)
    if tally.stray_quotes or tally.mixed_breaks or tally.breaks_in_quotes or tally.blank_lines:
        return None
    if tally.longest_line >= CHUNK:
        return None
    try:
        table = csv.read_csv(
            BytesIO(data),
            csv.ReadOptions(column_names=schema.names, block_size=len(data)),
            csv.ParseOptions(delimiter=dialect.delimiter, quote_char=dialect.quote or False, double_quote=True),
            csv.ConvertOptions(column_types=schema, null_values=[""], strings_can_be_null=True),
        )
    except pa.ArrowInvalid:
        return None
    if table.num_rows != tally.records or _repeats_header(table, layout):
        return None
    return table.combine_chunks().to_batches()[0]


def _repeats_header(table: pa.Table, layout: Layout) -> bool:
    """Whether a row is the header once more."""
    import pyarrow.compute as pc  # the app's start does without

    if len(layout.header) != table.num_columns:
        return False
    same = (pc.equal(pc.fill_null(cells, ""), name) for cells, name in zip(table.columns, layout.header, strict=True))
    return bool(pc.any(reduce(pc.and_, same)).as_py())
