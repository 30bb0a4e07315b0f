"""What is worth mending in an audience: a finding says what, where, how many, why it matters, and what repairs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from segmentation.audience import AudienceAbout
from segmentation.catalogue import Catalogue, Field, Role
from segmentation.mending import Changed
from segmentation.repairs import Repair


@dataclass(frozen=True)
class Looked:
    """What the checks look at: a connection with the tables `people` and `events`, what the audience says of itself, and today."""

    connection: duckdb.DuckDBPyConnection
    about: AudienceAbout
    catalogue: Catalogue
    today: date

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields that are shown."""
        return tuple(field for field in self.catalogue.fields if not field.hidden)

    def rows(self, statement: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """All rows of the answer to a query."""
        return self.connection.execute(statement, dict(parameters or {})).fetchall()


@dataclass(frozen=True)
class Examples:
    """A small table to look at: its columns with the roles as which they are masked, and its rows."""

    columns: tuple[tuple[str, Role], ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()


@dataclass(frozen=True)
class Offer:
    """A way to repair: the words of its button, and the repair."""

    label: str
    repair: Repair


@dataclass(frozen=True)
class Finding:
    """One thing that is worth a look.

    `id` stays the same as long as it is found; `count` is exact, of what `title` says. `hide` names fields that may be hidden,
    `reread` says that the data can be read in another way.
    """

    id: str
    icon: str
    title: str
    why: str
    count: int
    examples: Examples = Examples()
    offers: tuple[Offer, ...] = ()
    hide: tuple[str, ...] = ()
    reread: bool = False


def before_and_after(field: Field, changed: Changed) -> Examples:
    """Values before and after a repair, with how many people have them."""
    return Examples((("Now", field.role), ("Then", field.role), ("People", Role.NONE)), changed.examples)


def listed(words: Sequence[str]) -> str:
    """`A, B and C`"""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def counted(number: int, one: str, many: str) -> str:
    """`1 person`, `1,204 people`."""
    return f"1 {one}" if number == 1 else f"{number:,} {many}"
