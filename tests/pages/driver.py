"""Verbs on a page without a browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

from streamlit.testing.v1 import AppTest

Open = Callable[..., AppTest]
NASTY = "**bold** $5-$10 :red[x] <b>y</b> [z](http://example.com)"
NUMBER = re.compile(r"^:small\[:gray\[[\d.]+\]\] ")
"""A filter's number before its sentence."""


def go(at: AppTest, page: str) -> AppTest:
    at.switch_page(f"pages/{page}.py").run()
    assert not at.exception
    return at


def button(at: AppTest, label: str) -> AppTest:
    """Click the first button whose label begins so."""
    next(b for b in at.button if NUMBER.sub("", b.label).startswith(label)).click().run()
    assert not at.exception
    return at


def opened(app: Open) -> AppTest:
    return go(button(go(app(), "segments"), "Open"), "build")


def total(at: AppTest) -> int:
    return int(at.metric[0].value.replace(",", ""))


def words(at: AppTest) -> str:
    """All that is said, as it is read."""
    return unescape("\n".join(m.value for m in (*at.markdown, *at.caption, *at.warning, *at.info)))
