"""Saved segments: durable, findable, and never silently overwritten."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from segmentation.definition import Definition, FieldCondition, Group
from segmentation.errors import LibraryError
from segmentation.library import Library, RevisionConflict, export_json, import_json, json_schema
from segmentation.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]


def adults(age: int = 18) -> Definition:
    return Definition(
        root=Group(id="n1", children=(FieldCondition(id="n2", field="age", operator="at_least", value=age),))
    )


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(Workspace(tmp_path))


def test_a_saved_segment_is_found_by_name_description_and_tag(library: Library) -> None:
    saved = library.save_new("a", "Adults", adults(), description="for the newsletter", tags=("news", " news ", "Q4"))
    assert saved.tags == ("news", "Q4")
    for text in ("adul", "NEWSLETTER", "q4", ""):
        assert library.find("a", text) == (saved,)
    assert library.find("a", "x") == ()
    assert library.find("b") == ()
    assert library.find("a", tag="Q4") == (saved,)
    assert library.find("a", tag="other") == ()
    assert library.tags("a") == ("news", "Q4")


def test_it_is_there_after_a_restart(tmp_path: Path) -> None:
    saved = Library(Workspace(tmp_path)).save_new("a", "Adults", adults())
    assert Library(Workspace(tmp_path)).get(saved.id) == saved


def test_names_are_unique_and_a_free_one_is_proposed(library: Library) -> None:
    library.save_new("a", "VIP", adults())
    with pytest.raises(LibraryError, match="“vip 2”"):
        library.save_new("a", " vip ", adults())
    library.save_new("b", "VIP", adults())
    for name in ("", "   ", "x" * 121):
        with pytest.raises(LibraryError):
            library.save_new("a", name, adults())


def test_a_save_on_an_old_revision_changes_nothing_and_shows_theirs(library: Library) -> None:
    opened = library.save_new("a", "Adults", adults())
    theirs = library.save(opened.id, based_on_revision=1, name="Adults", description="", tags=(), definition=adults(21))
    with pytest.raises(RevisionConflict) as caught:
        library.save(opened.id, based_on_revision=1, name="Adults", description="", tags=(), definition=adults(30))
    assert caught.value.theirs == theirs
    assert library.get(opened.id).definition == adults(21)


def test_of_many_savers_on_one_revision_exactly_one_wins(tmp_path: Path) -> None:
    opened = Library(Workspace(tmp_path)).save_new("a", "Adults", adults())
    outcomes: list[str] = []
    start = threading.Barrier(8)

    def save(age: int) -> None:
        mine = Library(Workspace(tmp_path))
        start.wait()
        try:
            mine.save(opened.id, based_on_revision=1, name="Adults", description="", tags=(), definition=adults(age))
            outcomes.append("saved")
        except RevisionConflict:
            outcomes.append("conflict")

    threads = [threading.Thread(target=save, args=(20 + i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["conflict"] * 7 + ["saved"]
    assert Library(Workspace(tmp_path)).get(opened.id).revision == 2


def test_a_killed_saver_leaves_whole_segments(tmp_path: Path) -> None:
    script = f"""
import sys; sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from segmentation.library import Library
from segmentation.workspace import Workspace
from segmentation.definition import Definition
library = Library(Workspace(Path({str(tmp_path)!r})))
i = 0
while True:
    library.save_new("a", f"Segment {{i}}", Definition()); print(i, flush=True); i += 1
"""
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    acknowledged = [process.stdout.readline() for _ in range(5)]
    process.send_signal(signal.SIGKILL)
    process.wait()
    names = {segment.name for segment in Library(Workspace(tmp_path)).find("a")}
    assert {f"Segment {line.strip()}" for line in acknowledged} <= names


def test_delete_and_restore(library: Library) -> None:
    saved = library.save_new("a", "Adults", adults())
    library.delete(saved.id)
    assert library.find("a") == ()
    library.save_new("a", "Adults", adults())
    assert library.restore(saved.id).name == "Adults 2"
    assert len(library.find("a")) == 2


def test_duplicates_get_names_of_their_own(library: Library) -> None:
    saved = library.save_new("a", "Adults", adults(), tags=("x",))
    assert [library.duplicate(saved.id).name for _ in range(3)] == [
        "Copy of Adults",
        "Copy of Adults 2",
        "Copy of Adults 3",
    ]


def test_remembering_a_count_is_no_new_revision(library: Library) -> None:
    saved = library.save_new("a", "Adults", adults())
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    library.remember_count(saved.id, 42, at)
    found = library.get(saved.id)
    assert (found.revision, found.last_count, found.last_counted_at) == (1, 42, at)


def test_a_file_round_trips(library: Library) -> None:
    saved = library.save_new("a", "Ädults “18+”", adults(), description="d", tags=("t",))
    file = import_json(export_json(saved))
    assert (file.name, file.description, file.tags, file.definition) == (saved.name, "d", ("t",), saved.definition)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no segment definition"),
        (b"\x89PNG", "no segment definition"),
        (b"[]", "no segment definition"),
        (json.dumps({"name": "x", "definition": {"version": 9, "root": {}}}).encode(), "definition > version"),
        (json.dumps({"name": "x", "definition": {"root": {}}, "extra": 1}).encode(), "extra"),
        (b" " * (20 * 1024 * 1024 + 1), "larger than 20 MB"),
    ],
)
def test_what_is_no_definition_file_is_named(content: bytes, words: str) -> None:
    with pytest.raises(LibraryError, match=words):
        import_json(content)


def test_the_published_schema_is_the_models() -> None:
    published = json.loads((ROOT / "docs" / "segment.schema.json").read_text())
    assert published == json_schema(), "run: python -m segmentation.library > docs/segment.schema.json"


def test_a_newer_workspace_is_refused(tmp_path: Path) -> None:
    space = Workspace(tmp_path)
    with space.database.connect() as connection:
        connection.exec_driver_sql("PRAGMA user_version=99")
    with pytest.raises(LibraryError, match="newer Handpick"):
        Workspace(tmp_path)


def test_the_stamp_changes_with_every_change_to_an_audiences_segments(library: Library) -> None:
    stamps = [library.stamp("a")]
    saved = library.save_new("a", "Adults", adults())
    stamps.append(library.stamp("a"))
    saved = library.save(
        saved.id, based_on_revision=1, name="Grown-ups", description="", tags=(), definition=saved.definition
    )
    stamps.append(library.stamp("a"))
    library.delete(saved.id)
    stamps.append(library.stamp("a"))
    library.restore(saved.id)
    stamps.append(library.stamp("a"))
    library.save_new("b", "Others", adults())
    assert len(set(stamps[:4])) == 4
    assert stamps[4] == stamps[2] == library.stamp("a")
