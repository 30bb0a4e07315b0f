"""The numbers of the segment on screen, counted beside the page, so that a click never waits for an older one's count."""

from __future__ import annotations

import streamlit as st

from pages.parts.queries import Current
from segmentation.engine import Answer
from segmentation.jobs import QUIET, Job, State

PATIENCE = 0.3  # seconds without a word
BETWEEN = 0.2  # seconds from one look for a newer click to the next


def counted(current: Current) -> Answer:
    """All numbers; where they take long it says so, and the next click ends the count at once."""
    place = st.empty()
    if current.engine.kernels is None:  # a small audience is quicker than a thread
        return current.asked()(QUIET)
    job = Job("Counting", current.asked())
    job.wait(PATIENCE)
    try:
        while job.state is State.RUNNING:
            place.info(
                f"Counting since {job.elapsed:.0f} s. Go on: the next click ends this count.",
                icon=":material/hourglass_top:",
            )
            job.wait(BETWEEN)
    except BaseException:  # the page is drawn anew, or left
        job.cancel()
        raise
    if job.elapsed > PATIENCE:
        place.empty()
    if job.result is None:
        raise job.error or AssertionError("a job that ended has a result or an error")
    return job.result
