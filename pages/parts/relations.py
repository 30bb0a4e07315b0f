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

ROW, BOX = 96, 46  # px: from layer to layer, and a box in it
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
    opened = bool(session().leftovers_of) and not session().leftovers_of.endswith("-all-")
    with st.expander("How the tables belong together", expanded=opened, icon=":material/account_tree:"):
        lines = [sentence(relation, about.plan) for relation in found]
        st.altair_chart(picture(about.plan, found, dark=is_dark()), width="stretch", alt=described(about.plan, lines))
        if about.plan.tables[0].role is not TableRole.PEOPLE and not any(
            table.role is TableRole.PEOPLE for table in about.plan.tables
        ):
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
    rest = []
    if relation.missing:
        rest.append(f"{number(relation.missing)} {'does' if relation.missing == 1 else 'do'} not")
    if relation.blank:
        rest.append(f"{number(relation.blank)} {'has' if relation.blank == 1 else 'have'} no {relation.column}")
    told = (
        ", ".join(rest)
        if relation.link is None
        else ", ".join(rest).replace(" do not", " are not").replace(" does not", " is not")
    )
    return f"{share} of the {number(relation.rows)} rows of {table} {known}; {told}."


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
        index: ((position + 0.5) / len(layer), depth, 0.5 / max(len(layer), 3) * 0.86)
        for depth, layer in enumerate(rows)
        for position, index in enumerate(layer)
    }
    boxes = [_box(plan, index, *place) for index, place in places.items()]
    edges = [_edge(relation, places) for relation in found]
    half = BOX / ROW / 2
    height = ROW * len(rows)
    x = alt.Scale(domain=[0, 1], nice=False)
    y = alt.Scale(domain=[len(rows) - 0.5, -0.5], nice=False)
    drawn = alt.Chart(alt.InlineData(values=edges))
    lines = drawn.mark_rule(strokeWidth=1.5, color=colours.base).encode(
        x=alt.X("x:Q", scale=x, axis=None), x2="x2:Q", y=alt.Y("y:Q", scale=y, axis=None), y2="y2:Q"
    )
    shares = drawn.mark_text(fontSize=12, dx=4, align="left", color=colours.faint).encode(
        x=alt.X("mid:Q", scale=x), y=alt.Y("height:Q", scale=y), text="share:N",
        color=alt.condition("datum.whole", alt.value(colours.faint), alt.value(colours.under)),
    )  # fmt: skip
    shown = alt.Chart(
        alt.InlineData(values=[{**box, "top": box["y"] - half, "bottom": box["y"] + half} for box in boxes])
    )
    frames = shown.mark_rect(cornerRadius=6, strokeWidth=1.5, stroke=colours.segment, fill=colours.page).encode(
        x=alt.X("left:Q", scale=x), x2="right:Q", y=alt.Y("top:Q", scale=y), y2="bottom:Q", description="said:N"
    )
    names = shown.mark_text(fontSize=13, fontWeight=600, dy=-8, color=colours.text).encode(
        x=alt.X("x:Q", scale=x), y=alt.Y("y:Q", scale=y), text="name:N"
    )
    counts = shown.mark_text(fontSize=12, dy=10, color=colours.faint).encode(
        x=alt.X("x:Q", scale=x), y=alt.Y("y:Q", scale=y), text="rows:N"
    )
    return alt.layer(lines, frames, names, counts, shares).properties(height=height)


def _box(plan: LoadPlan, index: int, x: float, y: float, half: float) -> Record:
    table = plan.tables[index]
    letters = int(2 * half * WIDE / LETTER)
    rows = f"{number(table.table.rows)} rows · {WHAT[table.role]}"
    return {
        "x": x, "y": y, "left": x - half, "right": x + half,
        "name": shortened(table.table.name, letters), "rows": shortened(rows, letters + 2), "said": f"{table.table.name}: {rows}",
    }  # fmt: skip


def _edge(relation: Relation, places: dict[int, tuple[float, int, float]]) -> Record:
    (x, y, _), (x2, y2, _) = places[relation.index], places[relation.other]
    return {
        "x": x, "y": y, "x2": x2, "y2": y2, "mid": (x + x2) / 2, "height": (y + y2) / 2,
        "share": f"{relation.column} · {share_of(relation.found, relation.rows)}", "whole": relation.found == relation.rows,
    }  # fmt: skip
