"""What comes in live: switched on and off, what developers need for it, what came, and the screen that follows."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from connectors.desk import Desk
from connectors.receiving import Receiver
from pages.parts.queries import Current, endpoints, receiver, workspace
from pages.parts.session import session, widget
from pages.parts.words import ago, number, people, plain
from segmentation.audience import AudienceAbout, Live
from segmentation.endpoints import Endpoint
from segmentation.errors import HandpickError
from segmentation.living import begin
from segmentation.overlay import key_of
from segmentation.workspace import AudienceEntry

LOOK = 0.5  # seconds from one look for a newer version to the next
LOOK_BESIDE = 2.0  # where it is only told
MOST_REASONS = 5
NAME = "live-name"
LINES = """import segment.analytics as analytics   # pip install segment-analytics-python

analytics.write_key = "{key}"
analytics.host = "{url}"
analytics.identify("user-17", {{"email": "ann@example.com", "plan": "pro"}})
analytics.track("user-17", "Order Completed", {{"total": 49.90}})"""


def begin_live() -> None:
    """The way in without a file: an audience that fills itself from a site or an app."""
    with st.container(border=True):
        words, button = st.columns([3, 1], vertical_alignment="center")
        words.markdown(
            ":material/bolt: **Live from your site or app**  \n"
            ":gray[Customers and what they do arrive as it happens. Begin with nobody here, or switch “Live” on for an audience.]"
        )
        with button.popover("Begin …", width="stretch"):
            st.text_input("What to call it", key=NAME, placeholder="Our site", max_chars=80)
            st.button("Begin a live audience", type="primary", key="live-begin", on_click=_begin)


def _begin() -> None:
    state, space = session(), workspace()
    name = str(widget(NAME) or "").strip() or "Our site"
    audience = space.new_audience_id(name)
    try:
        begin(space.audience_folder(audience), name, space.settings().zone)
        state.turn_to(audience)
    except HandpickError as error:
        state.problem = str(error)
        return
    _switch(audience, True)


def _switch(audience: str, on: bool) -> None:
    state = session()
    state.problem = ""
    try:
        endpoints().switch(audience, on)
        receiver().follow()
    except HandpickError as error:
        state.problem = str(error)


def _toggled(audience: str, key: str) -> None:
    _switch(audience, bool(widget(key)))


def is_open(audience: str) -> bool:
    """Whether messages may come in for an audience."""
    endpoint = endpoints().of(audience)
    return endpoint is not None and endpoint.on


def way_in(entry: AudienceEntry, about: AudienceAbout) -> None:
    """The switch of one audience, and under it how it goes and what developers need."""
    endpoint, on = endpoints().of(entry.id), is_open(entry.id)
    key = session().key("live", entry.id)
    try:
        key_of(about)
        reason = None
    except HandpickError as error:
        reason = str(error)
    st.toggle(
        "**Live**: take in what people do as it happens",
        value=on,
        key=key,
        disabled=reason is not None and not on,
        help=reason,
        on_change=_toggled,
        args=(entry.id, key),
    )
    if endpoint is not None and on:
        _status(entry.id)
        _developers(endpoint)


@st.fragment(run_every=1.0)
def _status(audience: str) -> None:
    """What came, what was refused and why; drawn anew every second."""
    found = receiver()
    desk = found.desk(audience)
    if desk is None:
        try:
            found.follow()
        except HandpickError as error:
            st.warning(plain(str(error)), icon=":material/warning:")
            return
        desk = found.desk(audience)
    if desk is None:
        return
    entry = next((entry for entry in workspace().audiences() if entry.id == audience), None)
    now = f"{people(entry.people)} · {number(entry.events)} events · " if entry is not None else ""
    st.markdown(now + _received(desk))
    if entry is not None and (lines := _notes(entry.live)):
        st.caption("  \n".join(lines))
    if desk.problem:
        st.warning(plain(desk.problem), icon=":material/warning:")
    _refused(desk, found)


def _received(desk: Desk) -> str:
    if not desk.received:
        return ":material/hourglass_empty: nothing has come in yet"
    last = f", last {_since(desk.last)}" if desk.last is not None else ""
    again = f" · {number(desk.repeated)} came again and count once" if desk.repeated else ""
    return f":green[:material/bolt:] received **{number(desk.received)}**{last}{again}"


def _since(moment: datetime) -> str:
    """`3 s ago`, `2 minutes ago`."""
    now = datetime.now(UTC)
    seconds = int((now - moment).total_seconds())
    return f"{seconds} s ago" if seconds < 60 else ago(moment, now)


def _refused(desk: Desk, found: Receiver) -> None:
    reasons = desk.refused + found.refused
    if not reasons:
        return
    lines = [f"- {number(count)}: {plain(reason)}" for reason, count in reasons.most_common(MOST_REASONS)]
    st.markdown(":orange[:material/block:] Refused since Handpick was started:\n" + "\n".join(lines))


def _developers(endpoint: Endpoint) -> None:
    with st.expander("What your developers need", icon=":material/code:"):
        st.markdown(
            "The address takes the calls of Segment’s libraries (identify, track, page, screen, group, alias, batch). "
            "Whoever has the write key can send, but read nothing."
        )
        shown = st.toggle("Show the write key", key=session().key("live-key", endpoint.audience))
        url = receiver().url
        st.code(LINES.format(key=endpoint.key if shown else "the write key", url=url), language="python")
        st.caption(f"The address is `{url}`. Other computers reach it when Handpick is started with --live-address.")
        st.button(
            "Make a new key",
            key=f"live-new-key-{endpoint.audience}",
            icon=":material/key:",
            help="Whoever sends with the old one is refused from then on.",
            on_click=_new_key,
            args=(endpoint.audience,),
        )


def _new_key(audience: str) -> None:
    endpoints().with_new_key(audience)
    receiver().follow()
    session().notice = "There is a new write key. The old one is refused from now on."


def _notes(live: Live | None) -> list[str]:
    """What should be known about what came in, a sentence each."""
    if live is None:
        return []
    found = []
    if live.waiting:
        found.append(
            f"{number(live.waiting)} from visitors who are not known yet: counted as soon as it is known who they are."
        )
    if live.unjoined:
        found.append(
            f"Your site said of two customers who are both known that they are one ({number(live.unjoined)} ×). They stay two: only "
            "what comes from then on goes to the new id."
        )
    found += [f"{number(count)} of {plain(label)} did not fit and are missing." for label, count in live.misfits]
    if live.left_out:
        found.append(f"There was no room for more names: {plain(', '.join(live.left_out[:5]))}.")
    return found


def follow(current: Current) -> None:
    """Where messages come in, the page is drawn anew for each version of the audience in hand."""
    if is_open(current.id):
        _follow(current.id, current.engine.audience.path.name)


@st.fragment(run_every=LOOK)
def _follow(audience: str, version: str) -> None:
    if _is_newer(audience, version):
        _show_newer()


def newer(current: Current) -> None:
    """Where messages come in, a button that shows what has come since: what is being read does not move by itself."""
    if is_open(current.id):
        _newer(current.id, current.engine.audience.path.name)


@st.fragment(run_every=LOOK_BESIDE)
def _newer(audience: str, version: str) -> None:
    if _is_newer(audience, version) and st.button(
        "Newer data has arrived: show it", icon=":material/bolt:", type="tertiary", key="live-newer"
    ):
        _show_newer()


def _is_newer(audience: str, version: str) -> bool:
    try:
        return workspace().current_version(audience).name != version
    except HandpickError:
        return False  # deleted meanwhile: the next click says so


def _show_newer() -> None:
    session().move_on()
    st.rerun()
