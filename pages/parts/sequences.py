"""The editor of a sequence: one thing after another, in so much time, with the same details, or not any more."""

from __future__ import annotations

import streamlit as st

from pages.parts import commands
from pages.parts.details import details
from pages.parts.events import events_box
from pages.parts.inputs import chosen_period, period_fields
from pages.parts.queries import Current
from pages.parts.session import session, widget
from pages.parts.when import NEAR_UNITS, when
from segmentation import editing
from segmentation.definition import Period, SequenceCondition, Step

THEN = {False: "and then", True: "and then did not"}


def sequence_editor(node: SequenceCondition, current: Current) -> None:
    """The steps one under another, then the window of the whole."""
    for position, step in enumerate(node.steps, 1):
        with st.container(border=True, gap="small"):
            _step(step, position, node, current)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            "Add a step",
            key=session().key(node.id, "add-step"),
            icon=":material/add:",
            type="tertiary",
            on_click=_add,
            args=(node.id,),
        )
    when(node, current)


def _step(step: Step, position: int, node: SequenceCondition, current: Current) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if position == 1:
            st.markdown("**1** first", width="content")
        else:
            st.markdown(f"**{position}**", width="content")
            key = session().key(step.id, "absent")
            st.selectbox(
                f"Step {position}: did or did not",
                list(THEN),
                index=list(THEN).index(step.absent),
                format_func=lambda absent: THEN[absent],
                key=key,
                label_visibility="collapsed",
                on_change=commands.take,
                args=(step.id, "absent", key),
                width=170,
            )
        events_box(step, current, f"Step {position}: what they did (any of)", 230)
        if len(node.steps) > 2 and position > 1:
            st.button(
                f"Remove step {position}",
                key=session().key("icon-only", step.id, "remove"),
                icon=":material/close:",
                type="tertiary",
                on_click=commands.remove_detail,
                args=(step.id,),
            )
    if position > 1:
        _link(step, position, node, current)
    details(step, current)


def _link(step: Step, position: int, node: SequenceCondition, current: Current) -> None:
    """How soon after the step before, and which details are the same."""
    base = session().key(step.id, "within")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.selectbox(
            f"Step {position}: how soon",
            [False, True],
            index=int(step.within is not None),
            format_func=lambda limited: "within" if limited else ("ever since" if step.absent else "any time later"),
            key=f"{base}/limited",
            label_visibility="collapsed",
            on_change=_store_within,
            args=(step.id, base),
            width=150,
        )
        if step.within is not None:
            period_fields(step.within, base, NEAR_UNITS, _store_within, (step.id, base))
        both = (node.steps[position - 2].events, step.events)
        shared = [
            p for p in current.catalogue.properties if all(not names or set(p.events) & set(names) for names in both)
        ]
        labels = {p.name: p.label for p in shared} | {
            name: name for name in step.same if name not in {p.name for p in shared}
        }
        if labels:
            key = session().key(step.id, "same", ",".join(sorted(labels)))
            st.multiselect(
                f"Step {position}: details that are the same as in the step before",
                list(labels),
                default=list(step.same),
                format_func=lambda name: f"same {labels[name]}",
                key=key,
                label_visibility="collapsed",
                placeholder="with the same … (optional)",
                on_change=_store_same,
                args=(step.id, key),
                width=220,
            )


def _add(node_id: str) -> None:
    state = session()
    state.change(editing.add(state.definition, node_id, Step())[0])


def _store_within(step_id: str, base: str) -> None:
    period = (chosen_period(base) or Period(amount=7)) if widget(f"{base}/limited") else None
    commands.update(step_id, within=period)


def _store_same(step_id: str, key: str) -> None:
    commands.update(step_id, same=tuple(widget(key)))
