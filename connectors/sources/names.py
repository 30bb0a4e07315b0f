"""Names of columns as they can be used: never empty, never double, never one of Handpick's own."""

from __future__ import annotations

from collections.abc import Sequence

from segmentation.audience import INTERNAL

LONGEST = 200
TOLD = 5


def mend_names(raw: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names that are unique whatever their case, and the sentences that say what was mended."""
    wanted = [" ".join(name.split())[:LONGEST].rstrip() for name in raw]
    kept: dict[str, int] = {}
    for place, name in enumerate(wanted):
        if name and name.casefold() not in INTERNAL:
            kept.setdefault(name.casefold(), place)
    taken = set(kept) | set(INTERNAL)
    last: dict[str, int] = {}
    names, notes = [], []
    for place, name in enumerate(wanted):
        if name and kept.get(name.casefold()) == place:
            names.append(name)
            continue
        mended = _free(name or f"column_{place + 1}", taken, last)
        taken.add(mended.casefold())
        names.append(mended)
        if not name:
            notes.append(f"Column {place + 1} had no name: called {mended}.")
        elif name.casefold() in INTERNAL:
            notes.append(f"Column {place + 1} is called {mended}: Handpick uses {name} itself.")
        else:
            notes.append(f"There is more than one column “{name}”: column {place + 1} is called {mended}.")
    if len(notes) > TOLD + 1:
        notes[TOLD:] = [f"{len(notes) - TOLD:,} more columns without a name of their own were named."]
    return tuple(names), tuple(notes)


def headers_of(raw: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """The names exactly as the source has them, to be kept where one of them was mended; else nothing."""
    return tuple(raw) if list(raw) != list(names) else ()


def numbered_names(width: int) -> tuple[str, ...]:
    """Names for a table without a header: column_1, column_2 …"""
    return tuple(f"column_{place + 1}" for place in range(width))


def _free(name: str, taken: set[str], last: dict[str, int]) -> str:
    """The name itself or its next free numbered one; `last` remembers the numbers given."""
    mended = name
    while mended.casefold() in taken:
        last[name.casefold()] = last.get(name.casefold(), 1) + 1
        mended = f"{name}_{last[name.casefold()]}"
    return mended
