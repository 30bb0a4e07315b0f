"""How a source is brought up to date, and when by itself."""

from __future__ import annotations

from datetime import time
from typing import Any

import streamlit as st

from connectors.renewing import path_of
from pages.parts.queries import renewals
from pages.parts.session import session, widget
from pages.parts.words import plain, spoken
from segmentation.catalogue import Kind
from segmentation.errors import HandpickError
from segmentation.merging import key_of
from segmentation.plan import FILE, Format, TablePlan
from segmentation.renewal import Renewal, TableRenewal, Way
from segmentation.schedules import Every, Schedule

WAYS = {
    Way.REPLACE: "take the place of all that is there",
    Way.APPEND: "are added to what is there",
    Way.UPSERT: "update known ones, others are added",
}
SHORT = {Way.REPLACE: "replaced each time", Way.APPEND: "added to each time", Way.UPSERT: "updated each time"}
WHOLE = "read everything"
BY_HAND = "by hand"
TIMES = {BY_HAND: "only when I say so", Every.HOUR: "every hour", Every.DAY: "every day", Every.WEEK: "every week"}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def way(audience: str, index: int, plan: TablePlan, renewal: Renewal) -> None:
    """The small window with everything about one source."""
    table = renewal.table(index)
    is_file = plan.table.origin is None or plan.table.origin.source == FILE
    columns = list(plan.table.columns)
    with st.popover(f"{spoken(plan.table.name)}: {SHORT[table.way]}", icon=":material/tune:", type="tertiary"):
        _box("New rows …", list(WAYS), table.way, "way", audience, index, WAYS.__getitem__)
        if table.way is Way.UPSERT:
            _box("Known by", columns, key_of(plan, table), "key", audience, index, str)
            st.toggle(
                "Empty cells empty what was known",
                value=table.blanks_overwrite,
                key=_key(audience, index, "blanks_overwrite"),
                on_change=_store,
                args=(audience, index, "blanks_overwrite"),
            )
        if not is_file and table.way is not Way.REPLACE:
            _box(
                "Read only what is new, by",
                [WHOLE, *_growing(plan)],
                table.newer or WHOLE,
                "newer",
                audience,
                index,
                str,
                help="A column that grows with each change: when a row was changed, or a number that counts up.",
            )
        if is_file:
            st.text_input(
                "Read again from",
                value=path_of(plan.table.origin, table),
                key=_key(audience, index, "path"),
                placeholder="/exports/orders.csv",
                help="A file on the machine that runs Handpick, or a folder of files. Without it you drop a new file each time.",
                on_change=_store,
                args=(audience, index, "path"),
            )
        for kept, now in table.renamed.items():
            st.caption(f"{plain(kept)}: {f'now called {plain(now)}' if now else 'gone, left empty'}")


def _growing(plan: TablePlan) -> list[str]:
    """The columns that can tell what is new: times, numbers, and ids that are whole numbers."""
    return [
        c.column
        for c in plan.columns
        if (c.kind in (Kind.DATE, Kind.MOMENT) and c.format is Format.PLAIN)
        or c.kind is Kind.NUMBER
        or (c.kind is Kind.TEXT and c.examples and all(example.strip().isdigit() for example in c.examples))
    ]


def _key(audience: str, index: int, name: str) -> str:
    return session().key("way", audience, str(index), name)


def _box(
    label: str,
    options: list[Any],
    chosen: Any,
    name: str,
    audience: str,
    index: int,
    words: Any,
    help: str | None = None,
) -> None:
    st.selectbox(
        label,
        options,
        index=options.index(chosen) if chosen in options else None,
        format_func=words,
        key=_key(audience, index, name),
        on_change=_store,
        args=(audience, index, name),
        help=help,
    )


def _store(audience: str, index: int, name: str) -> None:
    value = widget(_key(audience, index, name))
    renewal = renewals().of(audience)
    changed = renewal.table(index).model_dump() | {name: None if value == WHOLE else value}
    _keep(audience, renewal.with_table(index, TableRenewal.model_validate(changed)))


def _keep(audience: str, renewal: Renewal) -> None:
    try:
        renewals().keep(audience, renewal)
    except HandpickError as error:
        session().problem = str(error)


def timetable(audience: str, renewal: Renewal, alone: list[str]) -> None:
    """When it is brought up to date by itself; `alone` are sources that need a person."""
    schedule = renewal.schedule
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Brought up to date",
            list(TIMES),
            index=list(TIMES).index(schedule.every if schedule else BY_HAND),
            format_func=lambda every: TIMES[every],
            key=f"timetable-{audience}-every",
            on_change=_store_timetable,
            args=(audience,),
            width=220,
        )
        if schedule is not None and schedule.every is Every.WEEK:
            st.selectbox(
                "Weekday",
                range(7),
                index=schedule.weekday,
                format_func=WEEKDAYS.__getitem__,
                key=f"timetable-{audience}-weekday",
                on_change=_store_timetable,
                args=(audience,),
                width=160,
            )
        if schedule is not None:
            st.time_input(
                "Time",
                value=schedule.at,
                key=f"timetable-{audience}-at",
                on_change=_store_timetable,
                args=(audience,),
                width=140,
                help="In the time zone below, while Handpick runs; a time that was missed is made up for once. Of an hourly "
                "timetable only the minutes count.",
            )
    if schedule is not None and alone:
        names = ", ".join(plain(name) for name in alone)
        st.caption(
            f":material/info: {names}: not by itself yet. A file needs a place to be read again from, a database the name of "
            "a secret instead of a password."
        )


def _store_timetable(audience: str) -> None:
    renewal = renewals().of(audience)
    every = widget(f"timetable-{audience}-every")
    before = renewal.schedule or Schedule()
    schedule = None
    if every != BY_HAND:
        schedule = Schedule(
            every=every,
            at=widget(f"timetable-{audience}-at") or before.at if renewal.schedule else time(6, 0),
            weekday=widget(f"timetable-{audience}-weekday", before.weekday),
        )
    _keep(audience, renewal.model_copy(update={"schedule": schedule}))
