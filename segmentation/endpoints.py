"""Which audiences messages may come into live, and the write key that each asks for; off until somebody switches it on."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from segmentation import metadata
from segmentation.workspace import Workspace

_T = metadata.ENDPOINTS


@dataclass(frozen=True)
class Endpoint:
    """The way into one audience; `key` is a secret, and not part of its text."""

    audience: str
    key: str
    on: bool

    def __repr__(self) -> str:
        return f"Endpoint({self.audience!r}, on={self.on})"


class Endpoints:
    """The ways in of a workspace; safe to share between threads and processes."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def all(self) -> tuple[Endpoint, ...]:
        """Those that were ever switched on, of audiences that are there."""
        with self._workspace.database.connect() as connection:
            rows = connection.execute(select(_T.c.audience, _T.c.key, _T.c.on)).all()
        living = {entry.id for entry in self._workspace.audiences()}
        return tuple(Endpoint(*row) for row in rows if row[0] in living)

    def of(self, audience: str) -> Endpoint | None:
        """The way into an audience, None where it was never switched on."""
        return next((found for found in self.all() if found.audience == audience), None)

    def switch(self, audience: str, on: bool) -> Endpoint:
        """Switch it on or off; the first time it gets a key, which stays."""
        found = self.of(audience)
        return self._put(Endpoint(audience, found.key if found is not None else _new_key(), on))

    def with_new_key(self, audience: str) -> Endpoint:
        """Give it another key: whoever has the old one is refused from now on."""
        found = self.of(audience)
        return self._put(Endpoint(audience, _new_key(), found is not None and found.on))

    def _put(self, endpoint: Endpoint) -> Endpoint:
        values = {"key": endpoint.key, "on": endpoint.on}
        statement = insert(_T).values(audience=endpoint.audience, **values)
        with self._workspace.writing() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=["audience"], set_=values))
        return endpoint


def _new_key() -> str:
    return secrets.token_urlsafe(24)
