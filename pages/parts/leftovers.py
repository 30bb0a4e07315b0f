"""Rows that are not in the audience: looked at with their line and reason, and downloaded."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.people import way_to_reveal
from pages.parts.queries import jobs, workspace
from pages.parts.session import session
from pages.parts.words import number, plain
from segmentation.audience import AudienceAbout
from segmentation.filling import LEFT_OUT
from segmentation.jobs import State
from segmentation.leftovers import Leftover, first_unread, leftovers, strays, unread
from segmentation.plan import Progress, StagedTable
from segmentation.preview import HIDDEN
from segmentation.relations import Relation

ALL = "-all-"  # how the name of a file with all rows that are not loaded goes on

if TYPE_CHECKING:
    from connectors.destinations.leftovers import LeftoverFile


def of_table(table: StagedTable, key: str) -> None:
    """The rows of a table that could not be read, before it is loaded."""
    many = table.rejected_rows
    rows = "1 row" if many == 1 else f"{number(many)} rows"
    with st.expander(f"{rows} could not be read", icon=":material/warning:"):
        _shown(first_unread(table), revealed=True)
        if many > len(table.rejected):
            st.caption(f"The first {number(len(table.rejected))} of {number(many)}; the file has all of them.")
        st.download_button(
            "Download them",
            data=partial(_file_of, table),
            file_name=f"not read – {table.name}.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            key=f"unread-{key}",
        )


def of_audience(audience: str, version: str, about: AudienceAbout) -> None:
    """All rows of a loaded audience's sources that are not in this version of it, collected when asked for."""
    if not any(reason != LEFT_OUT for report in about.reports for reason, _ in report.set_aside):
        return
    _collectable(
        audience,
        f"{audience}-{version}{ALL}",
        "See the rows that are not loaded",
        partial(leftovers, about.plan),
        f"not loaded – {about.name}.csv",
        "With their line in the file, the reason, and their text as it was written.",
    )


def of_relation(audience: str, version: str, about: AudienceAbout, relation: Relation, line: str) -> None:
    """A line about rows that refer to nothing, with these rows, collected when asked for."""
    tables = about.plan.tables
    which = tables[relation.index].links.index(relation.link) if relation.link is not None else "people"
    _collectable(
        audience,
        f"{audience}-{version}-{relation.index}-{which}-",
        "See it" if relation.missing + relation.blank == 1 else "See them",
        partial(strays, about.plan, relation.index, relation.link),
        f"{Path(tables[relation.index].table.name).stem} without {Path(tables[relation.other].table.name).stem}.csv",
        "With their row in the table, the reason, and their text as it was written.",
        line,
    )


def _collectable(
    audience: str,
    begin: str,
    label: str,
    rows: Callable[[Progress], Iterator[Leftover]],
    file_name: str,
    help: str,
    line: str = "",
) -> None:
    """Rows that are collected beside the page, shown masked, and downloaded; the name of their file begins with `begin`."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if line:
            st.markdown(line, width="stretch")
        beside = st.empty()
    state = session()
    job = jobs().get(state.leftovers or "") if state.leftovers_of == begin else None
    if job is not None and job.state == State.RUNNING:
        _collecting()
        return
    found: LeftoverFile | None = job.result if job is not None else None
    if job is not None and job.error is not None:
        st.error(plain(str(job.error)))
    if found is None or not found.path.is_file():
        beside.button(label, key=f"collect-{begin}", icon=":material/search:", on_click=_start, args=(begin, rows))
        return
    _shown(found.first, revealed=state.revealed)
    if found.rows > len(found.first):
        st.caption(f"The first {number(len(found.first))} of {number(found.rows)}; the file has all of them.")
    way_to_reveal()
    st.download_button(
        f"Download {number(found.rows)} row{'s' if found.rows > 1 else ''}",
        data=found.path.read_bytes,
        file_name=file_name,
        mime="text/csv",
        icon=":material/download:",
        on_click=_note,
        args=(audience,),
        help=help,
    )


def _file_of(table: StagedTable) -> bytes:
    path = workspace().exports_folder() / f"unread-{secrets.token_hex(4)}.csv"
    try:
        return _written(unread(table), path).path.read_bytes()
    finally:
        path.unlink(missing_ok=True)


def _written(rows: Iterable[Leftover], path: Path) -> LeftoverFile:
    from connectors.destinations.leftovers import write_leftovers  # writes Excel as well, which a start does without

    return write_leftovers(rows, path)


def _shown(rows: list[Leftover] | tuple[Leftover, ...], *, revealed: bool) -> None:
    several = len({row.table for row in rows}) > 1
    shown = [
        {
            **({"Table": row.table} if several else {}),
            "Line": row.line,
            "Row": row.row,
            "Why": row.reason,
            "Text": row.text if revealed else HIDDEN,
        }
        for row in rows
    ]
    places = [name for name in ("Line", "Row") if any(row[name] is not None for row in shown)]
    order = [*(["Table"] if several else []), *places, "Why", "Text"]
    st.dataframe(
        shown,
        column_order=order,
        column_config={name: st.column_config.NumberColumn(width=70, format="localized") for name in ("Line", "Row")},
        hide_index=True,
        height=min(35 * (len(shown) + 1) + 3, 250),
        placeholder="–",
        alt="Rows that are not loaded",
    )


def _start(begin: str, rows: Callable[[Progress], Iterator[Leftover]]) -> None:
    path = workspace().exports_folder() / f"{begin}{secrets.token_hex(4)}.csv"

    def collect(progress: Progress) -> LeftoverFile:
        return _written(rows(progress), path)

    state = session()
    state.leftovers, state.leftovers_of = jobs().start("Collecting rows", collect).id, begin


def _note(audience: str) -> None:
    workspace().log("rows that were not loaded downloaded", audience=audience)


@st.fragment(run_every=0.5)
def _collecting() -> None:
    job = jobs().get(session().leftovers or "")
    if job is None or job.state != State.RUNNING:
        st.rerun()
        return
    st.progress(job.share or 0.0, text=f"{plain(job.message or 'Starting')} · {job.elapsed:.0f} s")
    st.button("Cancel", icon=":material/close:", on_click=job.cancel, key="leftovers-cancel")
