"""The exit codes of the commands."""

from enum import IntEnum


class Code(IntEnum):
    """What a script can tell from a command's end."""

    DONE = 0
    PROBLEMS = 1  # the definition cannot be answered; all its problems were printed
    USAGE = 2  # the command is not understood, or something has to be said that cannot be guessed
    UNREADABLE = 3  # a file or a workspace cannot be read
    NOT_FOUND = 4  # a file, an audience, a segment, a column, a person … of this name is not there
    UNWRITABLE = 5  # the list cannot be written: no consent field, an unknown destination, a full disk …
    FAULT = 70  # a fault of Handpick's own
    CANCELLED = 130
