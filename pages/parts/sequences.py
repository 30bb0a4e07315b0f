"""The editor of a sequence: one thing after another, in so much time, with the same details, or not any more."""

from __future__ import annotations

import streamlit as st

from pages.parts import commands
from pages.parts.choices import choose_one, choose_some, line, together
from pages.parts.details import details
from pages.parts.events import events_box
from pages.parts.inputs import chosen_period, period_fields
from pages.parts.queries import Current
from pages.parts.session import session, widget
from pages.parts.when import NEAR_UNITS, when
from segmentation import editing
from segmentation.definition import Period, SequenceCondition, Step

THEN = {False: "they did", True: "they did not"}
SOON = {
    False: {False: "any time later", True: "within …"},
    True: {False: "ever since", True: "within …"},
}
SAME_HELP = "E.g. the same product: both events have to agree on it. Events where it is not known do not count."


def sequence_editor(node: SequenceCondition, current: Current) -> None:
    """The steps one under another, then the window of the whole."""
    for position, step in enumerate(node.steps, 1):
        with st.container(border=True, gap="xsmall"):
            _step(step, position, node, current)
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
    follows = position > 1 or step != Step(id=step.id, enabled=step.enabled, events=step.events, where=step.where)
    with line("First" if position == 1 else "Then"):
        if follows:
            label = f"Step {position}: did or did not"
            choose_one(label, THEN, step.absent, session().key(step.id, "absent"), commands.take, step.id, "absent")
        events_box(step, current, f"Step {position}: what they did (any of)", 262)
        if position > 1:
            with together():
                st.button(
                    f"Move step {position} up",
                    key=session().key("icon-only", step.id, "up"),
                    icon=":material/arrow_upward:",
                    type="tertiary",
                    on_click=commands.earlier,
                    args=(step.id,),
                )
                if len(node.steps) > 2:
                    st.button(
                        f"Remove step {position}",
                        key=session().key("icon-only", step.id, "remove"),
                        icon=":material/close:",
                        type="tertiary",
                        on_click=commands.remove_detail,
                        args=(step.id,),
                    )
    if follows:
        _link(step, position, node, current)
    details(step, current)


def _link(step: Step, position: int, node: SequenceCondition, current: Current) -> None:
    """How soon after the step before, and which details are the same."""
    base = session().key(step.id, "within")
    with line("How soon"):
        soon = f"Step {position}: how soon"
        choose_one(soon, SOON[step.absent], step.within is not None, f"{base}/limited", _store_limited, step.id)
        if step.within is not None:
            period_fields(step.within, base, NEAR_UNITS, _store_within, (step.id, base))
            st.caption("of the step before", width="content")
    both = (node.steps[position - 2].events if position > 1 else (), step.events)
    shared = {
        p.name: f"same {p.label.lower()}"
        for p in current.catalogue.properties
        if all(not names or set(p.events) & set(names) for names in both)
    }
    labels = shared | {p.name: f"same {p.label.lower()}" for p in current.catalogue.properties if p.name in step.same}
    if labels or step.same:
        with line("Same", SAME_HELP):
            choose_some(
                f"Step {position}: details that are the same as in the step before",
                labels,
                step.same,
                session().key(step.id, "same"),
                _store_same,
                step.id,
                placeholder="e.g. the same product (optional)",
            )


def _add(node_id: str) -> None:
    state = session()
    state.change(editing.add(state.definition, node_id, Step())[0])


def _store_limited(step_id: str, key: str) -> None:
    commands.update(step_id, within=Period(amount=7) if widget(key) else None)


def _store_within(step_id: str, base: str) -> None:
    period = chosen_period(base)
    if period is not None:
        commands.update(step_id, within=period)


def _store_same(step_id: str, key: str) -> None:
    commands.update(step_id, same=tuple(widget(key)))
