"""The catalogue as a table: what there is, how well it is filled, what the marketer calls it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import streamlit as st

from pages.parts.queries import Current, workspace
from pages.parts.session import session, widget
from pages.parts.words import KINDS, THEMES, number, shortened
from segmentation.catalogue import Field, FieldEdit, Kind, Role, Theme
from segmentation.recognition import personal_role

ROLES = {
    Role.NONE: "—",
    Role.PERSON_ID: "Customer id",
    Role.EMAIL: "E-mail",
    Role.PHONE: "Phone",
    Role.FIRST_NAME: "First name",
    Role.LAST_NAME: "Last name",
    Role.FULL_NAME: "Full name",
    Role.COMPANY: "Company",
    Role.JOB_TITLE: "Job title",
    Role.ADDRESS: "Street address",
    Role.CITY: "City",
    Role.REGION: "State / region",
    Role.POSTAL_CODE: "Postal code",
    Role.COUNTRY: "Country",
    Role.LANGUAGE: "Language",
    Role.BIRTH_DATE: "Birth date",
    Role.GENDER: "Gender",
    Role.LATITUDE: "Latitude",
    Role.LONGITUDE: "Longitude",
    Role.SIGNUP_DATE: "Signup date",
    Role.EMAIL_CONSENT: "E-mail consent",
    Role.SMS_CONSENT: "SMS consent",
    Role.ADS_CONSENT: "Ads consent",
}
EDITED = ("label", "theme", "role", "hidden")


def _is_covered(field: Field) -> bool:
    return not session().revealed and personal_role(field) is not Role.NONE


def _top(field: Field, current: Current) -> str:
    if _is_covered(field):
        return "masked until revealed on the People page"
    if field.top:
        return ", ".join(f"{shortened(v.value, 24)} ({number(v.count)})" for v in field.top[:4])
    if field.low is None or field.high is None:
        return ""
    low, high = (_shown(end, field.kind, current) for end in (field.low, field.high))
    return f"{low} to {high}"


def _shown(end: str, kind: Kind, current: Current) -> str:
    """The end of a range; moments are stored in UTC and shown in the workspace's zone."""
    if kind is not Kind.MOMENT:
        return end
    try:
        return f"{current.local(datetime.fromisoformat(end)):%Y-%m-%d %H:%M:%S}"
    except (ValueError, OverflowError):
        return end


def fields(current: Current) -> None:
    """Search, and the table; changes are kept at once."""
    catalogue = current.catalogue
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width="stretch"):
            text = st.text_input(
                "Find a field", type="search", live="300ms", key="fields-text", placeholder="Name or value"
            )
        theme = st.selectbox(
            "Theme",
            list(Theme),
            index=None,
            key="fields-theme",
            format_func=lambda t: THEMES[t],
            placeholder="All themes",
            width=190,
        )
    needle = (text or "").lower()
    shown = [
        f
        for f in catalogue.fields
        if (theme is None or f.theme == theme)
        and (
            needle in f.label.lower()
            or needle in f.name.lower()
            or (not _is_covered(f) and any(needle in v.value.lower() for v in f.top))
        )
    ]
    if not shown:
        st.info("No field fits this search.")
        return
    base = max(current.engine.audience.people, 1)
    rows = [
        {
            "label": f.label,
            "theme": THEMES[f.theme],
            "kind": KINDS[f.kind],
            "filled": round(100 * f.filled / base, 1),
            "distinct": f.distinct,
            "values": _top(f, current),
            "role": ROLES[f.role],
            "hidden": f.hidden,
        }
        for f in shown
    ]
    key = _key_of_table(rows, text or "", theme or "", str(len(shown)))
    st.data_editor(
        rows,
        key=key,
        hide_index=True,
        height=min(35 * (len(rows) + 1) + 3, 620),
        disabled=["kind", "filled", "distinct", "values"],
        on_change=_store,
        args=(key, current, tuple(f.name for f in shown)),
        alt="The fields of the customers",
        column_config={
            "label": st.column_config.TextColumn("Name", required=True, max_chars=80, width="medium"),
            "theme": st.column_config.SelectboxColumn("Theme", options=list(THEMES.values()), required=True, width=125),
            "kind": st.column_config.TextColumn(
                "Kind",
                width=110,
                help="To read a field as another kind, use “Change how it was read” on the Data page.",
            ),
            "filled": st.column_config.ProgressColumn(
                "Filled", format="%.1f %%", min_value=0, max_value=100, width=120
            ),
            "distinct": st.column_config.NumberColumn(
                "Different", format="localized", width=90, help="How many different values there are."
            ),
            "values": st.column_config.TextColumn("Most frequent values, or range", width="large"),
            "role": st.column_config.SelectboxColumn(
                "Used as",
                options=list(ROLES.values()),
                required=True,
                width=130,
                help="What e-mail and ad platforms get it as. Personal data is masked on screen.",
            ),
            "hidden": st.column_config.CheckboxColumn("Hide", width="small", help="Not offered in the builder."),
        },
    )
    st.caption(
        f"{number(len(shown))} of {number(len(catalogue.fields))} fields. Changes are kept at once. Counts are exact."
    )


def _value(column: str, value: Any) -> Any:
    if column == "theme":
        return next(theme for theme, label in THEMES.items() if label == value)
    if column == "role":
        return next(role for role, label in ROLES.items() if label == value)
    return value


def _held(key: str) -> dict[int, dict[str, Any]]:
    """The cells that were changed in the table since it was drawn first, by row and column."""
    return {int(row): dict(cells) for row, cells in ((widget(key) or {}).get("edited_rows") or {}).items()}


def _key_of_table(rows: list[dict[str, Any]], *parts: str) -> str:
    """The table's key; a new one where it holds a cell that is kept otherwise by now, so that it shows what is kept."""
    state = session()
    key = state.key("fields", *parts)
    held = _held(key)
    if any(rows[row][column] != value for row, cells in held.items() for column, value in cells.items()):
        state.revision += 1
        key, held = state.key("fields", *parts), {}
    state.kept_cells = held
    return key


def _store(key: str, current: Current, names: tuple[str, ...]) -> None:
    """Keep the cells that are new: the table goes on holding the earlier ones, which another tab may have changed since."""
    before = session().kept_cells
    edits = {}
    for row, cells in _held(key).items():
        new = {c: _value(c, value) for c, value in cells.items() if before.get(row, {}).get(c) != value and c in EDITED}
        if new:
            edits[names[row]] = FieldEdit(**new)
    workspace().set_field_edits(current.id, edits)


def details(current: Current) -> None:
    """The events and their details."""
    events = current.catalogue.events
    if not events:
        return
    st.markdown("**What people do**")
    st.dataframe(
        [
            {
                "Event": event.label,
                "Times": event.count,
                "People": event.people,
                "First": current.local(event.first) if event.first else None,
                "Latest": current.local(event.last) if event.last else None,
                "Details": ", ".join(p.label for p in current.catalogue.properties if event.name in p.events),
            }
            for event in events
        ],
        hide_index=True,
        alt="Events with their counts",
        column_config={
            "Times": st.column_config.NumberColumn(format="localized"),
            "People": st.column_config.NumberColumn(format="localized"),
            "First": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm"),
            "Latest": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm"),
        },
    )
    st.caption(f"Times are those of {current.clock.zone}.")
