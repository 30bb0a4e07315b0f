"""PostgreSQL, against a real server: exact types, read-only, problems in sentences."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import duckdb
import pytest
from pydantic import SecretStr

from connectors.sources import databases, postgres
from connectors.sources.databases import DATABASES, Newer, TableOffer, read_tables
from connectors.sources.postgres import Settings, address_of
from segmentation.errors import Cancelled, SourceError
from segmentation.plan import Reference
from tests.servers import ask, postgres_server

POSTGRES = DATABASES["PostgreSQL"]
PASSWORD = "s3:cr/et@% ü"


class Quiet:
    def __call__(self, message: str, share: float | None = None) -> None:
        assert share is None or 0 <= share <= 1

    def on_cancel(self, interrupt: object) -> None: ...


STATEMENTS = """
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN price AS numeric(6, 3);
CREATE TABLE things (
    id int, exact numeric(10, 2), free numeric, long numeric(50, 2), priced price, paid money, real_one real, double_one float8,
    at timestamptz, local_at timestamp, day date, clock time, span interval, yes boolean, code char(5), note varchar(9),
    feeling mood, feelings mood[], tags text[], numbers int[], about json, more jsonb, key uuid, raw bytea, net inet, "Id" int,
    "we""ird; --" text);
INSERT INTO things VALUES (
    1, 1.10, 1.2345, 12345678901234567890123456789012345678.25, 1.234, 12.34, 0.1, 0.1,
    '2024-07-01 12:00+02', '2024-07-01 12:00:00.123456', '2024-07-01', '12:30', '1 day 02:00', true, 'ab', 'x',
    'ok', '{ok,sad}', '{a,"b, c",NULL}', '{1,2}', '{"a": 1}', '{"b": [1]}', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '\\x00',
    '10.0.0.1', 7, 'z');
INSERT INTO things (id, exact, at, local_at, day) VALUES (2, 'NaN', 'infinity', '-infinity', 'infinity');
INSERT INTO things (id) VALUES (3);
CREATE VIEW two AS SELECT id FROM things WHERE id < 3;
CREATE TABLE nothing (a int);
CREATE TABLE big AS SELECT i AS id, 'text ' || i AS text FROM generate_series(1, 300000) i;
ANALYZE big;
CREATE VIEW slow AS SELECT pg_sleep(30)::text AS a;
CREATE SCHEMA other;
CREATE TABLE other.secret AS SELECT 1 AS a;
CREATE TABLE other.people (number int PRIMARY KEY, a int, b int, UNIQUE (a, b));
CREATE TABLE deeds (who int REFERENCES other.people, a int, b int, FOREIGN KEY (a, b) REFERENCES other.people (a, b));
GRANT SELECT ON things, two, big, deeds TO reader;
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Settings]:
    """A server with a database shop; its administrator needs no password, its user reader does."""
    with postgres_server(with_password="reader") as settings:
        ask(settings, "CREATE DATABASE shop", f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'")
        shop = settings.model_copy(update={"database": "shop"})
        ask(shop, *(statement for statement in STATEMENTS.split(";\n") if statement.strip()))
        yield shop


@pytest.fixture(scope="module")
def reader(server: Settings) -> Settings:
    return server.model_copy(update={"user": "reader", "password": SecretStr(PASSWORD)})


def offer(name: str, schema: str = "public", rows: int | None = None) -> TableOffer:
    return TableOffer(schema, name, rows)


def test_foreign_keys_of_one_column_are_read(reader: Settings, tmp_path: Path) -> None:
    [table] = POSTGRES.stage(reader, [offer("deeds")], tmp_path, Quiet())
    assert table.references == (Reference(column="who", schema_name="other", table="people", key="number"),)


def test_types_arrive_exactly(server: Settings, tmp_path: Path) -> None:
    [table] = POSTGRES.stage(server, [offer("things")], tmp_path, Quiet())
    relation = duckdb.sql(f"SELECT * FROM '{table.path}'")
    kinds = dict(zip(relation.columns, map(str, relation.types), strict=True))
    in_utc = duckdb.sql(f"""SELECT * REPLACE (timezone('UTC', "at") AS "at") FROM '{table.path}'""")
    first, second, third = (dict(zip(in_utc.columns, row, strict=True)) for row in in_utc.fetchall())
    assert first == {
        "id": 1,
        "exact": Decimal("1.10"),
        "free": "1.2345",
        "long": "12345678901234567890123456789012345678.25",
        "priced": Decimal("1.234"),
        "paid": Decimal("12.34"),
        "real_one": 0.1,
        "double_one": 0.1,
        "at": datetime(2024, 7, 1, 10, 0),  # noqa: DTZ001 - UTC
        "local_at": datetime(2024, 7, 1, 12, 0, 0, 123_456),  # noqa: DTZ001
        "day": date(2024, 7, 1),
        "clock": "12:30:00",
        "span": "1 day 02:00:00",
        "yes": True,
        "code": "ab",
        "note": "x",
        "feeling": "ok",
        "feelings": ["ok", "sad"],
        "tags": ["a", "b, c", None],
        "numbers": ["1", "2"],
        "about": '{"a": 1}',
        "more": '{"b": [1]}',
        "key": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "net": "10.0.0.1/32",
        "Id_2": 7,
        'we"ird; --': "z",
    }
    assert (kinds["exact"], kinds["priced"]) == ("DECIMAL(10,2)", "DECIMAL(6,3)")
    assert kinds["at"] == "TIMESTAMP WITH TIME ZONE", "an instant, which the workspace's zone must not move"
    assert (second["exact"], second["day"]) == (None, date(9999, 12, 31))
    assert (second["at"], second["local_at"]) == (datetime(9999, 12, 31), datetime(1, 1, 1))  # noqa: DTZ001
    assert {key for key, value in third.items() if value is not None} == {"id"}
    assert table.notes == (
        "The column “raw” holds neither text nor numbers (e.g. pictures) and was left out.",
        "“exact”: 1 cell was not a number and left empty.",
        "There is more than one column “Id”: column 25 is called Id_2.",
    )


def test_tables_are_listed_as_far_as_the_user_may_read(server: Settings, reader: Settings) -> None:
    assert [(o.schema, o.name, o.rows, o.is_view) for o in POSTGRES.tables(server)] == [
        ("public", "big", 300_000, False),
        ("public", "deeds", None, False),
        ("public", "nothing", None, False),
        ("public", "slow", None, True),
        ("public", "things", None, False),
        ("public", "two", None, True),
        ("other", "people", None, False),
        ("other", "secret", None, False),
    ]
    assert [o.name for o in POSTGRES.tables(reader)] == ["big", "deeds", "things", "two"]


def test_the_test_says_whether_the_user_can_write(server: Settings, reader: Settings) -> None:
    assert re.fullmatch(
        r"Connected to shop on \S+, PostgreSQL \d+\.\d+.*\. This user can also write; Handpick never does, but a user who can only read is safer\.",
        POSTGRES.test(server).words,
    )
    assert POSTGRES.test(reader).words.endswith("This user can only read, as it should be.")
    assert POSTGRES.title(reader) == f"shop on {reader.host}"


def test_several_tables_are_streamed(server: Settings, tmp_path: Path) -> None:
    wanted = [offer("big", rows=300_000), offer("two"), offer("nothing"), offer("secret", "other")]
    tables = POSTGRES.stage(server, wanted, tmp_path, Quiet())
    assert [(table.name, table.rows) for table in tables] == [
        ("big", 300_000),
        ("two", 2),
        ("nothing", 0),
        ("other.secret", 1),
    ]
    assert duckdb.sql(f"SELECT count(DISTINCT id), max(text) FROM '{tables[0].path}'").fetchall() == [
        (300_000, "text 99999")
    ]


def test_chinook_counts_as_in_sqlite(server: Settings, shared_data: Path, tmp_path: Path) -> None:
    ask(server, "CREATE DATABASE chinook")
    chinook = server.model_copy(update={"database": "chinook"})
    script = (shared_data / "databases/Chinook_PostgreSql.sql").read_text(encoding="utf-8-sig")
    script = re.sub(r"(?m)^(\\c .*|DROP DATABASE .*|CREATE DATABASE .*)$", "", script)
    ask(
        chinook,
        *(statement for statement in re.split(r";\s*\n", script) if re.sub(r"(?s)/\*.*?\*/", "", statement).strip()),
    )
    names = ["customer", "invoice", "invoice_line", "track", "playlist_track"]
    tables = POSTGRES.stage(chinook, [offer(name) for name in names], tmp_path, Quiet())
    assert [table.rows for table in tables] == [59, 412, 2_240, 3_503, 8_715]
    assert duckdb.sql(f"SELECT sum(total) FROM '{tables[1].path}'").fetchall() == [(Decimal("2328.60"),)]


def test_nothing_can_be_written(server: Settings) -> None:
    for statement in ("INSERT INTO nothing VALUES (1)", "DROP TABLE nothing", "CREATE TABLE new (a int)"):
        with pytest.raises(SourceError, match="read-only transaction"), postgres._opened(server, 5) as cursor:
            cursor.execute(statement)


def problem(settings: Settings, **changes: Any) -> str:
    with pytest.raises(SourceError) as error:
        POSTGRES.test(settings.model_copy(update=changes))
    text = str(error.value)
    assert PASSWORD not in f"{text} {error.value.__cause__}"
    return text


def test_problems_of_the_connection_are_told(server: Settings, reader: Settings) -> None:
    place = f"shop on {server.host}"
    wrong = f"reader could not log in to {place}: the user or the password is wrong."
    assert problem(reader, password=SecretStr("wrong")) == wrong
    assert problem(reader, password=SecretStr("")) == wrong
    assert problem(server, user="nobody").startswith(f"nobody could not log in to {place}: there is no such user")
    assert problem(server, database="Shop").startswith(f"There is no database “Shop” on {server.host}.")
    assert problem(server, host="127.0.0.1", port=1).startswith(
        "127.0.0.1 does not answer on port 1: nothing listens there."
    )
    assert problem(server, host="::1", port=1).startswith("::1 ")
    assert problem(server, host="no.such.host.invalid").startswith("There is no server “no.such.host.invalid”.")


def test_a_server_that_does_not_answer_is_given_up(server: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "CONNECT_SECONDS", 2)  # the least that the driver takes
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        assert problem(server, host="127.0.0.1", port=port).startswith(f"127.0.0.1 does not answer on port {port}.")


def test_problems_of_reading_are_told(reader: Settings, server: Settings, tmp_path: Path) -> None:
    for settings, wanted, sentence in [
        (
            reader,
            offer("secret", "other"),
            r"^reader has no permission to read this: permission denied for schema other\.",
        ),
        (reader, offer("nothing"), r"^reader has no permission to read this: permission denied for table nothing\."),
        (server, offer("gone"), r'^Something that was there is gone: relation "public\.gone" does not exist\.'),
    ]:
        with pytest.raises(SourceError, match=sentence):
            POSTGRES.stage(settings, [wanted], tmp_path, Quiet())
    assert not list(tmp_path.iterdir())


def test_a_slow_answer_ends_at_its_limit(server: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "READING_SECONDS", 1)
    with pytest.raises(SourceError, match="took too long to answer"):
        POSTGRES.stage(server, [offer("slow")], tmp_path, Quiet())


class Impatient(Quiet):
    """Presses Cancel half a second after the reading began."""

    cancelled = False

    def on_cancel(self, interrupt: Any) -> None:
        if interrupt:
            threading.Timer(0.5, self.press, (interrupt,)).start()

    def press(self, interrupt: Any) -> None:
        self.cancelled = True
        interrupt()

    def __call__(self, message: str, share: float | None = None) -> None:
        if self.cancelled:
            raise Cancelled


def test_cancel_ends_a_running_query_at_once(server: Settings, tmp_path: Path) -> None:
    start = time.monotonic()
    with pytest.raises(Cancelled):
        POSTGRES.stage(server, [offer("slow")], tmp_path, Impatient())
    assert time.monotonic() - start < 10
    assert not list(tmp_path.iterdir())


def test_no_setting_can_become_another() -> None:
    hostile = Settings(
        host="h/x?sslmode=disable", database="d?options=-c", user="u:p@evil", password=SecretStr("p@evil/x?y#z")
    )
    address = urlsplit(address_of(hostile))
    assert (address.port, address.path) == (5432, "/d%3Foptions%3D-c")
    assert address.netloc == "u%3Ap%40evil:p%40evil%2Fx%3Fy%23z@h%2Fx%3Fsslmode%3Ddisable:5432"
    assert parse_qs(address.query)["sslmode"] == ["prefer"]


def test_only_what_is_new_is_asked_for(server: Settings, tmp_path: Path) -> None:
    for column, value, rows in [
        ("id", "2", 2),
        ("at", "2024-07-01 10:00:00+00", 2),
        ("local_at", "2024-07-01 12:00:00.123456", 1),
        ("exact", "1.10", 2),
        ("day", "2025-01-01", 1),
    ]:
        wanted = TableOffer("public", "things", newer=Newer(column, value))
        [table] = POSTGRES.stage(server, [wanted], tmp_path, Quiet())
        assert (column, table.rows) == (column, rows)
    with pytest.raises(SourceError, match=r"^things has no column “gone” any more, by which new rows were found"):
        POSTGRES.stage(server, [TableOffer("public", "things", newer=Newer("gone", "1"))], tmp_path, Quiet())


class Unlucky(Quiet):
    """The connection breaks once, when rows have come."""

    def __init__(self, server: Settings) -> None:
        self.server, self.broken, self.said = server, False, list[str]()

    def __call__(self, message: str, share: float | None = None) -> None:
        self.said.append(message)
        if share and not self.broken:
            self.broken = True
            ask(self.server, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'Handpick' AND pid <> pg_backend_pid()")  # fmt: skip


def test_a_connection_that_breaks_is_taken_up_again(
    server: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "PAUSE_SECONDS", 0.01)
    ask(
        server, "CREATE TABLE wide AS SELECT i AS id, repeat(md5(i::text), 40) AS text FROM generate_series(1, 60000) i"
    )
    unlucky = Unlucky(server)
    [table] = read_tables(POSTGRES, server, [offer("wide", rows=60_000)], tmp_path, unlucky)
    assert (table.rows, len(list(tmp_path.iterdir()))) == (60_000, 1)
    assert any("broke. Reading again" in message for message in unlucky.said)
