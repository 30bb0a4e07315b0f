"""Files without rows, which the readers refuse and an evaluation takes: nobody is in them, and nothing happened."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from connectors.sources.content import Content, recognise
from connectors.sources.names import headers_of, mend_names
from connectors.sources.staging import TableWriter, table_path
from segmentation.plan import StagedTable

LONGEST = 1 << 20  # bytes of a header


def stage_blank(path: Path, into: Path, names: Sequence[str]) -> StagedTable | None:
    """An empty table with the columns of the file's header, and those of `names` that are missing; None where there are rows."""
    header = _header(path)
    if header is None:
        return None
    raw = [*header, *(name for name in dict.fromkeys(names) if name not in header)]
    columns, _ = mend_names(raw)
    schema = pa.schema([(column, pa.string()) for column in columns])
    with TableWriter(table_path(into, path.name), schema) as writer:
        pass
    return StagedTable(
        name=path.name,
        path=writer.path,
        columns=columns,
        headers=headers_of(raw, columns),
        rows=0,
        notes=("It has no rows.",),
    )


def _header(path: Path) -> list[str] | None:
    """The names in a file without rows; none where it is wholly empty, None where it may have rows."""
    content, _ = recognise(path)
    if content is Content.PARQUET:
        try:
            with pq.ParquetFile(path) as file:
                return list(file.schema_arrow.names) if file.metadata.num_rows == 0 else None
        except (pa.ArrowException, OSError):
            return None
    if content not in (Content.TEXT, Content.JSON) or path.stat().st_size > LONGEST:
        return None
    try:
        text = path.read_text(encoding="utf-8-sig").strip()
    except UnicodeDecodeError:
        return None
    if not text or text.replace(" ", "").replace("\n", "") == "[]":
        return []
    if content is Content.JSON or "\n" in text or path.suffix.lower() in (".json", ".jsonl", ".ndjson"):
        return None
    delimiter = max(",;\t|", key=text.count)
    return next(iter(csv.reader([text], delimiter=delimiter)))
