"""The exit codes of the commands."""

from __future__ import annotations

from enum import IntEnum

from segmentation.errors import (
    AudienceError,
    Cancelled,
    ChoiceError,
    DefinitionError,
    ExportError,
    HandpickError,
    NotFound,
)
from segmentation.renewal import Held


class Code(IntEnum):
    """What a script can tell from a command's end."""

    DONE = 0
    PROBLEMS = 1  # the definition cannot be answered; all its problems were printed
    USAGE = 2  # the command is not understood, or something has to be said that cannot be guessed
    UNREADABLE = 3  # a file or a workspace cannot be read
    NOT_FOUND = 4  # a file, an audience, a segment, a column, a person … of this name is not there
    UNWRITABLE = 5  # the list cannot be written: no consent field, an unknown destination, a full disk …
    HELD = 6  # new data needs a look before it is brought in; the old data stays
    FAULT = 70  # a fault of Handpick's own
    CANCELLED = 130


CODES: tuple[tuple[type[HandpickError], Code], ...] = (
    (DefinitionError, Code.PROBLEMS),
    (ChoiceError, Code.USAGE),
    (NotFound, Code.NOT_FOUND),
    (ExportError, Code.UNWRITABLE),
    (Cancelled, Code.CANCELLED),
    (Held, Code.HELD),
    (AudienceError, Code.UNREADABLE),
    (HandpickError, Code.UNREADABLE),
)
"""The exit code of each error; the first that fits."""


def code_of(error: HandpickError) -> Code:
    """The exit code of an error."""
    return next(code for kind, code in CODES if isinstance(error, kind))
