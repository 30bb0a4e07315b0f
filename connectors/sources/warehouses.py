"""Warehouses that a driver of the ADBC standard reads, or a client that is made to look like one; each is an extra of Handpick.

A further one is a settings model and one row of `WAREHOUSES`. What is read comes as Arrow and is kept as Parquet files are. The reading is
tested with PostgreSQL's driver of the same standard, ClickHouse's client with its engine in the process (chdb), Databricks' client with
a stand-in; the services themselves could not be tried.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from adbc_driver_manager import Error as DriverError
from pydantic import Field, SecretStr

from connectors.sources import clickhouse, databricks
from connectors.sources.clickhouse import ClickHouse
from connectors.sources.databricks import Databricks
from connectors.sources.mysql_types import backquoted
from connectors.sources.names import mend_names
from connectors.sources.offers import Reached, TableOffer
from connectors.sources.parquet import picked_columns
from connectors.sources.servers import PASSWORD, SECRET, masked, word_of
from connectors.sources.staging import GROUP_ROWS, TableWriter, table_path
from segmentation.audience import quoted
from segmentation.catalogue import Model
from segmentation.errors import Cancelled, SourceError
from segmentation.plan import Progress, StagedTable
from segmentation.scratch import scratch


class Snowflake(Model):
    """Where the warehouse is and who reads it."""

    account: str = Field(title="Account", description="As in its address before .snowflakecomputing.com.", min_length=1)
    warehouse: str = Field(title="Warehouse", description="What does the work, e.g. COMPUTE_WH.", min_length=1)
    database: str = Field(title="Database", min_length=1)
    role: str = Field("", title="Role", description="Best one that may only read; empty: the user's own.")
    user: str = Field(title="User", min_length=1)
    password: SecretStr = PASSWORD
    secret: str = SECRET

    @property
    def title(self) -> str:
        """The database and its account."""
        return f"{self.database} of {self.account}"

    @property
    def word(self) -> str:
        """The password."""
        return word_of(self.password, self.secret)

    @property
    def arguments(self) -> dict[str, Any]:
        """What its driver is told."""
        options = {
            "username": self.user,
            "password": self.word,
            "adbc.snowflake.sql.account": self.account,
            "adbc.snowflake.sql.warehouse": self.warehouse,
            "adbc.snowflake.sql.db": self.database,
            "adbc.snowflake.sql.role": self.role,
            "adbc.snowflake.sql.client_option.app_name": "Handpick",
            "adbc.snowflake.sql.client_option.login_timeout": "10s",
            "adbc.snowflake.sql.client_option.disable_telemetry": "true",
        }
        return {"db_kwargs": {name: value for name, value in options.items() if value}}


class BigQuery(Model):
    """Which data set is read, and with whose key."""

    project: str = Field(title="Project", min_length=1)
    dataset: str = Field(title="Data set", min_length=1)
    key_file: Path = Field(
        title="Key file", description="Of a service account that may only read, on the machine that runs Handpick."
    )

    @property
    def title(self) -> str:
        """The data set and its project."""
        return f"{self.dataset} of {self.project}"

    @property
    def word(self) -> str:
        """Nothing: the key stays in its file."""
        return ""

    @property
    def arguments(self) -> dict[str, Any]:
        """What its driver is told."""
        if not self.key_file.expanduser().is_file():
            raise SourceError(f"There is no file {self.key_file}. Say where the service account's key is.")
        options = {
            "adbc.bigquery.sql.auth_type": "adbc.bigquery.sql.auth_type.json_credential_file",
            "adbc.bigquery.sql.auth_credentials": str(self.key_file.expanduser()),
            "adbc.bigquery.sql.project_id": self.project,
            "adbc.bigquery.sql.dataset_id": self.dataset,
        }
        return {"db_kwargs": options}


@contextmanager
def opened(driver: Any, settings: Any) -> Iterator[Any]:
    """A cursor of a driver of the standard."""
    with driver.connect(**settings.arguments) as connection, connection.cursor() as cursor:
        yield cursor


@dataclass(frozen=True)
class Warehouse:
    """A warehouse: its name, the extra and the driver that read it, SQL that lists schema, table, rows and whether it is a view.

    `opened` gives a cursor of a driver, `failure` is what it raises, `selected` the columns of a table as they can be read.
    """

    name: str
    extra: str
    driver: str
    settings: type[Any]
    listing: Callable[[Any], str]
    quote: Callable[[str], str] = quoted
    opened: Callable[[Any, Any], AbstractContextManager[Any]] = opened
    failure: Callable[[Any], type[Exception]] = lambda driver: DriverError
    selected: Callable[[Any, TableOffer], str] = lambda cursor, offer: "*"

    def title(self, settings: Any) -> str:
        """What the connection is called."""
        return str(settings.title)

    def test(self, settings: Any) -> Reached:
        """Connect, and say what is there."""
        count = len(self.tables(settings))
        return Reached(
            f"Connected to {settings.title}: {count} table{'' if count == 1 else 's'}. Handpick only reads; whether this user "
            "could also write is not looked at here.",
        )

    def tables(self, settings: Any) -> tuple[TableOffer, ...]:
        """All tables and views that the user may read."""
        with self._opened(settings) as cursor:
            cursor.execute(self.listing(settings))
            found = cursor.fetchall()
        return tuple(TableOffer(schema, name, rows, bool(view)) for schema, name, rows, view in found)

    def stage(self, settings: Any, tables: Sequence[TableOffer], into: Path, progress: Progress) -> list[StagedTable]:
        """Read tables one after the other."""
        with self._opened(settings) as cursor:
            progress.on_cancel(cursor.adbc_cancel)
            try:
                return [self._stage_table(cursor, offer, into, progress) for offer in tables]
            except Cancelled:
                with suppress(Exception):  # it has ended by itself
                    cursor.adbc_cancel()
                raise
            except Exception:
                progress("Closing the connection")  # raises `Cancelled` where that was the cause
                raise
            finally:
                progress.on_cancel(None)

    def _stage_table(self, cursor: Any, offer: TableOffer, into: Path, progress: Progress) -> StagedTable:
        if offer.newer is not None:
            raise SourceError(f"{offer.name} can only be read whole from {self.name}: choose “read everything”.")
        progress(f"Reading {offer.name}", 0.0)
        columns = self.selected(cursor, offer)
        cursor.execute(f"SELECT {columns} FROM {self.quote(offer.schema)}.{self.quote(offer.name)}")
        with scratch() as connection:
            arrived = connection.from_arrow(cursor.fetch_record_batch())
            picked, notes = picked_columns(arrived)
            if not picked:
                raise SourceError(f"The table {offer.name} has no columns that can be read as a table. Choose another.")
            names, mended = mend_names([column for column, _ in picked])
            select = ", ".join(f"{sql} AS {quoted(name)}" for name, (_, sql) in zip(names, picked, strict=True))
            reader: pa.RecordBatchReader = arrived.project(select).to_arrow_reader(GROUP_ROWS)
            with TableWriter(table_path(into, offer.name), reader.schema) as writer:
                for batch in reader:
                    writer.write(batch)
                    progress(f"Reading {offer.name}", min(writer.rows / offer.rows, 1.0) if offer.rows else None)
        return StagedTable(name=offer.name, path=writer.path, columns=names, rows=writer.rows, notes=(*notes, *mended))

    @contextmanager
    def _opened(self, settings: Any) -> Iterator[Any]:
        """A cursor; every error of the driver becomes a sentence without secrets."""
        try:
            driver = importlib.import_module(self.driver)
        except ModuleNotFoundError as error:
            raise SourceError(
                f"{self.name} needs the extra “{self.extra}”, which is not installed here. Have whoever runs Handpick install it "
                f"(uv sync --extra {self.extra}), or export the tables as Parquet and bring in the files."
            ) from error
        try:
            with self.opened(driver, settings) as cursor:
                yield cursor
        except (
            self.failure(driver),
            duckdb.Error,
            pa.ArrowException,
        ) as error:  # the latter two where a stream breaks off
            detail = masked(" ".join(str(error).split()), settings.word)
            raise SourceError(
                f"{settings.title} could not be read: {detail.strip(' .')}. Check what was entered, or ask its administrator."
            ) from (error if settings.word not in str(error) or not settings.word else None)


WAREHOUSES = (
    Warehouse(
        "Snowflake",
        "snowflake",
        "adbc_driver_snowflake.dbapi",
        Snowflake,
        lambda settings: (
            "SELECT table_schema, table_name, row_count, table_type = 'VIEW' FROM information_schema.tables "
            "WHERE table_schema <> 'INFORMATION_SCHEMA' ORDER BY 1, 2"
        ),
    ),
    Warehouse(
        "BigQuery",
        "bigquery",
        "adbc_driver_bigquery.dbapi",
        BigQuery,
        lambda settings: (
            "SELECT dataset_id, table_id, row_count, type = 2 FROM "
            f"{backquoted(settings.project)}.{backquoted(settings.dataset)}.__TABLES__ ORDER BY 2"
        ),
        backquoted,
    ),
    Warehouse(
        "ClickHouse",
        "clickhouse",
        "clickhouse_connect",
        ClickHouse,
        lambda settings: clickhouse.LISTING,
        backquoted,
        clickhouse.opened,
        lambda driver: driver.driver.exceptions.ClickHouseError,
        clickhouse.selected,
    ),
    Warehouse(
        "Databricks",
        "databricks",
        "databricks.sql",
        Databricks,
        databricks.listing,
        backquoted,
        databricks.opened,
        lambda driver: driver.Error,
    ),
)
