"""Take the list to an e-mail or ad platform, with consent respected and a receipt that adds up."""

import streamlit as st

from pages.parts.frame import audience_or_stop, notice, problems_or_stop, segment_or_stop
from pages.parts.taking import choices, file, promise, receipt

current = audience_or_stop("take a list out")
notice()
answer = segment_or_stop(current, "take a list out")
problems_or_stop(current, "Exporting")
if not answer.total:
    st.info("Nobody matches these filters at the moment, so there is nobody to take out.")
    st.stop()
left, right = st.columns([3, 2], gap="medium")
with left:
    options = choices(current)
with right:
    promised = promise(current, answer, options)
    if promised is not None:
        receipt(promised, options)
with left:
    file(current, answer, options, promised)
