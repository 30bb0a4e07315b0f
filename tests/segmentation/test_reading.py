"""Deeply nested definitions are kept, read, counted and described, or refused in words."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from segmentation import editing
from segmentation.catalogue import Kind
from segmentation.checking import problems
from segmentation.clock import Clock
from segmentation.definition import Definition, EventCondition, FieldCondition, Group, Match, Node, find, walk
from segmentation.describing import describe
from segmentation.engine import Engine
from segmentation.errors import DefinitionError, LibraryError
from segmentation.happening import DEEPEST_DETAILS
from segmentation.library import Library, SegmentFile, export_json, import_json
from segmentation.reading import DEEPEST
from segmentation.workspace import Workspace
from tests.segmentation.audiences import write_audience

CLOCK = Clock(datetime(2026, 3, 31, tzinfo=UTC), "UTC")
PEOPLE: list[dict[str, Any]] = [{"age": age} for age in (10, 20, 40)]
EVENTS = [{"_row": 2, "_name": "purchase", "_time": datetime(2026, 3, 1), "amount": 20}]  # noqa: DTZ001 UTC as stored
STACK_OF_A_PAGE = 150


def nested(groups: int, field: str = "age") -> Group:
    """So many groups inside one another, each with a filter of its own."""
    found = Group(id="g1", children=(FieldCondition(id="f1", field=field, operator="at_least", value=15),))
    for number in range(2, groups + 1):
        filter_ = FieldCondition(id=f"f{number}", field=field, operator="at_least", value=15)
        found = Group(id=f"g{number}", match=list(Match)[number % 3], children=(filter_, found))
    return found


def deep(groups: int) -> Definition:
    return Definition(root=nested(groups))


def detailed(groups: int) -> Definition:
    bought = EventCondition(id="e", events=("purchase",), where=nested(groups, "amount"))
    return Definition(root=Group(id="root", children=(bought,)))


def called_from_a_page(work: Callable[[], Any], frames: int = STACK_OF_A_PAGE) -> Any:
    """`work`, as far down the stack as Streamlit runs it."""
    return called_from_a_page(work, frames - 1) if frames else work()


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Engine(
        write_audience(tmp_path / "audience.duckdb", {"age": Kind.NUMBER}, PEOPLE, {"amount": Kind.NUMBER}, EVENTS)
    )


@pytest.mark.parametrize("definition", [deep(DEEPEST), detailed(DEEPEST - 1)], ids=["groups", "details"])
def test_two_hundred_groups_deep_is_kept_and_handed_on(tmp_path: Path, definition: Definition) -> None:
    library = Library(Workspace(tmp_path))
    saved = called_from_a_page(lambda: library.save_new("a", "Deep", definition))
    assert called_from_a_page(lambda: library.get(saved.id)).definition == definition
    file = called_from_a_page(lambda: import_json(export_json(saved)))
    assert file.definition == definition
    assert library.duplicate(saved.id).definition == definition


def test_two_hundred_groups_deep_is_counted_described_and_changed(engine: Engine) -> None:
    definition, catalogue = deep(DEEPEST), engine.audience.catalogue

    def everything() -> tuple[int, int]:
        assert problems(definition, catalogue, CLOCK) == ()
        assert describe(definition, catalogue, "UTC").count("age is at least 15") == DEEPEST
        assert editing.with_ids(definition) == definition
        wrapped, group = editing.wrap(definition, "f1")
        assert editing.unwrap(wrapped, group) == definition
        assert find(editing.update(definition, "g1", match=Match.ANY), "g1") != find(definition, "g1")
        assert len(list(walk(editing.remove(definition, "f1").root))) == 2 * DEEPEST - 1
        history = editing.History(definition).then(wrapped).undo()
        return engine.answer(history.present, CLOCK).total, engine.answer(definition, CLOCK).total

    undone, total = called_from_a_page(everything)
    assert undone == total


def expected(node: Node, age: int) -> bool:
    if isinstance(node, Group):
        inside = [expected(child, age) for child in node.children]
        return all(inside) if node.match == Match.ALL else any(inside) == (node.match == Match.ANY)
    return age >= 15


def test_a_deep_tree_counts_as_it_reads(engine: Engine) -> None:
    for groups in (3, 50, DEEPEST - 2, DEEPEST - 1, DEEPEST):
        definition = deep(groups)
        count = sum(expected(definition.root, person["age"]) for person in PEOPLE)
        assert engine.answer(definition, CLOCK).total == count


def test_details_nested_too_deeply_are_told_and_not_counted(engine: Engine) -> None:
    catalogue = engine.audience.catalogue
    assert engine.answer(detailed(DEEPEST_DETAILS), CLOCK).counted
    assert problems(detailed(DEEPEST_DETAILS), catalogue, CLOCK) == ()
    answer = called_from_a_page(lambda: engine.answer(detailed(DEEPEST - 1), CLOCK))
    assert not answer.counted
    (found,) = called_from_a_page(lambda: problems(detailed(DEEPEST - 1), catalogue, CLOCK))
    assert found.place == "Filter 1"
    assert found.message == answer.unfinished["e"]
    assert f"at most {DEEPEST_DETAILS} inside one another" in found.message


def text_of(groups: int, inside: str = "") -> bytes:
    """A definition file with so many groups inside one another, without any model."""
    opened = '{"type":"group","id":"x","children":[' * groups
    return f'{{"name":"Deep","definition":{{"root":{opened}{inside}{"]}" * groups}}}}}'.encode()


@pytest.mark.parametrize("groups", [300, 450, 1_000, 5_000, 100_000])
def test_a_file_nested_deeper_is_refused_in_one_sentence(groups: int) -> None:
    with pytest.raises(LibraryError) as caught:
        called_from_a_page(lambda: import_json(text_of(groups)))
    assert str(caught.value) == (
        "This is no segment definition that Handpick can read: "
        "its groups are nested too deeply: at most 150 inside one another."
    )


def test_what_is_wrong_far_down_is_told_with_its_place() -> None:
    wrong = '{"type":"field","id":"w","feild":"age"}'
    with pytest.raises(DefinitionError) as caught:
        import_json(text_of(DEEPEST, wrong))
    (problem,) = caught.value.problems
    assert (problem.node, problem.place) == ("w", "Filter " + ".".join(["1"] * DEEPEST))


def test_what_cannot_be_read_again_is_not_kept(tmp_path: Path) -> None:
    library = Library(Workspace(tmp_path))
    with pytest.raises(LibraryError, match="nested too deeply: at most 150"):
        library.save_new("a", "Deep", deep(DEEPEST + 20))
    strange = FieldCondition.model_construct(
        type="field", id="f", enabled=True, field="age", operator="is", value="\ud800"
    )
    with pytest.raises(LibraryError, match="no text"):
        library.save_new("a", "Strange", Definition(root=Group(id="r", children=(strange,))))
    assert library.find("a") == ()


def test_the_text_of_a_file_is_the_models() -> None:
    file = SegmentFile(name="Käufer", definition=deep(3))
    assert import_json(json.dumps(file.model_dump(mode="json")).encode()) == file


def test_half_a_character_is_refused_in_words() -> None:
    with pytest.raises(LibraryError, match="a character that cannot be shown"):
        import_json(b'{"name": "x\\ud800", "definition": {}}')


@pytest.mark.parametrize(
    ("node", "sentence"),
    [
        ({"type": "field", "enabled": "maybe"}, "“enabled”: it must be true or false."),
        (
            {"type": "event", "window": {"type": "last", "period": {"amount": 1.5}}},
            "“amount”: it must be a whole number.",
        ),
        (
            {"type": "event", "window": {"type": "last", "period": {"amount": "x"}}},
            "“amount”: it must be a whole number.",
        ),
        (
            {"type": "event", "window": {"type": "between_days", "first": "soon"}},
            "“first”: it must be a day like 2026-03-31.",
        ),
        ({"type": "group", "match": "some"}, "“match”: it must be 'all', 'any', 'none' or 'at_least'."),
        ({"type": "group", "children": {}}, "“children”: it must be a list in [ ]."),
        ({"type": "event", "where": []}, "“where”: it must be an object in { }."),
    ],
)
def test_what_is_wrong_in_a_file_is_told_without_a_programmers_words(node: dict[str, Any], sentence: str) -> None:
    content = {"name": "x", "definition": {"root": {"type": "group", "children": [node]}}}
    with pytest.raises(DefinitionError) as caught:
        import_json(json.dumps(content).encode())
    assert [problem.message for problem in caught.value.problems] == [sentence]
