"""Sets of people: one bit for each row number of an audience version, and their algebra."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray


class Membership:
    """An immutable set of row numbers 0 … size-1; `bits` is packed little-endian, spare bits are 0."""

    __slots__ = ("__dict__", "bits", "size")

    def __init__(self, bits: NDArray[np.uint8], size: int) -> None:
        """Take packed bits of length ceil(size / 8); the array must not be changed afterwards."""
        self.bits = bits
        self.size = size

    @staticmethod
    def of(rows: NDArray[np.integer], size: int) -> Membership:
        """The set of these row numbers, in any order, repeated or not."""
        flags = np.zeros(size, dtype=bool)
        flags[rows] = True
        return Membership(np.packbits(flags, bitorder="little"), size)

    @staticmethod
    def nobody(size: int) -> Membership:
        """The empty set."""
        return Membership(np.zeros((size + 7) // 8, dtype=np.uint8), size)

    @staticmethod
    def everybody(size: int) -> Membership:
        """The whole base."""
        return ~Membership.nobody(size)

    @staticmethod
    def counted(bits: NDArray[np.uint8], size: int, count: int | None) -> Membership:
        """A set whose people have been counted already, where `count` is not None."""
        members = Membership(bits, size)
        if count is not None:
            members.__dict__["count"] = count
        return members

    @cached_property
    def count(self) -> int:
        """How many people are in the set."""
        whole = len(self.bits) // 8 * 8
        words, rest = self.bits[:whole].view(np.uint64), self.bits[whole:]
        return int(np.bitwise_count(words).sum(dtype=np.uint64)) + int(np.bitwise_count(rest).sum(dtype=np.uint64))

    @cached_property
    def address(self) -> int:
        """Where the bits lie in memory."""
        return self.bits.ctypes.data

    @property
    def nbytes(self) -> int:
        """Memory of the bits."""
        return int(self.bits.nbytes)

    def rows(self) -> NDArray[np.uint32]:
        """The row numbers, ascending."""
        return np.flatnonzero(np.unpackbits(self.bits, count=self.size, bitorder="little")).astype(np.uint32)

    def page(self, start: int, size: int) -> NDArray[np.uint32]:
        """`size` of the row numbers, ascending, after the first `start`; only the bytes around them are looked at one by one."""
        until = np.cumsum(np.bitwise_count(self.bits), dtype=np.uint32)  # people up to the end of each byte
        first, last = np.searchsorted(until, [start, start + size], side="right")
        rows = np.flatnonzero(np.unpackbits(self.bits[first : last + 1], bitorder="little")).astype(np.uint32)
        skipped = start - (int(until[first - 1]) if first else 0)
        return rows[skipped : skipped + size] + np.uint32(8 * first)

    def __and__(self, other: Membership) -> Membership:
        return Membership(self.bits & other.bits, self.size)

    def __or__(self, other: Membership) -> Membership:
        return Membership(self.bits | other.bits, self.size)

    def __sub__(self, other: Membership) -> Membership:
        return Membership(self.bits & ~other.bits, self.size)

    def __invert__(self) -> Membership:
        bits = ~self.bits
        if self.size % 8:
            bits[-1] &= (1 << self.size % 8) - 1
        return Membership(bits, self.size)

    def __contains__(self, row: int) -> bool:
        return bool(self.bits[row >> 3] >> (row & 7) & 1)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Membership) and self.size == other.size and np.array_equal(self.bits, other.bits)

    def __hash__(self) -> int:
        return hash((self.size, self.bits.tobytes()))
