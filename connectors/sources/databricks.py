"""Databricks, read through its own client, which has answers as Arrow; told apart from the other warehouses by what is here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
from pydantic import Field, SecretStr

from connectors.sources.mysql_types import backquoted
from connectors.sources.servers import SECRET, word_of
from connectors.sources.staging import GROUP_ROWS
from segmentation.catalogue import Model


class Databricks(Model):
    """Where the warehouse is and who reads it."""

    host: str = Field(title="Server", description="Its address, e.g. adb-1234.azuredatabricks.net.", min_length=1)
    http_path: str = Field(
        title="HTTP path", description="As the warehouse shows it under “Connection details”.", min_length=1
    )
    catalog: str = Field(title="Catalog", description="Which holds the tables, e.g. main.", min_length=1)
    password: SecretStr = Field(
        SecretStr(""), title="Access token", description="Never kept: asked for again each time."
    )
    secret: str = SECRET

    @property
    def title(self) -> str:
        """The catalog and its server."""
        return f"{self.catalog} of {self.host}"

    @property
    def word(self) -> str:
        """The token."""
        return word_of(self.password, self.secret)

    @property
    def arguments(self) -> dict[str, Any]:
        """What its client is told."""
        return {
            "server_hostname": self.host,
            "http_path": self.http_path,
            "access_token": self.word,
            "catalog": self.catalog,
            "enable_telemetry": False,
            "user_agent_entry": "Handpick",
        }


class Cursor:
    """What a driver of the ADBC standard would have."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        self.execute, self.fetchall, self.adbc_cancel = cursor.execute, cursor.fetchall, cursor.cancel

    def fetch_record_batch(self) -> pa.RecordBatchReader:
        """The answer as a stream."""
        first = self._cursor.fetchmany_arrow(GROUP_ROWS)

        def batches() -> Iterator[pa.RecordBatch]:
            table = first
            while table.num_rows:
                yield from table.to_batches()
                table = self._cursor.fetchmany_arrow(GROUP_ROWS)

        return pa.RecordBatchReader.from_batches(first.schema, batches())


@contextmanager
def opened(driver: Any, settings: Databricks) -> Iterator[Cursor]:
    """A cursor over a connection of its own."""
    with driver.connect(**settings.arguments) as connection, connection.cursor() as cursor:
        yield Cursor(cursor)


def listing(settings: Databricks) -> str:
    """SQL for schema, table, rows (which it does not tell) and whether it is a view."""
    return (
        "SELECT table_schema, table_name, NULL, table_type LIKE '%VIEW' "
        f"FROM {backquoted(settings.catalog)}.information_schema.tables "
        "WHERE table_schema <> 'information_schema' ORDER BY 1, 2"
    )
