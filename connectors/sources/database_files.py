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
    if Workspace.default_home().resolve() in found.resolve().parents:
        raise SourceError(f"{path.name} belongs to Handpick itself. Choose a file of your own.")
    return found


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
