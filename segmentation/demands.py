"""What definitions ask of the data: which fields, details and events they name, and which kinds their operators allow.

And the same definitions with other names, where a source writes a name in another way than the catalogue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from segmentation.catalogue import Kind
from segmentation.clock import CALENDAR_UNITS
from segmentation.definition import (
    AnyNode,
    Definition,
    Doing,
    EventCondition,
    FieldCondition,
    MeasureFunction,
    Near,
    OtherField,
    Period,
    PlaceCondition,
    RankCondition,
    RfmCondition,
    SampleCondition,
    Span,
    Step,
    below,
    with_below,
)
from segmentation.operators import MOMENT, NUMBER, OPERATORS, TIME

ANY = frozenset(Kind)
RANKED = NUMBER | TIME
DRAWN = frozenset({Kind.TEXT, Kind.NUMBER})
OF_NUMBERS = (MeasureFunction.SUM, MeasureFunction.AVERAGE, MeasureFunction.MINIMUM, MeasureFunction.MAXIMUM)
Named = tuple[str | None, frozenset[Kind]]


@dataclass(frozen=True)
class Demands:
    """For each name the kinds that every use of it allows (none where the uses contradict each other)."""

    fields: Mapping[str, frozenset[Kind]] = field(default_factory=dict)
    details: Mapping[str, frozenset[Kind]] = field(default_factory=dict)
    events: tuple[str, ...] = ()


def demands(definitions: Iterable[Definition]) -> Demands:
    """What these definitions ask; nodes that are off ask nothing."""
    fields: dict[str, frozenset[Kind]] = {}
    details: dict[str, frozenset[Kind]] = {}
    events: dict[str, None] = {}
    for definition in definitions:
        for node, inside in _on(definition.root, False):
            for found, names in ((fields, _fields(node, inside)), (details, _details(node, inside))):
                for name, kinds in names:
                    if name:
                        found[name] = found.get(name, ANY) & kinds
            events |= dict.fromkeys(node.events if isinstance(node, Doing) else ())
    return Demands(fields, details, tuple(events))


def _on(node: AnyNode, inside: bool) -> Iterator[tuple[AnyNode, bool]]:
    """The node and what is on below it, and whether it stands inside an event."""
    if node.enabled:
        yield node, inside
        for child in below(node):
            yield from _on(child, inside or isinstance(node, Doing))


def _compared(node: FieldCondition) -> Iterator[Named]:
    operator = OPERATORS.get(node.operator or "")
    kinds = operator.kinds if operator is not None else ANY
    if isinstance(node.value, Period | Span) and node.value.unit not in CALENDAR_UNITS:
        kinds &= MOMENT  # a day has no hours
    yield node.field, kinds
    if isinstance(node.value, OtherField):
        yield node.value.field, kinds


def _fields(node: AnyNode, inside: bool) -> Iterator[Named]:
    if isinstance(node, FieldCondition) and not inside:
        yield from _compared(node)
    if isinstance(node, RankCondition):
        yield node.field, RANKED
        yield node.within, ANY
    if isinstance(node, PlaceCondition):
        yield node.latitude, NUMBER
        yield node.longitude, NUMBER
    if isinstance(node, SampleCondition):
        yield node.field, DRAWN
    window = getattr(node, "window", None)
    if isinstance(window, Near):
        yield window.field, TIME


def _details(node: AnyNode, inside: bool) -> Iterator[Named]:
    if isinstance(node, FieldCondition) and inside:
        yield from _compared(node)
    if isinstance(node, EventCondition | RankCondition):
        yield node.measure.property, NUMBER if node.measure.function in OF_NUMBERS else ANY
    if isinstance(node, RfmCondition):
        yield node.amount, NUMBER
    if isinstance(node, Step):
        yield from ((name, ANY) for name in node.same)


@dataclass(frozen=True)
class Names:
    """Names of a source that are others in the catalogue: as the source has them → as the catalogue has them."""

    fields: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, str] = field(default_factory=dict)
    events: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.fields or self.details or self.events)


def renamed(definition: Definition, names: Names) -> Definition:
    """The definition with the catalogue's names; others stay as they are."""
    if not names:
        return definition
    (root,) = _renamed((definition.root,), names, False)
    return definition.model_copy(update={"root": root})


def _renamed(nodes: Iterable[AnyNode], names: Names, inside: bool) -> tuple[AnyNode, ...]:
    found = []
    for node in nodes:
        changed = node.model_copy(update=_updates(node, names, inside))
        children = below(changed)
        found.append(
            with_below(changed, _renamed(children, names, inside or isinstance(node, Doing))) if children else changed
        )
    return tuple(found)


def _updates(node: AnyNode, names: Names, inside: bool) -> dict[str, object]:
    """The attributes of one node that name something."""
    of_field = _lookup(names.fields)
    of_detail = _lookup(names.details)
    updates: dict[str, object] = {}
    if isinstance(node, FieldCondition):
        look = of_detail if inside else of_field
        updates["field"] = look(node.field)
        if isinstance(node.value, OtherField):
            updates["value"] = OtherField(field=look(node.value.field) or "")
    if isinstance(node, RankCondition | SampleCondition):
        updates["field"] = of_field(node.field)
    if isinstance(node, RankCondition):
        updates["within"] = of_field(node.within)
    if isinstance(node, PlaceCondition):
        updates |= {"latitude": of_field(node.latitude), "longitude": of_field(node.longitude)}
    if isinstance(node, EventCondition | RankCondition):
        updates["measure"] = node.measure.model_copy(update={"property": of_detail(node.measure.property)})
    if isinstance(node, RfmCondition):
        updates["amount"] = of_detail(node.amount)
    if isinstance(node, Step):
        updates["same"] = tuple(of_detail(name) or name for name in node.same)
    if isinstance(node, Doing):
        updates["events"] = tuple(names.events.get(name, name) for name in node.events)
    window = getattr(node, "window", None)
    if isinstance(window, Near):
        updates["window"] = window.model_copy(update={"field": of_field(window.field)})
    return updates


def _lookup(names: Mapping[str, str]) -> Callable[[str | None], str | None]:
    return lambda name: name if name is None else names.get(name, name)
