"""Parquet files: types kept, nested columns opened, what is no table told."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from connectors.sources.files import stage_file
from segmentation.errors import SourceError
from segmentation.plan import StagedTable


class Quiet:
    def __call__(self, message: str, share: float | None = None) -> None:
        assert share is None or 0 <= share <= 1

    def on_cancel(self, interrupt: object) -> None: ...


def stage(tmp_path: Path, select: str) -> StagedTable:
    duckdb.sql(f"COPY ({select}) TO '{tmp_path}/given.parquet' (FORMAT parquet)")
    [table] = stage_file(tmp_path / "given.parquet", "people.parquet", tmp_path, Quiet())
    return table


def test_types_are_kept_or_made_readable(tmp_path: Path) -> None:
    table = stage(
        tmp_path,
        """SELECT 1::INTEGER AS i, 1.50::DECIMAL(9, 2) AS d, 'x' AS t, true AS b, DATE '2024-04-03' AS day,
            TIMESTAMP '2024-04-03 10:15:00' AS m, TIMESTAMPTZ '2024-04-03 10:15:00+02' AS z, uuid() AS u,
            [1, 2] AS l, ['a', NULL] AS texts, {'city': 'Bonn', 'geo': {'lat': 1.5}} AS home, MAP {'k': 1} AS m2,
            [{'n': 1}] AS orders, '\\x00'::BLOB AS raw, TIMESTAMP_NS '2024-04-03 10:15:00.5' AS ns, NULL::STRUCT(a INT) AS no""",
    )
    relation = duckdb.sql(f"SELECT * FROM '{table.path}'")
    kinds = dict(zip(relation.columns, map(str, relation.types), strict=True))
    in_utc = duckdb.sql(f"SELECT * REPLACE (timezone('UTC', z) AS z) FROM '{table.path}'")
    row = dict(zip(in_utc.columns, in_utc.fetchall()[0], strict=True))
    assert row.pop("u").count("-") == 4
    assert row == {
        "i": 1,
        "d": Decimal("1.50"),
        "t": "x",
        "b": True,
        "day": date(2024, 4, 3),
        "m": datetime(2024, 4, 3, 10, 15),  # noqa: DTZ001
        "z": datetime(2024, 4, 3, 8, 15),  # noqa: DTZ001
        "l": ["1", "2"],
        "texts": ["a", None],
        "home.city": "Bonn",
        "home.geo": '{"lat":1.5}',
        "m2": '{"k":1}',
        "orders": '[{"n":1}]',
        "ns": datetime(2024, 4, 3, 10, 15, 0, 500_000),  # noqa: DTZ001
        "no.a": None,
    }
    assert (kinds["i"], kinds["d"], kinds["z"], kinds["u"]) == (
        "INTEGER",
        "DECIMAL(9,2)",
        "TIMESTAMP WITH TIME ZONE",  # an instant, which the workspace's zone must not move
        "VARCHAR",
    )
    assert table.notes == ("The column “raw” holds neither text nor numbers (e.g. pictures) and was left out.",)


def test_awkward_names_are_kept(tmp_path: Path) -> None:
    table = stage(tmp_path, 'SELECT 1 AS "it\'s ""x""", {\'a\'\'b\': 2} AS s, 3 AS _row')
    assert table.columns == ('it\'s "x"', "s.a'b", "_row_2")
    assert duckdb.sql(f"SELECT * FROM '{table.path}'").fetchall() == [(1, 2, 3)]


def test_online_retail_keeps_all_rows(shared_data: Path, tmp_path: Path) -> None:
    path = shared_data / "online_retail/online_retail_2010_2011.parquet"
    assert stage_file(path, path.name, tmp_path, Quiet())[0].rows == 541_909


def test_damaged_and_empty_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"^people\.parquet has columns but no rows"):
        stage(tmp_path, "SELECT 1 AS a LIMIT 0")
    whole = (tmp_path / "given.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(whole[:-20])
    with pytest.raises(SourceError, match=r"^cut\.parquet cannot be read as Parquet"):
        stage_file(tmp_path / "cut.parquet", "cut.parquet", tmp_path, Quiet())
    assert sorted(file.name for file in tmp_path.iterdir()) == ["cut.parquet", "given.parquet"]
