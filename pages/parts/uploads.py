"""Files that were dropped on the page, kept until they are read."""

from __future__ import annotations

from pathlib import Path

from pages.parts.queries import workspace
from pages.parts.session import widget


def kept(key: str) -> tuple[tuple[str, Path], ...]:
    """The files in a box as (name, path), written to a folder that is their own; none where the box is empty."""
    uploads = widget(key) or ()
    folder = workspace().staging_folder() if uploads else Path()
    files: list[tuple[str, Path]] = []
    for position, upload in enumerate(uploads):
        path = folder / f"upload-{position}{Path(upload.name).suffix.lower()}"
        with path.open("wb") as target:
            upload.seek(0)
            while chunk := upload.read(1 << 20):
                target.write(chunk)
        files.append((upload.name, path))
    return tuple(files)
