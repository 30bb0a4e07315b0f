"""What comes in live finds its column: an existing field or detail of that name, or a new one whose kind the first values say.

A value that does not fit the kind of its column is missing and counted, as in a load.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from segmentation import naming
from segmentation.audience import ROW_NUMBER
from segmentation.catalogue import EventProperty, Field, Kind, Role
from segmentation.filling import SQL_TYPES
from segmentation.measuring import DIGITS, FINEST, Size
from segmentation.messages import Cell, moment
from segmentation.recognition import theme_and_role

MOST_COLUMNS = 1_000  # of people, and of events: more names than that are somebody's mistake
LOOKED_AT = 200
MISFIT = object()
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_WORDS = {"true": "true", "yes": "true", "1": "true", "false": "false", "no": "false", "0": "false"}


@dataclass
class Column:
    """A column of people or events: what it is, DuckDB's type, and whether it is new or wider than before."""

    named: Field | EventProperty
    type: str
    changed: bool = False
    size: Size | None = None  # of its numbers, as far as they have come by


@dataclass
class Columns:
    """The columns of people or of events, by name; `given` takes values, `misfits` counts those that do not fit, by label."""

    known: dict[str, Column]
    misfits: Counter[str] = field(default_factory=Counter)
    left_out: set[str] = field(default_factory=set)
    _places: dict[str, str | None] = field(default_factory=dict)

    def place(self, name: str, values: Sequence[Cell], of_people: bool) -> str | None:
        """The column for values under this name, a new one where there is none; None where there are too many."""
        found = self._places.get(name) or self._existing(name, of_people)
        if found is None and len(self.known) >= MOST_COLUMNS:
            self.left_out.add(name)
            return None
        if found is None and any(value is not None and value != "" for value in values):
            found = self._new(name, values, of_people)
        if found is not None:
            self._places[name] = found
        return found

    def _existing(self, name: str, of_people: bool) -> str | None:
        by_name = {column.casefold(): column for column in self.known}
        if name.casefold() in by_name:
            return by_name[name.casefold()]
        words = naming.words(name)
        alike = [column for column in self.known if words and naming.words(column) == words]
        if not alike and of_people:
            meant = naming.meaning(name, Kind.TEXT)
            if meant is not None and meant.role is not Role.NONE:
                alike = [n for n, c in self.known.items() if isinstance(c.named, Field) and c.named.role is meant.role]
        return alike[0] if len(alike) == 1 else None

    def _new(self, name: str, values: Sequence[Cell], of_people: bool) -> str:
        kinds = {kind_of(value) for value in values if value is not None and value != ""}
        kind = kinds.pop() if len(kinds) == 1 else Kind.LIST if Kind.LIST in kinds else Kind.TEXT
        free = naming.free_name(name, {ROW_NUMBER, *(column.casefold() for column in self.known)})
        named: Field | EventProperty
        if of_people:
            sample = Counter(str(value) for value in values[:LOOKED_AT] if isinstance(value, str) and value)
            theme, role = theme_and_role(name, kind, sample)
            if any(isinstance(c.named, Field) and c.named.role is role for c in self.known.values()):
                role = Role.NONE
            named = Field(name=free, label=naming.label(name), kind=kind, theme=theme, role=role)
        else:
            named = EventProperty(name=free, label=naming.label(name), kind=kind)
        type = size_of(values).type if kind is Kind.NUMBER else SQL_TYPES[kind]
        self.known[free] = Column(named, type, changed=True)
        return free

    def fit(self, name: str, values: Sequence[Cell]) -> list[str | list[str] | None]:
        """Values as texts that DuckDB casts to the column's type, which is made wide enough; None where there is none or it misfits."""
        column = self.known[name]
        found: list[str | list[str] | None] = []
        for value in values:
            cell = written(value, column.named.kind)
            if cell is MISFIT:
                self.misfits[column.named.label] += 1
                cell = None
            assert cell is None or isinstance(cell, str | list)
            found.append(cell)
        if column.named.kind is Kind.NUMBER:
            column.size = (column.size or _stored(column)) | size_of(found)
            wide = column.size.type
            if wide != column.type:
                column.type, column.changed = wide, True
        return found


def kind_of(value: Cell) -> Kind:
    """What a value says of its column."""
    if isinstance(value, bool):
        return Kind.YES_NO
    if isinstance(value, int | Decimal):
        return Kind.NUMBER
    if isinstance(value, list):
        return Kind.LIST
    if isinstance(value, str) and moment(value) is not None:
        return Kind.DATE if len(value.strip()) == 10 else Kind.MOMENT
    return Kind.TEXT


def written(value: Cell, kind: Kind) -> object:
    """A value as text (a list of texts for lists), None where it is missing, `MISFIT` where it is not of this kind."""
    if isinstance(value, str):
        value = value.replace("\x00", "").strip()
    if value is None or value == "" or value == []:
        return None
    match kind:
        case Kind.LIST:
            return [str(item).replace("\x00", "") for item in (value if isinstance(value, list) else [value])]
        case Kind.TEXT:
            if isinstance(value, bool):
                return "yes" if value else "no"
            return ", ".join(value) if isinstance(value, list) else str(value)
        case Kind.YES_NO:
            return _WORDS.get(str(value).lower(), MISFIT)
        case Kind.NUMBER:
            return _number(value)
    said = moment(value)
    if said is None or said.year < 1:
        return MISFIT
    return said.date().isoformat() if kind is Kind.DATE else said.isoformat(" ")


def _number(value: Cell) -> object:
    if isinstance(value, bool | list):
        return MISFIT
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return MISFIT
    return f"{number:f}" if number.is_finite() and number.adjusted() < 300 and number.adjusted() > -300 else MISFIT


def size_of(values: Iterable[object]) -> Size:
    """The size of the numbers among values."""
    size = Size()
    for value in values:
        if value is None or isinstance(value, list | bool):
            continue
        try:
            number = Decimal(str(value)).normalize()
        except InvalidOperation:
            continue
        _, digits, exponent = number.as_tuple()
        if isinstance(exponent, int):
            size = size | Size(max(0, -exponent), float(abs(number)), len(digits) > DIGITS or -exponent > FINEST)
    return size


def _stored(column: Column) -> Size:
    """The size of the numbers that a column holds already."""
    largest = max((abs(float(end)) for end in (column.named.low, column.named.high) if end), default=0.0)
    decimal = _DECIMAL.fullmatch(column.type)
    return Size(int(decimal[2]) if decimal else 0, largest, column.type == "DOUBLE")
