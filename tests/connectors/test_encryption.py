"""Encrypted connections, against real servers whose certificate an authority of the test has signed."""

from collections.abc import Iterator
from contextlib import closing

import pymysql
import pytest

from connectors.sources import servers
from connectors.sources.databases import DATABASES, Database
from connectors.sources.mysql import Settings as MySettings
from connectors.sources.servers import Server
from segmentation.errors import SourceError
from tests.servers import Certificates, certificates, encrypted_postgres, free_port, mariadb_server, system_tables

NAMES = ("PostgreSQL", "MySQL or MariaDB")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def postgres_server(made: Certificates) -> Iterator[Server]:
    with encrypted_postgres(made) as settings:
        yield settings


@pytest.fixture(scope="module")
def mysql_server(made: Certificates) -> Iterator[Server]:
    port = free_port()
    options = (f"--port={port}", "--bind-address=127.0.0.1", "--skip-name-resolve")
    encrypted = (f"--ssl-cert={made.certificate}", f"--ssl-key={made.key}")
    with mariadb_server(system_tables(), *options, *encrypted) as place:
        with closing(pymysql.connect(unix_socket=str(place), user="root")) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE USER anna@'127.0.0.1'")
            cursor.execute("CREATE DATABASE shop")
            cursor.execute("GRANT SELECT ON shop.* TO anna@'127.0.0.1'")
        yield MySettings(host="127.0.0.1", port=port, database="shop", user="anna")


@pytest.fixture(params=NAMES)
def reached(request: pytest.FixtureRequest) -> tuple[Database, Server]:
    server = "postgres_server" if request.param == "PostgreSQL" else "mysql_server"
    return DATABASES[request.param], request.getfixturevalue(server)


def words(reached: tuple[Database, Server], **changes: str) -> str:
    database, settings = reached
    return database.test(settings.model_copy(update=changes)).words


def refused(reached: tuple[Database, Server], **changes: str) -> str:
    with pytest.raises(SourceError) as error:
        words(reached, **changes)
    return str(error.value)


@pytest.mark.parametrize("choice", ["prefer", "require"])
def test_an_encrypted_connection_says_that_nobody_checked_the_server(
    reached: tuple[Database, Server], choice: str
) -> None:
    assert "The connection is encrypted; whether it is the right server was not checked." in words(reached, tls=choice)


def test_the_right_server_is_known_by_its_authority(reached: tuple[Database, Server], made: Certificates) -> None:
    said = words(reached, tls="verify-full", authority=str(made.authority))
    assert "The connection is encrypted, and the server is the right one." in said


def test_a_server_that_nobody_vouches_for_is_refused(reached: tuple[Database, Server], made: Certificates) -> None:
    sentence = "Nobody whom this machine trusts vouches for 127.0.0.1, so this may not be your server. If your company"
    assert refused(reached, tls="verify-full", authority=str(made.stranger)).startswith(sentence)
    assert refused(reached, tls="verify-full").startswith(sentence)
    missing = refused(reached, tls="verify-full", authority="/no/such.crt")
    assert missing == "There is no file /no/such.crt. Say where the certificate of the authority is."


def test_a_certificate_for_another_name_is_refused(reached: tuple[Database, Server], made: Certificates) -> None:
    said = refused(reached, tls="verify-full", authority=str(made.authority), host="localhost")
    assert said.startswith("The certificate of localhost is for another name, so this may not be your server.")


def test_never_means_never(reached: tuple[Database, Server]) -> None:
    assert "encrypted" not in words(reached, tls="disable"), "on this machine nobody is in between"


@pytest.mark.parametrize("name", NAMES)
def test_an_open_connection_to_elsewhere_is_told(name: str) -> None:
    settings = DATABASES[name].settings.model_validate({"host": "db.example.com", "database": "shop", "user": "anna"})
    assert isinstance(settings, Server)
    said = servers.reached(settings, "version 1", can_write=False, encrypted=False).words
    assert "The connection is NOT encrypted: who is in between can read along." in said
