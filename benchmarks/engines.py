"""The engines that benchmarks/side_by_side.py asks: each over the data of an audience file, as a good engineer would set it up."""

from __future__ import annotations

import sqlite3
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import duckdb
import numpy as np
import pyarrow as pa

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.crowd import CATEGORIES, CHANNELS, COUNTRIES, PLANS, SHARES  # noqa: E402
from benchmarks.field import Drawn  # noqa: E402
from benchmarks.statements import CLOCK, DUCKDB, Dialect, happened, often, since, statement, window  # noqa: E402
from segmentation.audience import Audience  # noqa: E402
from segmentation.definition import Definition, FieldCondition, Group  # noqa: E402
from segmentation.engine import Engine  # noqa: E402

FEW = {"_name": tuple(SHARES), "country": COUNTRIES, "plan": PLANS, "category": CATEGORIES, "channel": CHANNELS}
PEOPLE = "_row, country, city, plan, age, income, spend, score, newsletter, born, signed_up, seen"
EVENTS = "_row, _name, _time, amount, category, channel"

CLICKHOUSE = Dialect(
    contains="position(lower({0}), {1}) > 0",
    starts_with="startsWith(lower({0}), {1})",
    moment="toDateTime64('{0}', 6, 'UTC')",
    day="toDate32('{0}')",
    yes=("{0} = true", "{0} = false", "NOT coalesce({0}, false)"),
)
SQLITE = Dialect(
    contains="instr(lower({0}), {1}) > 0",
    starts_with="instr(lower({0}), {1}) = 1",
    moment="'{0}'",
    day="'{0}'",
    cents=True,
)
POLARS = Dialect(
    contains="strpos(lower({0}), {1}) > 0",
    starts_with="starts_with(lower({0}), {1})",
    folded="{0}",
    moment="CAST('{0}' AS TIMESTAMP)",
    day="CAST('{0}' AS DATE)",
    cents=True,
    yes=("{0} = true", "{0} = false", "coalesce({0}, false) = false"),
)


def _total(definition: Definition, dialect: Dialect) -> str:
    return f"SELECT count(*) FROM people WHERE {statement(definition.root, dialect)}"


@contextmanager
def _beside(path: Path, name: str) -> Iterator[tuple[Path, Path | None]]:
    """A file beside the audience, and where it is to be made if it is not there yet."""
    kept = path.with_name(name)
    made = None if kept.exists() else kept.with_suffix(".making")
    if made is not None:
        made.unlink(missing_ok=True)
    yield kept, made
    if made is not None:
        made.rename(kept)


def _opened(path: Path, *, read_only: bool = True) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(str(path), read_only=read_only)
    connection.execute("SET enable_progress_bar = false")
    return connection


class Asked(ABC):
    """An engine that says how many people match."""

    title: ClassVar[str]

    @abstractmethod
    def __init__(self, path: Path) -> None:
        """Take the data in; what takes long and can be kept lies beside `path`."""

    @abstractmethod
    def total(self, definition: Definition) -> int:
        """How many people match."""


class Handpick(Asked):
    """All numbers of a screen."""

    title = "Handpick, all numbers"

    def __init__(self, path: Path) -> None:
        """See `Asked`; every column and event is loaded once, so that edits are measured and not loading."""
        self._engine = Engine(Audience(path))
        kernels, catalogue, warm = self._engine.kernels, self._engine.audience.catalogue, Drawn(1001)
        for node in (node for _ in range(400) for node in (warm.field("x"), warm.event("y"))):
            form = self._engine.question(node, CLOCK, catalogue).form
            if kernels is not None and form is not None:
                kernels.prepare(form)
        if kernels is not None:
            kernels.settle()

    def total(self, definition: Definition) -> int:
        """See `Asked`."""
        return self._engine.answer(definition, CLOCK).total


class Sorted(Asked):
    """DuckDB over the audience file, whose events are sorted by name and time."""

    title = "DuckDB, events sorted"

    def __init__(self, path: Path) -> None:
        """See `Asked`."""
        self._connection = _opened(path)

    def total(self, definition: Definition) -> int:
        """See `Asked`."""
        (found,) = self._connection.execute(_total(definition, DUCKDB)).fetchone() or (0,)
        return int(found)


class Unsorted(Sorted):
    """DuckDB over events as they came in, by time."""

    title = "DuckDB, events as they came"

    def __init__(self, path: Path) -> None:
        """See `Asked`."""
        with _beside(path, "unsorted.duckdb") as (kept, made):
            if made is not None:
                with _opened(made, read_only=False) as connection:
                    connection.execute("SET memory_limit = '4GB'")
                    connection.execute(f"ATTACH '{path}' AS crowd (READ_ONLY)")
                    connection.execute(f"CREATE TABLE people AS SELECT {PEOPLE} FROM crowd.people")
                    connection.execute(f"CREATE TABLE events AS SELECT {EVENTS} FROM crowd.events ORDER BY _time")
        super().__init__(kept)


class ClickHouse(Asked):
    """ClickHouse through chdb, its tables ordered by person and by event and time."""

    title = "ClickHouse (chdb)"

    def __init__(self, path: Path) -> None:
        """See `Asked`."""
        from chdb.session import Session

        folder = path.parent / "clickhouse"
        complete = (folder / "complete").exists()
        self._session = Session(str(folder))
        self._session.query("CREATE DATABASE IF NOT EXISTS crowd ENGINE = Atomic")
        if not complete:
            self._fill(path)
            (folder / "complete").touch()

    def _fill(self, path: Path) -> None:
        for table, columns, order in (("people", PEOPLE, "_row"), ("events", EVENTS, "(_name, _time)")):
            parquet = path.with_name(f"{table}.parquet")
            with _opened(path) as connection:
                connection.execute(f"COPY (SELECT {columns} FROM {table}) TO '{parquet}'")
            self._session.query(f"DROP TABLE IF EXISTS crowd.{table}")
            self._session.query(
                f"CREATE TABLE crowd.{table} ENGINE = MergeTree ORDER BY {order} SETTINGS allow_nullable_key = 1 AS "
                f"SELECT * FROM file('{parquet}', Parquet)"
            )
            parquet.unlink()

    def total(self, definition: Definition) -> int:
        """See `Asked`."""
        sql = _total(definition, CLICKHOUSE).replace("FROM people", "FROM crowd.people")
        return int(str(self._session.query(sql.replace("FROM events", "FROM crowd.events"), "CSV")).strip())


class SQLite(Asked):
    """SQLite with an index over events that holds all that is asked; money in cents, as its sums are not exact."""

    title = "SQLite"

    def __init__(self, path: Path) -> None:
        """See `Asked`."""
        with _beside(path, "crowd.sqlite") as (kept, made):
            if made is not None:
                self._fill(path, made)
        self._connection = sqlite3.connect(f"file:{kept}?mode=ro", uri=True)
        self._connection.execute("PRAGMA mmap_size = 8000000000")

    def _fill(self, path: Path, made: Path) -> None:
        moment = "strftime({0}, '%Y-%m-%d %H:%M:%S')"
        stored = {"amount": "({0} * 100)::BIGINT", "spend": "({0} * 100)::BIGINT", "score": "{0}", "_time": moment,
                  "seen": moment, "born": "{0}::VARCHAR", "signed_up": "{0}::VARCHAR", "newsletter": "{0}::INTEGER"}  # fmt: skip
        with _opened(path) as source, sqlite3.connect(made) as target:
            target.execute("PRAGMA journal_mode = OFF")
            for table, columns, numbered in (
                ("people", PEOPLE, "_row INTEGER PRIMARY KEY"),
                ("events", EVENTS, "_row"),
            ):
                target.execute(f"CREATE TABLE {table} ({columns.replace('_row', numbered)})")
                names = columns.split(", ")
                found = source.execute(
                    f"SELECT {', '.join(stored.get(n, '{0}').format(n) for n in names)} FROM {table}"
                )
                while rows := found.fetchmany(100_000):
                    target.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(names))})", rows)
            target.execute("CREATE INDEX happened ON events (_name, _time, _row, amount, category, channel)")
            target.execute("ANALYZE")

    def total(self, definition: Definition) -> int:
        """See `Asked`."""
        (found,) = self._connection.execute(_total(definition, SQLITE)).fetchone()
        return int(found)


def _tables(path: Path) -> tuple[pa.Table, pa.Table]:
    """People and events as columns in memory: texts of few values coded, money in cents."""
    picked = {name: f"{name}::ENUM ({str(sorted(values))[1:-1]}) AS {name}" for name, values in FEW.items()}
    picked |= {money: f"({money} * 100)::INTEGER AS {money}" for money in ("amount", "spend")}
    with _opened(path) as connection:
        people, events = (
            connection.sql(
                f"SELECT {', '.join(picked.get(n, n) for n in names.split(', '))} FROM {table}"
            ).to_arrow_table()
            for names, table in ((PEOPLE, "people"), (EVENTS, "events"))
        )
    return people, events


class Polars(Asked):
    """Polars over frames in memory: one lazy query for each filter on events, and one for the total."""

    title = "Polars"

    def __init__(self, path: Path) -> None:
        """See `Asked`."""
        import polars

        self._pl = polars
        people, events = _tables(path)
        self._people, self._events = polars.from_arrow(people).lazy(), polars.from_arrow(events).lazy()

    def total(self, definition: Definition) -> int:
        """See `Asked`."""
        return int(self._people.select(self._condition(definition.root).sum()).collect().item())

    def _condition(self, node: Any) -> Any:
        if isinstance(node, Group):
            parts = [self._condition(child) for child in node.children]
            joined = (self._pl.all_horizontal if node.match == "all" else self._pl.any_horizontal)(parts)
            return ~joined if node.match == "none" else joined
        if isinstance(node, FieldCondition):
            return self._pl.sql_expr(statement(node, POLARS)).fill_null(False)
        opposite, sign, least = often(node, cents=True)
        found = self._events.filter(self._pl.sql_expr(happened(node, POLARS))).group_by("_row")
        number = self._pl.col("amount").sum() if node.measure.property else self._pl.len()
        rows = found.agg(number.alias("n")).filter(self._pl.sql_expr(f"n {sign} {least}")).select("_row").collect()
        inside = self._pl.col("_row").is_in(rows["_row"].implode())
        return ~inside if opposite else inside


class Pandas(Asked):
    """pandas over frames in memory, the events of each name by themselves."""

    title = "pandas"

    def __init__(self, path: Path) -> None:
        """See `Asked`."""
        people, events = _tables(path)
        self._people, frame = people.to_pandas(), events.to_pandas()
        self._events = {name: frame[frame["_name"] == name] for name in SHARES}

    def total(self, definition: Definition) -> int:
        """See `Asked`."""
        return int(np.count_nonzero(self._condition(definition.root)))

    def _condition(self, node: Any) -> Any:
        if isinstance(node, Group):
            parts = [self._condition(child) for child in node.children]
            joined = (np.logical_and if node.match == "all" else np.logical_or).reduce(parts)
            return ~joined if node.match == "none" else joined
        if isinstance(node, FieldCondition):
            return np.asarray(self._field(node), dtype=bool)
        frame, (first, end) = self._events[node.events[0]], window(node)
        kept = frame["_time"] >= first
        if end is not None:
            kept &= frame["_time"] < end
        for detail in node.where.children if node.where else ():
            column = frame[detail.field]
            kept &= column >= round(detail.value * 100) if detail.field == "amount" else column.isin(detail.value)
        found = frame[kept].groupby("_row")
        number = found["amount"].sum() if node.measure.property else found.size()
        opposite, sign, least = often(node, cents=True)
        flags = np.zeros(len(self._people), dtype=bool)
        flags[number.index[{">=": number.ge, ">": number.gt, "=": number.eq}[sign](least)]] = True
        return ~flags if opposite else flags

    def _field(self, node: FieldCondition) -> Any:
        column, value = self._people[node.field], node.value
        compare: Any = {"at_least": column.ge, "at_most": column.le, "more_than": column.gt, "less_than": column.lt}
        match str(node.operator):
            case "is_any_of" | "between" | "in_last" | "is_yes" as asked:
                return {
                    "is_any_of": lambda: column.isin(value),
                    "between": lambda: column.between(*value),  # type: ignore[misc]
                    "in_last": lambda: column.between(*since(node)),
                    "is_yes": lambda: column.eq(True).fillna(False),
                }[asked]()
            case "is_none_of" | "not_between" | "not_in_last" | "is_not_yes" as asked:
                positive = {"is_none_of": "is_any_of", "is_not_yes": "is_yes"}.get(asked, asked.removeprefix("not_"))
                return ~self._field(node.model_copy(update={"operator": positive}))
            case "contains":
                return column.str.lower().str.contains(str(value).lower(), regex=False, na=False)
            case "starts_with":
                return column.str.lower().str.startswith(str(value).lower(), na=False)
            case "before":
                return column.map(lambda day: day is not None and day.isoformat() < value)
            case "is_no":
                return column.eq(False).fillna(False)
            case "is_known":
                return column.notna()
            case "is_missing":
                return column.isna()
        return compare[str(node.operator)](round(value * 100) if node.field == "spend" else value)  # type: ignore[operator,arg-type]


ENGINES: dict[str, type[Asked]] = {
    "handpick": Handpick, "sorted": Sorted, "unsorted": Unsorted, "polars": Polars, "clickhouse": ClickHouse,
    "sqlite": SQLite, "pandas": Pandas,
}  # fmt: skip
