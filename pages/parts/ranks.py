"""The editors of ranks (top and bottom customers) and of scores for recency, frequency and monetary value."""

from __future__ import annotations

import streamlit as st

from pages.parts import commands
from pages.parts.conditions import fields_by_theme
from pages.parts.details import details
from pages.parts.events import events_box, measure_box, property_box
from pages.parts.queries import Current
from pages.parts.session import forget, session, widget
from pages.parts.when import when
from segmentation.catalogue import Kind
from segmentation.definition import RankCondition, RfmCondition
from segmentation.describing_people import RFM_GROUPS

RANKED = (Kind.NUMBER, Kind.DATE, Kind.MOMENT)
DEEDS = "\0deeds"
SCORES = {
    "recency": ("Recency", "5: did it most recently"),
    "frequency": ("Frequency", "5: did it most often"),
    "monetary": ("Monetary value", "5: spent the most"),
}


def rank_editor(node: RankCondition, current: Current) -> None:
    """Which end, how many, by what, and among whom."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _choice(node, "direction", "Which end", {"top": "Top", "bottom": "Bottom"}, 110)
        _amount(node, "amount", "How many", 1)
        _choice(node, "unit", "Percent or people", {"percent": "percent", "people": "people"}, 120)
        st.markdown("but not the first", width="content")
        _amount(node, "after", "Without the first", 0)
    fields = {f.name: f.label for f in fields_by_theme(current.catalogue) if f.kind in RANKED}
    by = {**({DEEDS: "what they did …"} if current.catalogue.events else {}), **fields}
    groups = {f.name: f.label for f in fields_by_theme(current.catalogue) if f.kind in (Kind.TEXT, Kind.YES_NO)}
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("by", width="content")
        key = session().key(node.id, "by")
        chosen = node.field if node.field is not None else DEEDS
        st.selectbox(
            "Ranked by",
            list(by),
            index=list(by).index(chosen) if chosen in by else None,
            format_func=lambda name: by[name],
            key=key,
            label_visibility="collapsed",
            placeholder="Choose a number or date",
            on_change=_store_by,
            args=(node.id, key),
            width=200,
        )
        st.markdown("among", width="content")
        key = session().key(node.id, "within")
        st.selectbox(
            "Among whom",
            list(groups),
            index=list(groups).index(node.within) if node.within in groups else None,
            format_func=lambda name: f"those of the same {groups[name]}",
            key=key,
            label_visibility="collapsed",
            placeholder="everybody",
            on_change=commands.take,
            args=(node.id, "within", key),
            width=240,
        )
    if node.field is None:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            events_box(node, current)
            measure_box(node, current.catalogue)
        when(node, current)
        details(node, current)
    st.caption("Only customers with a value are ranked; ties with the last place are in.")


def _choice(node: RankCondition, attribute: str, label: str, words: dict[str, str], width: int) -> None:
    key = session().key(node.id, attribute)
    st.selectbox(
        label,
        list(words),
        index=list(words).index(getattr(node, attribute)),
        format_func=words.__getitem__,
        key=key,
        label_visibility="collapsed",
        on_change=commands.take,
        args=(node.id, attribute, key),
        width=width,
    )


def _amount(node: RankCondition, attribute: str, label: str, least: int) -> None:
    value = getattr(node, attribute)
    whole = not isinstance(value, float) or value.is_integer()
    key = session().key(node.id, attribute, "whole" if whole else "decimal")
    st.number_input(
        label,
        value=None if value is None else int(value) if whole else value,
        min_value=least if whole else float(least),
        step=1 if whole else 0.1,
        key=key,
        label_visibility="collapsed",
        on_change=_store_amount,
        args=(node.id, attribute, key),
        width=110,
    )


def _store_amount(node_id: str, attribute: str, key: str) -> None:
    value = widget(key)
    commands.update(node_id, **{attribute: (0 if attribute == "after" else None) if value is None else value})


def _store_by(node_id: str, key: str) -> None:
    chosen = widget(key)
    if chosen is None or chosen == DEEDS:
        commands.update(node_id, field=None)
    else:
        commands.update(node_id, field=chosen, events=(), where=None)
    forget(f"{node_id}/events", but=key)


def rfm_editor(node: RfmCondition, current: Current) -> None:
    """Over which events, the groups by name, and the scores."""
    numbers = [
        p.name
        for p in current.catalogue.properties
        if p.kind == Kind.NUMBER and (not node.events or set(p.events) & set(node.events))
    ]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        events_box(node, current)
        st.markdown("amount", width="content")
        key = session().key(node.id, "amount")
        property_box(numbers, node.amount, "Which detail is the amount", key, current.catalogue, _store_of, (node.id,))
    when(node, current)
    key = session().key(node.id, "groups")
    st.multiselect(
        "Groups of customers (any of)",
        list(RFM_GROUPS),
        default=list(node.groups),
        format_func=lambda group: RFM_GROUPS[group],
        key=key,
        placeholder="All groups: choose Champions, At risk …",
        on_change=_store_groups,
        args=(node.id, key),
    )
    with st.container(horizontal=True, gap="medium"):
        for attribute, (label, meaning) in SCORES.items():
            if attribute == "monetary" and node.amount is None:
                continue
            key = session().key(node.id, attribute)
            st.slider(
                label,
                1,
                5,
                value=getattr(node, attribute),
                key=key,
                help=f"{meaning}; 1: the least. Each score is a fifth of those who did it.",
                on_change=commands.take,
                args=(node.id, attribute, key),
                width=180,
            )
    details(node, current)


def _store_of(node_id: str, key: str) -> None:
    commands.update(node_id, amount=widget(key), monetary=(1, 5))


def _store_groups(node_id: str, key: str) -> None:
    commands.update(node_id, groups=tuple(widget(key)))
