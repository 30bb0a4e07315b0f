"""A picture of the tables of an audience: boxes with their rows, and lines with how many of these find each other."""

from __future__ import annotations

from typing import Any

import altair as alt

from pages.parts.charts import palette
from pages.parts.relations import WHAT
from pages.parts.words import number, share_of, shortened
from segmentation.plan import LoadPlan
from segmentation.relations import Relation, layers

ROW = 96  # px from layer to layer
HALF = 0.24  # of a layer: a box reaches so far up and down
ACROSS = 4  # boxes side by side
WIDE = 640  # px that all boxes side by side have on a narrow screen
LETTER = 7  # px
Record = dict[str, Any]


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
        "share": f"{relation.column} · {share_of(relation.found, relation.rows)}", "whole": relation.is_whole,
    }  # fmt: skip
