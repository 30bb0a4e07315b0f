"""DuckDB files: types kept, nothing outside of the file, problems in sentences."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from connectors.sources.database_files import Settings
from connectors.sources.databases import DATABASES, Newer, TableOffer
from segmentation.errors import SourceError
from segmentation.jobs import Quiet
from segmentation.plan import Reference

DUCKDB = DATABASES["DuckDB file"]


def made(path: Path, *statements: str) -> Settings:
    with duckdb.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    return Settings(path=path)


def test_types_arrive_exactly(tmp_path: Path) -> None:
    settings = made(
        tmp_path / "a.duckdb",
        """CREATE TABLE t AS SELECT 1::UTINYINT AS a, 1.10::DECIMAL(10, 2) AS b, DATE '2024-07-01' AS c,
            TIMESTAMPTZ '2024-07-01 12:00+02' AS d, 'ok'::ENUM ('ok') AS e, ['x', 'y'] AS f, {'g': 1, 'h': 'z'} AS s,
            '\\x00'::BLOB AS raw, uuid() AS u, true AS yes, '{"a": 1}'::JSON AS j""",
    )
    [table] = DUCKDB.stage(settings, [TableOffer("main", "t")], tmp_path, Quiet())
    found = duckdb.sql(f"SELECT * EXCLUDE u REPLACE (timezone('UTC', d)::VARCHAR AS d) FROM '{table.path}'")
    assert dict(zip(found.columns, found.fetchall()[0], strict=True)) == {
        "a": 1,
        "b": Decimal("1.10"),
        "c": date(2024, 7, 1),
        "d": "2024-07-01 10:00:00",
        "e": "ok",
        "f": ["x", "y"],
        "s.g": 1,
        "s.h": "z",
        "yes": True,
        "j": '{"a": 1}',
    }
    assert table.notes == ("The column “raw” holds neither text nor numbers (e.g. pictures) and was left out.",)


def test_foreign_keys_of_one_column_are_read(tmp_path: Path) -> None:
    settings = made(
        tmp_path / "a.duckdb",
        "CREATE TABLE people (number INT PRIMARY KEY, a INT, b INT, UNIQUE (a, b))",
        "CREATE TABLE deeds (who INT REFERENCES people (number), a INT, b INT, FOREIGN KEY (a, b) REFERENCES people (a, b))",
    )
    [table] = DUCKDB.stage(settings, [TableOffer("main", "deeds")], tmp_path, Quiet())
    assert table.references == (Reference(column="who", schema_name="main", table="people", key="number"),)


def test_tables_and_views_are_listed_and_read_as_far_as_they_are_new(tmp_path: Path) -> None:
    settings = made(
        tmp_path / "a.duckdb",
        "CREATE TABLE t AS SELECT i AS id FROM range(100) r(i)",
        "CREATE VIEW v AS SELECT * FROM t",
        "CREATE SCHEMA other",
        "CREATE TABLE other.t (a INT)",
    )
    assert DUCKDB.tables(settings) == (
        TableOffer("main", "t", 100),
        TableOffer("other", "t", 0),
        TableOffer("main", "v", None, is_view=True),
    )
    assert DUCKDB.test(settings).words == "Found 3 tables in a.duckdb. It is opened for reading only."
    wanted = [TableOffer("main", "t", newer=Newer("id", "90")), TableOffer("other", "t")]
    assert [(t.name, t.rows) for t in DUCKDB.stage(settings, wanted, tmp_path, Quiet())] == [("t", 10), ("other.t", 0)]


def test_problems_are_told(tmp_path: Path, workspace: Path) -> None:
    (tmp_path / "secret.csv").write_text("a\n1\n")
    outside = tmp_path.parent / f"{tmp_path.name}.duckdb"
    made(outside, f"CREATE VIEW v AS SELECT * FROM read_csv('{tmp_path / 'secret.csv'}')")
    with pytest.raises(SourceError, match=r"^A view in .* reads files outside of it, which Handpick does not follow\."):
        DUCKDB.stage(Settings(path=outside), [TableOffer("main", "v")], tmp_path, Quiet())
    with pytest.raises(SourceError, match=r"cannot be read: Catalog Error: Table with name gone does not exist! "):
        DUCKDB.stage(Settings(path=outside), [TableOffer("main", "gone")], tmp_path, Quiet())
    with duckdb.connect(outside), pytest.raises(SourceError, match="is in use by another program"):
        DUCKDB.test(Settings(path=outside))
    text = tmp_path.parent / f"{tmp_path.name}.txt"
    text.write_text("id,name\n" * 100)
    with pytest.raises(SourceError, match="is not a DuckDB file that this Handpick can read"):
        DUCKDB.test(Settings(path=text))
    made(workspace / "a.duckdb", "CREATE TABLE t (a INT)")
    with pytest.raises(SourceError, match=r"^a\.duckdb belongs to Handpick itself\."):
        DUCKDB.test(Settings(path=workspace / "a.duckdb"))
