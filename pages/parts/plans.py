"""Confirm what was recognised: what each table is, its key, time and event, and how its columns are read."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from connectors.extending import extend
from connectors.importing import load
from pages.parts import leftovers, work
from pages.parts.changes import change_plan, select, with_widget
from pages.parts.links import links_of, looked_up_by
from pages.parts.queries import sample_rows, workspace
from pages.parts.session import Draft, session, widget
from pages.parts.whose import found_customers, visitors_kept, whose_ids
from pages.parts.words import KINDS, ONE_OF_KIND, THEMES, cells, lines, number, plain, shortened, spoken, zones
from segmentation import replanning
from segmentation.catalogue import Kind, Theme
from segmentation.joining import knows_visitors, people_tables
from segmentation.links import is_listed, owner
from segmentation.naming import is_secret
from segmentation.plan import ColumnPlan, Format, LoadPlan, Progress, TablePlan, TableRole
from segmentation.preview import HIDDEN

ROLES = {
    TableRole.PEOPLE: "Customers",
    TableRole.EVENTS: "Events",
    TableRole.LOOKUP: "Look-up",
    TableRole.VISITORS: "Visitors",
    TableRole.LEAVE_OUT: "Leave out",
}
PAIRS = "Several rows may belong to one that refers to them: what stands here, and where they lead, is told as a list."
LOOKUP = "One row for each product, store or the like: what stands here is told of every row that refers to it."
FORMAT_LABELS = {
    Format.PLAIN: "as it stands",
    Format.DECIMAL_COMMA: "1.234,50",
    Format.DAY_FIRST: "day first (03/04 is 3 April)",
    Format.MONTH_FIRST: "month first (03/04 is 4 March)",
    Format.ASK: "please say …",
    Format.SEMICOLON: "separated by ;",
    Format.PIPE: "separated by |",
    Format.COMMA: "separated by ,",
    Format.JSON: '["a", "b"]',
    Format.WHOLE: "whole id (17850.0 is 17850)",
}
ONE_NAME = "one name for every row"


def confirm() -> None:
    """The whole screen: every table, then load or start over."""
    state = session()
    draft = state.draft
    if draft is None:
        return
    st.subheader(
        f"Is this what comes to {plain(draft.name)}?" if draft.kept else "Is this what your data is?", anchor=False
    )
    st.markdown("Handpick has looked at every cell. Correct what it got wrong, then load.")
    if state.problem:
        st.error(lines(state.problem), icon=":material/error:")
    for index, table in enumerate(draft.plan.tables[draft.kept :], draft.kept):
        _table(index, table, draft.plan, draft.kept)
    _tables_before(draft)
    if len(people_tables(draft.plan)) > 1:
        from pages.parts.whoiswho import one_person  # with rules of addresses, which a start does without

        one_person(draft)
    problems = draft.plan.problems
    if problems:
        st.warning("Before loading:\n" + "\n".join(f"- {plain(problem)}" for problem in problems))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            "Name of this audience", value=draft.name, key=state.key("audience-name"), max_chars=80, width=320
        )
        st.button("Load", type="primary", icon=":material/check:", disabled=bool(problems), on_click=_load)
        st.button("Leave it as it is" if draft.audience else "Start over", type="tertiary", on_click=_drop)


def _tables_before(draft: Draft) -> None:
    """The tables that an audience has already, folded in; what they look up in the new ones can be changed there."""
    if not draft.kept:
        return
    count = "The table that is" if draft.kept == 1 else f"The {draft.kept} tables that are"
    key = session().key("plan", "before")
    with st.expander(f"{count} there already", icon=":material/table_view:", on_change="rerun", key=key) as opened:
        if opened.open:
            for index, table in enumerate(draft.plan.tables[: draft.kept]):
                _table(index, table, draft.plan)


def _drop() -> None:
    state = session()
    if state.draft is not None:
        workspace().drop_staged(state.draft.plan)
    state.draft = None
    state.problem = ""


def _load() -> None:
    state = session()
    draft = state.draft
    if draft is None:
        return
    name = str(widget(state.key("audience-name")) or "").strip() or "Customers"
    work.start(f"Loading {name}", partial(_build, draft, name))


def _build(draft: Draft, name: str, progress: Progress) -> str:
    if draft.audience and draft.kept:
        return extend(draft.audience, draft.plan, draft.kept, name, workspace(), progress)
    return load(draft.plan, name, workspace(), progress, draft.audience)


def _table(index: int, table: TablePlan, plan: LoadPlan, others: int = 0) -> None:
    """One table; with a line for each of the first `others` tables that looks something up in it."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain(table.table.name)}** :gray[{number(table.table.rows)} rows]", width="stretch")
            key = session().key("plan", str(index), "role")
            st.segmented_control(
                f"What a row of {spoken(table.table.name)} is",
                list(ROLES),
                default=table.role,
                required=True,
                format_func=lambda role: ROLES[role],
                key=key,
                label_visibility="collapsed",
                on_change=_change_role,
                args=(key, index),
            )
        for note in (*table.table.notes, *table.notes):
            st.caption(f":material/info: {plain(note)}")
        if table.table.rejected_rows:
            leftovers.of_table(table.table, str(index))
        if table.role == TableRole.LOOKUP:
            st.caption(f":material/info: {PAIRS if is_listed(plan, index) else LOOKUP}")
        if table.role != TableRole.LEAVE_OUT:
            _keys(index, table, plan)
            found_customers(index, table, plan)
            looked_up_by(index, plan, others)
            links_of(index, table, plan)
            st.dataframe(
                sample_rows(str(table.table.path)), height=213, hide_index=True, placeholder="–", alt="The first rows"
            )
            _questions(index, table)
            _columns(index, table)


def _change_role(key: str, index: int) -> None:
    role = widget(key)
    change_plan(lambda plan: replanning.change_role(plan, index, role), index, links=True)


def _keys(index: int, table: TablePlan, plan: LoadPlan) -> None:
    names = [c.column for c in table.columns]
    events = table.role == TableRole.EVENTS
    whole = owner(table, plan)
    placeholder = f"that of {spoken(plan.tables[whole.table].table.name)}" if whole is not None else "Choose"
    by_visitor = whole is None and knows_visitors(table, plan)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if table.role != TableRole.LOOKUP:
            select(
                "Customer id",
                names,
                table.key,
                f"{index}/key",
                lambda plan, column: replanning.change_key(plan, index, column),
                help="The column that says which customer a row belongs to.",
                placeholder="that of the visitor" if by_visitor else placeholder,
            )
            whose_ids(index, table, plan)
        if events:
            select(
                "Time",
                names,
                table.time,
                f"{index}/time",
                lambda plan, c: replanning.change_time(plan, index, c),
                placeholder=placeholder,
            )
            select(
                "What happened",
                [ONE_NAME, *names],
                table.event_column or ONE_NAME,
                f"{index}/event",
                lambda plan, c: replanning.change_event_column(plan, index, None if c == ONE_NAME else c),
            )
            if table.event_column is None:
                key = session().key("plan", str(index), "event-name")
                st.text_input(
                    "Name of the event",
                    value=table.event_name or "",
                    key=key,
                    on_change=with_widget,
                    args=(key, lambda plan, name: replanning.change_event_name(plan, index, name or "")),
                )
        if any(c.kind == Kind.MOMENT for c in table.columns):
            select(
                "Times are in",
                zones(),
                table.zone,
                f"{index}/zone",
                lambda plan, zone: replanning.change_zone(plan, index, zone),
                help="The time zone of times that are written without one.",
            )
    visitors_kept(index, table)
    offered = replanning.line_total(table.columns) if events else None
    if offered is not None:
        quantity, price = offered
        key = session().key("plan", str(index), "line-total")
        st.toggle(
            f"Add “Line total” = {spoken(quantity)} × {spoken(price)}",
            value=table.line_total is not None,
            key=key,
            on_change=with_widget,
            args=(key, lambda plan, wanted: replanning.change_line_total(plan, index, wanted)),
        )


def _questions(index: int, table: TablePlan) -> None:
    """What only the marketer knows of a column, with the answers beside it."""
    for column in table.columns:
        if column.format != Format.ASK or not (column.include or column.column == table.time):
            continue
        example = next(iter(column.examples), "")
        if column.kind == Kind.NUMBER:
            asked = f"numbers like {plain(example)}. What is the comma?"
            answers = {Format.DECIMAL_COMMA: "the decimal mark", Format.PLAIN: "between thousands"}
        else:
            asked = f"dates like {plain(example)}. Which comes first?"
            answers = {Format.DAY_FIRST: "the day", Format.MONTH_FIRST: "the month"}
        key = session().key("plan", str(index), "ask", column.column)
        st.markdown(f":orange[:material/help:] **{plain(column.column)}** has {asked}")
        st.segmented_control(
            f"How {spoken(column.column)} is written",
            list(answers),
            format_func=answers.__getitem__,
            key=key,
            label_visibility="collapsed",
            on_change=with_widget,
            args=(key, partial(_answered, index, column.column)),
        )


def _answered(index: int, column: str, plan: LoadPlan, answer: Format) -> LoadPlan:
    return replanning.change_column(plan, index, column, format=answer)


def _columns(index: int, table: TablePlan) -> None:
    """How each column is read."""
    misfitting = [c for c in table.columns if c.include and c.misfits]
    for column in misfitting:
        examples = ", ".join(f"“{shortened(e, 40)}”" for e in column.misfit_examples)
        st.markdown(
            f":orange[:material/warning:] **{plain(column.column)}**: {cells(column.misfits)} "
            f"{'is' if column.misfits == 1 else 'are'} not {ONE_OF_KIND[column.kind]} "
            f"and will be missing{f': {plain(examples)}' if examples else '.'}"
        )
    with st.expander(
        f"How the {len(table.columns)} columns are read",
        expanded=bool(misfitting) or any(c.include and c.format == Format.ASK for c in table.columns),
        icon=":material/table_chart:",
        key=session().key("plan", str(index), "fold"),  # one expander: it stays open when its columns change
    ):
        key = session().key("plan", str(index), "columns", str(hash(table.columns)))
        st.data_editor(
            [_row(c) for c in table.columns],
            key=key,
            hide_index=True,
            height=min(35 * (len(table.columns) + 1) + 3, 420),
            disabled=["column", "examples", "misfits"],
            on_change=_store,
            args=(key, index, tuple(c.column for c in table.columns)),
            alt=f"Columns of {table.table.name}",
            column_config={
                "include": st.column_config.CheckboxColumn("Use", width="small"),
                "column": st.column_config.TextColumn("Column"),
                "label": st.column_config.TextColumn("Name in Handpick", required=True, max_chars=80),
                "kind": st.column_config.SelectboxColumn(
                    "Kind", options=list(KINDS.values()), required=True, width="small"
                ),
                "format": st.column_config.SelectboxColumn(
                    "Written as", options=list(FORMAT_LABELS.values()), required=True
                ),
                "theme": st.column_config.SelectboxColumn(
                    "Theme", options=list(THEMES.values()), required=True, width=125
                ),
                "misfits": st.column_config.NumberColumn("Do not fit", format="localized", width="small"),
                "examples": st.column_config.TextColumn("Examples", width="large"),
            },
        )


def _row(column: ColumnPlan) -> dict[str, Any]:
    return {
        "include": column.include,
        "column": column.column,
        "label": column.label,
        "kind": KINDS[column.kind],
        "format": FORMAT_LABELS[column.format],
        "theme": THEMES[column.theme],
        "misfits": column.misfits,
        "examples": HIDDEN if is_secret(column.column) else " · ".join(shortened(e, 40) for e in column.examples),
    }


def _store(key: str, index: int, columns: tuple[str, ...]) -> None:
    edited = widget(key)["edited_rows"]

    def change(plan: LoadPlan) -> LoadPlan:
        for position, values in edited.items():
            column = columns[int(position)]
            update: dict[str, Any] = {name: values[name] for name in ("include", "label") if name in values}
            if "kind" in values:
                update["kind"] = next(kind for kind, label in KINDS.items() if label == values["kind"])
            if "theme" in values:
                update["theme"] = next(theme for theme in Theme if THEMES[theme] == values["theme"])
            if "format" in values:
                update["format"] = next(f for f, label in FORMAT_LABELS.items() if label == values["format"])
            plan = replanning.change_column(plan, index, column, **update)
        return plan

    change_plan(change)
