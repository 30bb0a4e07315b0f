"""What came in live, as a log that is only ever added to: one JSON message a line, on disk before it is acknowledged.

Many senders share one write to the disk. A line that a crash tore off is dropped when the log is opened again. Of two messages with
one id the later is ignored; the ids of the last `REMEMBERED` messages are known, also after a restart.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path
from typing import Any

from segmentation.errors import AudienceError
from segmentation.messages import Admitted

LOG = "live/messages.log"
REMEMBERED = 1_000_000
PIECE = 1 << 20  # bytes read at once

Written = Future[OSError | None]
"""Done when messages are on disk (None), or could not be written (why); one for all that share a write."""


def synced_folder(folder: Path) -> None:
    """Have the names of a folder's files on disk."""
    with suppress(OSError):  # Windows cannot
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@dataclass(frozen=True)
class Batch:
    """Messages of the log, and where the next one begins (bytes)."""

    messages: tuple[dict[str, Any], ...]
    end: int


def log_path(folder: Path) -> Path:
    """The log of an audience in its folder."""
    return folder / LOG


def read(path: Path, start: int = 0, most: int = 20_000) -> Iterator[Batch]:
    """The whole messages from byte `start` on, at most so many at once; numbers keep all their digits."""
    messages: list[dict[str, Any]] = []
    with suppress(FileNotFoundError), path.open("rb") as file:
        file.seek(start)
        end = start
        for line in file:
            if not line.endswith(b"\n"):
                break
            end += len(line)
            messages.append(json.loads(line, parse_float=Decimal))
            if len(messages) == most:
                yield Batch(tuple(messages), end)
                messages = []
        if messages:
            yield Batch(tuple(messages), end)


class Inbox:
    """The log of one audience, open for writing by one process; safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        """Open the log in an audience's folder, making it if need be; raises `AudienceError` where another process has it."""
        self.path = log_path(folder)
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock_file = self._locked()
        self.received = 0  # messages in the log
        self._seen: dict[bytes, None] = {}
        self._mended()
        self._file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.size = os.fstat(self._file).st_size
        synced_folder(self.path.parent)
        self.arrived = threading.Event()  # set as soon as there is something new
        self._lines: list[bytes] = []  # that wait for the next write, with their digests
        self._digests: list[bytes] = []
        self._asked: Written | None = None  # the next write, where anybody waits for it
        self._wake = threading.Condition()
        self._closed = False
        self._writer = threading.Thread(target=self._write, name="handpick-live-log", daemon=True)
        self._writer.start()

    def _locked(self) -> sqlite3.Connection:
        """A lock that the system lets go of when the process ends, however it ends."""
        lock = sqlite3.connect(
            self.path.with_name(".receiving"), timeout=0, isolation_level=None, check_same_thread=False
        )
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            lock.close()
            raise AudienceError("Another Handpick is receiving for this audience. Close it first.") from error
        return lock

    def _mended(self) -> None:
        """Drop a torn last line, count the messages, and remember the latest ids."""
        if not self.path.exists():
            return
        end = 0
        with self.path.open("rb+") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                end += len(line)
                self.received += 1
            file.truncate(end)
            file.seek(0)
            for number, line in enumerate(file):
                if number >= self.received - REMEMBERED:
                    self._seen[_digest(json.loads(line)["messageId"])] = None

    def append(self, messages: Sequence[Admitted]) -> tuple[int, Written]:
        """Have new messages written: how many are new, and the write after which they, and those they repeat, are on disk."""
        new = 0
        digests = [_digest(message.id) for message in messages]
        with self._wake:
            if self._closed:
                raise AudienceError("This audience does not receive any more.")
            for message, digest in zip(messages, digests, strict=True):
                if digest in self._seen:
                    continue
                self._seen[digest] = None
                self._digests.append(digest)
                self._lines.append(message.line)
                new += 1
            while len(self._seen) > REMEMBERED:
                del self._seen[next(iter(self._seen))]
            if self._asked is None:
                self._asked = Written()
                self._asked.set_running_or_notify_cancel()  # a sender who goes away takes nothing back
                self._wake.notify()
            return new, self._asked

    def _write(self) -> None:
        while True:
            with self._wake:
                while self._asked is None and not self._closed:
                    self._wake.wait()
                if self._asked is None:
                    return
                lines, digests, asked = self._lines, self._digests, self._asked
                self._lines, self._digests, self._asked = [], [], None
            problem = self._written(b"".join(lines))
            if problem is None:
                self.received += len(digests)
                if digests:
                    self.arrived.set()
                asked.set_result(None)
            else:
                self._lost(digests, asked, problem)

    def _lost(self, digests: Sequence[bytes], asked: Written, problem: OSError) -> None:
        """Tell who waited for a write, and who waits for the next one, as they may have repeated what is lost."""
        with self._wake:
            for digest in (*digests, *self._digests):
                self._seen.pop(digest, None)
            later, self._asked = self._asked, None
            self._lines, self._digests = [], []
        asked.set_result(problem)
        if later is not None:
            later.set_result(problem)

    def _written(self, text: bytes) -> OSError | None:
        """All of it on disk, or nothing of it in the log."""
        if not text:
            return None
        try:
            rest = memoryview(text)
            while rest:
                rest = rest[os.write(self._file, rest) :]
            os.fsync(self._file)
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(self._file, self.size)
            return error
        self.size += len(text)
        return None

    def close(self) -> None:
        """Write what waits, and let go of the log."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._writer.join()
        os.close(self._file)
        self._lock_file.close()


def _digest(message_id: str) -> bytes:
    return blake2b(message_id.encode(errors="surrogatepass"), digest_size=16).digest()
