"""The editor of a place: near a city of the data or a point, and in which climate."""

from __future__ import annotations

import streamlit as st

from pages.parts import commands
from pages.parts.queries import Current, city_middle, values_of_field
from pages.parts.session import forget, session, widget
from pages.parts.words import number, plain
from segmentation import editing
from segmentation.catalogue import Field, Role
from segmentation.definition import PlaceCondition
from segmentation.errors import HandpickError
from segmentation.places import Climate, Point
from segmentation.placing import CLIMATES, coordinates

CLIMATE_WORDS = {
    climate: f"{climate.value} ({low:g}° to {high:g}° from the equator)" for climate, (low, high) in CLIMATES.items()
}
POINT = "\0point"


def place_editor(node: PlaceCondition, current: Current) -> None:
    """How far from where, and the climates."""
    try:
        coordinates(node, current.catalogue)
    except HandpickError as error:
        st.warning(plain(str(error)))
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        key = session().key(node.id, "beyond")
        st.selectbox(
            "Near or far",
            [False, True],
            index=int(node.beyond),
            format_func=lambda beyond: "more than" if beyond else "within",
            key=key,
            label_visibility="collapsed",
            on_change=commands.take,
            args=(node.id, "beyond", key),
            width=130,
        )
        key = session().key(node.id, "kilometres")
        st.number_input(
            "Kilometres",
            value=None if node.kilometres is None else float(node.kilometres),
            min_value=0.0,
            max_value=20_100.0,
            step=10.0,
            format="%g",
            key=key,
            label_visibility="collapsed",
            on_change=commands.take,
            args=(node.id, "kilometres", key),
            width=130,
        )
        st.markdown("km from" if node.beyond else "km of", width="content")
        _centre(node, current)
    if node.near is not None and not node.near.name:
        _point(node, node.near)
    key = session().key(node.id, "climates")
    st.multiselect(
        "Climate by latitude (any of)",
        list(Climate),
        default=list(node.climates),
        format_func=lambda climate: CLIMATE_WORDS[climate],
        key=key,
        placeholder="Any climate",
        on_change=_store_climates,
        args=(node.id, key),
    )


def _centre(node: PlaceCondition, current: Current) -> None:
    """A city that is in the data, by name, or a point."""
    city = current.catalogue.with_role(Role.CITY)
    names: dict[str, str] = {}
    if city is not None:
        path = str(current.engine.audience.path)
        found = values_of_field(path, city.name, current.clock.zone, "")
        names = {value.value: f"{value.value} · {number(value.count)}" for value in found}
    chosen = (node.near.name or POINT) if node.near is not None else None
    if chosen is not None:
        names.setdefault(chosen, chosen)
    names[POINT] = "a point on the map"
    key = session().key(node.id, "near")
    st.selectbox(
        "Place",
        list(names),
        index=list(names).index(chosen) if chosen is not None else None,
        format_func=lambda name: names.get(name, name),
        key=key,
        label_visibility="collapsed",
        placeholder="Choose or type a city",
        accept_new_options=city is not None,
        on_change=_store_centre,
        args=(node.id, key, current, city),
        width=230,
    )


def _store_centre(node_id: str, key: str, current: Current, city: Field | None) -> None:
    chosen = widget(key)
    node = editing.find(session().definition, node_id)
    if not isinstance(node, PlaceCondition):
        return
    if chosen is None:
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
            forget(f"{node_id}/near", but="")
            return
        commands.update(node_id, near=point)
    forget(f"{node_id}/point", but=key)


def _point(node: PlaceCondition, point: Point) -> None:
    base = session().key(node.id, "point")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for label, value, limit, name in (
            ("Latitude", point.latitude, 90.0, "latitude"),
            ("Longitude", point.longitude, 180.0, "longitude"),
        ):
            st.markdown(label.lower(), width="content")
            st.number_input(
                label,
                value=value,
                min_value=-limit,
                max_value=limit,
                step=0.1,
                format="%.4f",
                key=f"{base}/{name}",
                label_visibility="collapsed",
                on_change=_store_point,
                args=(node.id, base),
                width=140,
            )


def _store_point(node_id: str, base: str) -> None:
    latitude, longitude = widget(f"{base}/latitude"), widget(f"{base}/longitude")
    if latitude is not None and longitude is not None:
        commands.update(node_id, near=Point(latitude=latitude, longitude=longitude))


def _store_climates(node_id: str, key: str) -> None:
    commands.update(node_id, climates=tuple(widget(key)))
