"""The editor of a field condition: which field, how it is compared, and with what."""

from __future__ import annotations

import streamlit as st

from pages.parts import commands
from pages.parts.choices import choose_one
from pages.parts.fields import field_labels
from pages.parts.offering import offered_of_field
from pages.parts.operand import ValuesOf, operand
from pages.parts.queries import Current
from pages.parts.session import session
from pages.parts.words import THEME_ICONS, number
from segmentation.catalogue import Catalogue, EventProperty, Field, Kind, Theme
from segmentation.definition import Condition, FieldCondition
from segmentation.engine import Answer
from segmentation.menus import menu
from segmentation.operators import OPERATORS, Shape
from segmentation.values import Offered

MOST_COMPARED = 100_000  # distinct values; of more, hardly one occurs twice
MOST_WITH_LISTS = 3_000_000  # people; of more, counting a list's items among the others takes a second


def field_editor(node: FieldCondition, current: Current, answer: Answer) -> None:
    """Field, comparison and value in one row, with the switches below."""
    catalogue = current.catalogue
    named = next((f for f in catalogue.fields if f.name == node.field), None)
    key = session().key(node.id, "field")
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        choose_one(
            "Field",
            field_labels(catalogue, tuple(Kind), node.field),
            node.field,
            key,
            commands.choose_field,
            node.id,
            catalogue,
            placeholder="Choose a field",
            width=210,
        )
        if named is not None:

            def values(search: str) -> tuple[Offered, ...]:
                quick = named.kind is not Kind.LIST or current.engine.audience.people <= MOST_WITH_LISTS
                beside = current.others(node.id) if quick and named.distinct <= MOST_COMPARED else None
                return offered_of_field(current, node.id, named, beside, search)

            comparison_and_operand(node, named, values, current)
    _switches(node, answer)


def comparison_and_operand(
    node: FieldCondition, named: Field | EventProperty, values: ValuesOf, current: Current
) -> None:
    """How a field or detail is compared, and with what."""
    labels = {row.name: row.label for row in menu(named.kind)}
    operator = OPERATORS.get(node.operator or "")
    choose_one(
        "Comparison",
        labels,
        node.operator,
        session().key(node.id, named.name, "operator"),
        commands.choose_operator,
        node.id,
        placeholder="Choose how",
    )
    if operator is not None and operator.name in labels and operator.shape != Shape.NOTHING:
        wide = operator.shape in (Shape.TEXTS, Shape.TEXT, Shape.PATTERN, Shape.WEEKDAYS, Shape.MONTHS, Shape.LANGUAGES)
        with st.container(width="stretch" if wide else "content"):
            operand(node, named, operator, values, current)


def switches_of(node: FieldCondition) -> tuple[bool, bool]:
    """Whether upper and lower case, and whether missing values, can be treated in two ways."""
    operator = OPERATORS.get(node.operator or "")
    if operator is None:
        return False, False
    return operator.shape in (Shape.TEXT, Shape.TEXTS, Shape.PATTERN), operator.negates not in (None, "is_known")


def _switches(node: FieldCondition, answer: Answer) -> None:
    textual, negative = switches_of(node)
    if not textual and not negative:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if textual:
            key = session().key(node.id, "exact_case")
            st.toggle(
                "Exact case",
                value=node.exact_case,
                key=key,
                help="Off: “berlin” and “Berlin” are the same.",
                on_change=commands.take,
                args=(node.id, "exact_case", key),
            )
        if negative:
            key = session().key(node.id, "leave_out_missing")
            missing = answer.missing.get(node.id)
            who = f" ({number(missing)})" if missing else ""
            st.toggle(
                f"Leave out people with no value{who}",
                value=node.leave_out_missing,
                key=key,
                help="“Is not” includes people whose value is not known, unless you leave them out.",
                on_change=commands.take,
                args=(node.id, "leave_out_missing", key),
            )


ICONS = {
    "rank": ":material/leaderboard:",
    "place": ":material/public:",
    "sample": ":material/casino:",
    "segment": ":material/folder_open:",
    "list": ":material/list_alt:",
}


def icon_of(node: Condition, catalogue: Catalogue) -> str:
    """The icon of a condition's theme."""
    if not isinstance(node, FieldCondition):
        return ICONS.get(node.type, THEME_ICONS[Theme.BEHAVIOURAL])
    field = next((f for f in catalogue.fields if f.name == node.field), None)
    return THEME_ICONS[field.theme] if field is not None else ":material/help:"
