"""Changes to the load that is being prepared: each is a new plan, looked at again in the data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from pages.parts.session import session, widget
from segmentation.errors import HandpickError
from segmentation.guessing import checked
from segmentation.jobs import Quiet
from segmentation.plan import LoadPlan


def change_plan(change: Callable[[LoadPlan], LoadPlan]) -> None:
    """Change the plan and look at the data again."""
    state = session()
    if state.draft is None:
        return
    try:
        before = state.draft.plan
        state.draft = replace(state.draft, plan=checked(change(before), Quiet(), since=before))
        state.problem = ""
    except HandpickError as error:
        state.problem = str(error)


def with_widget(key: str, change: Callable[[LoadPlan, Any], LoadPlan]) -> None:
    """Change the plan by what a widget holds."""
    value = widget(key)
    change_plan(lambda plan: change(plan, value))


def select(
    label: str,
    options: list[Any],
    chosen: Any,
    key: str,
    change: Callable[[LoadPlan, Any], LoadPlan],
    words: Callable[[Any], str] = str,
    help: str | None = None,
    placeholder: str = "Choose",
) -> None:
    """A choice that changes the plan."""
    key = session().key("plan", key)
    st.selectbox(
        label,
        options,
        index=options.index(chosen) if chosen in options else None,
        format_func=words,
        key=key,
        placeholder=placeholder,
        on_change=with_widget,
        args=(key, change),
        help=help,
    )
