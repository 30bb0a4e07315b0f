"""Rows of an audience that are one person: by the same e-mail address or phone number, or by similar names and addresses."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from segmentation.addresses import emails
from segmentation.audience import quoted
from segmentation.catalogue import Role
from segmentation.likeness import similar_pairs
from segmentation.plan import Progress
from segmentation.repairs import Merge, MergeSame

CROWD = 50  # people with one address or number: it is a placeholder or an office's, and nobody's own


def groups(connection: duckdb.DuckDBPyConnection, merge: Merge, progress: Progress) -> pa.Table:
    """The people that `merge` makes one: `_row`, `same` (the lowest row of those who are one) and `why`; nobody who is alone.

    `connection` has the table `people`. Raises `Cancelled`.
    """
    if isinstance(merge, MergeSame):
        return _same(connection, merge)
    texts = ", ".join(f"{quoted(field)}::VARCHAR AS {role.value}" for role, field in merge.fields)
    people = connection.sql(f"SELECT _row, {texts} FROM people ORDER BY _row").to_arrow_table()
    return _joined(similar_pairs(people, progress))


def _same(connection: duckdb.DuckDBPyConnection, merge: MergeSame) -> pa.Table:
    value, rough = quoted(merge.field), ROUGHLY[merge.role].format(quoted(merge.field))
    people = connection.sql(
        f"SELECT _row, {value}::VARCHAR AS value FROM people WHERE {rough} IN (SELECT {rough} FROM people "
        f"GROUP BY ALL HAVING count(*) BETWEEN 2 AND {CROWD}) ORDER BY _row"
    ).to_arrow_table()
    keys = KEYS[merge.role](people.column("value").combine_chunks())
    table = pa.table({"_row": people.column("_row"), "key": keys}).filter(pc.is_valid(keys))
    grouped = table.group_by("key").aggregate([("_row", "min"), ("_row", "count")])
    several = grouped.filter(pc.greater(grouped["_row_count"], 1))
    found = table.join(several, "key", join_type="inner").sort_by("_row")
    why = f"same {'phone number' if merge.role is Role.PHONE else 'e-mail address'}"
    return pa.table(
        {"_row": found["_row"], "same": found["_row_min"], "why": pa.array([why] * len(found), pa.string())}
    )


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


def _joined(pairs: pa.Table) -> pa.Table:
    """Everybody who is connected by pairs, each with the first pair that connects him."""
    one, other = (pairs.column(name).to_numpy() for name in ("one", "other"))
    rows = np.unique(np.concatenate([one, other]))
    root = {int(row): int(row) for row in rows}

    def top(row: int) -> int:
        while root[row] != row:
            root[row] = root[root[row]]
            row = root[row]
        return row

    why: dict[int, str] = {}
    for left, right, words in zip(one.tolist(), other.tolist(), pairs.column("why").to_pylist(), strict=True):
        first, second = sorted((top(left), top(right)))
        root[second] = first
        why.setdefault(left, words)
        why.setdefault(right, words)
    members = rows.tolist()
    return pa.table(
        {
            "_row": pa.array(members, pa.uint32()),
            "same": pa.array([top(row) for row in members], pa.uint32()),
            "why": pa.array([why[row] for row in members], pa.string()),
        }
    )
