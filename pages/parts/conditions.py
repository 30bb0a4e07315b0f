"""The editor of a field condition: which field, how it is compared, and with what."""

from __future__ import annotations

from functools import partial

import streamlit as st

from pages.parts import commands
from pages.parts.operand import ValuesOf, operand
from pages.parts.queries import Current, values_of_field
from pages.parts.session import session
from pages.parts.words import THEME_ICONS, number
from segmentation.catalogue import Catalogue, EventProperty, Field, Theme
from segmentation.definition import Condition, FieldCondition
from segmentation.engine import Answer
from segmentation.operators import OPERATORS, Shape, operators_for


def fields_by_theme(catalogue: Catalogue) -> list[Field]:
    """The fields that can be picked, shelf by shelf."""
    shelves = list(Theme)
    return sorted(
        (f for f in catalogue.fields if not f.hidden), key=lambda f: (shelves.index(f.theme), f.label.lower())
    )


def field_editor(node: FieldCondition, current: Current, answer: Answer) -> None:
    """Field, comparison and value in one row, with the switches below."""
    catalogue = current.catalogue
    fields = {field.name: field for field in fields_by_theme(catalogue)}
    named = next((f for f in catalogue.fields if f.name == node.field), None)
    if named is not None:
        fields.setdefault(named.name, named)
    key = session().key(node.id, "field")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.selectbox(
            "Field",
            list(fields),
            index=list(fields).index(named.name) if named is not None else None,
            format_func=lambda name: fields[name].label,
            key=key,
            label_visibility="collapsed",
            placeholder="Choose a field",
            on_change=commands.choose_field,
            args=(node.id, key, catalogue),
            width=210,
        )
        if named is not None:
            values = partial(values_of_field, str(current.engine.audience.path), named.name, current.clock.zone)
            comparison_and_operand(node, named, values, current)
    _switches(node, answer)


def comparison_and_operand(
    node: FieldCondition, named: Field | EventProperty, values: ValuesOf, current: Current
) -> None:
    rows = operators_for(named.kind)
    names = [row.name for row in rows]
    operator = OPERATORS.get(node.operator or "")
    key = session().key(node.id, named.name, "operator")
    st.selectbox(
        "Comparison",
        names,
        index=names.index(operator.name) if operator is not None and operator.name in names else None,
        format_func=lambda name: OPERATORS[name].label,
        key=key,
        label_visibility="collapsed",
        placeholder="Choose how",
        on_change=commands.choose_operator,
        args=(node.id, key),
        width=170,
    )
    if operator is not None and operator.name in names and operator.shape != Shape.NOTHING:
        with st.container(width="stretch" if operator.shape in (Shape.TEXTS, Shape.TEXT, Shape.PATTERN) else "content"):
            operand(node, named, operator, values, current)


def _switches(node: FieldCondition, answer: Answer | None) -> None:
    operator = OPERATORS.get(node.operator or "")
    if operator is None:
        return
    textual = operator.shape in (Shape.TEXT, Shape.TEXTS, Shape.PATTERN)
    negative = operator.negates not in (None, "is_known")
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
            missing = answer.missing.get(node.id) if answer is not None else None
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
