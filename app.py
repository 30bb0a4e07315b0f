"""The list of pages."""

from pathlib import Path

import streamlit as st

from pages.parts.style import style

PICTURES = Path(__file__).parent / "pages"

st.set_page_config(page_title="Handpick", page_icon=PICTURES / "icon.svg", layout="wide")

PAGES = [
    st.Page("pages/data.py", title="Data", icon=":material/database:", default=True),
    st.Page("pages/health.py", title="Health", icon=":material/health_and_safety:"),
    st.Page("pages/fields.py", title="Fields", icon=":material/list_alt:"),
    st.Page("pages/segments.py", title="Segments", icon=":material/folder_open:"),
    st.Page("pages/build.py", title="Build", icon=":material/front_hand:"),
    st.Page("pages/ladders.py", title="Ladder", icon=":material/stairs:", url_path="ladder", visibility="hidden"),
    st.Page("pages/people.py", title="People", icon=":material/groups:"),
    st.Page("pages/insights.py", title="Charts", icon=":material/bar_chart:", url_path="charts"),
    st.Page("pages/export.py", title="Export", icon=":material/ios_share:"),
]

page = st.navigation(PAGES, position="top")
st.logo(PICTURES / "logo.svg", size="large")
style()
page.run()
