"""Work that is done beside: a piece that fails is told in the log, and what comes after it is done all the same."""

import logging
import threading

import pytest

from segmentation.background import Background

PATIENCE = 10.0  # seconds


def fails() -> None:
    raise MemoryError("no room for this")


def test_what_follows_a_failure_is_done(caplog: pytest.LogCaptureFixture) -> None:
    beside, begin = Background("test"), threading.Event()
    with caplog.at_level(logging.ERROR, "handpick"):
        beside.submit(begin.wait)
        beside.submit(fails)
        together = beside.settled()
        begin.set()
        assert together.wait(PATIENCE)
        beside.submit(fails)
        assert beside.settled().wait(PATIENCE)
    assert [record.exc_info is not None for record in caplog.records] == [True, True]
