"""The editors of ranks (top and bottom customers) and of scores for recency, frequency and monetary value."""

from __future__ import annotations

import streamlit as st

from pages.parts import commands
from pages.parts.choices import choose_one, choose_some, line, together
from pages.parts.details import details
from pages.parts.events import details_of, events_box, measure_box, property_box
from pages.parts.fields import field_labels
from pages.parts.inputs import chosen_number, number_field
from pages.parts.queries import Current
from pages.parts.session import session, widget
from pages.parts.when import when
from segmentation import editing
from segmentation.catalogue import Kind
from segmentation.definition import RankCondition, RfmCondition
from segmentation.describing_people import RFM_GROUPS

RANKED = (Kind.NUMBER, Kind.DATE, Kind.MOMENT)
GROUPED = (Kind.TEXT, Kind.YES_NO)
DEEDS, EVERYBODY, NO_AMOUNT = "\0deeds", "\0everybody", "\0none"
ENDS = {"top": "top", "bottom": "bottom"}
UNITS = {"percent": "percent", "people": "people"}
RANK_HELP = "Only customers with a value are ranked, by what they did only those who did it. Customers who tie with the last place are in."
BAND_HELP = "Leaves out those at the very top, e.g. the top 10 percent, but not the first 2."
SCORES = {
    "recency": "Recency",
    "frequency": "Frequency",
    "monetary": "Monetary value",
}
RFM_HELP = (
    "The groups come from how lately and how often they did it: Champions did it lately and often, At risk did it often, but not lately. "
    "None chosen: all of them."
)
SCORES_HELP = "From 1 to 5, each a fifth of the customers who did it. 5: the latest (recency), the most often (frequency), the most spent (monetary value)."


def rank_editor(node: RankCondition, current: Current) -> None:
    """Which end, how many, by what, and among whom."""
    with line("Who", RANK_HELP):
        with together():
            choose_one(
                "Which end", ENDS, node.direction, session().key(node.id, "direction"), _store, node.id, "direction"
            )
            _amount(node, "amount", "How many", 1)
            choose_one("Percent or people", UNITS, node.unit, session().key(node.id, "unit"), _store, node.id, "unit")
        if node.after:
            with together():
                st.markdown("but not the first", width="content", help=BAND_HELP)
                _amount(node, "after", "Without the first", 0)
        else:
            st.button(
                "but not the first …",
                key=session().key(node.id, "band"),
                type="tertiary",
                help=BAND_HELP,
                disabled=not node.amount,
                on_click=_band,
                args=(node.id,),
            )
    events = bool(current.catalogue.events or node.events)
    fields = field_labels(current.catalogue, RANKED, node.field)
    by = {**({DEEDS: "what they did …"} if events else {}), **fields}
    chosen = node.field if node.field is not None else DEEDS if events else None
    key = session().key(node.id, "by")
    with line("By"):
        choose_one("Ranked by", by, chosen, key, _store_by, node.id, placeholder="Choose a number or date")
    if node.field is None and events:
        with line("What"):
            events_box(node, current)
        with line("How much"):
            measure_box(node, current.catalogue)
        when(node, current)
        details(node, current)
    groups = field_labels(current.catalogue, GROUPED, node.within)
    among = {EVERYBODY: "everybody"} | {name: f"those of the same {label.lower()}" for name, label in groups.items()}
    with line("Among"):
        choose_one(
            "Among whom", among, node.within or EVERYBODY, session().key(node.id, "within"), _store_within, node.id
        )


def _amount(node: RankCondition, attribute: str, label: str, least: int) -> None:
    base = session().key(node.id, attribute, node.unit)
    whole = node.unit == "people"
    args = (node.id, attribute, base)
    number_field(label, getattr(node, attribute), base, _store_amount, args, whole=whole, least=0, short=True)


def _store(node_id: str, attribute: str, key: str) -> None:
    commands.update(node_id, **{attribute: widget(key)})


def _find(node_id: str) -> RankCondition | None:
    node = editing.find(session().definition, node_id)
    return node if isinstance(node, RankCondition) else None


def _band(node_id: str) -> None:
    node = _find(node_id)
    if node is not None and node.amount:
        commands.update(node_id, after=1 if node.amount > 1 else node.amount / 2)


def _store_amount(node_id: str, attribute: str, base: str) -> None:
    node = _find(node_id)
    if node is not None:
        value = chosen_number(base, getattr(node, attribute))
        commands.update(node_id, **{attribute: 0 if value is None and attribute == "after" else value})


def _store_by(node_id: str, key: str) -> None:
    chosen = widget(key)
    if chosen is None or chosen == DEEDS:
        commands.update(node_id, field=None)
    else:
        commands.update(node_id, field=chosen, events=(), where=None)


def _store_within(node_id: str, key: str) -> None:
    chosen = widget(key)
    commands.update(node_id, within=None if chosen == EVERYBODY else chosen)


def rfm_editor(node: RfmCondition, current: Current) -> None:
    """Over which events, the groups by name, and the scores."""
    numbers = {p.name: p.label for p in details_of(node, current.catalogue, Kind.NUMBER)}
    with line("What"):
        events_box(node, current)
    with line("Amount", "Which detail says how much was spent; without one nobody is scored for monetary value."):
        property_box(
            "Which detail is the amount",
            {NO_AMOUNT: "no amount", **numbers},
            node.amount or NO_AMOUNT,
            session().key(node.id, "amount"),
            current.catalogue,
            _store_of,
            node.id,
        )
    when(node, current)
    with line("Groups", RFM_HELP):
        choose_some(
            "Groups of customers (any of)",
            RFM_GROUPS,
            node.groups,
            session().key(node.id, "groups"),
            _store_groups,
            node.id,
            placeholder="All of them: choose Champions, At risk …",
        )
    with line("Scores", SCORES_HELP), st.container(horizontal=True, gap="medium"):
        for attribute, label in SCORES.items():
            if attribute == "monetary" and node.amount is None and node.monetary == (1, 5):
                continue
            key = session().key(node.id, attribute)
            st.slider(
                label,
                1,
                5,
                value=getattr(node, attribute),
                key=key,
                on_change=commands.take,
                args=(node.id, attribute, key),
                width=150,
            )
    details(node, current)


def _store_of(node_id: str, key: str) -> None:
    chosen = widget(key)
    if chosen == NO_AMOUNT:
        commands.update(node_id, amount=None, monetary=(1, 5))
    else:
        commands.update(node_id, amount=chosen)


def _store_groups(node_id: str, key: str) -> None:
    commands.update(node_id, groups=tuple(widget(key)))
