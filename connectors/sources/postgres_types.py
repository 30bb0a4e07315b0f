"""How each type of PostgreSQL is asked for, so that it arrives exactly, and as what it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from segmentation.audience import quoted

MOST_DIGITS = 38

KEPT: dict[str, pa.DataType] = {
    "bool": pa.bool_(),
    "int2": pa.int16(),
    "int4": pa.int32(),
    "int8": pa.int64(),
    "float8": pa.float64(),
    "text": pa.string(),
    "varchar": pa.string(),
}
"""Types that arrive as they are; all that are not named here or below are asked for as text."""

# The driver hands infinity on as an overflow; the ends of the calendar keep its order among real dates.
CALENDAR = "CASE WHEN {0} = 'infinity' THEN {1} '9999-12-31' WHEN {0} = '-infinity' THEN {1} '0001-01-01' ELSE {0} END"

COLUMNS = """
SELECT a.attname::text, t.typname::text, t.typcategory::text,
    CASE WHEN base.typtype = 'd' THEN base.typtypmod ELSE a.atttypmod END
FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_type base ON base.oid = a.atttypid
    JOIN pg_type t ON t.oid = CASE WHEN base.typtype = 'd' THEN base.typbasetype ELSE base.oid END
WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped
    AND has_column_privilege(c.oid, a.attnum, 'SELECT')
ORDER BY a.attnum
"""


@dataclass(frozen=True)
class Selected:
    """A column as it is asked for, and the Arrow type it is kept as."""

    name: str
    sql: str
    kind: pa.DataType
    declared: str  # PostgreSQL's name of its type


def select_columns(cursor: Any, schema: str, table: str) -> tuple[list[Selected], list[str]]:
    """The columns of a table that can be read, and the names of the binary ones, which are left out."""
    cursor.execute(COLUMNS, parameters=(schema, table))
    selected, left_out = [], []
    for name, kind, category, modifier in cursor.fetchall():
        if kind in ("bytea", "_bytea"):
            left_out.append(name)
        else:
            selected.append(Selected(name, *_asked(quoted(name), kind, category, modifier), kind))
    return selected, left_out


def _asked(column: str, kind: str, category: str, modifier: int) -> tuple[str, pa.DataType]:
    """SQL for a column, and the Arrow type it is kept as."""
    if kind in KEPT:
        return column, KEPT[kind]
    if kind == "float4":  # by way of text, or 0.1 becomes 0.10000000149
        return f"{column}::text::float8", pa.float64()
    if kind == "date":
        return CALENDAR.format(column, "date"), pa.date32()
    if kind == "timestamp":
        return CALENDAR.format(column, "timestamp"), pa.timestamp("us")
    if kind == "timestamptz":
        in_utc = CALENDAR.format(f"({column} AT TIME ZONE 'UTC')", "timestamp")
        return in_utc, pa.timestamp("us", tz="UTC")  # an instant, whatever the zone of the workspace
    if kind == "money":
        return f"{column}::numeric(19, 2)::text", pa.decimal128(19, 2)
    if kind == "numeric":
        digits, decimals = (modifier - 4) >> 16 & 0xFFFF, (modifier - 4) & 0x7FF
        exact = modifier >= 4 and decimals <= digits <= MOST_DIGITS
        return f"{column}::text", pa.decimal128(digits, decimals) if exact else pa.string()
    if category == "A":
        return f"{column}::text[]", pa.list_(pa.string())
    return f"{column}::text", pa.string()


def converted(array: pa.Array, column: Selected) -> tuple[pa.Array, int]:
    """An array as its column is kept, and how many of its values were no numbers."""
    import pyarrow.compute as pc  # the app's start does without

    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    if not pa.types.is_decimal(column.kind):
        return (array if array.type == column.kind else array.cast(column.kind)), 0
    strange = pc.equal(array, "NaN")
    count = pc.sum(strange).as_py() or 0
    if count:
        array = pc.if_else(strange, None, array)
    return array.cast(column.kind), count
