"""Which tables look others up, and by which columns: suggested from names and overlapping values, with exact counts."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

import duckdb

from segmentation import links, naming
from segmentation.catalogue import Kind
from segmentation.links import LISTED
from segmentation.plan import ColumnPlan, Link, LoadPlan, TablePlan, TableRole
from segmentation.replanning import TIMES, completed, missed
from segmentation.staged import UNIQUE, Staged, probed
from segmentation.subjects import likeness, subject

FILLED = 0.5  # of the rows have a value that they are looked up by
CANDIDATES = 8  # columns of a table that are tried by their values alone
FEWEST = 3  # values that have to be found, where names say nothing
DECLARED = 1_000  # as likely is what a database declares; how alike names are is 100 at most
LEAST_KNOWN = ((80, 0.5), (60, 0.8), (0, 0.95))  # so alike are the names: so many of the probed values must be found
MOST_BESIDE = 2  # columns of a table that says which rows of two others belong together
MOST_LISTED = 3  # columns of a table that says several things of each customer
USED = (TableRole.PEOPLE, TableRole.EVENTS)


class Matching:
    """A plan whose tables are looked at, to find out what they refer to; between tables before the place `since` nothing is changed."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, plan: LoadPlan, since: int = 0) -> None:
        self._connection = connection
        self._since = since
        everything = [table.table for table in plan.tables]
        self._declared = [links.declared(everything, place) for place in range(len(everything))]
        self._staged = [Staged(connection, table.table, place) for place, table in enumerate(plan.tables)]
        self._unique: dict[tuple[int, str], bool] = {}
        self._missed: dict[
            int, tuple[int, Link]
        ] = {}  # of tables to which by its name a column refers, and by its values not
        self.plan = plan

    def suggest(self) -> LoadPlan:
        """The plan in which tables that were left out become look-ups or parts of events, as far as they are referred to.

        Links lead away from people and events, so that a table is told by the nearest that refers to it.
        """
        for index in self._left_out():
            if link := self._part(index):
                self._replace(index, self._as_part(self.plan.tables[index], link))
        ring = self._reached()
        while ring:
            further, unreached = set[int](), self._left_out()
            for index in ring:
                known = [p for p in links.targets(self.plan, index) if p < self._since or self._holds_events(p)]
                others = [*unreached, *known]
                further |= self._link(
                    index, others if index >= self._since else [p for p in others if p >= self._since]
                )
            ring = sorted(further) or self._pairing() or self._listing()
        for index in self._left_out():
            self._by_values(index)
        for index in self._left_out():
            if index in self._missed:
                notes = (missed(self.plan, *self._missed[index]),)
                self._replace(index, self.plan.tables[index].model_copy(update={"notes": notes}))
        return self.plan

    def _reached(self) -> list[int]:
        """The places of tables for which there is a use."""
        tables = enumerate(self.plan.tables)
        return [place for place, table in tables if table.role in (*USED, TableRole.LOOKUP)]

    def _pairing(self) -> list[int]:
        """Make look-ups of a table that says which rows of two others belong together, and of the other; returns their places.

        What it tells of the rows that are reached already, several of which it may have, are lists.
        """
        for index in self._left_out():
            pairs = [
                (self.plan.tables[other.table].role is TableRole.LEAVE_OUT, own, other)
                for own in self._ends(index, self._reached())
                for other in self._ends(index, (p for p in range(len(self.plan.tables)) if p != index))
                if self._is_pair(index, own, other)
            ]
            if not pairs:
                continue
            _, own, other = max(pairs, key=lambda pair: pair[0])
            new = [link.table for link in (own, other) if self.plan.tables[link.table].role is TableRole.LEAVE_OUT]
            self._list(index, own, self.count(index, other))
            if new:
                self._look_up(other)
            return [index, *new]
        return []

    def _listing(self) -> list[int]:
        """Make a look-up of a table that says several things of a customer, such as the tags of each; returns its place."""
        people = [place for place, table in enumerate(self.plan.tables) if table.role is TableRole.PEOPLE]
        for index in self._left_out():
            columns = self.plan.tables[index].columns
            says = {c.column for c in columns if c.include and c.kind in LISTED and not naming.is_textual(c.column)}
            for own in (end for end in self._ends(index, people) if end.key == self.plan.tables[end.table].key):
                if 0 < len(says - {own.column}) <= MOST_LISTED and not self._is_unique(index, own.column):
                    self._list(index, own)
                    return [index]
        return []

    def _list(self, index: int, own: Link, *further: Link) -> None:
        """Have the rows of a table to which its link leads told by it, several times each."""
        update = {"role": TableRole.LOOKUP, "key": own.column, "notes": (), "links": further}
        self._replace(index, completed(self.plan.tables[index].model_copy(update=update)))
        told = self.plan.tables[own.table]
        link = self.count(own.table, Link(column=own.key, table=index, key=own.column, several=True))
        self._replace(own.table, told.model_copy(update={"links": (*told.links, link)}))

    def _ends(self, index: int, others: Iterable[int]) -> list[Link]:
        """The likeliest link from a table to each of some others."""
        found = (max(self._candidates(index, other), key=lambda pair: pair[0], default=None) for other in others)
        return [pair[1] for pair in found if pair is not None]

    def _is_pair(self, index: int, own: Link, other: Link) -> bool:
        """Whether a table hardly does more than to say which rows of one table belong to which of another, each several times."""
        table, target = self.plan.tables[index], self.plan.tables[other.table]
        more = [c for c in table.columns if c.column not in (own.column, other.column) and c.kind not in TIMES]
        further = [c for c in more if not naming.numbers_rows(c.column, table.table.name)]
        fits = target.role is TableRole.LOOKUP or (target.role is TableRole.LEAVE_OUT and other.table >= self._since)
        leads_back = own.table in links.reach(self.plan, other.table)
        return (
            own.column != other.column
            and len(further) <= MOST_BESIDE
            and fits
            and not leads_back
            and not self._is_unique(index, own.column)
        )

    def _left_out(self) -> list[int]:
        """The places of tables for which there is no use yet."""
        tables = enumerate(self.plan.tables)
        return [place for place, table in tables if table.role is TableRole.LEAVE_OUT and place >= self._since]

    def _holds_events(self, index: int) -> bool:
        return self.plan.tables[index].role is TableRole.EVENTS

    def suggest_for(self, index: int) -> LoadPlan:
        """The plan with links from and to the table at `index`, where there are none yet."""
        for other in range(len(self.plan.tables)):
            if index in links.targets(self.plan, other):
                self._link(other, [index])
        self._link(index, links.targets(self.plan, index))
        return self.plan

    def count(self, index: int, link: Link) -> Link:
        """The link with what it finds in all rows."""
        mine, theirs = self._staged[index].ids(link.column), self._staged[link.table].ids(link.key)
        filled, found = self._row(
            f"SELECT count(id), count(*) FILTER (id IN (SELECT id FROM {theirs} WHERE id IS NOT NULL)) FROM {mine}",
            index,
            link.table,
        )
        keyed, distinct = self._row(f"SELECT count(id), count(DISTINCT id) FROM {theirs}", link.table)
        return link.model_copy(
            update={"filled": filled, "found": found, "keyed": keyed, "repeated": keyed - distinct},
        )

    def _replace(self, index: int, table: TablePlan) -> None:
        tables = self.plan.tables
        self.plan = self.plan.model_copy(update={"tables": (*tables[:index], table, *tables[index + 1 :])})

    def _row(self, sql: str, *indexes: int) -> tuple[int, ...]:
        parameters = {name: path for index in indexes for name, path in self._staged[index].parameters.items()}
        return self._connection.execute(sql, parameters).fetchone() or ()

    def _is_unique(self, index: int, column: str) -> bool:
        if (index, column) not in self._unique:
            staged = self._staged[index]
            filled, distinct = self._row(f"SELECT count(id), count(DISTINCT id) FROM {staged.ids(column)}", index)
            enough = bool(filled) and filled >= FILLED * staged.rows and distinct >= UNIQUE * filled
            self._unique[index, column] = enough
        return self._unique[index, column]

    def _known(self, index: int, column: str, other: int, key: str) -> tuple[int, float]:
        """How many different values were probed, and which share of them the other table has."""
        return probed(self._connection, self._staged[index], column, self._staged[other], key)

    def _link(self, index: int, others: Iterable[int]) -> set[int]:
        """Link the columns of a table to others, each to the likeliest; returns those that are look-ups from now on."""
        table = self.plan.tables[index]
        linked = {link.column for link in table.links}
        best: dict[str, tuple[int, Link]] = {}
        for other in others:
            for score, link in self._candidates(index, other):
                if link.column not in linked and score > best.get(link.column, (0, link))[0]:
                    best[link.column] = score, link
        keys: dict[int, str] = {}  # a table is looked up by one key, though perhaps from several columns
        for _, link in sorted(best.values(), key=lambda pair: -pair[0]):
            keys.setdefault(link.table, link.key)
        chosen = [self.count(index, link) for _, link in best.values() if link.key == keys[link.table]]
        order = [column.column for column in table.columns]
        chosen.sort(key=lambda link: order.index(link.column))
        self._replace(index, table.model_copy(update={"links": (*table.links, *chosen)}))
        further = {link.table for link in chosen if self.plan.tables[link.table].role is TableRole.LEAVE_OUT}
        for link in chosen:
            if self.plan.tables[link.table].role is TableRole.LEAVE_OUT:
                self._look_up(link)
        return further

    def _look_up(self, link: Link) -> None:
        update = {"role": TableRole.LOOKUP, "key": link.key, "notes": ()}
        self._replace(link.table, completed(self.plan.tables[link.table].model_copy(update=update)))

    def _candidates(self, index: int, other: int) -> Iterable[tuple[int, Link]]:
        """The links that are declared, or that names allow and values confirm, with how alike the names are."""
        table, target = self.plan.tables[index], self.plan.tables[other]
        declared = self._declared[index]
        # Whose events are, is told by people.
        own_key, its_key = (t.key if t.role is TableRole.EVENTS else None for t in (table, target))
        for name, refers in declared.items():
            allowed = refers is not None and refers[0] == other and name != own_key and refers[1] != its_key
            if refers is not None and allowed and self._is_unique(*refers):
                yield DECLARED, Link(column=name, table=other, key=refers[1])
        own = {"name", "title", *naming.table_nouns(target.table.name)}
        alike: dict[tuple[str, ...], list[ColumnPlan]] = {}  # of thousands of columns few are compared
        for key in _able(target):
            alike.setdefault(subject(key.column), []).append(key)
        numbering = {about: keys for about, keys in alike.items() if own.issuperset(about)}
        for column in _able(table):
            if column.column in declared or column.column == own_key:
                continue
            about = subject(column.column)
            for key in chain(*({**numbering, about: alike.get(about, [])}).values()):
                score = likeness(column.column, key.column, target.table.name)
                if key.column == its_key or (
                    target.role is TableRole.EVENTS and not naming.numbers_rows(key.column, target.table.name)
                ):
                    continue
                if not score or not self._is_unique(other, key.column):
                    continue
                _, known = self._known(index, column.column, other, key.column)
                link = Link(column=column.column, table=other, key=key.column)
                if known >= next(least for limit, least in LEAST_KNOWN if score >= limit):
                    yield score, link
                elif score >= LEAST_KNOWN[0][0]:
                    self._missed.setdefault(other, (index, link))

    def _part(self, index: int) -> Link | None:
        """The link of rows that are parts of events, such as the lines of orders."""
        for other, target in enumerate(self.plan.tables):
            if other == index or target.role is not TableRole.EVENTS or not (target.key and target.time):
                continue
            for score, link in self._candidates(index, other):
                if score > LEAST_KNOWN[0][0] and not self._is_unique(index, link.column):
                    return self.count(index, link)
        return None

    def _as_part(self, table: TablePlan, link: Link) -> TablePlan:
        """Events whose customer and time are those of the events that they are parts of."""
        update = {"role": TableRole.EVENTS, "key": None, "links": (link,), "notes": ()}
        part = completed(table.model_copy(update=update)).model_copy(update={"time": None})
        if part.event_name in {other.event_name for other in self.plan.tables}:
            nouns = naming.table_nouns(table.table.name)
            part = part.model_copy(update={"event_name": " ".join(nouns)})
        return part

    def _by_values(self, index: int) -> None:
        """Link the first column of people or events whose texts are nearly all in a table that names did not lead to."""
        target = self.plan.tables[index]
        users = [(place, table) for place, table in enumerate(self.plan.tables) if table.role in USED]
        columns = [(place, column) for place, table in users for column in _texts(table) if _is_free(table, column)]
        examples = {example.strip() for _, column in columns for example in column.examples}
        for key in _texts(target)[:CANDIDATES]:
            there = self._among(index, key.column, examples) if self._is_unique(index, key.column) else set()
            for place, column in columns if there else ():
                if there.isdisjoint(example.strip() for example in column.examples):
                    continue
                values, known = self._known(place, column.column, index, key.column)
                if values >= FEWEST and known >= LEAST_KNOWN[-1][1]:
                    table = self.plan.tables[place]
                    link = self.count(place, Link(column=column.column, table=index, key=key.column))
                    self._replace(place, table.model_copy(update={"links": (*table.links, link)}))
                    self._look_up(link)
                    return

    def _among(self, index: int, column: str, values: set[str]) -> set[str]:
        """Those of some values that a table has."""
        staged = self._staged[index]
        sql = f"SELECT DISTINCT id FROM {staged.ids(column)} WHERE id IN (SELECT unnest($values))"
        found = self._connection.execute(sql, {**staged.parameters, "values": list(values)}).fetchall()
        return {cell for (cell,) in found}


def _able(table: TablePlan) -> list[ColumnPlan]:
    return [c for c in table.columns if c.kind in (Kind.TEXT, Kind.NUMBER) and c.column != table.time]


def _texts(table: TablePlan) -> list[ColumnPlan]:
    """Columns with codes: texts, and not merely digits, which are everywhere."""
    return [
        c
        for c in _able(table)
        if c.examples and c.kind is Kind.TEXT and not all(e.strip().isdigit() for e in c.examples)
    ]


def _is_free(table: TablePlan, column: ColumnPlan) -> bool:
    """Whether a column has no other job."""
    return column.column not in {table.key, table.event_column, *(link.column for link in table.links)}
