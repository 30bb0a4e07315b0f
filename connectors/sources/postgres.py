"""PostgreSQL, read in one read-only transaction, so that all tables are as they were at one moment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pyarrow as pa
from adbc_driver_manager import Error as DriverError
from pydantic import Field

from connectors.sources.names import mend_names
from connectors.sources.offers import Reached, TableOffer, losses, staged
from connectors.sources.postgres_types import Selected, converted, select_columns
from connectors.sources.servers import (
    CERTIFICATES,
    CONNECT_SECONDS,
    ENCRYPTION,
    QUESTION_SECONDS,
    READING_SECONDS,
    Server,
    filled_in,
    reached,
    without_secret,
)
from connectors.sources.staging import TableWriter, table_path
from segmentation.audience import quoted
from segmentation.errors import ConnectionLost, SourceError
from segmentation.plan import Progress, StagedTable


class BrokenOffError(Exception):
    """A result ended before its end."""


FAILURES = (DriverError, BrokenOffError)

SYSTEM = "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'"


class Settings(Server):
    """Where the database is and who reads it."""

    port: int = Field(5432, title="Port", description="5432 unless you were told otherwise.", ge=1, le=65535)


def test(settings: Settings) -> Reached:
    """Connect, and say what the server is and whether this user could write."""
    with _opened(settings, QUESTION_SECONDS) as cursor:
        ((version, encrypted, writes),) = _rows(
            cursor,
            f"""SELECT current_setting('server_version'),
                EXISTS (SELECT FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl),
                (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
                OR has_database_privilege(current_database(), 'CREATE')
                OR EXISTS (SELECT FROM pg_namespace n WHERE {SYSTEM} AND has_schema_privilege(n.oid, 'CREATE'))
                OR EXISTS (
                    SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                    WHERE {SYSTEM} AND c.relkind IN ('r', 'p', 'v', 'f')
                        AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE'))""",
        )
    return reached(settings, f"PostgreSQL {version}", bool(writes), bool(encrypted))


def tables(settings: Settings) -> tuple[TableOffer, ...]:
    """All tables and views that the user may read."""
    with _opened(settings, QUESTION_SECONDS) as cursor:
        found = _rows(
            cursor,
            f"""SELECT n.nspname::text, c.relname::text, c.relkind IN ('v', 'm'),
                CASE WHEN c.relkind = 'p'
                    THEN (SELECT sum(greatest(leaf.reltuples, 0)) FROM pg_partition_tree(c.oid) t
                        JOIN pg_class leaf ON leaf.oid = t.relid WHERE t.isleaf)
                    ELSE c.reltuples END::bigint
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE {SYSTEM} AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
                AND has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT')
            ORDER BY n.nspname <> 'public', 1, 2""",
        )
    # Before its first ANALYZE a table has -1 (until version 13: 0) rows.
    return tuple(TableOffer(s, name, rows if rows and rows > 0 else None, view) for s, name, view, rows in found)


def stage(settings: Settings, tables: Sequence[TableOffer], into: Path, progress: Progress) -> list[StagedTable]:
    """Read tables in one transaction."""
    with _opened(settings, READING_SECONDS) as cursor:
        progress.on_cancel(cursor.adbc_cancel)
        try:
            return [_stage_table(cursor, offer, into, progress) for offer in tables]
        except FAILURES:
            progress("Closing the connection")  # raises `Cancelled` where that was the cause
            raise
        except BaseException:
            with suppress(*FAILURES):
                cursor.adbc_cancel()  # or closing would first receive the rest of the table
            raise
        finally:
            progress.on_cancel(None)


def _stage_table(cursor: Any, offer: TableOffer, into: Path, progress: Progress) -> StagedTable:
    shown = offer.name if offer.schema == "public" else f"{offer.schema}.{offer.name}"
    selected, left_out = select_columns(cursor, offer.schema, offer.name)
    table = f"{quoted(offer.schema)}.{quoted(offer.name)}"
    if not selected:
        cursor.execute(f"SELECT FROM {table} LIMIT 0")  # says whether it is gone or not permitted
        raise SourceError(f"The table {shown} has no columns that can be read as a table. Choose another.")
    names, mended = mend_names([column.name for column in selected])
    progress(f"Reading {shown}", 0.0)
    where, values = _narrowed(offer, selected)
    cursor.execute(f"SELECT {', '.join(column.sql for column in selected)} FROM {table}{where}", parameters=values)
    reader = cursor.fetch_record_batch()
    schema = pa.schema([(name, column.kind) for name, column in zip(names, selected, strict=True)])
    lost = [0] * len(selected)
    with TableWriter(table_path(into, shown), schema) as writer:
        for batch in _batches(reader):
            arrays = []
            for place, column in enumerate(selected):
                array, strange = converted(batch.column(place), column)
                lost[place] += strange
                arrays.append(array)
            writer.write(pa.record_batch(arrays, schema=schema))
            progress(f"Reading {shown}", min(writer.rows / offer.rows, 1.0) if offer.rows else None)
    own = [column.name for column in selected]
    notes = losses(left_out, zip(own, lost, strict=True), "not a number")
    columns = dict(zip(own, names, strict=True))
    return staged(shown, writer, columns, _foreign_keys(cursor, offer), [*notes, *mended])


def _foreign_keys(cursor: Any, offer: TableOffer) -> list[tuple[Any, ...]]:
    """The foreign keys of one column each: the column, and schema, table and column that it refers to."""
    cursor.execute(
        """SELECT mine.attname::text, their_schema.nspname::text, theirs.relname::text, their.attname::text
        FROM pg_constraint k
        JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_attribute mine ON mine.attrelid = k.conrelid AND mine.attnum = k.conkey[1]
        JOIN pg_class theirs ON theirs.oid = k.confrelid
        JOIN pg_namespace their_schema ON their_schema.oid = theirs.relnamespace
        JOIN pg_attribute their ON their.attrelid = k.confrelid AND their.attnum = k.confkey[1]
        WHERE k.contype = 'f' AND k.conparentid = 0 AND cardinality(k.conkey) = 1
            AND n.nspname = $1 AND c.relname = $2 ORDER BY k.oid""",
        parameters=[offer.schema, offer.name],
    )
    found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _narrowed(offer: TableOffer, selected: Sequence[Selected]) -> tuple[str, list[str] | None]:
    """The condition that leaves only what is new, and its value."""
    if offer.newer is None:
        return "", None
    newer = offer.newer
    column = next((column for column in selected if column.name == newer.column), None)
    if column is None:
        raise SourceError(newer.gone(offer.name))
    return f" WHERE {quoted(newer.column)} >= $1::text::{quoted(column.declared)}", [newer.value]


def _batches(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    """The batches of a result; what breaks it off arrives as Arrow's errors and leaves as the driver's."""
    try:
        yield from reader
    except (OSError, pa.ArrowException) as error:
        raise BrokenOffError(str(error)) from error


@contextmanager
def _opened(settings: Settings, seconds: int) -> Iterator[Any]:
    """A cursor in a read-only transaction; every error of the driver becomes a sentence without secrets."""
    from adbc_driver_postgresql import dbapi  # brings pandas with it: 1.4 s that the app's start does without

    try:
        with dbapi.connect(address_of(settings), autocommit=True) as connection, connection.cursor() as cursor:
            # Not in the address as `options`: connection poolers refuse that.
            cursor.execute("SET default_transaction_read_only = on")
            cursor.execute(f"SET statement_timeout = {seconds * 1000}")
            cursor.execute("SET TimeZone = 'UTC'")
            cursor.execute("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield cursor
    except FAILURES as error:
        raise _told(settings, error) from without_secret(error, settings)


def address_of(settings: Settings) -> str:
    """The driver's address of the database; every part is quoted, so none can become another."""
    host = f"[{settings.host}]" if ":" in settings.host else quote(settings.host, safe="")
    secret = quote(settings.password_in_hand, safe="")
    options = {"connect_timeout": CONNECT_SECONDS, "sslmode": settings.tls, "application_name": "Handpick"}
    if settings.tls == "verify-full":
        options["sslrootcert"] = settings.trusted or "system"
    return (
        f"postgresql://{quote(settings.user, safe='')}:{secret}@{host}:{settings.port}/"
        f"{quote(settings.database, safe='')}?{urlencode(options, quote_via=quote)}"
    )


def _rows(cursor: Any, sql: str) -> list[tuple[Any, ...]]:
    cursor.execute(sql)
    found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


PROBLEMS: tuple[tuple[str, str], ...] = (
    (r"password authentication failed|28P01|no password supplied", "{user} could not log in to {database} on {host}: the user or the password is wrong."),
    (r'role ".*" does not exist|28000', "{user} could not log in to {database} on {host}: there is no such user, or it may not connect from here."),
    (r"no pg_hba.conf entry", "{host} does not let {user} connect from this machine. Ask its administrator to allow it, or choose another encryption."),
    (r'database ".*" does not exist|3D000', "There is no database “{database}” on {host}. Check its name, also upper and lower case."),
    (r"could not translate host name|Name or service not known|nodename nor servname", "There is no server “{host}”. Check its name, and that you are in the right network."),
    (r"Connection refused", "{host} does not answer on port {port}: nothing listens there. Check the port and that the server runs."),
    (r"timeout expired|timed out|No route to host|Network is unreachable", "{host} does not answer on port {port}. Check name and port, and that this machine may reach it (firewall, VPN)."),
    (r"server does not support SSL", f"{{host}} does not offer encryption. Choose “{ENCRYPTION['prefer']}”, or ask its administrator."),
    *CERTIFICATES,
    (r"permission denied|42501", "{user} has no permission to read this: {detail}. Ask the administrator for SELECT on it."),
    (r"42P01|does not exist", "Something that was there is gone: {detail}. List the tables again."),
    (r"57014|statement timeout", "{host} took too long to answer. Try again at a quieter time, or choose fewer tables."),
    (r"too many (clients|connections)|53300", "{host} has no free connection. Try again later."),
)  # fmt: skip
"""What the driver or its SQLSTATE says, and the sentence for it; the first that fits is taken."""


LOST = r"server closed the connection|terminating connection|SSL SYSCALL|Connection reset|no connection to the server"


def _told(settings: Settings, error: Exception) -> SourceError:
    said = f"{error} {getattr(error, 'sqlstate', None) or ''}"
    detail = re.split(r"\n|Query was:", re.sub(r"^.*?(FATAL|ERROR): +", "", str(error), flags=re.DOTALL))[0]
    if re.search(LOST, said):
        return ConnectionLost(f"The connection to {settings.host} broke. Try again.")
    template = next((t for pattern, t in PROBLEMS if re.search(pattern, said)), "{host} could not be read: {detail}.")
    return SourceError(filled_in(template, settings, detail))
