"""What came in live, as a log that is only ever added to: one JSON message a line, on disk before it is acknowledged.

Many senders share one write to the disk. A line that a crash tore off is dropped when the log is opened again. Of two messages with
one id the later is ignored; the ids of the last `REMEMBERED` messages are known, also after a restart.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path
from typing import Any

from segmentation.errors import AudienceError

LOG = "live/messages.log"
REMEMBERED = 1_000_000
PIECE = 1 << 20  # bytes read at once

Done = Callable[[OSError | None], None]
"""Told when messages are on disk, or why they are not."""


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
        self._waiting: list[tuple[bytes, Sequence[bytes], Done]] = []
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

    def append(self, messages: Sequence[dict[str, Any]], done: Done) -> int:
        """Have new messages written; `done` is called when they, and those they repeat, are on disk. Returns how many are new."""
        lines, digests = [], []
        with self._wake:
            if self._closed:
                raise AudienceError("This audience does not receive any more.")
            for message in messages:
                digest = _digest(message["messageId"])
                if digest in self._seen:
                    continue
                self._seen[digest] = None
                digests.append(digest)
                lines.append(
                    json.dumps(message, ensure_ascii=False, separators=(",", ":"), default=str).encode(errors="replace")
                )
            while len(self._seen) > REMEMBERED:
                del self._seen[next(iter(self._seen))]
            self._waiting.append((b"".join(line + b"\n" for line in lines), digests, done))
            self._wake.notify()
        return len(lines)

    def _write(self) -> None:
        while True:
            with self._wake:
                while not self._waiting and not self._closed:
                    self._wake.wait()
                if not self._waiting:
                    return
                taken, self._waiting = self._waiting, []
            problem = self._written(b"".join(text for text, _, _ in taken))
            with self._wake:
                for _, digests, _ in taken:
                    if problem is None:
                        self.received += len(digests)
                    else:
                        for digest in digests:
                            self._seen.pop(digest, None)
            for _, _, done in taken:
                done(problem)

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
    return blake2b(message_id.encode(), digest_size=16).digest()
