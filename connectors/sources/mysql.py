"""MySQL and MariaDB, read over one connection in one read-only transaction, so that all tables are as they were at one moment.

Measured against connectorx on 500,000 rows × 13 columns: 62,000 to 110,000 rows a second here, 133,000 to 240,000 there. What counts
more: connectorx reads every table over a connection of its own, so not at one moment, cannot be cancelled, and weighs 197 MB.
"""

from __future__ import annotations

import re
import secrets
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pymysql
from pymysql.converters import encoders
from pymysql.cursors import SSCursor

from connectors.sources.mysql_types import Selected, Unpacking, backquoted, converted, select_columns
from connectors.sources.names import mend_names
from connectors.sources.offers import Reached, TableOffer, losses, staged
from connectors.sources.servers import (
    CERTIFICATES,
    CONNECT_SECONDS,
    QUESTION_SECONDS,
    READING_SECONDS,
    filled_in,
    reached,
    without_secret,
)
from connectors.sources.servers import MySQLServer as Settings
from connectors.sources.staging import TableWriter, table_path
from segmentation.errors import ConnectionLost, SourceError
from segmentation.plan import Progress, StagedTable

BATCH = 10_000
SILENCE_SECONDS = 120  # of a server that has begun to answer
READING = {
    "SELECT",
    "USAGE",
    "SHOW VIEW",
    "SHOW DATABASES",
    "PROCESS",
    "LOCK TABLES",
    "REPLICATION CLIENT",
    "BINLOG MONITOR",
}
"""Rights that change nothing."""


class Streaming(SSCursor):
    """A cursor that does not try to read on, when it is let go, from a connection that is gone."""

    _result: Any

    def close(self) -> None:
        """Read what is left of an answer, so that the connection can be closed."""
        if self.connection is not None and not self.connection.open and self._result is not None:
            self._result.unbuffered_active = False
        super().close()

    __del__ = close


def test(settings: Settings) -> Reached:
    """Connect, and say what the server is and whether this user could write."""
    with _opened(settings, QUESTION_SECONDS) as cursor:
        ((version,),) = _rows(cursor, "SELECT version()")
        encrypted = any(cipher for _, cipher in _rows(cursor, "SHOW SESSION STATUS LIKE 'Ssl_cipher'"))
        grants = [grant for (grant,) in _rows(cursor, "SHOW GRANTS")]
    kind = "MariaDB" if "MariaDB" in version else "MySQL"
    return reached(settings, f"{kind} {version.partition('-')[0]}", any(map(_writes, grants)), encrypted)


def _writes(grant: str) -> bool:
    """Whether a line of SHOW GRANTS lets the user change something; a granted role says so in lines of its own."""
    found = re.match(r"GRANT (.+?) ON ", grant)
    if found is None:
        return False
    rights = re.sub(r"\([^)]*\)", "", found[1]).split(",")  # without the columns that a right is for
    return any(right.strip().upper() not in READING for right in rights)


def tables(settings: Settings) -> tuple[TableOffer, ...]:
    """All tables and views of the database that the user may read."""
    with _opened(settings, QUESTION_SECONDS) as cursor:
        found = _rows(
            cursor,
            "SELECT table_schema, table_name, table_type, table_rows FROM information_schema.tables "
            "WHERE table_schema = database() ORDER BY table_name",
        )
    return tuple(
        TableOffer(schema, name, int(rows) if rows and kind == "BASE TABLE" else None, "VIEW" in kind)
        for schema, name, kind, rows in found
    )


def stage(settings: Settings, tables: Sequence[TableOffer], into: Path, progress: Progress) -> list[StagedTable]:
    """Read tables in one transaction."""
    with _opened(settings, READING_SECONDS) as cursor:
        thread = cursor.connection.thread_id()
        progress.on_cancel(lambda: _kill(settings, thread))
        try:
            return [_stage_table(cursor, offer, into, progress) for offer in tables]
        except pymysql.MySQLError:
            progress("Closing the connection")  # raises `Cancelled` where that was the cause
            raise
        except BaseException:
            _kill(settings, thread)  # or closing would first receive the rest of the table
            raise
        finally:
            progress.on_cancel(None)


def _kill(settings: Settings, thread: int) -> None:
    """End what another connection of this user is asking."""
    with suppress(pymysql.MySQLError, SourceError), closing(_connected(settings, QUESTION_SECONDS)) as connection:
        connection.cursor().execute("KILL QUERY %s", (thread,))


def _stage_table(cursor: Any, offer: TableOffer, into: Path, progress: Progress) -> StagedTable:
    progress(f"Reading {offer.name}", 0.0)
    selected, left_out = select_columns(cursor, offer.schema, offer.name)
    table = f"{backquoted(offer.schema)}.{backquoted(offer.name)}"
    if not selected:
        cursor.execute(f"SELECT 1 FROM {table} LIMIT 0")  # says whether it is gone or not permitted
        raise SourceError(f"The table {offer.name} has no columns that can be read as a table. Choose another.")
    names, mended = mend_names([column.name for column in selected])
    schema = pa.schema([(name, column.kind) for name, column in zip(names, selected, strict=True)])
    unpacking = Unpacking(selected, f"\x1f{secrets.token_hex(2)}", f"\x1e{secrets.token_hex(4)}")
    where, values = _narrowed(offer, selected)
    asked = f"SELECT {unpacking.sql} FROM {table}"
    # With values the driver takes each % for a place where one goes.
    cursor.execute(asked.replace("%", "%%") + where if values else asked, values or None)
    lost = [0] * len(selected)
    with TableWriter(table_path(into, offer.name), schema) as writer:
        while rows := cursor.fetchmany(BATCH):
            try:
                texts = unpacking.arrays([row for (row,) in rows])
            except ValueError as error:
                raise SourceError(
                    f"{offer.name} has a row that is longer than the server sends at once. Have max_allowed_packet raised there, "
                    "or read a view without its longest column."
                ) from error
            arrays = []
            for place, column in enumerate(selected):
                array, strange = converted(texts[place], column.kind)
                lost[place] += strange
                arrays.append(array)
            writer.write(pa.record_batch(arrays, schema=schema))
            progress(f"Reading {offer.name}", min(writer.rows / offer.rows, 1.0) if offer.rows else None)
    own = [column.name for column in selected]
    notes = losses(left_out, zip(own, lost, strict=True), "no day of the calendar (such as 0000-00-00)")
    columns = dict(zip(own, names, strict=True))
    return staged(offer.name, writer, columns, _foreign_keys(cursor, offer), [*notes, *mended])


def _foreign_keys(cursor: Any, offer: TableOffer) -> list[tuple[Any, ...]]:
    """The foreign keys of one column each: the column, and schema, table and column that it refers to."""
    cursor.execute(
        "SELECT min(column_name), min(referenced_table_schema), min(referenced_table_name), min(referenced_column_name) "
        "FROM information_schema.key_column_usage WHERE table_schema = %s AND table_name = %s "
        "AND referenced_table_name IS NOT NULL GROUP BY constraint_name HAVING count(*) = 1 ORDER BY constraint_name",
        (offer.schema, offer.name),
    )
    found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _narrowed(offer: TableOffer, selected: Sequence[Selected]) -> tuple[str, tuple[str | int, ...]]:
    """The condition that leaves only what is new, and its value."""
    if offer.newer is None:
        return "", ()
    newer = offer.newer
    if newer.column not in [column.name for column in selected]:
        raise SourceError(newer.gone(offer.name))
    value = newer.value.removesuffix("+00")  # an instant, as the session has it
    # As a text it would be compared by way of floating point, which keeps 53 bits.
    column = backquoted(newer.column).replace("%", "%%")
    return f" WHERE {column} >= %s", (int(value) if re.fullmatch(r"-?\d+", value) else value,)


@contextmanager
def _opened(settings: Settings, seconds: int) -> Iterator[Any]:
    """A streaming cursor in a read-only transaction; every error of the driver becomes a sentence without secrets."""
    try:
        with closing(_connected(settings, seconds)) as connection, connection.cursor() as cursor:
            cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
            yield cursor
    except pymysql.MySQLError as error:
        raise _told(settings, error) from without_secret(error, settings)


def _connected(settings: Settings, seconds: int) -> pymysql.Connection[Any]:
    connection = pymysql.connect(
        host=settings.host,
        port=settings.port,
        user=settings.user,
        password=settings.password_in_hand.encode(),  # the driver would take a text for Latin-1
        database=settings.database,
        charset="utf8mb4",
        conv=encoders,  # type: ignore[arg-type]  # every value arrives as text
        cursorclass=Streaming,
        read_timeout=max(SILENCE_SECONDS, seconds),
        program_name="Handpick",
        local_infile=False,
        defer_connect=True,
        **_encryption(settings),
    )
    connection.connect(_greeted(settings))
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION TRANSACTION READ ONLY")
            cursor.execute("SET SESSION time_zone = '+00:00'")
            is_mariadb = "MariaDB" in _rows(cursor, "SELECT version()")[0][0]
            name, value = ("max_statement_time", seconds) if is_mariadb else ("max_execution_time", seconds * 1000)
            cursor.execute(f"SET SESSION {name} = {value}")
    except BaseException:
        connection.close()
        raise
    return connection


def _greeted(settings: Settings) -> socket.socket:
    """A way to the server once it has said its first word; the driver itself would wait for that as long as for an answer."""
    with ExitStack() as opened:
        try:
            way = opened.enter_context(socket.create_connection((settings.host, settings.port), CONNECT_SECONDS))
            way.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            way.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            way.recv(1, socket.MSG_PEEK)
        except OSError as error:
            template = next(template for kind, template in UNREACHED if isinstance(error, kind))
            raise SourceError(filled_in(template, settings, "")) from error
        opened.pop_all()
        return way


def _encryption(settings: Settings) -> dict[str, Any]:
    """What the driver is told for each choice; left alone it encrypts where the server can."""
    if settings.tls == "prefer":
        return {}
    if settings.tls == "disable":
        return {"ssl_disabled": True}
    # Not by the driver's own options: without an authority's file they do not check the name.
    context = ssl.create_default_context(cafile=settings.trusted if settings.tls == "verify-full" else None)
    if settings.tls == "require":
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return {"ssl": context}


def _rows(cursor: Any, sql: str) -> list[tuple[Any, ...]]:
    cursor.execute(sql)
    found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


PROBLEMS: tuple[tuple[str, str], ...] = (
    (r"^(1045|1698|1044)\b", "{user} could not log in to {database} on {host}: the user or the password is wrong, or the user may not use this database from here."),
    (r"^1130\b", "{host} does not let {user} connect from this machine. Ask its administrator to allow it."),
    (r"^1049\b", "There is no database “{database}” on {host}. Check its name, also upper and lower case."),
    *CERTIFICATES,
    (r"^(2026|3159)\b|(?i:does(n't| not) support ssl)", "{host} and this machine do not agree on encryption. Choose another one, or ask its administrator."),
    (r"^(1142|1143|1227|1370)\b", "{user} has no permission to read this: {detail}. Ask the administrator for SELECT on it."),
    (r"^(1146|1054|1356)\b", "Something that was there is gone: {detail}. List the tables again."),
    (r"^(1969|3024|1317)\b", "{host} took too long to answer. Try again at a quieter time, or choose fewer tables."),
    (r"^(1040|1203|1226)\b", "{host} has no free connection. Try again later."),
)  # fmt: skip
"""What the driver says, its number first, and the sentence for it; the first that fits is taken."""
OTHER = "{host} could not be read: {detail}."

UNREACHED: tuple[tuple[type[OSError], str], ...] = (
    (socket.gaierror, "There is no server “{host}”. Check its name, and that you are in the right network."),
    (ConnectionRefusedError, "{host} does not answer on port {port}: nothing listens there. Check the port and that the server runs."),
    (OSError, "{host} does not answer on port {port}. Check name and port, and that this machine may reach it (firewall, VPN)."),
)  # fmt: skip
"""What keeps from reaching the server, and the sentence for it; the first that fits is taken."""
LOST = (2006, 2013, 2055, 1927, 1053)


def _told(settings: Settings, error: Exception) -> SourceError:
    number, words = error.args if len(error.args) == 2 else (0, str(error))
    if number in LOST:
        return ConnectionLost(f"The connection to {settings.host} broke. Try again.")
    template = next((t for pattern, t in PROBLEMS if re.search(pattern, f"{number} {words}", re.DOTALL)), OTHER)
    return SourceError(filled_in(template, settings, str(words)))
