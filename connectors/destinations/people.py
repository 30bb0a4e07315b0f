"""Reading people's fields out of an audience: block by block in file order, as texts or as values for cells."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from segmentation.audience import Audience, quoted
from segmentation.casting import YES
from segmentation.catalogue import Field, Kind
from segmentation.cells import literal
from segmentation.errors import Cancelled, ExportError
from segmentation.plan import Progress

BLOCK = 60_000  # people of a block
WORKERS = min(4, os.cpu_count() or 1)  # blocks in memory at a time
T = TypeVar("T")


@dataclass(frozen=True)
class Expression:
    """SQL over `people`, with its parameters, and what is done to a block of its answers."""

    sql: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    finish: Callable[[pa.Array], pa.Array] = lambda answers: answers


def text_of(field: Field, zone: str, separator: str = ", ") -> Expression:
    """The field as text, NULL where missing: Yes/No, ISO days, moments in `zone` as ISO 8601 with their offset."""
    column = f"people.{quoted(field.name)}"
    match field.kind:
        case Kind.YES_NO:
            return Expression(f"CASE WHEN {column} THEN 'Yes' WHEN NOT {column} THEN 'No' END")
        case Kind.LIST:
            return Expression(f"array_to_string({column}, $separator)", {"separator": separator})
        case Kind.MOMENT:
            return _moment_text(column, zone)
        case Kind.NUMBER:
            return Expression(
                f"CASE WHEN isfinite({column}::DOUBLE) THEN CAST({column} AS VARCHAR) END", {}, plain_number
            )
        case Kind.TEXT | Kind.DATE:
            return Expression(f"CAST({column} AS VARCHAR)")


def _moment_text(column: str, zone: str) -> Expression:
    # Offsets of the 19th century have seconds, which ISO 8601 cannot say: the clock time is computed from whole minutes.
    local = f"timezone($zone, {column} AT TIME ZONE 'UTC')"
    minutes = f"CAST(trunc((epoch({local}) - epoch({column})) / 60) AS BIGINT)"
    shown = f"{column} + to_minutes({minutes})"
    second = f"strftime({shown}, '%Y-%m-%dT%H:%M:%S')"
    fraction = f"CASE WHEN epoch_us({column}) % 1000000 = 0 THEN '' ELSE strftime({shown}, '.%f') END"
    sign = f"CASE WHEN {minutes} < 0 THEN '-' ELSE '+' END"
    offset = f"printf('%02d:%02d', abs({minutes}) // 60, abs({minutes}) % 60)"
    return Expression(f"{second} || {fraction} || {sign} || {offset}", {"zone": zone})


def value_of(field: Field, zone: str, separator: str = ", ") -> Expression:
    """The field as a value for a cell: numbers, days and moments (clock time in `zone`) as such, the rest as text.

    Years beyond 9999 and before our era are left empty.
    """
    column = f"people.{quoted(field.name)}"
    match field.kind:
        case Kind.NUMBER:
            return Expression(column)
        case Kind.DATE:
            return Expression(_within_calendar(column))
        case Kind.MOMENT:
            return Expression(_within_calendar(f"timezone($zone, {column} AT TIME ZONE 'UTC')"), {"zone": zone})
    return text_of(field, zone, separator)


def _within_calendar(value: str) -> str:
    # Neither Python nor a workbook knows other years than these.
    return f"CASE WHEN {value} >= DATE '0001-01-01' AND {value} < DATE '9999-12-31' THEN {value} END"


def address_of(field: Field) -> Expression:
    """The field as the text of one address: the first of a list, a number without decimals."""
    if field.kind is Kind.LIST:
        return Expression(f"people.{quoted(field.name)}[1]")
    text = text_of(field, "UTC")  # a moment is no address in any zone
    if field.kind is Kind.NUMBER:
        return Expression(text.sql, finish=lambda texts: pc.replace_substring_regex(plain_number(texts), r"\.0+$", ""))
    return text


def agreed(field: Field) -> Expression:
    """Whether the field says yes; missing and everything else is no. Raises `ExportError` for dates and lists."""
    column = f"people.{quoted(field.name)}"
    match field.kind:
        case Kind.YES_NO:
            return Expression(f"coalesce({column}, false)")
        case Kind.NUMBER:
            return Expression(f"coalesce({column} = 1, false)")
        case Kind.TEXT:
            return Expression(f"coalesce(lower(trim({column})) IN ({', '.join(map(literal, YES))}), false)")
    raise ExportError(
        f"The field “{field.label}” is to say who agreed, but it does not hold yes or no. "
        "Choose another field under “Used as” on the Fields page, or load it as yes/no."
    )


def declined(field: Field) -> Expression:
    """Whether the field holds an answer that is not yes; missing is no answer. Raises `ExportError` as `agreed`."""
    column = f"people.{quoted(field.name)}"
    answered = f"trim({column}) <> ''" if field.kind is Kind.TEXT else f"{column} IS NOT NULL"
    return Expression(f"coalesce({answered}, false) AND NOT {agreed(field).sql}")


def matching(audience: Audience, condition: str, progress: Progress) -> NDArray[np.uint32]:
    """The row numbers, ascending, of all people for whom the SQL `condition` holds; raises as `blocks`."""
    with _reading(audience, progress) as reading, reading.cursor() as cursor:
        found = cursor.execute(f"SELECT people._row FROM people WHERE {condition} ORDER BY people._row").fetchnumpy()
    return np.asarray(found["_row"], dtype=np.uint32)


def blocks(
    audience: Audience,
    rows: NDArray[np.uint32],
    columns: Sequence[Expression],
    progress: Progress,
    made: Callable[[slice, list[pa.Array]], T],
) -> Iterator[T]:
    """What `made` makes of each block of these people (ascending row numbers), in their order.

    It is given a block's place among the rows and its columns, at most `BLOCK` people, and is asked by several threads at a time.
    Raises `Cancelled`, and `ExportError` where a row or a column is not in the audience.
    """
    parameters = {name: value for column in columns for name, value in column.parameters.items()}
    chosen = ", ".join(f"{column.sql} AS c{place}" for place, column in enumerate(columns))
    query = (
        f"SELECT people._row, {chosen} FROM people JOIN chosen_people ON people._row = chosen_people._row "
        "WHERE people._row BETWEEN $first AND $last ORDER BY people._row"
    )

    def read(reading: _Reading, start: int) -> T:
        block = rows[start : start + BLOCK]
        ends = {"first": int(block[0]), "last": int(block[-1])}
        with reading.cursor() as cursor:
            cursor.register("chosen_people", pa.table({"_row": block}))
            table = cursor.sql(query, params=parameters | ends).to_arrow_table()
        if len(table) != len(block):
            raise ExportError("This list belongs to another version of the audience. Open the segment again.")
        answers = (answer.combine_chunks() for answer in table.columns[1:])
        found = [column.finish(answer) for column, answer in zip(columns, answers, strict=True)]
        return made(slice(start, start + len(block)), found)

    with _reading(audience, progress) as reading, ThreadPoolExecutor(WORKERS, "handpick-export") as pool:
        starts = iter(range(0, len(rows), BLOCK))
        ahead = deque(pool.submit(read, reading, start) for start in islice(starts, WORKERS))
        try:
            while ahead:
                found = ahead.popleft().result()
                ahead.extend(pool.submit(read, reading, start) for start in islice(starts, 1))
                yield found
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            reading.interrupt()


class _Reading:
    """The queries that run for one export, which end together."""

    def __init__(self, audience: Audience) -> None:
        self._audience = audience
        self._running: set[duckdb.DuckDBPyConnection] = set()
        self._lock = threading.Lock()

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor for one query."""
        cursor = self._audience.cursor()
        with self._lock:
            self._running.add(cursor)
        try:
            yield cursor
        finally:
            with self._lock:
                self._running.remove(cursor)
                cursor.close()

    def interrupt(self) -> None:
        """End what runs now."""
        with self._lock:
            for cursor in self._running:
                cursor.interrupt()


@contextmanager
def _reading(audience: Audience, progress: Progress) -> Iterator[_Reading]:
    try:
        reading = _Reading(audience)
        progress.on_cancel(reading.interrupt)
        try:
            yield reading
        finally:
            progress.on_cancel(None)
    except duckdb.InterruptException as error:
        raise Cancelled from error
    except duckdb.OutOfMemoryException as error:
        raise ExportError(
            "There is not enough memory for this list. Choose fewer columns, or have HANDPICK_MEMORY raised by whoever runs Handpick."
        ) from error
    except duckdb.Error as error:
        reason = (str(error).strip() or "no reason given").splitlines()[0]
        raise ExportError(
            f"The people of this list cannot be read: {reason} Load the data again on the Data page."
        ) from error


def plain_number(texts: pa.Array) -> pa.Array:
    """Numbers as DuckDB writes them, without exponents and without “.0” at the end."""
    whole = pc.replace_substring_regex(texts, r"\.0$", "") if pc.any(pc.ends_with(texts, ".0")).as_py() else texts
    if not holds_any(whole, "e"):
        return whole
    scientific = pc.match_substring(whole, "e").fill_null(False)
    written = [np.format_float_positional(float(text), trim="-") for text in whole.filter(scientific).to_pylist()]
    return pc.replace_with_mask(whole, scientific, pa.array(written, pa.string()))


def holds_any(texts: pa.Array, signs: str) -> bool:
    """Whether any of these signs may stand in any of the texts; a look at the memory they lie in is a hundred times faster than a pattern."""
    data = texts.buffers()[2]
    written = data.to_pybytes() if data is not None else b""
    return any(sign.encode() in written for sign in signs)
