"""The browser gets Streamlit's scripts, styles and fonts as they are on the disk, and all else from the app."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from streamlit.file_util import get_static_dir

from pages.parts.assets import Assets

PAGE = (Path(get_static_dir()) / "index.html").read_text(encoding="utf-8")


def asked(path: str, method: str = "GET") -> tuple[dict[str, str], bytes]:
    """The headers and the body of an answer."""
    sent: list[Any] = []

    async def ask() -> None:
        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            return {"type": "http.request"}

        scope = {"type": "http", "method": method, "path": path, "headers": []}
        await Assets(PlainTextResponse("the app"))(scope, receive, send)

    with ThreadPoolExecutor(1) as beside:  # a browser story may have left its loop running in this thread
        beside.submit(asyncio.run, ask()).result()
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return headers, sent[1]["body"]


def test_what_the_page_names_comes_whole_and_is_kept_for_good() -> None:
    named = re.findall(r'(?:src|href)="\.(/static/[^"]+)"', PAGE)
    assert {Path(path).suffix for path in named} == {".js", ".css", ".woff2"}
    for path in named:
        headers, body = asked(path)
        assert body == (Path(get_static_dir()) / path[1:]).read_bytes()
        assert headers["content-length"] == str(len(body))
        assert "immutable" in headers["cache-control"]
        assert headers["content-type"].split(";")[0] in ("text/javascript", "text/css", "font/woff2")


@pytest.mark.parametrize("path", ["/", "/build", "/static/js/gone.js", "/static/../index.html", "/_stcore/health"])
def test_all_else_is_left_to_the_app(path: str) -> None:
    assert asked(path)[1] == b"the app"


def test_only_reading_is_answered() -> None:
    path = re.findall(r'src="\.(/static/[^"]+)"', PAGE)[0]
    assert asked(path, method="POST")[1] == b"the app"
