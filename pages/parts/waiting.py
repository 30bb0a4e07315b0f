"""Answers that may take a moment: found beside the page, shown with their progress, given up when something else is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from pages.parts.queries import Current, jobs
from pages.parts.session import session
from pages.parts.words import plain
from segmentation.jobs import QUIET, State
from segmentation.plan import Progress

PATIENCE = 0.4  # seconds until a progress bar is drawn
T = TypeVar("T")


def found(current: Current, place: str, question: object, title: str, ask: Callable[[Progress], T]) -> T | None:
    """What `ask` finds, kept until another `question` is asked at this place of the page.

    None, and what is going on is drawn, while it takes its time and where it was stopped. Raises what `ask` raised.
    """
    return beside(place, question, title, ask) if current.large else ask(QUIET)


def beside(place: str, question: object, title: str, ask: Callable[[Progress], T]) -> T | None:
    """`found` where it always may take its time."""
    asked = session().asked
    before, job_id = asked.get(place, (None, ""))
    job = jobs().get(job_id)
    if job is None or before != question:
        jobs().forget(job_id)
        job = jobs().start(title, ask)
        asked[place] = (question, job.id)
    job.wait(PATIENCE)
    if job.state is State.RUNNING:
        _watch(place)
    elif job.state is State.CANCELLED:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"{plain(job.title)} was stopped.", width="stretch")
            st.button("Try again", key=f"again-{place}", icon=":material/refresh:", on_click=asked.pop, args=(place,))
    elif job.error is not None:
        raise job.error
    return job.result


@st.fragment(run_every=0.5)
def _watch(place: str) -> None:
    job = jobs().get(session().asked.get(place, (None, ""))[1])
    if job is None or job.state is not State.RUNNING:
        st.rerun()
    words = f"{plain(job.message or job.title)} · {job.elapsed:.0f} s"
    with st.container(horizontal=True, vertical_alignment="center"):
        if job.share is None:
            st.markdown(f":gray[:material/hourglass_top: {words}]", width="stretch")
        else:
            st.progress(job.share, text=words, width="stretch")
        st.button("Stop", key=f"stop-{place}", icon=":material/close:", type="tertiary", on_click=job.cancel)
