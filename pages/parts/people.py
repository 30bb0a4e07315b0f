"""The table of members: columns chosen, sorted, paged, personal data masked until revealed; one person in full."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from pages.parts.fields import fields_by_theme
from pages.parts.queries import Current, workspace
from pages.parts.session import session, widget
from pages.parts.why import why
from pages.parts.words import cell, number, people, plain
from segmentation.catalogue import Catalogue, Field, Role
from segmentation.engine import Answer
from segmentation.preview import events_of, mask, masked, masked_role, page_of, person, rows_of_page
from segmentation.survivors import explained

PAGE = 50
FIRST_COLUMNS = 8
_FIRST_ROLES = (Role.PERSON_ID, Role.FIRST_NAME, Role.LAST_NAME, Role.FULL_NAME, Role.EMAIL, Role.COUNTRY, Role.CITY)


def fitting_columns(catalogue: Catalogue) -> tuple[str, ...]:
    """The columns shown before any were chosen: who it is, then the first other fields."""
    visible = [f for f in catalogue.fields if not f.hidden]
    known = [f.name for role in _FIRST_ROLES for f in visible if f.role == role]
    return tuple(dict.fromkeys([*known, *(f.name for f in visible)]))[:FIRST_COLUMNS]


@st.fragment
def table(current: Current, answer: Answer) -> None:
    """One page of members with its controls."""
    fields = {field.name: field for field in fields_by_theme(current.catalogue)}
    state = session()
    chosen = [name for name in state.columns or fitting_columns(current.catalogue) if name in fields]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        with st.container(width="stretch"):
            st.multiselect(
                "Columns",
                list(fields),
                default=chosen,
                format_func=lambda name: fields[name].label,
                key="people-columns",
                on_change=_store_columns,
            )
        sort = st.selectbox(
            "Sorted by",
            list(fields),
            index=None,
            format_func=lambda name: fields[name].label,
            key="people-sort",
            placeholder="As loaded",
            width=200,
        )
        descending = st.toggle("Largest first", key="people-descending", disabled=sort is None)
    if not answer.total:
        st.info("Nobody matches these filters at the moment.")
        return
    columns: list[Field] = [fields[name] for name in chosen]
    if not columns:
        st.info("Choose at least one column.")
        return
    pages = -(-answer.total // PAGE)
    page = min(int(widget("people-page") or 1), pages)
    audience, order = (
        current.engine.audience,
        {"page": page, "size": PAGE, "sort": sort, "descending": bool(descending)},
    )
    rows = page_of(audience, answer.members, columns, zone=current.clock.zone, **order)
    covered = masked(rows, columns)
    hidden = not covered.equals(rows)
    if hidden and not state.revealed:
        rows = covered
    height = min(35 * (rows.num_rows + 1) + 3, 460)
    st.dataframe(
        rows, hide_index=True, height=height, placeholder="–", alt=f"Page {page} of the people in this segment"
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        first = (page - 1) * PAGE + 1
        st.caption(
            f"{number(first)}–{number(min(page * PAGE, answer.total))} of {people(answer.total)}, exact.",
            width="stretch",
        )
        if pages > 1:
            st.pagination(pages, key="people-page")
    if hidden:
        way_to_reveal()
    _one(current, answer, partial(rows_of_page, audience, answer.members, **order), page, offered=hidden)


def way_to_reveal() -> None:
    """The button that shows or masks personal data, for the whole tab."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if session().revealed:
            st.button("Mask personal data again", icon=":material/visibility_off:", on_click=_reveal, args=(False,))
        else:
            st.button("Reveal personal data", icon=":material/visibility:", on_click=_reveal, args=(True,))
            st.caption("Names, addresses, phone numbers and birth dates are masked.", width="stretch")


def _store_columns() -> None:
    session().columns = tuple(widget("people-columns"))


def _reveal(shown: bool) -> None:
    state = session()
    if shown:
        workspace().log("personal data revealed", audience=state.audience or "")
    state.revealed = shown


def _one(
    current: Current, answer: Answer, rows_shown: Callable[[], Sequence[int]], page: int, *, offered: bool
) -> None:
    """One person of the page in full; `offered`: what is masked can be revealed above."""
    with st.expander(
        "Look at one person", icon=":material/person_search:", on_change="rerun", key="people-one"
    ) as opened:
        if not opened.open:
            return
        rows = rows_shown()
        place = st.number_input("Row of the table above", 1, len(rows), 1, key=f"people-place-{page}", width=200)
        row = int(rows[int(place) - 1])
        why(current, answer, row)
        if made_of := explained(current.engine.audience, row):
            st.caption(f":material/group: {plain(made_of)}")
        values = person(current.engine.audience, row, current.clock.zone)
        fields = [f for f in current.catalogue.fields if not f.hidden and values.get(f.name) is not None]
        left, right = st.columns(2)
        half = -(-len(fields) // 2)
        for column, part in ((left, fields[:half]), (right, fields[half:])):
            lines = [
                f":gray[{plain(f.label)}] {plain(_value(f, values[f.name], covered=not session().revealed))}"
                for f in part
            ]
            column.markdown("  \n".join(lines))
        happened = events_of(current.engine.audience, row, current.clock.zone, revealed=True)
        covered = events_of(current.engine.audience, row, current.clock.zone)
        if happened.num_rows:
            st.markdown("**What they did** (latest first)")
            shown = happened if session().revealed else covered
            st.dataframe(shown, hide_index=True, height=260, placeholder="–", alt="What this person did")
        personal = any(_value(f, values[f.name], covered=True) != cell(values[f.name]) for f in fields)
        if not offered and (personal or not covered.equals(happened)):
            way_to_reveal()


def _value(field: Field, value: object, *, covered: bool) -> str:
    role = masked_role(field)
    return mask(value, role) if covered and role is not Role.NONE else cell(value)
