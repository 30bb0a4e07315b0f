"""The segments and lists of a workspace as definitions refer to them."""

from __future__ import annotations

from collections.abc import Iterable

from segmentation.definition import Definition, ListCondition, SegmentCondition, walk
from segmentation.library import Library, SavedSegment
from segmentation.lists import Lists
from segmentation.references import NO_REFERENCES, NamedDefinition, References, StaticList, picked


def refers(definition: Definition) -> bool:
    """Whether a definition names another segment or a list."""
    return any(isinstance(node, SegmentCondition | ListCondition) for node in walk(definition.root))


def named(segment: SavedSegment) -> NamedDefinition:
    """A saved segment as others refer to it."""
    return NamedDefinition(segment.id, segment.name, segment.definition)


class Saved(References):
    """Saved segments, and the lists of their audience, which are read when they are asked for."""

    def __init__(
        self, segments: Iterable[NamedDefinition], lists: Lists, audience: str, origin: SavedSegment | None = None
    ) -> None:
        super().__init__(segments, (), named(origin) if origin is not None else None)
        self._lists = lists
        self._entries = lists.find(audience)

    def list(self, key: str | None) -> StaticList:
        """The list of this id, or else of this name, with its entries; raises HandpickError."""
        return self._lists.get(picked(self._entries, key, "list").id)


def references(
    definition: Definition, library: Library, lists: Lists, audience: str, origin: SavedSegment | None = None
) -> References:
    """What a definition refers to; nothing is read where it refers to nothing."""
    if not refers(definition):
        return NO_REFERENCES
    return Saved(map(named, library.find(audience)), lists, audience, origin)
