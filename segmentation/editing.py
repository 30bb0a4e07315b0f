"""Every change to a definition as a pure function to a new one, so that undo is a list."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from segmentation.definition import (
    AnyNode,
    Definition,
    Doing,
    Group,
    Match,
    SequenceCondition,
    Step,
    below,
    find,
    walk,
    with_below,
)

HISTORY_LENGTH = 200


def _map(node: AnyNode, node_id: str, change: Callable[[AnyNode], tuple[AnyNode, ...]]) -> tuple[AnyNode, ...]:
    """`node` with the node of this id replaced by what `change` gives (nothing, one or several)."""
    if node.id == node_id:
        return change(node)
    children = below(node)
    changed = tuple(new for child in children for new in _map(child, node_id, change))
    if len(changed) == len(children) and all(a is b for a, b in zip(changed, children, strict=True)):
        return (node,)
    return (with_below(node, changed),)


def _changed(definition: Definition, node_id: str, change: Callable[[AnyNode], tuple[AnyNode, ...]]) -> Definition:
    find(definition, node_id)
    (root,) = _map(definition.root, node_id, change)
    return definition.model_copy(update={"root": root})


def _fresh(definition: Definition) -> Iterator[str]:
    taken = {node.id for node in walk(definition.root)}
    number = max((int(i[1:]) for i in taken if i[:1] == "n" and i[1:].isdecimal() and len(i) < 19), default=0)
    while True:
        number += 1
        yield f"n{number}"


def _with_ids(node: AnyNode, ids: Iterator[str], keep: set[str] | None) -> AnyNode:
    """`node` with a new id everywhere; where `keep` is given, ids that are set and not yet in it stay."""
    node_id = node.id
    if keep is None or not node_id or node_id in keep:
        node_id = next(ids)
    if keep is not None:
        keep.add(node_id)
    named = node.model_copy(update={"id": node_id})
    children = below(node)
    return with_below(named, tuple(_with_ids(child, ids, keep) for child in children)) if children else named


def with_ids(definition: Definition) -> Definition:
    """The definition with an id on every node, as hand-written files may leave them out or repeat them."""
    ids = [node.id for node in walk(definition.root)]
    if all(ids) and len(set(ids)) == len(ids):
        return definition
    root = _with_ids(definition.root, _fresh(definition), set())
    return definition.model_copy(update={"root": root})


def _put(target: AnyNode, node: AnyNode, index: int | None) -> AnyNode:
    """A group with a node more, or a sequence with a step more; raises KeyError where it does not fit."""
    if not isinstance(target, SequenceCondition if isinstance(node, Step) else Group):
        raise KeyError(target.id)
    children = below(target)
    at = len(children) if index is None else index
    return with_below(target, (*children[:at], node, *children[at:]))


def add(definition: Definition, parent: str, node: AnyNode, index: int | None = None) -> tuple[Definition, str]:
    """Put a node (with new ids) into a group, at its end or at `index`; returns the definition and the node's new id.

    What looks at events (also a step) as parent means its `where`, which is made if need be; a sequence takes steps.
    """
    ids = _fresh(definition)
    new = _with_ids(node, ids, None)

    def into(target: AnyNode) -> tuple[AnyNode, ...]:
        if isinstance(target, Doing):
            where = target.where or Group(id=next(ids))
            return (target.model_copy(update={"where": into(where)[0]}),)
        return (_put(target, new, index),)

    return _changed(definition, parent, into), new.id


def update(definition: Definition, node_id: str, **changes: Any) -> Definition:
    """Change attributes of one node; values are validated by the model."""

    def changed(node: AnyNode) -> tuple[AnyNode, ...]:
        raw = {name: getattr(node, name) for name in type(node).model_fields}
        return (type(node).model_validate(raw | changes),)

    return _changed(definition, node_id, changed)


def remove(definition: Definition, node_id: str) -> Definition:
    """Take a node out; the root is emptied instead."""
    if node_id == definition.root.id:
        return update(definition, node_id, children=())
    return _changed(definition, node_id, lambda _: ())


def duplicate(definition: Definition, node_id: str) -> tuple[Definition, str]:
    """Put a copy (with new ids) right behind a node; returns the definition and the copy's id.

    The root and an event's `where` stand alone: they are left as they are.
    """
    if parent_of(definition, node_id) is None:
        return definition, find(definition, node_id).id
    ids = _fresh(definition)
    copy = _with_ids(find(definition, node_id), ids, None)
    return _changed(definition, node_id, lambda node: (node, copy)), copy.id


def parent_of(definition: Definition, node_id: str) -> Group | SequenceCondition | None:
    """The group (or for a step the sequence) that holds the node; None for the root and for an event's `where`."""
    for node in walk(definition.root):
        if isinstance(node, Group | SequenceCondition) and any(child.id == node_id for child in below(node)):
            return node
    return None


def around(definition: Definition, node_id: str) -> Definition:
    """What everybody has to match among whom this node chooses: all without it, and without each group around it that is not “all of”."""
    gone = node_id
    above = parent_of(definition, node_id)
    while above is not None:
        if not (isinstance(above, Group) and above.match is Match.ALL):
            gone = above.id
        above = parent_of(definition, above.id)
    return remove(definition, gone)


def move(definition: Definition, node_id: str, parent: str, index: int | None = None) -> Definition:
    """Move a node into a group (at its end or at `index`, counted after it was taken out).

    Moving a group into itself changes nothing.
    """
    node = find(definition, node_id)
    if any(below.id == parent for below in walk(node)):
        return definition

    def into(target: AnyNode) -> tuple[AnyNode, ...]:
        return (_put(target, node, index),)

    return _changed(remove(definition, node_id), parent, into)


def shift(definition: Definition, node_id: str, steps: int) -> Definition:
    """Move a node among its siblings by `steps` (negative: up), stopping at the ends."""
    parent = parent_of(definition, node_id)
    if parent is None:
        return definition
    at = next(i for i, child in enumerate(below(parent)) if child.id == node_id)
    target = min(max(at + steps, 0), len(below(parent)) - 1)
    return definition if target == at else move(definition, node_id, parent.id, target)


def earlier(definition: Definition, step_id: str) -> Definition:
    """Exchange what a step of a sequence looks for with the step before; how soon and what is the same stay in their places."""
    sequence = parent_of(definition, step_id)
    at = next((i for i, step in enumerate(below(sequence)) if step.id == step_id), 0) if sequence is not None else 0
    if not isinstance(sequence, SequenceCondition) or at == 0:
        return definition
    before, step = sequence.steps[at - 1], sequence.steps[at]
    changed = (
        step.model_copy(update={"within": before.within, "same": before.same, "absent": step.absent and at > 1}),
        before.model_copy(update={"within": step.within, "same": step.same}),
    )
    steps = (*sequence.steps[: at - 1], *changed, *sequence.steps[at + 1 :])
    return _changed(definition, sequence.id, lambda node: (node.model_copy(update={"steps": steps}),))


def wrap(definition: Definition, node_id: str, match: Match = Match.ANY) -> tuple[Definition, str]:
    """Put a node into a new group of its own at its place; returns the definition and the group's id.

    A step stands in no group: it is left as it is.
    """
    if isinstance(find(definition, node_id), Step):
        return definition, node_id
    group_id = next(_fresh(definition))
    return _changed(definition, node_id, lambda node: (Group(id=group_id, match=match, children=(node,)),)), group_id


def unwrap(definition: Definition, node_id: str) -> Definition:
    """Replace a group by its children, which stay off where it was off; the root and an event's `where` stay."""
    if parent_of(definition, node_id) is None:
        return definition

    def children(node: AnyNode) -> tuple[AnyNode, ...]:
        if not isinstance(node, Group):
            return (node,)
        return tuple(child if node.enabled else child.model_copy(update={"enabled": False}) for child in node.children)

    return _changed(definition, node_id, children)


@dataclass(frozen=True)
class History:
    """A definition with what came before and what was undone; at most `HISTORY_LENGTH` steps back."""

    present: Definition
    past: tuple[Definition, ...] = ()
    future: tuple[Definition, ...] = ()

    def then(self, definition: Definition) -> History:
        """One step on; what was undone is forgotten. The same definition again is no step."""
        if definition == self.present:
            return self
        return History(definition, (*self.past, self.present)[-HISTORY_LENGTH:])

    def undo(self) -> History:
        """One step back, if there is one."""
        if not self.past:
            return self
        return replace(self, present=self.past[-1], past=self.past[:-1], future=(self.present, *self.future))

    def redo(self) -> History:
        """One undone step on again, if there is one."""
        if not self.future:
            return self
        return History(self.future[0], (*self.past, self.present), self.future[1:])
