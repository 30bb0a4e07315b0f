"""The segments and lists of a workspace as definitions refer to them."""

from __future__ import annotations

from segmentation.definition import Definition, ListCondition, SegmentCondition, walk
from segmentation.library import Library, SavedSegment
from segmentation.lists import Lists
from segmentation.references import NO_REFERENCES, NamedDefinition, References, StaticList, picked


def refers(definition: Definition) -> bool:
    """Whether a definition names another segment or a list."""
    return any(isinstance(node, SegmentCondition | ListCondition) for node in walk(definition.root))


class Saved(References):
    """The saved segments of an audience, and its lists, which are read when they are asked for."""

    def __init__(self, library: Library, lists: Lists, audience: str, origin: SavedSegment | None = None) -> None:
        named = (NamedDefinition(s.id, s.name, s.definition) for s in library.find(audience))
        own = NamedDefinition(origin.id, origin.name, origin.definition) if origin is not None else None
        super().__init__(named, (), own)
        self._lists = lists
        self._entries = lists.find(audience)

    def list(self, key: str | None) -> StaticList:
        """The list of this id, or else of this name, with its entries; raises HandpickError."""
        return self._lists.get(picked(self._entries, key, "list").id)


def references(
    definition: Definition, library: Library, lists: Lists, audience: str, origin: SavedSegment | None = None
) -> References:
    """What a definition refers to; nothing is read where it refers to nothing."""
    return Saved(library, lists, audience, origin) if refers(definition) else NO_REFERENCES
