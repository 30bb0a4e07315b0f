"""SQLite files, opened read-only; every value is read as text, as a column may hold values of any type."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa

from connectors.sources.codepages import WESTERN
from connectors.sources.columns import text_of
from connectors.sources.database_files import Settings, own, reached
from connectors.sources.encoding import AS_WESTERN
from connectors.sources.names import mend_names
from connectors.sources.offers import Reached, TableOffer, losses, staged
from connectors.sources.staging import TableWriter, table_path
from segmentation.audience import quoted
from segmentation.errors import Cancelled, SourceError
from segmentation.plan import Progress, StagedTable

BATCH = 2_000


def test(settings: Settings) -> Reached:
    """Open the file and say what is in it."""
    return reached(settings, len(tables(settings)))


def tables(settings: Settings) -> tuple[TableOffer, ...]:
    """All tables and views, tables with their number of rows."""
    with _opened(settings) as connection:
        found = connection.execute(
            "SELECT name, type FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite~_%' ESCAPE '~' "
            "ORDER BY type, name COLLATE NOCASE"
        ).fetchall()
        return tuple(
            TableOffer("main", name, None if kind == "view" else _rows(connection, name), kind == "view")
            for name, kind in found
        )


def stage(settings: Settings, tables: Sequence[TableOffer], into: Path, progress: Progress) -> list[StagedTable]:
    """Read tables, all as they were at one moment."""
    with _opened(settings) as connection:
        progress.on_cancel(connection.interrupt)
        try:
            connection.execute("BEGIN")
            return [_stage_table(connection, offer, into, progress) for offer in tables]
        except sqlite3.OperationalError as error:
            if str(error) == "interrupted":
                raise Cancelled from error
            raise
        finally:
            progress.on_cancel(None)


@contextmanager
def _opened(settings: Settings) -> Iterator[sqlite3.Connection]:
    """The database, read-only; every error of the driver becomes a sentence."""
    path, name = own(settings.path), settings.path.name
    try:
        with closing(_connected(path)) as connection:
            yield connection
    except sqlite3.DatabaseError as error:
        if "not a database" in str(error) or "encrypted" in str(error):
            raise SourceError(
                f"{name} is not an SQLite database, or it is encrypted. Export its tables as CSV."
            ) from error
        if "locked" in str(error) or "busy" in str(error):
            raise SourceError(f"{name} is in use by another program. Try again when that has finished.") from error
        raise SourceError(f"{name} cannot be read: {error}. Copy the file and try the copy.") from error


def _connected(path: Path) -> sqlite3.Connection:
    uri = f"file:{quote(str(path.resolve()))}?mode=ro"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=10)
    try:
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.OperationalError as error:
        connection.close()
        if "unable to open" not in str(error) and "readonly" not in str(error):
            raise
        # A write-ahead log in a folder where nothing may be written: read the file as it stands.
        return sqlite3.connect(f"{uri}&immutable=1", uri=True, isolation_level=None)
    return connection


def _rows(connection: sqlite3.Connection, table: str) -> int | None:
    try:
        (rows,) = connection.execute(f"SELECT count(*) FROM {quoted(table)}").fetchone()
    except sqlite3.OperationalError:  # a virtual table whose module is not here
        return None
    return int(rows)


def _stage_table(connection: sqlite3.Connection, offer: TableOffer, into: Path, progress: Progress) -> StagedTable:
    about = connection.execute(f"PRAGMA table_xinfo({quoted(offer.name)})").fetchall()
    if not about:
        raise SourceError(f"There is no table {offer.name} any more. List the tables again.")
    # The last value is 1 for the hidden columns of virtual tables.
    columns = [(name, declared.upper()) for _, name, declared, _, _, _, hidden in about if hidden != 1]
    binary = [name for name, declared in columns if _is_binary(connection, offer.name, name, declared)]
    kept = [name for name, _ in columns if name not in binary]
    if not kept:
        raise SourceError(f"The table {offer.name} has neither text nor numbers.")
    names, mended = mend_names(kept)
    schema = pa.schema([(name, pa.string()) for name in names])
    select = f"SELECT {', '.join(map(quoted, kept))} FROM {quoted(offer.name)}"
    values: tuple[str | float, ...] = ()
    if offer.newer is not None:
        if offer.newer.column not in kept:
            raise SourceError(offer.newer.gone(offer.name))
        select, values = f"{select} WHERE {quoted(offer.newer.column)} >= ?", (_as_kept(offer.newer.value),)
    connection.text_factory = str
    read_as: list[str] = []
    try:
        writer, lost = _copy(connection, select, values, schema, offer, into, progress)
    except sqlite3.OperationalError as error:
        if "decode" not in str(error):
            raise
        connection.text_factory = _western  # slower
        writer, lost = _copy(connection, select, values, schema, offer, into, progress)
        read_as.append(f"Some texts are not UTF-8: what is not was read as {WESTERN}.")
    notes = losses(binary, zip(kept, lost, strict=True), "neither text nor number")
    read = dict(zip(kept, names, strict=True))
    foreign = _foreign_keys(connection, offer.name)
    return staged(offer.name, writer, read, foreign, [*notes, *read_as, *mended])


def _foreign_keys(connection: sqlite3.Connection, table: str) -> Iterator[tuple[str, str, str, str]]:
    """The foreign keys of one column each: the column, and schema, table and column that it refers to."""
    found = connection.execute(f"PRAGMA foreign_key_list({quoted(table)})").fetchall()
    numbers = [number for number, *_ in found]
    for number, _, other, column, key, *_ in found:
        if numbers.count(number) > 1:
            continue
        if key is None:  # the primary key is meant
            about = connection.execute(f"PRAGMA table_info({quoted(other)})").fetchall()
            primary = [name for _, name, *_, place in about if place]
            if len(primary) != 1:
                continue
            (key,) = primary
        yield column, "main", other, key


def _copy(
    connection: sqlite3.Connection,
    select: str,
    values: tuple[str | float, ...],
    schema: pa.Schema,
    offer: TableOffer,
    into: Path,
    progress: Progress,
) -> tuple[TableWriter, list[int]]:
    """Write all rows; gives the writer and how many binary cells each column lost."""
    lost = [0] * len(schema)
    with (
        TableWriter(table_path(into, offer.name), schema) as writer,
        closing(connection.execute(select, values)) as rows,
    ):
        while batch := rows.fetchmany(BATCH):
            arrays = []
            for place, values in enumerate(zip(*batch, strict=True)):
                lost[place] += sum(isinstance(value, bytes) for value in values)
                arrays.append(pa.array([_cell(value) for value in values], pa.string()))
            writer.write(pa.record_batch(arrays, schema=schema))
            progress(f"Reading {offer.name}", min(writer.rows / offer.rows, 1.0) if offer.rows else None)
    return writer, lost


def _as_kept(value: str) -> str | float:
    """A number as a number, as SQLite holds every number to be less than any text."""
    try:
        return int(value)
    except ValueError:
        try:
            return float(value)
        except ValueError:
            return value


def _is_binary(connection: sqlite3.Connection, table: str, column: str, declared: str) -> bool:
    """Whether a column was declared for binary data and its first value is."""
    if declared and not any(word in declared for word in ("BLOB", "BINARY", "IMAGE", "BYTEA")):
        return False
    name = quoted(column)
    first = connection.execute(
        f"SELECT typeof({name}) FROM {quoted(table)} WHERE {name} IS NOT NULL LIMIT 1"
    ).fetchone()
    return first is None or first[0] == "blob" if declared else first is not None and first[0] == "blob"


def _western(value: bytes) -> str:
    """A text that may not be UTF-8."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode(errors="surrogateescape").translate(AS_WESTERN)


def _cell(value: object) -> str | None:
    """A value as text; a whole number that SQLite keeps as floating point loses its “.0”."""
    return None if isinstance(value, bytes) else text_of(value)
