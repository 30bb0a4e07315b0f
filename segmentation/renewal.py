"""How an audience is brought up to date: the way of each of its tables, a schedule, what held a renewal, and what it brought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from pydantic import Field as Default
from pydantic import SecretStr

from segmentation.catalogue import Model
from segmentation.errors import HandpickError
from segmentation.schedules import Schedule


class Way(StrEnum):
    """What becomes of the rows that are there when new ones come."""

    REPLACE = "replace"
    APPEND = "append"
    UPSERT = "upsert"  # rows with the same key are brought up to date, others added


class TableRenewal(Model):
    """How one table is renewed; columns are named as they are kept."""

    way: Way = Way.REPLACE
    key: str | None = None  # of UPSERT; None: of customers and look-ups their id, of events not said yet
    newer: str | None = None  # a database is asked only for rows whose value here is not known yet
    blanks_overwrite: bool = False  # of UPSERT: an empty cell empties what was known
    path: str = ""  # a file or folder is read again from here
    renamed: dict[str, str] = Default(default={})  # kept column → what the source calls it now; "" where it is gone


class Renewal(Model):
    """How an audience is renewed; `tables` in the order of its plan, `schedule` None where only by hand."""

    tables: tuple[TableRenewal, ...] = ()
    schedule: Schedule | None = None

    def table(self, index: int) -> TableRenewal:
        """The way of the table at this place."""
        return self.tables[index] if index < len(self.tables) else TableRenewal()

    def with_table(self, index: int, table: TableRenewal) -> Renewal:
        """The same with another way for one table."""
        size = max(len(self.tables), index + 1)
        tables = tuple(table if place == index else self.table(place) for place in range(size))
        return self.model_copy(update={"tables": tables})


@dataclass(frozen=True)
class Given:
    """What only a person has for a renewal: new files as (name, path), passwords by the connection's title.

    `accept` is consent to what was held, but for missing columns, which have to be mapped.
    """

    files: tuple[tuple[str, Path], ...] = ()
    passwords: Mapping[str, SecretStr] = field(default_factory=dict)
    accept: bool = False


class Reason(StrEnum):
    """Why new data is held."""

    EMPTY = "empty"
    SHRUNK = "shrunk"
    MISSING = "missing"
    RETYPED = "retyped"
    KNOWN = "known"
    STRANGE = "strange"  # a file of a folder that belongs to no source


class Hold(Model):
    """One thing about new data that the marketer has to look at: which table and column, and a sentence.

    `candidates` are columns of the source that a missing one may be called now, the likeliest first.
    """

    reason: Reason
    index: int
    table: str
    message: str
    column: str = ""
    candidates: tuple[str, ...] = ()


class Held(HandpickError):
    """New data is held back: the old data stays until the marketer has looked."""

    def __init__(self, holds: Sequence[Hold]) -> None:
        self.holds = tuple(holds)
        super().__init__(" ".join(hold.message for hold in holds) + " Nothing was changed.")


class TableNews(Model):
    """What a renewal did to a table, in rows: there before, read, added, brought up to date, there now."""

    table: str
    before: int
    read: int
    added: int
    updated: int
    after: int


class SegmentNews(Model):
    """A saved segment counted on the data before and after, at the same moment; None with a problem that says why."""

    segment: str
    name: str
    before: int | None
    after: int | None
    problem: str = ""


class Report(Model):
    """How the latest renewal went; `at` UTC. A `problem` says why nothing was changed; with `holds` it waits for the marketer."""

    at: datetime
    problem: str = ""
    holds: tuple[Hold, ...] = ()
    tables: tuple[TableNews, ...] = ()
    segments: tuple[SegmentNews, ...] = ()
