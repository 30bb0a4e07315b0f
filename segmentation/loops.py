"""Loops over dense arrays as machine code; importing this compiles them once a machine, which `fetch` does beside.

None of them holds Python's lock, so that several users' numbers are worked out at the same time.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numba.extending import intrinsic

AND, OR, AND_NOT, NOT = range(4)
"""The joins of two sets; the last is everybody but the first of them."""

_COUNTS = ("uint8", "uint16", "uint32")
_STEPS = ("uint8", "uint16", "uint32")


def _pointer(kind: Any) -> Any:
    """What makes an address a pointer to values of a kind."""

    @intrinsic
    def at(typing: Any, address: Any) -> Any:
        def written(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

        return numba.types.CPointer(kind)(numba.types.uint64), written

    return at


_words_at = _pointer(numba.types.uint64)
_bytes_at = _pointer(numba.types.uint8)


@intrinsic
def _ones(typing: Any, word: Any) -> Any:
    """How many bits of a word are set."""

    def written(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return numba.types.uint64(numba.types.uint64), written


def _compiled(*signatures: str) -> Any:
    return numba.njit(list(signatures), nogil=True, cache=True, error_model="numpy", boundscheck=False)


@_compiled("void(uint64[::1], uint64[:, ::1], uint64[::1], int64[:, ::1], int64, int64, int64[::1])")
def _joined_words(
    bases: Any, room: Any, moving: Any, steps: Any, first: int, words: int, counts: Any
) -> None:  # pragma: no cover
    """Join sets step by step over the words from `first` to `words`, a piece at a time.

    `bases` are the addresses of all sets; those of 0 are filled in with the `room` of their step, as long as a piece.
    """
    piece = room.shape[1]
    for step in range(len(steps)):
        if not bases[steps[step, 3]]:
            bases[steps[step, 3]] = np.uint64(room.ctypes.data) + np.uint64(8 * piece * step)
    for start in range(first, words, piece):
        size = min(piece, words - start)
        for step in range(len(steps)):
            place = steps[step, 3]
            skipped = np.uint64(8 * start)
            one = numba.carray(_words_at(bases[steps[step, 1]] + skipped * moving[steps[step, 1]]), size)
            two = numba.carray(_words_at(bases[steps[step, 2]] + skipped * moving[steps[step, 2]]), size)
            found = numba.carray(_words_at(bases[place] + skipped * moving[place]), size)
            number = np.uint64(0)
            if steps[step, 0] == AND:
                if steps[step, 4]:
                    for at in range(size):
                        found[at] = one[at] & two[at]
                        number += _ones(found[at])
                else:
                    for at in range(size):
                        found[at] = one[at] & two[at]
            elif steps[step, 0] == OR:
                if steps[step, 4]:
                    for at in range(size):
                        found[at] = one[at] | two[at]
                        number += _ones(found[at])
                else:
                    for at in range(size):
                        found[at] = one[at] | two[at]
            elif steps[step, 0] == NOT:
                for at in range(size):
                    found[at] = ~one[at]
            elif steps[step, 4]:
                for at in range(size):
                    found[at] = one[at] & ~two[at]
                    number += _ones(found[at])
            else:
                for at in range(size):
                    found[at] = one[at] & ~two[at]
            counts[place] += np.int64(number)


@_compiled("void(uint64[::1], uint64[::1], int64[:, ::1], int64, int64, uint64[::1], int64[::1])")
def _joined_rest(
    bases: Any, moving: Any, steps: Any, start: int, end: int, words: Any, counts: Any
) -> None:  # pragma: no cover
    """The same for the last bytes, from `start` to `end`, which are not a whole word; `words` has room for one of each place."""
    for place in range(len(bases)):
        words[place] = 0
        if moving[place]:
            given = numba.carray(_bytes_at(bases[place]), end)
            for at in range(start, end):
                words[place] |= np.uint64(given[at]) << np.uint64(8 * (at - start))
    for step in range(len(steps)):
        one, two, place = words[steps[step, 1]], words[steps[step, 2]], steps[step, 3]
        if steps[step, 0] == AND:
            words[place] = one & two
        elif steps[step, 0] == OR:
            words[place] = one | two
        elif steps[step, 0] == NOT:
            words[place] = ~one
        else:
            words[place] = one & ~two
        if steps[step, 4]:
            counts[place] += np.int64(_ones(words[place]))
        if moving[place]:
            found = numba.carray(_bytes_at(bases[place]), end)
            for at in range(start, end):
                found[at] = np.uint8((words[place] >> np.uint64(8 * (at - start))) & np.uint64(255))


@_compiled("void(uint64[::1], int64[::1], uint64[::1], int64[:, ::1], int64, int64, int64, int64, int64[::1])")
def joined(
    given: Any, results: Any, moving: Any, steps: Any, first: int, end: int, length: int, piece: int, counts: Any
) -> None:  # pragma: no cover
    """Join sets step by step over the words of 64 people from `first` to `end`, a piece at a time, and count the people in each.

    `given` are the addresses of the sets that there are, `length` bytes each, then of those to be made, whose places `results`
    are. By place `moving` is 1 for both and 0 for those that live only as long as a piece, and `counts` takes the numbers.
    A row of `steps` is a join, the places of its two sets and of its result, and whether to count it; `NOT` is not counted, and
    leaves the bits beyond the last person set.
    """
    slots = len(given) - len(results)
    room = np.empty((len(steps), piece), dtype=np.uint64)
    bases = np.zeros(len(moving), dtype=np.uint64)
    bases[:slots] = given[:slots]
    for number in range(len(results)):
        bases[results[number]] = given[slots + number]
    _joined_words(bases, room, moving, steps, first, end, counts)
    if end == length // 8 and length % 8:
        _joined_rest(bases, moving, steps, 8 * end, length, np.empty(len(moving), dtype=np.uint64), counts)


@_compiled(*(f"void({c}[::1], int64, {s}[::1], int64)" for c in _COUNTS for s in _STEPS))
def counted(found: Any, row: int, steps: Any, sign: int) -> None:  # pragma: no cover
    """Add `sign` (1 or -1) to the number of each person; rows are given as steps from `row` on."""
    for at in range(len(steps)):
        row += steps[at]
        found[row] += sign


@_compiled(*(f"void({c}[::1], int64, {s}[::1], boolean[::1], int64)" for c in _COUNTS for s in _STEPS))
def counted_some(found: Any, row: int, steps: Any, mask: Any, sign: int) -> None:  # pragma: no cover
    """The same for the events that pass."""
    for at in range(len(steps)):
        row += steps[at]
        found[row] += mask[at] * sign


@_compiled(*(f"void({f}[::1], int64, {s}[::1], int64[::1])" for f in ("uint32", "int64") for s in _STEPS))
def summed(found: Any, row: int, steps: Any, weights: Any) -> None:  # pragma: no cover
    """Add the weight of each event to its person's number."""
    for at in range(len(steps)):
        row += steps[at]
        found[row] += weights[at]


@_compiled("void(uint32[::1], int64, uint32[::1], uint32[::1])")
def placed(rows: Any, low: int, starts: Any, places: Any) -> None:  # pragma: no cover
    """The places of rows in ascending order, equal ones as they come; `starts` is where each row's places begin, from `low` on."""
    for at in range(len(rows)):
        row = rows[at] - low
        places[starts[row]] = at
        starts[row] += 1


@_compiled(
    "boolean(uint32[::1], int64[::1], int64[::1], boolean[::1], int64[::1], int64[::1], boolean[::1], int64[::1],"
    " int64[::1], int64[::1], boolean[::1], int64, uint8[::1])"
)
def chained(
    rows: Any, times: Any, starts: Any, absent: Any, before: Any, within: Any, linked: Any, own: Any, theirs: Any,
    places: Any, feasible: Any, most: int, found: Any,
) -> bool:  # pragma: no cover  # fmt: skip
    """Set the bit of each person who has a chain of events, one for each step that is not absent.

    Events of all steps lie one step behind the other from `starts` on, in each sorted by row and time. `before` is the step
    that a step follows, `within` the most microseconds after it (-1: any). Where a step is `linked`, its event's number in
    `own` has to be that of the event before in `theirs` (from `places` of the step on), and not negative. `feasible` has
    room for a mark of each event. False where it takes more than `most` looks.
    """
    steps = len(absent)
    now = starts[:-1].copy()
    ends = starts[:-1].copy()
    looks = 0
    last = 0
    for step in range(steps):
        if not absent[step]:
            last = step
    while now[0] < starts[1]:
        row = rows[now[0]]
        for step in range(steps):
            while now[step] < starts[step + 1] and rows[now[step]] < row:
                now[step] += 1
            ends[step] = now[step]
            while ends[step] < starts[step + 1] and rows[ends[step]] == row:
                ends[step] += 1
        for at in range(now[0], ends[0]):
            feasible[at] = True
        for step in range(1, steps + 1):
            if step < steps and absent[step]:
                continue
            if step == steps:  # what comes after the last
                previous, first, end = last, np.int64(0), np.int64(1)
            else:
                previous, first, end = before[step], now[step], ends[step]
            for at in range(first, end):
                good = False
                for earlier in range(ends[previous] - 1, now[previous] - 1, -1):
                    looks += 1
                    if step < steps:
                        if times[earlier] >= times[at]:
                            continue
                        if within[step] >= 0 and times[at] - times[earlier] > within[step]:
                            break
                        if linked[step]:
                            key = theirs[places[step] + earlier - starts[previous]]
                            if key < 0 or key != own[at]:
                                continue
                    if not feasible[earlier]:
                        continue
                    good = True
                    for gone in range(steps):
                        if not good or not absent[gone] or before[gone] != previous:
                            continue
                        for event in range(now[gone], ends[gone]):
                            looks += 1
                            since = times[event] - times[earlier]
                            if since <= 0:
                                continue
                            if within[gone] >= 0 and since > within[gone]:
                                break
                            if step < steps and times[event] >= times[at]:
                                break
                            if linked[gone]:
                                key = theirs[places[gone] + earlier - starts[previous]]
                                if key < 0 or key != own[event]:
                                    continue
                            good = False
                            break
                    if good:
                        break
                if step == steps:
                    if good:
                        found[row >> 3] |= np.uint8(1) << np.uint8(row & 7)
                elif good:
                    feasible[at] = True
                if looks > most:
                    return False
        for step in range(steps):
            now[step] = ends[step]
    return True
