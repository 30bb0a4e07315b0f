"""The editors of filters that name a set of people: another segment, a list, a random share."""

from __future__ import annotations

import streamlit as st

from pages.parts import commands
from pages.parts.queries import Current, library, lists
from pages.parts.session import session, widget
from pages.parts.words import number
from segmentation.definition import ListCondition, SampleCondition, SegmentCondition
from segmentation.references import ListedBy

IN = {False: "in", True: "not in"}
ON = {False: "on", True: "not on"}


def _outside(node: SegmentCondition | ListCondition, words: dict[bool, str]) -> None:
    key = session().key(node.id, "outside")
    st.selectbox(
        "In or not in",
        list(words),
        index=int(node.outside),
        format_func=lambda outside: f"are {words[outside]}",
        key=key,
        label_visibility="collapsed",
        on_change=commands.take,
        args=(node.id, "outside", key),
        width=130,
    )


def _named(
    node_id: str, attribute: str, label: str, chosen: str | None, names: dict[str, str], placeholder: str
) -> None:
    if chosen is not None:
        names.setdefault(chosen, chosen)
    key = session().key(node_id, attribute)
    st.selectbox(
        label,
        list(names),
        index=list(names).index(chosen) if chosen is not None else None,
        format_func=names.__getitem__,
        key=key,
        label_visibility="collapsed",
        placeholder=placeholder,
        on_change=commands.take,
        args=(node_id, attribute, key),
        width=320,
    )


def segment_editor(node: SegmentCondition, current: Current) -> None:
    """Another saved segment, which is asked anew each time."""
    own = session().saved
    found = [s for s in library().find(current.id) if own is None or s.id != own.id]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _outside(node, IN)
        chosen = next((s.id for s in found if node.segment in (s.id, s.name)), node.segment)
        names = {s.id: s.name for s in found}
        _named(node.id, "segment", "Segment", chosen, names, "Choose a saved segment" if names else "None is saved yet")
    st.caption("When that segment is changed, this one changes with it.")


def list_editor(node: ListCondition, current: Current) -> None:
    """A static list of ids or e-mail addresses."""
    found = lists().find(current.id)
    words = {ListedBy.ID: "ids", ListedBy.EMAIL: "e-mail addresses"}
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _outside(node, ON)
        chosen = next((entry.id for entry in found if node.list in (entry.id, entry.name)), node.list)
        names = {entry.id: f"{entry.name} · {number(entry.size)} {words[entry.by]}" for entry in found}
        _named(node.id, "list", "List", chosen, names, "Choose a list" if names else "There is no list yet")
    if not found:
        st.page_link("pages/segments.py", label="Paste or upload a list on the Segments page", icon=":material/list:")


def sample_editor(node: SampleCondition, current: Current) -> None:
    """How much of the customers, from where on, and the name that draws them."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _percent(node, "percent", "Percent of the customers")
        st.markdown("% of the customers, from", width="content")
        _percent(node, "start", "From which percent on")
        st.markdown("% on, drawn by the name", width="content")
        key = session().key(node.id, "seed")
        st.text_input(
            "Name of the draw",
            value=node.seed,
            key=key,
            label_visibility="collapsed",
            placeholder="e.g. spring test",
            on_change=_store_seed,
            args=(node.id, key),
            width=180,
        )
    st.caption(
        "The same name always draws the same customers, also when others come and go. "
        "Two filters of one name, from 0 % and from 50 % on, share nobody."
    )


def _percent(node: SampleCondition, attribute: str, label: str) -> None:
    value = getattr(node, attribute)
    key = session().key(node.id, attribute)
    st.number_input(
        label,
        value=None if value is None else float(value),
        min_value=0.0,
        max_value=100.0,
        step=1.0,
        format="%g",
        key=key,
        label_visibility="collapsed",
        on_change=_store_percent,
        args=(node.id, attribute, key),
        width=120,
    )


def _store_percent(node_id: str, attribute: str, key: str) -> None:
    value = widget(key)
    if value is None and attribute == "start":
        value = 0
    commands.update(node_id, **{attribute: int(value) if value is not None and float(value).is_integer() else value})


def _store_seed(node_id: str, key: str) -> None:
    commands.update(node_id, seed=widget(key) or "")
