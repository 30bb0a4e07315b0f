"""Bit sets behave like Python's sets of row numbers, whatever the size."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation.membership import Membership


@st.composite
def two_sets(draw: st.DrawFn) -> tuple[int, set[int], set[int]]:
    size = draw(st.integers(0, 70))
    rows = st.sets(st.integers(0, size - 1)) if size else st.just(set[int]())
    return size, draw(rows), draw(rows)


def of(rows: set[int], size: int) -> Membership:
    return Membership.of(np.array(sorted(rows), dtype=np.uint32), size)


@given(two_sets())
def test_algebra_is_that_of_sets(drawn: tuple[int, set[int], set[int]]) -> None:
    size, a, b = drawn
    base = set(range(size))
    for found, expected in (
        (of(a, size), a),
        (of(a, size) & of(b, size), a & b),
        (of(a, size) | of(b, size), a | b),
        (of(a, size) - of(b, size), a - b),
        (~of(a, size), base - a),
        (~~of(a, size), a),
        (Membership.nobody(size), set()),
        (Membership.everybody(size), base),
    ):
        assert found.rows().tolist() == sorted(expected)
        assert found.count == len(expected)
        assert found == of(expected, size)
        assert hash(found) == hash(of(expected, size))
        assert [row for row in range(size) if row in found] == sorted(expected)
    assert of(a, size).count + (~of(a, size)).count == size


def test_rows_may_come_in_any_order_and_twice() -> None:
    assert Membership.of(np.array([5, 0, 5, 3]), 9).rows().tolist() == [0, 3, 5]


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 64])
def test_a_complement_leaves_spare_bits_empty(size: int) -> None:
    assert Membership.everybody(size).count == size
    assert (~Membership.everybody(size)) == Membership.nobody(size)


def test_sets_of_different_bases_are_never_equal() -> None:
    assert Membership.nobody(8) != Membership.nobody(7)
    assert Membership.nobody(8) != set()


@given(st.lists(st.booleans(), max_size=80), st.integers(0, 90), st.integers(0, 20))
def test_a_page_is_a_part_of_the_rows(flags: list[bool], start: int, size: int) -> None:
    members = Membership.of(np.flatnonzero(flags), len(flags))
    assert members.page(start, size).tolist() == members.rows()[start : start + size].tolist()
