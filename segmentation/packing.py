"""From dense arrays over row numbers to packed bits, in pieces that stay in the processor's cache."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmentation.ranges import Range

Bits = NDArray[np.uint8]
Numbers = NDArray[Any]
PIECE = 1 << 18  # elements; a multiple of 8
MOST_RANGES = 6
"""So many ranges of codes are compared one after another; more are looked up, which takes as long as about six."""


def fitting(values: Numbers) -> Numbers:
    """Whole numbers in the narrowest type that holds them."""
    if not len(values):
        return values.astype(np.uint8)
    low, high = int(values.min()), int(values.max())
    for kind in (np.uint8, np.int8, np.uint16, np.int16, np.uint32, np.int32):
        if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
            return values.astype(kind)
    return values


def clipped(values: Numbers, wanted: Range) -> Range | None:
    """The range inside what the array's type can hold; None where nothing of it is."""
    limits = np.iinfo(values.dtype)
    found = wanted & Range(int(limits.min), int(limits.max))
    return None if found.low > found.high else found


def inside(values: Numbers, wanted: Range) -> NDArray[np.bool_]:
    """Which values lie in a range that `clipped` gave."""
    limits = np.iinfo(values.dtype)
    low, high = (values.dtype.type(end) for end in (wanted.low, wanted.high))
    found: NDArray[np.bool_]
    if wanted.low == wanted.high:
        found = values == low
    elif wanted.low == limits.min:
        found = values <= high
    elif wanted.high == limits.max:
        found = values >= low
    else:
        found = values >= low
        np.logical_and(found, values <= high, out=found)
    return found


def bits_inside(values: Numbers, wanted: Range) -> Bits:
    """The rows whose value lies in a range."""
    size = len(values)
    found = np.zeros((size + 7) // 8, dtype=np.uint8)
    limited = clipped(values, wanted)
    if limited is None:
        return found
    for start in range(0, size, PIECE):
        piece = inside(values[start : start + PIECE], limited)
        found[start // 8 : (start + len(piece) + 7) // 8] = np.packbits(piece, bitorder="little")
    return found


def runs(passing: NDArray[np.bool_]) -> list[Range]:
    """The ranges of positions that pass."""
    edges = np.flatnonzero(np.diff(passing.astype(np.int8), prepend=0, append=0))
    return [Range(int(low), int(high) - 1) for low, high in edges.reshape(-1, 2)]


def chosen(codes: Numbers, passing: NDArray[np.bool_], ranges: list[Range]) -> NDArray[np.bool_]:
    """Which codes pass; `ranges` are the runs of `passing`."""
    if len(ranges) > MOST_RANGES:
        return passing[codes]
    found = np.zeros(len(codes), dtype=np.bool_)
    for wanted in ranges:
        np.logical_or(found, inside(codes, wanted), out=found)
    return found


def bits_chosen(codes: Numbers, passing: NDArray[np.bool_]) -> Bits:
    """The rows whose code passes."""
    size = len(codes)
    ranges = runs(passing)
    if not ranges:
        return np.zeros((size + 7) // 8, dtype=np.uint8)
    if len(ranges) == 1:
        return bits_inside(codes, ranges[0])
    found = np.empty((size + 7) // 8, dtype=np.uint8)
    for start in range(0, size, PIECE):
        piece = chosen(codes[start : start + PIECE], passing, ranges)
        found[start // 8 : (start + len(piece) + 7) // 8] = np.packbits(piece, bitorder="little")
    return found
