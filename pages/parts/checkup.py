"""The check of an audience: at once where it is small, beside the page with progress and a way to stop where it is not."""

from __future__ import annotations

from functools import partial

import streamlit as st

from pages.parts.queries import Current, jobs
from pages.parts.session import Asked, session
from pages.parts.words import plain
from segmentation.findings import Finding
from segmentation.health import FEW, findings
from segmentation.jobs import Job, State

AT_ONCE = 1.0  # seconds that the page waits


def found_or_stop(current: Current) -> tuple[Finding, ...]:
    """What the check of the audience in hand found; while it goes on, the page ends with how far it is."""
    state = session()
    audience = current.engine.audience
    if state.checkup is None or state.checkup[0][:2] != (audience.version, current.catalogue):
        _start(current, thorough=False)
    assert state.checkup is not None
    asked, job_id = state.checkup
    job: Job[tuple[Finding, ...]] | None = jobs().get(job_id)
    if job is None:
        job = _start(current, thorough=asked.thorough)
    job.wait(AT_ONCE)
    if job.state == State.RUNNING:
        _watch(job.id)
        st.stop()
    if job.result is None:
        st.warning(plain(str(job.error or "")), icon=":material/error:")
        st.button("Check again", icon=":material/refresh:", on_click=_again)
        st.stop()
    if not asked.thorough and audience.people > FEW:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(
                "Not looked for yet: people with a similar name and address. It takes a while.", width="stretch"
            )
            st.button(
                "Look for similar people",
                icon=":material/group:",
                on_click=_start,
                args=(current,),
                kwargs={"thorough": True},
            )
    return job.result


def _start(current: Current, *, thorough: bool) -> Job[tuple[Finding, ...]]:
    audience = current.engine.audience
    today = current.local(current.clock.now).date()
    job = jobs().start(
        "Checking the customers", partial(findings, audience, current.catalogue, today, thorough=thorough)
    )
    session().checkup = Asked(audience.version, current.catalogue, thorough), job.id
    return job


def _again() -> None:
    session().checkup = None


@st.fragment(run_every=0.5)
def _watch(job_id: str) -> None:
    job = jobs().get(job_id)
    if job is None or job.state != State.RUNNING:
        st.rerun()
        return
    with st.container(border=True):
        st.progress(job.share or 0.0, text=f"{plain(job.message or 'Checking')} · {job.elapsed:.0f} s")
        st.button("Cancel", icon=":material/close:", on_click=job.cancel, key="checkup-cancel")
