"""Types that hold the texts of events in a few bytes while they are sorted: sorting texts takes several times the work and memory.

Texts that repeat become an ENUM in the order of the texts, and ids that are whole numbers such numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from segmentation.filling import Source
from segmentation.plan import Progress
from segmentation.staged import WIDE, Part
from segmentation.watching import watched

LOADING = "Loading the events"
LARGE = 1_000_000  # rows from which on it pays
FEW = 100_000  # different texts, about; beyond, to find their numbers takes longer than to sort them
LONGEST = 16 << 20  # bytes of all of them, which are held beside DuckDB's limit
NUMBER = "BIGINT"
SORTED_BY = "_name"  # in the order of texts


def narrow_types(
    connection: duckdb.DuckDBPyConnection,
    sources: Sequence[Source],
    cells: Mapping[int, Mapping[str, str]],
    progress: Progress,
) -> dict[str, str]:
    """A type by name from which a cast to text gives the very text back; what has none is not in it.

    `cells` are the texts (SQL) by the index of their source and by name; texts of one name share a type.
    """
    if sum(source.staged.rows for source in sources) < LARGE:
        return {}
    texts = _Texts(connection, sources, cells)
    different = texts.counted("approx_count_distinct({0})", list(texts.names), Part(progress, 0.0, 0.3))
    many = [name for name in texts.names if different[name] > FEW and name != SORTED_BY]
    is_other = f"TRY_CAST({{0}} AS {NUMBER})::VARCHAR IS DISTINCT FROM {{0}}"
    others = texts.counted(f"count(*) FILTER ({is_other})", many, Part(progress, 0.3, 0.5))
    types = {name: NUMBER for name in many if not others[name]}
    for place, name in enumerate(few := [name for name in texts.names if different[name] <= FEW]):
        if type := texts.enum(name, Part.nth(Part(progress, 0.5, 1.0), place, len(few))):
            types[name] = type
    return types


class _Texts:
    """The texts of event tables by name, to ask about."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        sources: Sequence[Source],
        cells: Mapping[int, Mapping[str, str]],
    ) -> None:
        self._connection, self._sources, self._cells = connection, sources, cells
        self.names = dict.fromkeys(name for source in sources for name in cells[source.index])

    def counted(self, count: str, names: Sequence[str], progress: Progress) -> dict[str, int]:
        """A count (SQL of a cell) for each name, added up over the tables."""
        found = dict.fromkeys(names, 0)
        for turn, source in enumerate(self._sources):
            part = Part.nth(progress, turn, len(self._sources))
            here = [name for name in names if name in self._cells[source.index]]
            for start in range(0, len(here), WIDE):
                some = here[start : start + WIDE]
                picks = ", ".join(count.format(self._cells[source.index][name]) for name in some)
                query = f"SELECT {picks} FROM {source.staged.source}"
                within = Part.nth(part, start, len(here), len(some))
                (row,) = watched(self._connection, query, source.staged.parameters, within, LOADING)
                for name, number in zip(some, row, strict=True):
                    found[name] += number
        return found

    def enum(self, name: str, progress: Progress) -> str | None:
        """A new type for all texts of a name; None where they are too long together."""
        of = [source for source in self._sources if name in self._cells[source.index]]
        texts = " UNION ALL ".join(f"SELECT {self._cells[s.index][name]} AS text FROM {s.staged.source}" for s in of)
        watched(
            self._connection,
            f"CREATE TEMP TABLE handpick_texts AS SELECT DISTINCT text FROM ({texts}) WHERE text IS NOT NULL",
            {key: path for source in of for key, path in source.staged.parameters.items()},
            progress,
            LOADING,
        )
        run = self._connection.execute
        ((bytes,),) = run("SELECT sum(strlen(text)) FROM handpick_texts").fetchall()
        short = bytes is not None and bytes <= LONGEST
        if short:
            run(f"CREATE TEMP TYPE handpick_{name} AS ENUM (SELECT text FROM handpick_texts ORDER BY text)")
        run("DROP TABLE handpick_texts")
        return f"handpick_{name}" if short else None
