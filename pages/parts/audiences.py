"""The audiences of the workspace: what was loaded, from what, and what did not fit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import streamlit as st

from pages.parts import leftovers
from pages.parts.live import is_open, way_in
from pages.parts.queries import current, engine, workspace
from pages.parts.relations import belonging
from pages.parts.session import Draft, Further, session, unfold, widget
from pages.parts.sources import sources
from pages.parts.words import ago, cells, number, plain, zones
from segmentation.audience import AudienceAbout
from segmentation.plan import LoadReport
from segmentation.workspace import AudienceEntry


def loaded() -> None:
    """One card an audience, the one in hand first; then the workspace's time zone."""
    state = session()
    if state.deleted_audience is not None:
        _undo(state.deleted_audience)
    entries = workspace().audiences()
    if not entries:
        return
    found = current()
    chosen = found.id if found is not None else None
    st.subheader("Your audiences", anchor=False)
    for entry in sorted(entries, key=lambda e: e.id != chosen):
        _card(entry, entry.id == chosen)
    _zone()


def _card(entry: AudienceEntry, chosen: bool) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain(entry.name)}**", width="content")
            if chosen:
                st.badge("in use", color="green", icon=":material/check:")
            with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
                _deeds(entry, chosen)
        if entry.problem:
            st.error(plain(entry.problem))
            return
        loaded_at = entry.loaded_at
        when = f" · loaded {ago(loaded_at, datetime.now(UTC))}" if loaded_at is not None else ""
        if not chosen or not is_open(entry.id):  # else they stand beside what comes in, and change with it
            st.markdown(f"{number(entry.people)} people · {number(entry.events)} events{when}")
        if not chosen:
            return
        about = engine(str(entry.path)).audience.about
        just = session().just_loaded
        if entry.sources:
            sources(entry, about, just)
        session().just_loaded = False
        way_in(entry, about)
        if entry.sources:
            belonging(entry.id, entry.path.stem, about)
            key = f"every-row-{entry.id}"
            if just:
                unfold(key)
            with st.expander(
                "What became of every row", icon=":material/fact_check:", on_change="rerun", key=key
            ) as opened:
                if opened.open:
                    _reports(about)
                    leftovers.of_audience(entry.id, entry.path.stem, about)


def _deeds(entry: AudienceEntry, chosen: bool) -> None:
    """What can be done with it, each a click; of one that cannot be opened only that it goes."""
    if not entry.problem:
        if chosen:
            st.page_link("pages/build.py", label="Build a segment", icon=":material/front_hand:")
        else:
            st.button("Use", key=f"use-{entry.id}", on_click=_use, args=(entry.id,))
        if entry.sources:
            if chosen:
                _quiet("Add another file or table", f"further-{entry.id}", "playlist_add", partial(_further, entry))
            _quiet("Change how it was read", f"replan-{entry.id}", "tune", partial(_replan, entry))
    gone = f"Delete {plain(entry.name)}; it can be brought back until Handpick is started again."
    _quiet("Delete", f"delete-{entry.id}", "delete", partial(_delete, entry.id), gone)


def _quiet(label: str, key: str, icon: str, then: Callable[[], None], help: str | None = None) -> None:
    """A button that does not stand out."""
    st.button(label, key=key, type="tertiary", icon=f":material/{icon}:", help=help, on_click=then)


def _reports(about: AudienceAbout) -> None:
    for report in about.reports:
        aside = sum(count for _, count in report.set_aside)
        st.markdown(
            f"**{plain(report.table)}**: {number(report.rows)} rows = {number(report.loaded)} loaded + {number(aside)} set aside"
        )
        _lines(report)


def _lines(report: LoadReport) -> None:
    lines = [f"{number(count)} set aside: {plain(reason)}" for reason, count in report.set_aside if count]
    for column, count, examples in report.misfits:
        shown = f": {plain(', '.join(f'“{e}”' for e in examples))}" if examples else ""
        are = "is" if count == 1 else "are"
        lines.append(f"{cells(count)} of {plain(column)} did not fit and {are} missing{shown}")
    lines += [plain(note) for note in report.notes]
    if lines:
        st.markdown("\n".join(f"- {line}" for line in lines))


def _use(audience: str) -> None:
    session().turn_to(audience)


def _replan(entry: AudienceEntry) -> None:
    state = session()
    about = engine(str(entry.path)).audience.about
    state.draft = Draft(entry.name, about.plan, entry.id)
    state.problem = ""
    state.revision += 1


def _further(entry: AudienceEntry) -> None:
    """Ask for a table that comes to what the audience has."""
    state = session()
    state.further = Further(entry.id, entry.name, engine(str(entry.path)).audience.about.plan)
    state.problem = ""
    state.revision += 1


def _delete(audience: str) -> None:
    state = session()
    workspace().delete_audience(audience)
    state.deleted_audience = audience
    if state.audience == audience:
        state.turn_to(None)


def _undo(audience: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        st.markdown("The audience was deleted.", width="stretch")
        st.button("Undo", key="audience-undo", icon=":material/undo:", on_click=_restore, args=(audience,))


def _restore(audience: str) -> None:
    workspace().restore_audience(audience)
    session().deleted_audience = None


def _zone() -> None:
    zone = workspace().settings().zone
    st.selectbox(
        "Time zone for “today” and “in the last …”",
        zones(),
        index=zones().index(zone) if zone in zones() else None,
        key="workspace-zone",
        on_change=_store_zone,
        width=320,
    )


def _store_zone() -> None:
    space = workspace()
    space.set_settings(space.settings().model_copy(update={"zone": widget("workspace-zone")}))
