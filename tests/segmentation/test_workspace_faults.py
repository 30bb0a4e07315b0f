"""The workspace folder: audiences that are listed, deleted and brought back, staged tables, and settings that stay."""

import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from segmentation import workspace as workspace_module
from segmentation.audience import Audience, AudienceAbout
from segmentation.catalogue import FieldEdit, Kind, Role, Theme
from segmentation.errors import AudienceError, HandpickError, LibraryError, LoadError
from segmentation.plan import LoadPlan, StagedTable, TablePlan, TableRole
from segmentation.settings import Settings, local_zone
from segmentation.workspace import AudienceEntry, Workspace
from tests.segmentation.audiences import write_audience

ROOT = Path(__file__).resolve().parents[2]
TWO_DAYS_AGO = time.time() - 2 * 86_400


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "home")


def loaded(space: Workspace, audience: str, people: int = 2, version: int = 1) -> Path:
    """Publish a tiny audience version; returns its path."""
    path = space.audience_folder(audience) / f"v{version:06d}.duckdb"
    write_audience(path, {"age": Kind.NUMBER}, [{"age": age} for age in range(people)]).close()
    return path


def damaged(space: Workspace, audience: str, content: bytes = b"no audience " * 1_000) -> Path:
    path = space.audience_folder(audience) / "v000001.duckdb"
    path.write_bytes(content)
    return path


def staged(folder: Path, name: str, content: bytes = b"PAR1") -> TablePlan:
    path = folder / f"{name}.parquet"
    path.write_bytes(content)
    return TablePlan(table=StagedTable(name=name, path=path, columns=("a",), rows=1), role=TableRole.PEOPLE)


def paths(plan: LoadPlan) -> list[Path]:
    return [table.table.path for table in plan.tables]


def age(path: Path) -> None:
    """Make a folder and all in it two days old."""
    for inside in (*path.rglob("*"), path):
        os.utime(inside, (TWO_DAYS_AGO, TWO_DAYS_AGO))


# The folder


def test_only_the_owner_may_look_inside(tmp_path: Path) -> None:
    home = tmp_path / "far" / "home"
    before = os.umask(0o022)
    try:
        space = Workspace(home)
        folders = [
            home,
            space.staging_folder(),
            space.audience_folder("shop-1"),
            space.exports_folder(),
            home / "trash",
        ]
        folders += [home / "audiences", home / "staging"]
        assert {oct(folder.stat().st_mode & 0o777) for folder in folders} == {"0o700"}
        databases = list(home.glob("handpick.sqlite*"))
        assert {oct(file.stat().st_mode & 0o777) for file in databases} == {"0o600"}
    finally:
        os.umask(before)


def test_the_home_is_the_variable_else_the_users_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDPICK_HOME", str(tmp_path / "chosen"))
    assert Workspace.default().home == tmp_path / "chosen"
    monkeypatch.setenv("HANDPICK_HOME", "")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    if sys.platform == "linux":
        assert Workspace.default().home == tmp_path / "data" / "handpick"


def test_processes_may_open_a_new_workspace_at_once(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from segmentation.workspace import Workspace\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "Workspace(Path(sys.argv[1])).set_settings(Workspace(Path(sys.argv[1])).settings())"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "home")],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    assert [process.communicate()[1] for process in processes] == ["", "", ""]


# Listing


def test_every_loaded_audience_is_listed_with_its_numbers(space: Workspace) -> None:
    assert space.audiences() == ()
    loaded(space, "b-shop", people=2)
    path = loaded(space, "b-shop", people=3, version=2)
    loaded(space, "a-shop", people=1)
    space.audience_folder("still-loading")
    (space.home / "audiences" / "stray.txt").touch()
    found = {entry.id: (entry.path, entry.people, entry.events, entry.problem) for entry in space.audiences()}
    assert found["b-shop"] == (path, 3, 0, "")
    assert set(found) == {"a-shop", "b-shop"}
    assert all(entry.loaded_at is not None and entry.loaded_at.tzinfo for entry in space.audiences())


@pytest.mark.parametrize("content", [b"", b"short", b"no audience " * 1_000])
def test_a_damaged_audience_is_listed_with_its_problem_beside_the_others(space: Workspace, content: bytes) -> None:
    path = loaded(space, "fine-1")
    damaged(space, "broken-1", content)
    broken, fine = sorted(space.audiences(), key=lambda entry: entry.id)
    assert (broken.id, broken.path, broken.loaded_at) == ("broken-1", None, None)
    assert "v000001.duckdb" in broken.problem
    assert "Load its data again" in broken.problem
    assert (fine.path, fine.problem) == (path, "")


def test_a_cut_off_audience_is_damaged_and_a_mended_one_is_well(
    space: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = loaded(space, "shop-1")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert [entry.problem != "" for entry in space.audiences()] == [True]
    path.write_bytes(whole)
    monkeypatch.setattr(workspace_module, "DAMAGED_KEPT_SECONDS", 0)
    assert [entry.problem for entry in space.audiences()] == [""]


def test_listing_again_opens_no_file(space: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded(space, "fine-1")
    damaged(space, "broken-1")
    before = space.audiences()

    def refuse(path: Path) -> AudienceAbout:
        raise AssertionError(f"{path} was opened again")

    monkeypatch.setattr(workspace_module, "about_of", refuse)
    assert space.audiences() == before
    assert list((space.home / "staging").iterdir()) == []


def test_an_audience_in_use_by_this_process_is_listed_as_well(space: Workspace) -> None:
    opened = Audience(loaded(space, "shop-1"))
    assert [entry.problem for entry in Workspace(space.home).audiences()] == [""]
    with opened.cursor() as cursor:
        assert cursor.execute("SELECT count(*) FROM people").fetchone() == (2,)
    opened.close()


def test_many_threads_may_list_at_once(space: Workspace) -> None:
    for number in range(3):
        loaded(space, f"shop-{number}")
    found: list[tuple[AudienceEntry, ...]] = []
    threads = [threading.Thread(target=lambda: found.append(space.audiences())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert all(entry.problem == "" for entry in found[0])


# Ids and versions


@pytest.mark.parametrize(
    ("name", "begin"),
    [
        ("Sample shop", "sample-shop-"),
        ("Müller & Söhne", "muller-sohne-"),
        ("客户", "audience-"),
        ("../../etc/passwd", "etc-passwd-"),
        ("", "audience-"),
        ("x" * 500, "x" * 40 + "-"),
    ],
)
def test_an_id_tells_the_name_and_is_always_new(space: Workspace, name: str, begin: str) -> None:
    ids = {space.new_audience_id(name) for _ in range(20)}
    assert len(ids) == 20
    assert all(audience.startswith(begin) for audience in ids)
    assert all(space.audience_folder(audience).parent == space.home / "audiences" for audience in ids)


@pytest.mark.parametrize("audience", ["..", "../x", "a/b", "", ".hidden", "A", "a\n", "/etc"])
def test_what_is_no_id_reaches_no_folder(space: Workspace, audience: str) -> None:
    verbs = (space.audience_folder, space.current_version, space.delete_audience, space.restore_audience)
    for verb in verbs:
        with pytest.raises(AudienceError):
            verb(audience)
    assert sorted(folder.name for folder in space.home.parent.iterdir()) == ["home"]


def test_the_current_version_is_the_newest(space: Workspace) -> None:
    loaded(space, "shop-1", version=9)
    newest = loaded(space, "shop-1", version=10)
    assert space.current_version("shop-1") == newest


def test_an_audience_that_is_not_there_is_told_with_close_ones(space: Workspace) -> None:
    loaded(space, "sample-shop-1")
    with pytest.raises(AudienceError, match=r"no audience “sample-shop-2”\. Close: sample-shop-1\."):
        space.current_version("sample-shop-2")


# Delete and undo


def test_a_deleted_audience_can_be_brought_back(space: Workspace) -> None:
    path = loaded(space, "shop-1")
    space.set_field_edits("shop-1", {"age": FieldEdit(label="Years")})
    before = space.audiences()
    space.delete_audience("shop-1")
    assert space.audiences() == ()
    assert not path.exists()
    space.restore_audience("shop-1")
    assert space.audiences() == before
    assert space.field_edits("shop-1") == {"age": FieldEdit(label="Years")}


def test_a_second_click_on_delete_or_undo_changes_nothing(space: Workspace) -> None:
    path = loaded(space, "shop-1")
    space.delete_audience("shop-1")
    space.delete_audience("shop-1")
    space.restore_audience("shop-1")
    space.restore_audience("shop-1")
    assert path.exists()


def test_a_damaged_audience_can_be_deleted(space: Workspace) -> None:
    damaged(space, "broken-1")
    space.delete_audience("broken-1")
    assert space.audiences() == ()


def test_an_audience_loaded_again_after_its_deletion_is_not_overwritten_by_the_undo(space: Workspace) -> None:
    loaded(space, "shop-1")
    space.delete_audience("shop-1")
    newer = loaded(space, "shop-1", people=5)
    with pytest.raises(AudienceError, match="loaded again in the meantime"):
        space.restore_audience("shop-1")
    assert [(entry.path, entry.people) for entry in space.audiences()] == [(newer, 5)]


def test_what_was_never_there_cannot_be_deleted_or_brought_back(space: Workspace) -> None:
    with pytest.raises(AudienceError, match="no audience “shop-1”"):
        space.delete_audience("shop-1")
    with pytest.raises(AudienceError, match="gone for good"):
        space.restore_audience("shop-1")
    assert space.audiences() == ()


def test_the_trash_is_emptied_at_the_next_start(tmp_path: Path) -> None:
    space = Workspace(tmp_path)
    loaded(space, "shop-1")
    space.delete_audience("shop-1")
    del space
    with pytest.raises(AudienceError, match="gone for good"):
        Workspace(tmp_path).restore_audience("shop-1")
    assert list((tmp_path / "trash").iterdir()) == []


def test_another_workspace_object_or_process_does_not_empty_the_trash(space: Workspace) -> None:
    """The SQLite source opens one to compare folders, and a command line may run beside the app."""
    path = loaded(space, "shop-1")
    space.delete_audience("shop-1")
    Workspace(space.home)
    code = "import sys; from pathlib import Path; from segmentation.workspace import Workspace; Workspace(Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", code, str(space.home)], cwd=ROOT, check=True)
    space.restore_audience("shop-1")
    assert path.exists()


def test_a_process_that_was_killed_does_not_keep_the_trash(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from segmentation.workspace import Workspace\n"
        "space = Workspace(Path(sys.argv[1])); print('ready', flush=True); time.sleep(60)"
    )
    other = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == b"ready\n"
        (tmp_path / "trash" / "shop-1").mkdir()
        Workspace(tmp_path)
        assert (tmp_path / "trash" / "shop-1").exists()
    finally:
        other.kill()
        other.communicate()
    Workspace(tmp_path)
    assert not (tmp_path / "trash" / "shop-1").exists()


# Staged tables


def test_staging_folders_are_new_each_time(space: Workspace) -> None:
    assert len({space.staging_folder() for _ in range(20)}) == 20


def test_old_staging_folders_and_killed_loads_go_at_the_next_start(tmp_path: Path) -> None:
    space = Workspace(tmp_path)
    old, young, growing = space.staging_folder(), space.staging_folder(), space.staging_folder()
    killed, beginning = space.audience_folder("killed-1"), space.audience_folder("beginning-1")
    path = loaded(space, "shop-1")
    (killed / "sources").mkdir()
    for folder in (old, growing, killed, path.parent):
        staged(folder, "people")
        age(folder)
    (growing / "people.parquet").touch()
    Workspace(tmp_path)  # while somebody works here
    assert old.exists()
    del space
    Workspace(tmp_path)
    assert [folder.exists() for folder in (old, young, growing, killed, beginning)] == [False, True, True, False, True]
    assert path.exists()


def test_the_sources_of_an_audience_stay_with_it(space: Workspace) -> None:
    folder = space.staging_folder()
    plan = LoadPlan(tables=(staged(folder, "people", b"one"), staged(folder, "events", b"two")))
    adopted = space.adopt_sources(plan, "shop-1")
    assert [path.read_bytes() for path in paths(adopted)] == [b"one", b"two"]
    assert {path.parent for path in paths(adopted)} == {space.audience_folder("shop-1") / "sources"}
    assert adopted.tables[0].model_copy(update={"table": plan.tables[0].table}) == plan.tables[0]
    shutil.rmtree(folder)
    assert [path.read_bytes() for path in paths(adopted)] == [b"one", b"two"]
    assert space.adopt_sources(adopted, "shop-1") == adopted


def test_after_a_cancelled_load_the_same_plan_can_be_loaded_again(space: Workspace) -> None:
    plan = LoadPlan(tables=(staged(space.staging_folder(), "people", b"one"),))
    space.adopt_sources(plan, "shop-1")
    space.drop_unused("shop-1", None)
    assert [path.read_bytes() for path in paths(space.adopt_sources(plan, "shop-2"))] == [b"one"]


def test_tables_of_one_name_do_not_overwrite_each_other(space: Workspace) -> None:
    plan = LoadPlan(tables=tuple(staged(space.staging_folder(), "people", content) for content in (b"one", b"two")))
    assert [path.read_bytes() for path in paths(space.adopt_sources(plan, "shop-1"))] == [b"one", b"two"]


def test_sources_from_another_disk_are_copied(space: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    plan = LoadPlan(tables=(staged(space.staging_folder(), "people", b"one"),))
    (copy,) = paths(space.adopt_sources(plan, "shop-1"))
    assert copy.read_bytes() == b"one"
    loaded(space, "shop-2")
    assert [entry.problem for entry in space.audiences()] == [""]


def test_a_source_that_was_removed_is_told_by_its_name(space: Workspace) -> None:
    plan = LoadPlan(tables=(staged(space.staging_folder(), "people"),))
    paths(plan)[0].unlink()
    with pytest.raises(LoadError, match="What was read from people has been removed"):
        space.adopt_sources(plan, "shop-1")


def test_sources_that_a_new_version_does_not_use_are_dropped(space: Workspace) -> None:
    old = space.adopt_sources(LoadPlan(tables=(staged(space.staging_folder(), "people"),)), "shop-1")
    loaded(space, "shop-1")
    new = space.adopt_sources(LoadPlan(tables=(staged(space.staging_folder(), "people"),)), "shop-1")
    space.drop_unused("shop-1", new)
    assert [path.exists() for path in (*paths(old), *paths(new))] == [False, True]


# Settings and names of fields


def test_settings_stay(space: Workspace) -> None:
    chosen = Settings(zone="America/New_York")
    space.set_settings(chosen)
    assert Workspace(space.home).settings() == chosen


def test_the_zone_is_at_first_that_of_the_machine(space: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    assert space.settings() == Settings(zone="Asia/Kolkata")
    monkeypatch.setenv("TZ", "no zone")
    assert ZoneInfo(local_zone())


@pytest.mark.parametrize("zone", ["Europe/Berlon", "Europe", "../etc/passwd", "", "Mars/Olympus"])
def test_a_zone_that_does_not_exist_is_refused(space: Workspace, zone: str) -> None:
    before = space.settings()
    with pytest.raises(HandpickError, match="There is no time zone"):
        space.set_settings(before.model_copy(update={"zone": zone}))
    assert space.settings() == before


def test_a_mistyped_zone_is_told_with_close_ones(space: Workspace) -> None:
    with pytest.raises(HandpickError, match=r"Close: .*Europe/Berlin"):
        space.set_settings(Settings(zone="Europe/Berlon"))


def test_changes_of_fields_stay_with_their_audience(space: Workspace) -> None:
    edits = {
        "e mail": FieldEdit(label="E-mail “x”", role=Role.EMAIL),
        "age": FieldEdit(theme=Theme.DEMOGRAPHIC, hidden=True),
    }
    assert space.field_edits("shop-1") == {}
    space.set_field_edits("shop-1", edits)
    loaded(space, "shop-1", version=2)
    again = Workspace(space.home)
    assert again.field_edits("shop-1") == edits
    assert again.field_edits("shop-2") == {}
    again.set_field_edits("shop-1", {"age": FieldEdit(hidden=False)})
    assert space.field_edits("shop-1") == edits | {"age": FieldEdit(theme=Theme.DEMOGRAPHIC, hidden=False)}
    space.forget_field_edits("shop-1")
    assert space.field_edits("shop-1") == {}


def test_a_full_disk_saves_nothing_and_says_so(space: Workspace) -> None:
    with space.database.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
    before = space.settings()
    long = {f"field {number}": FieldEdit(label="x" * 10_000) for number in range(20)}
    with pytest.raises(LibraryError, match="Nothing was saved: the disk is full"):
        space.set_field_edits("shop-1", long)
    assert space.field_edits("shop-1") == {}
    assert space.settings() == before


def test_the_log_notes_what_was_done_and_not_with_whom(space: Workspace) -> None:
    space.log("personal data revealed", audience="shop-1")
    with space.database.connect() as connection:
        found = connection.exec_driver_sql("SELECT what, about FROM log").all()
    assert [tuple(row) for row in found] == [("personal data revealed", '{"audience": "shop-1"}')]
