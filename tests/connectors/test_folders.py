"""A folder of files: those of one sort are one table, and no row of them is lost."""

import gzip
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from connectors.opening import open_files
from connectors.sources.folders import stage_path
from segmentation.errors import NotFound, SourceError
from segmentation.jobs import Quiet
from segmentation.leftovers import unread
from segmentation.plan import StagedTable

JANUARY = "id,name\n1,Anna\n2,Bob\n"


def stage(folder: Path, into: Path, files: dict[str, str | bytes]) -> list[StagedTable]:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    tables = stage_path(folder, folder.name, into, Quiet())
    assert {path.name for path in into.iterdir()} == {path.name for table in tables for path in table.files}
    return tables


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    return tmp_path / "shop"


@pytest.fixture
def into(tmp_path: Path) -> Path:
    (tmp_path / "into").mkdir()
    return tmp_path / "into"


def test_files_of_one_sort_are_one_table_that_tells_the_file(shop: Path, into: Path) -> None:
    files: dict[str, str | bytes] = {
        "2024/01.csv": JANUARY,
        "2024/02.csv.gz": gzip.compress(b"Name;ID\nEva;3\n"),
        "03.json": '[{"id": 4, "name": "Zo\\u00eb"}]',
        ".hidden.csv": "a,b\n1,2\n",
        "readme.pdf": b"%PDF-1.7",
    }
    [table] = stage(shop, into, files)
    assert (table.name, table.rows, table.columns) == ("shop", 4, ("id", "name", "file"))
    rows = [tuple(row.values()) for row in pq.read_table(table.path).to_pylist()]
    assert rows == [("4", "Zoë", "03.json"), ("1", "Anna", "2024/01.csv"), ("2", "Bob", "2024/01.csv"),
                    ("3", "Eva", "2024/02.csv.gz")]  # fmt: skip
    assert table.notes[0].startswith("3 files are one table; “file” says which: 03.json, 2024/01.csv")


def test_a_column_that_came_later_is_empty_before(shop: Path, into: Path) -> None:
    old, new = "id,a,b,c,d\n1,1,1,1,1\n", "id,a,b,c,d,vip\n2,2,2,2,2,yes\n"
    [table] = stage(shop, into, {"1.csv": old, "2.csv": new})
    assert table.columns == ("id", "a", "b", "c", "d", "vip", "file")
    assert pq.read_table(table.path)["vip"].to_pylist() == [None, "yes"]


def test_files_of_several_sorts_are_several_tables(shop: Path, into: Path) -> None:
    tables = stage(shop, into, {"people.csv": JANUARY, "orders.csv": "id,at,sum\n1,2024-01-01,5\n"})
    assert [(table.name, table.rows) for table in tables] == [("orders.csv", 1), ("people.csv", 2)]


def test_rows_that_could_not_be_read_tell_their_file_and_line(shop: Path, into: Path) -> None:
    [table] = stage(shop, into, {"1.csv": JANUARY, "2.csv": "id,name\n3,Eva\n4,Max,x\n", "bad.csv": b"%PDF-1.7"})
    assert (table.rows, table.rejected_rows) == (3, 1)
    [row] = unread(table)
    assert (row.line, row.reason, row.text) == (3, "2.csv: it has 3 cells, and the table has 2 columns", "4,Max,x")
    assert table.notes[-1].startswith("Left out: bad.csv is not a text table")


def test_a_path_without_files_is_told(shop: Path, into: Path) -> None:
    with pytest.raises(SourceError, match=r"^There is no file in shop that can be read\. Possible: csv, tsv"):
        stage(shop, into, {"readme.pdf": b"%PDF-1.7"})
    with pytest.raises(NotFound, match="There is no file or folder"):
        stage_path(shop / "gone", "gone", into, Quiet())


def test_a_folder_can_be_evaluated_without_a_screen(shop: Path) -> None:
    (shop / "1.csv").write_text(JANUARY)
    (shop / "2.csv").write_text("id,name\n3,Eva\n")
    with open_files(shop) as evaluation:
        assert evaluation.audience.people == 3
