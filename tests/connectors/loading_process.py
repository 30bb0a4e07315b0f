"""Reads a file and loads it in a process of its own, and prints what it does; run by `tests/warm.py`."""

import resource
from pathlib import Path

from connectors.importing import load, plan_files
from segmentation.errors import HandpickError
from segmentation.jobs import Quiet
from segmentation.workspace import Workspace


class Told(Quiet):
    def __call__(self, message: str, share: float | None = None) -> None:
        print(message, flush=True)


def confine(limit: str) -> None:
    """Let no file become larger, as on a full disk."""
    if limit != "none":
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))


def main(arguments: list[str]) -> None:
    home, file, audience, limit, limited = arguments
    space = Workspace(Path(home))
    try:
        if limited == "reading":
            confine(limit)
        plan, _ = plan_files([("orders.csv", Path(file))], space, Told())
        confine(limit)
        load(plan, "Orders", space, Told(), audience or None)
        print("loaded")
    except HandpickError as error:
        print("error:", error)
