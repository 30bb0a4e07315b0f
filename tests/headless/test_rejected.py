"""The rows that are not loaded, listed without a screen: of files, of folders, and of an audience."""

import csv
import io
import json
from pathlib import Path

import pytest

from commands.codes import Code
from connectors.importing import load, plan_files
from segmentation.jobs import Quiet
from segmentation.workspace import Workspace
from tests.headless.asking import command

CUSTOMERS = "id,name\n1,Anna\n2,Bob,x\n,Eva\n"
LONG = {"table": "customers.csv", "line": 3, "row": None, "reason": "it has 3 cells, and the table has 2 columns"}
NOBODY = {"table": "customers.csv", "line": None, "row": 2, "reason": "no customer id", "text": ",Eva"}


@pytest.fixture
def customers(tmp_path: Path) -> Path:
    path = tmp_path / "customers.csv"
    path.write_text(CUSTOMERS)
    return path


def test_of_a_file_in_every_format(customers: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("rejected", customers) == Code.DONE
    assert capsys.readouterr().out == (
        "customers.csv: 3 rows = 2 loaded + 1 not\n"
        "  customers.csv, line 3: it has 3 cells, and the table has 2 columns: 2,Bob,x\n"
    )
    assert command("rejected", customers, "--format", "json") == Code.DONE
    answer = json.loads(capsys.readouterr().out)
    assert answer == {
        "tables": [{"table": "customers.csv", "rows": 3, "loaded": 2}],
        "rejected": [{**LONG, "text": "2,Bob,x"}],
    }
    assert command("rejected", customers, "--format", "csv") == Code.DONE
    [row] = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert row == {**LONG, "line": "3", "row": "", "text": "2,Bob,x"}


def test_of_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "shop").mkdir()
    for name in ("1.csv", "2.csv"):
        (tmp_path / "shop" / name).write_text(CUSTOMERS)
    assert command("rejected", tmp_path / "shop") == Code.DONE
    first, *rest = capsys.readouterr().out.splitlines()
    assert first == "shop: 6 rows = 4 loaded + 2 not"
    assert [line.split(": ")[1] for line in rest] == ["1.csv", "2.csv"]


def test_of_an_audience_also_what_was_set_aside(
    customers: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    space = Workspace(tmp_path / "home")
    plan, _ = plan_files([(customers.name, customers)], space, Quiet())
    load(plan, "Shop", space, Quiet())
    assert command("rejected", "--home", tmp_path / "home", "--audience", "Shop", "--format", "json") == Code.DONE
    answer = json.loads(capsys.readouterr().out)
    assert answer["tables"] == [{"table": "customers.csv", "rows": 3, "loaded": 1}]
    assert answer["rejected"] == [{**LONG, "text": "2,Bob,x"}, NOBODY]


def test_a_file_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("rejected", tmp_path / "gone.csv") == Code.NOT_FOUND
    assert capsys.readouterr().err == f"handpick: There is no file or folder {tmp_path / 'gone.csv'}.\n"
