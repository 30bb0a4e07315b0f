"""The charts of a segment against everybody."""

from __future__ import annotations

import streamlit as st

from pages.parts.charts import difference_chart, distribution_chart, funnel_chart, over_time_chart
from pages.parts.fields import fields_by_theme
from pages.parts.numbers import funnel_steps
from pages.parts.queries import Current
from pages.parts.session import session
from pages.parts.waiting import found
from pages.parts.words import THEMES, figure, number, percent, plain, spoken
from segmentation.catalogue import PERSONAL, Field, Kind, Role
from segmentation.definition import FieldCondition, walk
from segmentation.differences import differences as compared
from segmentation.engine import Answer
from segmentation.facts import summary as headline
from segmentation.insights import OverTime, active_over_time, distribution, joined_over_time
from segmentation.plan import Progress

SHOWN = 12


def _question(current: Current, answer: Answer) -> tuple[object, ...]:
    return current.engine.audience.version, current.catalogue, current.clock, answer.members


def is_dark() -> bool:
    """Whether the page is dark."""
    return st.context.theme.type == "dark"


def summary(current: Current, answer: Answer) -> None:
    """Headline numbers of the segment beside everybody's."""
    audience = current.engine.audience
    facts = found(
        current,
        "summary",
        _question(current, answer),
        "Working out the headline numbers",
        lambda progress: headline(audience, current.catalogue, answer.members, current.clock, progress),
    )
    if not facts:
        return
    with st.grid("auto", min_column_width=170):
        for fact in facts:
            words = percent if fact.is_share else figure
            value = "–" if fact.segment is None else words(fact.segment)
            base = "–" if fact.base is None else words(fact.base)
            st.metric(
                spoken(fact.label),
                value,
                f"everybody {base}",
                delta_color="off",
                delta_arrow="off",
                border=True,
                help=plain(fact.label),
            )


@st.fragment
def differences(current: Current, answer: Answer) -> None:
    """Where the segment is over- and under-represented."""
    used = {n.field for n in walk(session().definition.root) if isinstance(n, FieldCondition) and n.field}
    with st.container(border=True):
        with_used = st.toggle("Show the fields of the filters too", key="charts-used", disabled=not used)
        exclude = frozenset() if with_used else frozenset(used)
        audience = current.engine.audience
        different = found(
            current,
            "differences",
            (*_question(current, answer), exclude),
            "Comparing with everybody",
            lambda progress: compared(audience, current.catalogue, answer.members, SHOWN, exclude, progress),
        )
        if different is None:
            return
        shown = (*different.over[:SHOWN], *different.under[: SHOWN // 2])
        st.altair_chart(difference_chart(shown, dark=is_dark()), width="stretch")
        st.caption(
            "100 is as frequent as among everybody, 200 twice as frequent. Only differences that cannot be chance "
            "(three standard errors) and that concern enough people are shown."
        )


def funnel(current: Current, answer: Answer) -> None:
    """How each filter of the top group cuts."""
    if len(answer.funnel) > 1:
        with st.container(border=True):
            steps = funnel_steps(current, answer)
            st.altair_chart(funnel_chart(steps, answer.base, dark=is_dark()), width="stretch")


@st.fragment
def one_field(current: Current, answer: Answer) -> None:
    """The distribution of any field."""
    fields = {f.name: f for f in fields_by_theme(current.catalogue) if f.role not in PERSONAL | {Role.PERSON_ID}}
    first = next((f.name for f in fields.values() if f.kind == Kind.NUMBER), next(iter(fields), None))
    with st.container(border=True):
        name = st.selectbox(
            "Field",
            list(fields),
            index=list(fields).index(first) if first else None,
            format_func=lambda n: f"{fields[n].label} · {THEMES[fields[n].theme].lower()}",
            key="charts-field",
        )
        if name is None:
            return
        audience, zone = current.engine.audience, current.clock.zone
        spread = found(
            current,
            "distribution",
            (*_question(current, answer), name),
            f"Counting {fields[name].label}",
            lambda progress: distribution(audience, fields[name], answer.members, zone=zone, progress=progress),
        )
        if spread is None:
            return
        st.altair_chart(distribution_chart(spread, dark=is_dark()), width="stretch")
        missing = spread.missing
        st.caption(
            f"Exact. No value: {number(missing.in_segment)} in the segment ({percent(missing.share_segment)}), "
            f"{number(missing.in_base)} of everybody ({percent(missing.share_base)})."
        )


@st.fragment
def over_time(current: Current, answer: Answer) -> None:
    """When they joined and when they were active."""
    dates = [f for f in fields_by_theme(current.catalogue) if f.kind in (Kind.DATE, Kind.MOMENT)]
    events = current.catalogue.events
    if not dates and not events:
        return
    with st.container(border=True):
        options = [f"joined:{f.name}" for f in dates] + (
            ["active:"] + [f"active:{e.name}" for e in events] if events else []
        )
        labels = {f"joined:{f.name}": f.label for f in dates} | {f"active:{e.name}": f"Did: {e.label}" for e in events}
        labels["active:"] = "Did anything"
        choice = st.selectbox(
            "Over time",
            options,
            index=_usual(options, dates),
            format_func=lambda option: labels[option],
            key="charts-time",
            width=320,
        )
        kind, _, name = choice.partition(":")
        audience, members, clock = current.engine.audience, answer.members, current.clock

        def ask(progress: Progress) -> OverTime:
            if kind == "joined":
                field = current.catalogue.field(name)
                return joined_over_time(audience, field, members, zone=clock.zone, progress=progress)
            return active_over_time(audience, members, (name,) if name else (), clock=clock, progress=progress)

        times = found(current, "over time", (*_question(current, answer), choice), f"Counting {labels[choice]}", ask)
        if times is None:
            return
        st.altair_chart(over_time_chart(times, labels[choice], dark=is_dark()), width="stretch")
        st.caption(f"Exact numbers of people; calendar of {plain(current.clock.zone)}.")


def _usual(options: list[str], dates: list[Field]) -> int:
    signup = next((f"joined:{f.name}" for f in dates if f.role == Role.SIGNUP_DATE), None)
    return options.index("active:") if "active:" in options else options.index(signup) if signup else 0
