"""Workbooks: one table per visible sheet with rows, values with the types they have."""

import datetime as dt
import io
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import xlsxwriter

from connectors.sources.files import stage_file
from segmentation.errors import SourceError
from segmentation.plan import StagedTable


class Quiet:
    def __call__(self, message: str, share: float | None = None) -> None:
        assert share is None or 0 <= share <= 1

    def on_cancel(self, interrupt: object) -> None: ...


def write(path: Path, sheets: dict[str, list[list[Any]]], hidden: tuple[str, ...] = ()) -> Path:
    book = xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd hh:mm:ss"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        if name in hidden:
            sheet.hide()
        for number, row in enumerate(rows):
            for place, cell in enumerate(row):
                if cell is not None:
                    sheet.write(number, place, cell)
    book.close()
    return path


def stage(tmp_path: Path, sheets: dict[str, list[list[Any]]], **options: Any) -> list[StagedTable]:
    return stage_file(write(tmp_path / "given.xlsx", sheets, **options), "book.xlsx", tmp_path, Quiet())


def read(table: StagedTable) -> tuple[dict[str, str], list[tuple[Any, ...]]]:
    relation = duckdb.sql(f"SELECT * FROM '{table.path}'")
    assert tuple(relation.columns) == table.columns
    rows = relation.fetchall()
    assert len(rows) == table.rows
    return dict(zip(relation.columns, map(str, relation.types), strict=True)), rows


def test_types_are_kept_and_mixed_columns_are_text(tmp_path: Path) -> None:
    day, moment = dt.datetime(2024, 4, 3), dt.datetime(2024, 4, 3, 10, 15, 30)  # noqa: DTZ001
    [table] = stage(
        tmp_path,
        {
            "People": [
                ["id", "name", "spent", "born", "seen", "vip", "mixed", "empty", "zip"],
                [1, "Anna", 12.5, day, moment, True, 12, None, "01067"],
                [2, "Bob", 3, day, day, False, "n/a", None, "53111"],
                [3, None, None, None, None, None, 2.5, None, None],
            ]
        },
    )
    kinds, rows = read(table)
    assert table.name == "book.xlsx"
    assert kinds == {
        "id": "BIGINT",
        "name": "VARCHAR",
        "spent": "DOUBLE",
        "born": "DATE",
        "seen": "TIMESTAMP",
        "vip": "BOOLEAN",
        "mixed": "VARCHAR",
        "empty": "VARCHAR",
        "zip": "VARCHAR",
    }
    assert rows == [
        (1, "Anna", 12.5, day.date(), moment, True, "12", None, "01067"),
        (2, "Bob", 3.0, day.date(), day, False, "n/a", None, "53111"),
        (3, None, None, None, None, None, "2.5", None, None),
    ]


def test_long_numbers_stay_exact(tmp_path: Path) -> None:
    [table] = stage(tmp_path, {"A": [["id"], [9_007_199_254_740_991], [1]]})
    assert read(table)[1] == [(9_007_199_254_740_991,), (1,)]
    assert Decimal(read(table)[1][0][0]) == Decimal(2**53 - 1)


def test_titles_blank_rows_and_blank_columns_are_left_out(tmp_path: Path) -> None:
    [table] = stage(
        tmp_path,
        {"A": [["Sales 2024"], [], [None, None, "id", "name"], [None, None, 1, "Anna"], [], [None, None, 2, "Bob"]]},
    )
    assert table.columns == ("id", "name")
    assert read(table)[1] == [(1, "Anna"), (2, "Bob")]
    assert [(r.line, r.reason, r.text) for r in table.rejected] == [(1, "above the table's header", "Sales 2024")]
    assert "1 blank row was left out." in table.notes


def test_names_are_mended_and_values_without_a_name_kept(tmp_path: Path) -> None:
    [table] = stage(tmp_path, {"A": [["id", "Id", None, 2024, "x"], [1, 2, "kept", 4, 5]]})
    assert table.columns == ("id", "Id_2", "column_3", "2024", "x")
    assert read(table)[1] == [(1, 2, "kept", 4, 5)]


def test_a_table_per_visible_sheet_with_rows(tmp_path: Path) -> None:
    tables = stage(
        tmp_path,
        {
            "People": [["id", "name"], [1, "Anna"]],
            "Nothing": [],
            "Only a header": [["id", "name"]],
            "Secret": [["id"], [1]],
            "Orders": [["id", "total"], [7, 9.5]],
        },
        hidden=("Secret",),
    )
    assert [table.name for table in tables] == ["book.xlsx – People", "book.xlsx – Orders"]
    assert tables[0].notes == (
        "The sheet “Only a header” has no rows below its header and was left out.",
        "The sheet “Secret” is hidden and was left out.",
    )


def test_an_open_document_is_read(tmp_path: Path) -> None:
    cell = '<table:table-cell office:value-type="{0}" office:{1}="{2}"><text:p>{2}</text:p></table:table-cell>'.format
    rows = [
        [("string", "string-value", "id"), ("string", "string-value", "name")],
        [("float", "value", 7), ("string", "string-value", "Zoë")],
    ]
    body = "".join(f"<table:table-row>{''.join(cell(*c) for c in row)}</table:table-row>" for row in rows)
    spaces = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text"))
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
        archive.writestr("META-INF/manifest.xml", f'<m:manifest xmlns:m="{manifest}"></m:manifest>')
        archive.writestr(
            "content.xml",
            f"<office:document-content {spaces}><office:body><office:spreadsheet><table:table table:name='A'>{body}"
            "</table:table></office:spreadsheet></office:body></office:document-content>",
        )
    (tmp_path / "given").write_bytes(memory.getvalue())
    [table] = stage_file(tmp_path / "given", "people.ods", tmp_path, Quiet())
    assert read(table)[1] == [(7, "Zoë")]


def test_a_workbook_without_rows_is_told(tmp_path: Path) -> None:
    with pytest.raises(
        SourceError, match=r"^book\.xlsx has no sheet with a header and rows\. The sheet “A” has no rows"
    ):
        stage(tmp_path, {"A": [["id", "name"]], "B": []})


def test_a_damaged_workbook_is_told(tmp_path: Path) -> None:
    content = write(tmp_path / "given.xlsx", {"A": [["id"], [1]]}).read_bytes()
    damaged = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as whole, zipfile.ZipFile(damaged, "w") as copy:
        for name in whole.namelist():
            copy.writestr(name, whole.read(name)[:60] if "sheet1" in name else whole.read(name))
    (tmp_path / "bad.xlsx").write_bytes(damaged.getvalue())
    with pytest.raises(SourceError, match=r"^bad\.xlsx cannot be opened as an Excel workbook"):
        stage_file(tmp_path / "bad.xlsx", "bad.xlsx", tmp_path, Quiet())
    (tmp_path / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    with pytest.raises(SourceError, match=r"^old\.xls cannot be opened as an Excel workbook"):
        stage_file(tmp_path / "old.xls", "old.xls", tmp_path, Quiet())
    assert not list(tmp_path.glob("*.parquet"))


def test_a_cell_far_from_the_table_is_told_before_it_fills_the_memory(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "given.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["id", "name"])
        sheet.write_row(1, 0, [1, "Anna"])
        sheet.write(1_048_575, 16_383, "left over")
    with pytest.raises(
        SourceError, match=r"^book\.xlsx was not opened: .* row 1,048,576 or out to column XFD\. Delete"
    ):
        stage_file(tmp_path / "given.xlsx", "book.xlsx", tmp_path, Quiet())


def test_a_format_far_from_the_table_does_no_harm(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "given.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["id", "name"])
        sheet.write_row(1, 0, [1, "Anna"])
        sheet.write_blank(1_048_575, 16_383, None, book.add_format({"bold": True}))
    [table] = stage_file(tmp_path / "given.xlsx", "book.xlsx", tmp_path, Quiet())
    assert table.rows == 1


def test_remarks_beside_and_below_a_table_are_no_part_of_it(tmp_path: Path) -> None:
    people: list[list[Any]] = [[number, f"Name {number}", "Bonn"] for number in range(1, 9)]
    people[0] += [None, "as of May"]
    [table] = stage(tmp_path, {"A": [["id", "name", "city"], *people, [], ["* provisional figures"]]})
    types, rows = read(table)
    assert table.columns == ("id", "name", "city", "column_4")
    assert (types["id"], len(rows), rows[-1]) == ("BIGINT", 8, (8, "Name 8", "Bonn", None))
    assert [(rejected.line, rejected.text) for rejected in table.rejected] == [(11, "* provisional figures")]


def test_many_rows_are_read_quickly(tmp_path: Path) -> None:
    rows = [["id", "name", "spent"], *([i, f"name {i}", i / 4] for i in range(20_000))]
    [table] = stage(tmp_path, {"A": rows})
    assert table.rows == 20_000
    assert duckdb.sql(f"SELECT sum(id), sum(spent) FROM '{table.path}'").fetchall() == [(199_990_000, 49_997_500.0)]
