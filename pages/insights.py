"""See what the people in a segment have in common, against everybody."""

import streamlit as st

from pages.parts.charts import register_theme
from pages.parts.frame import audience_or_stop, notice, segment_or_stop
from pages.parts.panels import differences, funnel, one_field, over_time, summary

register_theme()
current = audience_or_stop("see charts")
notice()
answer = segment_or_stop(current, "see charts")
if not answer.total:
    st.info("Nobody matches these filters at the moment, so there is nothing to draw.")
    st.stop()
summary(current, answer)
left, right = st.columns(2, gap="medium")
with left:
    differences(current, answer)
with right:
    one_field(current, answer)
    funnel(current, answer)
over_time(current, answer)
