"""The tree of filters: groups as cards, conditions as sentences, one of them open for editing."""

from __future__ import annotations

from contextlib import nullcontext

import streamlit as st

from pages.parts import commands
from pages.parts.choices import told_apart
from pages.parts.conditions import field_editor, icon_of
from pages.parts.editors import EDITORS, STARTS, starts
from pages.parts.fields import fields_by_theme
from pages.parts.inputs import least_box
from pages.parts.queries import Current
from pages.parts.session import offered, session
from pages.parts.words import THEMES, number, plain, shortened
from segmentation.catalogue import Catalogue
from segmentation.definition import Condition, Doing, FieldCondition, Group, Match, Node, walk
from segmentation.describing import describe_condition
from segmentation.engine import Answer
from segmentation.freshness import staleness
from segmentation.references import References

FRAMED = 4
"""Groups deeper than this have no frame of their own: on a narrow screen nothing would be left between the frames."""
MATCHES = {
    Match.ALL: "all",
    Match.ANY: "any",
    Match.NONE: "none",
    Match.AT_LEAST: "at least",
}


def builder(current: Current, answer: Answer) -> None:
    """The whole tree."""
    _group(session().definition.root, current, answer, current.references(), place="", first=True)


def _group(group: Group, current: Current, answer: Answer, known: References, place: str, first: bool = False) -> None:
    title = f"group {place}" if place else "the segment"
    with st.container(border=place.count(".") < FRAMED, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.markdown("**Customers who match**" if first else f"**Group {place}**{_off(group)}", width="content")
            key = session().key(group.id, "match")
            st.segmented_control(
                f"How the filters of {title} combine",
                list(MATCHES),
                default=group.match,
                required=True,
                format_func=lambda match: MATCHES[match],
                key=key,
                label_visibility="collapsed",
                on_change=commands.take,
                args=(group.id, "match", key),
            )
            if group.match == Match.AT_LEAST:
                least_box(group, f"At least how many filters of {title}")
            st.markdown("of these", width="content")
            if not first:
                with st.container(
                    horizontal=True,
                    horizontal_alignment="right",
                    vertical_alignment="center",
                    gap="small",
                    width="stretch",
                ):
                    st.markdown(_numbers(group, answer), width="content")
                    _menu(group, f"Group {place}")
        for position, child in enumerate(group.children, 1):
            here = f"{place}.{position}" if place else str(position)
            if isinstance(child, Group):
                _group(child, current, answer, known, here)
            elif child.id == session().opened:
                _open(child, current, answer, here)
            else:
                _closed(child, current, answer, known, here)
        _add(group, current.catalogue, title, first)


def _off(node: Node) -> str:
    return "" if node.enabled else " :gray-badge[turned off]"


def _numbers(node: Node, answer: Answer) -> str:
    """A node's own count and what leaving it out would change, as one piece of markdown."""
    count = answer.counts.get(node.id)
    if answer.waiting:
        return ":small[:gray[…]]"
    if count is None:
        return ":small[:gray[off]]" if not node.enabled else ":small[:orange[not counted]]"
    change = answer.without[node.id] - answer.total if node.id in answer.without else None
    without = f" :gray[{change:+,} without]".replace("-", "−") if change else ""
    return f":small[**{number(count)}**{without}]"


def _closed(node: Condition, current: Current, answer: Answer, known: References, place: str) -> None:
    """A condition as one sentence with its numbers; a click opens it. One element a row keeps every click fast."""
    words = plain(shortened(describe_condition(node, current.catalogue, known), 240))
    st.button(
        f":small[:gray[{place}]] {words if node.enabled else f':gray[~~{words}~~]'} {_numbers(node, answer)}",
        key=session().key("sentence", node.id),
        icon=icon_of(node, current.catalogue),
        type="tertiary",
        width="stretch",
        wrap=True,
        on_click=commands.open_node,
        args=(node.id,),
    )
    _age(node, current)


def _age(node: Condition, current: Current) -> None:
    """Why a filter on lately can match nobody, where the data is older than that."""
    stale = staleness(node, current.catalogue, current.clock) if node.enabled else None
    if stale is not None:
        st.markdown(f":small[:orange[:material/history: {plain(stale)}]]")


def _open(node: Condition, current: Current, answer: Answer, place: str) -> None:
    """A condition with its inputs."""
    with st.container(border=True, key=f"open-{node.id}", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f":gray[Filter {place}]{_off(node)}", width="content")
            st.markdown(_numbers(node, answer), width="stretch", text_alignment="right")
        if isinstance(node, FieldCondition):
            field_editor(node, current, answer)
        else:
            EDITORS[node.type](node, current)
        _age(node, current)
        if node.enabled and node.id in answer.unfinished:
            st.markdown(f":orange[:material/pending: {plain(answer.unfinished[node.id])} Not counted yet.]")
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button("Done", key=session().key(node.id, "done"), on_click=commands.open_node, args=(None,))
            _menu(node, f"Filter {place}")
            st.button(
                "Remove",
                key=session().key(node.id, "remove"),
                icon=":material/delete:",
                type="tertiary",
                on_click=commands.remove,
                args=(node.id,),
            )


def _menu(node: Node, title: str) -> None:
    """Everything else that can be done with a node."""
    groups = [g for g in walk(session().definition.root) if isinstance(g, Group)]
    inside = {below.id for below in walk(node)}
    where = {f.where.id for f in walk(session().definition.root) if isinstance(f, Doing) and f.where}
    targets = [
        g for g in groups if g.id not in inside and g.id not in where and all(c.id != node.id for c in g.children)
    ]
    labels = {
        "duplicate": "Duplicate",
        "up": "Move up",
        "down": "Move down",
        "toggle": "Turn off" if node.enabled else "Turn on",
        "wrap": "Put into a new group",
    }
    if isinstance(node, Group):
        labels |= {"group": "Add a group inside", "unwrap": "Dissolve, keep the filters", "remove": "Remove the group"}
    places = _places(session().definition.root)
    labels |= {f"into {g.id}": f"Move to {places[g.id]}" for g in targets if g.id in places}
    key = session().key(node.id, "menu")
    st.menu_button(
        title,
        list(labels),
        key=key,
        format_func=lambda choice: labels[choice],
        type="tertiary",
        icon=":material/more_horiz:",
        on_click=commands.act,
        args=(node.id, key),
    )


def _places(root: Group, place: str = "") -> dict[str, str]:
    found = {root.id: f"group {place}" if place else "the top"}
    for position, child in enumerate(root.children, 1):
        if isinstance(child, Group):
            found |= _places(child, f"{place}.{position}" if place else str(position))
    return found


def _add(group: Group, catalogue: Catalogue, title: str, first: bool) -> None:
    """One box over all fields and events; at the top a button for a group (further down it is in the group's menu)."""
    options: dict[tuple[str, str], str] = {}
    for event in catalogue.events:
        options["event", event.name] = f"{event.label} · did or did not"
    for field in fields_by_theme(catalogue):
        options["field", field.name] = f"{field.label} · {THEMES[field.theme].lower()}"
    for name, words in starts(catalogue).items():
        options["start", name] = words
    options = told_apart(options)
    key = offered(session().key(group.id, "add", str(len(list(walk(session().definition.root))))))
    with st.container(horizontal=True, vertical_alignment="center", gap="small") if first else nullcontext():
        st.selectbox(
            f"Add a filter to {title}",
            list(options),
            index=None,
            format_func=lambda option: options[option],
            key=key,
            label_visibility="collapsed",
            placeholder="+ Add a filter: age, country, interests, purchase …"
            if first
            else f"+ Add a filter to {title} …",
            on_change=commands.add_picked,
            args=(group.id, key, catalogue, STARTS),
            width=420,
        )
        if first:
            st.button(
                "Add a group",
                key=session().key(group.id, "add-group"),
                icon=":material/account_tree:",
                type="tertiary",
                help="Alternatives or exceptions: a group inside this one, with its own all, any or none.",
                on_click=commands.add_group,
                args=(group.id,),
            )
