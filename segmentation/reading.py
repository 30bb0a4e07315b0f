"""Definitions as JSON text and back, and what is wrong in a text that is none.

Pydantic's own reader and writer of JSON text end at about 100 groups inside one another; its models, and Python's reader and
writer, do not. So texts are turned into plain values by Python, and these into models.
"""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import BaseModel
from pydantic_core import ErrorDetails, PydanticSerializationError

from segmentation.catalogue import Model
from segmentation.definition import Definition
from segmentation.errors import LibraryError, Problem

DEEPEST = 150
"""So many groups inside one another can be kept and read; a few more levels are left for what stands in the innermost."""
TOO_DEEP = f"its groups are nested too deeply: at most {DEEPEST} inside one another."
_LEVELS = DEEPEST + 10
_WORDS = (
    ("Input should be", "it must be"),
    ("a valid string", "text in quotes"),
    ("a valid boolean", "true or false"),
    ("a valid integer", "a whole number"),
    ("a valid number", "a number"),
    (", unable to interpret input", ""),
    (", unable to parse string as a number", ""),
    (", unable to parse string as an integer", ""),
)


class SegmentFile(Model):
    """A segment as a file to keep or to hand on."""

    format: Literal["handpick.segment"] = "handpick.segment"
    version: Literal[1] = 1
    name: str
    description: str = ""
    tags: tuple[str, ...] = ()
    definition: Definition


def too_deep(data: Any) -> bool:
    """Whether more objects of parsed JSON stand inside one another than can be kept."""
    waiting = [(data, 0)]
    while waiting:
        here, depth = waiting.pop()
        if isinstance(here, dict):
            if depth == _LEVELS:
                return True
            waiting += [(value, depth + 1) for value in here.values()]
        elif isinstance(here, list | tuple):
            waiting += [(value, depth) for value in here]
    return False


def as_json(model: BaseModel, indent: int | None = None) -> str:
    """A model as JSON text; raises ValueError for infinite numbers and where it is nested too deeply."""
    separators = None if indent else (",", ":")
    data = model.model_dump(mode="json")
    return json.dumps(data, ensure_ascii=False, allow_nan=False, indent=indent, separators=separators)


def read_definition(text: str) -> Definition:
    """A definition from its JSON text; raises ValueError where it is none, or one that is nested too deeply."""
    data = json.loads(text)
    if too_deep(data):
        raise ValueError(TOO_DEEP)
    return Definition.model_validate(data)


def kept_text(definition: Definition) -> str:
    """A definition as JSON; raises `LibraryError` where it would not come back as it is, e.g. with an infinite number."""
    no = "This segment cannot be kept:"
    try:
        deep = too_deep(definition.model_dump())
    except (ValueError, RecursionError):  # Pydantic's own limit lies higher
        deep = True
    if deep:
        raise LibraryError(f"{no} {TOO_DEEP}")
    try:
        text = as_json(definition)
        text.encode()
    except (PydanticSerializationError, UnicodeEncodeError) as error:
        raise LibraryError(f"{no} one of its values is no text.") from error
    except ValueError as error:
        raise LibraryError(f"{no} one of its values is not a finite number.") from error
    try:
        if as_json(read_definition(text)) == text:
            return text
    except ValueError as error:
        raise LibraryError(f"{no} one of its values cannot be read again.") from error
    raise LibraryError(f"{no} one of its values would not come back as it is.")


def problem_of(data: Any, error: ErrorDetails) -> Problem:
    """One error of Pydantic with its place as the builder numbers it: “Filter 1.2”."""
    here, key, numbers, node, tag_due, kind = data, "", [], "", False, error["type"]
    for at, part in enumerate(error["loc"], 1):
        if isinstance(here, dict) and tag_due and part == here.get("type"):
            tag_due = False  # the model that was chosen by its “type”, not a key
            continue
        if isinstance(here, list) and isinstance(part, int):
            numbers += [str(part + 1)] if key in ("children", "steps") else []
        elif isinstance(here, dict) and (part in here or (kind == "missing" and at == len(error["loc"]))):
            key = str(part)
        else:  # one of several kinds that a value may be
            kind = "no kind"
            break
        here = here[part] if not isinstance(here, dict) or part in here else None
        tag_due = True
        node = here["id"] if isinstance(here, dict) and isinstance(here.get("id"), str) else node
    messages = {
        "no kind": f"“{key}” is nothing that can stand here.",
        "missing": f"“{key}” is missing.",
        "tuple_type": f"“{key}”: it must be a list in [ ].",
        "model_type": f"“{key}”: it must be an object in {{ }}.",
        "date_parsing": f"“{key}”: it must be a day like 2026-03-31.",
        "date_from_datetime_parsing": f"“{key}”: it must be a day like 2026-03-31.",
        "int_from_float": f"“{key}”: it must be a whole number.",
        "extra_forbidden": f"“{key}” is not known here.",
        "union_tag_not_found": "Its “type” is missing.",
        "union_tag_invalid": f"Its “type” is none of {error.get('ctx', {}).get('expected_tags')}.",
    }
    place = f"Filter {'.'.join(numbers)}" if numbers else ""
    return Problem(node, place, messages.get(kind, f"“{key}”: {_in_words(error['msg'])}."))


def _in_words(message: str) -> str:
    """A message of Pydantic without its programmer's words."""
    for theirs, ours in _WORDS:
        message = message.replace(theirs, ours)
    return message
