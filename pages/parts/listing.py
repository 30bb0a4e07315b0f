"""Static lists: pasted or uploaded once, named in any segment."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from pages.parts.queries import Current, lists
from pages.parts.session import session, widget
from pages.parts.words import ago, number, plain
from segmentation.errors import HandpickError
from segmentation.lists import entries, guessed_by
from segmentation.references import ListedBy

WORDS = {ListedBy.ID: "customer ids", ListedBy.EMAIL: "e-mail addresses"}
LARGEST_MB = 50


def listing(current: Current) -> None:
    """The lists there are, and the way to a new one."""
    found = lists().find(current.id)
    with st.expander("Lists of customers", icon=":material/list_alt:", key="lists"):
        st.caption(
            "A list is a fixed set of ids or e-mail addresses, e.g. of an event or a panel. "
            "Add it to a segment on the Build page: “On a list …”."
        )
        if session().deleted_list is not None:
            _undo(current)
        now = datetime.now(UTC)
        for entry in found:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.markdown(
                    f"**{plain(entry.name)}** :gray[{number(entry.size)} {WORDS[entry.by]} · "
                    f"{ago(entry.updated_at, now)}]",
                    width="stretch",
                )
                st.button(
                    f"Delete the list {entry.name}",
                    key=f"icon-only-list-{entry.id}",
                    icon=":material/delete:",
                    type="tertiary",
                    on_click=_delete,
                    args=(entry.id,),
                )
        _new(current)


def _new(current: Current) -> None:
    revision = str(session().list_revision)
    st.text_input("Name of the list", key=f"list-name-{revision}", max_chars=120, placeholder="e.g. Trade fair 2026")
    st.text_area(
        "Ids or e-mail addresses",
        key=f"list-text-{revision}",
        placeholder="One a line, or parted by commas",
        height=120,
    )
    file = st.file_uploader(
        "Or a text file of them", type=["txt", "csv"], key=f"list-file-{revision}", max_upload_size=LARGEST_MB
    )
    text = str(widget(f"list-text-{revision}") or "")
    if file is not None:
        try:
            text += "\n" + file.getvalue().decode("utf-8-sig")
        except UnicodeDecodeError:
            st.error(plain(f"“{file.name}” is not a text file in UTF-8. Save it as text, or paste the entries."))
            return
    values = entries(text)
    by = guessed_by(values)
    if values:
        st.caption(f"{number(len(values))} {WORDS[by]}. A list of a name that is there already gets the new entries.")
    st.button(
        "Keep the list",
        key="list-keep",
        type="primary",
        disabled=not values,
        on_click=_keep,
        args=(current.id, f"list-name-{revision}", by, values),
    )


def _keep(audience: str, key: str, by: ListedBy, values: tuple[str, ...]) -> None:
    state = session()
    try:
        kept = lists().save(audience, str(widget(key) or ""), by, values)
    except HandpickError as error:
        state.notice = str(error)
        return
    state.list_revision += 1
    state.notice = f"Kept “{kept.name}” with {number(kept.size)} {WORDS[kept.by]}."


def _delete(list_id: str) -> None:
    state = session()
    try:
        state.deleted_list = lists().delete(list_id)
    except HandpickError as error:
        state.notice = str(error)


def _undo(current: Current) -> None:
    gone = session().deleted_list
    if gone is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        st.markdown(f"Deleted the list “{plain(gone.name)}”.", width="stretch")
        st.button("Undo", key="list-undo", icon=":material/undo:", on_click=_restore, args=(current.id,))


def _restore(audience: str) -> None:
    state = session()
    if state.deleted_list is not None:
        lists().restore(audience, state.deleted_list)
        state.notice = f"“{state.deleted_list.name}” is back."
        state.deleted_list = None
