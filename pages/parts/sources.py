"""The sources of an audience: how old each is, how new data comes in, and what held it."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from functools import partial

import streamlit as st
from pydantic import SecretStr

from connectors.renewing import asks_password, path_of, place_of, renew
from connectors.sources.files import EXTENSIONS
from pages.parts import ways, work
from pages.parts.queries import renewals, workspace
from pages.parts.session import session, widget
from pages.parts.uploads import kept
from pages.parts.words import ago, number, people, plain, spoken
from segmentation.audience import AudienceAbout
from segmentation.errors import HandpickError
from segmentation.freshness import Age, age_words, ages
from segmentation.plan import FILE, Progress
from segmentation.renewal import Given, Held, Hold, Reason, Renewal, Report, TableNews
from segmentation.workspace import AudienceEntry

GONE = "it is gone: leave it empty"
MOST_SEGMENTS = 8


def sources(entry: AudienceEntry, about: AudienceAbout, just_loaded: bool) -> None:
    """One line a source with its age and its way, the button that brings in what is new, and how that last went."""
    renewal = renewals().of(entry.id)
    found = ages(about)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**Sources**", width="stretch")
        st.button(
            "Bring in what is new",
            key=f"renew-{entry.id}",
            icon=":material/refresh:",
            on_click=_begin,
            args=(entry, about, renewal),
        )
    for age in found:
        _source(entry.id, about, age, renewal)
    ways.timetable(entry.id, renewal, [age.plan.table.name for age in found if not _by_itself(about, age, renewal)])
    report = renewals().report(entry.id)
    if report is not None:
        _outcome(entry, about, renewal, report, just_loaded)
    if session().renewing:
        _ask(entry, about, renewal)


def _source(audience: str, about: AudienceAbout, age: Age, renewal: Renewal) -> None:
    now = datetime.now(UTC)
    origin = age.plan.table.origin
    parts = [plain(age.plan.table.name), f":gray[{plain(place_of(origin))}]"]
    if age.read_at is not None:
        parts.append(f":gray[read {ago(age.read_at, now)}]")
    if age.newest is not None:
        parts.append(f"newest row {age_words(now - age.newest)} old")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(" · ".join(parts), width="stretch")
        ways.way(audience, about.plan.tables.index(age.plan), age.plan, renewal)


def _by_itself(about: AudienceAbout, age: Age, renewal: Renewal) -> bool:
    """Whether a source can be read without a person."""
    origin = age.plan.table.origin
    if origin is None or origin.source == FILE:
        return bool(path_of(origin, renewal.table(about.plan.tables.index(age.plan))))
    return asks_password(origin) is None


def _passwords(about: AudienceAbout) -> list[str]:
    """The connections whose passwords only a person has."""
    origins = (age.plan.table.origin for age in ages(about))
    return list(dict.fromkeys(t for o in origins if o is not None and (t := asks_password(o)) is not None))


def _begin(entry: AudienceEntry, about: AudienceAbout, renewal: Renewal) -> None:
    """Start at once where nothing has to be asked."""
    session().given = Given()
    if all(_by_itself(about, age, renewal) for age in ages(about)):
        _start(entry.id, entry.name, Given())
    else:
        session().renewing = True


def _start(audience: str, name: str, given: Given) -> None:
    state = session()
    state.renewing, state.given = False, given
    work.start(f"Bringing {name} up to date", partial(_renew, audience, given))


def _renew(audience: str, given: Given, progress: Progress) -> str:
    """Bring it up to date; files that were dropped stay only as long as they may be asked for again."""
    try:
        renew(audience, given, workspace(), progress)
    except Held:
        raise
    except BaseException:
        _let_go(given)
        raise
    _let_go(given)
    return audience


def _let_go(given: Given) -> None:
    for _, path in given.files:
        shutil.rmtree(path.parent, ignore_errors=True)


def _dismiss() -> None:
    session().renewing = False


def _ask(entry: AudienceEntry, about: AudienceAbout, renewal: Renewal) -> None:
    files = [age for age in ages(about) if age.plan.table.origin is None or age.plan.table.origin.source == FILE]

    @st.dialog("Bring in what is new", on_dismiss=_dismiss)
    def ask() -> None:
        if not session().renewing:
            st.rerun()
        if files:
            st.markdown("Drop new files: each goes to the source whose name or columns it has.")
            for age in files:
                way = renewal.table(about.plan.tables.index(age.plan)).way
                st.caption(f"{plain(age.plan.table.name)}: {ways.SHORT[way]}")
            st.file_uploader(
                "New files",
                type=list(EXTENSIONS),
                accept_multiple_files=True,
                key=session().key("renew-files"),
                label_visibility="collapsed",
            )
        for title in _passwords(about):
            st.text_input(
                f"Password for {spoken(title)}",
                type="password",
                key=session().key("renew-password", title),
                autocomplete="off",
                help="It is not kept. With the name of a secret in the connection nobody has to type it.",
            )
        st.button("Bring in", type="primary", key="renew-start", on_click=_given, args=(entry, about))

    ask()


def _given(entry: AudienceEntry, about: AudienceAbout) -> None:
    state = session()
    typed = {title: widget(state.key("renew-password", title)) or "" for title in _passwords(about)}
    given = Given(kept(state.key("renew-files")), {title: SecretStr(word) for title, word in typed.items()})
    _start(entry.id, entry.name, given)


def _outcome(entry: AudienceEntry, about: AudienceAbout, renewal: Renewal, report: Report, just_loaded: bool) -> None:
    """How the latest renewal went."""
    when = ago(report.at, datetime.now(UTC))
    if report.holds:
        _held(entry, about, renewal, report)
    elif report.problem:
        if report.problem != session().problem:
            st.warning(f"{when.capitalize()}, nothing new came in: {plain(report.problem)}", icon=":material/warning:")
    else:
        with st.expander(f"What was new {when}", expanded=just_loaded, icon=":material/history:"):
            lines = [_table_news(t) for t in report.tables]
            for s in report.segments[:MOST_SEGMENTS]:
                if s.after is None:
                    told = plain(s.problem or "nothing to count")
                else:
                    change = f" ({s.after - s.before:+,})".replace("-", "−") if s.before is not None else ""
                    told = f"{people(s.after)}{change}"
                lines.append(f"Segment {plain(s.name)}: {told}")
            st.markdown("\n".join(f"- {line}" for line in lines))


def _table_news(news: TableNews) -> str:
    if not news.before:
        return f"{plain(news.table)}: new, {number(news.after)} rows"
    changed = f", {number(news.added)} added, {number(news.updated)} brought up to date"
    return (
        f"{plain(news.table)}: {number(news.before)} rows before, {number(news.read)} read"
        f"{changed if news.added or news.updated else ''}, {number(news.after)} now"
    )


def _held(entry: AudienceEntry, about: AudienceAbout, renewal: Renewal, report: Report) -> None:
    """Why new data waits, and what can be said about it."""
    with st.container(border=True):
        st.markdown(
            f":orange[:material/pan_tool:] **New data is held** :gray[{ago(report.at, datetime.now(UTC))}]: the old data stays "
            "until you have looked."
        )
        for hold in report.holds:
            st.markdown(f"- {plain(hold.message)}")
        missing = [hold for hold in report.holds if hold.reason is Reason.MISSING]
        for hold in missing:
            key = session().key("hold", str(hold.index), hold.column)
            st.selectbox(
                f"{spoken(hold.column)} of {spoken(hold.table)} is now",
                [*hold.candidates, GONE],
                index=None,
                key=key,
                placeholder="Choose",
                width=420,
            )
        unsaid = [hold for hold in missing if widget(session().key("hold", str(hold.index), hold.column)) is None]
        with st.container(horizontal=True):
            st.button(
                "Bring it in like this" if missing else "Bring it in all the same",
                key=f"accept-{entry.id}",
                type="primary",
                disabled=bool(unsaid),
                on_click=_accept,
                args=(entry, about, renewal, report.holds),
            )


def _accept(entry: AudienceEntry, about: AudienceAbout, renewal: Renewal, holds: tuple[Hold, ...]) -> None:
    """Note what columns are called now, and bring it in."""
    state = session()
    for hold in (hold for hold in holds if hold.reason is Reason.MISSING):
        said = widget(state.key("hold", str(hold.index), hold.column))
        way = renewal.table(hold.index)
        renamed = {**way.renamed, hold.column: "" if said == GONE else said}
        renewal = renewal.with_table(hold.index, way.model_copy(update={"renamed": renamed}))
    try:
        renewals().keep(entry.id, renewal)
    except HandpickError as error:
        state.problem = str(error)
        return
    accept = not any(hold.reason is Reason.MISSING for hold in holds)
    given = Given(state.given.files, state.given.passwords, accept)
    needs_files = not all(_by_itself(about, age, renewal) for age in ages(about))
    if needs_files and not (given.files or given.passwords):
        state.renewing = True  # held by a schedule or before the page was loaded anew
    else:
        _start(entry.id, entry.name, given)
