"""Conditions on who people are among all the others, in plain English: ranks, scores, places, samples, segments, lists."""

from __future__ import annotations

from segmentation.catalogue import Kind
from segmentation.deeds import several_of
from segmentation.definition import (
    ListCondition,
    PlaceCondition,
    RankCondition,
    RfmCondition,
    SampleCondition,
    SegmentCondition,
)
from segmentation.describing_events import measure_words, where_words
from segmentation.describing_times import window_words
from segmentation.errors import HandpickError
from segmentation.measures import MeasureFunction, RfmGroup, Scores
from segmentation.places import Climate, Point
from segmentation.wording import UNKNOWN, Names, Phrase, joined, number_words, quoted

RFM_GROUPS = {
    RfmGroup.CHAMPIONS: "Champions",
    RfmGroup.LOYAL: "Loyal customers",
    RfmGroup.POTENTIAL_LOYALISTS: "Potential loyalists",
    RfmGroup.NEW: "New customers",
    RfmGroup.PROMISING: "Promising",
    RfmGroup.NEED_ATTENTION: "Need attention",
    RfmGroup.ABOUT_TO_SLEEP: "About to sleep",
    RfmGroup.AT_RISK: "At risk",
    RfmGroup.CANNOT_LOSE: "Cannot lose them",
    RfmGroup.HIBERNATING: "Hibernating",
}
"""The names of the groups on the screen and in sentences."""
CLIMATES = {
    Climate.TROPICAL: "tropical",
    Climate.SUBTROPICAL: "subtropical",
    Climate.TEMPERATE: "temperate",
    Climate.POLAR: "polar",
}
_ANY_SCORE: Scores = (1, 5)
_ENDS = {False: {"top": "top", "bottom": "bottom"}, True: {"top": "latest", "bottom": "earliest"}}
_PLACES = {"percent": ("in", " %"), "people": ("among", "")}


def _amount(value: float | None) -> str:
    return UNKNOWN if value is None else number_words(value)


def _ranked_by(condition: RankCondition, names: Names) -> str:
    """A field, or what people did with its limits."""
    if condition.field is not None:
        return names.field_label(condition.field)
    if not condition.events:
        return UNKNOWN
    share = condition.measure.function == MeasureFunction.SHARE
    parts = (
        measure_words(condition.measure, condition.events, names),
        window_words(condition.window, names),
        where_words(condition.where, names) or (f"where {UNKNOWN}" if share else ""),
    )
    return " ".join(part for part in parts if part)


def rank_phrase(condition: RankCondition, names: Names) -> Phrase:
    """`who are in the top 10 % by total amount of purchases in the last year, within their city`."""
    field = names.field(condition.field)
    dated = field is not None and field.kind in (Kind.DATE, Kind.MOMENT)
    end = _ENDS[dated][condition.direction]
    among, sign = _PLACES[condition.unit]
    words = f"{among} the {end} {_amount(condition.amount)}{sign}"
    if condition.after:
        words += f", but not the {end} {_amount(condition.after)}{sign},"
    words += f" by {_ranked_by(condition, names)}"
    return Phrase(
        "who are", words + (f", within their {names.field_label(condition.within)}" if condition.within else "")
    )


def _score(what: str, scores: Scores) -> str:
    low, high = scores
    between = str(low) if low == high else f"{low} or {high}" if high == low + 1 else f"{low} to {high}"
    return f"{what} {between}"


def rfm_phrase(condition: RfmCondition, names: Names) -> Phrase:
    """`who are in the group “Champions” by purchases in the last year, with recency 4 or 5`."""
    groups = [quoted(RFM_GROUPS[group]) for group in condition.groups]
    head = f"in the group {joined(groups, 'or')} by" if groups else "scored by"
    limits = (window_words(condition.window, names), where_words(condition.where, names))
    words = " ".join(part for part in (head, several_of(condition.events, names), *limits) if part)
    amount = names.detail_label(condition.amount) if condition.amount else "amount"
    named = (
        ("recency", condition.recency),
        ("frequency", condition.frequency),
        (f"total {amount}", condition.monetary),
    )
    scores = [_score(what, scores) for what, scores in named if scores != _ANY_SCORE]
    if not scores:
        return Phrase("who are", words if groups else f"{words}, with any score")
    return Phrase("who are", f"{words}, with {joined(scores, 'and')} (scores from 1 to 5, 5 is best)")


def _point(point: Point) -> str:
    return point.name or f"{point.latitude:g}, {point.longitude:g}"


def place_phrase(condition: PlaceCondition, names: Names) -> Phrase:
    """`who are within 50 km of Berlin and in a temperate climate (by latitude)`."""
    parts = []
    if condition.near is not None or not condition.climates:
        where = _point(condition.near) if condition.near is not None else UNKNOWN
        far = f"{_amount(condition.kilometres)} km"
        parts.append(f"more than {far} from {where}" if condition.beyond else f"within {far} of {where}")
    if condition.climates:
        parts.append(
            f"in a {joined([CLIMATES[climate] for climate in condition.climates], 'or')} climate (by latitude)"
        )
    fields = [names.field_label(name) for name in (condition.latitude, condition.longitude) if name is not None]
    return Phrase("who are", " and ".join(parts) + (f", by {joined(fields, 'and')}" if fields else ""))


def sample_phrase(condition: SampleCondition, names: Names) -> Phrase:
    """`who are in a random 10 % (group “newsletter test”, from 20 % to 30 %)`."""
    about = [f"group {quoted(condition.seed)}"] if condition.seed else []
    if condition.start:
        end = UNKNOWN if condition.percent is None else number_words(round(condition.start + condition.percent, 9))
        about.append(f"from {number_words(condition.start)} % to {end} %")
    if condition.field is not None:
        about.append(f"drawn by {names.field_label(condition.field)}")
    return Phrase(
        "who are", f"in a random {_amount(condition.percent)} %" + (f" ({', '.join(about)})" if about else "")
    )


def segment_phrase(condition: SegmentCondition, names: Names) -> Phrase:
    """`who are in the segment “Active customers”`; by its id where the name is not known."""
    name = UNKNOWN
    if condition.segment:
        try:
            name = quoted(names.references.segment(condition.segment).name)
        except HandpickError:
            name = quoted(condition.segment)
    return Phrase("who are", f"{'not ' if condition.outside else ''}in the segment {name}")


def list_phrase(condition: ListCondition, names: Names) -> Phrase:
    """`who are not on the list “Staff”`; by its id where the name is not known."""
    name = UNKNOWN
    if condition.list:
        try:
            name = quoted(names.references.list(condition.list).name)
        except HandpickError:
            name = quoted(condition.list)
    return Phrase("who are", f"{'not ' if condition.outside else ''}on the list {name}")
