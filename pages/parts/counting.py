"""The numbers of the segment on screen, counted beside the page, so that a click never waits for an older one's count."""

from __future__ import annotations

import streamlit as st

from pages.parts.queries import Current
from pages.parts.session import Counting, session
from segmentation.engine import Answer
from segmentation.jobs import QUIET, Job, State
from segmentation.membership import Membership

PATIENCE = 0.3  # seconds without a word
BETWEEN = 0.2  # seconds from one look for a newer click to the next


def begun(current: Current) -> Answer:
    """The numbers, or where they take long an answer that waits for them; see `watch`. A count of something else ends at once."""
    if not current.large:
        return current.asked()(QUIET)
    job = _job(current)
    job.wait(PATIENCE)
    if job.state is not State.RUNNING:
        return _result(job)
    people = current.engine.audience.people
    return Answer(people, Membership.nobody(people), counted=False, waiting=True)


def counted(current: Current) -> Answer:
    """The numbers, however long they take; the next click ends the count."""
    place = st.empty()
    answer = begun(current)
    if not answer.waiting:
        return answer
    job = _job(current)
    while job.state is State.RUNNING:
        place.info(_words(job), icon=":material/hourglass_top:")
        job.wait(BETWEEN)
    place.empty()
    return _result(job)


@st.fragment(run_every=BETWEEN)
def watch() -> None:
    """How long the count takes; with its end the page is drawn anew for its numbers."""
    counting = session().counting
    if counting is None or counting.job.state is not State.RUNNING:
        st.rerun()
    else:
        st.caption(_words(counting.job))


def _job(current: Current) -> Job[Answer]:
    """The count of what is on screen, which goes on while other things are clicked."""
    state = session()
    asked = (current.engine.audience.version, state.definition, current.clock, current.catalogue)
    before = state.counting
    if before is not None and before.asked == asked and before.job.state is State.RUNNING:
        return before.job
    if before is not None:
        before.job.cancel()
    state.counting = Counting(asked, Job("Counting", current.asked()))
    return state.counting.job


def _words(job: Job[Answer]) -> str:
    return f"Counting for {job.elapsed:.0f} s. Go on: this count ends when you change a filter."


def _result(job: Job[Answer]) -> Answer:
    if job.result is None:
        raise job.error or AssertionError("a job that ended has a result or an error")
    return job.result
