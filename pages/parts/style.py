"""The few looks that the theme cannot give; everything else is Streamlit's own."""

import streamlit as st

_SENTENCES_TO_THE_LEFT = """<style>
[class*="st-key-sentence-"] button { justify-content: flex-start; text-align: left; }
[class*="st-key-sentence-"] button p { text-align: left; }
</style>"""


def style() -> None:
    """Put the rules into the page; constant text, no data."""
    st.html(_SENTENCES_TO_THE_LEFT)
