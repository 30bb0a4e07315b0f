"""Rows of an audience that are one person: by the same e-mail address or phone number, or by similar names and addresses."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from segmentation.addresses import emails
from segmentation.audience import quoted
from segmentation.catalogue import Role
from segmentation.identity import Rule, identified
from segmentation.likeness import similar_pairs
from segmentation.plan import Progress
from segmentation.repairs import Merge, MergeSame

CROWD = 50  # people with one address or number: it is a placeholder or an office's, and nobody's own


Apart = Collection[tuple[int, int]]
"""Pairs of `_row` that are two people."""


def groups(connection: duckdb.DuckDBPyConnection, merge: Merge, progress: Progress, apart: Apart = ()) -> pa.Table:
    """The people that `merge` makes one: `_row`, `same` (the lowest row of those who are one) and `why`; nobody who is alone.

    `connection` has the table `people`. Raises `Cancelled`.
    """
    if isinstance(merge, MergeSame):
        words = f"same {'phone number' if merge.role is Role.PHONE else 'e-mail address'}"
        return _grouped(_same(connection, merge), words, CROWD, apart)
    texts = ", ".join(f"{quoted(field)}::VARCHAR AS {role.value}" for role, field in merge.fields)
    people = connection.sql(f"SELECT _row, {texts} FROM people ORDER BY _row").to_arrow_table()
    return _grouped(pair_keys(similar_pairs(people, progress)), None, 2, apart)


def _grouped(keys: pa.Table, words: str | None, most: int, apart: Apart) -> pa.Table:
    """Those who share a key (`_row`, `value`), each with why: these words, or those of the first key that connects him."""
    rows = pc.unique(keys["_row"]).sort()
    numbers = rows.to_numpy()
    sought = np.array(list(apart), dtype=numbers.dtype).reshape(-1, 2)
    known = sought[np.isin(sought, numbers).all(axis=1)]
    pairs: list[tuple[int, int]] = [(one, other) for one, other in np.searchsorted(numbers, known).tolist()]
    kinds = pa.repeat(pa.scalar("", pa.string()), len(keys))
    named = pa.table({"record": pc.index_in(keys["_row"], value_set=rows), "kind": kinds, "value": keys["value"]})
    found = identified(len(rows), named, {"": Rule(most=most)}, apart=pairs)
    same = numbers[found.person]
    together = np.isin(found.person, found.person[found.person != np.arange(len(rows))])
    why: Sequence[str | None] = [words] * int(together.sum())
    if words is None:
        first: dict[int, str] = {}
        for link in found.links.sort_by([("one", "ascending"), ("other", "ascending")]).to_pylist():
            first.setdefault(link["one"], link["value"])
            first.setdefault(link["other"], link["value"])
        why = [said_by(first[place]) for place in np.flatnonzero(together).tolist()]
    return pa.table(
        {
            "_row": pa.array(numbers[together], pa.uint32()),
            "same": pa.array(same[together], pa.uint32()),
            "why": pa.array(why, pa.string()),
        }
    )


def pair_keys(pairs: pa.Table) -> pa.Table:
    """Keys (`_row`, `value`) of pairs of people: each pair shares one of its own, which ends with why."""
    values = pa.array([f"{number} {why}" for number, why in enumerate(pairs["why"].to_pylist())], pa.string())
    rows = pa.chunked_array([*pairs["one"].chunks, *pairs["other"].chunks], pa.uint32())
    return pa.table({"_row": rows, "value": pa.chunked_array([values, values], pa.string())})


def said_by(value: str) -> str:
    """Why the two people are one who share this key of `pair_keys`."""
    return value.partition(" ")[2]


def _same(connection: duckdb.DuckDBPyConnection, merge: MergeSame) -> pa.Table:
    """The keys of those who may share one."""
    value, rough = quoted(merge.field), ROUGHLY[merge.role].format(quoted(merge.field))
    people = connection.sql(
        f"SELECT _row, {value}::VARCHAR AS value FROM people WHERE {rough} IN (SELECT {rough} FROM people "
        f"GROUP BY ALL HAVING count(*) BETWEEN 2 AND {CROWD}) ORDER BY _row"
    ).to_arrow_table()
    return pa.table({"_row": people["_row"], "value": KEYS[merge.role](people["value"].combine_chunks())})


def _email_keys(texts: pa.Array) -> pa.Array:
    """Valid addresses in small letters: “n/a” makes nobody the same."""
    return pc.utf8_lower(emails(texts))


def _phone_keys(texts: pa.Array) -> pa.Array:
    """The digits of numbers with a country code: without one, a number in Amsterdam is also one in Vienna."""
    plain = pc.replace_substring_regex(pc.replace_substring_regex(texts, r"[^\d+]", ""), "^00", "+")
    abroad = pc.match_substring_regex(plain, r"^\+\d{7,15}$")
    return pc.if_else(abroad, plain, pa.scalar(None, pa.string()))


ROUGHLY = {Role.EMAIL: "lower(trim({}))", Role.PHONE: "ltrim(translate({}, ' +()-./', ''), '0')"}
"""SQL by which those who may have the same key are found fast; whoever has the same key has the same of this."""

KEYS: Mapping[Role, Callable[[pa.Array], pa.Array]] = {Role.EMAIL: _email_keys, Role.PHONE: _phone_keys}
