"""The log of what came in live: on disk before it is acknowledged, once for each id, whole lines only."""

import json
import threading
from pathlib import Path

import pytest

from segmentation.errors import AudienceError
from segmentation.inbox import Inbox, log_path, read
from segmentation.messages import Admitted


def put(inbox: Inbox, *ids: str) -> int:
    """Append messages and wait until they are on disk; how many are new."""
    new, written = inbox.append([said(one) for one in ids])
    assert written.result(20) is None
    return new


def said(id: str) -> Admitted:
    return Admitted(id, json.dumps({"messageId": id, "n": 0.1}).encode() + b"\n")


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
        inbox.append([])


def test_what_cannot_be_written_is_told_also_to_who_repeated_it_meanwhile_and_may_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = Inbox(tmp_path)
    full = OSError(28, "No space left on device")
    writing, repeated = threading.Event(), threading.Event()

    def fail(file: int) -> None:
        writing.set()
        assert repeated.wait(20)
        raise full

    with monkeypatch.context() as patched:
        patched.setattr("segmentation.inbox.os.fsync", fail)
        first = inbox.append([said("a")])
        assert writing.wait(20)
        again = inbox.append([said("a"), said("b")])
        repeated.set()
        assert [first[0], again[0]] == [1, 1]
        assert [first[1].result(20), again[1].result(20)] == [full, full]
    assert put(inbox, "a", "b") == 2
    inbox.close()
    assert kept(tmp_path) == ["a", "b"]


def test_those_who_wait_at_once_share_one_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox = Inbox(tmp_path)
    writing, joined = threading.Event(), threading.Event()
    syncs = []

    def slow(file: int) -> None:
        syncs.append(file)
        writing.set()
        assert joined.wait(20)

    monkeypatch.setattr("segmentation.inbox.os.fsync", slow)
    first = inbox.append([said("a")])[1]
    assert writing.wait(20)
    writes = {inbox.append([said(str(number))])[1] for number in range(50)}
    assert not any(write.cancel() for write in writes)
    joined.set()
    assert first.result(20) is None
    assert [write.result(20) for write in writes] == [None]
    assert len(syncs) == 2
    inbox.close()
