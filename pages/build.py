"""Click a segment together and watch its exact count."""

import time

import streamlit as st

from pages.parts import saving
from pages.parts.aside import asides
from pages.parts.builder import builder
from pages.parts.frame import audience_or_stop
from pages.parts.numbers import funnel, sentence, total
from pages.parts.queries import Current

AHEAD = 0.02
"""The number goes ahead of the rest by two of Streamlit's sending intervals (10 ms): painted among 80 other changes it came
a third later (benchmarks/clicking.py: 4.1 instead of 2.7 times a page with one number, on a busy machine)."""


@st.fragment
def screen(current: Current) -> None:
    """Everything that changes with a click."""
    asides()
    answer = current.answer()
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


current = audience_or_stop("build a segment")
screen(current)
