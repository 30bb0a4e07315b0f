"""JSON and NDJSON: nested fields opened, lists kept, damaged lines set aside."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from connectors.sources import json_records
from connectors.sources.files import stage_file
from segmentation.errors import SourceError
from segmentation.plan import StagedTable


class Quiet:
    def __call__(self, message: str, share: float | None = None) -> None:
        assert share is None or 0 <= share <= 1

    def on_cancel(self, interrupt: object) -> None: ...


def stage(tmp_path: Path, content: str | bytes, name: str = "people.json") -> StagedTable:
    (tmp_path / "given").write_bytes(content if isinstance(content, bytes) else content.encode())
    [table] = stage_file(tmp_path / "given", name, tmp_path, Quiet())
    return table


def read(table: StagedTable) -> tuple[dict[str, str], list[tuple[Any, ...]]]:
    relation = duckdb.sql(f"SELECT * FROM '{table.path}'")
    rows = relation.fetchall()
    assert len(rows) == table.rows
    return dict(zip(relation.columns, map(str, relation.types), strict=True)), rows


PEOPLE: list[dict[str, Any]] = [
    {
        "id": "00012",
        "age": 30,
        "score": 1.5,
        "vip": True,
        "home": {"city": "Köln", "geo": {"lat": 50.9}},
        "tags": ["a", "b"],
    },
    {"id": "7", "age": 41, "score": 2, "vip": False, "home": None, "tags": [], "extra": "new"},
    {"id": "8", "age": None, "score": None, "vip": None, "home": {"city": "Bonn"}, "orders": [{"n": 1}]},
]

WHOLE = json.dumps(PEOPLE, ensure_ascii=False)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (WHOLE, "people.json"),
        (json.dumps(PEOPLE, indent=2), "people.json"),
        ("\n".join(json.dumps(person) for person in PEOPLE), "people.ndjson"),
        ("\r\n\r\n".join(json.dumps(person) for person in PEOPLE) + "\n", "people.jsonl"),
        ("\n".join(json.dumps(person, indent=1) for person in PEOPLE), "people.json"),
        (json.dumps({"status": "ok", "data": PEOPLE}), "people.json"),
        (json.dumps({"status": "ok", "data": PEOPLE}, indent=2), "people.json"),
        (b"\xef\xbb\xbf" + WHOLE.encode(), "people.json"),
        (WHOLE.encode("utf-16"), "people.json"),
    ],
)
def test_every_shape_gives_the_same_table(content: str | bytes, name: str, tmp_path: Path) -> None:
    table = stage(tmp_path, content, name)
    kinds, rows = read(table)
    assert kinds == {
        "id": "VARCHAR",
        "age": "BIGINT",
        "score": "DOUBLE",
        "vip": "BOOLEAN",
        "home.city": "VARCHAR",
        "home.geo.lat": "DOUBLE",
        "tags": "VARCHAR[]",
        "home": "VARCHAR",
        "extra": "VARCHAR",
        "orders": "VARCHAR",
    }
    assert rows[0] == ("00012", 30, 1.5, True, "Köln", 50.9, ["a", "b"], None, None, None)
    assert rows[1] == ("7", 41, 2.0, False, None, None, [], None, "new", None)
    assert rows[2] == ("8", None, None, None, "Bonn", None, None, None, None, '[{"n": 1}]')
    assert table.rejected_rows == 0


def test_mixed_values_become_text_and_long_numbers_stay_exact(tmp_path: Path) -> None:
    table = stage(tmp_path, '[{"a": 1, "b": 12345678901234567890}, {"a": "x", "b": 1}, {"a": true, "b": null}]')
    assert read(table)[1] == [("1", "12345678901234567890"), ("x", "1"), ("true", None)]


def test_damaged_lines_are_set_aside(tmp_path: Path) -> None:
    table = stage(tmp_path, '{"a": 1}\n{"a": 2\n[3]\n"four"\n\n{"a": 5}\n', "people.ndjson")
    assert read(table)[1] == [(1,), (5,)]
    assert [(r.line, r.reason, r.text) for r in table.rejected] == [
        (2, "it is not whole JSON", '{"a": 2'),
        (3, "it has no named fields", "[3]"),
        (4, "it has no named fields", '"four"'),
    ]
    assert table.notes == ("1 blank line was left out.",)


def test_half_an_emoji_costs_its_own_character(tmp_path: Path) -> None:
    content = r"""{"id": 1, "mood": "\ud83d\ude00 \ud83d", "tags": ["\ude00"]}""" + "\n" + r"""["\ud83d"]""" + "\n"
    table = stage(tmp_path, content)
    assert read(table)[1] == [(1, "😀 \ufffd", ["\ufffd"])]
    assert table.rejected[0].text == '["\ufffd"]'


def test_large_arrays_are_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_records, "CHUNK", 64)
    people = [{"id": i, "note": "ä, ]}{[\\" * (i % 7)} for i in range(500)]
    table = stage(tmp_path, json.dumps(people, indent=1))
    assert [row[0] for row in read(table)[1]] == list(range(500))
    assert read(table)[1][6][1] == people[6]["note"]


def test_names_that_differ_in_case_only_are_both_kept(tmp_path: Path) -> None:
    assert stage(tmp_path, '[{"a": 1, "A": 2}]').columns == ("a", "A_2")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("[]", "people.json holds no rows with named fields. Export it as a list of such rows, or as CSV."),
        ("[1, 2]", "people.json holds no rows with named fields. Export it as a list of such rows, or as CSV."),
        ('[{"a": 1}, {"a": 2}', "people.json is not whole: its list has no end. Export it again."),
    ],
)
def test_what_holds_no_rows_is_told(content: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as error:
        stage(tmp_path, content)
    assert str(error.value) == sentence


def test_damage_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"^people\.json is damaged JSON in line 2: "):
        stage(tmp_path, '[{"a": 1},\n{"a": nonsense}]')
    with pytest.raises(SourceError, match=r"^people\.json is damaged JSON in line 1: "):
        stage(tmp_path, "hello, world")


def test_keys_that_are_data_are_refused(tmp_path: Path) -> None:
    content = json.dumps([{f"user {i}": i} for i in range(6_000)])
    with pytest.raises(SourceError, match="more than 5,000 different fields"):
        stage(tmp_path, content)


def test_rows_deep_in_an_object_are_found_and_several_lists_are_several_tables(tmp_path: Path) -> None:
    (tmp_path / "given").write_text('{"ok": true, "data": {"people": [{"id": 1}, {"id": 2}], "orders": [{"n": 7}]}}')
    tables = stage_file(tmp_path / "given", "export.json", tmp_path, Quiet())
    assert [(table.name, table.rows) for table in tables] == [
        ("export.json – data.people", 2),
        ("export.json – data.orders", 1),
    ]
    assert tables[0].notes == ("The rows were taken from “data.people”.",)
