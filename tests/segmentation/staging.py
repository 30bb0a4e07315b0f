"""Small staged tables, written to Parquet as the connectors do: all text unless a type is given."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import NoneType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from segmentation.plan import ColumnPlan, LoadPlan, StagedTable
from segmentation.scratch import scratch


def stage(folder: Path, name: str, columns: Mapping[str, Sequence[Any]], *, rejected: int = 0) -> StagedTable:
    """A table of these columns; texts and None become VARCHAR, other values keep their type."""
    arrays = [
        pa.array(values, pa.string() if {*map(type, values)} <= {str, NoneType} else None)
        for values in columns.values()
    ]
    return stage_arrow(folder, name, pa.Table.from_arrays(arrays, names=list(columns)), rejected=rejected)


def stage_arrow(folder: Path, name: str, table: pa.Table, *, rejected: int = 0) -> StagedTable:
    """An Arrow table with its own types."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.parquet"
    pq.write_table(table, path)
    return StagedTable(
        name=name, path=path, columns=tuple(table.column_names), rows=table.num_rows, rejected_rows=rejected
    )


def stage_csv(folder: Path, file: Path, delimiter: str = ",") -> StagedTable:
    """A CSV file, all columns as text."""
    path = folder / f"{file.name}.parquet"
    with scratch() as connection:
        connection.read_csv(str(file), all_varchar=True, header=True, sep=delimiter).write_parquet(str(path))
        names = [row[0] for row in connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()]
        (rows,) = connection.execute("SELECT count(*) FROM read_parquet(?)", [str(path)]).fetchone() or (0,)
    return StagedTable(name=file.name.removesuffix(".gz"), path=path, columns=tuple(names), rows=rows)


def column(plan: LoadPlan, name: str, index: int = 0) -> ColumnPlan:
    """The plan of one column."""
    return next(c for c in plan.tables[index].columns if c.column == name)
