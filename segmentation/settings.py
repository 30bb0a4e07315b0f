"""What holds for the whole workspace, and what it is before anybody chose."""

from __future__ import annotations

import os
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from segmentation.catalogue import Model


def local_zone() -> str:
    """The machine's IANA zone, UTC where it cannot be found."""
    candidates = [os.environ.get("TZ", "")]
    try:
        candidates.append(os.path.realpath("/etc/localtime").partition("zoneinfo/")[2])
        candidates.append(Path("/etc/timezone").read_text().strip())
    except OSError:
        pass
    for name in candidates:
        try:
            if name:
                return ZoneInfo(name).key.removeprefix("Etc/")
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return "UTC"


class Settings(Model):
    """What holds for the whole workspace."""

    zone: str = "UTC"
