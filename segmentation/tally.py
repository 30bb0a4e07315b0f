"""Many numbers from one walk: set algebra written down first, then done piece by piece while the pieces are in the cache.

Equal steps are done once, steps that no number needs not at all, and complements cost nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmentation.membership import Membership

PIECE = 1 << 12  # words of 64 people
EVERYBODY = -1


@dataclass(frozen=True)
class Term:
    """A set that is yet to be worked out: a place in the tally, or everybody else."""

    tally: Tally
    place: int
    negated: bool = False

    def __invert__(self) -> Term:
        return Term(self.tally, self.place, not self.negated)

    def __and__(self, other: Term) -> Term:
        for one, two in ((self, other), (other, self)):
            if one.place == EVERYBODY:
                return one if one.negated else two
        if self.place == other.place:
            return self if self.negated == other.negated else Term(self.tally, EVERYBODY, True)
        if self.negated and other.negated:
            return ~self.tally.joined(np.bitwise_or, self.place, other.place)
        places = [self.tally.opposite(term.place) if term.negated else term.place for term in (self, other)]
        return self.tally.joined(np.bitwise_and, *places)

    def __or__(self, other: Term) -> Term:
        if not (self.negated or other.negated or EVERYBODY in (self.place, other.place) or self.place == other.place):
            return self.tally.joined(np.bitwise_or, self.place, other.place)
        return ~(~self & ~other)


class Tally:
    """Steps over sets of one base, and the numbers that are wanted of them."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.counts: dict[int, int] = {}
        self._given: dict[int, Membership] = {}
        self._steps: list[tuple[Any, tuple[int, ...]]] = []
        self._known: dict[tuple[str, tuple[int, ...]], int] = {}
        self._wanted: set[int] = set()

    def of(self, members: Membership) -> Term:
        """A set that is there already."""
        place = self._known.get(("given", (id(members),)))
        if place is None:
            place = self._add("given", (id(members),))
            self._given[place] = members
        return Term(self, place)

    def everybody(self) -> Term:
        """The whole base."""
        return Term(self, EVERYBODY)

    def joined(self, join: np.ufunc, one: int, two: int) -> Term:
        """A step of two places."""
        return Term(self, self._add(join, (min(one, two), max(one, two))))

    def opposite(self, place: int) -> int:
        """A step that turns all bits, also those behind the last person: it is only ever intersected."""
        return self._add(np.invert, (place,))

    def want(self, term: Term) -> None:
        """Have the people in a set counted."""
        if term.place != EVERYBODY:
            self._wanted.add(term.place)

    def count(self, term: Term) -> int:
        """How many people are in a set that was wanted."""
        found = self.size if term.place == EVERYBODY else self.counts[term.place]
        return self.size - found if term.negated else found

    def run(self, kept: Iterable[Term]) -> dict[int, Membership]:
        """Count all that is wanted; returns the sets of `kept` by their places, complements left out."""
        places = {term.place for term in kept if term.place != EVERYBODY and term.place not in self._given}
        for place in self._wanted & self._given.keys():
            self.counts[place] = self._given[place].count
        counted = sorted(self._wanted - self._given.keys() - self.counts.keys())
        order = self._needed({*counted, *places})
        length = (self.size + 7) // 8
        whole = length // 8 * 8
        results = {place: np.empty(length, dtype=np.uint8) for place in places}
        totals = dict.fromkeys(counted, 0)
        for kind, start, end in ((np.uint64, 0, whole), (np.uint8, whole, length)):
            arrays = {
                place: (self._given[place].bits if place in self._given else results[place])[start:end].view(kind)
                for place in (*(place for place in order if place in self._given), *places)
            }
            steps = [(place, *self._steps[place]) for place in order if place not in self._given]
            _run(arrays, steps, totals, (end - start) // np.dtype(kind).itemsize, kind)
        self.counts |= totals
        return {place: self._given[place] for place in self._given} | {
            place: Membership.counted(bits, self.size, self.counts.get(place)) for place, bits in results.items()
        }

    def members(self, term: Term, found: dict[int, Membership]) -> Membership:
        """The set of a term that was kept."""
        members = Membership.everybody(self.size) if term.place == EVERYBODY else found[term.place]
        return ~members if term.negated else members

    def _needed(self, places: set[int]) -> list[int]:
        """These places and all that they are made of, each behind what it is made of."""
        needed: set[int] = set()
        waiting = list(places)
        while waiting:
            place = waiting.pop()
            if place not in needed:
                needed.add(place)
                if place not in self._given:
                    waiting += self._steps[place][1]
        return sorted(needed)

    def _add(self, step: Any, places: tuple[int, ...]) -> int:
        key = (getattr(step, "__name__", step), places)
        place = self._known.get(key)
        if place is None:
            place = self._known[key] = len(self._steps)
            self._steps.append((step, places))
        return place


def _run(
    arrays: dict[int, NDArray[Any]],
    steps: list[tuple[int, Any, tuple[int, ...]]],
    totals: dict[int, int],
    length: int,
    kind: type[Any],
) -> None:
    """All steps over one piece after another; what is neither given nor kept lives only as long as its piece."""
    piece = max(min(PIECE, length), 1)
    room = {place: np.empty(piece, dtype=kind) for place, _, _ in steps if place not in arrays}
    pops = np.empty(piece, dtype=np.uint8)
    for start in range(0, length, piece):
        now = {place: array[start : start + piece] for place, array in arrays.items()}
        if start + piece > length:
            room = {place: array[: length - start] for place, array in room.items()}
            pops = pops[: length - start]
        now |= room
        for place, step, operands in steps:
            found = now[place]
            if len(operands) == 2:
                step(now[operands[0]], now[operands[1]], found)
            else:
                step(now[operands[0]], found)
            if place in totals:
                totals[place] += int(np.add.reduce(np.bitwise_count(found, pops), dtype=np.uint32))
