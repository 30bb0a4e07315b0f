"""The marketer's changes to a load plan, each as a new plan, and what a plan still lacks.

A change clears the misfits of the columns it concerns; `guessing.checked` counts them again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from zoneinfo import available_timezones

from segmentation import links, namesakes, naming
from segmentation.casting import FORMATS, SEPARATORS, WHOLE_ID
from segmentation.catalogue import PERSONAL, Kind, Role, Theme
from segmentation.errors import LoadError, close_names
from segmentation.joining import aligned, differing, knows_visitors, not_joined, tells, told_by
from segmentation.plan import ColumnPlan, Format, Link, LoadPlan, TablePlan, TableRole
from segmentation.recognition import PHONE, tells_of_person
from segmentation.timestamps import DOTTED_DAY, SLASHED_DAY

LEFT_OUT = "Left out"  # how a note begins that says why a table is …
SINCE = "From now on"  # … and whose customers they are where there was no table of them before
FOUND = (LEFT_OUT, SINCE)  # what was found when the table was first looked at
TIMES = (Kind.DATE, Kind.MOMENT)
_CALLED = re.compile(rf"(?=[(+0]|.*[ /-])(?:{PHONE.pattern})")  # a phone number, and not merely an id's digits
_LOCAL_DAY = re.compile(f"(?:{SLASHED_DAY}|{DOTTED_DAY})(?:[ T,].*)?")


def change_role(plan: LoadPlan, index: int, role: TableRole) -> LoadPlan:
    """The table at `index` gets a role; key, time and event name are guessed anew, links that it cannot have are dropped."""
    before = plan.tables[index]
    table = before.model_copy(update={"role": role, "notes": ()})
    if TableRole.LOOKUP in (before.role, role) and before.role is not role:
        columns = tuple(
            c.model_copy(update={"role": Role.NONE}) if c.column == before.key else c for c in table.columns
        )
        table = table.model_copy(update={"key": None, "columns": columns})
    if role is TableRole.LOOKUP and table.key is None:
        table = table.model_copy(update={"key": row_key(table)})
    elif role is not TableRole.LEAVE_OUT and table.key is None:
        scored = [(naming.key_score(c.column, table.table.name), c.column) for c in table.columns]
        best = max(scored, key=lambda pair: pair[0], default=(0, ""))
        table = table.model_copy(update={"key": best[1] if best[0] >= 50 else None})
    return links.allowed(_with_table(plan, index, completed(table)))


def row_key(table: TablePlan) -> str | None:
    """The column of a look-up that by its name tells its rows apart."""
    names = [c.column for c in table.columns]
    own = (name for name in names if naming.words(name) and naming.numbers_rows(name, table.table.name))
    return next(own, next((name for name in names if naming.is_textual(name)), names[0] if names else None))


def change_key(plan: LoadPlan, index: int, column: str | None) -> LoadPlan:
    """The column with the person's id."""
    table = plan.tables[index]
    columns = tuple(c.model_copy(update={"role": Role.NONE}) if c.role is Role.PERSON_ID else c for c in table.columns)
    return _with_table(plan, index, completed(table.model_copy(update={"key": column, "columns": columns})))


def change_people(plan: LoadPlan, index: int, people: int) -> LoadPlan:
    """The place of the people table whose ids stand in the table at `index`."""
    return _with_table(plan, index, plan.tables[index].model_copy(update={"people": people}))


def change_visitor(plan: LoadPlan, index: int, column: str | None) -> LoadPlan:
    """The column with the ids of visitors who may be identified later; None: there is none."""
    table = plan.tables[index]
    update = {"visitor": column, "keep_visitors": table.keep_visitors and column is not None}
    return _with_table(plan, index, table.model_copy(update=update))


def has_visitors(table: TablePlan) -> bool:
    """Whether a column is named like the id of visitors who may be identified later."""
    return naming.visitor_column(c.column for c in table.columns if c.column != table.key) is not None


def change_keep_visitors(plan: LoadPlan, index: int, wanted: bool) -> LoadPlan:
    """Whether visitors who are never identified are people too."""
    return _with_table(plan, index, plan.tables[index].model_copy(update={"keep_visitors": wanted}))


def change_time(plan: LoadPlan, index: int, column: str | None) -> LoadPlan:
    """The column with the moment of an event; a column that is not yet a date becomes a moment."""
    table = plan.tables[index].model_copy(update={"time": column})
    found = next((c for c in table.columns if c.column == column), None)
    if found and found.kind not in TIMES:
        plan = change_column(plan, index, found.column, kind=Kind.MOMENT)
        table = plan.tables[index].model_copy(update={"time": column})
    return _with_table(plan, index, table)


def change_event_column(plan: LoadPlan, index: int, column: str | None) -> LoadPlan:
    """The column with the event's name; None: one name for all rows."""
    table = plan.tables[index].model_copy(update={"event_column": column, "event_name": None})
    return _with_table(plan, index, _named(table))


def change_event_name(plan: LoadPlan, index: int, name: str) -> LoadPlan:
    """One name for all rows of the table."""
    update = {"event_column": None, "event_name": name.strip() or None}
    return _with_table(plan, index, plan.tables[index].model_copy(update=update))


def change_zone(plan: LoadPlan, index: int, zone: str) -> LoadPlan:
    """Moments written without a zone are in this IANA zone."""
    if zone not in available_timezones():
        raise LoadError(f"There is no time zone “{zone}”.{close_names(zone, available_timezones())}")
    return _with_table(plan, index, plan.tables[index].model_copy(update={"zone": zone}))


def change_line_total(plan: LoadPlan, index: int, wanted: bool) -> LoadPlan:
    """Whether quantity × unit price is added, where the table has both."""
    table = plan.tables[index]
    return _with_table(
        plan, index, table.model_copy(update={"line_total": line_total(table.columns) if wanted else None})
    )


def change_column(
    plan: LoadPlan,
    index: int,
    column: str,
    *,
    kind: Kind | None = None,
    format: Format | None = None,
    include: bool | None = None,
    label: str | None = None,
    theme: Theme | None = None,
    role: Role | None = None,
) -> LoadPlan:
    """What is given changes, the rest of the column stays; a new kind brings the format that its examples suggest."""
    table = plan.tables[index]
    before = next((c for c in table.columns if c.column == column), None)
    if before is None:
        raise LoadError(f"{table.table.name} has no column “{column}”.{close_names(column, table.table.columns)}")
    given = {"kind": kind, "format": format, "include": include, "label": label, "theme": theme, "role": role}
    update: dict[str, object] = {name: value for name, value in given.items() if value is not None}
    after_kind = kind or before.kind
    if (format or before.format) not in formats(after_kind) or (after_kind is not before.kind and not format):
        update["format"] = usual_format(after_kind, before.examples)
    if kind is not None or format is not None:
        update |= {"misfits": 0, "misfit_examples": ()}
    after = before.model_copy(update=update)
    columns = tuple(after if c.column == column else c for c in table.columns)
    table = table.model_copy(update={"columns": columns})
    if table.line_total and line_total(columns) != table.line_total:
        table = table.model_copy(update={"line_total": None})
    return _with_table(plan, index, table)


def formats(kind: Kind) -> tuple[Format, ...]:
    """The formats that a column of this kind can have, with the one that asks where texts may be read in two ways."""
    return (*FORMATS[kind], Format.ASK) if kind in (*TIMES, Kind.NUMBER) else FORMATS[kind]


def usual_format(kind: Kind, examples: Iterable[str]) -> Format:
    """The format that some filled values suggest; `ASK` for 03/04/2024 and 1,234 until all cells were looked at."""
    texts = [example.strip() for example in examples]
    if kind in TIMES and any(_LOCAL_DAY.fullmatch(text) for text in texts):
        return Format.ASK
    if kind is Kind.LIST:
        if texts and all(text.startswith("[") for text in texts):
            return Format.JSON
        return next((f for f, sign in SEPARATORS.items() if any(sign in t for t in texts)), Format.SEMICOLON)
    if kind is Kind.NUMBER and any("," in text for text in texts):
        return Format.ASK
    if kind is Kind.TEXT and texts and all(re.fullmatch(WHOLE_ID, text) for text in texts):
        return Format.WHOLE
    return FORMATS[kind][0]


def event_time(columns: Iterable[ColumnPlan]) -> str | None:
    """The date or moment that is most likely when an event happened; None if all are birth dates and the like."""
    scored = [(naming.time_score(c.column, c.kind), c.column) for c in columns if c.kind in TIMES]
    best = max(scored, key=lambda pair: pair[0], default=(0, ""))
    return best[1] if best[0] > 0 else None


def line_total(columns: Iterable[ColumnPlan]) -> tuple[str, str] | None:
    """The columns of quantity and unit price, if there are such numbers."""
    return naming.line_total([c.column for c in columns if c.kind is Kind.NUMBER and c.include])


def completed(table: TablePlan, event_column: str | None = None) -> TablePlan:
    """The table with what follows from its role and key: an id is text; events have a time, a name and a total."""
    of_person = table.role is not TableRole.LOOKUP
    columns = tuple(_as_key(c) if of_person and c.column == table.key else c for c in table.columns)
    update: dict[str, object] = {"columns": columns}
    if table.role is not TableRole.EVENTS:
        nothing: dict[str, object] = {
            "event_column": None,
            "event_name": None,
            "line_total": None,
            "keep_visitors": False,
        }
        nothing["time"] = event_time(table.columns) if table.role is TableRole.VISITORS else None
        nothing["visitor"] = table.visitor if table.role in (TableRole.VISITORS, TableRole.PEOPLE) else None
        return table.model_copy(update=update | nothing)
    if table.time is None:
        update |= {"time": event_time(table.columns), "line_total": line_total(table.columns)}
    if event_column and table.event_column is None and event_column != table.key:
        update["event_column"] = event_column
    return _named(table.model_copy(update=update))


def _as_key(column: ColumnPlan) -> ColumnPlan:
    update: dict[str, object] = {"role": Role.PERSON_ID, "theme": Theme.IDENTITY, "include": True}
    if column.kind is not Kind.TEXT:
        whole = any(re.fullmatch(WHOLE_ID, example) for example in column.examples)
        update |= {"kind": Kind.TEXT, "format": Format.WHOLE if whole else Format.PLAIN}
        update |= {"misfits": 0, "misfit_examples": ()}
    return column.model_copy(update=update)


def _named(table: TablePlan) -> TablePlan:
    if table.event_column or table.event_name:
        return table
    return table.model_copy(
        update={"event_name": naming.event_name(table.table.name, line_total(table.columns) is not None)}
    )


def _with_table(plan: LoadPlan, index: int, table: TablePlan) -> LoadPlan:
    tables = tuple(table if place == index else other for place, other in enumerate(plan.tables))
    return with_problems(plan.model_copy(update={"tables": tables}))


def with_problems(plan: LoadPlan) -> LoadPlan:
    """The plan with what it lacks, in sentences; loading waits while there are any."""
    plan = links.settled(namesakes.apart(aligned(plan)))
    tables = tuple(
        _noted(
            table.model_copy(update={"problems": _problems(table, plan)}),
            [note for found in _FINDING for note in found(plan, index)],
        )
        for index, table in enumerate(plan.tables)
    )
    return plan.model_copy(update={"tables": tables})


def _problems(table: TablePlan, plan: LoadPlan) -> tuple[str, ...]:
    roles = [other.role for other in plan.tables]
    found = []
    if TableRole.PEOPLE not in roles and TableRole.EVENTS not in roles and table is plan.tables[0]:
        found.append("Say which table holds the customers, or what they did: all tables are left out.")
    if table.role is TableRole.LEAVE_OUT:
        return tuple(found)
    found += differing(table, plan)
    owned = links.owner(table, plan) is not None
    needed = table.role is not TableRole.LOOKUP and not owned and not knows_visitors(table, plan)
    if table.key is None and needed and not is_numbered(table, plan):
        found.append("Say which column holds the customer id.")
    if table.role is TableRole.EVENTS:
        kinds = {c.column: c.kind for c in table.columns}
        if table.time is None and owned:
            pass  # that of what the event is a part of
        elif table.time is None:
            found.append("Say which column tells when it happened.")
        elif kinds.get(table.time) not in TIMES:
            found.append(f"“{table.time}” is to tell when it happened: make it a date or a date with time.")
    if table.role is TableRole.VISITORS and table.visitor is None:
        found.append("Say which column holds the visitor’s id.")
    for column in table.columns:
        if column.format is Format.ASK and (column.include or column.column == table.time):
            found.append(_question(column))
    found += links.problems(table, plan)
    names = [c.name.casefold() for c in table.columns if c.include]
    double = next((c.label for c in table.columns if c.include and names.count(c.name.casefold()) > 1), None)
    if double:
        found.append(f"Two columns are called “{double}”: leave one of them out.")
    return tuple(found)


def _question(column: ColumnPlan) -> str:
    local = next((e for e in column.examples if _LOCAL_DAY.fullmatch(e.strip())), None)
    example = (local or next(iter(column.examples), "03/04/2024")).strip()
    if column.kind is Kind.NUMBER:
        return f"“{column.column}” has numbers like {example}: say whether the comma marks decimals or thousands."
    return f"“{column.column}” has dates like {example}: say whether the day or the month comes first."


def is_numbered(table: TablePlan, plan: LoadPlan) -> bool:
    """Whether the table's rows are people without an id, each row one person: it is all there is."""
    alone = all(other is table or other.role in (TableRole.LOOKUP, TableRole.LEAVE_OUT) for other in plan.tables)
    return table.role is TableRole.PEOPLE and table.key is None and alone


_NUMBERED = "There is no customer id: each row is one person, numbered from 1."


def missed(plan: LoadPlan, index: int, link: Link) -> str:
    """Why the table to which by its name a column of the table at `index` refers is left out, in a sentence."""
    here, there = plan.tables[index], plan.tables[link.table]
    own, theirs = (
        next(_harmless(c) for c in table.columns if c.column == column)
        for table, column in ((here, link.column), (there, link.key))
    )
    looks = f" They are like “{own}”, and “{link.key}” is like “{theirs}”." if own and theirs else ""
    return (
        f"{LEFT_OUT}: by its name “{link.column}” of {here.table.name} refers to this table, but most of its values are not here."
        f"{looks}"
    )


def _harmless(column: ColumnPlan) -> str:
    """An example that may stand in a note, which is kept: nobody's address or number; “” where there is none."""
    if column.role in PERSONAL or tells(column) is not Role.NONE or naming.is_private(column.column):
        return ""
    return next((e for e in column.examples if not tells_of_person(e) and not _CALLED.fullmatch(e.strip())), "")


def _together(plan: LoadPlan, index: int) -> list[str]:
    """What is worth knowing where two tables tell of the same event."""
    table = plan.tables[index]
    if table.role is not TableRole.EVENTS or table.event_name is None:
        return []
    names = [
        t.table.name for t in plan.tables[:index] if t.role is TableRole.EVENTS and t.event_name == table.event_name
    ]
    return [
        f"Its events are called “{table.event_name}” like those of {name}, so that a filter on “{table.event_name}” counts both. "
        "Give them another name if they are something else."
        for name in names[:1]
    ]


_FINDING = (not_joined, told_by, namesakes.notes, _together, links.notes)  # what is worth knowing about a table


def _noted(table: TablePlan, found: list[str]) -> TablePlan:
    kept = [*(note for note in table.notes if note.startswith(FOUND)), *found]
    if table.role is TableRole.PEOPLE and table.key is None and not table.problems:
        kept.append(_NUMBERED)
    for column in table.columns:
        if column.kind is Kind.TEXT and column.format is Format.WHOLE:
            example = _harmless(column) or "17850.0"
            kept.append(f"“{column.column}” is written like {example} and read as {example.partition('.')[0]}.")
    return table.model_copy(update={"notes": tuple(kept)})
