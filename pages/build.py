"""Click a segment together and watch its exact count."""

import streamlit as st

from pages.parts import saving
from pages.parts.builder import builder
from pages.parts.frame import audience_or_stop
from pages.parts.numbers import funnel, sentence, total
from pages.parts.queries import Current


@st.fragment
def screen(current: Current) -> None:
    """Everything that changes with a click."""
    answer = current.answer()
    bar = st.container()
    left, right = st.columns([2, 1], gap="medium")
    with right:
        total(current, answer)  # drawn first: the number is on screen while the rest is still on its way
        funnel(current, answer)
    with bar:
        saving.bar(current, answer)
    with left:
        builder(current, answer)
        sentence(current)


current = audience_or_stop("build a segment")
screen(current)
