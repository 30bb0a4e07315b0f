"""Frequent conditions in a form that can be answered without SQL; what has no shape is asked as SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlglot import exp

from segmentation.measures import MeasureFunction


@dataclass(frozen=True)
class Bound:
    """An SQL condition with the values of its placeholders."""

    found: exp.Expr
    parameters: tuple[tuple[str, Any], ...]

    @cached_property
    def values(self) -> Mapping[str, Any]:
        """The values by the placeholders' names."""
        return dict(self.parameters)

    @cached_property
    def key(self) -> tuple[str, str]:
        """Equal for equal conditions only (for Python True and 1 are equal, and 1 and 1.0)."""
        return self.found.sql("duckdb"), repr(self.parameters)

    def part(self, found: exp.Expr) -> Bound:
        """A condition inside this one."""
        return Bound(found, self.parameters)


@dataclass(frozen=True)
class FieldShape:
    """People whose value in one field passes."""

    field: str
    passes: Bound


@dataclass(frozen=True)
class EventShape:
    """People by a number over their events: of these names, from `start` (in) to `end` (out), passing `where`.

    `holds` compares the number, which is 0 for people without such an event; `complement` asks for everybody else.
    """

    events: tuple[str, ...]
    start: datetime | None
    end: datetime | None
    where: Bound | None
    function: MeasureFunction
    detail: str | None
    holds: Bound
    complement: bool


@dataclass(frozen=True)
class StepShape:
    """A step of a chain: events of these names passing `where`; `within` is in microseconds after the step before."""

    events: tuple[str, ...]
    where: Bound | None
    within: int | None
    same: tuple[str, ...]
    absent: bool


@dataclass(frozen=True)
class ChainShape:
    """People with a chain of events, one for each step that is not absent, from `start` (in) to `end` (out).

    Absent ones are looked for until `now` (out). Times are UTC; None: without limit.
    """

    steps: tuple[StepShape, ...]
    start: datetime | None
    end: datetime | None
    now: datetime | None


Shape = FieldShape | EventShape | ChainShape
