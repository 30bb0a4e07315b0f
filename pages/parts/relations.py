"""A picture of how the tables of an audience belong together, and the same in words with the rows that belong to nothing."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.parts import leftovers
from pages.parts.words import number, plain, share_of
from segmentation.audience import AudienceAbout
from segmentation.plan import LoadPlan, TableRole
from segmentation.relations import Relation, relations, used

WHAT = {
    TableRole.PEOPLE: "customers",
    TableRole.EVENTS: "events",
    TableRole.LOOKUP: "look-up",
    TableRole.VISITORS: "visitors",
}


def belonging(audience: str, version: str, about: AudienceAbout) -> None:
    """The picture of an audience of several tables, and a line for each relation."""
    if len(used(about.plan)) < 2:
        return
    found = relations(about)
    with st.expander(
        "How the tables belong together", icon=":material/account_tree:", on_change="rerun", key="belonging"
    ) as opened:
        if not opened.open:
            return
        from pages.parts.panels import is_dark  # these bring charts, which a start does without
        from pages.parts.relations_picture import picture

        lines = [sentence(relation, about.plan) for relation in found]
        st.altair_chart(picture(about.plan, found, dark=is_dark()), width="stretch", alt=described(about.plan, lines))
        if all(table.role is not TableRole.PEOPLE for table in about.plan.tables):
            st.markdown("- No table of customers: they are made from the events.")
        for relation, line in zip(found, lines, strict=True):
            if relation.missing + relation.blank == 0:
                st.markdown(f":green[:material/check:] {plain(line)}")
                continue
            icon = ":gray[:material/info:]" if relation.is_whole else ":orange[:material/warning:]"
            leftovers.of_relation(audience, version, about, relation, f"{icon} {plain(line)}")


def sentence(relation: Relation, plan: LoadPlan) -> str:
    """How many rows find what they refer to, in exact numbers."""
    table, other = plan.tables[relation.index].table.name, plan.tables[relation.other].table.name
    known = "belong to a known customer" if relation.link is None else f"are found in {other} by {relation.column}"
    if relation.found == relation.rows:
        return f"All {number(relation.rows)} rows of {table} {known}."
    share = share_of(relation.found, relation.rows)
    one, several = ("does", "do") if relation.link is None else ("is", "are")
    rest = []
    if relation.missing:
        rest.append(f"{number(relation.missing)} {one if relation.missing == 1 else several} not")
    if relation.blank:
        rest.append(f"{number(relation.blank)} {'has' if relation.blank == 1 else 'have'} no {relation.column}")
    return f"{share} of the {number(relation.rows)} rows of {table} {known}; {', '.join(rest)}."


def described(plan: LoadPlan, lines: Sequence[str]) -> str:
    """The picture in words."""
    boxes = [
        f"{t.table.name}, {number(t.table.rows)} rows, {WHAT[t.role]}" for p in used(plan) if (t := plan.tables[p])
    ]
    return ". ".join(["Tables: " + "; ".join(boxes), *lines])
