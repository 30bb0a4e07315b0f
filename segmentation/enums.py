"""Texts of few different values as ENUM while events are sorted: a byte or two each, and a quarter of the work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import duckdb

from segmentation.filling import Source
from segmentation.plan import Progress
from segmentation.staged import WIDE
from segmentation.watching import watched

LOADING = "Loading the events"
LARGE = 1_000_000  # rows from which on it pays
FEW = 50_000  # different values, about
LONGEST = 8 << 20  # characters of all of them


def enums(
    connection: duckdb.DuckDBPyConnection,
    sources: Sequence[Source],
    cells: Mapping[int, Mapping[str, str]],
    progress: Progress,
) -> dict[str, str]:
    """Temporary types in the order of the texts, by name; what has too many different texts has none.

    `cells` are the texts (SQL) by the index of their source and by name; texts of one name share a type.
    """
    if sum(source.staged.rows for source in sources) < LARGE:
        return {}
    different = Counter[str]()
    for source in sources:
        own = list(cells[source.index].items())
        for start in range(0, len(own), WIDE):
            some = dict(own[start : start + WIDE])
            picks = ", ".join(f"approx_count_distinct({cell})" for cell in some.values())
            query = f"SELECT {picks} FROM {source.staged.source}"
            (row,) = watched(connection, query, source.staged.parameters, progress, LOADING)
            different.update(dict(zip(some, row, strict=True)))
    found = {}
    for name in (name for name, number in different.items() if 0 < number <= FEW):
        of = [source for source in sources if name in cells[source.index]]
        texts = " UNION ".join(f"SELECT {cells[s.index][name]} AS text FROM {s.staged.source}" for s in of)
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE handpick_texts AS SELECT text FROM ({texts}) WHERE text IS NOT NULL ORDER BY text",
            {key: path for source in of for key, path in source.staged.parameters.items()},
        )
        length = connection.execute("SELECT sum(length(text)) FROM handpick_texts").fetchone()
        if length is not None and length[0] <= LONGEST:
            found[name] = f"handpick_enum{len(found)}"
            connection.execute(f"CREATE TEMP TYPE {found[name]} AS ENUM (SELECT text FROM handpick_texts)")
    return found
