"""The log of what came in live: on disk before it is acknowledged, once for each id, whole lines only."""

import json
import threading
from pathlib import Path

import pytest

from segmentation.errors import AudienceError
from segmentation.inbox import Inbox, log_path, read


def put(inbox: Inbox, *ids: str) -> int:
    """Append messages and wait until they are on disk; how many are new."""
    done = threading.Event()
    problems: list[OSError | None] = []

    def settle(problem: OSError | None) -> None:
        problems.append(problem)
        done.set()

    new = inbox.append([{"messageId": one, "n": 0.1} for one in ids], settle)
    assert done.wait(20)
    assert problems == [None]
    return new


def kept(folder: Path, start: int = 0) -> list[str]:
    return [message["messageId"] for batch in read(log_path(folder), start, most=2) for message in batch.messages]


def test_what_is_acknowledged_can_be_read_in_pieces(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    put(inbox, "a", "b", "c")
    (first, second) = read(log_path(tmp_path), most=2)
    assert [len(first.messages), len(second.messages)] == [2, 1]
    assert kept(tmp_path, first.end) == ["c"]
    assert str(first.messages[0]["n"]) == "0.1"
    inbox.close()


def test_an_id_is_kept_once_also_after_a_restart(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    assert put(inbox, "a", "a", "b") == 2
    assert put(inbox, "b") == 0
    inbox.close()
    again = Inbox(tmp_path)
    assert put(again, "a", "c") == 1
    assert again.received == 3
    again.close()
    assert kept(tmp_path) == ["a", "b", "c"]


def test_a_torn_last_line_is_dropped_and_may_come_again(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    put(inbox, "a")
    inbox.close()
    with log_path(tmp_path).open("ab") as file:
        file.write(json.dumps({"messageId": "b"}).encode())
    assert kept(tmp_path) == ["a"]
    again = Inbox(tmp_path)
    assert put(again, "b") == 1
    again.close()
    assert kept(tmp_path) == ["a", "b"]


def test_many_senders_share_a_write_and_lose_nothing(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    senders = [threading.Thread(target=put, args=(inbox, f"{n}a", f"{n}b")) for n in range(40)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    inbox.close()
    assert len(kept(tmp_path)) == 80


def test_a_log_has_one_writer(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    with pytest.raises(AudienceError, match="Another Handpick"):
        Inbox(tmp_path)
    inbox.close()
    with pytest.raises(AudienceError, match="does not receive"):
        inbox.append([], lambda problem: None)


def test_what_cannot_be_written_is_told_and_may_come_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox = Inbox(tmp_path)
    told: list[OSError | None] = []
    done = threading.Event()
    full = OSError(28, "No space left on device")

    def fail(file: int) -> None:
        raise full

    with monkeypatch.context() as patched:
        patched.setattr("segmentation.inbox.os.fsync", fail)
        inbox.append([{"messageId": "a"}], lambda problem: (told.append(problem), done.set()))
        assert done.wait(20)
    assert told == [full]
    assert put(inbox, "a") == 1
    inbox.close()
    assert kept(tmp_path) == ["a"]
