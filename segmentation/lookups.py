"""What tables tell of rows that refer to them, over as many tables as links lead through, as columns of events and people.

A name is that of the nearest table and its column, `products.category`; where two would be the same, also what leads there:
`returned products.category`. Values are compared as exact text; of rows with the same value the last counts,
but where the link says that several do: then all that they tell is a list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

import duckdb

from segmentation import casting, naming
from segmentation.catalogue import PERSONAL, Kind, Role, Theme
from segmentation.filling import NO_KEY, NO_NUMBERS, SAME_KEY, Owner, Source, Stored
from segmentation.links import LISTED, missing, owner
from segmentation.measuring import Measured, Size
from segmentation.plan import ColumnPlan, Format, Link, LoadPlan, LoadReport, TableRole
from segmentation.telling import NO_JOINS, Joins
from segmentation.vocabulary import OTHERS, PERSON

OF_A_PERSON = (Role.FIRST_NAME, Role.LAST_NAME, Role.BIRTH_DATE, Role.GENDER, Role.JOB_TITLE)


@dataclass(frozen=True)
class Told:
    """A column that a link leads to: through which tables, of which one, and SQL for it."""

    through: tuple[str, ...]  # names, the nearest to the column last
    index: int
    plan: ColumnPlan
    size: Size
    sql: str
    by: str = ""  # the column of the table that is told


@dataclass(frozen=True)
class Joined:
    """What a table's links tell, and how it is joined."""

    told: tuple[Told, ...] = ()
    joins: Joins = NO_JOINS


class Lookups:
    """The look-ups of a plan as tables of the database, each made when it is first referred to."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, plan: LoadPlan, sources: Iterable[Source]) -> None:
        self._connection = connection
        self._plan = plan
        self._sources = {source.index: source for source in sources}
        self._made: dict[tuple[int, str, bool], tuple[str, tuple[Told, ...]]] = {}
        self._numbers = count()

    def of(self, index: int) -> Joined:
        """What the links of a table tell."""
        source = self._sources[index]
        told: list[Told] = []
        tables, values = {}, {}
        targets = [link.table for link in source.plan.links]
        for link in source.plan.links:
            table, inner = self._table(link)
            alias = f"found{next(self._numbers)}"
            tables[alias], values[alias] = table, casting.identifier(source.staged[link.column])
            name = _stem(self._plan.tables[link.table].table.name)
            if targets.count(link.table) > 1:
                name = _without_number(link.column)
            told += (replace(t, through=(name, *t.through[1:]), sql=f"{alias}.{t.sql}", by=link.column) for t in inner)
        return Joined(tuple(told), Joins(tables, values))

    def _table(self, link: Link) -> tuple[str, tuple[Told, ...]]:
        """A table with one row for each value of the link's key, and the columns that can be told from it."""
        made = link.table, link.key, link.several
        if made not in self._made:
            source, further = self._sources[link.table], self.of(link.table)
            name = f"lookup{next(self._numbers)}"
            own = _stem(source.plan.table.name)
            told = [
                *(self._own(source, column, own) for column in _telling(source, link.key)),
                *(replace(t, through=(own, *t.through)) for t in further.told),
            ]
            if link.several:
                told = [_listed(t) for t in told if t.plan.kind in LISTED]
            self._make(name, source, link, [t.sql for t in told], further.joins.sql)
            kept = tuple(replace(t, sql=f"c{place}") for place, t in enumerate(told))
            self._made[made] = name, kept
        return self._made[made]

    def _own(self, source: Source, column: ColumnPlan, name: str) -> Told:
        size = source.measured.get(column.column, Measured()).size
        told = column.model_copy(update={"role": Role.NONE}) if _names_a_thing(source, column) else column
        return Told((name,), source.index, told, size, source.cell(column, column.kind, size))

    def _make(self, name: str, source: Source, link: Link, cells: Sequence[str], joins: str) -> None:
        value = casting.identifier(source.staged[link.key])
        one = f"QUALIFY row_number() OVER (PARTITION BY {value} ORDER BY {source.staged.row} DESC) = 1"
        picks = ", ".join(
            [
                f"{value} AS _key",
                "row_number() OVER () AS _code",
                *(f"{cell} AS c{place}" for place, cell in enumerate(cells)),
            ]
        )
        self._connection.execute(
            f"CREATE TEMP TABLE {name} AS SELECT {picks} FROM {source.staged.source} {joins} WHERE {value} IS NOT NULL "
            f"{f'GROUP BY {value}' if link.several else one}",
            source.staged.parameters,
        )


def _names_a_thing(source: Source, column: ColumnPlan) -> bool:
    """Whether a name is that of a store or a tag, and nobody's."""
    nouns = {*naming.table_nouns(source.plan.table.name), *naming.words(source.plan.table.name)}
    persons = nouns & (PERSON | OTHERS) or any(c.role in OF_A_PERSON for c in source.plan.columns)
    return column.role is Role.FULL_NAME and naming.words(column.column) == ("name",) and not persons


def _listed(told: Told) -> Told:
    """What several rows tell in a column of texts or lists: all different texts, sorted."""
    update = {"kind": Kind.LIST, "format": Format.PLAIN, "label": naming.plural(told.plan.label)}
    plan = told.plan.model_copy(update=update)
    cells = f"list({told.sql}) FILTER ({told.sql} IS NOT NULL)"
    texts = cells if told.plan.kind is Kind.TEXT else f"flatten({cells})"
    return replace(told, plan=plan, size=NO_NUMBERS, sql=f"list_sort(list_distinct({texts}))")


def _telling(source: Source, key: str) -> list[ColumnPlan]:
    """The columns that are told: no ids by which something is looked up, and of events no amounts.

    An order's total on each of its lines would be added up several times.
    """
    left_out = {key, source.plan.key, source.plan.time, *(link.column for link in source.plan.links)}
    amounts = source.plan.role is TableRole.LOOKUP
    return [
        c
        for c in source.plan.columns
        if c.include and c.column not in left_out and (amounts or c.kind is not Kind.NUMBER)
    ]


def owned(connection: duckdb.DuckDBPyConnection, plan: LoadPlan, sources: Sequence[Source]) -> list[Source]:
    """The sources, those whose events are parts of others with what tells whose they are and when they were."""
    by_index = {source.index: source for source in sources}
    found = []
    for source in sources:
        link = owner(source.plan, plan)
        if link is not None:
            whole, name = by_index[link.table], f"whole{source.index}"
            value = casting.identifier(whole.staged[link.key])
            connection.execute(
                f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT {value} AS _key, {whole.key} AS _person, {whole.time} AS _when "
                f"FROM {whole.staged.source} WHERE {value} IS NOT NULL "
                f"QUALIFY row_number() OVER (PARTITION BY {value} ORDER BY {whole.staged.row} DESC) = 1",
                whole.staged.parameters,
            )
            mine = casting.identifier(source.staged[link.column])
            join = f"LEFT JOIN {name} ON {mine} = {name}._key"
            source = replace(source, owner=Owner(join, f"{name}._person", f"{name}._when"))
        found.append(source)
    return found


def details(joined: Mapping[int, Joined], properties: Sequence[Stored]) -> list[Stored]:
    """What event tables, by their index, are told by their links, as further properties of events."""
    taken: dict[str, object] = {stored.name.casefold(): None for stored in properties}
    found: dict[str, Stored] = {}
    for index, own in joined.items():
        here: set[str] = set()
        for told in own.told:
            name = _free(told, taken, here)
            here.add(name.casefold())
            taken[name.casefold()] = _column(told)
            known = found.get(name) or _stored(name, told)
            found[name] = replace(known, told={**known.told, index: told.sql})
    return list(found.values())


def fields(joined: Joined, source: Source) -> list[Stored]:
    """What people are told by their links, as further fields: nothing personal of others, such as of who looks after them.

    What a table with their own id tells is their own, and keeps its role.
    """
    taken: dict[str, object] = {
        c.name.casefold(): None for c in source.plan.columns if c.include or c.column == source.plan.key
    }
    found: list[Stored] = []
    for told in joined.told:
        own = told.by == source.plan.key and len(told.through) == 1
        if own or told.plan.role not in PERSONAL:
            name = _free(told, taken, set(taken))
            taken[name.casefold()] = None
            stored = _stored(name, told)
            if own:
                update = {"role": told.plan.role, "theme": told.plan.theme}
                stored = replace(stored, plan=stored.plan.model_copy(update=update))
            found.append(replace(stored, told={source.index: told.sql}))
    return found


def _free(told: Told, taken: Mapping[str, object], here: set[str]) -> str:
    """The shortest name that nothing else has; the same column in several tables of events is one."""
    mine = _column(told)
    names = [f"{' '.join(told.through[-n:])}.{told.plan.name}" for n in range(1, len(told.through) + 1)]
    for name in names:
        if name.casefold() not in here and taken.get(name.casefold(), mine) == mine:
            return name
    return naming.free_name(names[-1], taken)


def _column(told: Told) -> tuple[object, ...]:
    """What is the same column, whatever leads to it."""
    return told.index, told.plan.column, told.plan.kind


def _stored(name: str, told: Told) -> Stored:
    """A column under its name; its label begins with what it is about: “Product category”."""
    label = told.plan.label
    nouns = [word for part in name.removesuffix(f".{told.plan.name}").split(" ") for word in naming.table_nouns(part)]
    if len(nouns) > 1 and nouns[-1] == naming.singular(label.casefold().partition(" ")[0]):
        nouns.pop()  # customer tag, tags
    about = " ".join(nouns)
    if about and not label.casefold().startswith(about):
        rest = label[:1].lower() + label[1:] if label[1:2].islower() else label
        label = f"{about[:1].upper()}{about[1:]} {rest}"
    theme = Theme.BEHAVIOURAL if told.plan.theme in (Theme.IDENTITY, Theme.CONSENT) else told.plan.theme
    plan = told.plan.model_copy(update={"name": name, "label": label, "role": Role.NONE, "theme": theme})
    return Stored(name, plan, told.plan.kind, told.size if told.plan.kind is Kind.NUMBER else NO_NUMBERS)


def _stem(table: str) -> str:
    return re.sub(r"(\.\w{2,7}){1,2}$", "", table) or table


def _without_number(column: str) -> str:
    """The name of a column without what says that it is a number: `billing_store_id` is billing store."""
    own = naming.words(column)
    return " ".join(own[:-1] if len(own) > 1 and own[-1] in ("id", "key", "code", "no", "nr") else own)


def report_lookup(connection: duckdb.DuckDBPyConnection, source: Source, several: bool) -> LoadReport:
    """What became of the rows of a look-up: of those with the value that it is looked up by one counts, or `several`."""
    rows = source.staged.rows
    if source.plan.key is None:
        return source.report(rows, [])
    keyed, different = connection.execute(
        f"SELECT count(id), count(DISTINCT id) FROM {source.staged.ids(source.plan.key)}", source.staged.parameters
    ).fetchone() or (0, 0)
    loaded = keyed if several else different
    return source.report(loaded, [(NO_KEY, rows - keyed), (SAME_KEY, keyed - loaded)])


def with_missing(report: LoadReport, plan: LoadPlan, index: int) -> LoadReport:
    """The report of a table with how many of its rows found nothing where they look something up."""
    return report.model_copy(update={"notes": (*report.notes, *missing(plan.tables[index], plan))})
