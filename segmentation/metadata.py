"""The workspace's own database: its tables, and connections that lose nothing.

SQLite in WAL mode with `synchronous=FULL`: what was acknowledged is on disk. A writing transaction takes the lock when it
begins (`BEGIN IMMEDIATE`), so that two savers are one after the other and never half and half.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    DateTime,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    text,
)
from sqlalchemy.exc import DatabaseError

from segmentation.errors import LibraryError

SCHEMA = 1
METADATA = MetaData()

SETTINGS = Table(
    "settings",
    METADATA,
    Column("name", String, primary_key=True),
    Column("value", Text, nullable=False),  # JSON
)
FIELD_EDITS = Table(
    "field_edits",
    METADATA,
    Column("audience", String, primary_key=True),
    Column("field", String, primary_key=True),
    Column("edit", Text, nullable=False),  # FieldEdit as JSON
)
SEGMENTS = Table(
    "segments",
    METADATA,
    Column("id", String, primary_key=True),
    Column("audience", String, nullable=False, index=True),
    Column("name", String, nullable=False),
    Column("description", Text, nullable=False),
    Column("tags", Text, nullable=False),  # JSON list
    Column("definition", Text, nullable=False),  # Definition as JSON
    Column("revision", Integer, nullable=False),
    Column("created_at", DateTime, nullable=False),  # all times UTC
    Column("updated_at", DateTime, nullable=False),
    Column("last_count", Integer),
    Column("last_counted_at", DateTime),
    Column("deleted_at", DateTime),
)
LISTS = Table(
    "lists",
    METADATA,
    Column("id", String, primary_key=True),
    Column("audience", String, nullable=False, index=True),
    Column("name", String, nullable=False),
    Column("by", String, nullable=False),
    Column("entries", Text, nullable=False),  # JSON list of texts
    Column("size", Integer, nullable=False),
    Column("updated_at", DateTime, nullable=False),
)
LADDERS = Table(
    "ladders",
    METADATA,
    Column("id", String, primary_key=True),
    Column("audience", String, nullable=False, index=True),
    Column("name", String, nullable=False),
    Column("rungs", Text, nullable=False),  # JSON list of segment ids, first rung first
    Column("updated_at", DateTime, nullable=False),
)
RENEWALS = Table(
    "renewals",
    METADATA,
    Column("audience", String, primary_key=True),
    Column("renewal", Text, nullable=False),  # Renewal as JSON
    Column("report", Text),  # Report as JSON
    Column("done", DateTime, nullable=False),  # the scheduled time that was last taken care of
)
ENDPOINTS = Table(
    "endpoints",
    METADATA,
    Column("audience", String, primary_key=True),
    Column("key", String, nullable=False),
    Column("on", Boolean, nullable=False),
)
LOG = Table(
    "log",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at", DateTime, nullable=False),
    Column("what", String, nullable=False),
    Column("about", Text, nullable=False),  # JSON, without personal data
    Column("done", Boolean, nullable=False, default=True),
)


def opened(path: Path) -> Engine:
    """The database at `path`, made if need be; raises `LibraryError` where it is damaged or of a newer Handpick."""
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 10})

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions begin below
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
            connection.execute(f"PRAGMA {pragma}")

    try:
        with writing(engine) as connection:
            version = connection.execute(text("PRAGMA user_version")).scalar_one()
            if version > SCHEMA:
                raise LibraryError("This workspace was written by a newer Handpick. Update Handpick to open it.")
            METADATA.create_all(connection)
            connection.execute(text(f"PRAGMA user_version={SCHEMA}"))
    except DatabaseError as error:
        raise LibraryError(
            f"The saved segments in {path.name} cannot be read: the file is damaged or in use."
        ) from error
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that holds the write lock from its first moment; whole or not at all."""
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.exec_driver_sql("COMMIT")
        except BaseException:
            connection.exec_driver_sql("ROLLBACK")
            raise
