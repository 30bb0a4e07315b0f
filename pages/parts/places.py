"""The editor of a place: near a city of the data or a point, and in which climate."""

from __future__ import annotations

import streamlit as st

from pages.parts import commands
from pages.parts.choices import choose_one, choose_some, line, together
from pages.parts.fields import field_labels
from pages.parts.inputs import chosen_number, number_field
from pages.parts.offering import offered_of_field
from pages.parts.queries import Current, city_middle
from pages.parts.session import session, widget
from pages.parts.words import number, plain
from segmentation import editing
from segmentation.catalogue import Field, Kind, Role
from segmentation.definition import PlaceCondition
from segmentation.errors import HandpickError
from segmentation.places import Point
from segmentation.placing import CLIMATES, coordinates

CLIMATE_WORDS = {
    climate: f"{climate.value} ({low:g}° to {high:g}° from the equator)" for climate, (low, high) in CLIMATES.items()
}
POINT, ANYWHERE, BY_ROLE = "\0point", "\0anywhere", "\0role"
BEYOND = {False: "within", True: "more than"}


def place_editor(node: PlaceCondition, current: Current) -> None:
    """How far from where, and the climates."""
    try:
        coordinates(node, current.catalogue)
        placed = True
    except HandpickError as error:
        st.warning(plain(str(error)))
        placed = False
    with line("Distance"):
        with together():
            beyond = session().key(node.id, "beyond")
            choose_one("Near or far", BEYOND, node.beyond, beyond, commands.take, node.id, "beyond")
            base = session().key(node.id, "kilometres")
            args = (node.id, base)
            number_field(
                "Kilometres", node.kilometres, base, _store_far, args, whole=False, least=0, most=20_100, short=True
            )
            st.markdown("km from" if node.beyond else "km of", width="content")
        if placed:
            _centre(node, current)
        if node.near is not None and not node.near.name:
            _point(node, node.near)
    with line("Climate", "By latitude alone: how far north or south of the equator they are."):
        key = session().key(node.id, "climates")
        choose_some(
            "Climate by latitude (any of)", CLIMATE_WORDS, node.climates, key, _store_climates, node.id,
            placeholder="Any climate",
        )  # fmt: skip
    roles = current.catalogue.with_role(Role.LATITUDE), current.catalogue.with_role(Role.LONGITUDE)
    if not all(roles) or node.latitude is not None or node.longitude is not None:
        _fields(node, current)


def _fields(node: PlaceCondition, current: Current) -> None:
    """The fields that say where people are, where it is not clear by itself."""
    with line("By", "The fields with the latitude and the longitude of a customer, in degrees."):
        for attribute, chosen in (("latitude", node.latitude), ("longitude", node.longitude)):
            own = current.catalogue.with_role(Role(attribute))
            labels = {BY_ROLE: f"{attribute}: {own.label if own else '…'}"}
            labels |= field_labels(current.catalogue, (Kind.NUMBER,), chosen)
            key = session().key(node.id, attribute)
            choose_one(f"Field for the {attribute}", labels, chosen or BY_ROLE, key, _store_field, node.id, attribute)


def _store_field(node_id: str, attribute: str, key: str) -> None:
    commands.update(node_id, **{attribute: None if widget(key) == BY_ROLE else widget(key)})


def _store_far(node_id: str, base: str) -> None:
    node = editing.find(session().definition, node_id)
    if isinstance(node, PlaceCondition):
        commands.update(node_id, kilometres=chosen_number(base, node.kilometres))


def _centre(node: PlaceCondition, current: Current) -> None:
    """A city that is in the data, by name, or a point."""
    city = current.catalogue.with_role(Role.CITY)
    names: dict[str, str] = {}
    if city is not None and not city.hidden:
        found = offered_of_field(current, node.id, city)
        names = {value.value: f"{value.value} · {number(value.count)}" for value in found}
    chosen = (node.near.name or POINT) if node.near is not None else ANYWHERE if node.climates else None
    names = {
        **({ANYWHERE: "anywhere"} if node.climates or node.near is not None else {}),
        POINT: "a point on the map",
        **names,
    }
    shown = names if chosen is None or chosen in names else {chosen: chosen, **names}
    key = session().key(node.id, "near", "any" if ANYWHERE in names else "")
    st.selectbox(
        "Place",
        list(shown),
        index=list(shown).index(chosen) if chosen is not None else None,
        format_func=lambda name: shown.get(name, name),
        key=key,
        label_visibility="collapsed",
        placeholder="Choose or type a city",
        accept_new_options=city is not None,
        on_change=_store_centre,
        args=(node.id, current, city, key),
        width=210,
    )


def _store_centre(node_id: str, current: Current, city: Field | None, key: str) -> None:
    chosen = widget(key)
    node = editing.find(session().definition, node_id)
    if not isinstance(node, PlaceCondition):
        return
    if chosen is None or chosen == ANYWHERE:
        commands.update(node_id, near=None)
    elif chosen == POINT or city is None:
        before = node.near or Point(latitude=0, longitude=0)
        commands.update(node_id, near=before.model_copy(update={"name": ""}))
    else:
        latitude, longitude = coordinates(node, current.catalogue)
        path = str(current.engine.audience.path)
        point = city_middle(path, city.name, latitude.name, longitude.name, chosen)
        if point is None:
            session().notice = f"Nobody in “{chosen}” has known coordinates: choose another city, or a point."
            session().revision += 1
            return
        commands.update(node_id, near=point)


def _point(node: PlaceCondition, point: Point) -> None:
    for label, value, limit in (("Latitude", point.latitude, 90.0), ("Longitude", point.longitude, 180.0)):
        key = session().key(node.id, "point", label)
        with together():
            st.markdown(f"{label.lower()}", width="content")
            st.number_input(
                label,
                value=value,
                min_value=-limit,
                max_value=limit,
                step=0.1,
                format="%.4f",
                key=key,
                label_visibility="collapsed",
                on_change=_store_point,
                args=(node.id, label.lower(), key),
                width=130,
            )


def _store_point(node_id: str, attribute: str, key: str) -> None:
    node = editing.find(session().definition, node_id)
    if isinstance(node, PlaceCondition) and node.near is not None and widget(key) is not None:
        commands.update(node_id, near=node.near.model_copy(update={attribute: widget(key)}))


def _store_climates(node_id: str, key: str) -> None:
    commands.update(node_id, climates=tuple(widget(key)))
