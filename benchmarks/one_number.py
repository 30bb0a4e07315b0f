"""The floor: a page with one select box and one number."""

import streamlit as st

choice = st.selectbox("How often", ["at least", "more than"])
st.metric("People", {"at least": 1, "more than": 2}[choice])
