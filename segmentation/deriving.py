"""People made from events: their id, the properties that describe the person, and when they were seen."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from segmentation import naming
from segmentation.audience import numbered, quoted
from segmentation.catalogue import Kind, Role, Theme
from segmentation.filling import MOST_ROWS, Source, Stored
from segmentation.plan import ColumnPlan, Progress
from segmentation.staged import Part
from segmentation.watching import watched

CONSTANT = 0.95  # of the people have one value
ABOUT_A_PERSON = (Theme.GEOGRAPHIC, Theme.IDENTITY, Theme.CONSENT, Theme.PSYCHOGRAPHIC)
CHUNK = 20
FINDING = "Finding out who did it"


def derive_people(
    connection: duckdb.DuckDBPyConnection, sources: Sequence[Source], properties: Sequence[Stored], progress: Progress
) -> list[Stored]:
    """Create `people` from `keys` and `events`; returns its columns."""
    key = next(source.column(source.plan.key) for source in sources if source.plan.key)
    described = _describing(connection, [s for s in properties if _may_describe(s)], Part(progress, 0.0, 0.7))
    taken = {key.name.casefold(), *(s.name.casefold() for s in described)}
    seen: dict[str, Stored] = {}
    for wanted, label, kind in (
        ("first_seen", "First seen", Kind.MOMENT),
        ("last_seen", "Last seen", Kind.MOMENT),
        ("events", "Events", Kind.NUMBER),
    ):
        name = naming.free_name(wanted, taken)
        seen[wanted] = Stored(
            name, ColumnPlan(column=name, name=name, label=label, kind=kind, theme=Theme.BEHAVIOURAL), kind
        )
    happened, row = numbered("events", [s.name for s in properties])
    when = f"epoch_us(_time)::HUGEINT * {MOST_ROWS} + {row}"  # as one number, which is compared in a third of the time
    latest = "".join(
        f", arg_max({quoted(s.name)}, {when}) FILTER ({quoted(s.name)} IS NOT NULL) AS d{place}"
        for place, s in enumerate(described)
    )
    named = "".join(f", d{place} AS {quoted(s.name)}" for place, s in enumerate(described))
    names = {wanted: quoted(s.name) for wanted, s in seen.items()}
    statement = (
        f"CREATE TABLE people AS SELECT keys._row, keys.key AS {quoted(key.name)}{named}, first AS {names['first_seen']}, "
        f"last AS {names['last_seen']}, coalesce(n, 0)::BIGINT AS {names['events']} FROM keys LEFT JOIN "
        f"(SELECT _row, min(_time) AS first, max(_time) AS last, count(*) AS n{latest} FROM {happened} GROUP BY _row) AS found "
        "ON keys._row = found._row ORDER BY keys._row"
    )
    watched(connection, statement, {}, Part(progress, 0.7, 1.0), FINDING)
    person = key.model_copy(update={"role": Role.PERSON_ID, "theme": Theme.IDENTITY, "kind": Kind.TEXT})
    return [Stored(key.name, person, Kind.TEXT), *described, *seen.values()]


def _may_describe(stored: Stored) -> bool:
    """Amounts and moments are about what happened, unless their names speak of the person (age, birth date).

    What a look-up tells is about the product, the store.
    """
    if stored.total or stored.told:
        return False
    if stored.kind in (Kind.NUMBER, Kind.MOMENT):
        return stored.plan.role is not Role.NONE or stored.plan.theme is not Theme.BEHAVIOURAL
    return True


def _describing(
    connection: duckdb.DuckDBPyConnection, candidates: Sequence[Stored], progress: Progress
) -> list[Stored]:
    """Those that have one value for nearly everybody who has several; by theme where nobody has several."""
    found = []
    for start in range(0, len(candidates), CHUNK):
        chunk = candidates[start : start + CHUNK]
        part = Part.nth(progress, start, len(candidates), len(chunk))
        # Hashes are compared, as the smallest and largest text of each person would take many times the memory and time.
        hashes = ", ".join(
            f"CASE WHEN {c} IS NOT NULL THEN hash({c}) END AS h{i}" for i, c in enumerate(quoted(s.name) for s in chunk)
        )
        inner = ", ".join(f"count(h{i}) AS n{i}, min(h{i}) = max(h{i}) AS same{i}" for i in range(len(chunk)))
        outer = ", ".join(
            f"count(*) FILTER (n{i} > 1), count(*) FILTER (n{i} > 1 AND same{i})" for i in range(len(chunk))
        )
        ((*row,),) = watched(
            connection,
            f"SELECT {outer} FROM (SELECT {inner} FROM (SELECT _row, {hashes} FROM events) GROUP BY _row)",
            {},
            part,
            FINDING,
        )
        for i, stored in enumerate(chunk):
            several, same = row[2 * i], row[2 * i + 1]
            if same >= CONSTANT * several if several else stored.plan.theme in ABOUT_A_PERSON:
                found.append(stored)
    return found
