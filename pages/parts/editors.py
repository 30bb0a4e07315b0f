"""Which editor draws a filter, and the filters that begin with neither a field nor an event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pages.parts.deeds import event_editor
from pages.parts.habits import habit_editor
from pages.parts.memberships import list_editor, sample_editor, segment_editor
from pages.parts.places import place_editor
from pages.parts.queries import Current
from pages.parts.ranks import rank_editor, rfm_editor
from pages.parts.sequences import sequence_editor
from segmentation.catalogue import Catalogue, Role
from segmentation.definition import (
    Condition,
    HabitCondition,
    ListCondition,
    PlaceCondition,
    RankCondition,
    RfmCondition,
    SampleCondition,
    SegmentCondition,
    SequenceCondition,
    Step,
)

EDITORS: dict[str, Callable[[Any, Current], None]] = {
    "event": event_editor,
    "sequence": sequence_editor,
    "habit": habit_editor,
    "rank": rank_editor,
    "rfm": rfm_editor,
    "place": place_editor,
    "sample": sample_editor,
    "segment": segment_editor,
    "list": list_editor,
}

STARTS: dict[str, tuple[str, Condition]] = {
    "sequence": ("One thing after another · sequence", SequenceCondition(steps=(Step(), Step()))),
    "habit": ("Stopped, came back, regularly, less often · habit", HabitCondition()),
    "rank": ("Top or bottom customers · rank", RankCondition()),
    "rfm": ("Champions, At risk … · recency, frequency, monetary value", RfmCondition()),
    "place": ("Within … km of a city, or in a climate · place", PlaceCondition()),
    "segment": ("In another segment", SegmentCondition()),
    "list": ("On a list of ids or e-mail addresses", ListCondition()),
    "sample": ("A random share · sample", SampleCondition()),
}
"""The words of each in the “add a filter” box, and what it begins with."""

_DOING = ("sequence", "habit", "rfm")


def starts(catalogue: Catalogue) -> dict[str, str]:
    """What an audience like this can be asked."""
    placed = catalogue.with_role(Role.LATITUDE) is not None and catalogue.with_role(Role.LONGITUDE) is not None
    return {
        name: words
        for name, (words, _) in STARTS.items()
        if (name not in _DOING or catalogue.events) and (name != "place" or placed)
    }
