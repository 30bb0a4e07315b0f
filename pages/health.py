"""What is worth mending in the customers, with a repair beside each finding."""

import streamlit as st

from pages.parts import work
from pages.parts.checkup import found_or_stop
from pages.parts.frame import audience_or_stop, notice
from pages.parts.mends import chosen, finding, merged, waiting
from pages.parts.people import way_to_reveal
from pages.parts.session import session
from pages.parts.words import number, people, plain

work.collect()
current = audience_or_stop("see how healthy they are")
notice()
st.subheader("Health", anchor=False)
if session().job is not None:
    work.progress()
    st.stop()
if session().problem:
    st.error(plain(session().problem), icon=":material/error:")
waiting(current)
chosen(current)
merged(current)
findings = found_or_stop(current)
if not findings:
    st.success(f"Nothing to mend among {people(current.engine.audience.people)}.", icon=":material/check_circle:")
else:
    st.caption(
        f"{number(len(findings))} {'finding' if len(findings) == 1 else 'findings'} among {people(current.engine.audience.people)}, the most serious first."
    )
if findings or current.engine.audience.about.repairs:
    way_to_reveal()
for one in findings:
    finding(current, one)
