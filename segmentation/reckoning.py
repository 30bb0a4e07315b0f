"""Measures over events as SQL."""

from __future__ import annotations

from sqlglot import exp

from segmentation.binding import KIND_WORDS
from segmentation.catalogue import Catalogue, EventProperty, Kind
from segmentation.errors import HandpickError
from segmentation.measures import Measure, MeasureFunction

FUNCTION_WORDS = {
    MeasureFunction.DISTINCT: "whose different values are counted",
    MeasureFunction.SUM: "whose total is compared",
    MeasureFunction.AVERAGE: "whose average is compared",
    MeasureFunction.MINIMUM: "whose lowest value is compared",
    MeasureFunction.MAXIMUM: "whose highest value is compared",
}
NEEDS_PROPERTY = frozenset(
    {
        MeasureFunction.DISTINCT,
        MeasureFunction.SUM,
        MeasureFunction.AVERAGE,
        MeasureFunction.MINIMUM,
        MeasureFunction.MAXIMUM,
    }
)
ZERO_WITHOUT_EVENTS = frozenset({MeasureFunction.COUNT, MeasureFunction.DISTINCT, MeasureFunction.SUM})


def measured(measure: Measure, catalogue: Catalogue) -> EventProperty | None:
    """The detail a measure is taken of, None where it needs none; raises HandpickError."""
    function = measure.function
    if function not in NEEDS_PROPERTY:
        return None
    if measure.property is None:
        raise HandpickError(f"Choose the detail {FUNCTION_WORDS[function]}.")
    detail = catalogue.event_property(measure.property)
    if function != MeasureFunction.DISTINCT and detail.kind != Kind.NUMBER:
        raise HandpickError(
            f"“{detail.label}” is {KIND_WORDS[detail.kind]}; choose a detail that is a number, or count different values."
        )
    return detail


def aggregate(function: MeasureFunction, of: exp.Expr) -> exp.Expr:
    """The aggregate of a column; for an average its sum."""
    match function:
        case MeasureFunction.DISTINCT:
            return exp.Count(this=exp.Distinct(expressions=[of.copy()]))
        case MeasureFunction.MINIMUM:
            return exp.Min(this=of.copy())
        case MeasureFunction.MAXIMUM:
            return exp.Max(this=of.copy())
        case MeasureFunction.AVERAGE:
            return exp.Sum(this=of.copy())
    return exp.Coalesce(this=exp.Sum(this=of.copy()), expressions=[exp.Literal.number(0)])
