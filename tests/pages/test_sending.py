"""What a part of the page draws reaches the browser in one piece, or in two with the number first."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from pages.parts import sending


def message(kind: str, **parts: Any) -> ForwardMsg:
    return ForwardMsg(**{kind: parts})


BEGUN = message("session_status_changed", script_is_running=True)
FINISHED = ForwardMsg(script_finished=ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


class Browser:
    """A session whose messages are taken whenever its sender is woken, with what stands for each: its kind, or its path."""

    def __init__(self) -> None:
        self.id = "tab"
        self._browser_queue = ForwardMsgQueue()
        self._event_loop = asyncio.get_running_loop()
        self.pieces: list[list[str]] = []

    def _message_enqueued_callback(self) -> None:
        piece = self._browser_queue.flush()
        self.pieces.append(
            [m.delta.new_element.text.body if m.HasField("delta") else str(m.WhichOneof("type")) for m in piece]
        )

    def runs(self, *messages: ForwardMsg) -> None:
        for one in messages:
            sending._enqueue(self, one)  # type: ignore[arg-type]

    def draws(self, *texts: str) -> None:
        for place, text in enumerate(texts):
            drawn = message("delta", new_element={"text": {"body": text}})
            drawn.metadata.delta_path.extend([0, place])
            self.runs(drawn)


def of_part() -> ForwardMsg:
    begins = message("new_session", name="app")
    begins.metadata.run.fragment_ids.append("part")
    return begins


def in_a_loop(story: Any) -> None:
    """In a thread of its own, as a browser of other tests may have a loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, story()).result()


def test_a_part_of_the_page_is_sent_in_one_piece() -> None:
    async def story() -> None:
        browser = Browser()
        browser.runs(of_part(), BEGUN)
        browser.draws("one", "two")
        assert browser.pieces == []
        browser.runs(FINISHED)
        assert [entry for piece in browser.pieces for entry in piece] == [
            *("new_session", "one", "two", "session_status_changed", "script_finished")
        ]

    in_a_loop(story)


def test_the_number_goes_before_the_word_that_something_is_under_way() -> None:
    async def story() -> None:
        browser = Browser()
        browser.runs(of_part(), BEGUN)
        browser.draws("number")
        sending._release(browser.id)
        assert browser.pieces == [["new_session", "number"]]
        browser.draws("rest")
        assert browser.pieces[1:] == [["session_status_changed"], ["rest"]]

    in_a_loop(story)


def test_what_takes_long_is_not_held_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "HOLD", 0.01)

    async def story() -> None:
        browser = Browser()
        browser.runs(of_part(), BEGUN)
        browser.draws("one")
        await asyncio.sleep(0.05)
        assert browser.pieces == [["new_session", "one", "session_status_changed"]]
        browser.draws("two")
        assert browser.pieces[1:] == [["two"]]

    in_a_loop(story)


def test_a_whole_page_is_sent_as_it_is_drawn() -> None:
    async def story() -> None:
        browser = Browser()
        browser.runs(message("new_session", name="app"), BEGUN)
        browser.draws("one")
        assert browser.pieces == [["new_session"], ["session_status_changed"], ["one"]]

    in_a_loop(story)


def test_a_run_that_another_overtakes_is_not_lost() -> None:
    async def story() -> None:
        browser = Browser()
        browser.runs(of_part(), BEGUN)
        browser.runs(of_part(), BEGUN, FINISHED)
        kinds = [entry for piece in browser.pieces for entry in piece]
        assert kinds == ["new_session", "session_status_changed"] * 2 + ["script_finished"]

    in_a_loop(story)
