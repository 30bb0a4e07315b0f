"""Put segments in an order where everybody lands in the first that fits."""

import streamlit as st

from pages.parts.frame import audience_or_stop, notice
from pages.parts.ladder import ladder

current = audience_or_stop("set up a ladder of segments")
notice()
st.subheader("Ladder", anchor=False)
st.caption("Everybody lands on the first rung that fits and on no other, so that nobody gets two campaigns.")
ladder(current)
