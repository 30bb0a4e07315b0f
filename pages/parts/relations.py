"""A picture of how the tables of an audience belong together, and the same in words with the rows that belong to nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import streamlit as st

from pages.parts import leftovers
from pages.parts.charts import palette
from pages.parts.panels import is_dark
from pages.parts.session import session
from pages.parts.words import number, plain, share_of, shortened
from segmentation.audience import AudienceAbout
from segmentation.plan import LoadPlan, TableRole
from segmentation.relations import Relation, layers, relations, used

ROW = 96  # px from layer to layer
HALF = 0.24  # of a layer: a box reaches so far up and down
ACROSS = 4  # boxes side by side
WIDE = 640  # px that all boxes side by side have on a narrow screen
LETTER = 7  # px
WHAT = {TableRole.PEOPLE: "customers", TableRole.EVENTS: "events", TableRole.LOOKUP: "look-up"}
Record = dict[str, Any]


def belonging(audience: str, version: str, about: AudienceAbout) -> None:
    """The picture of an audience of several tables, and a line for each relation."""
    if len(used(about.plan)) < 2:
        return
    found = relations(about)
    looked_at = session().leftovers_of
    opened = bool(looked_at) and not looked_at.endswith(leftovers.ALL)
    with st.expander("How the tables belong together", expanded=opened, icon=":material/account_tree:"):
        lines = [sentence(relation, about.plan) for relation in found]
        st.altair_chart(picture(about.plan, found, dark=is_dark()), width="stretch", alt=described(about.plan, lines))
        if all(table.role is not TableRole.PEOPLE for table in about.plan.tables):
            st.markdown("- No table of customers: they are made from the events.")
        for relation, line in zip(found, lines, strict=True):
            if relation.missing + relation.blank == 0:
                st.markdown(f":green[:material/check:] {plain(line)}")
                continue
            leftovers.of_relation(audience, version, about, relation, f":orange[:material/warning:] {plain(line)}")


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


def picture(plan: LoadPlan, found: tuple[Relation, ...], *, dark: bool) -> alt.LayerChart:
    """Tables as boxes with their rows, lines between them with the share of rows that find something."""
    colours = palette(dark)
    rows = [layer[start : start + ACROSS] for layer in layers(plan, found) for start in range(0, len(layer), ACROSS)]
    places = {
        index: ((position + 0.5) / len(layer), depth, 0.43 / max(len(layer), 3))
        for depth, layer in enumerate(rows)
        for position, index in enumerate(layer)
    }
    across = alt.Scale(domain=[0, 1], nice=False)
    down = alt.Scale(domain=[-0.5, len(rows) - 0.5], nice=False, reverse=True)
    ends = {
        "x": alt.X("x:Q", scale=across, axis=None), "x2": "x2:Q", "y": alt.Y("y:Q", scale=down, axis=None), "y2": "y2:Q",
    }  # fmt: skip
    at_middle = {"x": alt.X("middle:Q", scale=across), "y": alt.Y("level:Q", scale=down)}
    edges = alt.Chart(alt.InlineData(values=[_edge(relation, places) for relation in found]))
    boxes = alt.Chart(alt.InlineData(values=[_box(plan, index, *place) for index, place in places.items()]))
    text = {"fontSize": 12, "color": colours.faint}
    under = alt.condition("datum.whole", alt.value(colours.faint), alt.value(colours.under))
    shares = edges.encode(**at_middle, text="share:N")
    return alt.layer(
        edges.mark_rule(strokeWidth=1.5, color=colours.base).encode(**ends),
        boxes.mark_rect(cornerRadius=6, strokeWidth=1.5, stroke=colours.segment, fill=colours.page).encode(
            **ends, description="said:N"
        ),
        boxes.mark_text(**{**text, "fontSize": 13, "color": colours.text}, fontWeight=600, dy=-8).encode(
            **at_middle, text="name:N"
        ),
        boxes.mark_text(**text, dy=10).encode(**at_middle, text="rows:N"),
        shares.mark_text(**text, stroke=colours.page, strokeWidth=6),  # so that no line crosses the letters
        shares.mark_text(**text).encode(color=under),
    ).properties(height=ROW * len(rows))


def _box(plan: LoadPlan, index: int, x: float, y: float, half: float) -> Record:
    table = plan.tables[index]
    letters = int(2 * half * WIDE / LETTER)
    rows = f"{number(table.table.rows)} rows · {WHAT[table.role]}"
    return {
        "x": x - half, "x2": x + half, "y": y - HALF, "y2": y + HALF, "middle": x, "level": y,
        "name": shortened(table.table.name, letters), "rows": shortened(rows, letters + 2), "said": f"{table.table.name}: {rows}",
    }  # fmt: skip


def _edge(relation: Relation, places: dict[int, tuple[float, int, float]]) -> Record:
    (x, y, _), (x2, y2, _) = places[relation.index], places[relation.other]
    return {
        "x": x, "x2": x2, "y": y, "y2": y2, "middle": (x + x2) / 2, "level": (y + y2) / 2,
        "share": f"{relation.column} · {share_of(relation.found, relation.rows)}", "whole": relation.found == relation.rows,
    }  # fmt: skip
