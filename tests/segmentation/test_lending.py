"""A DuckDB that is kept to write files: each file is whole and let go of, whatever happened to it."""

from collections import deque
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from segmentation import lending
from segmentation.audience import BASE, attach_base, version_paths
from segmentation.catalogue import Kind, Role
from segmentation.errors import AudienceError
from segmentation.inbox import Inbox
from segmentation.lending import about_of, attached
from segmentation.living import bring_in
from segmentation.messages import admitted
from tests.segmentation.audiences import write_audience


@pytest.fixture(autouse=True)
def free(monkeypatch: pytest.MonkeyPatch) -> deque[duckdb.DuckDBPyConnection]:
    """Those that are free to be lent."""
    none: deque[duckdb.DuckDBPyConnection] = deque(maxlen=1)
    monkeypatch.setattr(lending, "_FREE", none)
    return none


def write(path: Path, text: str) -> None:
    with attached(path) as connection:
        connection.execute("CREATE TABLE people AS SELECT $text AS name", {"text": text})
        connection.execute("CREATE TEMP TABLE kept AS SELECT 1")
        connection.execute("SET VARIABLE zone = 'UTC'")


def names(path: Path) -> list[tuple[str]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute("SELECT * FROM people").fetchall()


def databases(connection: duckdb.DuckDBPyConnection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT database_name FROM duckdb_databases()").fetchall()}


def test_files_are_whole_and_have_nothing_of_the_one_before(
    tmp_path: Path, free: deque[duckdb.DuckDBPyConnection]
) -> None:
    write(tmp_path / "it's one.duckdb", "Ann")
    (kept,) = free
    write(tmp_path / "two.duckdb", "Ben")
    assert [*free] == [kept]
    assert databases(kept) == {"memory", "system", "temp"}
    with attached(tmp_path / "three.duckdb") as connection:
        assert connection.execute("SELECT getvariable('zone')").fetchall() == [(None,)]
        assert connection.execute("SELECT table_name FROM duckdb_tables()").fetchall() == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["it's one.duckdb", "three.duckdb", "two.duckdb"]
    assert names(tmp_path / "it's one.duckdb") == [("Ann",)]
    assert names(tmp_path / "two.duckdb") == [("Ben",)]


def test_one_in_which_something_went_wrong_is_ended_with_its_file(
    tmp_path: Path, free: deque[duckdb.DuckDBPyConnection]
) -> None:
    path = tmp_path / "one.duckdb"
    with suppress(KeyError), attached(path) as connection:
        connection.execute("BEGIN")
        connection.execute("CREATE TABLE people AS SELECT 'Ann' AS name")
        raise KeyError
    assert not free
    with pytest.raises(duckdb.ConnectionException):
        connection.execute("SELECT 1")
    path.unlink()
    write(path, "Ben")
    assert names(path) == [("Ben",)]


def test_two_at_once_have_one_each_with_a_base_of_its_own(
    tmp_path: Path, free: deque[duckdb.DuckDBPyConnection]
) -> None:
    for base in ("a", "b"):
        write(tmp_path / base, base)
    with attached(tmp_path / "one") as one, attached(tmp_path / "two") as two:
        for connection, base in ((one, "a"), (two, "b")):
            attach_base(connection, tmp_path / base)
            connection.execute(f"CREATE VIEW people AS SELECT * FROM {BASE}.main.people")
        assert (one.execute("FROM people").fetchall(), two.execute("FROM people").fetchall()) == ([("a",)], [("b",)])
    (kept,) = free
    assert databases(kept) == {"memory", "system", "temp"}


def test_a_file_that_is_only_read_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "one.duckdb"
    write(path, "Ann")
    before = path.read_bytes()
    with pytest.raises(duckdb.InvalidInputException), attached(path, read_only=True) as connection:
        connection.execute("DELETE FROM people")
    assert path.read_bytes() == before
    with pytest.raises(duckdb.Error), attached(tmp_path / "none.duckdb", read_only=True):
        pass


def test_what_a_version_says_is_read_as_if_it_was_opened(tmp_path: Path) -> None:
    path = tmp_path / "shop" / "v000001.duckdb"
    opened = write_audience(path, {"id": Kind.TEXT}, [{"id": "1"}], roles={"id": Role.PERSON_ID})
    assert about_of(path) == opened.about
    opened.close()
    assert about_of(path) == opened.about
    inbox = Inbox(path.parent)
    inbox.append([admitted({"userId": "2"}, "identify", datetime(2026, 6, 1, tzinfo=UTC))])
    inbox.close()
    bring_in(path.parent)
    newest = version_paths(path.parent)[-1]
    assert newest != path
    assert about_of(newest).people == 2
    for base in path.parent.glob("base-*.duckdb"):
        base.unlink()
    with pytest.raises(AudienceError, match=r"v000002\.duckdb cannot be opened"):
        about_of(newest)
