"""Files are told by what they hold: renamed ones, archives, and what is no table at all."""

import gzip
import io
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from connectors.sources import archives
from connectors.sources.files import EXTENSIONS, FILE_KINDS, stage_file
from segmentation.errors import SourceError
from segmentation.plan import StagedTable


class Quiet:
    def __call__(self, message: str, share: float | None = None) -> None: ...

    def on_cancel(self, interrupt: object) -> None: ...


CSV = b"id,name\n1,Anna\n2,Bob\n"


def workbook() -> bytes:
    memory = io.BytesIO()
    book = xlsxwriter.Workbook(memory)
    book.add_worksheet("People").write_column(0, 0, ["name", "Anna", "Bob"])
    book.close()
    return memory.getvalue()


def parquet() -> bytes:
    memory = io.BytesIO()
    pq.write_table(pa.table({"name": ["Anna", "Bob"]}), memory)
    return memory.getvalue()


def zipped(**files: bytes) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)
    return memory.getvalue()


def stage(tmp_path: Path, name: str, content: bytes) -> list[StagedTable]:
    (tmp_path / "given").write_bytes(content)
    tables = stage_file(tmp_path / "given", name, tmp_path, Quiet())
    left = {file.name for file in tmp_path.iterdir()} - {"given"}
    assert left == {table.path.name for table in tables}, "working copies are removed"
    assert all(pq.read_metadata(table.path).num_rows == table.rows for table in tables)
    return tables


EXAMPLES = {
    "csv": CSV,
    "xlsx": workbook(),
    "parquet": parquet(),
    "json": b'[{"name": "Anna"}, {"name": "Bob"}]',
    "zip": zipped(people_csv=CSV),
    "gz": gzip.compress(CSV),
}


@pytest.mark.parametrize("kind", FILE_KINDS, ids=lambda kind: kind.label)
def test_every_kind_of_file_has_an_example_and_is_read(kind, tmp_path: Path) -> None:
    extension = next(extension for extension in kind.extensions if extension in EXAMPLES)
    [table] = stage(tmp_path, f"people.{extension}", EXAMPLES[extension])
    assert table.rows == 2


def test_extensions_are_those_of_the_table() -> None:
    assert len(set(EXTENSIONS)) == len(EXTENSIONS)
    assert {"csv", "tsv", "txt", "xlsx", "parquet", "json", "zip", "gz"} <= set(EXTENSIONS)


@pytest.mark.parametrize(
    ("name", "content", "label"),
    [
        ("people.csv", EXAMPLES["xlsx"], "an Excel workbook"),
        ("people.csv", EXAMPLES["parquet"], "Parquet"),
        ("people.csv", EXAMPLES["json"], "JSON"),
        ("people.xls", CSV, "CSV or another text table"),
        ("people.parquet", CSV, "CSV or another text table"),
    ],
)
def test_a_renamed_file_is_read_as_what_it_is(name: str, content: bytes, label: str, tmp_path: Path) -> None:
    [table] = stage(tmp_path, name, content)
    assert table.rows == 2
    assert table.name == name
    assert table.notes[0].endswith(f"it was read as {label}, which it is.")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "a picture (PNG)"),
        (b"\xff\xd8\xff\xe0" + bytes(100), "a picture (JPEG)"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a document (PDF)"),
        (b"MZ\x90\x00\x03" + bytes(100), "a program (EXE)"),
        (b"SQLite format 3\x00" + bytes(100), "an SQLite database; add it as a database instead"),
        (b"<!DOCTYPE html><html><body>x</body></html>", "a web page (HTML or XML)"),
        (b"\xef\xbb\xbf\n<table><tr><td>1</td></tr></table>", "a web page (HTML or XML)"),
        (b"PK\x03\x04damaged", "a damaged zip archive or Excel workbook"),
        (zipped(word__document_xml=b"x"), "a document (Word)"),
    ],
)
def test_what_is_no_table_is_named(content: bytes, what: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as error:
        stage(tmp_path, "orders.csv", content)
    assert str(error.value) == f"orders.csv is not a text table: it looks like {what}. Export it as CSV or Excel."


def test_text_that_begins_like_a_program_is_text(tmp_path: Path) -> None:
    assert stage(tmp_path, "codes.csv", b"MZ,BZh\n1,2\n")[0].columns == ("MZ", "BZh")


def test_an_empty_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"^orders\.csv is empty\.$"):
        stage(tmp_path, "orders.csv", b"")


def test_gzip_is_unpacked_under_its_inner_name(tmp_path: Path) -> None:
    assert [table.name for table in stage(tmp_path, "orders.csv.gz", gzip.compress(CSV))] == ["orders.csv"]


def test_every_table_of_a_zip_is_staged_and_the_rest_named(tmp_path: Path) -> None:
    content = zipped(
        data__people_csv=CSV,
        data__orders_csv=CSV,
        readme_pdf=b"%PDF-1.7",
        __MACOSX__people_csv=b"x",
        book_xlsx=workbook(),
    )
    tables = stage(tmp_path, "all.zip", content)
    assert [table.name for table in tables] == ["people.csv", "orders.csv", "book.xlsx"]
    assert any("readme.pdf" in note for note in tables[0].notes)


def test_a_zip_without_tables_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"^a\.pdf is not a text table: it looks like a document \(PDF\)"):
        stage(tmp_path, "all.zip", zipped(a_pdf=b"%PDF-1.7"))
    with pytest.raises(SourceError, match=r"^all\.zip holds no table\.$"):
        stage(tmp_path, "all.zip", zipped())


def test_an_archive_in_an_archive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"^inner\.zip is a zip archive inside an archive"):
        stage(tmp_path, "outer.zip", zipped(inner_zip=zipped(people_csv=CSV)))


@pytest.mark.parametrize("name", ["bomb.csv.gz", "bomb.zip"])
def test_bombs_are_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "FLOOR", 1 << 20)
    zeros = b"a,b\n" * 2_000_000
    content = gzip.compress(zeros) if name.endswith("gz") else zipped(bomb_csv=zeros)
    with pytest.raises(SourceError, match="was not opened: it unpacks to more than 100 times its size"):
        stage(tmp_path, name, content)


def test_a_small_repetitive_archive_is_no_bomb(tmp_path: Path) -> None:
    [table] = stage(tmp_path, "same.csv.gz", gzip.compress(b"a,b\n" + b"1,2\n" * 100_000))
    assert table.rows == 100_000


@pytest.mark.parametrize("cut", [10, 20])
def test_a_broken_archive_is_told(cut: int, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"^orders\.csv\.gz is damaged: it cannot be unpacked"):
        stage(tmp_path, "orders.csv.gz", gzip.compress(CSV * 10)[:-cut])


def test_two_files_of_one_name_do_not_overwrite_each_other(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(CSV)
    tables = [stage_file(tmp_path / "a", "orders.csv", tmp_path, Quiet())[0] for _ in range(2)]
    assert tables[0].path != tables[1].path


def test_names_of_files_cannot_leave_the_folder(tmp_path: Path) -> None:
    (tmp_path / "into").mkdir()
    (tmp_path / "given").write_bytes(CSV)
    [table] = stage_file(tmp_path / "given", "../../etc/it's; --.csv", tmp_path / "into", Quiet())
    assert table.path.parent == tmp_path / "into"
    assert table.path.exists()


@pytest.mark.parametrize("extension", ["csv", "parquet", "xlsx", "json"])
def test_a_path_is_no_pattern(extension: str, tmp_path: Path) -> None:
    path = tmp_path / f"a[1]*? it's.{extension}"
    path.write_bytes(EXAMPLES[extension])
    (tmp_path / f"a1xx it's.{extension}").write_bytes(EXAMPLES[extension])
    assert stage_file(path, path.name, tmp_path, Quiet())[0].rows == 2
