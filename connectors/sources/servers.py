"""What all database servers are told and asked alike: where, who, with which password, and what went wrong in words."""

from __future__ import annotations

import os
import re
import ssl
import tomllib
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from pydantic import Field, SecretStr

from connectors.sources.offers import Reached
from segmentation.catalogue import Model
from segmentation.errors import SourceError, close_names
from segmentation.workspace import Workspace

CONNECT_SECONDS = 10
QUESTION_SECONDS = 30
READING_SECONDS = 3600
SECRETS_FILE = "secrets.toml"
HERE = ("localhost", "127.0.0.1", "::1")
UNENCRYPTED = "The connection is NOT encrypted: who is in between can read along. "
SECRET_PREFIX = "HANDPICK_SECRET_"  # no other variable can be named, or a form could send it to a stranger's server


PASSWORD: Any = Field(SecretStr(""), title="Password", description="Never kept: asked for again each time.")
SECRET: Any = Field(
    "",
    title="Or the name of a secret",
    description="The password is then found by itself, also by a timetable: in the environment as "
    f"{SECRET_PREFIX}NAME, or as NAME in {SECRETS_FILE} in the workspace folder.",
    pattern=r"^\w*$",
)


ENCRYPTION: dict[str, Any] = {
    "prefer": "If the server can",
    "require": "Always",
    "verify-full": "Always, and check that it is the right server",
    "disable": "Never",
}
"""The choices in words; their names are kept with every table that was read."""


class Server(Model):
    """Where the database is and who reads it."""

    host: str = Field(
        "localhost", title="Server", description="Its name or address, e.g. db.example.com.", min_length=1
    )
    port: int = Field(title="Port", ge=1, le=65535)
    database: str = Field(title="Database", description="The name of the database on the server.", min_length=1)
    user: str = Field(title="User", description="Best a user who may only read.", min_length=1)
    password: SecretStr = PASSWORD
    secret: str = SECRET
    tls: Literal["prefer", "require", "verify-full", "disable"] = Field(
        "prefer",
        title="Encryption",
        description="Without the check somebody in between could pass for the server. The test says whether the connection is encrypted.",
        json_schema_extra={"words": ENCRYPTION},
    )
    authority: str = Field(
        "",
        title="Certificate of the authority",
        description="Only for the check, where your company vouches for its servers itself: the path of its file (.pem or .crt) on the "
        "machine that runs Handpick. Empty: the authorities that this machine trusts.",
    )

    @property
    def title(self) -> str:
        """The database and its server."""
        return f"{self.database} on {self.host}"

    @property
    def password_in_hand(self) -> str:
        """The password; raises `SourceError` where there is no such secret."""
        return word_of(self.password, self.secret)

    @property
    def trusted(self) -> str | None:
        """The file of those who may vouch for the server, None where the system knows them; raises `SourceError`."""
        if not self.authority:
            return ssl.get_default_verify_paths().cafile
        if not Path(self.authority).expanduser().is_file():
            raise SourceError(f"There is no file {self.authority}. Say where the certificate of the authority is.")
        return str(Path(self.authority).expanduser())


class MySQLServer(Server):
    """Where a MySQL or MariaDB server is and who reads it."""

    port: int = Field(3306, title="Port", description="3306 unless you were told otherwise.", ge=1, le=65535)


def title(server: Server) -> str:
    """The database and its server."""
    return server.title


def word_of(password: SecretStr, name: str) -> str:
    """A password as typed, else that of the secret of this name; raises `SourceError` where there is no such secret."""
    typed = password.get_secret_value()
    return typed if typed or not name else secret(name)


def secret(name: str) -> str:
    """What is kept under a name outside of Handpick; raises `SourceError`."""
    found = os.environ.get(f"{SECRET_PREFIX}{name.upper()}")
    if found is not None:
        return found
    path = Workspace.default_home() / SECRETS_FILE
    try:
        known = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except (OSError, ValueError) as error:
        raise SourceError(f'{SECRETS_FILE} cannot be read: each line has to be NAME = "password".') from error
    if name not in known:
        raise SourceError(
            f"There is no secret “{name}”.{close_names(name, known)} Set {SECRET_PREFIX}{name.upper()} in the environment "
            f"of Handpick, or write it into {SECRETS_FILE} in the workspace folder."
        )
    return str(known[name])


CERTIFICATES: tuple[tuple[str, str], ...] = (
    (r"does not match host ?name|(?i:(hostname|IP address) mismatch)", "The certificate of {host} is for another name, so this may not be your server. Use the name that it is for, or ask its administrator."),
    (r"certificate has expired", "The certificate of {host} has expired. Ask its administrator for a new one."),
    (r"certificate", "Nobody whom this machine trusts vouches for {host}, so this may not be your server. If your company vouches for it itself, say under “Certificate of the authority” where the file is, or ask its administrator."),
)  # fmt: skip
"""What drivers say of a certificate that was refused, and the sentence for it; the first that fits is taken."""


def reached(server: Server, version: str, can_write: bool, encrypted: bool) -> Reached:
    """A server that answered, of this kind and version."""
    if not encrypted:
        secrecy = "" if server.host in HERE or server.host.startswith("/") else UNENCRYPTED
    elif server.tls == "verify-full":
        secrecy = "The connection is encrypted, and the server is the right one. "
    else:
        secrecy = "The connection is encrypted; whether it is the right server was not checked. "
    safety = (
        "This user can also write; Handpick never does, but a user who can only read is safer."
        if can_write
        else "This user can only read, as it should be."
    )
    return Reached(f"Connected to {server.title}, {version}. {secrecy}{safety}", can_write)


def hidden(text: str, server: Server) -> str:
    """A driver's words without the password."""
    try:
        word = server.password_in_hand
    except SourceError:
        return text
    return masked(text, word)


def masked(text: str, word: str) -> str:
    """A text without a password, as it is or as an address holds it."""
    return text.replace(word, "•••").replace(quote(word, safe=""), "•••") if word else text


def without_secret(error: Exception, server: Server) -> Exception:
    """The cause that is kept with an error; one that quotes the password is replaced."""
    text = str(error)
    return error if hidden(text, server) == text else SourceError(hidden(text, server))


def filled_in(template: str, server: Server, detail: str) -> str:
    """A sentence about a server, with what the driver said in one line."""
    detail = hidden(re.sub(r"\s+", " ", detail), server).strip(" .")
    return template.format(
        user=server.user, host=server.host, port=server.port, database=server.database, detail=detail
    )
