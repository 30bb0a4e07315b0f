"""MySQL and MariaDB, against a real server: exact types, read-only, problems in sentences."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pymysql
import pytest
from pydantic import SecretStr

from connectors.sources import databases, mysql, servers
from connectors.sources.databases import DATABASES, Newer, TableOffer, read_tables
from connectors.sources.mysql import Settings
from segmentation.errors import Cancelled, ConnectionLost, SourceError
from segmentation.jobs import Quiet
from segmentation.plan import Reference
from tests.servers import free_port, mariadb_server, system_tables

MYSQL = DATABASES["MySQL or MariaDB"]
PASSWORD = "s3:cr/et@% ü"

STATEMENTS = r"""
CREATE TABLE things (
    id int unsigned, big bigint unsigned, exact decimal(10, 2), long_one decimal(50, 2), real_one float, double_one double,
    yes tinyint(1), few tinyint(1), flag bit(1), bits bit(12), day date, local_at datetime(6), at timestamp NULL,
    clock time, made year, feeling enum('sad', 'ok'), tags set('a', 'b'), about json, note text, latin varchar(20) CHARACTER SET latin1,
    raw blob, place point, `we``ird; --` varchar(9), `50%` int);
SET time_zone = '+02:00';
SET sql_mode = 'ALLOW_INVALID_DATES';
INSERT INTO things VALUES (4294967295, 18446744073709551615, 1.10, 12345678901234567890123456789012345678.25, 0.1, 0.1,
    1, 1, b'1', b'100000000001', '2024-07-01', '2024-07-01 12:00:00.123456', '2024-07-01 12:00:00',
    '12:30', 2024, 'ok', 'a,b', '{"a": 1}', 'tab\tbreak\n\\ "quote" \'x\' \0', 'Zoé', x'00', point(1, 2), 'z', 5);
INSERT INTO things (id, yes, few, tags, day, local_at, at, note) VALUES
    (2, 0, 2, '', '0000-00-00', '2024-02-31 10:00:00', '0000-00-00 00:00:00', '');
INSERT INTO things (id) VALUES (3);
CREATE VIEW two AS SELECT id FROM things WHERE id < 4;
CREATE TABLE nothing (a int);
CREATE TABLE big AS SELECT seq AS id, concat('text ', seq) AS text FROM seq_1_to_30000;
ANALYZE TABLE big;
CREATE VIEW slow AS SELECT sleep(30) AS a;
CREATE TABLE secret AS SELECT 1 AS a;
CREATE TABLE people (number int PRIMARY KEY, a int, b int, UNIQUE (a, b));
CREATE TABLE deeds (who int, a int, b int, FOREIGN KEY (who) REFERENCES people (number), FOREIGN KEY (a, b) REFERENCES people (a, b));
GRANT SELECT ON shop.deeds TO reader;
GRANT SELECT ON shop.things TO reader;
GRANT SELECT ON shop.two TO reader;
GRANT SELECT ON shop.big TO reader;
GRANT SELECT (a) ON shop.nothing TO reader"""


def ask(settings: Settings, *statements: str) -> None:
    with closing(
        pymysql.connect(
            host=settings.host, port=settings.port, user="root", password=PASSWORD.encode(), database=settings.database,
            charset="utf8mb4", autocommit=True,
        )
    ) as connection, connection.cursor() as cursor:  # fmt: skip
        for statement in statements:
            cursor.execute(statement)


@pytest.fixture(scope="module")
def server() -> Iterator[Settings]:
    """A server with a database shop, as its administrator."""
    port = free_port()
    with mariadb_server(system_tables(), f"--port={port}", "--bind-address=127.0.0.1", "--skip-name-resolve") as place:
        with closing(pymysql.connect(unix_socket=str(place), user="root")) as connection, connection.cursor() as cursor:
            cursor.execute("GRANT ALL ON *.* TO root@'127.0.0.1' IDENTIFIED BY %s WITH GRANT OPTION", (PASSWORD,))
            cursor.execute("CREATE USER reader IDENTIFIED BY %s", (PASSWORD,))
            cursor.execute("CREATE DATABASE shop CHARACTER SET utf8mb4")
        settings = Settings(
            host="127.0.0.1", port=port, database="shop", user="root", password=SecretStr(PASSWORD), tls="prefer"
        )
        ask(settings, *re.split(r";\n", STATEMENTS))
        yield settings


@pytest.fixture(scope="module")
def reader(server: Settings) -> Settings:
    return server.model_copy(update={"user": "reader"})


def offer(name: str, rows: int | None = None, schema: str = "shop") -> TableOffer:
    return TableOffer(schema, name, rows)


def test_foreign_keys_of_one_column_are_read(reader: Settings, tmp_path: Path) -> None:
    [table] = MYSQL.stage(reader, [TableOffer("shop", "deeds")], tmp_path, Quiet())
    assert table.references == (Reference(column="who", schema_name="shop", table="people", key="number"),)


def test_types_arrive_exactly(server: Settings, tmp_path: Path) -> None:
    [table] = MYSQL.stage(server, [offer("things")], tmp_path, Quiet())
    relation = duckdb.sql(f"SELECT * FROM '{table.path}'")
    kinds = dict(zip(relation.columns, map(str, relation.types), strict=True))
    in_utc = duckdb.sql(f"""SELECT * REPLACE (timezone('UTC', "at") AS "at") FROM '{table.path}'""")
    first, second, third = (dict(zip(in_utc.columns, row, strict=True)) for row in in_utc.fetchall())
    assert first == {
        "id": 4294967295,
        "big": Decimal(18446744073709551615),
        "exact": Decimal("1.10"),
        "long_one": "12345678901234567890123456789012345678.25",
        "real_one": 0.1,
        "double_one": 0.1,
        "yes": True,
        "few": 1,
        "flag": True,
        "bits": Decimal(2049),
        "day": date(2024, 7, 1),
        "local_at": datetime(2024, 7, 1, 12, 0, 0, 123_456),  # noqa: DTZ001
        "at": datetime(2024, 7, 1, 10, 0),  # noqa: DTZ001 - UTC
        "clock": "12:30:00",
        "made": 2024,
        "feeling": "ok",
        "tags": ["a", "b"],
        "about": '{"a": 1}',
        "note": "tab\tbreak\n\\ \"quote\" 'x' \0",
        "latin": "Zoé",
        "we`ird; --": "z",
        "50%": 5,
    }
    assert (kinds["yes"], kinds["few"]) == ("BOOLEAN", "SMALLINT"), "0 and 1 alone are yes and no"
    assert (kinds["exact"], kinds["at"]) == ("DECIMAL(10,2)", "TIMESTAMP WITH TIME ZONE")
    assert (second["yes"], second["few"], second["tags"], second["note"]) == (False, 2, [], "")
    assert (second["day"], second["local_at"], second["at"]) == (None, None, None)
    assert {key for key, value in third.items() if value is not None} == {"id"}
    assert table.notes == (
        "The column “raw” holds neither text nor numbers (e.g. pictures) and was left out.",
        "The column “place” holds neither text nor numbers (e.g. pictures) and was left out.",
        "“day”: 1 cell was no day of the calendar (such as 0000-00-00) and left empty.",
        "“local_at”: 1 cell was no day of the calendar (such as 0000-00-00) and left empty.",
        "“at”: 1 cell was no day of the calendar (such as 0000-00-00) and left empty.",
    )


def test_tables_are_listed_as_far_as_the_user_may_read(server: Settings, reader: Settings) -> None:
    assert [(o.name, o.rows is not None, o.is_view) for o in MYSQL.tables(server)] == [
        ("big", True, False),
        ("deeds", True, False),
        ("nothing", True, False),
        ("people", True, False),
        ("secret", True, False),
        ("slow", False, True),
        ("things", True, False),
        ("two", False, True),
    ]
    assert [o.name for o in MYSQL.tables(reader)] == ["big", "deeds", "nothing", "things", "two"]


def test_the_test_says_whether_the_user_can_write(server: Settings, reader: Settings) -> None:
    assert re.fullmatch(
        r"Connected to shop on 127\.0\.0\.1, MariaDB \d+\.\d+\.\d+\. This user can also write; Handpick never does, but a user who can only read is safer\.",
        MYSQL.test(server).words,
    )
    assert MYSQL.test(reader).words.endswith("This user can only read, as it should be.")


@pytest.mark.parametrize(
    ("grant", "writes"),
    [
        ("GRANT USAGE ON *.* TO `a`@`%` IDENTIFIED BY PASSWORD '*A'", False),
        ("GRANT SELECT (`id`, `name`), SHOW VIEW ON `shop`.`a` TO `a`@`%`", False),
        ("GRANT SELECT, UPDATE (`id`) ON `shop`.`a` TO `a`@`%`", True),
        ("GRANT ALL PRIVILEGES ON `shop`.* TO `a`@`%`", True),
        ("GRANT `marketing` TO `a`@`%`", False),
        ("SET DEFAULT ROLE `marketing` FOR `a`@`%`", False),
    ],
)
def test_rights_are_read(grant: str, writes: bool) -> None:
    assert mysql._writes(grant) is writes


def test_rows_stream_and_what_is_new_comes_alone(server: Settings, tmp_path: Path) -> None:
    whole, newer, nothing = MYSQL.stage(
        server,
        [
            offer("big", rows=30_000),
            TableOffer("shop", "big", newer=Newer("id", "29991")),
            offer("nothing"),
        ],
        tmp_path,
        Quiet(),
    )
    assert (whole.rows, newer.rows, nothing.rows) == (30_000, 10, 0)
    assert duckdb.sql(f"SELECT count(DISTINCT id), max(text) FROM '{whole.path}'").fetchall() == [(30_000, "text 9999")]
    [since] = MYSQL.stage(
        server, [TableOffer("shop", "things", newer=Newer("at", "2024-07-01 09:59:59+00"))], tmp_path, Quiet()
    )
    assert since.rows == 1
    [half] = MYSQL.stage(server, [TableOffer("shop", "things", newer=Newer("50%", "5"))], tmp_path, Quiet())
    assert half.rows == 1


def test_chinook_counts_as_in_sqlite(server: Settings, shared_data: Path, tmp_path: Path) -> None:
    script = (shared_data / "databases/Chinook_MySql.sql").read_text(encoding="utf-8-sig")
    script = re.sub(r"(?s)/\*.*?\*/", "", script)
    statements = [part for part in re.split(r";\s*\n", script) if part.strip()]
    ask(server, *statements)
    chinook = server.model_copy(update={"database": "Chinook"})
    names = ["Customer", "Invoice", "InvoiceLine", "Track", "PlaylistTrack"]
    tables = MYSQL.stage(chinook, [offer(name, schema="Chinook") for name in names], tmp_path, Quiet())
    assert [table.rows for table in tables] == [59, 412, 2_240, 3_503, 8_715]
    assert duckdb.sql(f"SELECT sum(Total) FROM '{tables[1].path}'").fetchall() == [(Decimal("2328.60"),)]


def test_nothing_can_be_written(server: Settings) -> None:
    for statement in ("INSERT INTO nothing VALUES (1)", "UPDATE big SET id = 0"):
        with pytest.raises(SourceError, match="READ ONLY transaction"), mysql._opened(server, 5) as cursor:
            cursor.execute(statement)


def problem(settings: Settings, **changes: Any) -> str:
    with pytest.raises(SourceError) as error:
        MYSQL.test(settings.model_copy(update=changes))
    text = str(error.value)
    assert PASSWORD not in f"{text} {error.value.__cause__}"
    return text


def test_problems_of_the_connection_are_told(server: Settings, reader: Settings) -> None:
    wrong = "reader could not log in to shop on 127.0.0.1: the user or the password is wrong"
    assert problem(reader, password=SecretStr("wrong")).startswith(wrong)
    assert problem(reader, password=SecretStr("")).startswith(wrong)
    assert problem(server, database="Shop").startswith("There is no database “Shop” on 127.0.0.1.")
    assert problem(server, port=1).startswith("127.0.0.1 does not answer on port 1: nothing listens there.")
    assert problem(server, host="no.such.host.invalid").startswith("There is no server “no.such.host.invalid”.")
    assert problem(server, tls="require").startswith("127.0.0.1 and this machine do not agree on encryption.")


def test_a_server_that_does_not_answer_is_given_up(server: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mysql, "CONNECT_SECONDS", 1)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        assert problem(server, port=port).startswith(f"127.0.0.1 does not answer on port {port}.")


def test_problems_of_reading_are_told(reader: Settings, server: Settings, tmp_path: Path) -> None:
    for settings, wanted, sentence in [
        (reader, offer("secret"), r"^reader has no permission to read this: SELECT command denied"),
        (server, offer("gone"), r"^Something that was there is gone: Table 'shop\.gone' doesn't exist\."),
        (server, TableOffer("shop", "big", newer=Newer("at", "1")), r"^big has no column “at” any more"),
    ]:
        with pytest.raises(SourceError, match=sentence):
            MYSQL.stage(settings, [wanted], tmp_path, Quiet())
    assert not list(tmp_path.iterdir())


class Impatient:
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
        MYSQL.stage(server, [offer("slow")], tmp_path, Impatient())
    assert time.monotonic() - start < 10
    assert not list(tmp_path.iterdir())


class Unlucky(Quiet):
    """The connection breaks the first `times` times that rows have come."""

    def __init__(self, server: Settings, times: int) -> None:
        self.server, self.times, self.said = server, times, list[str]()

    def __call__(self, message: str, share: float | None = None) -> None:
        self.said.append(message)
        if share and self.times:
            self.times -= 1
            with (
                closing(
                    pymysql.connect(
                        host=self.server.host, port=self.server.port, user="root", password=PASSWORD.encode()
                    )
                ) as other,
                other.cursor() as cursor,
            ):
                cursor.execute("SELECT id FROM information_schema.processlist WHERE info LIKE 'SELECT concat_ws%'")
                for (thread,) in cursor.fetchall():
                    cursor.execute("KILL %s", (thread,))


def test_a_connection_that_breaks_is_taken_up_again(
    server: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "PAUSE_SECONDS", 0.01)
    ask(server, "CREATE OR REPLACE TABLE wide AS SELECT seq AS id, repeat('x', 500) AS text FROM seq_1_to_60000")
    once = Unlucky(server, 1)
    [table] = read_tables(MYSQL, server, [offer("wide", rows=60_000)], tmp_path, once)
    assert (table.rows, len(list(tmp_path.iterdir()))) == (60_000, 1)
    assert "The connection to shop on 127.0.0.1 broke. Reading again" in once.said
    with pytest.raises(ConnectionLost, match=r"^The connection to 127\.0\.0\.1 broke\. Try again\.$"):
        read_tables(MYSQL, server, [offer("wide", rows=60_000)], tmp_path, Unlucky(server, 99))
    assert [path.name for path in tmp_path.iterdir()] == [table.path.name]


def test_a_password_can_be_a_secret_of_the_machine(
    reader: Settings, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = reader.model_copy(update={"password": SecretStr(""), "secret": "shop"})
    with pytest.raises(SourceError, match=r"^There is no secret “shop”\. Set HANDPICK_SECRET_SHOP"):
        MYSQL.test(named)
    (workspace / servers.SECRETS_FILE).write_text(f'shop = "{PASSWORD}"', encoding="utf-8")
    assert "Connected" in MYSQL.test(named).words
    monkeypatch.setenv("HANDPICK_SECRET_SHOP", "wrong")
    assert "the password is wrong" in problem(named)
    assert "secret" in databases.origin_of(MYSQL, named, offer("big"), datetime(2026, 1, 1)).settings  # noqa: DTZ001
    assert PASSWORD not in databases.origin_of(MYSQL, reader, offer("big"), datetime(2026, 1, 1)).model_dump_json()  # noqa: DTZ001
