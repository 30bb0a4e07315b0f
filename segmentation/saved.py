"""Arrays kept in files beside an audience version and mapped into memory, so that what was worked out once is there at once."""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from segmentation.audience import Audience
from segmentation.packing import Numbers

FORMAT = 1
ALIGNED = 64  # bytes


def saved_folder(audience_file: Path) -> Path:
    """Where the arrays of an audience version are kept."""
    return audience_file.with_suffix(".arrays")


class Saved:
    """The arrays of one audience version by key. A file that is damaged, of another version or unwritable is as none."""

    def __init__(self, audience: Audience, folder: str = "") -> None:
        """Those of a `folder` of their own, where it is given."""
        self._top = saved_folder(audience.path)
        self._folder = self._top / folder
        about = audience.about
        self._stamp = [FORMAT, about.loaded_at.isoformat(), about.people, about.events]

    def read(self, key: Sequence[str]) -> tuple[dict[str, Any], list[Numbers]] | None:
        """The facts and arrays kept under a key."""
        try:
            with self._path(key).open("rb") as file:
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
            if hasattr(mapped, "madvise"):
                mapped.madvise(mmap.MADV_WILLNEED)  # one long read beside, instead of a wait at every page
            data = np.frombuffer(mapped, np.uint8)
            start = int(data[:8].view(np.uint64)[0])
            head = json.loads(bytes(data[8:start]))
            if head["stamp"] != self._stamp or head["key"] != list(key) or len(data) != head["length"]:
                return None
            arrays = [data[at : at + size].view(kind) for kind, at, size in head["arrays"]]
        except (OSError, ValueError, KeyError, TypeError, IndexError):
            return None
        return head["facts"], arrays

    def write(self, key: Sequence[str], facts: dict[str, Any], arrays: Sequence[Numbers]) -> None:
        """Keep facts (as JSON) and one-dimensional arrays under a key; where there is no room for them nothing is kept."""
        path = self._path(key)
        head: dict[str, Any] = {"stamp": self._stamp, "key": list(key), "facts": facts}
        places: list[tuple[str, int, int]] = []
        at = 0
        for array in arrays:
            places.append((array.dtype.str, at, array.nbytes))
            at += -(-array.nbytes // ALIGNED) * ALIGNED
        start = len(json.dumps(head | {"arrays": places, "length": at})) + 8 + 20 * (2 * len(places) + 1)
        start = -(-start // ALIGNED) * ALIGNED
        shifted = [[kind, place + start, size] for kind, place, size in places]
        text = json.dumps(head | {"arrays": shifted, "length": start + at}).encode().ljust(start - 8)
        temporary = None
        try:
            self._top.mkdir(exist_ok=True)  # not its parents: the audience may have been deleted meanwhile
            self._folder.mkdir(exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".saving", delete=False) as file:
                temporary = Path(file.name)
                file.write(np.uint64(start).tobytes() + text)
                for array in arrays:
                    file.write(np.ascontiguousarray(array).data)
                    file.write(bytes(-array.nbytes % ALIGNED))
            os.replace(temporary, path)
        except OSError:
            if temporary is not None:
                temporary.unlink(missing_ok=True)

    def any(self) -> bool:
        """Whether anything is kept."""
        return self._folder.is_dir()

    def touch(self, key: Sequence[str]) -> None:
        """Note that what is kept under a key has been used."""
        with suppress(OSError):
            os.utime(self._path(key))

    def trim(self, budget: int) -> None:
        """Let go of what has not been used for longest until the rest is at most so many bytes."""
        with suppress(OSError):
            files = sorted(((file.stat(), file) for file in self._folder.iterdir()), key=lambda f: -f[0].st_mtime)
            for (_, file), total in zip(files, accumulate(facts.st_size for facts, _ in files), strict=True):
                if total > budget:
                    file.unlink(missing_ok=True)

    def _path(self, key: Sequence[str]) -> Path:
        return self._folder / hashlib.sha256(json.dumps(list(key)).encode()).hexdigest()[:32]
