"""Click a segment together and watch its exact count."""

import time

import streamlit as st

from pages.parts import saving
from pages.parts.aside import asides
from pages.parts.builder import builder
from pages.parts.cookbook import cookbook
from pages.parts.counting import counted
from pages.parts.frame import audience_or_stop
from pages.parts.numbers import funnel, sentence, total
from pages.parts.queries import Current
from pages.parts.session import session

AHEAD = 0.06
"""The number goes ahead of the rest by the time a browser takes to paint it: with 20 ms the other 80 changes came in between, and it
was painted half as late again (benchmarks/clicking.py, both side by side). The rest stands some 20 ms later for it."""


@st.fragment
def screen(current: Current) -> None:
    """Everything that changes with a click."""
    if session().go_build:  # another audience may be in hand now
        st.rerun()
    asides()
    answer = counted(current)
    bar = st.container()
    left, right = st.columns([2, 1], gap="medium")
    with right:
        total(current, answer)
        time.sleep(AHEAD)
        funnel(current, answer)
    with bar:
        saving.bar(current, answer)
    with left:
        builder(current, answer)
        sentence(current)
        if not session().definition.root.children:
            cookbook(current)


session().go_build = False  # only here, so that a run that was cut short on its way is made up for
current = audience_or_stop("build a segment")
screen(current)
