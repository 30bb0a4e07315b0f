"""Programs over sets: the same by machine code, piece by piece, and as Python's own sets."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation import machine
from segmentation import tally as tally_module
from segmentation.membership import Membership
from segmentation.tally import Tally, Term

SLOTS = 4
Formula = tuple[str, "Formula | int", "Formula | int"] | int

formulas = st.recursive(
    st.integers(-1, SLOTS - 1),
    lambda below: st.tuples(st.sampled_from(("and", "or", "without")), below, below),
    max_leaves=12,
)


def term_of(formula: Formula, tally: Tally) -> Term:
    if isinstance(formula, int):
        return tally.everybody() if formula < 0 else tally.of(formula)
    join, one, two = formula[0], term_of(formula[1], tally), term_of(formula[2], tally)
    return one & two if join == "and" else one | two if join == "or" else one & ~two


def people_of(formula: Formula, sets: list[set[int]], size: int) -> set[int]:
    if isinstance(formula, int):
        return set(range(size)) if formula < 0 else sets[formula]
    one, two = people_of(formula[1], sets, size), people_of(formula[2], sets, size)
    return one & two if formula[0] == "and" else one | two if formula[0] == "or" else one - two


@pytest.mark.parametrize(
    "limits",
    [{"MANY": 0, "TWO_HALVES": 2}, {"MANY": 0}, {"MANY": 1 << 40}],
    ids=["by machine in halves", "by machine", "by pieces"],
)
@given(size=st.integers(1, 300), seed=st.integers(0, 2**32), asked=st.lists(formulas, min_size=1, max_size=5))
def test_programs_find_and_count_what_sets_do(
    limits: dict[str, int], size: int, seed: int, asked: list[Formula]
) -> None:
    chance = np.random.default_rng(seed)
    sets = [set(np.flatnonzero(chance.random(size) < chance.random()).tolist()) for _ in range(SLOTS)]
    given = [Membership.of(np.array(sorted(rows), dtype=np.uint32), size) for rows in sets]
    tally = Tally(SLOTS)
    terms = [term for formula in asked for term in (term_of(formula, tally), ~term_of(formula, tally))]
    program = tally.program(terms, terms)
    machine.fetch()
    with pytest.MonkeyPatch.context() as patch:
        for name, limit in {"PIECE": 1, "FINE_PIECE": 2, **limits}.items():
            patch.setattr(tally_module, name, limit)
        numbers, kept = program.run(given, size)
    expected = [
        rows for f in asked for found in (people_of(f, sets, size),) for rows in (found, set(range(size)) - found)
    ]
    assert [set(members.rows().tolist()) for members in kept] == expected
    assert numbers == [len(rows) for rows in expected]
    assert [members.count for members in kept] == numbers
