"""Changes to the load that is being prepared: each is a new plan, looked at again in the data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from pages.parts import work
from pages.parts.session import Draft, session, widget
from segmentation.counting import suggested_for
from segmentation.errors import HandpickError
from segmentation.guessing import checked
from segmentation.jobs import Quiet
from segmentation.plan import LoadPlan, Progress

MANY_ROWS = 500_000  # are looked at in more than a moment


def change_plan(change: Callable[[LoadPlan], LoadPlan], suggest: int | None = None, *, links: bool = False) -> None:
    """Change the plan and look at the data again, of many rows beside the page where links may change.

    `suggest` is the table for which new links are looked for.
    """
    state = session()
    draft = state.draft
    if draft is None:
        return

    def changed(progress: Progress) -> Draft:
        plan = change(draft.plan)
        if suggest is not None:
            plan = suggested_for(plan, suggest, progress)
        return replace(draft, plan=checked(plan, progress, since=draft.plan))

    if links and sum(table.table.rows for table in draft.plan.tables) > MANY_ROWS:
        work.start("Looking at your data again", changed)
        return
    try:
        state.draft = changed(Quiet())
        state.problem = ""
    except HandpickError as error:
        state.problem = str(error)


def with_widget(key: str, change: Callable[[LoadPlan, Any], LoadPlan], links: bool = False) -> None:
    """Change the plan by what a widget holds."""
    value = widget(key)
    change_plan(lambda plan: change(plan, value), links=links)


def select(
    label: str,
    options: list[Any],
    chosen: Any,
    key: str,
    change: Callable[[LoadPlan, Any], LoadPlan],
    words: Callable[[Any], str] = str,
    help: str | None = None,
    placeholder: str = "Choose",
    links: bool = False,
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
        args=(key, change, links),
        help=help,
    )
