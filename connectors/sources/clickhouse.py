"""ClickHouse, read through its own client, which has answers as Arrow; told apart from the other warehouses by what is here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from typing import Any, Literal
from uuid import uuid4

import pyarrow as pa
from pydantic import Field

from connectors.sources.mysql_types import backquoted
from connectors.sources.offers import TableOffer
from connectors.sources.servers import CONNECT_SECONDS, ENCRYPTION, READING_SECONDS, Server

LISTING = (
    "SELECT database, name, total_rows, engine LIKE '%View' FROM system.tables "
    "WHERE database = currentDatabase() AND NOT is_temporary AND name NOT LIKE '.inner%' ORDER BY 2"
)
COLUMNS = "SELECT name, type FROM system.columns WHERE database = {schema:String} AND table = {table:String} ORDER BY position"
AS_ARROW: tuple[tuple[str, str], ...] = (
    ("DateTime64", "{}"),
    ("DateTime", "toDateTime64({}, 0)"),
    ("Date", "toDate32({})"),
    ("Enum", "toString({})"),
    ("UUID", "toString({})"),
    ("IPv", "toString({})"),
    ("FixedString", "toStringCutToZero({})"),
    ("Int128", "toString({})"),
    ("Int256", "toString({})"),
    ("UInt128", "toString({})"),
    ("UInt256", "toString({})"),
)
"""What a type begins with, and the SQL by which its values arrive as what they are; the first that fits is taken."""


class ClickHouse(Server):
    """Where the server is and who reads it."""

    port: int = Field(8443, title="Port", description="Of its HTTP: usually 8443, unencrypted 8123.", ge=1, le=65535)
    tls: Literal["require", "verify-full", "disable"] = Field(
        "verify-full",
        title="Encryption",
        description="Without the check somebody in between could pass for the server.",
        json_schema_extra={"words": ENCRYPTION},
    )

    @property
    def word(self) -> str:
        """The password."""
        return self.password_in_hand

    @property
    def arguments(self) -> dict[str, Any]:
        """What its client is told."""
        return {
            "interface": "http" if self.tls == "disable" else "https",
            "host": self.host,
            "port": self.port,
            "database": self.database,
            "username": self.user,
            "password": self.word,
            "verify": self.tls == "verify-full",
            "ca_cert": self.trusted if self.tls == "verify-full" and self.authority else None,
            "connect_timeout": CONNECT_SECONDS,
            "send_receive_timeout": READING_SECONDS,
            "client_name": "Handpick",
        }


class Cursor:
    """What a driver of the ADBC standard would have."""

    def __init__(self, client: Any) -> None:
        self._client, self._sql, self._id = client, "", ""

    def execute(self, sql: str) -> None:
        """Ask when the answer is fetched."""
        self._sql, self._id = sql, uuid4().hex

    def fetchall(self) -> list[tuple[Any, ...]]:
        """The rows of the answer."""
        return list(self._client.query(self._sql).result_rows)

    def columns(self, schema: str, table: str) -> list[tuple[str, str]]:
        """The names and types of a table's columns."""
        return list(self._client.query(COLUMNS, {"schema": schema, "table": table}).result_rows)

    def fetch_record_batch(self) -> pa.RecordBatchReader:
        """The answer as a stream."""
        stream = self._client.query_arrow_stream(self._sql, settings={"query_id": self._id}, use_strings=True)

        def batches() -> Iterator[pa.RecordBatch]:
            with stream:
                yield from stream

        found = batches()
        first = next(found, None)
        if first is None:  # an answer without rows has no batch that would tell its columns
            return self._client.query_arrow(self._sql, use_strings=True).to_reader()
        return pa.RecordBatchReader.from_batches(first.schema, chain([first], found))

    def adbc_cancel(self) -> None:
        """End what is being asked."""
        with suppress(Exception):  # it has ended by itself, or the way to the server is gone
            self._client.command("KILL QUERY WHERE query_id = {id:String}", {"id": self._id})


@contextmanager
def opened(driver: Any, settings: ClickHouse) -> Iterator[Cursor]:
    """A cursor over a client of its own."""
    client = driver.get_client(**settings.arguments)
    try:
        yield Cursor(client)
    finally:
        client.close()


def selected(cursor: Cursor, offer: TableOffer) -> str:
    """The columns of a table as Arrow has them."""
    found = []
    for name, kind in cursor.columns(offer.schema, offer.name):
        listed = kind.startswith("Array(")
        bare = re.sub(r"^(Array\(|LowCardinality\(|Nullable\()*", "", kind)
        template = next((sql for begin, sql in AS_ARROW if bare.startswith(begin)), "{}")
        sql = template.format("e" if listed else backquoted(name))
        if listed:
            sql = f"arrayMap(e -> {sql}, {backquoted(name)})"
        found.append(f"{sql} AS {backquoted(name)}")
    return ", ".join(found) or "*"
