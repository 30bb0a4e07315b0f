"""Work that outlives a click: started here, watched here, its result put into the session."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.parts.queries import current, jobs, library
from pages.parts.session import Draft, session
from pages.parts.words import plain
from segmentation.jobs import State
from segmentation.plan import Progress
from segmentation.renewal import Held


def start(title: str, work: Callable[[Progress], Draft | str]) -> None:
    """Run `work` beside the page; it gives a draft to confirm, or the id of a loaded audience."""
    state = session()
    state.problem = ""
    state.job = jobs().start(title, work).id


def collect() -> None:
    """Take over what ended since the last run."""
    state = session()
    if state.job is None:
        return
    job = jobs().get(state.job)
    if job is not None and job.state == State.RUNNING:
        return
    state.job = None
    if job is None:
        return
    if job.state == State.DONE and isinstance(job.result, Draft):
        state.draft, state.further = job.result, None
        state.problem = "\n".join(job.result.problems)
        state.revision += 1
    elif job.state == State.DONE and isinstance(job.result, str):
        if job.result == state.audience:
            state.refresh()
            opened = current()
            if opened is not None:
                opened.keep(library().find(opened.id))
        else:
            state.turn_to(job.result)
        state.draft = None
        state.leftovers, state.leftovers_of = None, ""
        state.columns = None
        state.just_loaded = True
    elif isinstance(job.error, Held):
        state.problem = "The new data needs a look before it is brought in; the old data stays. See the sources below."
    elif job.error is not None:
        state.problem = str(job.error)
        state.revision += 1  # the box for files is empty again


@st.fragment(run_every=0.5)
def _watch() -> None:
    state = session()
    job = jobs().get(state.job) if state.job is not None else None
    if job is None or job.state != State.RUNNING:
        st.rerun()
        return
    with st.container(border=True):
        st.markdown(f"**{plain(job.title)}**")
        st.progress(job.share or 0.0, text=f"{plain(job.message or 'Starting')} · {job.elapsed:.0f} s")
        st.button("Cancel", icon=":material/close:", on_click=job.cancel, key="job-cancel")


def progress() -> None:
    """How far the running work is, with a way to stop it."""
    _watch()
