"""The rows of several people tables as one profile each: put under one another, joined by what they share, merged and told about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from segmentation.addresses import countries, emails, phones
from segmentation.audience import quoted
from segmentation.catalogue import Kind, Role
from segmentation.duplicates import Apart, pair_keys, said_by
from segmentation.filling import Source, Stored, fill_people, open_source
from segmentation.identity import Identified, Refused, Rule, identified
from segmentation.joining import in_turn, joined_by, people_tables, tells
from segmentation.likeness import PARTS, similar_pairs
from segmentation.mailboxes import flawed
from segmentation.plan import ColumnPlan, LoadPlan, LoadReport, Progress
from segmentation.repairs import Flaw, Step
from segmentation.staged import Part, workbench
from segmentation.survivors import kept_apart

SIMILAR = "similar"  # kinds of keys that are no field's
OFFICE = "office "  # … before the name of a field of addresses
Fill = Callable[[Source], tuple[list[Stored], LoadReport]]


@dataclass(frozen=True)
class Together:
    """How many people two tables have in common, by the most believed thing that joins them: (words, people)."""

    one: int  # place of a table in the plan
    other: int
    people: int
    by: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class United:
    """Who is who among the rows of several people tables: `found` as of `duplicates.groups`, and what there is to tell.

    `refused` are the keys that join nobody; their kind is the name of a field.
    """

    found: pa.Table
    together: tuple[Together, ...]
    refused: tuple[Refused, ...]
    rows: int
    people: int


def stack_people(
    connection: duckdb.DuckDBPyConnection, plan: LoadPlan, sources: Sequence[Source], fill: Fill
) -> tuple[list[Stored], dict[int, LoadReport]]:
    """Create `people` with the rows of all people tables, and `handpick_keys`; returns its columns and the reports by table.

    The customer id of a table with ids of another kind is its own id.
    """
    by_index = {source.index: source for source in sources}
    turns = in_turn(plan)
    reports, fields = {}, dict[str, Stored]()
    columns: dict[int, set[str]] = {}
    for index in turns:
        stored, reports[index] = fill(by_index[index])
        connection.execute(f"ALTER TABLE people RENAME TO handpick_people_{index}")
        connection.execute("DROP TABLE IF EXISTS kept")
        columns[index] = {s.name for s in stored}
        for one in stored:
            known = fields.get(one.name)
            fields[one.name] = replace(known, size=known.size | one.size) if known else one
    first = people_tables(plan)[0]
    person = _key(plan, first)
    fields[person.name] = replace(fields[person.name], plan=person)
    parts, keys, start = [], [], 0
    for index in turns:
        key = quoted(_key(plan, index).name)
        picks = []
        for s in fields.values():
            cell = quoted(s.name) if s.name in columns[index] else key if s.name == person.name else "NULL"
            picks.append(f"{cell}::{s.type} AS {quoted(s.name)}")
        parts.append(f"SELECT (_row + {start})::UINTEGER AS _row, {', '.join(picks)} FROM handpick_people_{index}")
        keys.append(f"SELECT {key} AS key, (_row + {start})::UINTEGER AS _row, {index} AS source, true AS whole FROM handpick_people_{index}")  # fmt: skip
        start += reports[index].loaded
    connection.execute(f"CREATE TABLE people AS SELECT * FROM ({' UNION ALL '.join(parts)}) ORDER BY _row")
    connection.execute(f"CREATE TEMP TABLE handpick_keys AS {' UNION ALL '.join(keys)}")
    for index in turns:
        connection.execute(f"DROP TABLE handpick_people_{index}")
    ordered = sorted(fields.values(), key=lambda s: s.name != person.name)
    return ordered, reports


def _key(plan: LoadPlan, index: int) -> ColumnPlan:
    """The column with the ids of a people table."""
    table = plan.tables[index]
    return next(column for column in table.columns if column.column == table.key)


def unite(
    connection: duckdb.DuckDBPyConnection, plan: LoadPlan, fields: Sequence[Stored], apart: Apart, progress: Progress
) -> United:
    """Who is who in the tables `people` and `handpick_keys` of `stack_people`; raises `Cancelled`."""
    progress("Looking who is who")
    joining = plan.joining
    by = {column.name: column for column in joined_by(plan)}
    stored = {s.name: s for s in fields}
    keys, rules, words = [], dict[str, Rule](), dict[str, str]()
    for name, column in by.items():
        is_phone = tells(column) is Role.PHONE
        rules[name] = Rule(sure=not is_phone or name in joining.sure)
        words[name] = _words(column)
        keys.append(_keys(connection, stored[name], column, fields, plan))
    for name, column in by.items():
        if tells(column) is Role.EMAIL:  # of a firm, whose people are several
            rules[OFFICE + name], words[OFFICE + name] = Rule(sure=False), words[name]
    source = connection.execute("SELECT source FROM handpick_keys ORDER BY _row").fetchnumpy()["source"]
    if joining.similar:
        rules[SIMILAR], words[SIMILAR] = Rule(sure=False), "a similar name and address"
        keys.append(_similar(connection, fields, progress))
        progress.on_cancel(connection.interrupt)
    found = identified(
        len(source),
        pa.concat_tables(keys) if keys else _of([], "", []),
        rules,
        sources=source,
        apart=apart,
        allowed=[*joining.allowed, *((OFFICE + name, value) for name, value in joining.allowed)],
    )
    progress("Noting who is who")
    return United(
        _explained(connection, found, words),
        _together(connection, found, source, list(rules), words),
        tuple(replace(key, kind=key.kind.removeprefix(OFFICE)) for key in found.refused),
        len(source),
        found.people,
    )


def _words(column: ColumnPlan) -> str:
    match tells(column):
        case Role.EMAIL:
            return "e-mail address"
        case Role.PHONE:
            return "phone number"
    return column.label


def _of(rows: pa.Array | list[int], kind: str, values: pa.Array | list[str]) -> pa.Table:
    kinds = pa.repeat(pa.scalar(kind, pa.string()), len(rows))
    return pa.table({"record": pa.array(rows, pa.uint32()), "kind": kinds, "value": pa.array(values, pa.string())})


def _keys(
    connection: duckdb.DuckDBPyConnection,
    stored: Stored,
    column: ColumnPlan,
    fields: Sequence[Stored],
    plan: LoadPlan,
) -> pa.Table:
    """The values of a field in their one form, as keys; addresses of offices are of a kind of their own.

    Only of tables that have the field: the customer id of the others is an id of another kind.
    """
    tables = {place: plan.tables[place].columns for place in people_tables(plan)}
    without = [p for p, columns in tables.items() if not any(c.include and c.name == column.name for c in columns)]
    country = next((quoted(s.name) for s in fields if s.plan.role is Role.COUNTRY and s.kind is Kind.TEXT), "NULL")
    name = quoted(stored.name)
    read = connection.sql(
        f"SELECT _row, {name}::VARCHAR AS value, {country}::VARCHAR AS country FROM people WHERE {name} IS NOT NULL AND _row NOT IN "
        "(SELECT keys._row FROM handpick_keys AS keys WHERE list_contains($without, keys.source)) ORDER BY _row",
        params={"without": without},
    ).to_arrow_table()
    rows, texts = read["_row"].combine_chunks(), read["value"].combine_chunks()
    match tells(column):
        case Role.PHONE:
            regions = pc.fill_null(
                countries(pc.fill_null(read["country"].combine_chunks(), "")), plan.joining.region or ""
            )
            regions = pc.if_else(pc.equal(regions, ""), pa.scalar(None, pa.string()), regions)
            abroad = pc.replace_substring_regex(texts, r"^\s*\(?00", "+")
            return _of(rows, stored.name, phones(abroad, regions))
        case Role.EMAIL:
            addresses = pc.utf8_lower(emails(texts))
            office = pc.fill_null(flawed(addresses, Flaw.OFFICE), False)
            kinds = pc.if_else(office, pa.scalar(OFFICE + stored.name), pa.scalar(stored.name))
            return pa.table({"record": rows, "kind": kinds, "value": addresses})
    return _of(rows, stored.name, pc.utf8_trim_whitespace(texts))


def _similar(connection: duckdb.DuckDBPyConnection, fields: Sequence[Stored], progress: Progress) -> pa.Table:
    """Keys that each pair of similar people has for itself."""
    named = {s.plan.role: s.name for s in reversed(fields) if s.plan.role in PARTS}
    texts = ", ".join(f"{quoted(name)}::VARCHAR AS {role.value}" for role, name in named.items())
    if not named:
        return _of([], SIMILAR, [])
    people = connection.sql(f"SELECT _row, {texts} FROM people ORDER BY _row").to_arrow_table()
    pairs = pair_keys(similar_pairs(people, progress))
    return _of(pairs["_row"].combine_chunks(), SIMILAR, pairs["value"].combine_chunks())


def _explained(connection: duckdb.DuckDBPyConnection, found: Identified, words: dict[str, str]) -> pa.Table:
    """Those who are one, with what each of them shares with the others."""
    links = found.links
    kinds = pc.index_in(links["kind"], value_set=pa.array(list(words), pa.string()))
    said = pa.array([f"same {text}" for text in words.values()], pa.string()).take(kinds)
    alike = pc.equal(links["kind"], SIMILAR)
    if pc.any(alike).as_py():
        told = pa.array([said_by(value) for value in links["value"].to_pylist()], pa.string())
        said = pc.if_else(alike, told, said)
    ends = pa.concat_tables([pa.table({"_row": links[end], "why": said, "kind": kinds}) for end in ("one", "other")])
    connection.register("handpick_ends", ends)
    connection.register("handpick_same", pa.table({"same": pa.array(found.person, pa.uint32())}))
    try:
        return connection.sql(
            "SELECT _row, same, why FROM (SELECT _row, string_agg(why, ', ' ORDER BY kind, why) AS why FROM "
            "(SELECT DISTINCT _row, why, kind FROM handpick_ends) GROUP BY _row) JOIN "
            "(SELECT (row_number() OVER () - 1)::UINTEGER AS _row, same FROM handpick_same) USING (_row) ORDER BY _row"
        ).to_arrow_table()
    finally:
        connection.unregister("handpick_ends")
        connection.unregister("handpick_same")


def _together(
    connection: duckdb.DuckDBPyConnection,
    found: Identified,
    source: NDArray[Any],
    kinds: list[str],
    words: dict[str, str],
) -> tuple[Together, ...]:
    """For each two tables the people whom both have."""
    links = found.links
    person = pa.array(found.person[links["one"].to_numpy()])
    kind = pc.index_in(links["kind"], value_set=pa.array(kinds, pa.string()))
    sides = [pa.array(source[links[end].to_numpy()]) for end in ("one", "other")]
    ends = [pa.table({"person": person, "kind": kind, "value": links["value"], "source": side}) for side in sides]
    connection.register("handpick_ends", pa.concat_tables(ends))
    connection.register("handpick_rows", pa.table({"person": pa.array(found.person), "source": pa.array(source)}))
    try:
        rows = connection.sql(
            "SELECT one, other, kind, count(*) FROM (SELECT a.source AS one, b.source AS other, a.person, kind FROM "
            "(SELECT DISTINCT person, source FROM handpick_rows) AS a JOIN (SELECT DISTINCT person, source FROM handpick_rows) AS b "
            "ON a.person = b.person AND a.source < b.source LEFT JOIN (SELECT a.person, a.source AS one, b.source AS other, "
            "min(a.kind) AS kind FROM handpick_ends AS a JOIN handpick_ends AS b ON a.person = b.person AND a.kind = b.kind "
            "AND a.value = b.value AND a.source < b.source GROUP BY ALL) AS direct "
            "ON direct.person = a.person AND direct.one = a.source AND direct.other = b.source) GROUP BY ALL ORDER BY ALL"
        ).fetchall()
    finally:
        connection.unregister("handpick_ends")
        connection.unregister("handpick_rows")
    told = []
    for one, other in combinations(sorted(set(source.tolist())), 2):
        by: dict[str, int] = {}
        for left, right, place, people in rows:
            if (left, right) == (one, other):
                said = "a third table" if place is None else words[kinds[place]]
                by[said] = by.get(said, 0) + people
        told.append(Together(one, other, sum(by.values()), tuple(by.items())))
    return tuple(told)


def distinct_ids(connection: duckdb.DuckDBPyConnection, plan: LoadPlan, person: str) -> None:
    """Put the table's name before the ids of a table that those of a table before it have too, so that each id is one person's."""
    name = quoted(person)
    tables = pa.table(
        {
            "source": pa.array(people_tables(plan), pa.int32()),
            "named": [plan.tables[index].table.name for index in people_tables(plan)],
        }
    )
    connection.register("handpick_tables", tables)
    try:
        connection.execute(
            f"UPDATE people SET {name} = again.named || ': ' || people.{name} FROM (SELECT found._row, tables.named FROM (SELECT "
            f"people._row, min(keys.source) AS source FROM people JOIN handpick_keys AS keys ON keys._row = people._row AND keys.key "
            f"= people.{name} WHERE people._row IN (SELECT _row FROM people QUALIFY row_number() OVER (PARTITION BY {name} ORDER BY "
            "_row) > 1) GROUP BY people._row) AS found JOIN handpick_tables AS tables ON tables.source = found.source) AS again "
            "WHERE people._row = again._row"
        )
    finally:
        connection.unregister("handpick_tables")


def preview(plan: LoadPlan, steps: Sequence[Step], progress: Progress) -> United:
    """Who would be who if this plan were loaded; only what tells who is who is read. Raises `LoadError` and `Cancelled`.

    `steps` are the repairs of the audience, of which those count that keep people apart.
    """
    wanted = {column.name for column in joined_by(plan)}
    roles = {Role.COUNTRY, *(PARTS if plan.joining.similar else ())}
    tables = tuple(
        table.model_copy(
            update={
                "columns": tuple(
                    c.model_copy(
                        update={"include": c.include and (c.name in wanted or c.column == table.key or c.role in roles)}
                    )
                    for c in table.columns
                )
            }
        )
        for table in plan.tables
    )
    narrow = plan.model_copy(update={"tables": tables})
    read = [table.table.path for table in plan.tables]
    with TemporaryDirectory() as folder, workbench(progress, Path(folder) / "preview.duckdb", read=read) as connection:
        places, opening = people_tables(plan), Part(progress, 0.0, 0.3)
        sources = [
            open_source(connection, index, tables[index], Part.nth(opening, turn, len(places)))
            for turn, index in enumerate(places)
        ]
        filling = Part(progress, 0.3, 0.3)
        fields, _ = stack_people(connection, narrow, sources, partial(fill_people, connection, progress=filling))
        return unite(connection, narrow, fields, kept_apart(connection, steps), Part(progress, 0.3, 1.0))


def told(united: United, plan: LoadPlan) -> tuple[str, ...]:
    """What joining did, in sentences: who is in two tables and by what, and which values joined nobody."""
    names = {index: plan.tables[index].table.name for index in people_tables(plan)}
    sentences = []
    for pair in united.together:
        both = f"{names[pair.one]} and {names[pair.other]}: "
        by = ", ".join(f"{people:,} by {words}" for words, people in pair.by)
        are = "person is" if pair.people == 1 else "people are"
        sentences.append(both + (f"{pair.people:,} {are} in both ({by})." if pair.people else "nobody is in both."))
    for crowded, one, more in (
        (
            True,
            "so many rows share it that it is nobody’s own",
            "so many rows share each of them that it is nobody’s own",
        ),
        (False, "it belongs to several people of one table", "each belongs to several people of one table"),
    ):
        refused = [key for key in united.refused if key.crowded is crowded]
        if refused:
            rows = f"{sum(key.records for key in refused):,} rows"
            values, why = ("1 value joins", one) if len(refused) == 1 else (f"{len(refused):,} values join", more)
            sentences.append(f"{values} nobody, in {rows}: {why}.")
    return tuple(sentences)
