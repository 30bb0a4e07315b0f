"""The editor of a habit: stopped, resumed, regularly, less or more often."""

from __future__ import annotations

import streamlit as st

from pages.parts import commands
from pages.parts.details import details
from pages.parts.events import events_box
from pages.parts.inputs import chosen_period, period_fields
from pages.parts.queries import Current
from pages.parts.session import forget, session, widget
from segmentation import editing
from segmentation.definition import HabitCondition, Period, Unit
from segmentation.habits import Changed, Habit, Regularly, Resumed, Stopped

HABITS: dict[str, tuple[str, Habit]] = {
    "stopped": ("stopped", Stopped()),
    "resumed": ("came back", Resumed()),
    "regularly": ("regularly", Regularly()),
    "less": ("less often than before", Changed(direction="less")),
    "more": ("more often than before", Changed(direction="more")),
}


def _kind(habit: Habit) -> str:
    return habit.direction if isinstance(habit, Changed) else habit.type


def habit_editor(node: HabitCondition, current: Current) -> None:
    """What was done, how it changed, over which lengths of time."""
    key = session().key(node.id, "habit")
    kind = _kind(node.habit)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        events_box(node, current)
        st.selectbox(
            "How it changed",
            list(HABITS),
            index=list(HABITS).index(kind),
            format_func=lambda name: HABITS[name][0],
            key=key,
            label_visibility="collapsed",
            on_change=_store_kind,
            args=(node.id, key),
            width=210,
        )
    base = session().key(node.id, "habit", kind)
    args = (node.id, base)
    match node.habit:
        case Stopped(recent=recent, earlier=earlier):
            _row(("not in the last", recent, f"{base}/recent"), ("but in the last", earlier, f"{base}/earlier"), args)
        case Resumed(recent=recent, pause=pause):
            _row(("in the last", recent, f"{base}/recent"), ("after a pause until", pause, f"{base}/pause"), args)
            st.caption("They did it before the pause, too. The pause ends where “in the last” begins.")
        case Regularly() as habit:
            _regularly(habit, base, args)
        case Changed() as habit:
            _changed(habit, base, args)
    details(node, current)


def _row(first: tuple[str, Period, str], second: tuple[str, Period, str], args: tuple[str, str]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for words, period, key in (first, second):
            st.markdown(words, width="content")
            period_fields(period, key, tuple(Unit), _store, args)
        if second[0].endswith("until"):
            st.markdown("ago", width="content")


def _number(label: str, value: int | float, key: str, lowest: int, highest: int, args: tuple[str, str]) -> None:
    st.number_input(
        label,
        value=int(value),
        min_value=lowest,
        max_value=highest,
        step=1,
        key=key,
        label_visibility="collapsed",
        on_change=_store,
        args=args,
        width=110,
    )


def _regularly(habit: Regularly, base: str, args: tuple[str, str]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("in at least", width="content")
        _number("In how many", habit.least, f"{base}/least", 1, 366, args)
        st.markdown("of the last", width="content")
        _number("Of how many", habit.periods, f"{base}/periods", 1, 366, args)
        st.markdown("periods of", width="content")
        period_fields(habit.each, f"{base}/each", tuple(Unit), _store, args)


def _changed(habit: Changed, base: str, args: tuple[str, str]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("at least", width="content")
        _number("Percent", habit.percent, f"{base}/percent", 0, 100 if habit.direction == "less" else 100_000, args)
        st.markdown(f"% {habit.direction} in the last", width="content")
        period_fields(habit.each, f"{base}/each", tuple(Unit), _store, args)
        st.markdown("than just before", width="content")


def _store_kind(node_id: str, key: str) -> None:
    commands.update(node_id, habit=HABITS[widget(key)][1])
    forget(f"{node_id}/habit/", but=key)


def _store(node_id: str, base: str) -> None:
    node = editing.find(session().definition, node_id)
    if not isinstance(node, HabitCondition):
        return
    changes: dict[str, object] = {}
    for name in type(node.habit).model_fields:
        period, value = chosen_period(f"{base}/{name}"), widget(f"{base}/{name}")
        if period is not None:
            changes[name] = period
        elif value is not None:
            changes[name] = value
    raw = {name: getattr(node.habit, name) for name in type(node.habit).model_fields}
    commands.update(node_id, habit=type(node.habit).model_validate(raw | changes))
