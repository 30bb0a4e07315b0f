"""Streamlit's own scripts, styles and fonts, answered in the server's own loop: by way of its threads each took 2 ms of the start."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.file_util import get_static_dir

KINDS = {".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2"}
FOR_GOOD = {"cache-control": "public, immutable, max-age=31536000"}
"""A file's name holds its checksum."""
SOON = ("Html", "purify", "Button", "FileUploader", "Selectbox", "PageLink", "Checkbox")
"""What draws the first page. Streamlit's page names only what it draws itself with; these it asks for when their turn comes."""
_IMPORTED = re.compile(r"""(?:from|import)"\./([^"]+\.js)\"""")


@cache
def files() -> dict[str, Path]:
    """Each file by its address."""
    folder = Path(get_static_dir())
    found = (path for path in (folder / "static").rglob("*") if path.suffix in KINDS)
    return {f"/{path.relative_to(folder).as_posix()}": path for path in found}


@cache
def soon() -> str:
    """The header that has the browser fetch the first page's scripts at once, and all that they import."""
    scripts = Path(get_static_dir()) / "static" / "js"
    page = (scripts.parents[1] / "index.html").read_text(encoding="utf-8")
    waiting = [path.name for name in SOON for path in scripts.glob(f"{name}.*.js")]
    wanted: dict[str, None] = {}
    while waiting:
        name = waiting.pop()
        if name not in wanted and f"/{name}" not in page:
            wanted[name] = None
            waiting += _IMPORTED.findall((scripts / name).read_text(encoding="utf-8"))
    return ", ".join(f"</static/js/{name}>; rel=modulepreload; crossorigin" for name in wanted)


class Assets:
    """Answers for these files, and leaves everything else to the app; to a page it adds what to fetch at once."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, as ASGI has it."""

        async def hinted(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    headers["link"] = soon()
            await send(message)

        wanted = scope["type"] == "http" and scope["method"] == "GET"
        file = files().get(scope["path"]) if wanted else None
        answer = self.app if file is None else Response(file.read_bytes(), 200, FOR_GOOD, KINDS[file.suffix])
        await answer(scope, receive, hinted if wanted and file is None else send)
