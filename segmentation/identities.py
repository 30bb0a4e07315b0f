"""Who is who among those who send live, as an audience's file keeps it.

`handpick_bound` (identity, person): whom an id belongs to. `handpick_waiting` (identity, raw): messages of ids that belong to nobody yet.
In a version over a base they are views of the base's and of `touched.bound` and `touched.waiting`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa

from segmentation.audience import BASE
from segmentation.folding import Fold, Folded, address

IDS = (("user", "userId"), ("anonymous", "anonymousId"), ("user", "previousId"), ("anonymous", "previousId"))


class Identities:
    """Those of a version that is being written."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    @staticmethod
    def create(connection: duckdb.DuckDBPyConnection, of_base: Set[str]) -> None:
        """Make the tables over those of the base, whose tables are called `of_base`."""
        for name, columns in (("bound", "identity, person"), ("waiting", "identity, raw")):
            older = (
                f" UNION ALL SELECT {columns} FROM {BASE}.main.handpick_{name}" if f"handpick_{name}" in of_base else ""
            )
            connection.execute(f"CREATE TABLE touched.{name} ({columns.replace(',', ' VARCHAR,')} VARCHAR)")
            connection.execute(f"CREATE VIEW handpick_{name} AS SELECT {columns} FROM touched.{name}{older}")

    def folded(
        self, messages: Sequence[Mapping[str, Any]], by_email: bool, present: Callable[[Sequence[str]], Set[str]]
    ) -> Folded:
        """What messages come to after all that came before; `by_email`: people are known by their e-mail addresses.

        `present` are those of some persons who are in the audience.
        """
        ids = list({identity for raw in messages for identity in _named(raw, by_email)})
        bound: dict[str, str | None] = dict.fromkeys(ids)
        self._connection.register("asked", pa.table({"identity": pa.array(ids, pa.string())}))
        bound |= self._connection.execute(
            "SELECT identity, person FROM handpick_bound SEMI JOIN asked USING (identity)"
        ).fetchall()
        bound |= self._connection.execute(
            "SELECT identity, person FROM touched.bound SEMI JOIN asked USING (identity)"
        ).fetchall()
        waiting: dict[str, list[Mapping[str, Any]]] = {name: [] for name in ids}
        found = self._connection.execute("SELECT identity, raw FROM handpick_waiting SEMI JOIN asked USING (identity)")
        for identity, raw in found.fetchall():
            waiting[identity].append(json.loads(raw, parse_float=Decimal))
        self._connection.unregister("asked")

        def bound_to(identity: str) -> str | None:
            if identity not in bound:
                order = "SELECT person FROM {} WHERE identity = $1"
                statement = f"{order.format('touched.bound')} UNION ALL {order.format('handpick_bound')}"
                found = self._connection.execute(statement, [identity]).fetchall()
                bound[identity] = found[0][0] if found else None
            return bound[identity]

        def kept(identity: str) -> Sequence[Mapping[str, Any]]:
            if identity not in waiting:
                rows = self._connection.execute("SELECT raw FROM handpick_waiting WHERE identity = ?", [identity])
                waiting[identity] = [json.loads(raw, parse_float=Decimal) for (raw,) in rows.fetchall()]
            return waiting[identity]

        named = {
            _said(raw.get(name), by_email)
            for raw in messages
            if raw.get("type") == "alias"
            for name in ("userId", "previousId")
        }
        asked = named | {person for name in named if (person := bound.get(f"user:{name}")) is not None}
        there = {*present([*asked])} if asked else set[str]()

        def known(person: str) -> bool:
            if person not in asked:
                asked.add(person)
                there.update(present([person]))
            return person in there

        fold = Fold(by_email, bound_to, kept, known)
        for raw in messages:
            fold.take(raw)
        return fold.folded

    def keep(self, folded: Folded) -> None:
        """Note what is bound and what waits from here on."""
        if folded.bound:
            bound = pa.table({"identity": list(folded.bound), "person": list(folded.bound.values())})
            with_arrived(
                self._connection, bound, "DELETE FROM touched.bound WHERE identity IN (SELECT identity FROM arrived)"
            )
            with_arrived(self._connection, bound, "INSERT INTO touched.bound SELECT * FROM arrived")
        kept = [(identity, json.dumps(raw, default=float)) for identity, raws in folded.waiting.items() for raw in raws]
        if kept:
            identities, texts = zip(*kept, strict=True)
            waiting = pa.table({"identity": pa.array(identities), "raw": pa.array(texts)})
            with_arrived(self._connection, waiting, "INSERT INTO touched.waiting SELECT * FROM arrived")


def _named(raw: Mapping[str, Any], by_email: bool) -> Iterator[str]:
    """The ids that a message carries, with the address that tells whose they are."""
    for kind, name in IDS:
        if raw.get(name) is not None:
            yield f"{kind}:{_said(raw[name], by_email)}"
    traits = raw.get("traits")
    if by_email and isinstance(traits, dict) and isinstance(traits.get("email"), str):
        yield f"user:{address(traits['email'])}"


def _said(id: object, by_email: bool) -> str:
    said = str(id)
    return address(said) if by_email and "@" in said else said


def with_arrived(connection: duckdb.DuckDBPyConnection, arrived: pa.Table, statement: str) -> list[tuple[Any, ...]]:
    """The rows of a statement over a table `arrived`."""
    connection.register("arrived", arrived)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.unregister("arrived")
