"""“Live” on the Data page: switched on, the key shown only when asked for, what came and what was refused."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.queries import current, endpoints, receiver
from segmentation.inbox import Inbox
from segmentation.living import bring_in
from segmentation.messages import admitted
from tests.pages.driver import Open, button, words


@pytest.fixture(autouse=True)
def _any_port(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("HANDPICK_LIVE_PORT", "0")
    yield
    receiver().close()


def test_an_audience_of_files_takes_in_what_happens_once_it_is_switched_on(app: Open) -> None:
    at = app()
    assert not any(one.on for one in endpoints().all())
    switch = next(toggle for toggle in at.toggle if "Live" in toggle.label)
    assert not switch.value
    switch.set_value(True).run()
    [endpoint] = endpoints().all()
    assert endpoint.on
    assert "nothing has come in yet" in words(at)
    assert endpoint.key not in at.code[0].value
    next(toggle for toggle in at.toggle if "write key" in toggle.label).set_value(True).run()
    assert endpoint.key in at.code[0].value
    for said in ({"event": "purchase"}, {}):
        body = json.dumps({"userId": "somebody", "writeKey": endpoint.key, **said}).encode()
        try:
            urllib.request.urlopen(urllib.request.Request(f"{receiver().url}/v1/track", body), timeout=20).close()
        except urllib.error.HTTPError as error:
            error.close()
    at.run()
    assert "received **1**, last" in words(at)
    assert "needs the name of its event" in words(at)
    button(at, "Make a new key")
    assert endpoints().all()[0].key != endpoint.key


def test_an_audience_may_begin_with_nobody(app: Open) -> None:
    at = app(empty=True)
    next(one for one in at.text_input if one.label == "What to call it").set_value("Our app").run()
    button(at, "Begin a live audience")
    assert "**Our app**" in words(at)
    assert "0 people · 0 events" in words(at)
    assert not any(one.label in ("Change how it was read", "Bring in what is new") for one in at.button)
    next(toggle for toggle in at.toggle if "Live" in toggle.label).set_value(False).run()
    assert not endpoints().all()[0].on
    assert receiver().desk(endpoints().all()[0].audience) is None


def test_who_reads_is_told_of_newer_data_where_messages_come_in(app: Open) -> None:
    app()
    opened = current()
    assert opened is not None

    def read(opened: object) -> None:
        from pages.parts.live import newer

        newer(opened)

    def offered() -> list[str]:
        at = AppTest.from_function(read, args=(opened,)).run()
        assert not at.exception
        return [button.label for button in at.button]

    endpoints().switch(opened.id, True)
    assert offered() == []
    folder = opened.engine.audience.path.parent
    inbox = Inbox(folder)
    inbox.append([admitted({"userId": "somebody", "event": "purchase"}, "track", datetime.now(UTC))])
    inbox.close()
    bring_in(folder)
    assert offered() == ["Newer data has arrived: show it"]
    endpoints().switch(opened.id, False)
    assert offered() == []
