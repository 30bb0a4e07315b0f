"""Click a segment together and watch its exact count."""

import streamlit as st

from pages.parts import saving
from pages.parts.aside import asides
from pages.parts.builder import builder
from pages.parts.cookbook import cookbook
from pages.parts.counting import begun
from pages.parts.frame import audience_or_stop
from pages.parts.live import follow
from pages.parts.numbers import funnel, let_paint, sentence, total
from pages.parts.queries import Current
from pages.parts.session import session


@st.fragment
def screen(current: Current) -> None:
    """Everything that changes with a click."""
    if session().go_build:  # another audience may be in hand now
        st.rerun()
    asides()
    answer = begun(current)
    bar = st.container()
    left, right = st.columns([2, 1], gap="medium")
    with right:
        total(current, answer)
        let_paint()
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
follow(current)
