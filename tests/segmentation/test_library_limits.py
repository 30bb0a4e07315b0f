"""Saved segments: kept whole and durably, never one over the other, and as files that say what is wrong with them."""

import json
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from segmentation.definition import Definition, EventCondition, FieldCondition, Group, Last, Match, Operand, Period
from segmentation.errors import ConflictError, DefinitionError, HandpickError, LibraryError
from segmentation.library import (
    FILE_LIMIT,
    NAME_LENGTH,
    Library,
    RevisionConflict,
    SavedSegment,
    SegmentFile,
    export_json,
    import_json,
    json_schema,
)
from segmentation.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]
SHOP, OTHER = "shop-1", "other-1"
NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)


def over(age: Operand) -> Definition:
    """People of at least this age."""
    return Definition(
        root=Group(id="n1", children=(FieldCondition(id="n2", field="age", operator="at_least", value=age),))
    )


def resaved(library: Library, segment: SavedSegment, **changes: Any) -> SavedSegment:
    """Save `segment` again as it is, but for `changes`."""
    kept = {name: getattr(segment, name) for name in ("name", "description", "tags", "definition")}
    return library.save(
        segment.id, based_on_revision=changes.pop("based_on_revision", segment.revision), **kept | changes
    )


def rows(home: Path, sql: str, *values: Any) -> list[Any]:
    """What SQLite itself says of the workspace's database."""
    with sqlite3.connect(home / "handpick.sqlite") as connection:
        return connection.execute(sql, values).fetchall()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def library(home: Path) -> Library:
    return Library(Workspace(home))


# Saving


def test_a_saved_segment_comes_back_whole_after_a_restart(library: Library, home: Path) -> None:
    definition = Definition(
        root=Group(
            id="n1",
            match=Match.ANY,
            children=(
                FieldCondition(id="n2", field="city", operator="is_any_of", value=("Köln", "東京", "$5-$10")),
                EventCondition(
                    id="n3",
                    events=("purchase",),
                    window=Last(period=Period(amount=7)),
                    where=Group(
                        id="n4", children=(FieldCondition(id="n5", field="price", operator="at_least", value=9.5),)
                    ),
                ),
            ),
        )
    )
    saved = library.save_new(SHOP, "VIP", definition, description="For the spring\nmail", tags=("mail", "Köln"))
    assert (saved.revision, saved.audience, saved.last_count, saved.deleted_at) == (1, SHOP, None, None)
    assert saved.created_at == saved.updated_at
    assert saved.created_at.utcoffset() == timedelta(0)
    assert Library(Workspace(home)).get(saved.id) == saved


def test_a_save_raises_the_revision(library: Library) -> None:
    first = library.save_new(SHOP, "VIP", over(30))
    second = resaved(library, first, name="VIPs", definition=over(40), tags=("new",))
    assert (second.revision, second.name, second.tags, second.created_at) == (2, "VIPs", ("new",), first.created_at)
    assert second.updated_at >= first.updated_at
    assert library.get(first.id) == second


def test_a_save_over_a_newer_one_changes_nothing_and_shows_theirs(library: Library) -> None:
    mine = library.save_new(SHOP, "VIP", over(30))
    theirs = resaved(library, mine, definition=over(40))
    with pytest.raises(RevisionConflict, match="“VIP” was saved elsewhere") as caught:
        resaved(library, mine, definition=over(50))
    assert isinstance(caught.value, ConflictError)
    assert caught.value.theirs == theirs == library.get(mine.id)


@pytest.mark.parametrize("revision", [0, 2, 99])
def test_only_the_present_revision_can_be_saved_over(library: Library, revision: int) -> None:
    segment = library.save_new(SHOP, "VIP", over(30))
    with pytest.raises(ConflictError):
        resaved(library, segment, based_on_revision=revision)
    assert library.get(segment.id) == segment


@pytest.mark.parametrize("name", ["", "  ", "\n", "\u200b", "\u00ad\u2060"])
def test_a_segment_needs_a_name(library: Library, name: str) -> None:
    with pytest.raises(LibraryError, match="Give the segment a name"):
        library.save_new(SHOP, name, over(30))
    assert library.find(SHOP) == ()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("  VIP \t 1 ", "VIP 1"), ("Cafe\u0301", "Café"), ("👨‍👩‍👧 families", "👨‍👩‍👧 families"), ("'; --", "'; --")],
)
def test_a_name_is_kept_as_typed_but_for_blanks(library: Library, typed: str, kept: str) -> None:
    assert library.get(library.save_new(SHOP, typed, over(30)).id).name == kept


@pytest.mark.parametrize(
    ("about", "sentence"),
    [
        ({"name": "x" * (NAME_LENGTH + 1)}, "The name is too long: at most 120 letters."),
        ({"name": "a\x00b"}, r"The name has a character that cannot be shown \('\\x00'\)"),
        ({"name": "a\ud800"}, r"The name has a character that cannot be shown"),
        ({"description": "x" * 5_001}, "The description is too long: at most 5,000 letters."),
        ({"description": "a\ud800"}, "The description has a character"),
        ({"tags": ("ok", "x" * 61)}, "The tag is too long: at most 60 letters."),
    ],
)
def test_words_that_cannot_be_kept_are_refused_with_a_reason(
    library: Library, about: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(LibraryError, match=sentence):
        library.save_new(SHOP, about.pop("name", "VIP"), over(30), **about)
    assert library.find(SHOP) == ()


def test_tags_are_trimmed_and_unique(library: Library) -> None:
    assert library.save_new(SHOP, "VIP", over(30), tags=(" Mail ", "mail", "", "a  b")).tags == ("Mail", "a b")


@pytest.mark.parametrize("taken", ["VIP", "vip", " ViP "])
def test_a_taken_name_is_refused_and_a_free_one_proposed(library: Library, taken: str) -> None:
    library.save_new(SHOP, "VIP", over(30))
    library.save_new(SHOP, "vip 2", over(30))
    with pytest.raises(LibraryError, match=r"There is a segment “\w+” already\. Free: “(VIP|vip|ViP) 3”"):
        library.save_new(SHOP, taken, over(40))
    assert len(library.find(SHOP)) == 2


def test_names_are_compared_as_people_read_them(library: Library) -> None:
    library.save_new(SHOP, "STRASSE", over(30))
    with pytest.raises(LibraryError, match="already"):
        library.save_new(SHOP, "straße", over(30))


def test_a_proposed_name_keeps_to_the_limit(library: Library) -> None:
    library.save_new(SHOP, "x" * NAME_LENGTH, over(30))
    with pytest.raises(LibraryError, match="already") as caught:
        library.save_new(SHOP, "x" * NAME_LENGTH, over(30))
    proposed = str(caught.value).split("Free: “")[1].removesuffix("”.")
    assert library.save_new(SHOP, proposed, over(30)).name == proposed


def test_a_name_is_free_in_another_audience_and_after_a_delete(library: Library) -> None:
    first = library.save_new(SHOP, "VIP", over(30))
    library.save_new(OTHER, "VIP", over(30))
    library.delete(first.id)
    assert library.save_new(SHOP, "VIP", over(40)).name == "VIP"


def test_a_segment_may_keep_its_own_name_and_not_take_anothers(library: Library) -> None:
    segment = library.save_new(SHOP, "VIP", over(30))
    library.save_new(SHOP, "New", over(30))
    assert resaved(library, segment, name="vip").name == "vip"
    with pytest.raises(LibraryError, match="already"):
        resaved(library, library.get(segment.id), name="NEW")
    assert library.get(segment.id).revision == 2


@pytest.mark.parametrize("value", [float("inf"), float("nan"), (1.0, float("-inf"))])
def test_what_would_not_come_back_the_same_is_not_saved(library: Library, value: Operand) -> None:
    """JSON has no infinity: it would be saved as a blank, which is another segment."""
    with pytest.raises(LibraryError, match="not a finite number"):
        library.save_new(SHOP, "VIP", over(value))
    segment = library.save_new(SHOP, "VIP", over(30))
    with pytest.raises(LibraryError, match="not a finite number"):
        resaved(library, segment, definition=over(value))
    assert library.find(SHOP) == (segment,)


def test_a_tree_too_deep_to_be_read_again_is_not_saved(library: Library) -> None:
    node = Group(id="x")
    for number in range(400):
        node = Group.model_construct(type="group", id=str(number), enabled=True, match=Match.ALL, children=(node,))
    with pytest.raises(LibraryError, match="nested too deeply"):
        library.save_new(SHOP, "Deep", Definition.model_construct(version=1, root=node))
    assert library.find(SHOP) == ()


# Counts


def test_a_count_is_remembered_without_a_new_revision(library: Library) -> None:
    segment = library.save_new(SHOP, "VIP", over(30))
    library.remember_count(segment.id, 1234, datetime(2026, 3, 31, 14, tzinfo=timezone(timedelta(hours=2))))
    assert library.get(segment.id) == segment.model_copy(update={"last_count": 1234, "last_counted_at": NOON})


def test_a_count_is_forgotten_with_the_definition_it_counted(library: Library) -> None:
    segment = library.save_new(SHOP, "VIP", over(30))
    library.remember_count(segment.id, 1234, NOON)
    assert resaved(library, segment, name="VIPs").last_count == 1234
    changed = resaved(library, library.get(segment.id), definition=over(40))
    assert (changed.last_count, changed.last_counted_at) == (None, None)
    assert library.get(segment.id) == changed


# Finding


def test_find_looks_in_name_description_and_tags_and_gives_the_newest_first(library: Library) -> None:
    runners = library.save_new(SHOP, "Läufer", over(30), description="100 % loyal", tags=("Sport",))
    cooks = library.save_new(SHOP, "Cooks", over(30), description="love_food", tags=("Food", "Winter"))
    library.save_new(OTHER, "Läufer", over(30))
    assert library.find(SHOP) == (cooks, runners)
    found = {
        text: [s.name for s in library.find(SHOP, text)]
        for text in ("LÄUF", "loyal", "sport", "%", "_", "oo", "'", "x")
    }
    assert found == {
        "LÄUF": ["Läufer"],
        "loyal": ["Läufer"],
        "sport": ["Läufer"],
        "%": ["Läufer"],
        "_": ["Cooks"],
        "oo": ["Cooks"],
        "'": [],
        "x": [],
    }
    assert library.find(SHOP, tag="Winter") == (cooks,)
    assert library.find(SHOP, "läufer", "Winter") == ()
    assert library.tags(SHOP) == ("Food", "Sport", "Winter")
    touched = resaved(library, runners)
    assert library.find(SHOP) == (touched, cooks)


def test_a_segment_that_cannot_be_read_does_not_hide_the_others(
    library: Library, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fine = library.save_new(SHOP, "Fine", over(30))
    bad = library.save_new(SHOP, "Bad", over(30))
    rows(home, "UPDATE segments SET definition = '{\"version\": 1' WHERE id = ?", bad.id)
    assert library.find(SHOP) == (fine,)
    assert bad.id in caplog.text
    with pytest.raises(LibraryError, match="“Bad” cannot be read"):
        library.get(bad.id)
    with pytest.raises(LibraryError, match="There is a segment “Bad” already"):
        library.save_new(SHOP, "Bad", over(30))


@pytest.mark.parametrize(
    "verb",
    [
        lambda library: library.get("nobody"),
        lambda library: library.duplicate("nobody"),
        lambda library: library.delete("nobody"),
        lambda library: library.restore("nobody"),
        lambda library: library.save(
            "nobody", based_on_revision=1, name="x", description="", tags=(), definition=over(1)
        ),
    ],
)
def test_an_unknown_segment_is_named_as_missing(library: Library, verb: Any) -> None:
    with pytest.raises(LibraryError, match="not in the workspace any more"):
        verb(library)


# Copies, delete, restore


def test_a_copy_has_a_name_and_an_id_of_its_own(library: Library) -> None:
    original = library.save_new(SHOP, "VIP", over(30), description="Why", tags=("a",))
    copies = [library.duplicate(original.id) for _ in range(3)]
    assert [copy.name for copy in copies] == ["Copy of VIP", "Copy of VIP 2", "Copy of VIP 3"]
    assert {(c.definition, c.description, c.tags, c.revision) for c in copies} == {(over(30), "Why", ("a",), 1)}
    assert len({original.id, *(copy.id for copy in copies)}) == 4


def test_the_longest_name_can_be_copied_again_and_again(library: Library) -> None:
    original = library.save_new(SHOP, "n" * NAME_LENGTH, over(30))
    names = {library.duplicate(original.id).name for _ in range(12)}
    assert len(names) == 12
    assert max(map(len, names)) <= NAME_LENGTH


def test_a_deleted_segment_is_out_of_sight_until_it_is_restored(library: Library) -> None:
    segment = library.save_new(SHOP, "VIP", over(30), tags=("a",))
    library.delete(segment.id)
    assert (library.find(SHOP), library.tags(SHOP)) == ((), ())
    (found,) = library.find(SHOP, include_deleted=True)
    assert (found.id, found.deleted_at is not None) == (segment.id, True)
    assert library.restore(segment.id) == segment == library.get(segment.id)
    assert library.find(SHOP) == (segment,)


def test_restore_takes_another_name_where_its_own_was_taken(library: Library) -> None:
    old = library.save_new(SHOP, "VIP", over(30))
    library.delete(old.id)
    new = library.save_new(SHOP, "vip", over(40))
    assert library.restore(old.id).name == "VIP 2"
    assert {segment.name for segment in library.find(SHOP)} == {"VIP 2", "vip"}
    assert library.get(new.id) == new


# Threads, processes, power


def test_of_many_threads_that_save_over_one_revision_exactly_one_wins(library: Library) -> None:
    segment = library.save_new(SHOP, "VIP", over(0))
    outcomes: list[SavedSegment | RevisionConflict | BaseException] = []
    start = threading.Barrier(24)

    def save(age: int) -> None:
        start.wait()
        try:
            outcomes.append(resaved(library, segment, definition=over(age)))
        except BaseException as error:
            outcomes.append(error)

    threads = [threading.Thread(target=save, args=(age,)) for age in range(1, 25)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(type(outcome) for outcome in outcomes) == {SavedSegment: 1, RevisionConflict: 23}
    (winner,) = (outcome for outcome in outcomes if isinstance(outcome, SavedSegment))
    assert library.get(segment.id) == winner
    assert all(outcome.theirs == winner for outcome in outcomes if isinstance(outcome, RevisionConflict))


def test_of_many_threads_that_save_a_new_name_exactly_one_wins(library: Library) -> None:
    outcomes: list[str] = []
    start = threading.Barrier(8)

    def save() -> None:
        start.wait()
        try:
            outcomes.append(library.save_new(SHOP, "VIP", over(30)).name)
        except LibraryError:
            outcomes.append("refused")

    threads = [threading.Thread(target=save) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["VIP", *["refused"] * 7]


SAVER = """
import sys
from pathlib import Path
from segmentation.definition import Definition, FieldCondition, Group
from segmentation.errors import ConflictError
from segmentation.library import Library
from segmentation.workspace import Workspace

library = Library(Workspace(Path(sys.argv[1])))
(segment,) = library.find("shop-1")
print("ready", flush=True)
while True:
    line = sys.stdin.readline()
    if not line:
        break
    revision, age = map(int, line.split())
    children = (FieldCondition(id="n2", field="age", operator="at_least", value=age),) * int(sys.argv[2])
    try:
        saved = library.save(segment.id, based_on_revision=revision, name="VIP", description=str(age), tags=(),
                             definition=Definition(root=Group(id="n1", children=children)))
        print("saved", saved.revision, flush=True)
    except ConflictError as error:
        print("conflict", error.theirs.revision, flush=True)
"""


def saver(home: Path, conditions: int = 1) -> subprocess.Popen[str]:
    """Another process that saves what it is told: a line “revision age”, answered by “saved” or “conflict”."""
    process = subprocess.Popen(
        [sys.executable, "-c", SAVER, str(home), str(conditions)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def tell(process: subprocess.Popen[str], revision: int, age: int) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{revision} {age}\n")
    process.stdin.flush()


def answer(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().split()[0]


def test_of_two_processes_that_save_over_one_revision_exactly_one_wins(library: Library, home: Path) -> None:
    segment = library.save_new(SHOP, "VIP", over(0))
    processes = saver(home), saver(home)
    try:
        for revision in range(1, 41):
            for number, process in enumerate(processes):
                tell(process, revision, 1000 * number + revision)
            answers = [answer(process) for process in processes]
            assert sorted(answers) == ["conflict", "saved"]
            kept = library.get(segment.id)
            assert kept.revision == revision + 1
            assert kept.description == str(1000 * answers.index("saved") + revision)
    finally:
        for process in processes:
            process.communicate("")
            assert process.returncode == 0


def test_a_process_killed_while_it_saves_leaves_the_last_whole_state(library: Library, home: Path) -> None:
    """Every acknowledged save is there; the one that was cut off is there as a whole or not at all."""
    kept = library.save_new(SHOP, "VIP", over(0))
    for milliseconds in (20, 70):
        process = saver(home, conditions=300)
        assert process.stdin is not None
        process.stdin.writelines(f"{revision} {revision}\n" for revision in range(kept.revision, kept.revision + 1_000))
        process.stdin.flush()
        assert answer(process) == "saved"
        time.sleep(milliseconds / 1_000)
        process.send_signal(signal.SIGKILL)
        acknowledged = [
            int(line.split()[1]) for line in process.communicate()[0].splitlines(keepends=True) if line[-1:] == "\n"
        ]
        last = max(acknowledged, default=kept.revision + 1)
        kept = library.get(kept.id)
        assert kept.revision in (last, last + 1)
        assert kept.revision < 1_000
        assert kept.description == str(kept.revision - 1)
        values = [child.value for child in kept.definition.root.children if isinstance(child, FieldCondition)]
        assert values == [kept.revision - 1] * 300
        assert rows(home, "PRAGMA integrity_check") == [("ok",)]
    assert resaved(Library(Workspace(home)), kept).revision == kept.revision + 1


def test_every_connection_is_set_to_lose_nothing(library: Library, home: Path) -> None:
    library.save_new(SHOP, "VIP", over(30))
    assert rows(home, "PRAGMA journal_mode") == [("wal",)]
    with library._workspace.writing() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("synchronous", "foreign_keys")
        }
    assert settings == {"synchronous": 2, "foreign_keys": 1}


def test_a_locked_database_is_told_in_a_sentence(library: Library, home: Path) -> None:
    other = sqlite3.connect(home / "handpick.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with library._database.connect() as connection:  # goes back to the pool with a short patience
        connection.exec_driver_sql("PRAGMA busy_timeout = 50")
    with pytest.raises(LibraryError, match=r"Nothing was saved: another Handpick is saving\. Try again in a moment\."):
        library.save_new(SHOP, "VIP", over(30))
    other.execute("COMMIT")
    assert library.save_new(SHOP, "VIP", over(30)).revision == 1


def test_a_database_of_a_newer_handpick_is_left_alone(library: Library, home: Path) -> None:
    library.save_new(SHOP, "VIP", over(30))
    rows(home, "PRAGMA user_version = 99")
    with pytest.raises(LibraryError, match="newer Handpick"):
        Workspace(home)
    assert rows(home, "SELECT name FROM segments") == [("VIP",)]
    assert rows(home, "PRAGMA user_version") == [(99,)]


def test_a_damaged_database_is_told_in_a_sentence_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "handpick.sqlite").write_bytes(b"no database at all " * 500)
    with pytest.raises(LibraryError, match=r"handpick\.sqlite cannot be read"):
        Workspace(tmp_path)
    assert (tmp_path / "handpick.sqlite").read_bytes() == b"no database at all " * 500


# Files


def file_of(**changes: Any) -> dict[str, Any]:
    """A good segment file as Python values, with `changes`."""
    good = SegmentFile(name="VIP", definition=over(30))
    return good.model_dump(mode="json") | changes


def test_a_file_holds_everything_and_reads_back(library: Library) -> None:
    segment = library.save_new(SHOP, "Käufer 🛒", over(30), description="Two\nlines", tags=("a", "b"))
    content = export_json(segment)
    assert json.loads(content)["format"] == "handpick.segment"
    assert json.loads(content)["version"] == 1
    file = import_json(content)
    assert (file.name, file.description, file.tags, file.definition) == (
        segment.name,
        segment.description,
        segment.tags,
        segment.definition,
    )
    assert import_json(b"\xef\xbb\xbf" + content) == file  # as Notepad saves it


def test_the_schema_is_that_of_the_file() -> None:
    schema = json_schema()
    assert schema == SegmentFile.model_json_schema()
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) == {"format", "version", "name", "description", "tags", "definition"}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "line 1, column 1"),
        (b'{\n "name": ,\n}', "line 2, column 10"),
        ("ä".encode("latin-1"), "not text in UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b'"text"', "“format” is not “handpick.segment”"),
        (json.dumps(file_of(format="other")).encode(), "“format” is not “handpick.segment”"),
        (json.dumps(file_of(version=2)).encode(), "version is 2; this Handpick knows 1"),
        (json.dumps(file_of(definition={"version": 3})).encode(), "definition > version is 3; this Handpick knows 1"),
        (json.dumps(file_of(tags="x", colour="red")).encode(), "“tags”: .*“colour” is not known here"),
        (b'{"format": "handpick.segment"}', "“name” is missing. “definition” is missing."),
        (b" " * (FILE_LIMIT + 1), "larger than 20 MB"),
        (json.dumps(file_of()).replace("30", "1e999").encode(), "not a finite number"),
        (json.dumps(file_of()).replace("30", "NaN").encode(), "not a finite number"),
    ],
)
def test_a_file_that_is_none_is_refused_with_a_reason(content: bytes, sentence: str) -> None:
    with pytest.raises(LibraryError, match=sentence):
        import_json(content)


def problems_of(*children: dict[str, Any]) -> list[tuple[str, str, str]]:
    content = json.dumps(file_of(definition={"root": {"type": "group", "id": "n1", "children": children}})).encode()
    with pytest.raises(DefinitionError) as caught:
        import_json(content)
    return [(problem.node, problem.place, problem.message) for problem in caught.value.problems]


def test_everything_wrong_in_a_definition_is_told_at_once_with_its_place() -> None:
    good = {"type": "field", "id": "n2", "field": "age", "operator": "at_least", "value": 1}
    assert problems_of(
        good | {"feild": "age"},
        {"type": "group", "id": "n3", "children": [good, good | {"id": "n4", "value": {"amount": "x"}}]},
        {"type": "event", "id": "n5", "window": {"type": "last", "period": {"amount": -1}}},
        {"type": "fields", "id": "n6"},
        {"id": "n7"},
        good | {"id": "n8", "field": 5},
    ) == [
        ("n2", "Filter 1", "“feild” is not known here."),
        ("n4", "Filter 2.2", "“value” is nothing that can stand here."),
        ("n5", "Filter 3", "“amount”: it must be greater than or equal to 0."),
        (
            "n6",
            "Filter 4",
            "Its “type” is none of 'field', 'event', 'sequence', 'habit', 'rank', 'rfm', 'place', 'sample', 'segment', 'list', 'group'.",
        ),
        ("n7", "Filter 5", "Its “type” is missing."),
        ("n8", "Filter 6", "“field”: it must be text in quotes."),
    ]


def test_everything_wrong_in_newer_nodes_is_told_at_once_with_its_place() -> None:
    detail = {"type": "field", "id": "d", "field": "amount", "operator": "at_least", "value": 1}
    assert problems_of(
        {
            "type": "sequence",
            "id": "s",
            "steps": [
                {"type": "step", "id": "s1", "events": ["view"]},
                {"type": "step", "id": "s2", "events": ["buy"], "within": {"amount": 1, "unit": "fortnights"}},
                {"type": "step", "id": "s3", "where": {"type": "group", "id": "w", "children": [detail | {"sum": 1}]}},
                {"type": "stop", "id": "s4"},
            ],
        },
        {"type": "habit", "id": "h", "habit": {"type": "started"}},
        {"type": "habit", "id": "h2", "habit": {"type": "regularly", "periods": 367}},
        {"type": "rank", "id": "r", "direction": "middle", "after": -1},
        {"type": "rfm", "id": "f", "groups": ["champion"], "recency": [0, 6]},
        {"type": "place", "id": "p", "near": {"latitude": 91, "longitude": 0}, "kilometres": 20_101},
        {"type": "sample", "id": "a", "percent": 101},
        {"type": "segment", "id": "g", "segment": 5},
        {"type": "list", "id": "l", "list": ["a"]},
        {"type": "group", "id": "k", "match": "at_least", "least": 0},
        {"type": "event", "id": "e", "which": "second", "measure": {"function": "median"}, "window": {"type": "soon"}},
    ) == [
        ("s2", "Filter 1.2", "“unit”: it must be 'minutes', 'hours', 'days', 'weeks', 'months' or 'years'."),
        ("d", "Filter 1.3.1", "“sum” is not known here."),
        ("s4", "Filter 1.4", "“type”: it must be 'step'."),
        ("h", "Filter 2", "Its “type” is none of 'stopped', 'resumed', 'regularly', 'changed'."),
        ("h2", "Filter 3", "“periods”: it must be less than or equal to 366."),
        ("r", "Filter 4", "“direction”: it must be 'top' or 'bottom'."),
        ("r", "Filter 4", "“after”: it must be greater than or equal to 0."),
        (
            "f",
            "Filter 5",
            "“groups”: it must be 'champions', 'loyal', 'potential_loyalists', 'new', 'promising', 'need_attention',"
            " 'about_to_sleep', 'at_risk', 'cannot_lose' or 'hibernating'.",
        ),
        ("f", "Filter 5", "“recency”: it must be greater than or equal to 1."),
        ("f", "Filter 5", "“recency”: it must be less than or equal to 5."),
        ("p", "Filter 6", "“latitude”: it must be less than or equal to 90."),
        ("p", "Filter 6", "“kilometres”: it must be less than or equal to 20100."),
        ("a", "Filter 7", "“percent”: it must be less than or equal to 100."),
        ("g", "Filter 8", "“segment”: it must be text in quotes."),
        ("l", "Filter 9", "“list”: it must be text in quotes."),
        ("k", "Filter 10", "“least”: it must be greater than or equal to 1."),
        ("e", "Filter 11", "“which”: it must be 'all', 'first' or 'last'."),
        (
            "e",
            "Filter 11",
            "Its “type” is none of 'ever', 'last', 'before', 'between_ago', 'between_days', 'between_times', 'during', 'near'.",
        ),
        (
            "e",
            "Filter 11",
            "“function”: it must be 'count', 'distinct', 'sum', 'average', 'minimum', 'maximum', 'share',"
            " 'days_since_first' or 'days_since_last'.",
        ),
    ]


def test_a_file_with_a_hundred_thousand_values_is_read() -> None:
    values = tuple(f"value {number}" for number in range(100_000))
    condition = FieldCondition(id="n2", field="city", operator="is_any_of", value=values)
    file = SegmentFile(name="Many", definition=Definition(root=Group(id="n1", children=(condition,))))
    assert import_json(file.model_dump_json().encode()) == file


def test_thousands_of_problems_are_told_by_the_first() -> None:
    assert len(problems_of(*({"type": "nothing"} for _ in range(2_000)))) == 20


@pytest.mark.parametrize("cut", range(0, 400, 7))
def test_a_file_cut_off_anywhere_is_refused_in_words(cut: int) -> None:
    content = json.dumps(file_of(), indent=1).encode()
    assert len(content) > 400
    with pytest.raises(HandpickError, match=r"line \d+, column \d+"):
        import_json(content[:cut])
