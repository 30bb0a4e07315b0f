"""The values that a box offers; where there are many people they are looked up beside the page."""

from __future__ import annotations

from pages.parts.queries import Current, values_of_field, values_of_property
from pages.parts.waiting import found
from pages.parts.words import spoken
from segmentation.catalogue import EventProperty, Field
from segmentation.membership import Membership
from segmentation.values import Offered


def offered_of_field(
    current: Current, node_id: str, field: Field, beside: Membership | None = None, search: str = ""
) -> tuple[Offered, ...]:
    """The most frequent values of a field, for the box of a node; none while they are looked up."""
    question = (str(current.engine.audience.path), field.name, current.clock.zone, beside, search)
    title = f"Looking up the values of {spoken(field.label)}"
    return found(current, _place(node_id, search), question, title, lambda p: values_of_field(*question, p)) or ()


def offered_of_detail(
    current: Current,
    node_id: str,
    detail: EventProperty,
    events: tuple[str, ...],
    beside: Membership | None = None,
    search: str = "",
) -> tuple[Offered, ...]:
    """The same of a detail of these events."""
    question = (str(current.engine.audience.path), detail.name, events, current.clock.zone, beside, search)
    title = f"Looking up the values of {spoken(detail.label)}"
    return found(current, _place(node_id, search), question, title, lambda p: values_of_property(*question, p)) or ()


def _place(node_id: str, search: str) -> str:
    return f"values-{node_id}-{'searched' if search else 'all'}"
