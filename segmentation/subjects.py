"""What the names of columns are about, and so to the rows of which table they refer."""

from __future__ import annotations

from functools import lru_cache

from segmentation import naming
from segmentation.vocabulary import NUMBERING


def likeness(column: str, key: str, table: str) -> int:
    """How much by its name a column refers to a row of `table` with this `key` (0 not at all, 100 surely)."""
    own, theirs = subject(column), subject(key)
    nouns = naming.table_nouns(table)
    if not own or not naming.words(key):
        return 0
    numbers_it = not theirs or set(theirs) <= set(nouns)
    if own == theirs:
        if naming.is_textual(column):  # an id, a SKU, a code
            return 100 if numbers_it else 90
        return 60 if {*theirs} & {*nouns} else 0
    if not numbers_it or not nouns:
        return 60 if own == nouns and theirs in (("name",), ("title",)) else 0
    if own == nouns:
        return 95
    if own[-len(nouns) :] == nouns:
        return 80
    shortened = len(nouns) == 1 and 4 <= len(own[0]) < len(nouns[0]) and nouns[0].startswith(own[0])
    return 50 if shortened else 0


@lru_cache(maxsize=20_000)
def subject(name: str) -> tuple[str, ...]:
    """What a name is about: `ProductIDs` is product."""
    return tuple(naming.singular(word) for word in naming.words(name) if word not in NUMBERING)
