"""The ways in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import streamlit as st

from connectors.importing import load_sample, plan_files, plan_tables
from connectors.sources.databases import DATABASES, Database, TableOffer
from connectors.sources.files import EXTENSIONS
from pages.parts import forms, work
from pages.parts.live import begin_live
from pages.parts.queries import current, workspace
from pages.parts.session import Draft, session, widget
from pages.parts.uploads import kept
from pages.parts.words import lines, plain
from segmentation.catalogue import Model
from segmentation.plan import LoadPlan, Progress

CARD_HEIGHT = 330
Read = Callable[[LoadPlan | None, Progress], tuple[LoadPlan, tuple[str, ...]]]
"""Reads what comes beside the tables of a plan, or alone; gives the plan of all, and a sentence for each file that cannot be read."""


def ways_in() -> None:
    """Three cards side by side, one below the other on a narrow screen."""
    if current() is None:
        st.title("Pick customers by hand", anchor=False)
        st.markdown(
            "Bring in your customers, click filters, and see exactly who is in. Everything stays on this machine."
        )
    else:
        st.subheader("Bring in customers", anchor=False)
    _problem()
    sample, files, database = st.columns(3, gap="medium")
    with sample.container(border=True, height="stretch"):
        _sample()
    with files.container(border=True, height="stretch"):
        _files()
    with database.container(border=True, height="stretch"):
        _database()
    begin_live()


def ways_further() -> None:
    """The ways in for a table that comes to an audience which is there."""
    further = session().further
    if further is None:
        return
    st.subheader(f"Add to {plain(further.name)}", anchor=False)
    st.markdown(
        "What is there stays as it is, with its segments. You see what the new table is and what it belongs to before it is loaded."
    )
    _problem()
    files, database = st.columns(2, gap="medium")
    with files.container(border=True, height="stretch"):
        _files()
    with database.container(border=True, height="stretch"):
        _database()
    st.button("Back", key="further-back", icon=":material/arrow_back:", on_click=_back)


def _back() -> None:
    state = session()
    state.further, state.problem = None, ""


def _problem() -> None:
    if session().problem:
        st.error(lines(session().problem), icon=":material/error:")


def _start(title: str, name: str, read: Read) -> None:
    """Read beside the page, for a new audience of this name or the one to which something is to be added."""
    further = session().further

    def drafted(progress: Progress) -> Draft:
        if further is None:
            plan, problems = read(None, progress)
            return Draft(name, plan, problems=problems)
        plan, problems = read(further.plan, progress)
        return Draft(further.name, plan, further.audience, problems, kept=len(further.plan.tables))

    work.start(title, drafted)


def _sample() -> None:
    st.markdown("#### :material/auto_awesome: Sample data")
    st.markdown("A made-up shop: 20,000 customers and two years of what they viewed, bought and opened.")
    st.space("stretch")
    st.button("Try with sample data", type="primary", width="stretch", on_click=_start_sample)


def _start_sample() -> None:
    space = workspace()
    today = datetime.now(ZoneInfo(space.settings().zone)).date()
    work.start("Preparing the sample data", partial(load_sample, today, space))


def _files() -> None:
    st.markdown("#### :material/upload_file: Your files")
    st.markdown("Customers, orders, page views, e-mail opens: one file or several at once.")
    files = st.file_uploader(
        "Files with customers or events",
        type=list(EXTENSIONS),
        accept_multiple_files=True,
        key=session().key("files"),
        label_visibility="collapsed",
    )
    count = len(files or ())
    label = f"Read {count} file{'s' if count > 1 else ''}" if count else "Read the files"
    st.button(label, type="primary", width="stretch", disabled=not count, on_click=_start_files)
    if _is_here():
        _path()


def _is_here() -> bool:
    """Whether the app is for this machine only: nobody else may have its files read."""
    hosts = {st.get_option("server.address"), *(st.get_option("server.allowedHosts") or ())}
    return hosts <= {"127.0.0.1", "localhost"}


def _start_files() -> None:
    space = workspace()
    files = kept(session().key("files"))

    def read(before: LoadPlan | None, progress: Progress) -> tuple[LoadPlan, tuple[str, ...]]:
        try:
            return plan_files(files, space, progress, before)
        finally:
            for _, path in files:
                path.unlink(missing_ok=True)

    if files:
        _start(f"Reading {len(files)} file{'s' if len(files) > 1 else ''}", _title(files[0][0]), read)


def _path() -> None:
    """A folder cannot be given to a browser, and a file of many gigabytes is read where it lies, without a copy."""
    with st.expander(
        "A folder, or a very large file", icon=":material/folder_open:", on_change="rerun", key="place"
    ) as opened:
        if not opened.open:
            return
        key = session().key("path")
        path = st.text_input(
            "Where it is on this machine",
            key=key,
            placeholder="/home/anna/exports",
            help="Files of a folder that have the same columns become one table.",
        )
        st.button("Read it", width="stretch", disabled=not path, on_click=_start_path, args=(key,))


def _start_path(key: str) -> None:
    space = workspace()
    path = Path(str(widget(key)).strip().strip("\"'")).expanduser()

    def read(before: LoadPlan | None, progress: Progress) -> tuple[LoadPlan, tuple[str, ...]]:
        return plan_files([(path.name, path)], space, progress, before)

    _start(f"Reading {path.name}", _title(path.name), read)


def _title(file_name: str) -> str:
    """A name for an audience: `online_retail.csv.gz` is `online retail`."""
    path = Path(file_name)
    while path.stem and path.suffix.lower().removeprefix(".") in {end.removeprefix(".") for end in EXTENSIONS}:
        path = Path(path.stem)
    return path.name.replace("_", " ").replace("-", " ").strip()[:80]


def _database() -> None:
    st.markdown("#### :material/database: A database")
    st.markdown("Read tables from your company's database. Handpick only reads.")
    known = _known_connections()
    kinds = sorted(DATABASES, key=lambda kind: kind not in known)  # of two alike the order stays
    kind = st.selectbox("Kind of database", kinds, key=f"database-kind{'/further' if known else ''}")
    st.space("stretch")
    st.button("Connect …", width="stretch", on_click=_open_database, args=(kind,))
    if session().connecting is not None:
        kind = session().connecting or kind
        forms.connect(DATABASES[kind], _start_database, known.get(kind, {}))


def _known_connections() -> dict[str, dict[str, str | int]]:
    """By its kind, how a database is reached from which the audience has tables already."""
    further = session().further
    origins = [table.table.origin for table in further.plan.tables] if further is not None else []
    return {origin.source: origin.settings for origin in origins if origin is not None and origin.source in DATABASES}


def _open_database(kind: str) -> None:
    state = session()
    state.connecting, state.testing, state.offers, state.connection_message = kind, None, None, ""


def _start_database(database: Database, settings: Model, tables: tuple[TableOffer, ...], name: str) -> None:
    space = workspace()

    def read(before: LoadPlan | None, progress: Progress) -> tuple[LoadPlan, tuple[str, ...]]:
        return plan_tables(database, settings, tables, space, progress, before), ()

    session().connecting = None
    _start(f"Reading {len(tables)} table{'s' if len(tables) > 1 else ''} from {name}", name, read)
