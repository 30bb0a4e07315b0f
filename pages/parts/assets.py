"""Streamlit's own scripts, styles and fonts, answered in the server's own loop: by way of its threads each took 2 ms of the start."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.file_util import get_static_dir

KINDS = {".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2"}
FOR_GOOD = {"cache-control": "public, immutable, max-age=31536000"}
"""A file's name holds its checksum."""


@cache
def files() -> dict[str, Path]:
    """Each file by its address."""
    folder = Path(get_static_dir())
    found = (path for path in (folder / "static").rglob("*") if path.suffix in KINDS)
    return {f"/{path.relative_to(folder).as_posix()}": path for path in found}


class Assets:
    """Answers for these files, and leaves everything else to the app."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, as ASGI has it."""
        file = files().get(scope["path"]) if scope["type"] == "http" and scope["method"] == "GET" else None
        answer = self.app if file is None else Response(file.read_bytes(), 200, FOR_GOOD, KINDS[file.suffix])
        await answer(scope, receive, send)
