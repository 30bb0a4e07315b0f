"""PostgreSQL and MariaDB as databases that an audience is loaded into and asked."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import pymysql
from adbc_driver_postgresql import dbapi

from connectors.sources.postgres import address_of
from segmentation.catalogue import Kind
from segmentation.statement import Statement
from tests.servers import mariadb_server, postgres_server

INTERNAL = {"_name": Kind.TEXT, "_time": Kind.MOMENT}
Rows = Sequence[Mapping[str, Any]]


class Database(Protocol):
    """A server with one audience at a time."""

    dialect: str

    def load(self, table: str, columns: Mapping[str, Kind], rows: Rows, types: Mapping[str, str]) -> None:
        """A table with `_row` and these columns, in place of an older one; `types` as DuckDB's where not the usual."""

    def ask(self, asked: Statement) -> list[int]:
        """The rows that a statement finds."""


def quoted(name: str, sign: str) -> str:
    return sign + name.replace(sign, sign * 2) + sign


def literal(value: Any) -> str:
    """A cell as a literal that both databases read alike; texts never come here."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value)
    return f"'{value.isoformat(' ')}'" if isinstance(value, datetime) else f"'{value}'"


class Postgres:
    """PostgreSQL through the driver that the product reads it with."""

    dialect = "postgres"
    types: Mapping[Kind, str] = {
        Kind.TEXT: "TEXT",
        Kind.NUMBER: "NUMERIC(18,2)",
        Kind.YES_NO: "BOOLEAN",
        Kind.DATE: "DATE",
        Kind.MOMENT: "TIMESTAMP",
        Kind.LIST: "TEXT[]",
    }

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def load(self, table: str, columns: Mapping[str, Kind], rows: Rows, types: Mapping[str, str]) -> None:
        declared = {"_row": "INT"} | {
            name: types.get(name, self.types[kind]).replace("DOUBLE", "FLOAT8") for name, kind in columns.items()
        }

        def cell(value: Any) -> str:
            if isinstance(value, list):
                return f"ARRAY[{', '.join(map(cell, value))}]::TEXT[]"
            return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else literal(value)

        inside = ", ".join(f"{quoted(name, chr(34))} {kind}" for name, kind in declared.items())
        with self.connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {table}")
            cursor.execute(f"CREATE TABLE {table} ({inside})")
            for start in range(0, len(rows), 200):
                values = (
                    f"({', '.join(cell(row.get(name)) for name in declared)})" for row in rows[start : start + 200]
                )
                cursor.execute(f"INSERT INTO {table} VALUES {', '.join(values)}")

    def ask(self, asked: Statement) -> list[int]:
        values = [list(value) if isinstance(value, tuple) else value for _, value in asked.parameters]
        with self.connection.cursor() as cursor:
            cursor.execute(asked.sql, values)
            return sorted(row for (row,) in cursor.fetchall())


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A server with an empty database."""
    with postgres_server() as settings, dbapi.connect(address_of(settings), autocommit=True) as connection:
        yield Postgres(connection)


ZONE_TABLES = (
    "CREATE DATABASE mysql",
    "CREATE TABLE mysql.time_zone (Time_zone_id int unsigned NOT NULL PRIMARY KEY, "
    "Use_leap_seconds enum('Y','N') NOT NULL DEFAULT 'N')",
    "CREATE TABLE mysql.time_zone_name (Name char(64) NOT NULL PRIMARY KEY, Time_zone_id int unsigned NOT NULL)",
    "CREATE TABLE mysql.time_zone_leap_second (Transition_time bigint NOT NULL PRIMARY KEY, Correction int NOT NULL)",
    "CREATE TABLE mysql.time_zone_transition (Time_zone_id int unsigned NOT NULL, Transition_time bigint NOT NULL, "
    "Transition_type_id int unsigned NOT NULL, PRIMARY KEY (Time_zone_id, Transition_time))",
    "CREATE TABLE mysql.time_zone_transition_type (Time_zone_id int unsigned NOT NULL, Transition_type_id int unsigned "
    "NOT NULL, `Offset` int NOT NULL DEFAULT 0, Is_DST tinyint unsigned NOT NULL DEFAULT 0, "
    "Abbreviation char(8) NOT NULL DEFAULT '', PRIMARY KEY (Time_zone_id, Transition_type_id))",
)


def zone_rows(number: int, name: str) -> Iterator[str]:
    """What `mariadb-tzinfo-to-sql`, which not every package brings, would say of a zone."""
    zone, start, end = ZoneInfo(name), 0, 2**31 - 1

    def offset(at: int) -> int:
        return round(
            (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=at)).astimezone(zone).utcoffset().total_seconds()
        )  # type: ignore[union-attr]

    changes = [(-(2**31), offset(start))]
    for day in range(start, end - 86_400, 86_400):
        if offset(day) != offset(day + 86_400):
            low, high = day, day + 86_400
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == offset(day) else (low, middle)
            changes.append((high, offset(high)))
    kinds = sorted({shift for _, shift in changes})
    yield f"INSERT INTO mysql.time_zone VALUES ({number}, 'N')"
    yield f"INSERT INTO mysql.time_zone_name VALUES ('{name}', {number})"
    types = ", ".join(f"({number}, {kind}, {shift}, 0, '')" for kind, shift in enumerate(kinds))
    yield f"INSERT INTO mysql.time_zone_transition_type VALUES {types}"
    moves = ", ".join(f"({number}, {at}, {kinds.index(shift)})" for at, shift in changes)
    yield f"INSERT INTO mysql.time_zone_transition VALUES {moves}"


class MariaDb:
    """MariaDB, each statement prepared on the server and executed with its values."""

    dialect = "mysql"
    types: Mapping[Kind, str] = {
        Kind.TEXT: "TEXT",
        Kind.NUMBER: "DECIMAL(18,2)",
        Kind.YES_NO: "BOOLEAN",
        Kind.DATE: "DATE",
        Kind.MOMENT: "DATETIME(6)",
        Kind.LIST: "JSON",
    }

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def load(self, table: str, columns: Mapping[str, Kind], rows: Rows, types: Mapping[str, str]) -> None:
        declared = {"_row": "INT"} | {name: types.get(name, self.types[kind]) for name, kind in columns.items()}
        inside = ", ".join(f"{quoted(name, '`')} {kind}" for name, kind in declared.items())
        places = f"({', '.join(['%s'] * len(declared))})"
        with self.connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {table}")
            cursor.execute(f"CREATE TABLE {table} ({inside})")
            if rows:
                cells = [
                    json.dumps(row.get(name)) if isinstance(row.get(name), list) else row.get(name)
                    for row in rows
                    for name in declared
                ]
                cursor.execute(f"INSERT INTO {table} VALUES {', '.join([places] * len(rows))}", cells)

    def ask(self, asked: Statement) -> list[int]:
        names = [f"@v{number}" for number in range(len(asked.parameters))]
        with self.connection.cursor() as cursor:
            cursor.execute("PREPARE asked FROM %s", (asked.sql,))
            for name, (_, value) in zip(names, asked.parameters, strict=True):
                cursor.execute(f"SET {name} = %s", (value,))
            cursor.execute(f"EXECUTE asked{' USING ' if names else ''}{', '.join(names)}")
            return sorted(row for (row,) in cursor.fetchall())


@contextmanager
def mariadb(zones: Sequence[str]) -> Iterator[MariaDb]:
    """A server with an empty database, reached by nothing but a socket in a folder of its own."""
    lines = [*ZONE_TABLES, *(row for number, zone in enumerate(zones, 1) for row in zone_rows(number, zone))]
    script = "".join(f"{line};\n" for line in lines)
    with (
        mariadb_server(script, "--skip-networking", "--skip-grant-tables") as socket,
        closing(pymysql.connect(unix_socket=str(socket), user="root", charset="utf8mb4", autocommit=True)) as found,
    ):
        with found.cursor() as cursor:
            cursor.execute("CREATE DATABASE shop CHARACTER SET utf8mb4")
            cursor.execute("USE shop")
            cursor.execute("SET SESSION time_zone = '+00:00'")
        yield MariaDb(found)
