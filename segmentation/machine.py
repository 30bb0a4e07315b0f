"""Machine code for the loops over large audiences: compiled once a machine in a process of its own, then there in a moment."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import TypeVar

HERE = Path(__file__).resolve().parents[1]
Result = TypeVar("Result")
_BESIDE = ThreadPoolExecutor(1, "half")
_LOADED: list[ModuleType] = []


def loops() -> ModuleType | None:
    """`segmentation.loops` where it has been fetched; never waits."""
    return _LOADED[0] if _LOADED else None


def fetch() -> ModuleType:
    """`segmentation.loops`; compiling takes some seconds and is done in another process, so that this one can go on."""
    if not _LOADED:
        if not any((HERE / "segmentation" / "__pycache__").glob("loops.*.nbi")):
            command = [sys.executable, "-c", "import segmentation.loops"]
            subprocess.run(command, cwd=HERE, capture_output=True, check=False)
        from segmentation import loops

        _LOADED.append(loops)
    return _LOADED[0]


def halves(work: Callable[[int], Result]) -> list[Result]:
    """Both halves of something, 0 and 1, at the same time; the loops hold no lock."""
    other = _BESIDE.submit(work, 1)
    return [work(0), other.result()]
