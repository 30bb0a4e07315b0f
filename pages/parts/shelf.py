"""The saved segments of an audience."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from connectors.destinations.files import slug
from pages.parts.queries import Current, library, renewals
from pages.parts.session import Caption, session, widget
from pages.parts.words import ago, people, plain, shortened
from segmentation.definition import Definition
from segmentation.describing import describe
from segmentation.errors import HandpickError
from segmentation.library import NAME_LENGTH, SavedSegment, export_json, import_json
from segmentation.reading import SegmentFile

CHOICES = {"duplicate": "Duplicate", "delete": "Delete"}


def shelf(current: Current) -> None:
    """Search box, tags and one card a segment."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width="stretch"):
            text = st.text_input(
                "Find a segment", type="search", live="300ms", key="shelf-text", placeholder="Name, description or tag"
            )
        tags = library().tags(current.id)
        tag = (
            st.selectbox("Tag", tags, index=None, key="shelf-tag", placeholder="All tags", width=180) if tags else None
        )
        st.button("New segment", icon=":material/add:", type="primary", on_click=_new, key="shelf-new")
    found = library().find(current.id, text or "", tag)
    if session().deleted is not None:
        _undo()
    if not found:
        st.info("No segment fits this search." if text or tag else "No saved segment yet. Build one, then save it.")
    for segment in found:
        _card(segment, current)


def _card(segment: SavedSegment, current: Current) -> None:
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            with st.container(horizontal=True, vertical_alignment="center", width="stretch"):
                _title(segment.name, segment.tags)
            st.button("Open", key=f"open-{segment.id}", on_click=_open, args=(segment,))
            st.menu_button(
                "More",
                list(CHOICES),
                key=f"menu-{segment.id}",
                type="tertiary",
                icon=":material/more_horiz:",
                format_func=lambda choice: CHOICES[choice],
                on_click=_act,
                args=(segment,),
                help=f"Duplicate or delete {plain(segment.name)}",
            )
            st.download_button(
                "Definition",
                data=lambda: export_json(segment),
                file_name=f"{slug(segment.name)}-{segment.id[:4]}-{segment.revision}.json",
                mime="application/json",
                key=f"json-{segment.id}",
                type="tertiary",
                icon=":material/download:",
                on_click="ignore",
            )
        if segment.description:
            st.markdown(plain(segment.description))
        st.caption(
            plain(
                shortened(
                    describe(
                        segment.definition,
                        current.catalogue,
                        current.clock.zone,
                        current.references(segment.definition),
                    ),
                    300,
                )
            )
        )
        now = datetime.now(UTC)
        count = ""
        if segment.last_count is not None and segment.last_counted_at is not None:
            change = _change(segment, current.id)
            count = f"{people(segment.last_count)} when counted {ago(segment.last_counted_at, now)}{change} · "
        st.caption(f"{count}saved {ago(segment.updated_at, now)}")


def _change(segment: SavedSegment, audience: str) -> str:
    """What the newest data changed about a count."""
    report = renewals().report(audience)
    news = next((n for n in report.segments if n.segment == segment.id), None) if report is not None else None
    if news is None or news.before is None or news.after is None or news.after != segment.last_count:
        return ""
    return f", {news.after - news.before:+,} by the newest data".replace("-", "−")


def _title(name: str, tags: tuple[str, ...]) -> None:
    st.markdown(f"**{plain(name)}**", width="content")
    for tag in tags:
        st.markdown(f":gray-badge[{plain(tag)}]", width="content")


def _new() -> None:
    session().show(Definition(), None)
    session().go_build = True


def _open(segment: SavedSegment) -> None:
    session().show(segment.definition, segment)
    session().go_build = True


def _act(segment: SavedSegment) -> None:
    state = session()
    choice = widget(f"menu-{segment.id}")
    if choice == "duplicate":
        copy = library().duplicate(segment.id)
        state.notice = f"Made “{copy.name}”."
    elif choice == "delete":
        library().delete(segment.id)
        state.deleted = segment
        if state.saved is not None and state.saved.id == segment.id:
            state.saved = None


def _undo() -> None:
    segment = session().deleted
    if segment is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        st.markdown(f"Deleted “{plain(segment.name)}”.", width="stretch")
        st.button("Undo", key="shelf-undo", icon=":material/undo:", on_click=_restore, args=(segment,))


def _restore(segment: SavedSegment) -> None:
    state = session()
    try:
        library().restore(segment.id)
        state.notice = f"“{segment.name}” is back."
    except HandpickError as error:
        state.notice = str(error)
    state.deleted = None


def upload(current: Current) -> None:
    """Take in a definition file."""
    with st.expander("Bring in a definition file", icon=":material/upload_file:"):
        file = st.file_uploader(
            "Definition (JSON)", type="json", key=f"shelf-upload-{session().revision}", max_upload_size=20
        )
        if file is None:
            return
        try:
            found = import_json(file.getvalue())
        except HandpickError as error:
            st.error(plain(str(error)))
            return
        with st.container(horizontal=True, vertical_alignment="center"):
            _title(found.name, found.tags)
        if found.description:
            st.markdown(plain(found.description))
        st.caption(
            plain(
                describe(found.definition, current.catalogue, current.clock.zone, current.references(found.definition))
            )
        )
        st.button("Open it", key="shelf-take", type="primary", on_click=_take, args=(found,))


def _take(file: SegmentFile) -> None:
    state = session()
    state.show(file.definition, None, Caption(file.name[:NAME_LENGTH], file.description, file.tags))
    state.go_build = True
