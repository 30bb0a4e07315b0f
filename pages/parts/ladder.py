"""A ladder of segments: the order, where everybody lands, and each rung as a segment of its own."""

from __future__ import annotations

import streamlit as st

from pages.parts.queries import Current, ladders, library, lists, named_segments
from pages.parts.session import Caption, offered, picked, session, widget
from pages.parts.words import number, people, percent, plain
from segmentation.errors import HandpickError
from segmentation.ladders import Landing, Rung, land, rung_definition
from segmentation.referring import Saved

BUILD = "pages/build.py"


@st.fragment
def ladder(current: Current) -> None:
    """Which ladder, its rungs with their numbers, and what can be done with it."""
    state = session()
    if state.go_build:
        st.switch_page(BUILD)
    segments = {segment.id: segment.name for segment in library().find(current.id)}
    if not segments:
        st.info("Save segments first: a ladder is made of them.")
        st.page_link(BUILD, label="Go to Build", icon=":material/front_hand:")
        return
    _choose(current)
    rungs = state.rungs
    known = Saved(named_segments(current.id, library().stamp(current.id)), lists(), current.id)
    landing = land(rungs, current.engine, current.clock, current.catalogue, known)
    for place, rung in enumerate(landing.rungs):
        _rung(rung, place, landing, current)
    _add(segments)
    if rungs:
        _rest(landing)
        _keep(current)


def _choose(current: Current) -> None:
    saved = ladders().find(current.id)
    if not saved:
        return
    names = {one.id: one.name for one in saved}
    state = session()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.selectbox(
            "Saved ladders",
            list(names),
            index=list(names).index(state.ladder) if state.ladder in names else None,
            format_func=names.__getitem__,
            key=state.key("ladder-choice", str(state.ladder)),
            placeholder="A new ladder",
            on_change=_open,
            args=(current.id, state.key("ladder-choice", str(state.ladder))),
            width=300,
        )
        if state.ladder in names:
            st.button("Delete this ladder", icon=":material/delete:", type="tertiary", on_click=_delete)


def _open(audience: str, key: str) -> None:
    state = session()
    chosen = next((one for one in ladders().find(audience) if one.id == widget(key)), None)
    state.ladder = chosen.id if chosen is not None else None
    state.rungs = chosen.rungs if chosen is not None else ()


def _delete() -> None:
    state = session()
    if state.ladder is not None:
        ladders().delete(state.ladder)
    state.ladder = None
    state.notice = "Deleted the ladder. Its rungs stay here until you leave."


def _rung(rung: Rung, place: int, landing: Landing, current: Current) -> None:
    count, base = rung.members.count, max(landing.base, 1)
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f":gray[{place + 1}] **{plain(rung.name)}**", width="stretch")
            st.markdown(f"**{number(count)}** :gray[{percent(count / base)}]", width="content")
            for label, icon, step, off in (
                ("Up", ":material/arrow_upward:", -1, place == 0),
                ("Down", ":material/arrow_downward:", 1, place == len(landing.rungs) - 1),
            ):
                st.button(
                    f"{label}: {rung.name}",
                    key=f"icon-only-{label}-{rung.segment}",
                    icon=icon,
                    type="tertiary",
                    disabled=off,
                    on_click=_move,
                    args=(place, step),
                )
            st.button(
                "Open as a segment",
                key=f"rung-open-{rung.segment}",
                type="tertiary",
                icon=":material/front_hand:",
                on_click=_take,
                args=(place, rung.name),
            )
            st.button(
                f"Take off the ladder: {rung.name}",
                key=f"icon-only-off-{rung.segment}",
                icon=":material/close:",
                type="tertiary",
                on_click=_remove,
                args=(place,),
            )
        st.progress(count / base)
        if rung.problem:
            st.markdown(f":orange[:material/pending: {plain(rung.problem)} It holds nobody.]")
        elif rung.matching > count:
            st.caption(f"{people(rung.matching)} match; {number(rung.matching - count)} of them landed higher up.")


def _rest(landing: Landing) -> None:
    rest = landing.rest.count
    st.markdown(
        f"**{number(rest)}** :gray[{percent(rest / max(landing.base, 1))}] land on no rung. "
        f"All rungs and they together are {people(landing.base)}. Exact."
    )


def _add(segments: dict[str, str]) -> None:
    state = session()
    free = {key: name for key, name in segments.items() if key not in state.rungs}
    if not free:
        return
    key = offered(f"rung-add-{len(state.rungs)}-{hash(state.rungs)}")
    st.selectbox(
        "Add a segment as the next rung",
        list(free),
        index=None,
        format_func=free.__getitem__,
        key=key,
        label_visibility="collapsed",
        placeholder="+ Add a segment as the next rung",
        on_change=_added,
        args=(key,),
        width=420,
    )


def _added(key: str) -> None:
    state = session()
    if rung := picked(key):
        state.rungs = (*state.rungs, rung)


def _move(place: int, step: int) -> None:
    state = session()
    rungs = list(state.rungs)
    rungs[place], rungs[place + step] = rungs[place + step], rungs[place]
    state.rungs = tuple(rungs)


def _remove(place: int) -> None:
    state = session()
    state.rungs = (*state.rungs[:place], *state.rungs[place + 1 :])


def _take(place: int, name: str) -> None:
    state = session()
    state.show(rung_definition(state.rungs, place), None, Caption(f"{name} (rung {place + 1})"))
    state.go_build = True


def _keep(current: Current) -> None:
    state = session()
    own = next((one for one in ladders().find(current.id) if one.id == state.ladder), None)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        key = f"ladder-name-{state.ladder}"
        st.text_input("Name of the ladder", value=own.name if own else "", key=key, max_chars=120, width=300)
        st.button(
            "Save the ladder",
            type="primary",
            icon=":material/save:",
            on_click=_save,
            args=(current.id, key),
            disabled=own is not None and own.rungs == state.rungs and widget(key) == own.name,
        )
    if state.notice:
        st.markdown(plain(state.notice))
        state.notice = None


def _save(audience: str, key: str) -> None:
    state = session()
    try:
        kept = ladders().save(audience, str(widget(key) or ""), state.rungs, state.ladder)
    except HandpickError as error:
        state.notice = str(error)
        return
    state.ladder = kept.id
    state.notice = f"Saved the ladder “{kept.name}”."
