"""Databases that can be read: a further one is a module with a settings model and three functions, and one row here."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from connectors.sources import database_files, duckdb_files, postgres, servers, sqlite
from connectors.sources.offers import Newer, Reached, TableOffer
from connectors.sources.warehouses import WAREHOUSES
from segmentation.catalogue import Model
from segmentation.errors import ConnectionLost, SourceError
from segmentation.plan import Origin, Progress, StagedTable

__all__ = ["DATABASES", "Database", "Newer", "TableOffer", "read_tables"]

TRIES = 3
PAUSE_SECONDS = 2.0


@dataclass(frozen=True)
class Database:
    """A kind of database. Its functions take an instance of `settings` and raise `SourceError` with what would work.

    `title` names the connection, `test` says what was found there, `tables` lists what can be read, and `stage` reads it, also
    tables without rows. A connection that broke is a `ConnectionLost`.
    """

    name: str
    settings: type[Model]
    title: Callable[[Any], str]
    test: Callable[[Any], Reached]
    tables: Callable[[Any], tuple[TableOffer, ...]]
    stage: Callable[[Any, Sequence[TableOffer], Path, Progress], list[StagedTable]]


def _mysql(function: str) -> Callable[..., Any]:
    """A function of the module `mysql`, whose driver takes long to load: the app's start does without."""
    return lambda *given: getattr(importlib.import_module("connectors.sources.mysql"), function)(*given)


DATABASES: dict[str, Database] = {
    database.name: database
    for database in (
        Database("SQLite file", database_files.Settings, database_files.title, sqlite.test, sqlite.tables, sqlite.stage),
        Database("DuckDB file", database_files.Settings, database_files.title, duckdb_files.test, duckdb_files.tables, duckdb_files.stage),
        Database("PostgreSQL", postgres.Settings, servers.title, postgres.test, postgres.tables, postgres.stage),
        Database("MySQL or MariaDB", servers.MySQLServer, servers.title, _mysql("test"), _mysql("tables"), _mysql("stage")),
        *(Database(w.name, w.settings, w.title, w.test, w.tables, w.stage) for w in WAREHOUSES),
    )
}  # fmt: skip


def read_tables(
    database: Database, settings: Model, tables: Sequence[TableOffer], into: Path, progress: Progress
) -> list[StagedTable]:
    """Read tables, all of them from the start again where the connection breaks; the last failure is raised."""
    for attempt in range(1, TRIES + 1):
        before = set(into.iterdir())
        try:
            read_at = datetime.now(UTC)
            staged = database.stage(settings, tables, into, progress)
            return [
                table.model_copy(update={"origin": origin_of(database, settings, offer, read_at)})
                for table, offer in zip(staged, tables, strict=True)
            ]
        except ConnectionLost:
            for left in set(into.iterdir()) - before:
                left.unlink()
            if attempt == TRIES:
                raise
            progress(f"The connection to {database.title(settings)} broke. Reading again")
            time.sleep(PAUSE_SECONDS)
        except OSError as error:
            raise SourceError(
                f"What was read from {database.title(settings)} cannot be kept: {error.strerror or error}. Is there space on the disk?"
            ) from error
    raise AssertionError("unreachable")


def origin_of(database: Database, settings: Model, offer: TableOffer, read_at: datetime) -> Origin:
    """Where a table comes from; of the settings all but secrets."""
    known = {
        name: value
        for name, value in settings.model_dump(mode="json").items()
        if not isinstance(getattr(settings, name), SecretStr)
    }
    return Origin(source=database.name, settings=known, schema_name=offer.schema, table=offer.name, read_at=read_at)
