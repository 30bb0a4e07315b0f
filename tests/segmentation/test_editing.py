"""Every command gives a new tree, keeps what it does not concern, and can be undone."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from segmentation import editing
from segmentation.definition import (
    AnyNode,
    Definition,
    Doing,
    EventCondition,
    FieldCondition,
    Group,
    HabitCondition,
    ListCondition,
    Match,
    Node,
    Period,
    PlaceCondition,
    RankCondition,
    RfmCondition,
    SampleCondition,
    SegmentCondition,
    SequenceCondition,
    Step,
    below,
    find,
    walk,
)
from segmentation.editing import HISTORY_LENGTH, History, with_ids

FEW = settings(max_examples=30)


def field(name: str = "age", **changes: Any) -> FieldCondition:
    return FieldCondition(field=name, operator="is_known", **changes)


def leaves() -> st.SearchStrategy[FieldCondition]:
    return st.builds(field, st.sampled_from("abcd"), enabled=st.booleans())


def groups(children: st.SearchStrategy[Any], most: int = 3) -> st.SearchStrategy[Group]:
    return st.builds(
        Group,
        match=st.sampled_from(list(Match)),
        enabled=st.booleans(),
        children=st.lists(children, max_size=most).map(tuple),
    )


DOING: tuple[type[Doing], ...] = (EventCondition, HabitCondition, RankCondition, RfmCondition)
SIMPLE: tuple[Node, ...] = (PlaceCondition(), SampleCondition(seed="s"), SegmentCondition(segment="A"), ListCondition())


def doing(kind: Any) -> st.SearchStrategy[Any]:
    return st.builds(
        kind,
        events=st.just(("purchase",)),
        where=st.none() | groups(leaves() | groups(leaves())),
        enabled=st.booleans(),
    )


def nodes() -> st.SearchStrategy[Node]:
    sequences = st.builds(SequenceCondition, steps=st.lists(doing(Step), max_size=3).map(tuple))
    single = leaves() | st.one_of(*map(doing, DOING)) | sequences | st.sampled_from(SIMPLE)
    return st.recursive(single, groups, max_leaves=8)


def definitions() -> st.SearchStrategy[Definition]:
    return groups(nodes(), 4).map(lambda root: with_ids(Definition(root=root)))


def ids(definition: Definition) -> list[str]:
    return [node.id for node in walk(definition.root)]


def conditions(definition: Definition) -> Counter[str]:
    """What is in a tree, without groups."""
    return inside(definition.root)


def inside(node: AnyNode) -> Counter[str]:
    """What is in and below a node, without groups."""
    bare = {"id": "", "enabled": True, "where": None, "steps": ()}
    return Counter(
        repr(found.model_copy(update={name: value for name, value in bare.items() if name in type(found).model_fields}))
        for found in walk(node)
        if not isinstance(found, Group)
    )


def shape(node: AnyNode) -> Any:
    """A tree without ids, to compare."""
    own = node.model_copy(update={"id": ""} | {n: None for n in ("children", "steps", "where") if hasattr(node, n)})
    return repr(own), [shape(child) for child in below(node)]


# By hand

A, B, C = field("a", id="a"), field("b", id="b"), field("c", id="c")
INNER = Group(id="g", match=Match.ANY, children=(B, C))
BASE = Definition(root=Group(id="n1", children=(A, INNER)))
EVENT = EventCondition(id="e", events=("purchase",), where=Group(id="w", children=(A,)))
WITH_EVENT = Definition(root=Group(id="n1", children=(EVENT, B)))


def children(definition: Definition, group: str) -> list[str]:
    found = find(definition, group)
    assert isinstance(found, Group)
    return [child.id for child in found.children]


def test_add_puts_a_node_at_the_end_or_at_its_place_under_a_new_id() -> None:
    definition, new = editing.add(BASE, "g", field("d", id="a"))
    assert (children(definition, "g"), new) == (["b", "c", "n2"], "n2")
    definition, _ = editing.add(BASE, "n1", Group(children=(field("x"), field("y"))), index=0)
    assert children(definition, "n1") == ["n2", "a", "g"]
    assert children(definition, "n2") == ["n3", "n4"]
    assert BASE.root.children == (A, INNER)


def test_add_to_an_event_makes_its_filters() -> None:
    bare = Definition(root=Group(id="n1", children=(EVENT.model_copy(update={"where": None}),)))
    definition, new = editing.add(bare, "e", field("amount"))
    event = find(definition, "e")
    assert isinstance(event, EventCondition)
    assert event.where is not None
    assert [child.id for child in event.where.children] == [new]
    assert len(set(ids(definition))) == 4
    assert children(editing.add(WITH_EVENT, "e", field("amount"))[0], "w") == ["a", "n2"]


def test_update_changes_one_node_and_is_validated() -> None:
    definition = editing.update(BASE, "b", operator="is_missing", enabled=False)
    assert find(definition, "b") == B.model_copy(update={"operator": "is_missing", "enabled": False})
    assert find(definition, "a") is A
    with pytest.raises(ValidationError):
        editing.update(BASE, "b", operator=5)
    with pytest.raises(ValidationError):
        editing.update(BASE, "b", opertor="is")
    assert find(editing.update(WITH_EVENT, "a", field="x"), "a") == field("x", id="a")


def test_remove_takes_a_node_out_and_empties_the_root() -> None:
    assert ids(editing.remove(BASE, "b")) == ["n1", "a", "g", "c"]
    assert ids(editing.remove(BASE, "g")) == ["n1", "a"]
    assert ids(editing.remove(BASE, "n1")) == ["n1"]
    assert ids(editing.remove(WITH_EVENT, "w")) == ["n1", "e", "b"]


def test_duplicate_stands_right_behind_with_new_ids() -> None:
    definition, new = editing.duplicate(BASE, "g")
    assert children(definition, "n1") == ["a", "g", new]
    assert shape(find(definition, new)) == shape(INNER)
    definition, new = editing.duplicate(WITH_EVENT, "a")
    assert children(definition, "w") == ["a", new]


@pytest.mark.parametrize("alone", ["n1", "w"])
def test_root_and_an_events_filters_stand_alone(alone: str) -> None:
    assert editing.duplicate(WITH_EVENT, alone) == (WITH_EVENT, alone)
    assert editing.unwrap(WITH_EVENT, alone) == WITH_EVENT
    assert editing.shift(WITH_EVENT, alone, 1) == WITH_EVENT


def test_move_counts_places_after_the_node_was_taken_out() -> None:
    assert children(editing.move(BASE, "a", "n1", 1), "n1") == ["g", "a"]
    assert children(editing.move(BASE, "a", "g", 1), "g") == ["b", "a", "c"]
    assert children(editing.move(BASE, "b", "n1"), "n1") == ["a", "g", "b"]


def test_move_into_itself_changes_nothing() -> None:
    nested = Definition(root=Group(id="n1", children=(Group(id="o", children=(INNER,)),)))
    assert editing.move(nested, "o", "g") == nested
    assert editing.move(nested, "o", "o") == nested


SEQUENCE = SequenceCondition(
    id="s",
    steps=(Step(id="p", events=("view",), where=Group(id="w", children=(A,))), Step(id="q", events=("purchase",))),
)
WITH_STEPS = Definition(root=Group(id="n1", children=(SEQUENCE, INNER)))


def steps(definition: Definition) -> list[str]:
    return [step.id for step in below(find(definition, "s"))]


def test_a_step_goes_into_a_sequence_and_nothing_else_does() -> None:
    definition, new = editing.add(WITH_STEPS, "s", Step(events=("mail",)), index=1)
    assert (steps(definition), new) == (["p", "n2", "q"], "n2")
    for wrong in (
        lambda: editing.add(WITH_STEPS, "s", field("x")),
        lambda: editing.add(WITH_STEPS, "s", Group()),
        lambda: editing.add(WITH_STEPS, "g", Step()),
        lambda: editing.add(WITH_STEPS, "p", Step()),
        lambda: editing.move(WITH_STEPS, "p", "g"),
        lambda: editing.move(WITH_STEPS, "b", "s"),
        lambda: editing.move(WITH_STEPS, "g", "s"),
    ):
        with pytest.raises(KeyError):
            wrong()


def test_steps_are_moved_shifted_copied_and_taken_out_like_filters() -> None:
    assert steps(editing.shift(WITH_STEPS, "p", 1)) == ["q", "p"]
    assert steps(editing.shift(WITH_STEPS, "p", 9)) == ["q", "p"]
    assert steps(editing.move(WITH_STEPS, "q", "s", 0)) == ["q", "p"]
    assert steps(editing.remove(WITH_STEPS, "p")) == ["q"]
    definition, new = editing.duplicate(WITH_STEPS, "p")
    assert steps(definition) == ["p", new, "q"]
    assert shape(find(definition, new)) == shape(find(WITH_STEPS, "p"))
    assert len(set(ids(definition))) == len(ids(definition))


def test_a_step_stands_in_no_group() -> None:
    assert editing.wrap(WITH_STEPS, "p") == (WITH_STEPS, "p")
    assert editing.unwrap(WITH_STEPS, "p") == WITH_STEPS


def test_filters_are_added_to_a_step_and_taken_out_again() -> None:
    definition, new = editing.add(WITH_STEPS, "q", field("amount"))
    where = below(find(definition, "q"))[0]
    assert [child.id for child in below(where)] == [new]
    assert children(editing.add(WITH_STEPS, "p", field("amount"))[0], "w") == ["a", "n2"]
    assert below(find(editing.remove(WITH_STEPS, "w"), "p")) == ()


@pytest.mark.parametrize("kind", [EventCondition, HabitCondition, RankCondition, RfmCondition])
def test_add_to_what_looks_at_events_makes_its_filters(kind: Any) -> None:
    bare = Definition(root=Group(id="n1", children=(kind(id="e", events=("purchase",)),)))
    definition, new = editing.add(bare, "e", field("amount"))
    assert [child.id for child in below(below(find(definition, "e"))[0])] == [new]
    assert editing.remove(editing.remove(definition, new), below(find(definition, "e"))[0].id) == bare


def test_shift_stops_at_the_ends() -> None:
    definition = Definition(root=Group(id="n1", children=(A, B, C)))
    assert children(editing.shift(definition, "a", 1), "n1") == ["b", "a", "c"]
    assert children(editing.shift(definition, "c", -9), "n1") == ["c", "a", "b"]
    assert editing.shift(definition, "c", 1) == definition


def test_wrap_and_unwrap_are_opposites() -> None:
    for node in ("a", "g", "b"):
        definition, group = editing.wrap(BASE, node, Match.NONE)
        assert children(definition, group) == [node]
        assert editing.unwrap(definition, group) == BASE


def test_unwrap_puts_the_children_in_the_groups_place() -> None:
    assert children(editing.unwrap(BASE, "g"), "n1") == ["a", "b", "c"]


def test_what_was_off_with_its_group_stays_off_without_it() -> None:
    definition = editing.unwrap(editing.update(BASE, "g", enabled=False), "g")
    assert [child.enabled for child in definition.root.children] == [True, False, False]


@pytest.mark.parametrize(
    "command",
    [
        lambda d: editing.add(d, "?", A),
        lambda d: editing.add(d, "a", A),
        lambda d: editing.update(d, "?", enabled=False),
        lambda d: editing.remove(d, "?"),
        lambda d: editing.duplicate(d, "?"),
        lambda d: editing.move(d, "?", "n1"),
        lambda d: editing.move(d, "a", "?"),
        lambda d: editing.move(d, "a", "b"),
        lambda d: editing.wrap(d, "?"),
    ],
)
def test_an_unknown_node_is_an_error(command: Any) -> None:
    with pytest.raises(KeyError):
        command(BASE)


def test_ids_that_are_missing_or_given_twice_are_made_anew_and_the_others_stay() -> None:
    raw = Definition(
        root=Group(id="", children=(A, A, field("x"), Group(id="n7", children=(EVENT,)), field("y", id="n7")))
    )
    found = ids(with_ids(raw))
    assert found == ["n8", "a", "n9", "n10", "n7", "e", "w", "n11", "n12"]
    assert with_ids(with_ids(raw)) == with_ids(raw)


def test_an_id_of_any_length_is_taken_as_it_is() -> None:
    strange = ("n" + "9" * 5000, "n²", "n٣", "n-1", "n 7")
    definition = Definition(root=Group(id="n1", children=tuple(field(id=name) for name in strange)))
    assert ids(with_ids(definition)) == ["n1", *strange]
    _, new = editing.add(definition, "n1", field())
    assert new not in ids(definition)


# Whatever the tree


@FEW
@given(definitions(), st.data())
def test_commands_keep_ids_unique_and_conditions_together(definition: Definition, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 6))):
        before = conditions(definition)
        node = find(definition, data.draw(st.sampled_from(ids(definition))))
        group = data.draw(st.sampled_from([n.id for n in walk(definition.root) if isinstance(n, Group)]))
        sequences = [n.id for n in walk(definition.root) if isinstance(n, SequenceCondition)]
        goal = data.draw(st.sampled_from(sequences)) if isinstance(node, Step) else group
        command = data.draw(
            st.sampled_from(["add", "remove", "duplicate", "move", "shift", "wrap", "unwrap", "update"])
        )
        if command == "add":
            definition, _ = editing.add(definition, group, field("new"), data.draw(st.none() | st.integers(0, 3)))
            before += inside(field("new"))
        elif command == "remove":
            definition = editing.remove(definition, node.id)
            before -= inside(node)
        elif command == "duplicate":
            definition, copy = editing.duplicate(definition, node.id)
            before += inside(node) if copy != node.id else Counter()
        elif command == "move":
            definition = editing.move(definition, node.id, goal, data.draw(st.none() | st.integers(0, 3)))
        elif command == "shift":
            definition = editing.shift(definition, node.id, data.draw(st.integers(-3, 3)))
        elif command == "wrap":
            definition, _ = editing.wrap(definition, node.id)
        elif command == "unwrap":
            definition = editing.unwrap(definition, node.id)
        else:
            definition = editing.update(definition, node.id, enabled=False)
        assert conditions(definition) == before, command
        assert len(set(ids(definition))) == len(ids(definition)), command
        assert all(ids(definition)), command
        assert Definition.model_validate_json(definition.model_dump_json()) == definition, command


@FEW
@given(definitions(), st.data())
def test_duplicate_then_remove_is_nothing(definition: Definition, data: st.DataObject) -> None:
    node = data.draw(st.sampled_from(ids(definition)))
    doubled, copy = editing.duplicate(definition, node)
    if copy != node:
        assert shape(find(doubled, copy)) == shape(find(definition, node))
        assert editing.remove(doubled, copy) == definition


@FEW
@given(definitions(), st.data())
def test_add_then_remove_is_nothing(definition: Definition, data: st.DataObject) -> None:
    group = data.draw(st.sampled_from([node.id for node in walk(definition.root) if isinstance(node, Group)]))
    longer, new = editing.add(definition, group, data.draw(nodes()))
    assert editing.remove(longer, new) == definition


@FEW
@given(definitions(), st.data())
def test_shift_there_and_back_is_nothing_inside_the_ends(definition: Definition, data: st.DataObject) -> None:
    node = data.draw(st.sampled_from(ids(definition)))
    parent = editing.parent_of(definition, node)
    if parent is not None:
        place = [child.id for child in below(parent)].index(node)
        steps = data.draw(st.integers(-place, len(below(parent)) - 1 - place))
        assert editing.shift(editing.shift(definition, node, steps), node, -steps) == definition


@FEW
@given(definitions(), st.data())
def test_wrap_then_unwrap_is_nothing(definition: Definition, data: st.DataObject) -> None:
    node = data.draw(st.sampled_from(ids(definition)))
    wrapped, group = editing.wrap(definition, node)
    if editing.parent_of(wrapped, group) is not None:
        assert editing.unwrap(wrapped, group) == definition


# History


@FEW
@given(st.lists(definitions(), min_size=1, max_size=8))
def test_undo_restores_every_step_and_redo_brings_it_back(steps: list[Definition]) -> None:
    history = History(Definition())
    seen = [history.present]
    for definition in steps:
        history = history.then(definition)
        if history.present != seen[-1]:
            seen.append(history.present)
    for expected in reversed(seen):
        assert history.present == expected
        history = history.undo()
    assert history.undo() == history
    for expected in seen:
        assert history.present == expected
        history = history.redo()
    assert history.redo() == history


def test_a_new_step_forgets_what_was_undone_and_the_same_again_is_no_step() -> None:
    history = History(Definition()).then(BASE).undo().then(WITH_EVENT)
    assert history.redo() == history
    assert history.then(WITH_EVENT) is history
    assert history.undo().present == Definition()


def test_history_keeps_the_last_steps() -> None:
    history = History(Definition())
    for number in range(HISTORY_LENGTH + 50):
        history = history.then(Definition(root=Group(id=f"n{number}x")))
    for _ in range(HISTORY_LENGTH * 2):
        history = history.undo()
    assert history.present.root.id == "n49x"


def test_around_a_filter_stands_what_all_its_people_match() -> None:
    any_of = Group(
        id="any", match=Match.ANY, children=(field(id="b"), Group(id="in", children=(field(id="c"), field(id="d"))))
    )
    sequence = SequenceCondition(id="s", steps=(Step(id="first", events=("view",)), Step(id="then", events=("buy",))))
    every = Group(id="all", children=(field(id="e"), field(id="f")))
    tree = Definition(root=Group(id="root", children=(field(id="a"), any_of, sequence, every)))

    def left(node_id: str) -> list[str]:
        return [node.id for node in walk(editing.around(tree, node_id).root)]

    assert left("a") == [node.id for node in walk(tree.root) if node.id != "a"]
    assert left("b") == left("c") == left("any") == ["root", "a", "s", "first", "then", "all", "e", "f"]
    assert left("then") == left("s") == ["root", "a", "any", "b", "in", "c", "d", "all", "e", "f"]
    assert "f" not in left("f")
    assert "e" in left("f")
    either = editing.update(tree, "root", match=Match.ANY)
    assert editing.around(either, "a").root.children == ()


def test_a_step_moves_up_and_how_soon_stays_where_it_was() -> None:
    soon = Period(amount=2)
    steps = (
        Step(id="a", events=("view",)),
        Step(id="b", events=("cart",), within=soon, same=("product",)),
        Step(id="c", events=("buy",), absent=True),
    )
    definition = Definition(root=Group(id="g", children=(SequenceCondition(id="s", steps=steps),)))
    (sequence,) = editing.earlier(definition, "c").root.children
    assert isinstance(sequence, SequenceCondition)
    assert sequence.steps == (
        steps[0],
        Step(id="c", events=("buy",), absent=True, within=soon, same=("product",)),
        Step(id="b", events=("cart",)),
    )
    (sequence,) = editing.earlier(editing.earlier(definition, "c"), "c").root.children
    assert isinstance(sequence, SequenceCondition)
    assert [step.absent for step in sequence.steps] == [False, False, False], "the first is something they did"
    assert editing.earlier(definition, "a") == definition
