"""What a database has to offer, and the end that all databases' readings share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from connectors.sources.staging import TableWriter, count_of
from segmentation.errors import SourceError
from segmentation.plan import Reference, StagedTable


@dataclass(frozen=True)
class Reached:
    """What a test of a connection found, in words, and whether its user could write, of which is warned."""

    words: str
    can_write: bool = False


@dataclass(frozen=True)
class Newer:
    """Only rows whose `column` is `value` or later; `value` is a text as the database writes it."""

    column: str
    value: str

    def gone(self, table: str) -> str:
        """What to say where the table has no such column any more."""
        return (
            f"{table} has no column “{self.column}” any more, by which new rows were found. "
            "Say which one it is now, or read the whole table."
        )


@dataclass(frozen=True)
class TableOffer:
    """A table or view that the user may read; `rows` is the database's own estimate, None where it has none."""

    schema: str
    name: str
    rows: int | None = None
    is_view: bool = False
    newer: Newer | None = None


def staged(
    name: str,
    writer: TableWriter,
    columns: Mapping[str, str],
    foreign: Iterable[tuple[str, ...]],
    notes: Iterable[str],
) -> StagedTable:
    """A table that was read; `columns` are those of the database, by what they are called in the file that was written.

    `foreign` are its foreign keys of one column each: column, schema, table, its column.
    """
    references = tuple(
        Reference(column=columns[column], schema_name=schema, table=table, key=key)
        for column, schema, table, key in foreign
        if column in columns
    )
    read = tuple(columns.values())
    return StagedTable(
        name=name, path=writer.path, columns=read, rows=writer.rows, references=references, notes=tuple(notes)
    )


def losses(left_out: Iterable[str], lost: Iterable[tuple[str, int]], why: str) -> list[str]:
    """Sentences on columns that were left out, and on how many cells of others are empty now, and why."""
    return [
        *(f"The column “{name}” holds neither text nor numbers (e.g. pictures) and was left out." for name in left_out),
        *(f"“{name}”: {count_of(count, 'cell')} {why} and left empty." for name, count in lost if count),
    ]


def with_rows(tables: Iterable[StagedTable]) -> list[StagedTable]:
    """The tables that have rows; the others are named in a note. Raises `SourceError` where none is left."""
    full, empty = [], []
    for table in tables:
        if table.rows:
            full.append(table)
        else:
            table.path.unlink(missing_ok=True)
            empty.append(table.name)
    if not full:
        raise SourceError(f"There are no rows in {', '.join(empty) or 'what was chosen'}. Choose other tables.")
    notes = tuple(f"The table {name} has no rows and was left out." for name in empty)
    return [full[0].model_copy(update={"notes": (*full[0].notes, *notes)}), *full[1:]]
