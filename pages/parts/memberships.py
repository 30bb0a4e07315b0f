"""The editors of filters that name a set of people: another segment, a list, a random share."""

from __future__ import annotations

import streamlit as st

from pages.parts import commands
from pages.parts.choices import choose_one, line, together
from pages.parts.fields import field_labels
from pages.parts.inputs import chosen_number, number_field
from pages.parts.queries import Current, library, lists
from pages.parts.session import session, widget
from pages.parts.words import number
from segmentation.catalogue import Kind, Role
from segmentation.definition import ListCondition, SampleCondition, SegmentCondition
from segmentation.references import ListedBy

IN = {False: "are in", True: "are not in"}
ON = {False: "are on", True: "are not on"}
BY_ROLE = "\0role"


def _outside(node: SegmentCondition | ListCondition, words: dict[bool, str]) -> None:
    choose_one(
        "In or not in", words, node.outside, session().key(node.id, "outside"), commands.take, node.id, "outside"
    )


def _known(named: str | None, names: dict[str, str]) -> str | None:
    """The id of what is named by its id or, where no id fits, its name; unchanged where it is not there."""
    return named if named in names else next((key for key, name in names.items() if name == named), named)


def segment_editor(node: SegmentCondition, current: Current) -> None:
    """Another saved segment, which is asked anew each time."""
    own = session().saved
    found = [s for s in library().find(current.id) if own is None or s.id != own.id]
    with line("Who", "When that segment is changed, this one changes with it."):
        _outside(node, IN)
        choose_one(
            "Segment",
            {segment.id: segment.name for segment in found},
            _known(node.segment, {segment.id: segment.name for segment in found}),
            session().key(node.id, "segment"),
            commands.take,
            node.id,
            "segment",
            placeholder="Choose a saved segment" if found else "No other segment is saved yet",
        )


def list_editor(node: ListCondition, current: Current) -> None:
    """A static list of ids or e-mail addresses."""
    found = lists().find(current.id)
    words = {ListedBy.ID: "ids", ListedBy.EMAIL: "e-mail addresses"}
    with line("Who"):
        _outside(node, ON)
        choose_one(
            "List",
            {entry.id: f"{entry.name} · {number(entry.size)} {words[entry.by]}" for entry in found},
            _known(node.list, {entry.id: entry.name for entry in found}),
            session().key(node.id, "list"),
            commands.take,
            node.id,
            "list",
            placeholder="Choose a list" if found else "There is no list yet",
        )
    with line(""):
        st.page_link(
            "pages/segments.py",
            label="Paste or upload another list" if found else "Paste or upload a list on the Segments page",
            icon=":material/list_alt:",
        )


def sample_editor(node: SampleCondition, current: Current) -> None:
    """How much of the customers, from where on, and the name that draws them."""
    with line("Share"):
        _percent(node, "percent", "Percent of the customers", "% of the customers")
    with line("From", "From 0 % on and from 50 % on: two halves of one draw that share nobody."):
        _percent(node, "start", "From which percent on", "% on")
    with line(
        "Draw",
        "The same name always draws the same customers, also when others come and go; another name draws others.",
    ):
        key = session().key(node.id, "seed")
        with together():
            st.markdown("named", width="content")
            st.text_input(
                "Name of the draw",
                value=node.seed,
                key=key,
                label_visibility="collapsed",
                placeholder="e.g. spring test",
                on_change=_store_seed,
                args=(node.id, key),
                width=180,
            )
        own = current.catalogue.with_role(Role.PERSON_ID)
        labels = {BY_ROLE: own.label if own is not None else "the customer’s id"}
        labels |= {
            name: label
            for name, label in field_labels(current.catalogue, (Kind.TEXT, Kind.NUMBER), node.field).items()
            if own is None or name != own.name or name == node.field
        }
        with together():
            st.markdown("by", width="content")
            key = session().key(node.id, "field")
            choose_one("Drawn by", labels, node.field or BY_ROLE, key, _store_field, node.id)


def _percent(node: SampleCondition, attribute: str, label: str, unit: str) -> None:
    base = session().key(node.id, attribute)
    args = (node.id, attribute, base)
    with together():
        number_field(
            label, getattr(node, attribute), base, _store_percent, args, whole=False, least=0, most=100, short=True
        )
        st.markdown(unit, width="content")


def _store_percent(node_id: str, attribute: str, base: str) -> None:
    value = chosen_number(base, None)
    commands.update(node_id, **{attribute: 0 if value is None and attribute == "start" else value})


def _store_field(node_id: str, key: str) -> None:
    commands.update(node_id, field=None if widget(key) == BY_ROLE else widget(key))


def _store_seed(node_id: str, key: str) -> None:
    commands.update(node_id, seed=widget(key) or "")
