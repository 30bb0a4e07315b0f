"""DuckDB files, opened read-only and without a way to anything outside of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from connectors.sources.database_files import Settings, own, reached
from connectors.sources.names import mend_names
from connectors.sources.offers import Reached, TableOffer, staged
from connectors.sources.parquet import picked_columns
from connectors.sources.staging import GROUP_ROWS, TableWriter, table_path
from segmentation.audience import MEMORY_LIMIT, quoted
from segmentation.errors import Cancelled, SourceError
from segmentation.plan import Progress, StagedTable


def test(settings: Settings) -> Reached:
    """Open the file and say what is in it."""
    return reached(settings, len(tables(settings)))


def tables(settings: Settings) -> tuple[TableOffer, ...]:
    """All tables and views, tables with their number of rows."""
    with _opened(settings) as connection:
        found = connection.execute(
            "SELECT schema_name, table_name, estimated_size, false FROM duckdb_tables() WHERE NOT internal "
            "AND database_name = current_database() UNION ALL "
            "SELECT schema_name, view_name, NULL, true FROM duckdb_views() WHERE NOT internal "
            "AND database_name = current_database() ORDER BY 4, schema_name <> 'main', 1, 2"
        ).fetchall()
    return tuple(TableOffer(*row) for row in found)


def stage(settings: Settings, tables: Sequence[TableOffer], into: Path, progress: Progress) -> list[StagedTable]:
    """Read tables, all as they were at one moment."""
    with _opened(settings) as connection:
        progress.on_cancel(connection.interrupt)
        try:
            connection.execute("BEGIN")
            return [_stage_table(connection, offer, into, progress) for offer in tables]
        except duckdb.InterruptException as error:
            raise Cancelled from error
        finally:
            progress.on_cancel(None)


@contextmanager
def _opened(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The database, read-only; every error becomes a sentence."""
    path, name = own(settings.path), settings.path.name
    try:
        connection = duckdb.connect(
            str(path),
            read_only=True,
            config={
                "memory_limit": MEMORY_LIMIT,
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "allow_community_extensions": "false",
                "python_enable_replacements": "false",
            },
        )
    except duckdb.Error as error:
        if "lock" in str(error) or "different configuration" in str(error):
            raise SourceError(f"{name} is in use by another program. Close it there, or copy the file.") from error
        raise SourceError(
            f"{name} is not a DuckDB file that this Handpick can read (DuckDB {duckdb.__version__} or older). "
            "Export its tables as Parquet."
        ) from error
    try:
        connection.execute("SET GLOBAL TimeZone = 'UTC'")
        connection.execute("SET enable_external_access = false")  # a view may say where else to look
        connection.execute("SET lock_configuration = true")
        yield connection
    except duckdb.InterruptException:
        raise
    except duckdb.PermissionException as error:
        raise SourceError(
            f"A view in {name} reads files outside of it, which Handpick does not follow. Choose tables."
        ) from error
    except duckdb.Error as error:
        raise SourceError(f"{name} cannot be read: {str(error).splitlines()[0]} List the tables again.") from error
    finally:
        connection.close()


def _stage_table(
    connection: duckdb.DuckDBPyConnection, offer: TableOffer, into: Path, progress: Progress
) -> StagedTable:
    shown = offer.name if offer.schema == "main" else f"{offer.schema}.{offer.name}"
    table = f"{quoted(offer.schema)}.{quoted(offer.name)}"
    progress(f"Reading {shown}", 0.0)
    picked, notes = picked_columns(connection.sql(f"SELECT * FROM {table}"))
    if not picked:
        raise SourceError(f"The table {shown} has no columns that can be read as a table. Choose another.")
    names, mended = mend_names([column for column, _ in picked])
    select = ", ".join(f"{expression} AS {quoted(name)}" for name, (_, expression) in zip(names, picked, strict=True))
    where, values = "", []
    if offer.newer is not None:
        if offer.newer.column not in [column for column, _ in picked]:
            raise SourceError(offer.newer.gone(shown))
        where, values = f" WHERE {quoted(offer.newer.column)} >= ?", [offer.newer.value]
    reader: pa.RecordBatchReader = connection.sql(
        f"SELECT {select} FROM {table}{where}", params=values or None
    ).to_arrow_reader(GROUP_ROWS)
    with TableWriter(table_path(into, shown), reader.schema) as writer:
        for batch in reader:
            writer.write(batch)
            progress(f"Reading {shown}", min(writer.rows / offer.rows, 1.0) if offer.rows else None)
    keys = connection.execute(
        "SELECT constraint_column_names[1], schema_name, referenced_table, referenced_column_names[1] FROM duckdb_constraints() "
        "WHERE constraint_type = 'FOREIGN KEY' AND len(constraint_column_names) = 1 AND database_name = current_database() "
        "AND schema_name = ? AND table_name = ?",
        [offer.schema, offer.name],
    ).fetchall()
    columns = {column: name for name, (column, _) in zip(names, picked, strict=True)}
    return staged(shown, writer, columns, keys, [*notes, *mended])
