"""What must hold between answers, whatever the people and the filters: no outside opinion is needed."""

import random
from itertools import pairwise

from segmentation.checking import problems
from segmentation.definition import FieldCondition, Group, ListCondition, Match, Node, SegmentCondition, walk
from segmentation.editing import remove, update
from segmentation.happening import compared
from segmentation.operators import OPERATORS
from tests.oracle.asking import Drawn, answer, at_least, every, members, none, pairs, some
from tests.oracle.worlds import Asked, filters


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


def test_at_least_one_is_any_and_at_least_every_one_is_all(nodes: Drawn) -> None:
    for asked, some_nodes in nodes:
        for start in range(0, len(some_nodes) - 3, 3):
            taken = some_nodes[start : start + 3]
            levels = [members(asked, at_least(least, *taken)) for least in (1, 2, 3, 4)]
            assert levels[0] == members(asked, some(*taken))
            assert levels[2] == members(asked, every(*taken))
            assert levels[3].count == 0
            assert all((fewer - more).count == fewer.count - more.count for more, fewer in pairwise(levels[::-1]))
            assert sum(level.count for level in levels) == sum(members(asked, node).count for node in taken)


def test_a_segment_is_its_definition(worlds: list[Asked]) -> None:
    counted = 0
    for asked in worlds:
        for segment in asked.references.segments:
            alone = asked.answer(segment.definition)
            inside = answer(asked, every(SegmentCondition(segment=segment.id)))
            if inside.counted:
                counted += 1
                assert inside.members == alone.members
                assert members(asked, SegmentCondition(segment=segment.id, outside=True)) == ~alone.members
            else:
                said = str(inside.unfinished)
                assert not alone.counted or alone.unfinished or "empty" in said or "can match nobody" in said
    assert counted > len(worlds)


def test_outside_a_list_is_everybody_else(worlds: list[Asked]) -> None:
    for asked in worlds:
        for static in asked.references.lists:
            inside = answer(asked, every(ListCondition(list=static.id)))
            outside = answer(asked, every(ListCondition(list=static.id, outside=True)))
            assert inside.counted == outside.counted
            assert not inside.counted or inside.members == ~outside.members


def shuffled(chance: random.Random, node: Node) -> Node:
    """The node with every group's children in another order, and some of them in groups of their own."""
    if not isinstance(node, Group):
        return Group(match=chance.choice((Match.ALL, Match.ANY)), children=(node,)) if chance.random() < 0.3 else node
    children = [shuffled(chance, child) for child in node.children]
    chance.shuffle(children)
    if len(children) > 2 and node.match in (Match.ALL, Match.ANY) and chance.random() < 0.5:
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
                    known = [FieldCondition(field=name, operator="is_known") for name in compared(node)]
                    left_out = node.model_copy(update={"leave_out_missing": True})
                    assert members(asked, left_out) == members(asked, every(plain, *known))


def test_what_does_not_count_is_a_problem_and_what_has_no_problem_counts(worlds: list[Asked]) -> None:
    unfinished = 0
    for asked in worlds:
        for definition in asked.definitions:
            found = answer(asked, definition.root)
            told = {problem.node for problem in problems(definition, asked.catalogue, asked.clock, asked.references)}
            for node in filters(definition.root):
                if node.id in found.unfinished:
                    unfinished += 1
                    assert told & {part.id for part in walk(node)}
                if node.id in told and not isinstance(node, Group | SegmentCondition):
                    assert node.id in found.unfinished
    assert unfinished > len(worlds)


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
                        rest = asked.answer(changed)
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
            assert again.answer(definition, asked.clock, asked.catalogue, asked.references).members == members(
                asked, definition.root
            )
