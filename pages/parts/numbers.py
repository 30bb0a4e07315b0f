"""The numbers beside the tree: the total, how it came about, and the segment as a sentence."""

from __future__ import annotations

import time

import streamlit as st

from pages.parts.counting import watch
from pages.parts.queries import Current
from pages.parts.sending import send_now
from pages.parts.session import session
from pages.parts.words import clock, number, people, percent, plain, shortened
from segmentation.definition import Group, Match, find
from segmentation.describing import describe, describe_condition
from segmentation.engine import Answer

AHEAD = 0.06
"""The number goes ahead of the rest by the time a browser takes to paint it: with 20 ms the other 80 changes came in between, and it
was painted half as late again (benchmarks/clicking.py, both side by side). The rest stands some 20 ms later for it."""


def total(current: Current, answer: Answer) -> None:
    """The one big number, its share and how exact and fresh it is."""
    with st.container(border=True, gap="small"):
        if answer.waiting:
            st.metric("People in this segment", "…")
            watch()
            return
        count = answer.total if answer.counted else answer.base
        st.metric("People in this segment" if answer.counted else "Everybody", number(count))
        if answer.counted:
            st.progress(min(answer.share, 1.0), text=f"{percent(answer.share)} of {people(answer.base)}")
        else:
            st.caption("No filter yet: add one and the count follows.")
        about = current.engine.audience.about
        live = f", {number(about.live.messages)} messages live since" if about.live and about.live.messages else ""
        st.caption(
            f"Exact. Data loaded {clock(current.local(about.loaded_at))}{live}; "
            f"now is {clock(current.local(current.clock.instant))} ({plain(current.clock.zone)})."
        )
        waiting = len(answer.unfinished)
        if waiting:
            st.caption(
                f":orange[:material/pending: {waiting} filter{'s' if waiting > 1 else ''} not counted yet; "
                "saving and exporting wait for it.]"
            )


def let_paint() -> None:
    """Have the browser paint what has been drawn so far, and give it the time to."""
    send_now()
    time.sleep(AHEAD)


def funnel(current: Current, answer: Answer) -> None:
    """How each filter of the top group cuts or adds: native bars, as a chart would take longer than all counts together."""
    if len(answer.funnel) < 2:
        return
    with st.container(border=True, gap="small"):
        st.markdown("**What each filter adds**" if _adds() else "**How each filter cuts**")
        for label, count in funnel_steps(current, answer):
            share = count / answer.base if answer.base else 0.0
            st.progress(min(share, 1.0), text=f"{plain(label)} · **{number(count)}** · {percent(share)}")


def _adds() -> bool:
    return session().definition.root.match == Match.ANY


def funnel_steps(current: Current, answer: Answer) -> list[tuple[str, int]]:
    """The steps of the funnel as (label, people)."""
    steps, known = [], current.references()
    for position, step in enumerate(answer.funnel, 1):
        node = find(session().definition, step.node)
        words = f"Group {position}" if isinstance(node, Group) else describe_condition(node, current.catalogue, known)
        steps.append((shortened(words, 60), step.count))
    return steps


def sentence(current: Current) -> None:
    """The whole segment read back."""
    st.markdown(
        f":gray[In words:] {plain(describe(session().definition, current.catalogue, current.clock.zone, current.references()))}"
    )
