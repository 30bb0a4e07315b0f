"""How a group's set comes from its children's, and what becomes of it when one of them changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial, reduce
from operator import and_, or_
from typing import Protocol

from segmentation.definition import Match
from segmentation.tally import Term

Replace = Callable[[Term | None], Term | None]
"""From what a child's set becomes (None: it falls away) to what its group's set becomes."""


class Group(Protocol):
    """What a group of a definition says of how its children are joined."""

    @property
    def match(self) -> Match:
        """How many of the children have to hold."""

    @property
    def least(self) -> int:
        """The number for `Match.AT_LEAST`."""


_JOIN: dict[Match, Callable[[Term, Term], Term]] = {
    Match.ALL: and_,
    Match.ANY: or_,
    Match.NONE: or_,  # and the complement at the end
}


def _levels(sets: Sequence[Term], least: int, one: Term) -> list[Term]:
    """For 0 to `least`: who is in at least so many of the sets; `one` is any set of the same base."""
    levels = [one | ~one, *(one & ~one for _ in range(least))]
    for members in sets:
        for level in range(least, 0, -1):
            levels[level] = levels[level] | (levels[level - 1] & members)
    return levels


def _least(group: Group, sets: Sequence[Term]) -> int:
    """More than all is as impossible as one more than all."""
    return min(group.least, len(sets) + 1)


def combined(group: Group, sets: Sequence[Term]) -> Term:
    """A group's set from those of its children that count; `sets` must not be empty."""
    if group.match == Match.AT_LEAST:
        return _levels(sets, _least(group, sets), sets[0])[-1]
    united = reduce(_JOIN[group.match], sets)
    return ~united if group.match == Match.NONE else united


def running(group: Group, sets: Sequence[Term]) -> list[Term]:
    """The group's set over its first child, its first two children, and so on."""
    if group.match == Match.AT_LEAST:
        return [combined(group, sets[: end + 1]) for end in range(len(sets))]
    found: list[Term] = []
    for members in sets:
        found.append(_JOIN[group.match](found[-1], members) if found else members)
    return [~members for members in found] if group.match == Match.NONE else found


def _others(match: Match, sets: Sequence[Term]) -> list[Term | None]:
    """For each child the children before and behind it taken together (before any complement); None for an only child."""
    join = _JOIN[match]
    before: list[Term | None] = [None]
    for members in sets[:-1]:
        last = before[-1]
        before.append(members if last is None else join(last, members))
    others: list[Term | None] = []
    behind: Term | None = None
    for left, members in zip(reversed(before), reversed(sets), strict=True):
        others.append(left if behind is None else behind if left is None else join(left, behind))
        behind = members if behind is None else join(members, behind)
    return others[::-1]


def _joined(match: Match, others: Term | None, members: Term | None) -> Term | None:
    united = members if others is None else others if members is None else _JOIN[match](others, members)
    return None if united is None else ~united if match == Match.NONE else united


def _counted(levels: Sequence[Term], only: bool, members: Term | None) -> Term | None:
    if members is None:
        return None if only else levels[-1]
    return levels[-1] | (levels[-2] & members)


def replacers(group: Group, sets: Sequence[Term]) -> list[Replace]:
    """For each child what the group's set becomes when this child's changes; None where the group falls away."""
    if group.match != Match.AT_LEAST:
        return [partial(_joined, group.match, others) for others in _others(group.match, sets)]
    least = _least(group, sets)
    found: list[Replace] = []
    for place in range(len(sets)):
        others = [members for other, members in enumerate(sets) if other != place]
        found.append(partial(_counted, _levels(others, least, sets[0]), len(sets) == 1))
    return found
