"""A definition from a text, with everything that is wrong in it at once: what can be understood is understood all the same."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from segmentation.definition import Definition
from segmentation.errors import DefinitionError, Problem
from segmentation.reading import TOO_DEEP, SegmentFile, problem_of, too_deep

FORMAT = "handpick.segment"
ROUNDS = 20


@dataclass(frozen=True)
class Proof:
    """What a text says: its name ("" where it has none), its definition, and what is wrong in its form.

    With problems, the definition holds what could be understood, so that the rest can be checked too; None where nothing could.
    """

    name: str
    definition: Definition | None
    problems: tuple[Problem, ...] = ()

    @property
    def sound(self) -> Definition:
        """The definition; raises `DefinitionError` with all problems where there are any."""
        if self.problems or self.definition is None:
            raise DefinitionError(self.problems)
        return self.definition


def proofread(content: bytes) -> Proof:
    """Read a bare definition or a segment's file."""
    try:
        data = json.loads(content.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        return _unread(f"It is not JSON: line {error.lineno}, column {error.colno}: {error.msg}.")
    except RecursionError:
        return _unread(f"It cannot be read: {TOO_DEEP}")
    except ValueError:
        return _unread("It is not text in UTF-8, or has a number that is too long.")
    if not isinstance(data, dict):
        return _unread("A definition is an object in { }.")
    if too_deep(data):
        return _unread(f"It cannot be read: {TOO_DEEP}")
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        return _unread(f"It has a character that cannot be shown ({error.object[error.start]!r}).")
    return _understood(data)


def _unread(sentence: str) -> Proof:
    return Proof("", None, (Problem("", "", sentence),))


def _understood(data: dict[str, Any]) -> Proof:
    wrapped = "definition" in data or "format" in data
    found = _versions(data, wrapped)
    model: type[BaseModel] = SegmentFile if wrapped else Definition
    for _ in range(ROUNDS):
        try:
            read = model.model_validate(data)
        except RecursionError:
            return _unread(f"It cannot be read: {TOO_DEEP}")
        except ValidationError as error:
            errors = error.errors()
        else:
            if isinstance(read, SegmentFile):
                return Proof(read.name, read.definition, tuple(dict.fromkeys(found)))
            assert isinstance(read, Definition)
            return Proof("", read, tuple(dict.fromkeys(found)))
        found += [problem_of(data, wrong) for wrong in errors]
        mended = [_mended(data, wrong["loc"], wrong["type"]) for wrong in errors]
        if not any(mended):
            break
    return Proof("", None, tuple(dict.fromkeys(found)))


def _versions(data: dict[str, Any], wrapped: bool) -> list[Problem]:
    """What is wrong with formats and versions, which are set right in `data`."""
    found = []
    if wrapped and data.get("format", FORMAT) != FORMAT:
        found.append(Problem("", "", f"Its “format” is not “{FORMAT}”."))
        data["format"] = FORMAT
    inside = data.get("definition") if wrapped else None
    for words, held in (("“version”", data), ("“version” of the definition", inside)):
        if isinstance(held, dict) and not _is_one(held.get("version", 1)):
            found.append(Problem("", "", f"{words} is {held['version']!s:.20}; this Handpick knows 1."))
            held["version"] = 1
    return found


def _is_one(version: object) -> bool:
    return type(version) is int and version == 1


def _mended(data: Any, loc: tuple[int | str, ...], kind: str) -> bool:
    """Take out of `data` what is wrong at `loc`: an unknown key, else the filter it stands in, which is switched off."""
    here, row, tag_due = data, None, False
    for place, part in enumerate(loc):
        if isinstance(here, dict) and tag_due and part == here.get("type"):
            tag_due = False
            continue
        if isinstance(here, dict) and kind == "extra_forbidden" and place == len(loc) - 1:
            return here.pop(str(part), here) is not here
        if isinstance(here, list) and isinstance(part, int) and part < len(here) and _holds_nodes(here, part):
            row = (here, part)
        try:
            here = here[part]
        except (KeyError, IndexError, TypeError):
            break
        tag_due = True
    if row is None:
        return False
    nodes, at = row
    step = isinstance(nodes[at], dict) and nodes[at].get("type") == "step"
    nodes[at] = {"type": "step" if step else "field", "enabled": False}
    return True


def _holds_nodes(items: list[Any], at: int) -> bool:
    return isinstance(items[at], dict) or not all(isinstance(item, str | int | float) or item is None for item in items)
