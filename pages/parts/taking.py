"""The export screen: where to, which columns, who is left out and why, and the file."""

from __future__ import annotations

from functools import partial

import streamlit as st

from connectors.destinations import DESTINATIONS, ExportOptions, Preview, Receipt, consent_fields, export, preview
from pages.parts.fields import fields_by_theme
from pages.parts.people import fitting_columns
from pages.parts.queries import Current, jobs, workspace
from pages.parts.session import session
from pages.parts.waiting import found
from pages.parts.words import number, plain, spoken
from segmentation.engine import Answer
from segmentation.errors import HandpickError
from segmentation.jobs import State
from segmentation.plan import Progress
from segmentation.preview import HIDDEN
from segmentation.recognition import tells_of_person


def choices(current: Current) -> ExportOptions:
    """Destination, columns and switches."""
    with st.container(border=True):
        name = st.selectbox(
            "Where to", list(DESTINATIONS), format_func=lambda n: DESTINATIONS[n].label, key="export-destination"
        )
        destination = DESTINATIONS[name]
        for note in destination.notes:
            st.caption(plain(note))
        fields = {field.name: field for field in fields_by_theme(current.catalogue)}
        chosen = [n for n in session().columns or fitting_columns(current.catalogue) if n in fields]
        columns = st.multiselect(
            "Columns" if destination.is_own else "More columns, beside those of the platform",
            list(fields),
            default=chosen if destination.is_own else [],
            format_func=lambda n: fields[n].label,
            key=f"export-columns-{'own' if destination.is_own else 'platform'}",
            placeholder="Choose fields",
        )
        require = True
        safe = False
        if destination.is_own:
            require = st.toggle(
                "Leave out people without a valid address, and duplicates",
                value=True,
                key="export-address",
                help="Off for a list that stays in the house: everybody is written.",
            )
            safe = name == "csv" and st.toggle(
                "The file will be opened in a spreadsheet",
                key="export-safe",
                help="Cells that a spreadsheet would take for a formula get a ' in front.",
            )
        respected = _consent(current, name)
    return ExportOptions(
        destination=name,
        columns=tuple(columns),
        consent="respect" if respected else "ignore",
        require_address=bool(require),
        spreadsheet_safe=bool(safe),
    )


def _consent(current: Current, destination: str) -> bool:
    fields = consent_fields(current.catalogue, destination)
    words = ", ".join(spoken(field.label) for field in fields)
    respected = st.toggle(
        "Only people who agreed" + (f" ({words})" if words else ""),
        value=True,
        key="export-consent",
        help="Someone whose consent is not known has not agreed.",
    )
    if respected:
        return True
    sure = st.checkbox("I know that this list holds people who did not agree to be contacted", key="export-sure")
    if not sure:
        st.caption("Until you tick this, only people who agreed are in the file.")
    return not sure


def promise(current: Current, answer: Answer, options: ExportOptions) -> Preview | str | None:
    """Who would be written and who left out, in a sentence why nothing can be written, or None while that is looked up."""
    name, zone = session().name, current.clock.zone
    question = current.engine.audience.version, current.catalogue, answer.members, options, name, zone
    try:
        return found(
            current,
            "receipt",
            question,
            "Checking addresses and consent",
            lambda progress: preview(
                current.engine.audience, current.catalogue, answer.members.rows(), options,
                segment_name=name, zone=zone, progress=progress,
            ),
        )  # fmt: skip
    except HandpickError as error:
        return str(error)


def receipt(promised: Preview | str, options: ExportOptions) -> None:
    """Who is written and who is left out, before anything is written."""
    if isinstance(promised, str):
        st.warning(plain(promised))
        if DESTINATIONS[options.destination].is_own and options.require_address:
            st.caption(
                "Or, for a list that stays in the house, switch off “Leave out people without a valid address, and "
                "duplicates” and “Only people who agreed”."
            )
        return
    with st.container(border=True):
        st.metric("People in the file", number(promised.exported))
        _lines(promised)
    _rows(promised)


def _lines(tallied: Preview | Receipt) -> None:
    rows = (
        ("In the segment", tallied.matched),
        ("without a valid address", -tallied.no_address),
        ("did not agree", -tallied.not_consented),
        ("same address as somebody before", -tallied.duplicate),
        ("**In the file**", tallied.exported),
    )
    lines = [f"| {words} | {number(count).replace('-', '−')} |" for words, count in rows]
    st.markdown("\n".join(["| Receipt | People |", "|:--|--:|", *lines]))
    for note in tallied.notes:
        st.caption(plain(note))


def _rows(promised: Preview) -> None:
    if not promised.rows:
        return
    revealed = session().revealed
    shown = [
        {
            header: text if revealed or not text or not (personal or tells_of_person(text)) else HIDDEN
            for header, personal, text in zip(promised.headers, promised.personal, row, strict=True)
        }
        for row in promised.rows
    ]
    st.caption("The first rows" + ("" if revealed else ", personal data masked here (not in the file)"))
    st.dataframe(shown, hide_index=True, alt="The first rows of the file")


def file(current: Current, answer: Answer, options: ExportOptions, promised: Preview | str | None) -> None:
    """Make the file, watch, and download it."""
    state = session()
    st.button(
        "Make the file",
        type="primary",
        icon=":material/ios_share:",
        disabled=not isinstance(promised, Preview) or not promised.exported,
        on_click=_start,
        args=(current, answer, options),
    )
    if state.export is not None:
        _watch(state.exported == _told(current, options))


def _told(current: Current, options: ExportOptions) -> object:
    """What a file is made of; another one after any change."""
    return current.engine.audience.version, current.catalogue, current.clock, session().definition, options


def _start(current: Current, answer: Answer, options: ExportOptions) -> None:
    folder = workspace().exports_folder()
    work = partial(_write, current, answer, options, session().name)
    if options.consent == "ignore":
        workspace().log("exported without consent", audience=current.id)
    session().exported = _told(current, options)
    session().export = jobs().start(f"Writing {session().name}", lambda progress: work(folder, progress)).id


def _write(
    current: Current, answer: Answer, options: ExportOptions, name: str, folder: object, progress: Progress
) -> Receipt:
    return export(
        current.engine.audience,
        current.catalogue,
        answer.members.rows(),
        options,
        folder,  # type: ignore[arg-type]
        segment_name=name,
        zone=current.clock.zone,
        progress=progress,
    )


@st.fragment
def _watch(up_to_date: bool) -> None:
    job = jobs().get(session().export or "")
    if job is None:
        return
    if job.state == State.RUNNING:
        _running()
        return
    with st.container(border=True):
        if not isinstance(job.result, Receipt):
            st.error(plain(str(job.error)))
            return
        made = job.result
        path = workspace().exports_folder() / made.file_name
        st.markdown(
            f":green[:material/check_circle:] **{plain(made.segment)}** for {plain(DESTINATIONS[made.destination].label)}"
        )
        if not up_to_date:
            st.markdown(
                ":orange[:material/history: Made before your last changes. Make the file again to have them in it.]"
            )
        _lines(made)
        st.download_button(
            "Download the file",
            data=path.read_bytes,
            file_name=made.file_name,
            mime="application/octet-stream",
            type="primary" if up_to_date else "secondary",
            icon=":material/download:",
            on_click="ignore",
        )
        st.caption(plain(made.file_name))


@st.fragment(run_every=0.5)
def _running() -> None:
    job = jobs().get(session().export or "")
    if job is None or job.state != State.RUNNING:
        st.rerun()
        return
    st.progress(job.share or 0.0, text=f"{plain(job.message or 'Starting')} · {job.elapsed:.0f} s")
    st.button("Cancel", icon=":material/close:", on_click=job.cancel, key="export-cancel")
