"""Databases that are one file on the machine that runs Handpick."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from connectors.sources.offers import Reached
from segmentation.catalogue import Model
from segmentation.errors import SourceError, close_names
from segmentation.workspace import Workspace


def own(path: Path) -> Path:
    """A file that a marketer named; raises `SourceError` where there is none, or where it is Handpick's."""
    found = path.expanduser()
    if not found.is_file():
        near = [other.name for other in found.parent.iterdir() if other.is_file()] if found.parent.is_dir() else []
        raise SourceError(f"There is no file {path}.{close_names(path.name, near)}")
    _refuse_own(found)
    return found


def own_folder(path: Path) -> Path | None:
    """The same for a folder, None where it is none; one that Handpick's data lies in is refused."""
    found = path.expanduser()
    if not found.is_dir():
        return None
    _refuse_own(found)
    return found


def _refuse_own(found: Path) -> None:
    home, place = Workspace.default_home().resolve(), found.resolve()
    if home in (place, *place.parents) or place in home.parents:
        raise SourceError(f"{found.name or found} belongs to Handpick itself. Choose a file or folder of your own.")


class Settings(Model):
    """Where the file is."""

    path: Path = Field(title="File", description="Path of the file on the machine that runs Handpick.")


def title(settings: Settings) -> str:
    """The file's name."""
    return settings.path.name


def reached(settings: Settings, count: int) -> Reached:
    """A file with so many tables."""
    return Reached(
        f"Found {count} table{'' if count == 1 else 's'} in {settings.path.name}. It is opened for reading only."
    )
