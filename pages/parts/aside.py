"""Work that was not saved when something else was taken in hand: one line each, with the way back."""

from __future__ import annotations

import streamlit as st

from pages.parts.queries import workspace
from pages.parts.session import Aside, session
from pages.parts.words import plain
from segmentation.definition import Group

BUILD = "pages/build.py"
SHOWN = 3


def asides() -> None:
    """The latest of them, if any; first the way to the Build page, where a click has taken something in hand."""
    state = session()
    if state.go_build:
        st.switch_page(BUILD)
    found = state.asides
    if not found:
        return
    with st.container(border=True, gap="small"):
        for position in range(len(found) - 1, max(-1, len(found) - 1 - SHOWN), -1):
            _line(found[position], position)
        if len(found) > SHOWN:
            st.caption(f"{len(found) - SHOWN} more that were not saved wait behind these.")


def _line(aside: Aside, position: int) -> None:
    filters = _filters(aside.history.present.root)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            f":material/inventory_2: **{plain(aside.name)}** was not saved and is set aside "
            f"({filters} filter{'' if filters == 1 else 's'}{_of(aside)})",
            width="stretch",
        )
        st.button("Bring it back", key=f"aside-back-{position}", icon=":material/undo:", on_click=_back, args=(aside,))
        st.button("Let it go", key=f"aside-go-{position}", type="tertiary", on_click=session().let_go, args=(aside,))


def _filters(group: Group) -> int:
    return sum(_filters(child) if isinstance(child, Group) else 1 for child in group.children)


def _of(aside: Aside) -> str:
    """Which audience it belongs to, where that is not the one in hand."""
    if aside.audience == session().audience:
        return ""
    name = next((entry.name for entry in workspace().audiences() if entry.id == aside.audience), None)
    return f", of {plain(name)}" if name else ", of an audience that was deleted"


def _back(aside: Aside) -> None:
    state = session()
    if all(entry.id != aside.audience for entry in workspace().audiences()):
        state.notice = "Its audience was deleted. Bring that back on the Data page first."
        return
    state.bring_back(aside)
    state.go_build = True
