"""Find, open, duplicate, delete and share saved segments."""

import streamlit as st

from pages.parts.aside import asides
from pages.parts.frame import audience_or_stop, notice
from pages.parts.listing import listing
from pages.parts.shelf import shelf, upload

current = audience_or_stop("keep segments")
notice()
asides()
st.subheader("Segments", anchor=False)
shelf(current)
upload(current)
listing(current)
st.page_link("pages/ladders.py", label="Ladder: everybody in one segment only", icon=":material/stairs:")
