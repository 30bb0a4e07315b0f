"""The filters on an event's own details: rows and groups of rows, to any depth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import streamlit as st

from pages.parts import commands
from pages.parts.choices import choose_one, line
from pages.parts.conditions import comparison_and_operand, switches_of
from pages.parts.events import details_of
from pages.parts.inputs import least_box
from pages.parts.offering import offered_of_detail
from pages.parts.queries import Current
from pages.parts.session import offered, picked, session, widget
from segmentation import editing
from segmentation.catalogue import Catalogue, EventProperty
from segmentation.definition import AnyNode, Doing, FieldCondition, Group, Match
from segmentation.values import Offered

MATCHES = {
    Match.ALL: "all of these hold",
    Match.ANY: "any of these holds",
    Match.NONE: "none of these holds",
    Match.AT_LEAST: "at least … of these hold",
}
FRAMED = 3
"""Groups deeper than this have no frame of their own: on a narrow screen nothing would be left between the frames."""


@dataclass(frozen=True)
class _Event:
    """The event whose details are drawn, with the details it has."""

    id: str
    names: tuple[str, ...]
    details: dict[str, EventProperty]
    current: Current


def details(node: Doing, current: Current) -> None:
    """The filters on one and the same event."""
    known = {p.name: p for p in details_of(node, current.catalogue)}
    where = node.where
    if not known and (where is None or not where.children):
        return
    event = _Event(node.id, node.events, known, current)
    if where is None or not where.children:
        with line("Where"):
            _add(node.id, "Narrow down by a detail", "+ a detail of it …", event, 0)
        return
    if len(where.children) == 1 and where.match == Match.ALL and isinstance(where.children[0], FieldCondition):
        with line("Where"):
            _row(where.children[0], event, "")
    else:
        with line("Where"):
            _match(where, "How the details combine")
            _off(where)
        _children(where, event, "")
    with line(""):
        _add(where.id, "Narrow down by a detail", "+ another detail …", event, len(where.children))
        _nest(where)


def _children(group: Group, event: _Event, place: str) -> None:
    for position, child in enumerate(group.children, 1):
        here = f"{place}.{position}" if place else str(position)
        if isinstance(child, Group):
            _group(child, event, here)
        else:
            _row(child, event, here)


def _group(group: Group, event: _Event, place: str) -> None:
    """A group inside: how it matches, its rows, and what can be added to it."""
    with st.container(border=place.count(".") < FRAMED, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.markdown(f":small[:gray[{place}]]", width="content")
            _match(group, f"How the details of group {place} combine")
            _off(group)
            if not group.children:
                st.markdown(":orange[:material/pending: Empty. Not counted yet.]", width="content")
            st.markdown("", width="stretch")
            _more(group, f"More about group {place} of details")
            _remove(group, f"Remove group {place} of details")
        _children(group, event, place)
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            _add(group.id, f"Add a detail to group {place}", f"+ a detail in {place} …", event, len(group.children))
            _nest(group)


def _row(child: AnyNode, event: _Event, place: str) -> None:
    """One filter on a detail."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        if place:
            st.markdown(f":small[:gray[{place}]]", width="content")
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", width="stretch"):
            _off(child)
            if isinstance(child, FieldCondition):
                _filter(child, event)
            else:
                st.markdown(":orange[An event cannot stand inside another event: remove it.]", width="content")
        if isinstance(child, FieldCondition):
            _more(child, f"More about detail {place or '1'}")
        _remove(child, "Remove this detail")


def _filter(child: FieldCondition, event: _Event) -> None:
    named = next((p for p in event.current.catalogue.properties if p.name == child.field), None)
    labels = {name: detail.label for name, detail in event.details.items()}
    choose_one(
        "Detail",
        labels if named is None else labels | {named.name: named.label},
        child.field,
        session().key(child.id, "field"),
        commands.choose_detail,
        child.id,
        event.current.catalogue,
        placeholder="Choose a detail",
    )
    if named is not None:

        def values(search: str) -> tuple[Offered, ...]:
            beside = event.current.others(event.id)
            return offered_of_detail(event.current, child.id, named, event.names, beside, search)

        comparison_and_operand(child, named, values, event.current)
    for badge, on in (("exact case", child.exact_case), ("not where it is missing", child.leave_out_missing)):
        if on:
            st.markdown(f":gray-badge[{badge}]", width="content")


def _more(node: FieldCondition | Group, label: str) -> None:
    """What is seldom changed about a detail: off or on, exact case, missing values."""
    choices = {"enabled": "Turn off" if node.enabled else "Turn on"}
    if isinstance(node, FieldCondition):
        textual, negative = switches_of(node)
        if textual or node.exact_case:
            choices["exact_case"] = "Upper and lower case are the same" if node.exact_case else "Exact case"
        if negative or node.leave_out_missing:
            choices["leave_out_missing"] = (
                "Count events where it is missing" if node.leave_out_missing else "Leave out events where it is missing"
            )
    key = session().key("icon-only", node.id, "more")
    st.menu_button(
        label,
        list(choices),
        key=key,
        format_func=lambda choice: choices[choice],
        type="tertiary",
        icon=":material/more_horiz:",
        on_click=_turn,
        args=(node.id, key),
    )


def _turn(node_id: str, key: str) -> None:
    attribute, node = str(widget(key)), editing.find(session().definition, node_id)
    commands.update(node_id, **{attribute: not getattr(node, attribute)})


def _match(group: Group, label: str) -> None:
    choose_one(label, MATCHES, group.match, session().key(group.id, "match"), commands.take, group.id, "match")
    if group.match == Match.AT_LEAST:
        least_box(group, f"{label}: at least how many")


def _off(node: AnyNode) -> None:
    """A filter that a file has turned off says so, with the way to turn it on."""
    if not node.enabled:
        st.markdown(":gray-badge[turned off]", width="content")
        st.button(
            "Turn on",
            key=session().key(node.id, "turn-on"),
            type="tertiary",
            on_click=partial(commands.update, node.id, enabled=True),
        )


def _remove(node: AnyNode, label: str) -> None:
    st.button(
        label,
        key=session().key("icon-only", node.id, "remove"),
        icon=":material/close:",
        type="tertiary",
        on_click=commands.remove_detail,
        args=(node.id,),
    )


def _nest(group: Group) -> None:
    st.button(
        "A group of details",
        key=session().key(group.id, "add-group"),
        icon=":material/account_tree:",
        type="tertiary",
        help="Alternatives or exceptions: a group inside, with its own all, any or none.",
        on_click=commands.add_group,
        args=(group.id,),
    )


def _add(parent: str, label: str, placeholder: str, event: _Event, children: int) -> None:
    choose_one(
        label,
        {name: detail.label for name, detail in event.details.items()},
        None,
        offered(session().key(parent, "add-detail", str(children))),
        _added,
        parent,
        event.current.catalogue,
        placeholder=placeholder,
        width=210,
    )


def _added(parent: str, catalogue: Catalogue, key: str) -> None:
    if not (name := picked(key)):
        return
    operator = commands.first_operator(catalogue.event_property(name).kind)
    state = session()
    child = FieldCondition(field=name, operator=operator.name, value=commands.starting_value(operator))
    state.change(editing.add(state.definition, parent, child)[0])
