"""Everything that can go wrong, in the words a marketer reads.

HandpickError
├── DefinitionError    a segment cannot be answered: every problem at once, each with its place
├── SourceError        a file or database cannot be read
│   └── ConnectionLost a database went away while it was read; reading again can work
├── LoadError          a load plan does not fit its tables
├── AudienceError      an audience is missing, damaged or of another version
├── LibraryError       a saved segment cannot be found or kept
│   └── ConflictError  somebody saved in between: nothing was overwritten
├── ExportError        a list cannot be written
├── NotFound           a file, a column, a person … of this name is not there
├── ChoiceError        something has to be said that cannot be guessed, or what was said does not go
└── Cancelled          the marketer pressed Cancel; nothing was changed

A message says what failed, on which named thing, and what would work.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


class HandpickError(Exception):
    """Base of all errors that are shown to a person as they are."""


@dataclass(frozen=True)
class Problem:
    """One thing to mend in a definition: the node's id, its place in words, and the sentence."""

    node: str
    place: str
    message: str


class DefinitionError(HandpickError):
    """A definition cannot be answered; `problems` lists all of them."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(" ".join(f"{p.place}: {p.message}" if p.place else p.message for p in self.problems))


class SourceError(HandpickError):
    """A file or database cannot be read."""


class ConnectionLost(SourceError):
    """A database went away while it was read; reading again can work."""


class LoadError(HandpickError):
    """A load plan does not fit its tables."""


class AudienceError(HandpickError):
    """An audience is missing, damaged or of another version."""


class LibraryError(HandpickError):
    """A saved segment cannot be found or kept."""


class ConflictError(LibraryError):
    """Somebody saved in between; nothing was overwritten."""


class ExportError(HandpickError):
    """A list cannot be written."""


class NotFound(HandpickError):
    """Something that was named is not there."""


class ChoiceError(HandpickError):
    """Something has to be said that cannot be guessed, or what was said does not go."""


class Cancelled(HandpickError):
    """The work was cancelled; nothing was changed."""

    def __init__(self) -> None:
        super().__init__("Cancelled. Nothing was changed.")


def close_names(name: str, known: Iterable[str], limit: int = 3) -> str:
    """A closing sentence with the nearest known names, or "" where none is near."""
    from rapidfuzz import process  # the app's start does without

    found = process.extract(name, list(known), limit=limit, score_cutoff=60)
    return f" Close: {', '.join(match for match, _, _ in found)}." if found else ""
