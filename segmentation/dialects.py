"""The databases a definition can be asked in: one row for each, and how a statement built for DuckDB becomes its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlglot import exp

from segmentation import rewriting, wordings
from segmentation.catalogue import Catalogue, Kind
from segmentation.errors import HandpickError, close_names
from segmentation.predicates import as_type
from segmentation.rewriting import ENTRIES, LATER, OVERLAPS, Rule, Rules, replaced


class Holding(StrEnum):
    """What a placeholder stands for."""

    TEXT = "text"
    NUMBER = "number"
    WHOLE = "whole"  # one of a list of whole numbers
    FLOATING = "floating"
    DAY = "day"
    MOMENT = "moment"
    ELAPSED = "elapsed"
    TEXTS = "texts"
    NUMBERS = "numbers"


def holding(value: Any) -> Holding:
    """What a value is."""
    match value:
        case tuple():
            return Holding.TEXTS if all(isinstance(item, str) for item in value) else Holding.NUMBERS
        case str():
            return Holding.TEXT
        case datetime():
            return Holding.MOMENT
        case date():
            return Holding.DAY
        case timedelta():
            return Holding.ELAPSED
        case float():
            return Holding.FLOATING
        case int() | Decimal():
            return Holding.NUMBER
    raise AssertionError(f"nothing binds {type(value).__name__}")


@dataclass(frozen=True)
class Dialect:
    """One database. `placeholder` is formatted with a parameter's `name`, `number` from 1 and `type`.

    `lists`: a list can be bound as one value; else each item is. `types` are what placeholders are cast to (or, in `placeholder`,
    declared as), `moment` the type of an instant without a zone.
    """

    name: str
    label: str
    placeholder: str
    rules: Rules
    moment: str = "TIMESTAMP"
    lists: bool = False
    types: Mapping[Holding, str] = field(default_factory=dict)
    binary_texts: bool = False  # texts compare by a collation unless they are compared as bytes
    floats: bool = True  # a float is bound as it is; else as the decimal fraction that it is written as

    @property
    def declared(self) -> bool:
        """Types stand in the placeholders themselves."""
        return "{type}" in self.placeholder

    @property
    def repeated(self) -> bool:
        """Placeholders have neither names nor numbers."""
        return "{n" not in self.placeholder


_ROWS = (
    Dialect("duckdb", "DuckDB", "${name}", wordings.DUCKDB, lists=True),
    Dialect(
        "postgres",
        "PostgreSQL",
        "${number}",
        wordings.POSTGRES,
        lists=True,
        types={
            Holding.TEXT: "TEXT",
            Holding.NUMBER: "DECIMAL",
            Holding.FLOATING: "DECIMAL",
            Holding.ELAPSED: "DECIMAL",
            Holding.DAY: "DATE",
            Holding.MOMENT: "TIMESTAMP",
            Holding.TEXTS: "TEXT[]",
            Holding.NUMBERS: "INT[]",
        },
        floats=False,
    ),
    Dialect(
        "mysql",
        "MySQL and MariaDB",
        "?",
        wordings.MYSQL,
        moment="DATETIME(6)",
        types={Holding.DAY: "DATE", Holding.MOMENT: "DATETIME(6)"},
        binary_texts=True,
    ),
    Dialect(
        "spark",
        "Spark",
        ":{name}",
        wordings.SPARK,
        moment="TIMESTAMP_NTZ",
        types={Holding.DAY: "DATE", Holding.MOMENT: "TIMESTAMP_NTZ"},
    ),
    Dialect(
        "clickhouse",
        "ClickHouse",
        "{{{name}: {type}}}",
        wordings.CLICKHOUSE,
        moment="DateTime64(6)",
        types={
            Holding.TEXT: "String",
            Holding.NUMBER: "Decimal(76, 9)",
            Holding.WHOLE: "Int64",
            Holding.FLOATING: "Float64",
            Holding.ELAPSED: "Int64",
            Holding.DAY: "Date32",
            Holding.MOMENT: "DateTime64(6)",
        },
    ),
    Dialect(
        "trino",
        "Trino",
        "?",
        wordings.TRINO,
        moment="TIMESTAMP(6)",
        types={Holding.DAY: "DATE", Holding.MOMENT: "TIMESTAMP(6)"},
    ),
    Dialect(
        "snowflake",
        "Snowflake",
        "?",
        wordings.SNOWFLAKE,
        moment="TIMESTAMPNTZ",
        types={Holding.DAY: "DATE", Holding.MOMENT: "TIMESTAMPNTZ"},
    ),
    Dialect(
        "bigquery",
        "BigQuery",
        "@{name}",
        wordings.BIGQUERY,
        moment="DATETIME",
        lists=True,
        types={Holding.DAY: "DATE", Holding.MOMENT: "DATETIME"},
    ),
)

DIALECTS: dict[str, Dialect] = {row.name: row for row in _ROWS}


def dialect_named(name: str) -> Dialect:
    """The row of a dialect; raises HandpickError with close names."""
    row = DIALECTS.get(name)
    if row is None:
        known = ", ".join(DIALECTS)
        raise HandpickError(f"There is no dialect “{name}”. Possible: {known}.{close_names(name, DIALECTS)}")
    return row


_MARK = "\0"  # no name and no statement can contain it
_MARKED = re.compile(f"{_MARK}(\\w+){_MARK}")


def rendered(
    select: exp.Select, values: Mapping[str, Any], catalogue: Catalogue, row: Dialect, inline: bool
) -> tuple[str, tuple[tuple[str, Any], ...]]:
    """A statement built for DuckDB, which is used up, as text of a dialect, and its parameters in the order of their placeholders."""
    work = _Work(row, dict(values), catalogue, inline)
    tree: exp.Expr = select
    for rule in work.passes():
        tree = replaced(tree, rule)
    if any(_MARK in name.name for name in tree.find_all(exp.Identifier)):
        raise HandpickError("A name with the sign U+0000 in it cannot be asked for.")
    text = rewriting.quote(tree).sql(row.name, copy=False)
    if inline:
        return text, ()
    order: dict[str, int] = {}
    bound: list[tuple[str, Any]] = []

    def placeholder(found: re.Match[str]) -> str:
        name = found[1]
        value = work.bound(name)
        if row.repeated or name not in order:
            order[name] = len(order) + 1
            bound.append((name, value))
        return row.placeholder.format(name=name, number=order[name], type=row.types.get(work.holds(name), ""))

    return _MARKED.sub(placeholder, text), tuple(bound)


class _Work:
    """One statement on its way into a dialect."""

    def __init__(self, row: Dialect, values: dict[str, Any], catalogue: Catalogue, inline: bool) -> None:
        self.row = row
        self.values = values
        self.inline = inline
        self._spread: set[str] = set()
        self._fields = {field.name: field.kind for field in catalogue.fields}
        self._details = {detail.name: detail.kind for detail in catalogue.properties}

    def passes(self) -> tuple[Rule, ...]:
        """What is done to the whole statement, one after another."""
        if self.row.lists and not self.inline:
            spread: tuple[Rule, ...] = ()
        else:
            spread = (rewriting.spread(self.items),)
        rules = self.row.rules
        return (
            *((rewriting.on_lists(rules, self.kind_of, self.items),) if {OVERLAPS, ENTRIES} & set(rules) else ()),
            *spread,
            *((rewriting.elapsed(rules, self.is_elapsed),) if LATER in rules else ()),
            rewriting.by_table(self.row.rules, self.kind_of),
            *((rewriting.as_bytes(self.is_text),) if self.row.binary_texts else ()),
            self._placeholder,
        )

    def kind_of(self, column: exp.Column) -> Kind | None:
        """What a column holds, None for one that the statement itself makes."""
        if column.table in ("valued", "rated", "placed", "edges"):
            return None
        if column.table in ("people", "grouped", "dated"):
            return self._fields.get(column.name)
        if column.name == "_name" or column.table in ("options", "items"):
            return Kind.TEXT
        return self._details.get(column.name)

    def is_text(self, node: exp.Expr) -> bool:
        """A column or placeholder is a text."""
        if isinstance(node, exp.Placeholder):
            return self.holds(node.name) == Holding.TEXT
        return isinstance(node, exp.Column) and self.kind_of(node) == Kind.TEXT

    def is_elapsed(self, node: exp.Expr) -> bool:
        """A placeholder is a length of time."""
        return isinstance(node, exp.Placeholder) and self.holds(node.name) == Holding.ELAPSED

    def items(self, placeholder: exp.Placeholder) -> list[exp.Expr]:
        """A list's placeholder as one for each item."""
        found: list[exp.Expr] = []
        for number, value in enumerate(self.values[placeholder.name]):
            name = f"{placeholder.name}_{number}"
            self.values[name] = value
            self._spread.add(name)
            found.append(exp.Placeholder(this=name))
        return found

    def holds(self, name: str) -> Holding:
        """What a placeholder stands for."""
        found = holding(self.values[name])
        return Holding.WHOLE if name in self._spread and found == Holding.NUMBER else found

    def bound(self, name: str) -> Any:
        """A value as the database is given it."""
        value = self.values[name]
        if isinstance(value, timedelta):
            return round(value.total_seconds())
        return Decimal(repr(value)) if isinstance(value, float) and not self.row.floats else value

    def _placeholder(self, node: exp.Expr) -> exp.Expr:
        if not isinstance(node, exp.Placeholder):
            return node
        if self.inline:
            return self._literal(self.values[node.name])
        marked = exp.var(f"{_MARK}{node.name}{_MARK}")
        target = None if self.row.declared else self.row.types.get(self.holds(node.name))
        return marked if target is None else as_type(marked, target, self.row.name)

    def _literal(self, value: Any) -> exp.Expr:
        match value:
            case tuple():
                return exp.Array(expressions=[self._literal(item) for item in value])
            case str():
                return exp.Literal.string(value)
            case datetime():
                text = exp.Literal.string(value.isoformat(" ", "microseconds"))
                return as_type(text, self.row.moment, self.row.name)
            case date():
                return as_type(
                    exp.Literal.string(value.isoformat()), self.row.types.get(Holding.DAY, "DATE"), self.row.name
                )
            case timedelta():
                return exp.Literal.number(round(value.total_seconds()))
            case Decimal():
                return exp.Literal.number(f"{value:f}")
        return exp.Literal.number(value)
