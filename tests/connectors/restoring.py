"""Folders that are as they were once made for each test, at the same place, as their paths stand in what was loaded."""

from collections.abc import Callable
from shutil import copytree, rmtree
from typing import TypeVar

import pytest

Filled = TypeVar("Filled")


class Kept:
    """A home and a folder of files, filled once; `restore` gives them to one test as they were."""

    def __init__(self, places: pytest.TempPathFactory) -> None:
        self.place, self.kept = (places.mktemp(name) for name in ("place", "kept"))
        self.home, self.files = self.place / "home", self.place / "files"
        self.home.mkdir()
        self.files.mkdir()

    def filled(self, fill: Callable[[], Filled]) -> Filled:
        """What fills them, after which each test begins with what is in them."""
        found = fill()
        copytree(self.place, self.kept, dirs_exist_ok=True)
        return found

    def restore(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Give them to one test, the home as Handpick's."""
        rmtree(self.place)
        copytree(self.kept, self.place)
        monkeypatch.setenv("HANDPICK_HOME", str(self.home))
