"""What several pages begin with."""

from __future__ import annotations

import streamlit as st

from pages.parts.counting import counted
from pages.parts.live import newer
from pages.parts.queries import Current, current
from pages.parts.session import session
from pages.parts.words import number, percent, plain
from segmentation.checking import problems
from segmentation.engine import Answer


def audience_or_stop(purpose: str) -> Current:
    """The audience in hand; without one the page ends with the way to get it."""
    found = current()
    if found is None:
        st.subheader("No customers yet")
        st.markdown(f"To {purpose}, bring in your customers first, or try the sample data.")
        st.page_link("pages/data.py", label="Go to Data", icon=":material/database:")
        st.stop()
    return found


def notice() -> None:
    """What the last click has to say, once."""
    state = session()
    if state.notice:
        st.toast(plain(state.notice), icon=":material/check:")
        state.notice = None


def segment_or_stop(found: Current, purpose: str) -> Answer:
    """The answer of the segment in hand under its name and count; without one the page ends with the way to get it."""
    answer = counted(found)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.subheader(plain(session().name), width="content", anchor=False)
        if answer.counted:
            st.markdown(f"**{number(answer.total)}** people · {percent(answer.share)} of {number(answer.base)}")
        newer(found)
    if not answer.counted:
        st.markdown(f"To {purpose}, build a segment first; now it holds everybody.")
        st.page_link("pages/build.py", label="Go to Build", icon=":material/front_hand:")
        st.stop()
    return answer


def problems_or_stop(found: Current, what: str) -> None:
    """A segment with unfinished filters is neither saved nor exported: the page ends with what to do."""
    waiting = problems(session().definition, found.catalogue, found.clock, found.references())
    if waiting:
        lines = "\n".join(f"- {plain(f'{p.place}: {p.message}' if p.place else p.message)}" for p in waiting)
        st.warning(f"{what} waits for these filters:\n{lines}")
        st.page_link("pages/build.py", label="Go to Build", icon=":material/front_hand:")
        st.stop()
