"""A form from a settings model, and the dialog that connects a database with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal, get_args, get_origin

import streamlit as st
from pydantic import BaseModel, SecretStr, ValidationError

from connectors.sources.databases import Database, TableOffer
from pages.parts.queries import jobs
from pages.parts.session import session, widget
from pages.parts.words import number, plain
from segmentation.errors import HandpickError
from segmentation.jobs import State

USUAL_SECONDS = 1.0  # in which most databases answer
Start = Callable[[Database, Any, tuple[TableOffer, ...], str], None]


def inputs(model: type[BaseModel], prefix: str, known: Mapping[str, str | int]) -> None:
    """One labelled input for each field of the model, that begins with what is `known`."""
    for name, field in model.model_fields.items():
        label, key, kind = field.title or name, f"{prefix}-{name}", field.annotation
        begin: Any = known.get(name, "" if field.is_required() else field.default)
        if get_origin(kind) is Literal:
            options, extra = list(get_args(kind)), field.json_schema_extra
            words: Any = extra.get("words", {}) if isinstance(extra, dict) else {}
            st.selectbox(
                label,
                options,
                index=options.index(begin),
                format_func=partial(_in_words, words),
                key=key,
                help=field.description,
            )
        elif kind is int:
            st.number_input(label, value=begin, step=1, key=key, help=field.description)
        else:
            secret = kind is SecretStr
            st.text_input(
                label,
                value="" if secret else str(begin),
                key=key,
                type="password" if secret else "default",
                help=field.description,
                autocomplete="off",
            )


def _in_words(words: dict[str, str], option: str) -> str:
    return words.get(option, option)


def entered(model: type[BaseModel], prefix: str) -> BaseModel:
    """The settings as entered; raises HandpickError naming the fields that are wrong."""
    raw = {name: widget(f"{prefix}-{name}") for name in model.model_fields}
    try:
        return model.model_validate({name: value for name, value in raw.items() if value not in (None, "")})
    except ValidationError as error:
        names = [model.model_fields[str(e["loc"][0])].title or str(e["loc"][0]) for e in error.errors() if e["loc"]]
        raise HandpickError(f"Please fill in or correct: {', '.join(dict.fromkeys(names))}.") from error


def _dismiss() -> None:
    session().connecting = None


def connect(database: Database, start: Start, known: Mapping[str, str | int]) -> None:
    """Ask for the connection, of which something may be `known`, test it, let tables be picked, and start reading."""

    @st.dialog(f"Connect to {database.name}", on_dismiss=_dismiss)
    def ask() -> None:
        state = session()
        if state.connecting is None:
            st.rerun()
        inputs(database.settings, "database", known)
        st.button("Test and list tables", on_click=_list, args=(database,), key="database-test")
        if state.testing is not None:
            _testing()
        elif state.connection_message:
            good = st.warning if state.can_write else st.success
            (good if state.offers is not None else st.error)(plain(state.connection_message))
        if state.offers is None:
            return
        offers = state.offers
        chosen = st.multiselect(
            "Tables to read",
            range(len(offers)),
            key="database-tables",
            format_func=lambda i: _words(offers[i]),
            placeholder="Customers, orders, …",
        )
        st.button(
            f"Read {len(chosen)} table{'' if len(chosen) == 1 else 's'}",
            type="primary",
            disabled=not chosen,
            on_click=_read,
            args=(database, start, chosen),
            key="database-read",
        )

    ask()


def _words(offer: TableOffer) -> str:
    rows = f" · about {number(offer.rows)} rows" if offer.rows is not None else ""
    return f"{offer.name}{' (view)' if offer.is_view else ''}{rows}"


def _list(database: Database) -> None:
    """Ask the database beside the page; most have answered before it is drawn again."""
    state = session()
    state.offers, state.connection_message = None, ""
    try:
        settings = entered(database.settings, "database")
    except HandpickError as error:
        state.connection_message = str(error)
        return
    title = database.title(settings)
    job = jobs().start(f"Connecting to {title}", lambda progress: (database.test(settings), database.tables(settings)))
    state.testing = job.id
    job.wait(USUAL_SECONDS)
    _collect()


def _collect() -> bool:
    """Take over what the database answered; False as long as it has not."""
    state = session()
    job = jobs().get(state.testing or "")
    if job is not None and job.state == State.RUNNING:
        return False
    state.testing = None
    if job is not None and job.result is not None:
        found, state.offers = job.result
        state.connection_message, state.can_write = found.words, found.can_write
    elif job is not None:
        state.connection_message = str(job.error)
    return True


@st.fragment(run_every=0.5)
def _testing() -> None:
    if _collect():
        st.rerun()
    job = jobs().get(session().testing or "")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/hourglass: {plain(job.title)} · {job.elapsed:.0f} s" if job else "", width="stretch")
        st.button("Stop waiting", icon=":material/close:", key="database-stop", on_click=_stop_waiting)


def _stop_waiting() -> None:
    session().testing = None


def _read(database: Database, start: Start, chosen: list[int]) -> None:
    state = session()
    offers = state.offers or ()
    try:
        settings = entered(database.settings, "database")
    except HandpickError as error:
        state.connection_message, state.offers = str(error), None
        return
    start(database, settings, tuple(offers[i] for i in chosen), database.title(settings))
    state.offers, state.connection_message = None, ""
