"""Ranks and scores: only people with a value are ranked, ties with the last place are in, percent are rounded up."""

from fractions import Fraction
from math import ceil
from typing import Any

from segmentation.definition import RankCondition, RfmCondition
from segmentation.measures import Measure, MeasureFunction
from tests.oracle.oracle_events import checked_events, detail_test, inside, matching, measured
from tests.oracle.oracle_facts import Facts, NotCounted, exact, folded, missing

GROUPS = {
    5: {1: "new", 2: "potential_loyalists", 3: "potential_loyalists", 4: "champions", 5: "champions"},
    4: {1: "promising", 2: "potential_loyalists", 3: "potential_loyalists", 4: "loyal", 5: "loyal"},
    3: {1: "about_to_sleep", 2: "about_to_sleep", 3: "need_attention", 4: "loyal", 5: "loyal"},
    2: {1: "hibernating", 2: "hibernating", 3: "at_risk", 4: "at_risk", 5: "cannot_lose"},
    1: {1: "hibernating", 2: "hibernating", 3: "at_risk", 4: "at_risk", 5: "cannot_lose"},
}
"""The group's name by the score for recency, then for frequency."""


def first_of(values: dict[int, Any], places: int, largest: bool) -> set[int]:
    """Who is among the first so many places, with everybody whose value is that of the last place."""
    ordered = sorted(values.values(), reverse=largest)[:places]
    return {row for row, value in values.items() if value in ordered}


def rank_members(facts: Facts, node: RankCondition) -> set[int]:
    """The rows of the top or bottom people."""
    if (node.field is None) == (not node.events) or not node.amount:
        raise NotCounted
    amount, after = exact(node.amount), exact(node.after)
    if after >= amount or (node.unit == "percent" and amount > 100):
        raise NotCounted
    if node.within is not None and node.within not in facts.kinds:
        raise NotCounted
    values = _by_field(facts, node.field) if node.field is not None else _by_events(facts, node)
    found: set[int] = set()
    for ranked in _parted(facts, node.within, values):

        def places(of: Fraction, ranked: dict[int, Any] = ranked) -> int:
            return ceil(len(ranked) * of / 100 if node.unit == "percent" else of)

        largest = node.direction == "top"
        found |= first_of(ranked, places(amount), largest) - first_of(ranked, places(after), largest)
    return found


def _parted(facts: Facts, within: str | None, values: dict[int, Any]) -> list[dict[int, Any]]:
    """The values of the people with the same value of a field; people without one in none."""
    if within is None:
        return [values]
    parts: dict[Any, dict[int, Any]] = {}
    for row, value in values.items():
        same = facts.people[row].get(within)
        if not missing(same):
            key = tuple(same) if isinstance(same, list) else folded(same) if isinstance(same, str) else same
            parts.setdefault(key, {})[row] = value
    return list(parts.values())


def _by_field(facts: Facts, name: str) -> dict[int, Any]:
    kind = facts.kinds.get(name)
    if kind not in ("number", "date", "moment"):
        raise NotCounted
    known = {row: person[name] for row, person in enumerate(facts.people) if not missing(person.get(name))}
    return {row: exact(value) for row, value in known.items()} if kind == "number" else known


def _by_events(facts: Facts, node: RankCondition) -> dict[int, Any]:
    """Each person's measure, of those with a matching event (for a share: with one inside the window)."""
    wanted = checked_events(facts, node.events)
    kept, passes = inside(facts, node.window), detail_test(facts, node.where)
    measure = measured(facts, node.measure, passes)
    share = node.measure.function == "share"
    found = {}
    for row, mine in enumerate(facts.done):
        events = [event for event in mine if event["_name"] in wanted and kept(event)]
        if not share and passes is not None:
            events = [event for event in events if passes(event)]
        value = measure(events) if events else None
        if value is not None:
            found[row] = round(value, 9) if node.measure.function in ("average", "share") else value
    return found


def rfm_members(facts: Facts, node: RfmCondition) -> set[int]:
    """The rows of the people with these scores for recency, frequency and monetary value."""
    passes = matching(facts, node.events, node.where, node.window)
    if node.amount is None and node.monetary != (1, 5):
        raise NotCounted
    if any(low > high for low, high in (node.recency, node.frequency, node.monetary)):
        raise NotCounted
    total = Measure(function=MeasureFunction.SUM, property=node.amount)
    spent = measured(facts, total, None) if node.amount is not None else None
    done = {row: [event for event in mine if passes(event)] for row, mine in enumerate(facts.done)}
    done = {row: mine for row, mine in done.items() if mine}
    recency = _scores({row: max(event["_time"] for event in mine) for row, mine in done.items()})
    frequency = _scores({row: len(mine) for row, mine in done.items()})
    monetary = _scores({row: spent(mine) for row, mine in done.items()}) if spent is not None else {}

    def fits(row: int) -> bool:
        r, f = recency[row], frequency[row]
        return (
            node.recency[0] <= r <= node.recency[1]
            and node.frequency[0] <= f <= node.frequency[1]
            and (not monetary or node.monetary[0] <= monetary[row] <= node.monetary[1])
            and (not node.groups or GROUPS[r][f] in node.groups)
        )

    return {row for row in done if fits(row)}


def _scores(values: dict[int, Any]) -> dict[int, int]:
    """5 for those among the first fifth, 4 for the others among the first two fifths, and so on."""
    scores: dict[int, int] = {}
    for score in (5, 4, 3, 2, 1):
        places = ceil(Fraction(len(values) * (6 - score), 5))
        for row in first_of(values, places, largest=True):
            scores.setdefault(row, score)
    return scores
