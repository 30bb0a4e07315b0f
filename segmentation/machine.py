"""Machine code for the loops over large audiences: compiled once a machine in a process of its own, then there in a moment."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import TypeVar

HERE = Path(__file__).resolve().parents[1]
Result = TypeVar("Result")
_BESIDE = ThreadPoolExecutor(1, "half")
_LOADED: list[ModuleType] = []
_FETCHING = threading.Lock()
_COMPILING = threading.Event()  # one after the other: some are on the disk already


def loops() -> ModuleType | None:
    """`segmentation.loops` where it has been fetched; never waits."""
    return _LOADED[0] if _LOADED else None


def compiled() -> bool:
    """Whether they have been compiled on this machine: then `fetch` takes half a second, not many."""
    return not _COMPILING.is_set() and _begun()


def _begun() -> bool:
    """Whether the first of them has been compiled."""
    return any((HERE / "segmentation" / "__pycache__").glob("loops.*.nbi"))


def fetch() -> ModuleType:
    """`segmentation.loops`; compiling takes some seconds and is done in another process, so that this one can go on."""
    with _FETCHING:
        if not _LOADED:
            if not _begun():
                command = [sys.executable, "-c", "import segmentation.loops"]
                _COMPILING.set()
                try:
                    subprocess.run(command, cwd=HERE, capture_output=True, check=False)
                finally:
                    _COMPILING.clear()
            from segmentation import loops

            _LOADED.append(loops)
    return _LOADED[0]


def halves(work: Callable[[int], Result]) -> list[Result]:
    """Both halves of something, 0 and 1, at the same time; the loops hold no lock."""
    other = _BESIDE.submit(work, 1)
    return [work(0), other.result()]
