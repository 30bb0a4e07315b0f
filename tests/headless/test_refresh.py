"""The command `refresh`: what it prints in every format, and the exit code by which a script knows how it went."""

import csv
import io
import json
from datetime import UTC, datetime, time
from pathlib import Path

import pytest
from sqlalchemy import update

from connectors.importing import load, plan_files
from segmentation import metadata
from segmentation.definition import Definition, FieldCondition, Group
from segmentation.jobs import Quiet
from segmentation.library import Library
from segmentation.renewal import Renewal, TableRenewal, Way
from segmentation.renewals import Renewals
from segmentation.schedules import Every, Schedule
from segmentation.workspace import Workspace
from tests.headless.asking import command

PEOPLE = "id,email,age\nC1,a@x.org,30\nC2,b@x.org,40\n"


@pytest.fixture
def shop(workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with an audience of one file, which is read again from its path; the file."""
    file = tmp_path_factory.mktemp("files") / "people.csv"
    file.write_text(PEOPLE)
    space = Workspace(workspace)
    plan, _ = plan_files([(file.name, file)], space, Quiet())
    audience = load(plan, "Shop", space, Quiet())
    way = TableRenewal(way=Way.UPSERT, path=str(file))
    Renewals(space).keep(audience, Renewal(tables=(way,), schedule=Schedule(every=Every.HOUR, at=time(0))))
    grown = Group(id="n1", children=(FieldCondition(id="n2", field="age", operator="at_least", value=40),))
    Library(space).save_new(audience, "Forty", Definition(root=grown))
    return file


def test_every_format_tells_what_changed(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shop.write_text("id,email,age\nC2,b@x.org,41\nC3,c@x.org,50\n")
    assert command("refresh", "--audience", "Shop") == 0
    assert capsys.readouterr().out == (
        "Shop: people.csv: 2 rows before, 2 read, 1 added, 1 updated, 3 now\nShop: “Forty”: 1 people before, 2 people now\n"
    )
    assert command("refresh", "--format", "json") == 0
    [told] = json.loads(capsys.readouterr().out)["audiences"]
    assert (told["name"], told["holds"], told["problem"]) == ("Shop", [], "")
    assert told["tables"] == [
        {"table": "people.csv", "before": 3, "read": 2, "added": 0, "updated": 2, "after": 3},
    ]
    assert [(s["name"], s["before"], s["after"]) for s in told["segments"]] == [("Forty", 2, 2)]
    assert command("refresh", "--format", "csv") == 0
    [row] = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert row == {
        "audience": "Shop", "table": "people.csv", "before": "3", "read": "2", "added": "0", "updated": "2", "after": "3",
    }  # fmt: skip


def test_the_exit_code_tells_how_it_went(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shop.write_text(PEOPLE.replace("age", "years"))
    assert command("refresh") == 6
    assert "handpick: Shop: people.csv has no column “age” any more." in capsys.readouterr().err
    other = shop.with_name("new.csv")
    other.write_text(PEOPLE.replace("30", "x").replace("40", "y"))
    assert command("refresh", "--file", other) == 6
    assert command("refresh", "--file", other, "--accept") == 0
    shop.unlink()
    assert command("refresh") == 3
    assert command("refresh", "--audience", "Nobody") == 4
    assert command("refresh", "--due", "--audience", "Shop") == 2


def test_what_is_due_is_done_once(shop: Path, workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("refresh", "--due", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out) == {"audiences": []}
    with Workspace(workspace).writing() as connection:
        connection.execute(update(metadata.RENEWALS).values(done=datetime(2020, 1, 1, tzinfo=UTC).replace(tzinfo=None)))
    assert command("refresh", "--due") == 0
    assert "Shop: people.csv: 2 rows before" in capsys.readouterr().out
    assert command("refresh", "--due") == 0
    assert capsys.readouterr().out == ""


def test_a_folder_is_read_again(
    workspace: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path_factory.mktemp("files") / "exports"
    folder.mkdir()
    (folder / "1.csv").write_text(PEOPLE)
    space = Workspace(workspace)
    plan, _ = plan_files([(folder.name, folder)], space, Quiet())
    load(plan, "Shop", space, Quiet())
    (folder / "2.csv").write_text("id,email,age\nC3,c@x.org,50\n")
    assert command("refresh") == 0
    assert capsys.readouterr().out == "Shop: 1.csv: 2 rows before, 3 read, 0 added, 0 updated, 3 now\n"
