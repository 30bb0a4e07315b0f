"""Many numbers from one walk: set algebra written down first, then done piece by piece while the pieces are in the cache.

Equal steps are done once, steps that no number needs not at all, and complements cost nothing. What is written down does not
name sets but their slots, so that a tree of the same form is worked out again without writing it down again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmentation import machine
from segmentation.membership import Membership

AND, OR, AND_NOT, NOT = range(4)  # as in segmentation/loops.py
PIECE = 1 << 12  # words of 64 people
FINE_PIECE = 1 << 9  # where machine code needs no calls
TWO_HALVES = 1 << 16  # words from which two threads are quicker
EVERYBODY = -1
MANY = 1 << 17  # people from which machine code is worth its call


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
            return ~self.tally.joined(OR, self.place, other.place)
        if self.negated:
            return self.tally.joined(AND_NOT, other.place, self.place)
        return self.tally.joined(AND_NOT if other.negated else AND, self.place, other.place)

    def __or__(self, other: Term) -> Term:
        if not (self.negated or other.negated or EVERYBODY in (self.place, other.place) or self.place == other.place):
            return self.tally.joined(OR, self.place, other.place)
        return ~(~self & ~other)


class Tally:
    """Steps over so many sets of one base."""

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self._steps: list[tuple[int, int, int]] = []
        self._known: dict[tuple[int, int, int], int] = {}

    def of(self, slot: int) -> Term:
        """A set that is there already."""
        return Term(self, slot)

    def everybody(self) -> Term:
        """The whole base."""
        return Term(self, EVERYBODY)

    def joined(self, join: int, one: int, two: int) -> Term:
        """A step of two places."""
        if join != AND_NOT and one > two:
            one, two = two, one
        key = (join, one, two)
        place = self._known.get(key)
        if place is None:
            place = self._known[key] = self.slots + len(self._steps)
            self._steps.append(key)
        return Term(self, place)

    def program(self, counted: Sequence[Term], kept: Sequence[Term] = ()) -> Program:
        """What has to be done to count these sets, and to have those."""
        made = {term.place for term in (*counted, *kept) if term.place >= self.slots}
        wanted = {term.place for term in counted if term.place >= self.slots}
        needed: set[int] = set()
        waiting = list(made)
        while waiting:
            place = waiting.pop()
            if place not in needed and place >= self.slots:
                needed.add(place)
                waiting += self._steps[place - self.slots][1:]
        numbers = {place: self.slots + number for number, place in enumerate(sorted(needed))}
        numbers |= {place: place for place in range(EVERYBODY, self.slots)}
        steps = [
            (join, numbers[one], numbers[two], numbers[place], int(place in wanted))
            for place in sorted(needed)
            for join, one, two in (self._steps[place - self.slots],)
        ]
        others = {}  # by place: that of everybody else
        for term in kept:
            if term.negated and term.place >= self.slots and term.place not in others:
                others[term.place] = self.slots + len(steps)
                steps.append((NOT, numbers[term.place], numbers[term.place], others[term.place], 0))
        return Program(
            self.slots,
            tuple(steps),
            tuple((numbers[term.place], term.negated) for term in counted),
            tuple(
                (others[term.place], False)
                if term.negated and term.place in others
                else (numbers[term.place], term.negated)
                for term in kept
            ),
        )


@dataclass(frozen=True)
class Program:
    """Steps, each a join, the places of two sets and of what comes of them, and whether that is counted.

    Of the sets that are kept only those are meant the other way round that are given, or everybody.
    """

    slots: int
    steps: tuple[tuple[int, int, int, int, int], ...]
    counted: tuple[tuple[int, bool], ...]  # places, and whether everybody else is meant
    kept: tuple[tuple[int, bool], ...]

    @cached_property
    def _rows(self) -> NDArray[np.int64]:
        return np.array(self.steps, dtype=np.int64).reshape(-1, 5)

    @cached_property
    def _results(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys(place for place, _ in self.kept if place >= self.slots))

    @cached_property
    def _made(self) -> NDArray[np.int64]:
        return np.array(self._results, dtype=np.int64)

    @cached_property
    def _moving(self) -> NDArray[np.uint64]:
        moving = np.zeros(self.slots + len(self.steps), dtype=np.uint64)
        moving[: self.slots] = 1
        moving[self._made] = 1
        return moving

    @cached_property
    def _given(self) -> tuple[int, ...]:
        return tuple({place for place, _ in self.counted if EVERYBODY < place < self.slots})

    @cached_property
    def _told(self) -> frozenset[int]:
        known = {place for place, _ in self.counted}
        return frozenset(known | {place for join, one, _, place, _ in self.steps if join == NOT and one in known})

    @cached_property
    def _others(self) -> tuple[tuple[int, int], ...]:
        return tuple((place, one) for join, one, _, place, _ in self.steps if join == NOT)

    def run(self, sets: Sequence[Membership], size: int) -> tuple[list[int], list[Membership]]:
        """The numbers of people in the sets to be counted, and the sets to be kept, from those in the slots.

        `size` is the base, in people.
        """
        made = {place: np.empty((size + 7) // 8, dtype=np.uint8) for place in self._results}
        counts = np.zeros(self.slots + len(self.steps), dtype=np.int64)
        loops = machine.loops() if size >= MANY else None
        if not self.steps:
            pass
        elif loops is not None:
            self._by_machine(loops, sets, made, counts)
        else:
            self._by_pieces(sets, made, counts)
        numbers = [*counts.tolist(), size]  # everybody's place is -1
        for place in self._given:
            numbers[place] = sets[place].count
        for place, other in self._others:
            numbers[place] = size - numbers[other]
            if size % 8:
                made[place][-1] &= (1 << size % 8) - 1
        found = [size - numbers[place] if other else numbers[place] for place, other in self.counted]
        kept = []
        for place, negated in self.kept:
            if place == EVERYBODY:
                members = Membership.everybody(size)
            elif place < self.slots:
                members = sets[place]
            else:
                members = Membership.counted(made[place], size, numbers[place] if place in self._told else None)
            kept.append(~members if negated else members)
        return found, kept

    def _by_machine(
        self, loops: Any, sets: Sequence[Membership], made: dict[int, NDArray[np.uint8]], counts: NDArray[np.int64]
    ) -> None:
        length = len(sets[0].bits)
        words = length // 8
        addresses = [members.address for members in sets] + [bits.ctypes.data for bits in made.values()]
        given = np.array(addresses, dtype=np.uint64)
        fixed = given, self._made, self._moving, self._rows
        if words < TWO_HALVES:
            loops.joined(*fixed, 0, words, length, FINE_PIECE, counts)
            return
        middle = words // 2

        def joined(half: int) -> NDArray[np.int64]:
            first, end = (0, middle) if half == 0 else (middle, words)
            numbers = np.zeros(len(counts), dtype=np.int64)
            loops.joined(*fixed, first, end, length, FINE_PIECE, numbers)
            return numbers

        for numbers in machine.halves(joined):
            counts += numbers

    def _by_pieces(
        self, sets: Sequence[Membership], made: dict[int, NDArray[np.uint8]], counts: NDArray[np.int64]
    ) -> None:
        length = len(sets[0].bits)
        whole = length // 8 * 8
        for kind, start, end in ((np.uint64, 0, whole), (np.uint8, whole, length)):
            given = {place: members.bits[start:end].view(kind) for place, members in enumerate(sets)}
            results = {place: bits[start:end].view(kind) for place, bits in made.items()}
            count = (end - start) // np.dtype(kind).itemsize
            for first in range(0, count, PIECE):
                now = {place: bits[first : first + PIECE] for place, bits in (given | results).items()}
                for join, one, two, place, wanted in self.steps:
                    if join == NOT:
                        np.invert(now[one], out=now[place])
                        continue
                    right = np.invert(now[two]) if join == AND_NOT else now[two]
                    found = (np.bitwise_or if join == OR else np.bitwise_and)(now[one], right, out=now.get(place))
                    now[place] = found
                    if wanted:
                        counts[place] += int(np.add.reduce(np.bitwise_count(found), dtype=np.uint32))
