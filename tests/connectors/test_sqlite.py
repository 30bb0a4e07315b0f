"""SQLite files: every value as text, read-only, problems in sentences."""

import sqlite3
from pathlib import Path

import duckdb
import pytest

from connectors.sources.database_files import Settings
from connectors.sources.databases import DATABASES, TableOffer
from segmentation.errors import Cancelled, SourceError
from segmentation.plan import Reference

SQLITE = DATABASES["SQLite file"]


class Quiet:
    def __call__(self, message: str, share: float | None = None) -> None:
        assert share is None or 0 <= share <= 1

    def on_cancel(self, interrupt: object) -> None: ...


def made(path: Path, *statements: str) -> Settings:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return Settings(path=path)


def offer(name: str) -> TableOffer:
    return TableOffer("main", name)


def test_foreign_keys_of_one_column_are_read(tmp_path: Path) -> None:
    settings = made(
        tmp_path / "a.sqlite",
        "CREATE TABLE people (number INTEGER PRIMARY KEY, a INT, b INT, UNIQUE (a, b))",
        "CREATE TABLE deeds (who INT REFERENCES People, nobody INT REFERENCES gone, a INT, b INT, "
        "FOREIGN KEY (a, b) REFERENCES people (a, b))",
    )
    [table] = SQLITE.stage(settings, [offer("deeds")], tmp_path, Quiet())
    assert table.references == (Reference(column="who", schema_name="main", table="People", key="number"),)


@pytest.mark.parametrize(
    ("file", "counts"),
    [
        ("Chinook_Sqlite.sqlite", {"Customer": 59, "Invoice": 412, "InvoiceLine": 2_240, "Track": 3_503, "PlaylistTrack": 8_715}),
        ("northwind.sqlite", {"Customers": 93, "Orders": 830, "Order Details": 2_155, "Invoices": 2_155, "Products": 77}),
    ],
)  # fmt: skip
def test_real_databases_keep_all_rows(file: str, counts: dict[str, int], shared_data: Path, tmp_path: Path) -> None:
    settings = Settings(path=shared_data / "databases" / file)
    offers = {offer.name: offer for offer in SQLITE.tables(settings)}
    tables = SQLITE.stage(settings, [offers[name] for name in counts], tmp_path, Quiet())
    assert {table.name: table.rows for table in tables} == counts
    assert all(duckdb.sql(f"SELECT count(*) FROM '{t.path}'").fetchall() == [(t.rows,)] for t in tables)
    assert not any(offer.name.startswith("sqlite_") for offer in offers.values())
    assert SQLITE.test(settings).words.startswith(f"Found {len(offers)} tables in {file}.")


def test_views_are_marked_and_tables_counted(tmp_path: Path) -> None:
    settings = made(tmp_path / "a.db", "CREATE TABLE t AS SELECT 1 AS a", "CREATE VIEW v AS SELECT * FROM t")
    assert SQLITE.tables(settings) == (TableOffer("main", "t", 1), TableOffer("main", "v", None, is_view=True))
    assert SQLITE.title(settings) == "a.db"


def test_mixed_values_survive_as_text(tmp_path: Path) -> None:
    settings = made(
        tmp_path / "a.db",
        'CREATE TABLE "we""ird; --" (id TEXT, "mixed" INTEGER, "A" REAL, "a ""b""" TEXT, photo BLOB, odd)',
        """INSERT INTO "we""ird; --" VALUES ('00012', 1, 0.1, 'x', x'00', 'text'), ('2', 'n/a', 3.0, '', NULL, x'ff'),
            ('3', 2.5, 0.1 + 0.2, NULL, NULL, 7)""",
    )
    [table] = SQLITE.stage(settings, [offer('we"ird; --')], tmp_path, Quiet())
    assert table.columns == ("id", "mixed", "A", 'a "b"', "odd")
    assert duckdb.sql(f"SELECT * FROM '{table.path}'").fetchall() == [
        ("00012", "1", "0.1", "x", "text"),
        ("2", "n/a", "3", None, None),
        ("3", "2.5", "0.30000000000000004", None, "7"),
    ]
    assert table.notes == (
        "The column “photo” holds neither text nor numbers (e.g. pictures) and was left out.",
        "“odd”: 1 cell was neither text nor number and left empty.",
    )


def test_texts_that_are_not_utf8_are_read(tmp_path: Path) -> None:
    settings = made(tmp_path / "a.db", "CREATE TABLE t AS SELECT CAST(x'5a6fe9' AS TEXT) AS a UNION ALL SELECT 'é'")
    [table] = SQLITE.stage(settings, [offer("t")], tmp_path, Quiet())
    assert sorted(duckdb.sql(f"SELECT a FROM '{table.path}'").fetchall()) == [("Zoé",), ("é",)]
    assert table.notes == ("Some texts are not UTF-8: what is not was read as Windows-1252 (Western European).",)


def test_the_file_is_never_written(tmp_path: Path) -> None:
    settings = made(tmp_path / "a.db", "CREATE TABLE t AS SELECT 1 AS a")
    before = (settings.path.read_bytes(), settings.path.stat().st_mtime_ns)
    SQLITE.stage(settings, [offer("t")], tmp_path, Quiet())
    assert (settings.path.read_bytes(), settings.path.stat().st_mtime_ns) == before


def test_a_database_that_is_being_written_is_read_with_its_log(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "a.db")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE t AS SELECT 1 AS a")
    connection.commit()
    [table] = SQLITE.stage(Settings(path=tmp_path / "a.db"), [offer("t")], tmp_path, Quiet())
    connection.close()
    assert table.rows == 1


def test_problems_are_told(tmp_path: Path) -> None:
    made(tmp_path / "customers.db", "CREATE TABLE t (a)")
    with pytest.raises(SourceError, match=r"^There is no file .*customers\.dp\. Close: customers\.db\.$"):
        SQLITE.test(Settings(path=tmp_path / "customers.dp"))
    (tmp_path / "text.db").write_text("id,name\n" * 100)
    with pytest.raises(SourceError, match=r"^text\.db is not an SQLite database, or it is encrypted\."):
        SQLITE.test(Settings(path=tmp_path / "text.db"))
    with pytest.raises(SourceError, match=r"^There is no table gone any more\."):
        SQLITE.stage(Settings(path=tmp_path / "customers.db"), [offer("gone")], tmp_path, Quiet())


def test_handpicks_own_files_are_refused(workspace: Path) -> None:
    with pytest.raises(SourceError, match=r"^library\.db belongs to Handpick itself\."):
        SQLITE.test(made(workspace / "library.db", "CREATE TABLE t (a)"))


def test_cancel_ends_the_reading(tmp_path: Path) -> None:
    class Impatient(Quiet):
        def on_cancel(self, interrupt: object) -> None:
            if callable(interrupt):
                self.interrupt = interrupt

        def __call__(self, message: str, share: float | None = None) -> None:
            self.interrupt()

    rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 50000) SELECT i FROM n"
    settings = made(tmp_path / "a.db", f"CREATE TABLE t AS {rows}")
    with pytest.raises(Cancelled):
        SQLITE.stage(settings, [offer("t")], tmp_path, Impatient())
    assert not list(tmp_path.glob("*.parquet"))
