"""What must hold between answers, whatever the people and the filters: no outside opinion is needed."""

import random
from collections.abc import Iterator
from itertools import pairwise

import pytest

from segmentation.definition import (
    Definition,
    EventCondition,
    FieldCondition,
    Group,
    Last,
    Match,
    Measure,
    MeasureFunction,
    Node,
    Period,
    Unit,
)
from segmentation.editing import remove, update
from segmentation.engine import Answer
from segmentation.membership import Membership
from segmentation.operators import COMPARISONS, OPERATORS
from tests.oracle.worlds import SEED, Asked, ask, filters

AUDIENCES, TAKEN = 4, 25


def group(match: Match, *children: Node) -> Group:
    return Group(match=match, children=children)


def every(*children: Node) -> Group:
    return group(Match.ALL, *children)


def some(*children: Node) -> Group:
    return group(Match.ANY, *children)


def none(*children: Node) -> Group:
    return group(Match.NONE, *children)


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Asked]]:
    folder = tmp_path_factory.mktemp("algebra")
    found = [ask(folder, f"{SEED}/algebra/{number}") for number in range(AUDIENCES)]
    yield found
    for asked in found:
        asked.engine.audience.close()


def answer(asked: Asked, root: Group) -> Answer:
    return asked.engine.answer(Definition(root=root), asked.clock)


def members(asked: Asked, node: Node) -> Membership:
    return answer(asked, node if isinstance(node, Group) else every(node)).members


@pytest.fixture(scope="module")
def nodes(worlds: list[Asked]) -> list[tuple[Asked, list[Node]]]:
    """Filters and groups that count, some of every audience."""
    found = []
    for asked in worlds:
        drawn = [node for definition in asked.definitions for node in filters(definition.root)]
        counted = [node for node in drawn if answer(asked, every(node)).counted]
        found.append((asked, random.Random(1).sample(counted, TAKEN)))
    return found


def pairs(nodes: list[tuple[Asked, list[Node]]]) -> Iterator[tuple[Asked, Node, Node]]:
    for asked, some_nodes in nodes:
        for a, b in pairwise(some_nodes):
            yield asked, a, b


Drawn = list[tuple[Asked, list[Node]]]


def test_a_and_not_a_are_the_base(nodes: Drawn) -> None:
    for asked, some_nodes in nodes:
        for a in some_nodes:
            assert members(asked, a).count + members(asked, none(a)).count == asked.engine.audience.people
            assert members(asked, none(none(a))) == members(asked, a)


def test_a_is_a_with_b_and_a_without_b(nodes: Drawn) -> None:
    for asked, a, b in pairs(nodes):
        assert members(asked, a).count == members(asked, every(a, b)).count + members(asked, every(a, none(b))).count


def test_de_morgan(nodes: Drawn) -> None:
    for asked, a, b in pairs(nodes):
        assert members(asked, none(a, b)) == members(asked, every(none(a), none(b)))
        assert members(asked, none(every(a, b))) == members(asked, some(none(a), none(b)))
        assert members(asked, some(a, b)) == members(asked, none(every(none(a), none(b))))


def test_all_never_grows_and_any_never_shrinks(nodes: Drawn) -> None:
    for asked, a, b in pairs(nodes):
        alone = members(asked, a)
        assert (members(asked, every(a, b)) - alone).count == 0
        assert (alone - members(asked, some(a, b))).count == 0
        assert (members(asked, none(a, b)) - members(asked, none(a))).count == 0


def test_twice_is_once(nodes: Drawn) -> None:
    for asked, some_nodes in nodes:
        for a in some_nodes:
            assert members(asked, every(a, a)) == members(asked, some(a, a)) == members(asked, a)


def shuffled(chance: random.Random, node: Node) -> Node:
    """The node with every group's children in another order, and some of them in groups of their own."""
    if not isinstance(node, Group):
        return Group(match=chance.choice((Match.ALL, Match.ANY)), children=(node,)) if chance.random() < 0.3 else node
    children = [shuffled(chance, child) for child in node.children]
    chance.shuffle(children)
    if len(children) > 2 and node.match != Match.NONE and chance.random() < 0.5:
        children = [Group(match=node.match, children=tuple(children[:2])), *children[2:]]
    return node.model_copy(update={"children": tuple(children)})


def test_order_and_nesting_do_not_matter(worlds: list[Asked]) -> None:
    chance = random.Random(2)
    for asked in worlds:
        for definition in asked.definitions:
            other = shuffled(chance, definition.root)
            assert isinstance(other, Group)
            assert members(asked, other) == members(asked, definition.root)


def test_a_negative_operator_is_the_complement_of_its_positive(nodes: Drawn) -> None:
    for asked, some_nodes in nodes:
        for node in some_nodes:
            if isinstance(node, FieldCondition) and (positive := OPERATORS[str(node.operator)].negates):
                plain = node.model_copy(update={"leave_out_missing": False})
                assert members(asked, plain) == ~members(asked, plain.model_copy(update={"operator": positive}))
                if positive != "is_known":
                    known = FieldCondition(field=node.field, operator="is_known")
                    left_out = node.model_copy(update={"leave_out_missing": True})
                    assert members(asked, left_out) == members(asked, every(plain, known))


GROWING = {"at_least": False, "more_than": False, "at_most": True, "less_than": True, "fewer_than": True}
"""Whether more people match the higher the number is."""


@pytest.mark.parametrize("operator", [name for name in GROWING if name in OPERATORS])
@pytest.mark.parametrize("field", ["age", "spend", "score", "big"])
def test_a_threshold_is_monotone_on_fields(worlds: list[Asked], operator: str, field: str) -> None:
    for asked in worlds:
        found = [
            members(asked, FieldCondition(field=field, operator=operator, value=value))
            for value in (-(2**63), -5, 0, 0.1, 1, 20, 2**53, 2**53 + 1, 1e18, 10**30)
        ]
        for lower, higher in pairwise(found):
            assert ((lower - higher) if GROWING[operator] else (higher - lower)).count == 0


@pytest.mark.parametrize("comparison", [name for name in GROWING if name in COMPARISONS])
@pytest.mark.parametrize("function", list(MeasureFunction))
def test_a_threshold_is_monotone_on_events(worlds: list[Asked], comparison: str, function: MeasureFunction) -> None:
    for asked in worlds:
        found = [
            members(
                asked,
                EventCondition(
                    events=("purchase", "page_view"),
                    measure=Measure(function=function, property="amount"),
                    comparison=comparison,
                    value=value,
                ),
            )
            for value in (-10, 0, 0.1, 1, 2, 3, 20, 1000)
        ]
        for lower, higher in pairwise(found):
            assert ((lower - higher) if GROWING[comparison] else (higher - lower)).count == 0


@pytest.mark.parametrize("unit", list(Unit))
def test_a_longer_window_never_loses_anybody(worlds: list[Asked], unit: Unit) -> None:
    for asked in worlds:
        found = []
        for amount in (0, 1, 2, 7, 30, 1000):
            period = Period(amount=amount, unit=unit)
            found.append(
                (
                    members(asked, EventCondition(events=("purchase",), window=Last(period=period))),
                    members(asked, FieldCondition(field="seen", operator="in_last", value=period)),
                    members(asked, FieldCondition(field="seen", operator="in_next", value=period)),
                    ~members(asked, FieldCondition(field="seen", operator="more_than_ago", value=period)),
                )
            )
        for shorter, longer in pairwise(found):
            assert all((a - b).count == 0 for a, b in zip(shorter, longer, strict=True))


# An answer's numbers are those of definitions of their own


def test_counts_are_those_of_each_node_alone(worlds: list[Asked]) -> None:
    for asked in worlds:
        for definition in asked.definitions:
            found = answer(asked, definition.root)
            for node in filters(definition.root):
                if node.id in found.counts and node.id != definition.root.id:
                    assert found.counts[node.id] == answer(asked, every(node)).total
            assert found.counts.get(definition.root.id, 0) == found.total


def test_without_is_the_total_with_the_node_off(worlds: list[Asked]) -> None:
    for asked in worlds:
        for definition in asked.definitions:
            found = answer(asked, definition.root)
            expected = {}
            for node in filters(definition.root):
                if node.id in found.counts and node.id != definition.root.id:
                    for changed in (update(definition, node.id, enabled=False), remove(definition, node.id)):
                        rest = asked.engine.answer(changed, asked.clock)
                        if rest.counted:
                            assert expected.setdefault(node.id, rest.total) == rest.total
            assert found.without == expected


def test_the_funnel_is_the_totals_of_the_first_filters(worlds: list[Asked]) -> None:
    for asked in worlds:
        for definition in asked.definitions:
            root = definition.root
            steps = {}
            for length in range(1, len(root.children) + 1):
                if root.children[length - 1].id in answer(asked, root).counts:
                    first = root.model_copy(update={"children": root.children[:length]})
                    steps[root.children[length - 1].id] = answer(asked, first).total
            assert {step.node: step.count for step in answer(asked, root).funnel} == steps
            assert [step.node for step in answer(asked, root).funnel] == list(steps)


def test_the_same_now_gives_the_same_answer_again(worlds: list[Asked]) -> None:
    for asked in worlds:
        again = type(asked.engine)(asked.engine.audience)
        for definition in asked.definitions:
            assert again.answer(definition, asked.clock).members == members(asked, definition.root)
