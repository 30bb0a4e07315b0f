"""A whole definition as one statement, in the words of any of the databases in `dialects.DIALECTS`.

It asks the tables that `audience` describes, `people` and `events`, and gives the `_row` of everybody who is in: the same people
as `engine.Engine`, but for the differences that ../docs/dialects.md lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from typing import Any

from sqlglot import exp

from segmentation.binding import Question
from segmentation.catalogue import Catalogue
from segmentation.clock import Clock
from segmentation.compiling import question
from segmentation.definition import Condition, Definition, Group, ListCondition, Match, Node, SegmentCondition
from segmentation.dialects import dialect_named, rendered
from segmentation.editing import with_ids
from segmentation.errors import HandpickError
from segmentation.happening import column, is_known
from segmentation.predicates import table_named
from segmentation.references import (
    NO_REFERENCES,
    NamedDefinition,
    References,
    listed_question,
    refuse_circle,
    refuse_unfinished_groups,
)

PEOPLE = "people"


@dataclass(frozen=True)
class Statement:
    """One statement and its values; where placeholders have no names, one value for each in their order.

    `unfinished` says by id why a condition is left out; without `counted` there is nothing to ask, and nobody is found.
    """

    sql: str
    parameters: tuple[tuple[str, Any], ...]
    unfinished: Mapping[str, str] = field(default_factory=dict)
    counted: bool = True


def statement(
    definition: Definition,
    catalogue: Catalogue,
    clock: Clock,
    newest: datetime | None = None,
    dialect: str = "duckdb",
    references: References = NO_REFERENCES,
    *,
    inline: bool = False,
) -> Statement:
    """The definition as one statement; `inline` writes values as literals, for reading rather than for running.

    Raises HandpickError for a dialect that is not known. The text does not depend on values, but for the lengths of lists where
    the database cannot be given a list.
    """
    row = dialect_named(dialect)
    tree = _Tree(catalogue, clock, newest, references)
    path = (references.origin,) if references.origin is not None else ()
    found = tree.where(with_ids(definition).root, path, exact=False)
    select = (
        exp.select(column("_row", PEOPLE))
        .from_(table_named(PEOPLE), copy=False)
        .where(exp.false() if found is None else found, copy=False)
    )
    sql, parameters = rendered(select, tree.values, catalogue, row, inline)
    return Statement(sql, parameters, tree.unfinished, found is not None)


class _Tree:
    """A definition on its way into one condition on `people`; `values` are those of all its placeholders."""

    def __init__(self, catalogue: Catalogue, clock: Clock, newest: datetime | None, references: References) -> None:
        self.catalogue = catalogue
        self.clock = clock
        self.newest = newest
        self.references = references
        self.values: dict[str, Any] = {}
        self.unfinished: dict[str, str] = {}

    def where(self, node: Node, path: tuple[NamedDefinition, ...], exact: bool) -> exp.Expr | None:
        """The node as a condition, None where it does not count; `exact`: never unknown, only true or false."""
        if not node.enabled:
            return None
        if not isinstance(node, Group):
            try:
                return self._condition(node, path, exact)
            except HandpickError as error:
                self.unfinished[node.id] = str(error)
                return None
        exact = exact or node.match == Match.NONE
        parts = [part for child in node.children if (part := self.where(child, path, exact)) is not None]
        if not parts:
            return None
        match node.match:
            case Match.ALL:
                return exp.paren(exp.and_(*parts, copy=False), copy=False) if len(parts) > 1 else parts[0]
            case Match.AT_LEAST:
                return self._at_least(node.least, parts)
        either = exp.paren(exp.or_(*parts, copy=False), copy=False) if len(parts) > 1 else parts[0]
        return either if node.match == Match.ANY else exp.Not(this=exp.paren(either, copy=False))

    def _at_least(self, least: int, parts: list[exp.Expr]) -> exp.Expr:
        one, zero = exp.Literal.number(1), exp.Literal.number(0)
        each: list[exp.Expr] = [exp.case().when(part, one.copy()).else_(zero.copy()) for part in parts]
        passed = reduce(lambda sum_, one_more: exp.Add(this=sum_, expression=one_more), each)
        return exp.GTE(this=exp.paren(passed, copy=False), expression=self._bind(least))

    def _condition(self, node: Condition, path: tuple[NamedDefinition, ...], exact: bool) -> exp.Expr:
        if isinstance(node, SegmentCondition | ListCondition):
            exact = exact or node.outside
            if isinstance(node, SegmentCondition):
                found = self._segment(node, path, exact)
            else:
                found = self._inside(listed_question(self.references.list(node.list), self.catalogue), exact)
            return exp.Not(this=exp.paren(found, copy=False)) if node.outside else found
        asked = question(node, self.catalogue, self.clock, self.newest)
        found = self._inside(asked, exact or asked.complement)
        if asked.complement:
            found = exp.Not(this=exp.paren(found, copy=False))
        if not asked.known:
            return found
        known = (is_known(column(name, PEOPLE)) for name in asked.known)
        return exp.paren(exp.and_(found, *known, copy=False), copy=False)

    def _segment(self, node: SegmentCondition, path: tuple[NamedDefinition, ...], exact: bool) -> exp.Expr:
        """Another segment's own condition, all of which has to count."""
        named = self.references.segment(node.segment)
        refuse_circle(path, named)
        refuse_unfinished_groups(named)
        within = _Tree(self.catalogue, self.clock, self.newest, self.references)
        within.values = self.values
        found = within.where(with_ids(named.definition).root, (*path, named), exact)
        if within.unfinished:
            reason = next(iter(within.unfinished.values()))
            raise HandpickError(
                reason if "cannot contain itself" in reason else f"The segment “{named.name}” is not finished: {reason}"
            )
        if found is None:
            raise HandpickError(f"The segment “{named.name}” has no filter that counts.")
        return found

    def _bind(self, value: Any) -> exp.Expr:
        name = f"p{len(self.values)}"
        self.values[name] = value
        return exp.Placeholder(this=name)

    def _inside(self, asked: Question, exact: bool) -> exp.Expr:
        """The person is one of a question's; what is asked of `people` alone is asked in place."""
        select = asked.select.copy()
        own = {name: self._bind(value) for name, value in asked.parameters}
        for placeholder in list(select.find_all(exp.Placeholder)):
            placeholder.replace(own[placeholder.name].copy())
        where = _asked_of_people(select)
        if where is None:
            return exp.In(this=column("_row", PEOPLE), query=select.subquery(copy=False))
        where = exp.paren(where, copy=False)
        return exp.Coalesce(this=where, expressions=[exp.false()]) if exact else where


def _asked_of_people(select: exp.Select) -> exp.Expr | None:
    """The condition of a question that looks at nothing but one row of `people`."""
    source, where = select.find(exp.From), select.args.get("where")
    plain = not any(select.args.get(part) for part in ("joins", "group", "having", "distinct"))
    table = source.this if source is not None else None
    if plain and where is not None and isinstance(table, exp.Table) and table.alias_or_name == PEOPLE:
        return where.this.pop()  # type: ignore[no-any-return]
    return None
