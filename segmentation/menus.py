"""The order of the comparisons in a menu: the usual ones first, then the rest, each as in the table."""

from __future__ import annotations

from segmentation.catalogue import Kind
from segmentation.operators import Operator, Shape, operators_for

_SELDOM_SHAPES = (Shape.PATTERN, Shape.TIMES, Shape.WEEKDAYS, Shape.MONTHS, Shape.HOURS, Shape.FIELD)
_SELDOM = frozenset({"does_not_start_with", "ends_with", "does_not_end_with", "not_in_next", "more_than_ahead"})


def menu(kind: Kind) -> tuple[Operator, ...]:
    """The operators of a kind, those that are seldom used behind the others."""
    return tuple(sorted(operators_for(kind), key=lambda row: row.shape in _SELDOM_SHAPES or row.name in _SELDOM))
