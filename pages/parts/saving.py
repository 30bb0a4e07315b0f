"""Name, undo, redo and save: the bar above the tree."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import streamlit as st

from pages.parts.frame import notice
from pages.parts.queries import Current, library
from pages.parts.session import Caption, Saving, session, widget
from pages.parts.words import ago, plain
from segmentation.checking import problems
from segmentation.definition import Definition
from segmentation.describing import describe
from segmentation.engine import Answer
from segmentation.errors import HandpickError
from segmentation.library import RevisionConflict

MORE = {"copy": "Save as a copy …", "details": "Name, description, tags …", "new": "Start a new segment"}


def bar(current: Current, answer: Answer) -> None:
    """The row of what can be done with the whole segment."""
    state = session()
    notice()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader(plain(state.name), width="content", anchor=False)
        st.markdown(_standing(), width="stretch")
        st.button(
            "Undo",
            icon=":material/undo:",
            type="tertiary",
            on_click=state.undo,
            disabled=not state.history.past,
            shortcut="Ctrl+Z",
        )
        st.button(
            "Redo",
            icon=":material/redo:",
            type="tertiary",
            on_click=state.redo,
            disabled=not state.history.future,
            shortcut="Ctrl+Y",
        )
        st.button(
            "Save",
            type="primary",
            icon=":material/save:",
            on_click=_save,
            args=(current, answer),
            disabled=not state.unsaved,
        )
        st.menu_button("More", list(MORE), key="bar-more", format_func=lambda choice: MORE[choice], on_click=_more)
    if state.saving is not None:
        _dialog(state.saving, current, answer)


def _standing() -> str:
    state = session()
    if state.saved is None:
        return ":gray[not saved yet]" if state.unsaved else ""
    if state.unsaved:
        return ":orange[changes not saved]"
    return f":gray[saved {ago(state.saved.updated_at, datetime.now(UTC))}]"


def _more() -> None:
    state = session()
    choice = widget("bar-more")
    if choice == "new":
        state.show(Definition(), None)
    elif choice == "copy":
        name = f"{state.saved.name} (copy)" if state.saved is not None else state.suggested.name
        state.saving = Saving("copy", replace(state.caption, name=name))
    elif choice == "details":
        state.saving = Saving("details" if state.saved is not None else "new", state.caption)


def _save(current: Current, answer: Answer) -> None:
    state = session()
    if state.saved is None:
        state.saving = Saving("new", state.suggested)
        return
    _store(current, answer, state.caption)


def _store(current: Current, answer: Answer, caption: Caption, fresh: bool = False) -> bool:
    """Save what is in hand; where that cannot be, the dialog says why."""
    name, description, tags = caption.name, caption.description, caption.tags
    state = session()
    found = problems(state.definition, current.catalogue, current.clock, current.references())
    saving = state.saving or Saving("details", caption)
    if found:
        state.saving = saving.with_error(
            "\n".join(f"- {plain(p.place)}: {plain(p.message)}" if p.place else f"- {plain(p.message)}" for p in found),
            "Not saved yet: some filters wait for you.",
        )
        return False
    try:
        if state.saved is None or fresh:
            saved = library().save_new(current.id, name, state.definition, description=description, tags=tags)
        else:
            saved = library().save(
                state.saved.id,
                based_on_revision=state.saved.revision,
                name=name,
                description=description,
                tags=tags,
                definition=state.definition,
            )
    except RevisionConflict as error:
        state.saving = Saving("conflict", caption, error=plain(str(error)), theirs=error.theirs)
        return False
    except HandpickError as error:
        state.saving = saving.with_error(plain(str(error)), "Not saved yet.")
        return False
    if not answer.waiting:
        library().remember_count(saved.id, answer.total, datetime.now(UTC))
    current.keep([saved])
    state.saved = saved
    state.suggested = Caption()
    state.saving = None
    state.notice = f"Saved “{saved.name}”."
    return True


def _dismiss() -> None:
    session().saving = None


def _dialog(saving: Saving, current: Current, answer: Answer) -> None:
    titles = {
        "new": "Save the segment",
        "copy": "Save as a copy",
        "details": "Name and description",
        "conflict": "Somebody saved in between",
    }

    @st.dialog(titles[saving.mode], on_dismiss=_dismiss)
    def ask() -> None:
        now = session().saving
        if now is None:
            st.rerun()
        elif now.mode == "conflict":
            _conflict(now, current, answer)
        else:
            _details(now, current, answer)

    ask()


def _details(saving: Saving, current: Current, answer: Answer) -> None:
    caption = saving.caption
    if saving.error:
        st.warning(f"{saving.title}\n\n{saving.error}" if saving.title else saving.error)
    st.text_input(
        "Name", value=caption.name, key="save-name", max_chars=120, placeholder="e.g. Loyal runners in Germany"
    )
    st.multiselect(
        "Tags",
        sorted({*library().tags(current.id), *caption.tags}, key=str.casefold),
        default=list(caption.tags),
        key="save-tags",
        accept_new_options=True,
        placeholder="Pick or type a tag (optional)",
    )
    st.text_area(
        "Description",
        value=caption.description,
        key="save-description",
        placeholder="What it is for (optional)",
    )
    st.button("Save", key="save-now", type="primary", on_click=_confirm, args=(current, answer, saving.mode == "copy"))


def _confirm(current: Current, answer: Answer, fresh: bool) -> None:
    caption = Caption(
        str(widget("save-name") or ""), str(widget("save-description") or ""), tuple(widget("save-tags") or ())
    )
    _store(current, answer, caption, fresh)


def _conflict(saving: Saving, current: Current, answer: Answer) -> None:
    theirs = saving.theirs
    if theirs is None:
        return
    zone = current.clock.zone
    st.markdown(saving.error)
    st.markdown(
        f"**Theirs** ({plain(theirs.name)}): {plain(describe(theirs.definition, current.catalogue, zone, current.references(theirs.definition)))}"
    )
    st.markdown(f"**Yours:** {plain(describe(session().definition, current.catalogue, zone, current.references()))}")
    with st.container(horizontal=True):
        st.button("Keep mine as a copy", type="primary", on_click=_keep_copy, args=(current, answer))
        st.button("Take theirs", on_click=_take_theirs)
        st.button("Replace theirs by mine", on_click=_replace, args=(current, answer))


def _keep_copy(current: Current, answer: Answer) -> None:
    saving = session().saving
    if saving is not None:
        name = f"{saving.caption.name} (my version)"
        session().saving = Saving("copy", replace(saving.caption, name=name))


def _take_theirs() -> None:
    state = session()
    if state.saving is not None and state.saving.theirs is not None:
        state.show(state.saving.theirs.definition, state.saving.theirs)
    state.saving = None


def _replace(current: Current, answer: Answer) -> None:
    state = session()
    if state.saving is None or state.saving.theirs is None or state.saved is None:
        return
    mine, state.saved = state.saving.caption, state.saving.theirs
    state.saving = None
    _store(current, answer, mine)
