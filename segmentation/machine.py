"""Machine code for the loops over large audiences: compiled once a machine in a process of its own, then there in a moment."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).resolve().parents[1]
_LOADED: list[ModuleType] = []


def loops() -> ModuleType | None:
    """`segmentation.loops` where it has been fetched; never waits."""
    return _LOADED[0] if _LOADED else None


def fetch() -> ModuleType:
    """`segmentation.loops`; compiling takes some seconds and is done in another process, so that this one can go on."""
    if not _LOADED:
        subprocess.run([sys.executable, "-c", "import segmentation.loops"], cwd=HERE, capture_output=True, check=False)
        from segmentation import loops

        _LOADED.append(loops)
    return _LOADED[0]
