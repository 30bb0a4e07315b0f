"""Static lists: what is pasted becomes entries, kept under a name, and people are found by them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from segmentation.catalogue import Kind, Role
from segmentation.clock import Clock
from segmentation.definition import Definition, Group, ListCondition, SegmentCondition
from segmentation.engine import Engine
from segmentation.errors import LibraryError
from segmentation.library import Library
from segmentation.lists import Lists, entries, guessed_by
from segmentation.references import NO_REFERENCES, ListedBy
from segmentation.referring import references
from segmentation.workspace import Workspace
from tests.segmentation.audiences import write_audience

CLOCK = Clock(datetime(2026, 3, 31, 10, tzinfo=UTC), "Europe/Berlin")


def test_a_pasted_text_becomes_entries_once_each() -> None:
    assert entries('007\n"008", 009;007\r\n\n a@b.de \t010') == ("007", "008", "009", "a@b.de", "010")


def test_entries_are_addresses_where_most_have_an_at() -> None:
    assert guessed_by(("a@b.de", "c@d.de", "7")) == ListedBy.EMAIL
    assert guessed_by(("1", "2", "c@d.de")) == ListedBy.ID


def test_a_list_of_the_same_name_gets_the_new_entries_and_keeps_its_id(workspace: Path) -> None:
    lists = Lists(Workspace(workspace))
    first = lists.save("shop", "Press", ListedBy.ID, ("1", "2"))
    second = lists.save("shop", " press ", ListedBy.ID, ("3",))
    assert second.id == first.id
    assert [(entry.name, entry.size) for entry in lists.find("shop")] == [("Press", 1)]
    assert lists.get(first.id).values == ("3",)
    assert lists.find("other") == ()


def test_a_list_needs_a_name_and_entries(workspace: Path) -> None:
    with pytest.raises(LibraryError, match="name"):
        Lists(Workspace(workspace)).save("shop", "  ", ListedBy.ID, ("1",))
    with pytest.raises(LibraryError, match="no entries"):
        Lists(Workspace(workspace)).save("shop", "Press", ListedBy.ID, ())


def test_a_deleted_list_can_be_brought_back(workspace: Path) -> None:
    lists = Lists(Workspace(workspace))
    kept = lists.save("shop", "Press", ListedBy.ID, ("1",))
    gone = lists.delete(kept.id)
    with pytest.raises(LibraryError, match="not in the workspace"):
        lists.get(kept.id)
    lists.restore("shop", gone)
    assert lists.get(kept.id) == gone


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    people = [
        {"id": "007", "mail": "A@b.de "},
        {"id": "7", "mail": "c@d.de"},
        {"id": "8", "mail": None},
        {"id": None, "mail": "e@f.de"},
    ]
    audience = write_audience(tmp_path / "v000001.duckdb", {"id": Kind.TEXT, "mail": Kind.TEXT}, people, {}, [])
    roles = {"id": Role.PERSON_ID, "mail": Role.EMAIL}
    fields = tuple(f.model_copy(update={"role": roles[f.name]}) for f in audience.about.catalogue.fields)
    audience.about = audience.about.model_copy(
        update={"catalogue": audience.about.catalogue.model_copy(update={"fields": fields})}
    )
    return Engine(audience)


def test_people_are_found_by_id_and_by_address(workspace: Path, engine: Engine) -> None:
    lists, library = Lists(Workspace(workspace)), Library(Workspace(workspace))
    ids = lists.save("shop", "Ids", ListedBy.ID, ("007", "8", "nobody"))
    mails = lists.save("shop", "Mails", ListedBy.EMAIL, ("a@B.de", "e@f.de"))

    def rows(**node: object) -> list[int]:
        definition = Definition(root=Group(children=(ListCondition.model_validate(node),)))
        known = references(definition, library, lists, "shop")
        return list(engine.answer(definition, CLOCK, None, known).members.rows().tolist())

    assert rows(list=ids.id) == [0, 2]
    assert rows(list="ids", outside=True) == [1, 3]  # a missing id is not on the list
    assert rows(list=mails.id) == [0, 3]


def test_a_list_that_is_gone_is_not_counted_and_says_so(workspace: Path, engine: Engine) -> None:
    lists = Lists(Workspace(workspace))
    lists.save("shop", "Press people", ListedBy.ID, ("1",))
    definition = Definition(root=Group(children=(ListCondition(id="n2", list="Press peple"),)))
    answer = engine.answer(
        definition, CLOCK, None, references(definition, Library(Workspace(workspace)), lists, "shop")
    )
    assert not answer.counted
    assert answer.unfinished["n2"] == ("There is no list “Press peple”: it may have been deleted. Close: Press people.")


def test_a_segment_that_contains_itself_is_refused_by_name(workspace: Path, engine: Engine) -> None:
    library, lists = Library(Workspace(workspace)), Lists(Workspace(workspace))
    a = library.save_new("shop", "A", Definition(root=Group(children=(SegmentCondition(segment="B"),))))
    library.save_new("shop", "B", Definition(root=Group(children=(SegmentCondition(segment="A"),))))
    known = references(a.definition, library, lists, "shop", origin=a)
    answer = engine.answer(a.definition, CLOCK, None, known)
    assert list(answer.unfinished.values()) == ["A segment cannot contain itself: “A” → “B” → “A”."]


def test_a_definition_without_references_reads_nothing(workspace: Path) -> None:
    assert references(Definition(), Library(Workspace(workspace)), Lists(Workspace(workspace)), "shop") is NO_REFERENCES
