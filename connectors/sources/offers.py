"""What a database has to offer, and the end that all databases' readings share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

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


def references(found: Iterable[tuple[str, ...]], columns: Mapping[str, str]) -> tuple[Reference, ...]:
    """Foreign keys of one column each, found as (column, schema, table, its column), by what the `columns` that were read are called."""
    return tuple(
        Reference(column=columns[column], schema_name=schema, table=table, key=key)
        for column, schema, table, key in found
        if column in columns
    )


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
