"""Statements built for DuckDB made ready for other databases: lists, lengths of time, texts, names; by tables as in `wordings`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp

from segmentation.catalogue import Kind
from segmentation.predicates import as_type

Rule = Callable[[exp.Expr], exp.Expr]
"""From an expression, whose parts have been through the rule already, to what stands in its place."""
Build = Callable[..., exp.Expr]
Rules = Mapping[type[exp.Expr] | str, Build]
"""By class, or by the name of a function or of something that this module asks for (`LATER`, `ENTRIES` …)."""
KindOf = Callable[[exp.Column], Kind | None]
Items = Callable[[exp.Placeholder], list[exp.Expr]]

LATER = "later"  # (time, seconds): a time so many seconds later
ENTRIES = "entries"  # (column): a list column as rows of a table “items” with the column “entry”
OVERLAPS = "overlaps"  # (column, exact case, options): a list column shares an item with these
MISSING = "missing"  # (list column): it has no value


def call(name: str, *of: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=list(of))


def number(value: int) -> exp.Expr:
    return exp.Literal.number(value)


def text(value: str) -> exp.Expr:
    return exp.Literal.string(value)


def folded(of: exp.Expr) -> exp.Expr:
    return exp.Lower(this=exp.Upper(this=of))


def replaced(tree: exp.Expr, rule: Rule) -> exp.Expr:
    """Every expression replaced by what the rule makes of it, the innermost first; its parts may be used, it itself only copied."""
    for node in reversed(list(tree.walk(bfs=False))):
        new = rule(node)
        if new is node:
            continue
        if node is tree:
            return new
        node.replace(new)
    return tree


def quote(tree: exp.Expr) -> exp.Expr:
    """Every name in quotes, as some databases read others in capitals; but for those inside a function for lists."""
    inside = {id(name) for function in tree.find_all(exp.Lambda) for name in function.find_all(exp.Identifier)}
    for name in tree.find_all(exp.Identifier):
        if id(name) not in inside:
            name.set("quoted", True)
    return tree


def by_table(rules: Rules, kind_of: KindOf) -> Rule:
    """Each expression as the table says."""

    def rule(node: exp.Expr) -> exp.Expr:
        of_list = isinstance(node, exp.Is) and isinstance(node.this, exp.Column) and kind_of(node.this) == Kind.LIST
        if of_list and MISSING in rules:
            return rules[MISSING](node.this)
        if isinstance(node, exp.Anonymous):
            build = rules.get(str(node.this).upper())
            return build(*node.expressions) if build is not None else node
        build = rules.get(type(node))
        return build(node) if build is not None else node

    return rule


def elapsed(rules: Rules, is_elapsed: Callable[[exp.Expr], bool]) -> Rule:
    """A time and a length of time added up."""

    def rule(node: exp.Expr) -> exp.Expr:
        if LATER in rules and isinstance(node, exp.Add) and is_elapsed(node.expression):
            return rules[LATER](node.this, node.expression)
        return node

    return rule


def _is_option(node: exp.Expr) -> bool:
    return isinstance(node, exp.Column) and node.table == "options"


def _with_option(of: exp.Expr, item: exp.Expr) -> exp.Expr:
    return replaced(of.copy(), lambda node: item.copy() if _is_option(node) else node)


def spread(items: Items) -> Rule:
    """Lists that were bound as one value as their items: `IN (a, b)`, and one condition for each joined by or."""

    def rule(node: exp.Expr) -> exp.Expr:
        if not isinstance(node, exp.In | exp.Exists):
            return node
        query = node.args.get("query") if isinstance(node, exp.In) else node.this
        select = query.this if isinstance(query, exp.Subquery) else query
        if not isinstance(select, exp.Select):
            return node
        source = select.find(exp.From)
        of = source.this if source is not None else None
        if not isinstance(of, exp.Unnest) or not isinstance(of.expressions[0], exp.Placeholder):
            return node
        options = items(of.expressions[0])
        if isinstance(node, exp.In):
            found = [_with_option(select.selects[0], item) for item in options]
            return exp.In(this=node.this.copy(), expressions=found)
        return exp.paren(_any([_with_option(select.args["where"].this, item) for item in options]))

    return rule


def _any(parts: list[exp.Expr]) -> exp.Expr:
    """Halves of halves, so that a long list does not nest as deep as it is long."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    return exp.Or(this=_any(parts[:half]), expression=_any(parts[half:]))


def on_lists(rules: Rules, kind_of: KindOf, items: Items) -> Rule:
    """What is asked of list columns: has any of, has all of."""

    def has_any(of: exp.Expr, exact: bool, options: exp.Expr) -> exp.Expr:
        if OVERLAPS in rules:
            return rules[OVERLAPS](of, exact, items(_placeholder(options)))
        entry = exp.column("entry", table="items")
        option = exp.column("item", table="options")
        wanted = exp.select(option if exact else folded(option)).from_(_options(options))
        among = exp.In(this=entry if exact else folded(entry), query=wanted.subquery())
        return exp.Exists(this=exp.select(number(1)).from_(rules[ENTRIES](of)).where(among))

    def has_all(of: exp.Expr, exact: bool, options: exp.Expr) -> exp.Expr:
        if OVERLAPS in rules:
            each = [rules[OVERLAPS](of.copy(), exact, [item]) for item in items(_placeholder(options))]
            return exp.paren(exp.and_(*each))
        entry = exp.column("entry", table="items")
        option = exp.column("item", table="options")
        same = exp.EQ(
            this=entry if exact else folded(entry),
            expression=option if exact else folded(option),
        )
        there = exp.Exists(this=exp.select(number(1)).from_(rules[ENTRIES](of)).where(same))
        absent = exp.select(number(1)).from_(_options(options)).where(exp.Not(this=there))
        return exp.Not(this=exp.Exists(this=absent))

    def rule(node: exp.Expr) -> exp.Expr:
        name = str(node.this).upper() if isinstance(node, exp.Anonymous) else ""
        build = {"LIST_HAS_ANY": has_any, "LIST_HAS_ALL": has_all}.get(name)
        if build is None:
            return node
        of, options = (part.copy() for part in node.expressions)
        exact = isinstance(of, exp.Column)
        return build(of if exact else of.expressions[0], exact, options)

    return rule


def _placeholder(options: exp.Expr) -> exp.Placeholder:
    found = options.find(exp.Placeholder)
    if found is None:
        raise AssertionError("a list of values is bound")
    return found


def _options(options: exp.Expr) -> exp.Expr:
    alias = exp.TableAlias(this=exp.to_identifier("options"), columns=[exp.to_identifier("item")])
    return exp.Unnest(expressions=[_placeholder(options).copy()], alias=alias)


# --- texts as bytes ----------------------------------------------------------------------------------------------------

_TEXT_FUNCTIONS = (exp.Lower, exp.Upper, exp.Trim, exp.DPipe, exp.MD5, exp.Substring)
PATTERN, LOCAL = "REGEXP_INSTR", "CONVERT_TZ"


def _utf8(of: exp.Expr) -> exp.Expr:
    return exp.cast(of, exp.DataType(this=exp.DataType.Type.CHARACTER_SET, kind=exp.var("utf8mb4")))


def as_bytes(is_text: Callable[[exp.Expr], bool]) -> Rule:
    """Texts compared byte by byte, so that case, accents and blanks at the end count whatever a column's collation is."""

    def textual(node: exp.Expr | None) -> bool:
        if isinstance(node, exp.Cast):
            return node.is_type("TEXT", "VARCHAR", exp.DataType.Type.CHARACTER_SET)
        return node is not None and (isinstance(node, _TEXT_FUNCTIONS) or is_text(node))

    def rule(node: exp.Expr) -> exp.Expr:
        if not textual(node):
            return node
        parent = node.parent
        if isinstance(parent, exp.Is) or (isinstance(parent, exp.Anonymous) and parent.this == LOCAL):
            return node
        new = _utf8(node.copy()) if is_text(node) else node
        if textual(parent):
            return new
        if isinstance(parent, exp.Concat) or (isinstance(parent, exp.Anonymous) and parent.this == PATTERN):
            return exp.Collate(this=new.copy(), expression=exp.var("utf8mb4_bin"))
        return as_type(new, "BINARY", "mysql")

    return rule
