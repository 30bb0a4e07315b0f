"""A segment in plain English, from the same rows as its menus and its SQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from segmentation.catalogue import Catalogue
from segmentation.definition import (
    AnyNode,
    Condition,
    Definition,
    EventCondition,
    FieldCondition,
    Group,
    HabitCondition,
    ListCondition,
    Match,
    PlaceCondition,
    RankCondition,
    RfmCondition,
    SampleCondition,
    SegmentCondition,
    SequenceCondition,
    Step,
)
from segmentation.describing_events import event_phrase, habit_phrase, of_these, sequence_phrase, told
from segmentation.describing_people import (
    list_phrase,
    place_phrase,
    rank_phrase,
    rfm_phrase,
    sample_phrase,
    segment_phrase,
)
from segmentation.describing_times import is_relative, is_zoned
from segmentation.references import NO_REFERENCES, References
from segmentation.wording import UNKNOWN, Names, Phrase, capital, field_words, inside, joined

__all__ = ["PHRASES", "describe", "describe_condition", "is_relative"]


def _field_phrase(condition: FieldCondition, names: Names) -> Phrase:
    return Phrase("whose", field_words(condition, names.field(condition.field), names.field_label))


PHRASES: dict[type, Callable[[Any, Names], Phrase]] = {
    FieldCondition: _field_phrase,
    EventCondition: event_phrase,
    SequenceCondition: sequence_phrase,
    HabitCondition: habit_phrase,
    RankCondition: rank_phrase,
    RfmCondition: rfm_phrase,
    PlaceCondition: place_phrase,
    SampleCondition: sample_phrase,
    SegmentCondition: segment_phrase,
    ListCondition: list_phrase,
}
"""How each kind of condition reads."""


def describe_condition(condition: Condition, catalogue: Catalogue, references: References = NO_REFERENCES) -> str:
    """One condition as a phrase, e.g. `Age is between 25 and 40`; "…" stands for what is not chosen yet."""
    words = PHRASES[type(condition)](condition, Names(catalogue, references)).words
    return words if isinstance(condition, FieldCondition) else capital(words)


def _bare(node: AnyNode, names: Names) -> str:
    """One filter without “who”, or a group in brackets, in a list."""
    if isinstance(node, Group | Step):
        return _phrase(node, names)
    return inside(PHRASES[type(node)](node, names).words)


def _phrase(node: AnyNode, names: Names) -> str:
    """One filter or group; groups in brackets."""
    if isinstance(node, Step):
        return UNKNOWN
    if not isinstance(node, Group):
        lead, words = PHRASES[type(node)](node, names)
        return f"{lead} {inside(words)}"
    words = _phrases(node, names)
    return f"who are not among those ({words})" if node.match == Match.NONE else f"({words})"


def _phrases(group: Group, names: Names) -> str:
    if group.match == Match.AT_LEAST:
        return f"for whom {of_these(group.least, [_bare(child, names) for child in group.children])}"
    words = [_phrase(child, names) for child in group.children]
    return joined(words, "and" if group.match == Match.ALL else "or")


def describe(definition: Definition, catalogue: Catalogue, zone: str, references: References = NO_REFERENCES) -> str:
    """The whole segment as one sentence, with the time zone where days or relative dates are named."""
    names = Names(catalogue, references)
    left = told(definition.root)
    if left is None:
        return "No filter yet."
    if not isinstance(left, Group):
        sentence = f"Customers {_phrase(left, names)}."
    elif left.match == Match.NONE:
        sentence = f"Everybody except customers {_phrases(left, names)}."
    else:
        sentence = f"Customers {_phrases(left, names)}."
    return f"{sentence} Dates and times are those of {zone}." if is_zoned(definition) else sentence
