"""A finished audience file made known as its folder's newest version, whole or not at all; and old versions removed.

`base-….duckdb` are files that versions lie over (see `overlay`); they are no versions of their own.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from segmentation.audience import next_version_path, version_paths
from segmentation.errors import AudienceError
from segmentation.inbox import log_path, synced_folder
from segmentation.saved import saved_folder

KEPT = 2  # versions
KEPT_LIVE = 30  # of those that lie over a base: small, and a new one may come every second
PATIENCE = 300.0  # seconds
GRACE = 60.0  # seconds for which versions may still be published over an older base
UNUSED = 3600.0  # seconds
ABANDONED = 24 * 3600  # seconds after which an unfinished file belongs to nobody


@contextmanager
def publishing(folder: Path) -> Iterator[None]:
    """Where messages come in live, nobody else publishes meanwhile; raises `AudienceError` where somebody does so for minutes."""
    log = log_path(folder)
    if not log.parent.exists():  # two loads at once publish one after the other
        yield
        return
    with closing(sqlite3.connect(log.with_name(".publishing"), timeout=PATIENCE, isolation_level=None)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise AudienceError(
                "Somebody else has been changing this audience for minutes. Try again later."
            ) from error
        yield


def publish(loading: Path, folder: Path) -> Path:
    """Give the finished file the next free version number; two loads at once get two numbers."""
    synced(loading)
    while True:
        target = next_version_path(folder)
        try:
            os.link(loading, target)
        except FileExistsError:
            continue
        except OSError:  # no links on this disk
            if target.exists():
                continue
            os.replace(loading, target)
        synced_folder(folder)
        return target


def synced(file: Path) -> None:
    """Have a file on disk."""
    with file.open("rb+") as opened:
        os.fsync(opened.fileno())


def prune(folder: Path, base: Path | None = None) -> None:
    """Remove versions that nobody opens any more, and bases that no version lies over; `base` is what the newest lies over."""
    for old in version_paths(folder)[: -(KEPT if base is None else KEPT_LIVE)]:
        _remove(old)
    # All that was published well after this base was made lies over it; one that was just made may not be in use yet.
    if base is not None and version_paths(folder)[0].stat().st_mtime > base.stat().st_mtime + GRACE:
        for other in folder.glob("base-*.duckdb"):
            if other != base and other.stat().st_mtime < time.time() - UNUSED:
                _remove(other)


def _remove(version: Path) -> None:
    with suppress(OSError):
        version.unlink()
        shutil.rmtree(saved_folder(version), ignore_errors=True)


def clear_abandoned(folder: Path) -> None:
    """Remove what was left behind by those who wrote a version and were killed."""
    limit = time.time() - ABANDONED
    for path in (*folder.glob("*.loading*"), *folder.glob(".*.tmp")):
        with suppress(OSError):
            if path.stat().st_mtime < limit:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
