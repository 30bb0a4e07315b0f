"""What several filters ask: which events, and what is taken of them."""

from __future__ import annotations

from pages.parts import commands
from pages.parts.choices import Stored, choose_one, choose_some
from pages.parts.queries import Current
from pages.parts.session import session, widget
from pages.parts.words import number
from segmentation import editing
from segmentation.catalogue import Catalogue, EventProperty, Kind
from segmentation.definition import Doing, EventCondition, Measure, MeasureFunction, RankCondition
from segmentation.operators import COMPARISONS
from segmentation.reckoning import NEEDS_PROPERTY

MEASURES = {
    MeasureFunction.COUNT: "times",
    MeasureFunction.SUM: "total of",
    MeasureFunction.AVERAGE: "average of",
    MeasureFunction.MINIMUM: "lowest",
    MeasureFunction.MAXIMUM: "highest",
    MeasureFunction.DISTINCT: "number of different",
    MeasureFunction.SHARE: "percent of them where …",
    MeasureFunction.DAYS_SINCE_LAST: "days since the last",
    MeasureFunction.DAYS_SINCE_FIRST: "days since the first",
}
_COUNTS = (MeasureFunction.COUNT, MeasureFunction.DISTINCT)
_AMOUNTS = (MeasureFunction.SUM, MeasureFunction.AVERAGE, MeasureFunction.MINIMUM, MeasureFunction.MAXIMUM)


def events_box(node: Doing, current: Current, label: str = "What they did (any of)", width: int = 320) -> None:
    """The events that count, with how many people did each."""
    choose_some(
        label,
        {event.name: f"{event.label} · {number(event.people)} people" for event in current.catalogue.events},
        node.events,
        session().key(node.id, "events"),
        _store_events,
        node.id,
        placeholder="Choose what they did" if current.catalogue.events else "No events are loaded",
        width=width,
    )


def _store_events(node_id: str, key: str) -> None:
    commands.update(node_id, events=tuple(widget(key)))


def details_of(node: Doing, catalogue: Catalogue, kind: Kind | None = None) -> list[EventProperty]:
    """The details that these events have, all or those of one kind."""
    return [
        p
        for p in catalogue.properties
        if (kind is None or p.kind == kind) and (not node.events or set(p.events) & set(node.events))
    ]


def measure_box(node: EventCondition | RankCondition, catalogue: Catalogue) -> None:
    """What is taken of the events, and of which detail."""
    function = node.measure.function
    key = session().key(node.id, "function")
    choose_one("What is counted", MEASURES, function, key, _store_function, node.id, catalogue)
    if function in NEEDS_PROPERTY:
        options = details_of(node, catalogue, None if function == MeasureFunction.DISTINCT else Kind.NUMBER)
        property_box(
            "Of which detail",
            {p.name: p.label for p in options},
            node.measure.property,
            session().key(node.id, "property", function),
            catalogue,
            _store_property,
            node.id,
        )


def property_box(
    label: str,
    options: dict[str, str],
    chosen: str | None,
    key: str,
    catalogue: Catalogue,
    on_change: Stored,
    *args: object,
) -> None:
    """One detail of events; one that these events do not have stays in view where it is chosen."""
    known = next((p for p in catalogue.properties if p.name == chosen), None)
    if known is not None:
        options = {**options, known.name: known.label}
    choose_one(label, options, chosen, key, on_change, *args, placeholder="Choose a detail")


def _store_function(node_id: str, catalogue: Catalogue, key: str) -> None:
    """Another measure keeps the detail, the comparison and the number where they still mean the same."""
    function = MeasureFunction(widget(key))
    node = editing.find(session().definition, node_id)
    if not isinstance(node, EventCondition | RankCondition):
        return
    before = node.measure.function
    named = next((p for p in catalogue.properties if p.name == node.measure.property), None)
    fits = named is not None and function in NEEDS_PROPERTY
    keeps = fits and (function == MeasureFunction.DISTINCT or named.kind == Kind.NUMBER)  # type: ignore[union-attr]
    changes: dict[str, object] = {
        "measure": Measure(function=function, property=node.measure.property if keeps else None)
    }
    if isinstance(node, EventCondition) and not any(before in alike and function in alike for alike in (_AMOUNTS,)):
        comparison = COMPARISONS.get(node.comparison)
        kept = comparison is not None and not comparison.only_count and not isinstance(node.value, tuple)
        changes["comparison"] = node.comparison if kept else "at_least"
        changes["value"] = 1 if function in _COUNTS else None
    commands.update(node_id, **changes)


def _store_property(node_id: str, key: str) -> None:
    node = editing.find(session().definition, node_id)
    if isinstance(node, EventCondition | RankCondition):
        commands.update(node_id, measure=Measure(function=node.measure.function, property=widget(key)))
