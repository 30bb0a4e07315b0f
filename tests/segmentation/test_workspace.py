"""The workspace folder: what survives a restart, and what must not hurt."""

from __future__ import annotations

import os
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from connectors.importing import load, plan_files
from segmentation.audience import Audience
from segmentation.catalogue import FieldEdit, Theme
from segmentation.errors import AudienceError, HandpickError, LoadError
from segmentation.jobs import Quiet
from segmentation.plan import LoadPlan, StagedTable, TablePlan, TableRole
from segmentation.settings import Settings
from segmentation.workspace import Workspace


def audience(space: Workspace, name: str, version: int = 1) -> Path:
    """A published audience without people, written by hand."""
    from segmentation.audience import AudienceAbout
    from segmentation.catalogue import Catalogue

    path = space.audience_folder(name) / f"v{version:06d}.duckdb"
    about = AudienceAbout(
        name=name.title(),
        people=0,
        events=0,
        loaded_at=datetime(2026, 1, 1, tzinfo=UTC),
        zone="UTC",
        catalogue=Catalogue(fields=()),
        plan=LoadPlan(tables=()),
        reports=(),
    )
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE people (_row UINTEGER)")
        connection.execute("CREATE TABLE handpick_audience (about VARCHAR)")
        connection.execute("INSERT INTO handpick_audience VALUES (?)", [about.model_dump_json()])
    return path


def test_the_folder_is_the_owners_alone(tmp_path: Path) -> None:
    space = Workspace(tmp_path / "home")
    assert stat.S_IMODE(os.stat(space.home).st_mode) == 0o700


def test_home_comes_from_the_environment(workspace: Path) -> None:
    assert Workspace.default().home == workspace


def test_the_newest_version_is_listed_and_a_damaged_audience_hides_no_other(tmp_path: Path) -> None:
    space = Workspace(tmp_path)
    audience(space, "shop")
    newest = audience(space, "shop", 2)
    (space.audience_folder("broken") / "v000001.duckdb").write_bytes(b"not a database")
    broken, shop = space.audiences()
    assert shop.path == newest
    assert shop.name == "Shop"
    assert broken.path is None
    assert "cannot be opened" in broken.problem


def test_a_deleted_audience_comes_back_until_the_next_start(tmp_path: Path) -> None:
    space = Workspace(tmp_path)
    audience(space, "shop")
    space.delete_audience("shop")
    assert space.audiences() == ()
    space.restore_audience("shop")
    assert [entry.id for entry in space.audiences()] == ["shop"]
    space.delete_audience("shop")
    del space
    with pytest.raises(AudienceError, match="gone for good"):
        Workspace(tmp_path).restore_audience("shop")


@pytest.mark.parametrize("name", ["../x", "/etc", "", "A b", "-x"])
def test_an_id_is_never_a_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(AudienceError):
        Workspace(tmp_path).audience_folder(name)


def test_ids_are_readable_and_free(tmp_path: Path) -> None:
    space = Workspace(tmp_path)
    ids = {space.new_audience_id("Käufer 2026 / März!") for _ in range(20)}
    assert len(ids) == 20
    assert all(i.startswith("kaufer-2026-marz-") for i in ids)
    assert space.new_audience_id("客户").startswith("audience-")


def test_settings_and_field_edits_survive(tmp_path: Path) -> None:
    space = Workspace(tmp_path)
    space.set_settings(Settings(zone="Europe/Berlin"))
    space.set_field_edits("shop", {"age": FieldEdit(label="Years"), "x\"'": FieldEdit(hidden=True)})
    space.set_field_edits("shop", {"age": FieldEdit(label="Years", theme=Theme.IDENTITY)})
    again = Workspace(tmp_path)
    assert again.settings() == Settings(zone="Europe/Berlin")
    assert again.field_edits("shop") == {
        "age": FieldEdit(label="Years", theme=Theme.IDENTITY),
        "x\"'": FieldEdit(hidden=True),
    }
    assert again.field_edits("other") == {}


def test_a_time_zone_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    space = Workspace(tmp_path)
    before = space.settings()
    with pytest.raises(HandpickError, match="no time zone “Mars/Base”"):
        space.set_settings(Settings(zone="Mars/Base"))
    assert space.settings() == before


def test_sources_are_kept_beside_the_audience_and_dropped_when_unused(tmp_path: Path) -> None:
    space = Workspace(tmp_path)
    staged = space.staging_folder() / "people.parquet"
    staged.write_bytes(b"rows")
    table = StagedTable(name="people.csv", path=staged, columns=("id",), rows=1)
    plan = LoadPlan(tables=(TablePlan(table=table, role=TableRole.PEOPLE, key="id"),))
    adopted = space.adopt_sources(plan, "shop")
    kept = adopted.tables[0].table.path
    assert kept.read_bytes() == b"rows"
    assert staged.exists()
    assert space.adopt_sources(adopted, "shop") == adopted
    audience(space, "shop")
    space.drop_unused("shop", adopted)
    assert kept.exists()
    space.drop_unused("shop", None)
    assert not kept.exists()


def test_nothing_is_left_of_a_first_load_that_failed(tmp_path: Path) -> None:
    space = Workspace(tmp_path)
    folder = space.audience_folder("shop")
    space.drop_unused("shop", None)
    assert not folder.exists()


def test_old_staging_folders_are_cleared_at_the_start(tmp_path: Path) -> None:
    space = Workspace(tmp_path)
    old, new = space.staging_folder(), space.staging_folder()
    long_ago = time.time() - 2 * 86_400
    os.utime(old, (long_ago, long_ago))
    del space
    Workspace(tmp_path)
    assert not old.exists()
    assert new.exists()


def test_field_edits_of_two_savers_at_once_are_both_kept(tmp_path: Path) -> None:
    one, other = Workspace(tmp_path), Workspace(tmp_path)
    edits = [("age", {"label": "Years"}), ("age", {"hidden": True}), ("city", {"theme": Theme.IDENTITY})] * 8
    with ThreadPoolExecutor(8) as pool:
        for place, (field, said) in enumerate(edits):
            space = (one, other)[place % 2]
            pool.submit(space.set_field_edits, "shop", {field: FieldEdit(**said)})
    expected = {"age": FieldEdit(label="Years", hidden=True), "city": FieldEdit(theme=Theme.IDENTITY)}
    assert one.field_edits("shop") == other.field_edits("shop") == expected
    one.set_field_edits("shop", {"age": FieldEdit(label=None)})
    assert other.field_edits("shop")["age"] == FieldEdit(hidden=True)


def test_what_was_read_goes_once_it_is_loaded_and_the_audience_can_be_deleted_and_brought_back(tmp_path: Path) -> None:
    space = Workspace(tmp_path / "home")
    source = tmp_path / "people.csv"
    source.write_text("customer_id,email\n1,anna@example.com\n2,bert@example.com\n")
    plan, _ = plan_files([(source.name, source)], space, Quiet())
    other, _ = plan_files([(source.name, source)], space, Quiet())  # in another tab, not loaded yet
    shop = load(plan, "Shop", space, Quiet())
    left = [path for path in (space.home / "staging").rglob("*") if path.is_file()]
    assert left == [other.tables[0].table.path]
    space.delete_audience(shop)
    space.restore_audience(shop)
    path = space.current_version(shop)
    again = Audience(path)
    load(again.about.plan, "Shop", space, Quiet(), shop)  # as “Change how it was read” does
    again.close()
    space.drop_staged(other)
    space.delete_audience(shop)
    del space
    Workspace(tmp_path / "home")
    read = [path for path in (tmp_path / "home").rglob("*") if path.is_file() and b"anna@example" in path.read_bytes()]
    left = list((tmp_path / "home").rglob("*.parquet"))
    assert (read, left) == ([], [])


def test_a_load_that_fails_leaves_what_was_read_to_try_again(tmp_path: Path) -> None:
    space = Workspace(tmp_path / "home")
    source = tmp_path / "people.csv"
    source.write_text("customer_id,email\n1,anna@example.com\n2,bert@example.com\n")
    plan, _ = plan_files([(source.name, source)], space, Quiet())
    broken = plan.model_copy(update={"tables": tuple(t.model_copy(update={"key": "no"}) for t in plan.tables)})
    with pytest.raises(LoadError):
        load(broken, "Shop", space, Quiet())
    assert load(plan, "Shop", space, Quiet())


def test_lists_older_than_a_day_go_at_the_start(tmp_path: Path) -> None:
    space = Workspace(tmp_path)
    old, new = space.exports_folder() / "old.csv", space.exports_folder() / "new.csv"
    for file, hours in ((old, 25), (new, 23)):
        file.write_text("Email\n")
        os.utime(file, (time.time() - hours * 3600,) * 2)
    del space
    Workspace(tmp_path)
    assert (old.exists(), new.exists()) == (False, True)
