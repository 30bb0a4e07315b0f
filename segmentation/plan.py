"""What was read and what is to become of it: staged tables and the load plan the marketer confirms."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from pydantic import Field as Default

from segmentation.catalogue import Kind, Model, Role, Theme

FILE = "file"


class Progress(Protocol):
    """How long work tells how far it is; raises `Cancelled` when the marketer pressed Cancel."""

    def __call__(self, message: str, share: float | None = None) -> None:
        """Say what is being done and which share (0–1) is done, None where unknown."""

    def on_cancel(self, interrupt: Callable[[], None] | None) -> None:
        """Register what ends the running query at once (e.g. a cursor's `interrupt`); None clears it."""


class Rejected(Model):
    """A row that could not be read: its line in the file (1-based, 0 unknown), why, and its text."""

    line: int
    reason: str
    text: str = ""


class FilePart(Model):
    """A table of one file of a folder: the file, how it was when it was read, what the table is called in rows, its columns."""

    file: str
    state: str
    name: str
    columns: tuple[str, ...]


class Origin(Model):
    """Where a table was read from, so that it can be read again: everything that was said then but secrets."""

    source: str = FILE  # FILE, or a kind of database
    settings: dict[str, str | int] = Default(default={})  # of the connection; of a folder its `path`
    schema_name: str = ""
    table: str = ""
    parts: tuple[FilePart, ...] = ()  # of a folder …
    part_column: str = ""  # … the column that tells of which a row is, "" where there was only one …
    aside: tuple[str, ...] = ()  # … and its files that are known to belong to no table
    read_at: datetime  # UTC


class Reference(Model):
    """A column whose values, as its database declares, stand in the column `key` of another of its tables: a foreign key."""

    column: str  # as staged
    schema_name: str
    table: str
    key: str


class StagedTable(Model):
    """A table as it was delivered, kept as Parquet beside the audience: text stays text, typed columns stay typed.

    `rows` + `rejected_rows` = rows in the source. `rejected` holds the first 1,000, their texts cut at 500 characters.
    """

    name: str  # shown: file name without folder, or table name
    path: Path
    columns: tuple[str, ...]  # unique case-insensitively; empty and double names were mended
    rows: int
    rejected_rows: int = 0
    rejected: tuple[Rejected, ...] = ()
    rejects: Path | None = None  # Parquet with all of them as they were written: line, reason, text
    headers: tuple[str, ...] = ()  # the columns' names exactly as the source has them, where one of them was mended
    origin: Origin | None = None  # None where it was read by a Handpick that did not note it
    references: tuple[Reference, ...] = ()
    notes: tuple[str, ...] = ()  # sentences: "Read as Windows-1252.", "Column 3 had no name: called column_3."

    @property
    def files(self) -> tuple[Path, ...]:
        """What is kept of the table on disk."""
        return (self.path,) if self.rejects is None else (self.path, self.rejects)


class TableRole(StrEnum):
    """What a row of the table is."""

    PEOPLE = "people"
    EVENTS = "events"
    LOOKUP = "lookup"  # one row a product, store, campaign …: what tables that name it are told by it
    VISITORS = "visitors"  # one visitor's id beside the id of the person that he is
    LEAVE_OUT = "leave_out"


class Format(StrEnum):
    """How texts of a column are to be read."""

    PLAIN = "plain"  # number 1234.50, date 2024-04-03, as stored
    DECIMAL_COMMA = "decimal_comma"  # 1.234,50
    DAY_FIRST = "day_first"  # 03/04/2024 is 3 April
    MONTH_FIRST = "month_first"  # 03/04/2024 is March 4
    ASK = "ask"  # both are possible: the marketer must say; loading waits
    SEMICOLON = "semicolon"  # list separators
    PIPE = "pipe"
    COMMA = "comma"
    JSON = "json"
    WHOLE = "whole"  # text: an id that a spreadsheet or pandas wrote as 17850.0 is read as 17850


class ColumnPlan(Model):
    """How one column is loaded: its name in definitions, kind and format."""

    column: str  # as staged
    name: str  # as definitions know it
    label: str
    kind: Kind
    format: Format = Format.PLAIN
    theme: Theme = Theme.BEHAVIOURAL
    role: Role = Role.NONE
    include: bool = True
    beside: str | None = None  # of a further table: the detail that was there under this name, see `namesakes`
    crowded: bool = False  # named like an id, and each of its values is on average that of several rows
    misfits: int = 0  # filled cells that do not fit the kind: they load as missing and are reported
    examples: tuple[str, ...] = ()  # up to 5 filled values
    misfit_examples: tuple[str, ...] = ()


class Link(Model):
    """A column whose values are found in the column `key` of the plan's table at the place `table`; counts in rows, exact."""

    column: str
    table: int
    key: str
    several: bool = False  # as many rows over there as have the value count, and what they tell is a list
    filled: int = 0  # rows with a value …
    found: int = 0  # … that is there
    keyed: int = 0  # rows over there with a value …
    repeated: int = 0  # … that comes again further down: the last one counts, but where `several` do


class TablePlan(Model):
    """How one staged table is loaded."""

    table: StagedTable
    role: TableRole
    key: str | None = None  # column with the person's id; of a look-up what tells its rows apart
    people: int | None = None  # events: place of the people table whose ids these are; None: the first
    visitor: str | None = None  # but for look-ups: column with the id of a visitor who may be identified later …
    keep_visitors: bool = False  # … and who is a person also where he never is
    time: str | None = None  # events: column with the moment
    event_column: str | None = None  # events: column with the event's name …
    event_name: str | None = None  # … or one name for all rows
    zone: str = "UTC"  # moments written without a zone are in this one
    columns: tuple[ColumnPlan, ...] = ()
    links: tuple[Link, ...] = ()  # to look-ups, and of events to those that they are a part of
    line_total: tuple[str, str] | None = None  # columns whose product is added as the number "line_total"
    problems: tuple[str, ...] = Default(default=())  # sentences; loading waits while there are any
    notes: tuple[str, ...] = ()  # sentences worth knowing, e.g. why a table is left out


class Strangers(Model):
    """Ids of a people table that mostly are of other people than the same ids in another one, or of several: a field of their own."""

    table: int  # place
    column: str
    name: str  # of the field
    other: int  # place of the table that has …
    both: int  # … so many of the ids too, with an e-mail address in both tables (0: each is of several rows here) …
    differing: int  # … that is another one for so many
    joined: bool = False  # they are the same people all the same, says the marketer


class Joining(Model):
    """How the rows of several people tables become one person each; fields are meant by their names."""

    by: tuple[str, ...] | None = None  # fields that tell who is who, the most believed first; None: all that can
    sure: tuple[str, ...] = ()  # of these, phone numbers by which also two ids of one table become one person
    allowed: tuple[tuple[str, str], ...] = ()  # (field, value in its one form): joins however many rows share it
    strangers: tuple[Strangers, ...] = ()  # ids that are not the field that they are called like
    similar: bool = False  # also by similar names and addresses
    region: str | None = None  # ISO 3166: phone numbers without a country are from there
    first: int | None = None  # place of the table whose values win; None: the first
    fullest: bool = False  # the row with the most filled fields wins instead


class LoadPlan(Model):
    """Everything needed to build an audience from its staged tables, again and again."""

    tables: tuple[TablePlan, ...]
    joining: Joining = Joining()

    @property
    def problems(self) -> tuple[str, ...]:
        """All that must be mended before loading."""
        return tuple(f"{t.table.name}: {problem}" for t in self.tables for problem in t.problems)


class LoadReport(Model):
    """What became of every row: for each table rows = loaded + set aside; each number with its reason in words."""

    table: str
    rows: int
    loaded: int
    set_aside: tuple[tuple[str, int], ...] = ()  # (reason, rows)
    misfits: tuple[tuple[str, int, tuple[str, ...]], ...] = ()  # (column, cells, examples)
    notes: tuple[str, ...] = ()
    newest: datetime | None = None  # UTC: of events, the latest that is not later than the load
