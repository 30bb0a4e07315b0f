"""The editor of a habit: stopped, came back, regularly, less or more often."""

from __future__ import annotations

import streamlit as st

from pages.parts import commands
from pages.parts.choices import choose_one, line, together
from pages.parts.details import details
from pages.parts.events import events_box
from pages.parts.inputs import chosen_number, chosen_period, number_field, period_fields
from pages.parts.queries import Current
from pages.parts.session import session, widget
from segmentation import editing
from segmentation.definition import HabitCondition, Period, Unit
from segmentation.habits import Changed, Habit, Regularly, Resumed, Stopped

HABITS: dict[str, tuple[str, Habit]] = {
    "stopped": ("stopped", Stopped()),
    "resumed": ("came back after a pause", Resumed()),
    "regularly": ("do it regularly", Regularly()),
    "less": ("less often than before", Changed(direction="less")),
    "more": ("more often than before", Changed(direction="more")),
}
MEANINGS = {
    "stopped": "They did it in the longer time, and not in the shorter one up to now.",
    "resumed": "They did it before the pause and again lately, and not in between.",
    "regularly": "The time up to now is cut into equal periods; in so many of them they did it at least once.",
    "less": "The time up to now is compared with the same length of time right before it, in which they did it at least once.",
    "more": "The time up to now is compared with the same length of time right before it, in which they did it at least once.",
}
_ALL = tuple(Unit)


def _kind(habit: Habit) -> str:
    return habit.direction if isinstance(habit, Changed) else habit.type


def habit_editor(node: HabitCondition, current: Current) -> None:
    """What was done, how it changed, over which lengths of time."""
    kind = _kind(node.habit)
    kinds = {name: words for name, (words, _) in HABITS.items()}
    with line("What"):
        events_box(node, current)
    with line("Habit", MEANINGS[kind]):
        choose_one("How it changed", kinds, kind, session().key(node.id, "habit"), _store_kind, node.id)
        base = session().key(node.id, "habit", kind)
        args = (node.id, base)
        match node.habit:
            case Stopped(recent=recent, earlier=earlier):
                _length("not in the last", recent, f"{base}/recent", args)
                _length("but in the last", earlier, f"{base}/earlier", args)
            case Resumed(recent=recent, pause=pause):
                _length("again in the last", recent, f"{base}/recent", args)
                _length("not before that, until", pause, f"{base}/pause", args, "ago")
            case Regularly() as habit:
                _regularly(habit, base, args)
            case Changed() as habit:
                _changed(habit, base, args)
    details(node, current)


def _length(before: str, period: Period, key: str, args: tuple[str, str], behind: str = "") -> None:
    with together():
        st.markdown(before, width="content")
        period_fields(period, key, _ALL, _store, args)
        if behind:
            st.markdown(behind, width="content")


def _regularly(habit: Regularly, base: str, args: tuple[str, str]) -> None:
    with together():
        st.markdown("in at least", width="content")
        number_field("In how many", habit.least, f"{base}/least", _store, args, whole=True, least=1, most=366)
    with together():
        st.markdown("of the last", width="content")
        number_field("Of how many", habit.periods, f"{base}/periods", _store, args, whole=True, least=1, most=366)
        st.markdown("periods", width="content")
    _length("of", habit.each, f"{base}/each", args, "each")


def _changed(habit: Changed, base: str, args: tuple[str, str]) -> None:
    most = 100 if habit.direction == "less" else 100_000
    with together():
        st.markdown("by at least", width="content")
        label, key = "Percent", f"{base}/percent"
        number_field(label, habit.percent, key, _store, args, whole=False, least=0, most=most, short=True)
        st.markdown("%", width="content")
    _length("in the last", habit.each, f"{base}/each", args)


def _find(node_id: str) -> HabitCondition | None:
    node = editing.find(session().definition, node_id)
    return node if isinstance(node, HabitCondition) else None


def _store_kind(node_id: str, key: str) -> None:
    """Another habit keeps the lengths of time and the percent that it has in common with the one before."""
    node, new = _find(node_id), HABITS[widget(key)][1]
    if node is None:
        return
    alike = isinstance(new, type(node.habit)) or {type(new), type(node.habit)} == {Stopped, Resumed}
    shared = (type(new).model_fields.keys() & type(node.habit).model_fields.keys()) - {"type", "direction"}
    kept = {name: getattr(node.habit, name) for name in shared} if alike else {}
    commands.update(node_id, habit=new.model_copy(update=kept))


def _store(node_id: str, base: str) -> None:
    node = _find(node_id)
    if node is None:
        return
    raw = {name: getattr(node.habit, name) for name in type(node.habit).model_fields}
    for name, before in raw.items():
        if isinstance(before, Period):
            raw[name] = chosen_period(f"{base}/{name}") or before
        elif isinstance(before, int | float):
            number = chosen_number(f"{base}/{name}", before)
            raw[name] = before if number is None else number
    commands.update(node_id, habit=type(node.habit).model_validate(raw))
