"""Who is who in a load: which customers of several tables are one person."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st
from babel import Locale

from pages.parts.changes import select, with_widget
from pages.parts.queries import workspace
from pages.parts.session import Draft, session
from pages.parts.waiting import beside
from pages.parts.words import number, people, plain, spoken
from segmentation import replanning
from segmentation.catalogue import Role
from segmentation.errors import HandpickError
from segmentation.joining import joinable, joined_by, people_tables, strangers, tells
from segmentation.likeness import comparable
from segmentation.plan import Joining, LoadPlan, Progress, Strangers
from segmentation.preview import mask
from segmentation.repairing import kept_repairs
from segmentation.uniting import United, preview, told

FULLEST = -1  # in place of a table: the row with the most filled fields
OFFERED = 50  # values that join nobody


def one_person(draft: Draft) -> None:
    """How the customers of several tables become one profile each, and what comes of it."""
    plan = draft.plan
    with st.container(border=True):
        st.markdown(":material/group: **One person across tables**")
        st.caption(
            "Customers who share one of these are one person. What the table that wins does not know comes from the next."
        )
        _by(plan)
        _more(plan)
        if plan.problems:
            st.caption("Who is in several tables is looked up when the rest is answered.")
            return
        try:
            found = beside("who-is-who", plan, "Looking who is who", partial(_preview, draft))
        except HandpickError as error:
            st.error(plain(str(error)), icon=":material/error:")
            return
        if found is not None:
            _found(found, plan)


def _preview(draft: Draft, progress: Progress) -> United:
    steps = kept_repairs(workspace().audience_folder(draft.audience)) if draft.audience else ()
    return preview(draft.plan, steps, progress)


def _join(plan: LoadPlan, **update: Any) -> LoadPlan:
    return replanning.with_problems(plan.model_copy(update={"joining": plan.joining.model_copy(update=update)}))


def _by(plan: LoadPlan) -> None:
    """What tells who is who, and whose values win."""
    offered = {column.name: column for column in joinable(plan)}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if offered:
            key = session().key("plan", "join-by")
            st.pills(
                "The same person by",
                list(offered),
                selection_mode="multi",
                default=[column.name for column in joined_by(plan)],
                format_func=lambda name: offered[name].label,
                key=key,
                on_change=with_widget,
                args=(key, lambda plan, names: _join(plan, by=tuple(n for n in offered if n in names))),
            )
        else:
            st.warning(
                "These tables share no id, e-mail address or phone number by which a person could be found again."
            )
        places = people_tables(plan)
        names = {place: plan.tables[place].table.name for place in places} | {FULLEST: "the row with the most values"}
        joining = plan.joining
        leader = joining.first if joining.first in places else places[0]
        select(
            "Whose values win",
            list(names),
            FULLEST if joining.fullest else leader,
            "join-first",
            lambda plan, place: (
                _join(plan, fullest=True) if place == FULLEST else _join(plan, fullest=False, first=place)
            ),
            words=lambda place: names[place],
        )
        if any(tells(column) is Role.PHONE for column in joined_by(plan)):
            regions = {
                code: name for code, name in Locale.parse("en").territories.items() if len(code) == 2 and code.isalpha()
            }
            select(
                "Numbers without a country are from",
                sorted(regions, key=regions.__getitem__),
                joining.region,
                "join-region",
                lambda plan, region: _join(plan, region=region),
                words=regions.__getitem__,
                placeholder="Where the person lives",
            )


def _more(plan: LoadPlan) -> None:
    """What is done only if she asks for it."""
    joining: Joining = plan.joining
    phones = tuple(column.name for column in joined_by(plan) if tells(column) is Role.PHONE)
    roles = {c.role: c.name for place in people_tables(plan) for c in plan.tables[place].columns if c.include}
    with st.container(horizontal=True):
        if comparable(roles):
            key = session().key("plan", "join-similar")
            st.toggle(
                "Also by a similar name and address",
                value=joining.similar,
                key=key,
                on_change=with_widget,
                args=(key, lambda plan, wanted: _join(plan, similar=wanted)),
            )
        if phones:
            key = session().key("plan", "join-sure")
            st.toggle(
                "Also two customers of one table by their phone number alone",
                value=bool(joining.sure),
                key=key,
                help="A family often shares one number, so they stay several people unless you say so.",
                on_change=with_widget,
                args=(key, lambda plan, wanted: _join(plan, sure=phones if wanted else ())),
            )
        for ids in strangers(plan):
            key = session().key("plan", "join-strangers", str(ids.table), ids.column)
            st.toggle(
                f"Also join {spoken(plan.tables[ids.table].table.name)} by {spoken(ids.column)}",
                value=ids.joined,
                key=key,
                help="By these ids nobody is joined to customers of another table unless you say so.",
                on_change=with_widget,
                args=(key, partial(_with_strangers, ids)),
            )


def _with_strangers(ids: Strangers, plan: LoadPlan, wanted: bool) -> LoadPlan:
    """The plan in which ids that seem to be of others join all the same, if that is wanted."""
    known = plan.joining.strangers
    return _join(plan, strangers=tuple(s.model_copy(update={"joined": wanted}) if s == ids else s for s in known))


def _found(found: United, plan: LoadPlan) -> None:
    """What comes of it, in numbers, and the values that join nobody."""
    st.markdown(f"**{number(found.rows)} rows are {people(found.people)}.**")
    st.markdown("\n".join(f"- {plain(sentence)}" for sentence in told(found, plan)))
    allowed = plan.joining.allowed
    if not found.refused and not allowed:
        return
    columns = {column.name: column for column in joinable(plan)}
    rows = {(key.kind, key.value): key.records for key in found.refused[:OFFERED]}

    def words(key: tuple[str, str]) -> str:
        value = key[1] if session().revealed else mask(key[1], tells(columns[key[0]]))
        return f"{value} ({number(rows[key])} rows)" if key in rows else value

    widget_key = session().key("plan", "join-allowed")
    st.multiselect(
        "Values that join nobody: join by these all the same",
        list(dict.fromkeys([*allowed, *rows])),
        default=list(allowed),
        format_func=words,
        key=widget_key,
        placeholder="None of them",
        on_change=with_widget,
        args=(widget_key, lambda plan, keys: _join(plan, allowed=tuple(keys))),
    )
