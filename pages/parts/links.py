"""What a table looks up in others: by which columns, how much is found there, and changes to it."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from pages.parts.changes import change_plan, select, with_widget
from pages.parts.session import session
from pages.parts.words import number, plain, share_of, spoken
from segmentation import links, replanning
from segmentation.plan import Link, LoadPlan, TablePlan
from segmentation.subjects import likeness


def links_of(index: int, table: TablePlan, plan: LoadPlan) -> None:
    """One line for each link of a table with its match rate, and a way to add another."""
    possible = links.targets(plan, index)
    for place, link in enumerate(table.links):
        _link(index, place, link, table, plan, possible)
    if possible:
        st.button(
            "Look something up in another table",
            key=session().key("plan", str(index), "look-up"),
            type="tertiary",
            icon=":material/add_link:",
            on_click=change_plan,
            args=(partial(_added, index, possible),),
            kwargs={"links": True},
        )


def _link(index: int, place: int, link: Link, table: TablePlan, plan: LoadPlan, possible: tuple[int, ...]) -> None:
    other = plan.tables[link.table]
    key = f"{index}/link/{place}/{link.column}/{link.table}/{link.key}"  # another link has widgets of its own
    with st.container(horizontal=True, vertical_alignment="bottom"):
        select(
            "Column",
            [c.column for c in table.columns],
            link.column,
            f"{key}/column",
            lambda plan, column: _changed(plan, index, place, column=column),
            links=True,
        )
        select(
            "is looked up in",
            list(possible),
            link.table,
            f"{key}/table",
            lambda plan, other: _changed(plan, index, place, table=other, key=_key_of(plan.tables[other])),
            links=True,
            words=lambda other: spoken(plan.tables[other].table.name),
        )
        select(
            "by its column",
            [c.column for c in other.columns],
            link.key,
            f"{key}/key",
            lambda plan, column: _changed(plan, index, place, key=column),
            links=True,
        )
        st.button(
            f"Do not look up {spoken(link.column)}",
            key=session().key("icon-only-unlink", str(index), str(place)),
            type="tertiary",
            icon=":material/link_off:",
            on_click=change_plan,
            args=(partial(_removed, index, place),),
            kwargs={"links": True},
        )
    is_part = link == links.owner(table, plan)
    st.caption(found_words(link, other, is_part=is_part) + declared_words(plan, index, link))
    if link.repeated and not is_part:
        toggle = session().key("plan", key, "several")
        st.toggle(
            f"All rows with the same {spoken(link.key)} count: what they tell is a list",
            value=link.several,
            key=toggle,
            on_change=with_widget,
            args=(toggle, lambda plan, several: _changed(plan, index, place, several=several), True),
        )


def looked_up_by(index: int, plan: LoadPlan, others: int) -> None:
    """One line for each of the first `others` tables that looks something up in the table at `index`."""
    for place, other in enumerate(plan.tables[:others]):
        for link in (link for link in other.links if link.table == index):
            st.caption(
                f"{plain(other.table.name)}: {found_words(link, plan.tables[index], is_part=False)}{declared_words(plan, place, link)}"
            )


def declared_words(plan: LoadPlan, index: int, link: Link) -> str:
    """Where a link is known from, if it is not guessed."""
    return " :gray[Declared in the database.]" if links.is_declared(plan, index, link) else ""


def found_words(link: Link, other: TablePlan, *, is_part: bool) -> str:
    """How many of the rows find what they look up, in a sentence."""
    if not link.filled:
        return f":material/link_off: “{plain(link.column)}” has no values."
    missing = link.filled - link.found
    icon = ":green[:material/check:]" if link.found else ":orange[:material/warning:]"
    rows = "1 row" if link.filled == 1 else f"{number(link.filled)} rows"
    if not missing:
        return f"{icon} All {rows} with a “{plain(link.column)}” are found in {plain(other.table.name)}."
    return (
        f"{icon} {share_of(link.found, link.filled)} of {rows} with a “{plain(link.column)}” "
        f"{'is' if link.filled == 1 else 'are'} found in {plain(other.table.name)}; {number(missing)} "
        f"{'is' if missing == 1 else 'are'} not{', and cannot be loaded' if is_part else ''}."
    )


def _key_of(table: TablePlan) -> str:
    return replanning.row_key(table) or ""


def _added(index: int, possible: tuple[int, ...], plan: LoadPlan) -> LoadPlan:
    """The plan with one more link, the likeliest by its names, to begin with."""
    table = plan.tables[index]
    taken = {link.column for link in table.links}
    free = [c.column for c in table.columns if c.column not in taken] or [table.columns[0].column]
    offers = [
        Link(column=column, table=other, key=_key_of(plan.tables[other])) for other in possible for column in free
    ]
    best = max(offers, key=lambda link: likeness(link.column, link.key, plan.tables[link.table].table.name))
    return links.with_links(plan, index, (*table.links, best))


def _changed(plan: LoadPlan, index: int, place: int, **update: Any) -> LoadPlan:
    own = list(plan.tables[index].links)
    own[place] = links.changed(own[place], **update)
    return links.with_links(plan, index, tuple(own))


def _removed(index: int, place: int, plan: LoadPlan) -> LoadPlan:
    own = plan.tables[index].links
    return links.with_links(plan, index, own[:place] + own[place + 1 :])
