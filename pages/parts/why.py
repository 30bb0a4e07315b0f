"""Why somebody is in: each filter of the segment in words, with whether it holds for this person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import streamlit as st

from pages.parts.queries import Current
from pages.parts.session import session
from pages.parts.words import plain
from segmentation.definition import Group, Match, Node
from segmentation.describing import describe_condition
from segmentation.engine import Answer
from segmentation.membership import Membership

YES, NO, OFF = ":green[:material/check:]", ":red[:material/close:]", ":gray[:material/remove:]"
INDENT = "&nbsp;" * 6
MATCHES = {
    Match.ALL: "All of these hold",
    Match.ANY: "Any of these holds",
    Match.NONE: "None of these holds",
    Match.AT_LEAST: "At least {} of these hold",
}


def why(current: Current, answer: Answer, row: int) -> None:
    """The filters with a check or a cross each, groups with what is in them indented."""
    lines = list(_lines(session().definition.root, current, answer.sets, row, ""))
    if len(lines) > 1:
        st.markdown("**Why they are in**")
        st.markdown("  \n".join(lines))


def _lines(node: Node, current: Current, sets: Mapping[str, Membership], row: int, place: str) -> Iterator[str]:
    held = sets.get(node.id)
    sign = OFF if held is None else YES if row in held else NO
    depth = place.count(".") + 1 if place else 0
    if isinstance(node, Group):
        words = MATCHES[node.match].format(node.least)
    else:
        words = plain(describe_condition(node, current.catalogue, current.references()))
    off = "" if held is not None else " :gray[(turned off)]" if not node.enabled else " :gray[(not counted)]"
    yield f"{INDENT * depth}{sign} :small[:gray[{place}]] {words}{off}"
    if isinstance(node, Group):
        for position, child in enumerate(node.children, 1):
            yield from _lines(child, current, sets, row, f"{place}.{position}" if place else str(position))
