"""Text tables: every row of the file is loaded or set aside, cell by cell as written."""

import csv
import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from connectors.sources import counting, delimited
from connectors.sources.delimited import stage_delimited
from segmentation.errors import Cancelled, SourceError
from segmentation.leftovers import unread
from segmentation.plan import StagedTable


class Quiet:
    def __call__(self, message: str, share: float | None = None) -> None:
        assert share is None or 0 <= share <= 1

    def on_cancel(self, interrupt: object) -> None:
        pass


def staged(tmp_path: Path, content: str | bytes, name: str = "table.csv") -> StagedTable:
    path = tmp_path / "given"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    [table] = stage_delimited(path, name, tmp_path, Quiet())
    assert {file.suffix for file in tmp_path.iterdir()} <= {"", ".parquet"}, "working copies are removed"
    return table


def rows_of(table: StagedTable) -> list[tuple[Any, ...]]:
    stored = pq.read_table(table.path)
    assert tuple(stored.column_names) == table.columns
    assert stored.num_rows == table.rows
    assert {str(kind) for kind in stored.schema.types} == {"string"}
    return [tuple(row.values()) for row in stored.to_pylist()]


CSV_SPECTRUM = (
    "comma_in_quotes empty empty_crlf escaped_quotes json newlines newlines_crlf quotes_and_newlines simple simple_crlf utf8"
).split()


@pytest.mark.parametrize("name", CSV_SPECTRUM)
def test_csv_spectrum_is_read_as_its_json_says(name: str, shared_data: Path, tmp_path: Path) -> None:
    table = staged(tmp_path, (shared_data / f"csv_spectrum/csvs/{name}.csv").read_bytes())
    wanted = json.loads((shared_data / f"csv_spectrum/json/{name}.json").read_bytes())
    assert table.columns == tuple(wanted[0])
    assert rows_of(table) == [tuple(value or None for value in row.values()) for row in wanted]
    assert table.rejected_rows == 0


@pytest.mark.parametrize(
    ("file", "rows", "width"),
    [
        ("telco/Telco-Customer-Churn.csv", 7_043, 21),
        ("bank/bank-full.csv", 45_211, 17),
        ("febrl/dataset1.csv", 1_000, 11),
        ("datablist/customers-1000.csv", 1_000, 12),
        ("online_shoppers/online_shoppers_intention.csv", 12_330, 18),
        ("splink_fake/fake_1000.csv", 1_000, 7),
    ],
)
def test_real_files_keep_all_rows(file: str, rows: int, width: int, shared_data: Path, tmp_path: Path) -> None:
    [table] = stage_delimited(shared_data / file, Path(file).name, tmp_path, Quiet())
    assert (table.rows, table.rejected_rows, len(table.columns)) == (rows, 0, width)


def test_online_retail_is_whole_and_read_the_quick_way(
    shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited, "CarefulReader", lambda *_: pytest.fail("0.8 s the quick way, 3 s the careful way"))
    path = tmp_path / "retail.csv"
    path.write_bytes(gzip.decompress((shared_data / "online_retail/online_retail_2010_2011.csv.gz").read_bytes()))
    [table] = stage_delimited(path, "retail.csv", tmp_path, Quiet())
    assert (table.rows, table.rejected_rows) == (541_909, 0)
    truth = shared_data / "online_retail/online_retail_2010_2011.parquet"
    same = f"SELECT InvoiceNo, StockCode, Quantity::VARCHAR, Country FROM '{truth}'"
    read = f"SELECT InvoiceNo, StockCode, Quantity, Country FROM '{table.path}'"
    assert duckdb.sql(f"({read}) EXCEPT ALL ({same})").fetchall() == []


# --- separators and quotes


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", ":", "¦", "§", "#", "!", "*", "&", " "])
def test_separators_are_found(delimiter: str, tmp_path: Path) -> None:
    lines = [["id", "name", "city"], ["1", "Anna", "Köln"], ["2", "Bob", "Oslo"]]
    table = staged(tmp_path, "\n".join(delimiter.join(line) for line in lines))
    assert rows_of(table) == [("1", "Anna", "Köln"), ("2", "Bob", "Oslo")]


@pytest.mark.parametrize(
    ("text", "columns", "first"),
    [
        ("a;b;c\n1,5;2,5;3\n4,5;5,5;6\n", ("a", "b", "c"), ("1,5", "2,5", "3")),
        ("id;name\n1;Doe, John\n2;Roe, Jane\n3;Poe, Edgar\n", ("id", "name"), ("1", "Doe, John")),
        ("id\tnote\n1\ta, b, c\n2\td, e, f\n", ("id", "note"), ("1", "a, b, c")),
        ("id,at\n1,2024-01-01 10:15:00\n2,2024-01-02 11:30:00\n", ("id", "at"), ("1", "2024-01-01 10:15:00")),
        ("id|tags\n1|a;b;c\n2|d;e;f\n", ("id", "tags"), ("1", "a;b;c")),
        ('"id";"name"\n"1";"a;b"\n"2";"c"\n', ("id", "name"), ("1", "a;b")),
        ("'id','name'\n'1','Doe, J'\n'2','Roe, J'\n", ("id", "name"), ("1", "Doe, J")),
        ("address\n1 Elm St, Bonn\n2 Oak St, Rome\n", ("address",), ("1 Elm St, Bonn",)),
        ("id,name\n1,O'Neil\n2,D'Arcy\n", ("id", "name"), ("1", "O'Neil")),
        ('id,note\n1,"say \\"hi, you\\" now"\n2,"C:\\\\dir"\n', ("id", "note"), ("1", 'say "hi, you" now')),
        ("rec, name, city\n1, Anna, Bonn\n2, , Rome\n", ("rec", "name", "city"), ("1", "Anna", "Bonn")),
        ('id, name, city\n1, "Doe, John", Bonn\n2, "Roe", Rome\n', ("id", "name", "city"), ("1", "Doe, John", "Bonn")),
        ('id,name\n1,"Anna" \n2,"Bob\nRoe" \n', ("id", "name"), ("1", "Anna")),
        ('"id" ,"name" ,"city"\n"1" ,"Doe, John" ,"Bonn"\n', ("id", "name", "city"), ("1", "Doe, John", "Bonn")),
        ("id:sum:on\nax:5:2024-01-01\nby:6:2024-01-02\n", ("id", "sum", "on"), ("ax", "5", "2024-01-01")),
        (
            'id day text\n1 2024-01-01 "Doe John"\n2 2024-01-02 x\n',
            ("id", "day", "text"),
            ("1", "2024-01-01", "Doe John"),
        ),
        ('id||size||city\n1||5" pipe||Bonn\n2||x||Rome\n', ("id", "size", "city"), ("1", '5" pipe', "Bonn")),
        ('id||note||city\n1||"a||b\n""c"""||Bonn\n2||||Rome\n', ("id", "note", "city"), ("1", 'a||b\n"c"', "Bonn")),
        ("id~|~name\n1~|~Doe, J\n2~|~Roe, J\n", ("id", "name"), ("1", "Doe, J")),
        ("id\x1fname\n1\x1fDoe, J\n2\x1fRoe, J\n", ("id", "name"), ("1", "Doe, J")),
        ("id;;c\n1;;2\n3;x;4\n", ("id", "column_2", "c"), ("1", None, "2")),
        ("id,path\n1,x::y\n2,x::z\n3,q::z\n", ("id", "path"), ("1", "x::y")),
        ("street\n1 Elm St\n2 Oak Sq\n", ("street",), ("1 Elm St",)),
        ("full name given\nAnna Maria Poe\nEva Rita Roe\n", ("full name given",), ("Anna Maria Poe",)),
        ('"address"\r"1 Elm St, Bonn"\r"2 Oak St, Rome"\r', ("address",), ("1 Elm St, Bonn",)),
        ("id^name^city\n1^Anna^Bonn\n2^Bob^Rome\n", ("id", "name", "city"), ("1", "Anna", "Bonn")),
        ('"id,""name"",c"\n"1,""Doe, J"",x"\n"2,Roe,y"\n', ("id", "name", "c"), ("1", "Doe, J", "x")),
        ('"address"\n"1 Elm St, Bonn"\n"2 Oak St, Rome"\n', ("address",), ("1 Elm St, Bonn",)),
    ],
)
def test_dialects_are_guessed(text: str, columns: tuple[str, ...], first: tuple[str, ...], tmp_path: Path) -> None:
    table = staged(tmp_path, text)
    assert table.columns == columns
    assert rows_of(table)[0] == first
    assert table.rejected_rows == 0


@pytest.mark.parametrize(
    "text", ["name\nAnna\nBob\n", "site\nhttps://a.example\nhttps://b.example\n", "at\n10:15\n11:30\n"]
)
def test_a_single_column_is_a_table(text: str, tmp_path: Path) -> None:
    table = staged(tmp_path, text)
    name, *cells = text.split()
    assert table.columns == (name,)
    assert rows_of(table) == [(cell,) for cell in cells]
    assert "No separator was found: the file was read as one column." in table.notes


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_line_breaks_of_every_system(end: str, last: bool, tmp_path: Path) -> None:
    table = staged(tmp_path, end.join(["a,b", "1,2", '3,"x', 'y"', "5,6"]) + (end if last else ""))
    assert rows_of(table) == [("1", "2"), ("3", f"x{end}y"), ("5", "6")]


def test_mixed_line_breaks(tmp_path: Path) -> None:
    table = staged(tmp_path, "a,b\r\n1,2\n3,4\r5,6\n")
    assert rows_of(table) == [("1", "2"), ("3", "4"), ("5", "6")]


def test_quotes_emoji_and_blanks_stay_in_cells(tmp_path: Path) -> None:
    table = staged(tmp_path, 'id,"say ""hi"" 🎉"\n1,"🎉, ""x"""\n2,  b  \n')
    assert table.columns == ("id", 'say "hi" 🎉')
    assert rows_of(table) == [("1", '🎉, "x"'), ("2", "  b  ")]


def test_identifiers_are_not_made_numbers(tmp_path: Path) -> None:
    table = staged(tmp_path, "id,zip,phone,code\n00012,01067,+49 170,1e5\n")
    assert rows_of(table) == [("00012", "01067", "+49 170", "1e5")]


# --- headers


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("name,name,Name\n1,2,3\n", ("name", "name_2", "Name_3")),
        ("name,name,name_2\n1,2,3\n", ("name", "name_3", "name_2")),
        ("a,,c\n1,2,3\n", ("a", "column_2", "c")),
        (",a,b\n0,1,2\n1,3,4\n", ("column_1", "a", "b")),
        ("  a  , b\n1,2\n", ("a", "b")),
        ("_row,_name,_TIME\n1,2,3\n", ("_row_2", "_name_2", "_TIME_2")),
        ('"First\nname",b\n1,2\n', ("First name", "b")),
        ("1,Anna,2024-01-01\n2,Bob,2024-01-02\n", ("column_1", "column_2", "column_3")),
        ("Anna,F,Bonn\nBob,M,Rome\nEva,F,Bonn\n", ("column_1", "column_2", "column_3")),
        ("country,2022,2023,2024\nDE,1,2,3\nFR,4,5,6\n", ("country", "2022", "2023", "2024")),
        ("Name;01.01.2024;01.02.2024\nAnna;1,5;2\nBob;3;4\n", ("Name", "01.01.2024", "01.02.2024")),
        ("mpg,cyl\nMazda,21,6\nVolvo,22,4\n", ("column_1", "mpg", "cyl")),
        ('"name","note"\n"1","Anna",""\n"2","Bob","late"\n', ("column_1", "name", "note")),
        ("a,b,c,\n1,2,3,\n4,5,6,\n", ("a", "b", "c")),
        ("a,b,c\n1,2,3,\n4,5,6,\n", ("a", "b", "c")),
    ],
)
def test_names_of_columns(text: str, columns: tuple[str, ...], tmp_path: Path) -> None:
    table = staged(tmp_path, text)
    assert table.columns == columns
    assert table.rejected_rows == 0
    if any("column_" in name or name[-2:] in ("_2", "_3") for name in columns):
        assert table.notes


def test_what_was_mended_in_names_is_told(tmp_path: Path) -> None:
    notes = staged(tmp_path, "id,,Name,name\n1,2,3,4\n").notes
    assert notes == (
        "Column 2 had no name: called column_2.",
        "There is more than one column “name”: column 4 is called name_2.",
    )


def test_titles_above_the_header_are_set_aside(tmp_path: Path) -> None:
    text = 'Sales report\n"as of, ""today"""\n\nid,name,amount\n1,Anna,3\n2,Bob,4\n'
    table = staged(tmp_path, text)
    assert table.columns == ("id", "name", "amount")
    assert table.rows == 2
    assert [(r.line, r.reason, r.text) for r in table.rejected] == [
        (1, "above the table's header", "Sales report"),
        (2, "above the table's header", '"as of, ""today"""'),
    ]


@pytest.mark.parametrize(
    ("above", "count"),
    [
        ("sep=;\n", 1),
        ("# All data\n# 2024-01-01\n\n", 2),
        ('"Account:";"DE12 3456";\n"From:";"01.01.2024";\n\n', 2),
        ("Report for: Jan, 2024\n", 1),
    ],
)
def test_what_programs_write_above_the_header(above: str, count: int, tmp_path: Path) -> None:
    table = staged(
        tmp_path, f"{above}Day;Who;What;Amount\n01.01.2024;Anna, Bob;Rent;-800,00\n02.01.2024;Eva;Pay;2.500,00\n"
    )
    assert table.columns == ("Day", "Who", "What", "Amount")
    assert rows_of(table)[0] == ("01.01.2024", "Anna, Bob", "Rent", "-800,00")
    assert (table.rows, table.rejected_rows) == (2, count)


def test_padded_titles_of_a_spreadsheet_are_set_aside(tmp_path: Path) -> None:
    table = staged(tmp_path, "Report;;;\n;;;\nid;name;city;zip\n1;Anna;Bonn;53111\n")
    assert table.columns == ("id", "name", "city", "zip")
    assert (table.rows, table.rejected_rows) == (1, 2)


def test_three_thousand_columns(tmp_path: Path) -> None:
    header = ",".join(f"field {i}" for i in range(3_000))
    line = ",".join(str(i) for i in range(3_000))
    regular = staged(tmp_path, "\n".join([header, line, line]))
    damaged = staged(tmp_path, "\n".join([header, line, line + ",extra", line[:-5]]))
    assert len(regular.columns) == len(damaged.columns) == 3_000
    assert (regular.rows, damaged.rows, damaged.rejected_rows) == (2, 2, 1)
    assert rows_of(regular)[1][2_999] == "2999"


# --- damaged rows


def test_short_rows_are_filled_and_long_ones_set_aside(tmp_path: Path) -> None:
    table = staged(tmp_path, "a,b,c\n1,2,3\n4,5\n6\n7,8,9,10\n11,12,13,,\n14,15,16\n")
    assert rows_of(table) == [
        ("1", "2", "3"),
        ("4", "5", None),
        ("6", None, None),
        ("11", "12", "13"),
        ("14", "15", "16"),
    ]
    [rejected] = table.rejected
    assert (rejected.line, rejected.text) == (5, "7,8,9,10")
    assert rejected.reason == "it has 4 cells, and the table has 3 columns"
    assert "2 rows had fewer cells than the header; the rest is empty." in table.notes


def test_ids_that_count_are_no_names_of_rows_for_one_stray_cell(tmp_path: Path) -> None:
    table = staged(tmp_path, "id,name,city\n1,Anna,Bonn,\n2,Bob,Rome,\n3,Eva,Oslo,x\n")
    assert rows_of(table) == [("1", "Anna", "Bonn"), ("2", "Bob", "Rome")]
    assert [(row.line, row.reason) for row in table.rejected] == [(4, "it has 4 cells, and the table has 3 columns")]


def test_blank_lines_are_no_rows(tmp_path: Path) -> None:
    table = staged(tmp_path, "a,b\n\n1,2\n \f \n3,4\n\n\n")
    assert rows_of(table) == [("1", "2"), ("3", "4")]
    assert table.notes == ("4 blank lines were left out.",)


def test_an_empty_quoted_cell_is_a_row_of_one_column(tmp_path: Path) -> None:
    assert rows_of(staged(tmp_path, 'name\nAnna\n""\n\nBob\n')) == [("Anna",), (None,), ("Bob",)]


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ('2,5" pipe,x', ("2", '5" pipe', "x")),
        ('2,"He said "hi" to me",x', ("2", 'He said "hi" to me', "x")),
        ('2,"never closed,x', ("2", '"never closed', "x")),
        ('2,"a"b,x', ("2", '"a"b', "x")),
        ('2,"a" ,x', ("2", "a", "x")),
    ],
)
def test_a_stray_quote_costs_no_other_row(line: str, cells: tuple[str, ...], tmp_path: Path) -> None:
    many = [f"{i},text {i},y" for i in range(3, 2_000)]
    table = staged(tmp_path, "\n".join(["id,text,c", "1,one,y", line, *many]))
    assert (table.rows, table.rejected_rows) == (1_999, 0)
    assert rows_of(table)[1] == cells
    assert rows_of(table)[-1] == ("1999", "text 1999", "y")


def test_two_stray_quotes_far_apart_swallow_nothing(tmp_path: Path) -> None:
    lines = [f"{i},text {i},y" for i in range(5_000)]
    lines[10], lines[4_000] = '10,"Anna,y', '4000,Bob",y'
    table = staged(tmp_path, "\n".join(["id,text,c", *lines]))
    assert (table.rows, table.rejected_rows) == (5_000, 0)


@pytest.mark.parametrize("column", [1, 3])
@pytest.mark.parametrize("apart", [1, 2, 60])
def test_two_stray_quotes_near_each_other_swallow_nothing(column: int, apart: int, tmp_path: Path) -> None:
    rows = [[f"K-{i}", f"text {i}", "x", "y"] for i in range(100)]
    rows[10][column] = '"' + rows[10][column]
    rows[10 + apart][3] += '"'
    table = staged(tmp_path, "\n".join(["id,text,c,d", *map(",".join, rows)]))
    assert rows_of(table) == [tuple(row) for row in rows]
    assert table.notes == ("1 row has quotes in unusual places; they were taken as they stand.",)


def test_lines_of_a_quoted_cell_that_are_no_rows_stay_in_it(tmp_path: Path) -> None:
    order = "3 mugs, red, big\n1 tee, blue, small\n2 caps, green, small"
    table = staged(tmp_path, f'id,order,paid\nK-1,"{order}",yes\nK-2,none,no\n')
    assert rows_of(table) == [("K-1", order, "yes"), ("K-2", "none", "no")]


def test_a_text_that_goes_on_beyond_the_first_megabyte_tells_nothing_of_the_columns(tmp_path: Path) -> None:
    letters = ["\n".join(f"Line {i}, of letter {letter}: hello; you" for i in range(9_000)) for letter in range(5)]
    lines = "".join(f'{place},"{letter}",x\n' for place, letter in enumerate(letters))
    table = staged(tmp_path, f"id,letter,c\n{lines}")
    assert rows_of(table) == [(str(place), letter, "x") for place, letter in enumerate(letters)]


def test_very_long_cells_are_read(tmp_path: Path) -> None:
    long = "x" * 3_000_000  # more than DuckDB's reader takes
    table = staged(tmp_path, f"id,text\n1,{long}\n2,b\n")
    assert rows_of(table) == [("1", long), ("2", "b")]


def test_a_long_text_with_many_lines_is_one_cell(tmp_path: Path) -> None:
    letter = "\n".join(f"Line {i}, with a comma and quotes" for i in range(1_000)).replace('"', '""')
    for broken in ("", "3,x,y,too many\n"):
        table = staged(tmp_path, f'id,letter\n1,"{letter}"\n2,short\n{broken}')
        assert rows_of(table)[0] == ("1", letter.replace('""', '"'))
        assert table.rows == 2


def test_the_first_thousand_rejects_are_at_hand_and_all_are_kept_whole(tmp_path: Path) -> None:
    lines = ["a,b", *["1,2"] * 3_000, *["1,2," + "x" * 600] * 1_500]
    table = staged(tmp_path, "\n".join(lines))
    assert (table.rows, table.rejected_rows, len(table.rejected)) == (3_000, 1_500, 1_000)
    assert len(table.rejected[0].text) == 500
    kept = list(unread(table))
    assert len(kept) == 1_500
    assert {(row.text, row.reason) for row in kept} == {
        ("1,2," + "x" * 600, "it has 3 cells, and the table has 2 columns")
    }
    assert [row.line for row in kept] == list(range(3_002, 4_502))


@pytest.mark.parametrize("broken", ["", "9,x,y,z\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_header_that_comes_again_is_no_row(mark: str, broken: str, tmp_path: Path) -> None:
    table = staged(tmp_path, f"{mark}id,name\n1,Anna\n{mark}id,name\n2,Bob\n{broken}")
    assert rows_of(table) == [("1", "Anna"), ("2", "Bob")]
    assert (table.rejected[0].line, table.rejected[0].reason) == (3, "the header once more")


@pytest.mark.parametrize(
    ("below", "reason"),
    [
        ("Total;2\n", "below the table's last row"),
        ("(2 rows affected)\n", "below the table's last row"),
        ("\n-- end of report\n", "a comment, not a row"),
        ("\ncity;people\nBonn;1\nRome;1\n", "below the table's last row"),
    ],
)
def test_what_stands_below_the_last_row_is_no_row(below: str, reason: str, tmp_path: Path) -> None:
    table = staged(tmp_path, f"id;name;city;zip\n1;Anna;Bonn;53111\n2;Eva;Rome;00100\n{below}")
    assert table.rows == 2
    assert {rejected.reason for rejected in table.rejected} == {reason}


def test_a_sentence_below_ids_is_no_row(tmp_path: Path) -> None:
    table = staged(tmp_path, "id,name,city\nK-1,Anna,Bonn\nK-2,Eva\nK-3\nTotal: 3 rows\n\x1a")
    assert rows_of(table) == [("K-1", "Anna", "Bonn"), ("K-2", "Eva", None), ("K-3", None, None)]
    assert [(rejected.reason, rejected.text) for rejected in table.rejected] == [
        ("below the table's last row", "Total: 3 rows")
    ]


def test_short_rows_at_the_end_are_rows(tmp_path: Path) -> None:
    table = staged(tmp_path, "id,name,city\n1,Anna,Bonn\n2,Eva\n3\n")
    assert rows_of(table) == [("1", "Anna", "Bonn"), ("2", "Eva", None), ("3", None, None)]


# --- what is no table


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "table.csv is empty."),
        ("\n \n\n", "table.csv is empty: it has only blank lines."),
        ("id,name\n", "table.csv has a header but no rows; export it again with its rows."),
        ("id,name\n\n\n", "table.csv has a header but no rows; export it again with its rows."),
        (bytes(range(256)) * 40, "table.csv is not a text table: what is in it is no text. Export it as CSV or Excel."),
    ],
)
def test_no_rows_are_told(content: str | bytes, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as error:
        staged(tmp_path, content)
    assert str(error.value) == sentence
    assert [file.name for file in tmp_path.iterdir()] == ["given"]


# --- both readers agree, whatever the file


cells = st.text(
    st.sampled_from("\"',;|\t\n\r \x0b\x1c\x85\u2028") | st.characters(exclude_categories=("Cs", "Cc")), max_size=6
)
LINE_BREAKS = st.sampled_from(["\n", "\r\n"])


@example(rows=[["", "\ufeff"]], delimiter=",", quoting=csv.QUOTE_ALL, end="\n")
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.integers(2, 5).flatmap(lambda n: st.lists(st.lists(cells, min_size=n, max_size=n), min_size=1, max_size=8)),
    delimiter=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    end=LINE_BREAKS,
)
def test_what_a_program_writes_is_read_back(
    rows: list[list[str]], delimiter: str, quoting: Any, end: str, tmp_path: Path
) -> None:
    # A first column of plain numbers and a plain header: the guesses are tested elsewhere, here it is the cells.
    header = ["id", *(f"field {i}" for i in range(len(rows[0])))]
    if quoting == csv.QUOTE_MINIMAL:  # the writer forgets to quote a single CR
        rows = [[cell.replace("\r", "") for cell in row] for row in rows]
    numbered = [[str(number), *row] for number, row in enumerate(rows)]
    with (tmp_path / "given").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows([header, *numbered])
    [table] = stage_delimited(tmp_path / "given", "table.csv", tmp_path, Quiet())
    wanted = [tuple(cell.replace("\ufeff", "") or None for cell in row) for row in numbered]
    assert any("invisible file mark" in note for note in table.notes) == any(
        "\ufeff" in cell for row in rows for cell in row
    )
    if any("blanks after each separator" in note for note in table.notes):
        wanted = [tuple(cell.lstrip(" ") or None if cell else None for cell in row) for row in wanted]
    assert table.columns == tuple(header)
    assert rows_of(table) == wanted
    assert table.rejected_rows == 0


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    parts=st.lists(
        st.sampled_from(["a", "b,", ",", '"', '""', "\n", "\r\n", " ", "é", '"x,y"', '"x\ny"', "1"]), max_size=25
    )
)
def test_the_quick_reader_reads_what_the_careful_one_reads(parts: list[str], tmp_path: Path) -> None:
    (tmp_path / "given").write_text("id,text\n" + "".join(parts) + "\n7,end\n", encoding="utf-8", newline="")

    def read() -> object:
        try:
            [table] = stage_delimited(tmp_path / "given", "table.csv", tmp_path, Quiet())
        except SourceError as error:
            return str(error)
        return table.columns, rows_of(table), table.rejected_rows

    quick = read()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "_stage_regular", lambda *_: None)
        assert read() == quick


PIECES = ["§", "§§", ",", ",", '"', '""', "\n", "\n", "\r\n", "\r", " ", '"§,§"', '"§\n§"', ";", "'", "\\", "\t"]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(st.sampled_from(PIECES), min_size=1, max_size=40), regular=st.integers(0, 3))
def test_no_character_of_a_damaged_file_is_lost(parts: list[str], regular: int, tmp_path: Path) -> None:
    # Every § becomes a character of its own, so that one that is lost or doubled shows.
    text = "id,§,§\n" + "1,§,§\n" * regular + "".join(parts) + "\n2,§,§\n"
    pieces = text.split("§")
    marks = [chr(0x4E00 + place) for place in range(len(pieces) - 1)]
    content = "".join(piece + mark for piece, mark in zip(pieces, [*marks, ""], strict=True))
    (tmp_path / "given").write_text(content, encoding="utf-8", newline="")
    [table] = stage_delimited(tmp_path / "given", "table.csv", tmp_path, Quiet())
    kept = "".join([*table.columns, *(rejected.text for rejected in table.rejected)])
    kept += "".join(cell for row in rows_of(table) for cell in row if cell)
    assert sorted(character for character in kept if character >= "\u4e00") == marks


@settings(max_examples=40)
@given(text=st.text(st.sampled_from('ab,,""\n\n\r '), min_size=1, max_size=60), size=st.integers(1, 9))
def test_a_count_does_not_depend_on_chunks(text: str, size: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "counted"
    path.write_bytes(text.encode())
    whole = counting.count_records(path, ",", '"', lambda _: None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting, "CHUNK", size)
        pieces = counting.count_records(path, ",", '"', lambda _: None)
    # The first chunk alone says which line break the file has; padding is looked for in each chunk by itself.
    if "\r" not in text:
        told = replace(pieces, padded_quotes=whole.padded_quotes, longest_line=whole.longest_line)
        assert told == whole


def test_cancel_leaves_nothing(tmp_path: Path) -> None:
    class Impatient(Quiet):
        def __call__(self, message: str, share: float | None = None) -> None:
            raise Cancelled

    (tmp_path / "given").write_text("a,b\n" + "1,2\n" * 200_000)
    with pytest.raises(Cancelled):
        stage_delimited(tmp_path / "given", "table.csv", tmp_path, Impatient())
    assert [file.name for file in tmp_path.iterdir()] == ["given"]
