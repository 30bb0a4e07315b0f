"""Name and shelve what customers can be filtered by."""

import streamlit as st

from pages.parts.frame import audience_or_stop, notice
from pages.parts.shelves import details, fields

current = audience_or_stop("name fields")
notice()
st.subheader("Fields", anchor=False)
fields(current)
details(current)
