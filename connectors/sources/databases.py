"""Databases that can be read: a further one is a module with a settings model and three functions, and one row here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.sources import postgres, sqlite
from connectors.sources.offers import TableOffer
from segmentation.catalogue import Model
from segmentation.plan import Progress, StagedTable

__all__ = ["DATABASES", "Database", "TableOffer"]


@dataclass(frozen=True)
class Database:
    """A kind of database. Its functions take an instance of `settings` and raise `SourceError` with what would work.

    `title` names the connection, `test` says what was found there, `tables` lists what can be read, and `stage` reads it.
    """

    name: str
    settings: type[Model]
    title: Callable[[Any], str]
    test: Callable[[Any], str]
    tables: Callable[[Any], tuple[TableOffer, ...]]
    stage: Callable[[Any, Sequence[TableOffer], Path, Progress], list[StagedTable]]


DATABASES: dict[str, Database] = {
    database.name: database
    for database in (
        Database("SQLite file", sqlite.Settings, sqlite.title, sqlite.test, sqlite.tables, sqlite.stage),
        Database("PostgreSQL", postgres.Settings, postgres.title, postgres.test, postgres.tables, postgres.stage),
    )
}
