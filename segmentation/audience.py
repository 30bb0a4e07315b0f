"""One version of an audience: an immutable DuckDB file with people, events and their catalogue.

Tables of the file (names of columns are the catalogue's, quoted; internal columns start with an underscore):
- `people`: `_row` UINTEGER 0 … n-1 in file order, then one column per field (VARCHAR, DECIMAL/BIGINT/DOUBLE, BOOLEAN,
  DATE, TIMESTAMP in UTC, VARCHAR[]). Empty text and empty lists are stored as NULL.
- `events`: `_row` UINTEGER (the person), `_name` VARCHAR, `_time` TIMESTAMP in UTC, then one column per property; sorted by
  (`_name`, `_time`). Always there, perhaps with no rows. Every event belongs to a person.
- `handpick_audience`: one row, `about` = `AudienceAbout` as JSON.

A folder `audiences/<id>/` holds `v000001.duckdb`, `v000002.duckdb` …; the highest is the current one. A version is written as
`….loading` and published by rename, so a half-loaded one is never seen and readers of the old one are not disturbed.
A version that came about live lies over a base, another file of the folder; `people` and `events` are views of both (see `overlay`).
"""

from __future__ import annotations

import os
import re
import tempfile
import threading
from collections.abc import Iterable
from datetime import datetime
from itertools import count
from pathlib import Path

import duckdb

from segmentation.catalogue import Catalogue, Model
from segmentation.errors import AudienceError
from segmentation.plan import LoadPlan, LoadReport
from segmentation.repairs import Step

FORMAT = 1
VERSION_NAME = re.compile(r"v(\d{6,})\.duckdb")
INTERNAL = ("_row", "_name", "_time")
ROW_NUMBER = "rowid"  # as DuckDB calls it, in any case of letters; see `numbered`
BASE = "base"  # the name of a version's base in its views
MEMORY_LIMIT = os.environ.get("HANDPICK_MEMORY", "1200MB")  # of loading: the process stays below 1.5 GB
LIMIT_OVER = "400MB"  # of a version over a base, as there may be several at once; the base has the limit of reading
READING_LIMIT = os.environ.get("HANDPICK_MEMORY", "1500MB")  # beside what the kernels hold

LOCKED: dict[str, str | bool | int | float | list[str]] = {
    "python_enable_replacements": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_unsigned_extensions": "false",
    "allow_persistent_secrets": "false",
}
"""Settings of every DuckDB: nothing is fetched, nothing kept outside, and no variable of Python is a table."""


class Live(Model):
    """How far an audience is with what came in live: the file it lies over, and where in the log it ends (bytes)."""

    base: str = ""  # its name in the folder; "" where the file has all of its own
    end: int = 0
    messages: int = 0
    rows: int = 0  # of people and events that lie over the base
    waiting: int = 0  # messages of visitors who are not known yet
    unjoined: int = 0  # aliases of two people who were both known, and stay two
    misfits: tuple[tuple[str, int], ...] = ()  # (label, values that did not fit and are missing)
    left_out: tuple[str, ...] = ()  # names for which there was no room


class AudienceAbout(Model):
    """What an audience file says of itself. `loaded_at` and `newest_event` are UTC."""

    format: int = FORMAT
    name: str
    people: int
    events: int
    loaded_at: datetime
    newest_event: datetime | None = None
    zone: str  # the workspace's time zone when it was loaded
    catalogue: Catalogue
    plan: LoadPlan
    reports: tuple[LoadReport, ...]
    repairs: tuple[Step, ...] = ()
    live: Live | None = None  # None where nothing ever came in live


def quoted(name: str) -> str:
    """A name as an SQL identifier; the only place where one is quoted by hand."""
    return '"' + name.replace('"', '""') + '"'


def numbered(table: str, columns: Iterable[str], where: str = "") -> tuple[str, str]:
    """SQL for the rows of a table (after FROM), and for the ascending numbers that these rows have in the order of the file.

    `columns` are those of the data: one called like DuckDB's own number of a row hides that.
    """
    those = f"{table} WHERE {where}" if where else table
    known = {name.casefold() for name in columns}
    if ROW_NUMBER not in known:
        return those, ROW_NUMBER
    number = next(name for place in count() if (name := f"_number{place}") not in known)
    return f"(SELECT *, row_number() OVER () - 1 AS {number} FROM {those})", number


def version_paths(folder: Path) -> list[Path]:
    """The published versions in a folder, oldest first."""
    return sorted(
        (p for p in folder.glob("v*.duckdb") if VERSION_NAME.fullmatch(p.name)), key=lambda p: int(p.stem[1:])
    )


def next_version_path(folder: Path) -> Path:
    """Where the next version is to be published."""
    versions = version_paths(folder)
    number = int(versions[-1].stem[1:]) + 1 if versions else 1
    return folder / f"v{number:06d}.duckdb"


_OPENING = threading.Lock()


def attach_base(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    """Make a version's base known to its views."""
    text = str(file).replace("'", "''")
    connection.execute(f"ATTACH IF NOT EXISTS '{text}' AS {BASE} (READ_ONLY)")


def read_about(connection: duckdb.DuckDBPyConnection) -> AudienceAbout:
    """What the version says of itself that a connection is to; raises `duckdb.Error` and `ValueError`."""
    (text,) = connection.execute("SELECT about FROM handpick_audience").fetchone() or ("",)
    return AudienceAbout.model_validate_json(text)


def unreadable(path: Path) -> AudienceError:
    """What is told of a version that cannot be opened."""
    return AudienceError(f"The audience file {path.name} cannot be opened. Load its data again on the Data page.")


def _opened(path: Path) -> tuple[duckdb.DuckDBPyConnection, AudienceAbout]:
    """A connection that only reads and reaches nothing else, and what the version says of itself."""
    connection = duckdb.connect(
        str(path),
        read_only=True,
        config={
            "memory_limit": READING_LIMIT,
            "temp_directory": tempfile.gettempdir(),
            "max_temp_directory_size": "20GB",
            **LOCKED,
        },
    )
    about = read_about(connection)
    if connection.execute("SELECT current_setting('lock_configuration')").fetchone() != (True,):
        # else the file is open already in this process, with the same settings
        if about.live is not None and about.live.base:
            attach_base(connection, path.parent / about.live.base)
            connection.execute(f"SET memory_limit = '{LIMIT_OVER}'")
        connection.execute("SET GLOBAL TimeZone = 'UTC'")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
    return connection, about


class Audience:
    """An opened audience version; safe to share between threads, as every query takes its own cursor."""

    def __init__(self, path: Path) -> None:
        """Open `path` read-only and locked down; raises `AudienceError` with what would work."""
        self.path = path
        self._lock = threading.Lock()
        try:
            with _OPENING:
                self._connection, self.about = _opened(path)
        except (duckdb.Error, ValueError) as error:
            raise unreadable(path) from error

    @property
    def version(self) -> str:
        """Identifies this version's content everywhere, e.g. in cache keys."""
        return f"{self.path.parent.name}/{self.path.stem}"

    @property
    def base(self) -> Path | None:
        """The file that this version lies over, None where it has all of its own."""
        live = self.about.live
        return self.path.parent / live.base if live is not None and live.base else None

    @property
    def people(self) -> int:
        """How many people there are; row numbers are 0 … people-1."""
        return self.about.people

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue as guessed at load, before the marketer's edits."""
        return self.about.catalogue

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor of its own for one query; the caller closes it."""
        with self._lock:
            return self._connection.cursor()

    def close(self) -> None:
        """Close the file; cursors taken before end."""
        self._connection.close()
