"""The columns of an audience's people that conditions use, as dense arrays of codes, loaded when they are first asked for."""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlglot import exp

from segmentation.audience import Audience, quoted
from segmentation.background import STOPPED
from segmentation.coding import MOST_DIFFERENT, Coding, Dictionary, Wholes, dictionary_of, packed, reading_of
from segmentation.packing import Numbers
from segmentation.saved import Saved
from segmentation.shapes import Bound

BATCH = 1 << 18
SECOND = 1_000_000  # microseconds


@dataclass(frozen=True)
class Column:
    """The codes of all people."""

    coding: Coding
    codes: Numbers

    @property
    def nbytes(self) -> int:
        """Memory."""
        return int(self.codes.nbytes) + self.coding.nbytes

    def save(self, saved: Saved, key: Sequence[str]) -> None:
        """Keep it in a file."""
        facts, arrays = packed(self.coding)
        saved.write(key, facts, [*arrays, self.codes])

    @staticmethod
    def restored(saved: Saved, key: Sequence[str], unpack: Unpack) -> Column | None:
        """That of a file."""
        found = saved.read(key)
        if found is None:
            return None
        coding, (codes,) = unpack(*found)
        return Column(coding, codes)


Unpack = Callable[[dict[str, Any], list[Numbers]], tuple[Coding, tuple[Numbers, ...]]]
"""From the facts and arrays of a file to a coding and the arrays of codes."""


class Dictionaries:
    """The database's side of dictionaries: small tables that conditions are asked of."""

    def __init__(self, audience: Audience) -> None:
        self._audience = audience
        self._cursor = audience.cursor()
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._gone: deque[str] = deque()

    def coding(self, source: str, where: str, name: str, sql_type: str, parameters: dict[str, Any]) -> Coding | None:
        """How a column of a table (`people` or `events`) is coded, over the rows of `where`; None where it cannot be."""
        reading = reading_of(sql_type)
        column, places = quoted(name), f"FROM {source} WHERE {where}"
        cursor = self._audience.cursor()
        try:
            distinct = (
                f"SELECT DISTINCT {column} AS value {places} ORDER BY value NULLS LAST LIMIT {MOST_DIFFERENT + 1}"
            )
            table = cursor.sql(distinct, params=parameters).to_arrow_table()
            if len(table) <= MOST_DIFFERENT:
                values = table["value"].combine_chunks()
                return dictionary_of(values, reading, self._look(source, name, values))
            if reading is None:
                return None
            rest = f"bool_and(epoch_us({column}) % {SECOND} = 0)" if sql_type == "TIMESTAMP" else "false"
            ends = f"SELECT min({column}) AS low, max({column}) AS high, {rest} AS seconds {places}"
            found = cursor.sql(ends, params=parameters).to_arrow_table()
        finally:
            cursor.close()
        low, high = (int(reading.wholes(found[end].combine_chunks())[0]) for end in ("low", "high"))
        unit = SECOND if found["seconds"][0].as_py() else 1
        coding = Wholes(low // unit, high // unit, reading, unit)
        return coding if coding.possible else None

    def unpacked(self, source: str, name: str, sql_type: str) -> Unpack:
        """How a column's coding is made anew from a file."""
        reading = reading_of(sql_type)

        def unpack(facts: dict[str, Any], arrays: list[Numbers]) -> tuple[Coding, tuple[Numbers, ...]]:
            number = facts["arrays"]
            if number == 0 and reading is not None:
                return Wholes(facts["low"], facts["high"], reading, facts["unit"]), tuple(arrays)
            values = pa.ipc.open_stream(arrays[0].tobytes()).read_all()["value"].combine_chunks()
            return dictionary_of(values, reading, self._look(source, name, values)), tuple(arrays[number:])

        return unpack

    def _look(self, source: str, name: str, values: pa.Array) -> Callable[[Bound], NDArray[np.bool_]]:
        """Store a dictionary as a table, which goes some time after what is returned is used no more."""
        table = f"dictionary{next(self._numbers)}"
        with self._lock:
            while self._gone:
                self._cursor.execute(f"DROP TABLE {self._gone.popleft()}")
            rows = pa.array(range(len(values)), pa.uint32())
            self._cursor.register("values_of", pa.table({"_row": rows, name: values}))
            self._cursor.execute(f"CREATE TEMP TABLE {table} AS SELECT * FROM values_of")
            self._cursor.unregister("values_of")
        select = f"WITH {source} AS (SELECT * FROM {table}) SELECT _row FROM {source}"
        look = partial(self._passing, select, len(values))
        weakref.finalize(look, self._gone.append, table)
        return look

    def _passing(self, select: str, size: int, bound: Bound) -> NDArray[np.bool_]:
        statement = f"{select} WHERE {bound.found.sql('duckdb')}"
        names = {placeholder.name for placeholder in bound.found.find_all(exp.Placeholder)}
        used = {name: list(v) if isinstance(v, tuple) else v for name, v in bound.parameters if name in names}
        with self._lock:
            rows = self._cursor.execute(statement, used).fetchnumpy()["_row"]
        passing = np.zeros(size, dtype=np.bool_)
        passing[np.asarray(rows)] = True
        return passing


def load_column(audience: Audience, dictionaries: Dictionaries, name: str, sql_type: str) -> Column | None:
    """A column of people; None where it has no codes."""
    coding = dictionaries.coding("people", "true", name, sql_type, {})
    if coding is None:
        return None
    codes = np.zeros(audience.people, dtype=coding.dtype)
    cursor = audience.cursor()
    try:
        if sql_type.endswith("[]"):
            return _load_lists(cursor, coding, codes, name)
        for batch in cursor.sql(f"SELECT _row, {quoted(name)} FROM people").to_arrow_reader(BATCH):
            if STOPPED.is_set():
                return None
            codes[batch.column(0).to_numpy()] = coding.codes(batch.column(1))
    finally:
        cursor.close()
    return Column(coding, codes)


def _load_lists(cursor: duckdb.DuckDBPyConnection, coding: Coding, codes: Numbers, name: str) -> Column | None:
    """Lists are found in their dictionary by the database."""
    if not isinstance(coding, Dictionary):
        return None
    cursor.register("listed", pa.table({"code": pa.array(range(coding.size), pa.uint32()), "value": coding.entries}))
    statement = f"SELECT people._row, code FROM people LEFT JOIN listed ON {quoted(name)} IS NOT DISTINCT FROM value"
    for batch in cursor.sql(statement).to_arrow_reader(BATCH):
        codes[batch.column(0).to_numpy()] = batch.column(1).to_numpy()
    return Column(coding, codes)
