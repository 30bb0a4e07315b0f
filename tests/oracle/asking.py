"""Nodes put together, and what the engine says of them."""

from collections.abc import Iterator
from itertools import pairwise

from segmentation.definition import Definition, Group, Match, Node
from segmentation.engine import Answer
from segmentation.membership import Membership
from tests.oracle.worlds import Asked

Drawn = list[tuple[Asked, list[Node]]]


def group(match: Match, *children: Node) -> Group:
    return Group(match=match, children=children)


def every(*children: Node) -> Group:
    return group(Match.ALL, *children)


def some(*children: Node) -> Group:
    return group(Match.ANY, *children)


def none(*children: Node) -> Group:
    return group(Match.NONE, *children)


def at_least(least: int, *children: Node) -> Group:
    return Group(match=Match.AT_LEAST, least=least, children=children)


def answer(asked: Asked, root: Group) -> Answer:
    return asked.answer(Definition(root=root))


def members(asked: Asked, node: Node) -> Membership:
    return answer(asked, node if isinstance(node, Group) else every(node)).members


def pairs(nodes: Drawn) -> Iterator[tuple[Asked, Node, Node]]:
    """Nodes beside each other."""
    for asked, some_nodes in nodes:
        for a, b in pairwise(some_nodes):
            yield asked, a, b
