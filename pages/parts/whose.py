"""Whose the rows of a load are: which customers their ids are of, and what is done with visitors."""

from __future__ import annotations

import streamlit as st

from pages.parts.changes import select, with_widget
from pages.parts.session import session
from segmentation import replanning
from segmentation.joining import people_tables, whose
from segmentation.plan import LoadPlan, TablePlan, TableRole


def whose_ids(index: int, table: TablePlan, plan: LoadPlan) -> None:
    """Which customers the ids of events are, and the column with the visitor's id."""
    if table.role not in (TableRole.EVENTS, TableRole.VISITORS):
        return
    owners = people_tables(plan)
    if len(owners) > 1:
        select(
            "is an id of",
            owners,
            whose(plan, index),
            f"{index}/people",
            lambda plan, people: replanning.change_people(plan, index, people),
            words=lambda place: plan.tables[place].table.name,
        )
    names = [c.column for c in table.columns if c.column != table.key]
    if table.visitor is not None or table.role is TableRole.VISITORS or replanning.has_visitors(table):
        select(
            "Visitor id",
            [None, *names] if table.role is TableRole.EVENTS else names,
            table.visitor,
            f"{index}/visitor",
            lambda plan, column: replanning.change_visitor(plan, index, column),
            words=lambda column: "none" if column is None else column,
            help="What tells visitors apart before anybody knows who they are. What they did then counts for the person.",
        )


def visitors_kept(index: int, table: TablePlan) -> None:
    """Whether visitors who are never identified are people too."""
    if table.role is not TableRole.EVENTS or table.visitor is None:
        return
    key = session().key("plan", str(index), "keep-visitors")
    st.toggle(
        "Keep visitors nobody has identified as anonymous customers",
        value=table.keep_visitors,
        key=key,
        help="Otherwise what they did is counted and left aside until they are identified.",
        on_change=with_widget,
        args=(key, lambda plan, wanted: replanning.change_keep_visitors(plan, index, wanted)),
    )
