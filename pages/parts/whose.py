"""Whose the rows of a load are: which customers their ids are of, and what is done with visitors."""

from __future__ import annotations

from functools import partial

import streamlit as st

from pages.parts.changes import select, with_widget
from pages.parts.links import declared_words, found_words
from pages.parts.session import session
from pages.parts.waiting import beside
from pages.parts.words import number, plain, share_of
from segmentation import replanning
from segmentation.catalogue import Role
from segmentation.counting import owned
from segmentation.errors import HandpickError
from segmentation.joining import people_tables, tells, whose
from segmentation.plan import LoadPlan, TablePlan, TableRole
from segmentation.preview import mask

FEW = 0.5  # of the rows with an id belong to a known customer


def whose_ids(index: int, table: TablePlan, plan: LoadPlan) -> None:
    """Which customers the ids of events are, and the column with the visitor's id."""
    if table.role is TableRole.LOOKUP:
        return
    owners = people_tables(plan)
    if len(owners) > 1 and table.role is not TableRole.PEOPLE:
        select(
            "is an id of",
            owners,
            whose(plan, index),
            f"{index}/people",
            lambda plan, people: replanning.change_people(plan, index, people),
            words=lambda place: plan.tables[place].table.name,
        )
    names = [c.column for c in table.columns if c.column != table.key]
    may_tell = table.role is not TableRole.PEOPLE or any(other.visitor for other in plan.tables)
    if table.visitor is not None or table.role is TableRole.VISITORS or (may_tell and replanning.has_visitors(table)):
        select(
            "Visitor id",
            names if table.role is TableRole.VISITORS else [None, *names],
            table.visitor,
            f"{index}/visitor",
            lambda plan, column: replanning.change_visitor(plan, index, column),
            words=lambda column: "none" if column is None else column,
            help="What tells visitors apart before anybody knows who they are. What they did then counts for the person.",
        )


def found_customers(index: int, table: TablePlan, plan: LoadPlan) -> None:
    """How many rows belong to a known customer; where they are few, what ids look like here and there."""
    events = table.role in (TableRole.EVENTS, TableRole.VISITORS)
    if not events or table.key is None or not people_tables(plan):
        return
    owner = whose(plan, index)
    people = plan.tables[owner]
    if people.key is None:
        return
    question = (table.table.path, table.key, people.table.path, people.key)
    try:
        link = beside(f"whose/{index}", question, "Looking whose they are", partial(owned, plan, index, owner))
    except HandpickError as error:
        st.caption(f":material/error: {plain(str(error))}")
        return
    if link is None:
        return
    if link.found >= FEW * link.filled:
        st.caption(found_words(link, people, is_part=True) + declared_words(plan, index, link))
        return
    here, there = _looks(table), _looks(people)
    st.warning(
        f"{share_of(link.found, link.filled)} of {number(link.filled)} rows with a “{plain(link.column)}” belong to a known customer; "
        f"the others cannot be loaded. Ids are like {here} here and like {there} in {plain(people.table.name)}: choose another "
        "customer id, or bring in the customers to whom they belong.",
        icon=":material/warning:",
    )


def _looks(table: TablePlan) -> str:
    """An example of a table's customer ids, masked where it is an address or a number that is called."""
    column = next(c for c in table.columns if c.column == table.key)
    role = tells(column)
    shown = next(iter(column.examples), "")
    return f"“{plain(mask(shown, Role.PERSON_ID if role is Role.NONE else role))}”"


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
