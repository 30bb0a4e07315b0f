"""What each database says differently: a row for each kind of expression, or each function by its name, that is to be written
differently from what sqlglot's own generator for the database would make of it.
"""

from __future__ import annotations

from sqlglot import exp

from segmentation.rewriting import (
    ENTRIES,
    LATER,
    LOCAL,
    MISSING,
    OVERLAPS,
    PATTERN,
    Build,
    Rules,
    call,
    folded,
    number,
    text,
)


def _flagged(pattern: exp.Expr, flags: exp.Expr, either: str, exact: str = "") -> exp.Expr:
    """A pattern with its flags written before it."""
    prefix = exact if flags.name == "c" else either
    return exp.Concat(expressions=[text(prefix), pattern], safe=False, coalesce=False) if prefix else pattern


def _count_cast(target: str, dialect: str) -> Build:
    def build(node: exp.Cast) -> exp.Expr:
        return exp.cast(node.this, target, dialect=dialect) if node.is_type("INT128") else node

    return build


def _ends(node: exp.EndsWith) -> exp.Expr:
    end = call("RIGHT", node.this, call("LENGTH", node.expression.copy()))
    return exp.EQ(this=end, expression=node.expression)


def _starts(node: exp.StartsWith) -> exp.Expr:
    start = call("LEFT", node.this, call("LENGTH", node.expression.copy()))
    return exp.EQ(this=start, expression=node.expression)


def _unnested(of: exp.Expr) -> exp.Expr:
    alias = exp.TableAlias(this=exp.to_identifier("items"), columns=[exp.to_identifier("entry")])
    return exp.Unnest(expressions=[of], alias=alias)


def _transformed(of: exp.Expr, exact: bool) -> exp.Expr:
    if exact:
        return of
    x = exp.to_identifier("x")
    return call("TRANSFORM", of, exp.Lambda(this=folded(exp.column("x")), expressions=[x]))


def _arrays_overlap(of: exp.Expr, exact: bool, options: list[exp.Expr]) -> exp.Expr:
    array = exp.Array(expressions=options if exact else [folded(option) for option in options])
    return call("ARRAYS_OVERLAP", _transformed(of, exact), array)


def _next_day(node: exp.DayOfWeekIso) -> exp.Expr:
    """The databases' WEEKDAY is 0 on Monday."""
    return exp.paren(exp.Add(this=call("WEEKDAY", node.this), expression=number(1)))


def _seconds_later(time: exp.Expr, seconds: exp.Expr) -> exp.Expr:
    return exp.TimestampAdd(this=time, expression=seconds, unit=exp.var("SECOND"))


def _days_later(node: exp.TsOrDsAdd) -> exp.Expr:
    return exp.DateAdd(this=node.this, expression=node.expression, unit=exp.var("DAY"))


DUCKDB: Rules = {LATER: _seconds_later}


def _hexadecimal_digits(kind: type[exp.Binary]) -> Build:
    def build(node: exp.Binary) -> exp.Expr:
        if not isinstance(node.this, exp.Substring):
            return node
        return kind(
            this=exp.Collate(this=node.this, expression=exp.to_identifier("C", quoted=True)), expression=node.expression
        )

    return build


POSTGRES: Rules = {
    exp.Cast: _count_cast("DECIMAL", "postgres"),
    exp.DayOfWeekIso: lambda node: exp.Extract(this=exp.var("ISODOW"), expression=node.this),
    exp.EndsWith: _ends,
    exp.GTE: _hexadecimal_digits(exp.GTE),
    exp.LT: _hexadecimal_digits(exp.LT),
    exp.Round: lambda node: exp.Round(this=exp.cast(node.this, "DECIMAL"), decimals=node.args["decimals"]),
    exp.TsOrDsAdd: lambda node: exp.Add(this=node.this, expression=exp.cast(node.expression, "INT")),
    "REGEXP_MATCHES": lambda of, pattern, flags: (exp.RegexpLike if flags.name == "c" else exp.RegexpILike)(
        this=of, expression=pattern
    ),
    "LEN": lambda of: call("CARDINALITY", of),
    ENTRIES: _unnested,
    LATER: _seconds_later,
}


def _json_entries(of: exp.Expr) -> exp.Expr:
    entry = exp.JSONColumnDef(
        this=exp.to_identifier("entry"), kind=exp.DataType.build("LONGTEXT", dialect="mysql"), path=text("$")
    )
    table = exp.JSONTable(this=of, schema=exp.JSONSchema(expressions=[entry]), path=text("$[*]"))
    return exp.Table(this=table, alias=exp.TableAlias(this=exp.to_identifier("items")))


MYSQL: Rules = {
    exp.Cast: _count_cast("DECIMAL(20, 0)", "mysql"),
    exp.ConvertTimezone: lambda node: call(LOCAL, node.args["timestamp"], text("+00:00"), node.args["target_tz"]),
    exp.DayOfWeekIso: _next_day,
    exp.EndsWith: _ends,
    exp.StartsWith: _starts,
    exp.TsOrDsAdd: _days_later,
    "REGEXP_MATCHES": lambda of, pattern, flags: exp.GT(
        this=call(PATTERN, of, _flagged(pattern, flags, "(?i)")), expression=number(0)
    ),
    "LEN": lambda of: call("JSON_LENGTH", of),
    ENTRIES: _json_entries,
    LATER: _seconds_later,
}
SPARK: Rules = {
    exp.Cast: _count_cast("DECIMAL(20, 0)", "spark"),
    exp.DayOfWeekIso: _next_day,
    "REGEXP_MATCHES": lambda of, pattern, flags: exp.RegexpLike(this=of, expression=_flagged(pattern, flags, "(?iu)")),
    "LEN": lambda of: call("ARRAY_SIZE", of),
    OVERLAPS: _arrays_overlap,
    LATER: _seconds_later,
}


def _has_any(of: exp.Expr, exact: bool, options: list[exp.Expr]) -> exp.Expr:
    x = exp.to_identifier("x")
    entries = of if exact else call("arrayMap", exp.Lambda(this=folded(exp.column("x")), expressions=[x]), of)
    return call("hasAny", entries, exp.Array(expressions=options if exact else [folded(option) for option in options]))


def _wide_date(node: exp.Cast) -> exp.Expr:
    """Its Date begins in 1970."""
    return exp.cast(node.this, "Nullable(Date32)", dialect="clickhouse") if node.is_type("DATE") else node


CLICKHOUSE: Rules = {
    exp.Cast: _wide_date,
    exp.ConvertTimezone: lambda node: call("toTimeZone", node.args["timestamp"], node.args["target_tz"]),
    exp.Lower: lambda node: call("lowerUTF8", node.this),
    exp.Upper: lambda node: call("upperUTF8", node.this),
    exp.TsOrDsAdd: lambda node: exp.Add(
        this=node.this, expression=call("toIntervalDay", call("toInt64", node.expression))
    ),
    "REGEXP_MATCHES": lambda of, pattern, flags: call("match", of, _flagged(pattern, flags, "(?i-s)", "(?-s)")),
    "LEN": lambda of: exp.Nullif(this=call("length", of), expression=number(0)),
    MISSING: lambda of: call("empty", of),
    OVERLAPS: _has_any,
    LATER: lambda time, seconds: exp.Add(this=time, expression=call("toIntervalSecond", seconds)),
}
TRINO: Rules = {
    exp.Cast: _count_cast("DECIMAL(20, 0)", "trino"),
    exp.ConvertTimezone: lambda node: call(
        "AT_TIMEZONE", call("WITH_TIMEZONE", node.args["timestamp"], text("UTC")), node.args["target_tz"]
    ),
    exp.EndsWith: lambda node: exp.StartsWith(
        this=call("REVERSE", node.this), expression=call("REVERSE", node.expression)
    ),
    exp.TsOrDsAdd: _days_later,
    "REGEXP_MATCHES": lambda of, pattern, flags: call("REGEXP_LIKE", of, _flagged(pattern, flags, "(?i)")),
    "LEN": lambda of: call("CARDINALITY", of),
    OVERLAPS: _arrays_overlap,
    LATER: _seconds_later,
}
SNOWFLAKE: Rules = {
    exp.Cast: _count_cast("DECIMAL(20, 0)", "snowflake"),
    exp.TsOrDsAdd: _days_later,
    "REGEXP_MATCHES": lambda of, pattern, flags: exp.GT(
        this=call(PATTERN, of, pattern, number(1), number(1), number(0), flags), expression=number(0)
    ),
    "LEN": lambda of: call("ARRAY_SIZE", of),
    OVERLAPS: _arrays_overlap,
    LATER: _seconds_later,
}
BIGQUERY: Rules = {
    exp.Cast: _count_cast("BIGNUMERIC", "bigquery"),
    exp.ConvertTimezone: lambda node: call(
        "DATETIME", call("TIMESTAMP", node.args["timestamp"]), node.args["target_tz"]
    ),
    exp.TsOrDsAdd: _days_later,
    "REGEXP_MATCHES": lambda of, pattern, flags: call("REGEXP_CONTAINS", of, _flagged(pattern, flags, "(?i)")),
    "LEN": lambda of: call("ARRAY_LENGTH", of),
    ENTRIES: _unnested,
    LATER: lambda time, seconds: exp.DatetimeAdd(this=time, expression=seconds, unit=exp.var("SECOND")),
}
