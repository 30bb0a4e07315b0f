"""Messages of the Segment specification: identify, track, page, screen, group and alias, checked and read into one shape.

https://segment.com/docs/connections/spec/ says what they hold. Nested details are opened up: `address.city` is `address_city`; of a
list of things each detail is a list: `products_name`.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from segmentation.errors import HandpickError

KINDS = ("identify", "track", "page", "screen", "group", "alias")
VIEWED = {"page": "Page viewed", "screen": "Screen viewed"}
MOST_BYTES = 32 << 10  # of one message, as in the specification
LONGEST_NAME = 200
LONGEST_ID = 500
DEEPEST = 5
CLOCK_OFF = timedelta(minutes=1)  # a sender's clock that is further off is set right by when the message was sent
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?")

_BLANKS = re.compile(r"[\s\x00-\x1f]+")
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

Cell = str | bool | int | Decimal | list[str] | None


class Refused(HandpickError):
    """A message or request that is not taken in; the message says why, without data of persons."""


@dataclass(frozen=True)
class Message:
    """One message: who (`user` or `anonymous`, or both), when (UTC without zone), and what.

    `name` is the event's, empty for what only describes the person: then `details` are fields, else the event's own.
    `previous` is who `user` was before (alias).
    """

    kind: str
    user: str | None
    anonymous: str | None
    time: datetime
    name: str = ""
    details: Mapping[str, Cell] | None = None
    previous: str | None = None


@dataclass(frozen=True)
class Admitted:
    """A message that is taken: its id, and the line of the log that keeps it."""

    id: str
    line: bytes


def admitted(raw: object, kind: str | None, received: datetime, sent: object = None) -> Admitted:
    """A message as it is kept: checked, with its kind, its id and when it came; raises `Refused`.

    `kind` is that of the address it came to, None in a batch, where each message says its own.
    """
    if not isinstance(raw, dict):
        raise Refused("A message is not a JSON object.")
    kept = {name: value for name, value in raw.items() if name != "writeKey"}
    kept["type"] = kind or raw.get("type")
    kept["messageId"] = _text(raw, "messageId") or str(uuid.uuid4())
    kept["receivedAt"] = received.isoformat()
    kept.setdefault("sentAt", sent)
    message(kept)
    line = _JSON.encode(kept).encode(errors="replace")
    if len(line) > MOST_BYTES:
        raise Refused("A message is larger than 32 kB: send less with it.")
    return Admitted(kept["messageId"], line + b"\n")


def message(kept: Mapping[str, Any]) -> Message:
    """A kept message as it is understood; raises `Refused`."""
    kind = kept.get("type")
    if kind not in KINDS:
        raise Refused(f"A message has no known type; possible are {', '.join(KINDS)}.")
    user, anonymous = _text(kept, "userId"), _text(kept, "anonymousId")
    previous = _text(kept, "previousId") if kind == "alias" else None
    if kind == "alias" and (user is None or previous is None):
        raise Refused("An alias needs a userId and a previousId.")
    if user is None and anonymous is None:
        raise Refused(f"A message of type {kind} needs a userId or an anonymousId.")
    name, details = "", dict[str, Cell]()
    if kind == "track":
        name = _named(_text(kept, "event"))
        details = {**_campaign(kept), **_opened(kept, "properties")}
    elif kind in VIEWED:
        name = VIEWED[kind]
        told = {key: value for key in ("name", "category") if (value := _text(kept, key))}
        details = {**_campaign(kept), **told, **_opened(kept, "properties")}
    elif kind == "identify":
        details = _opened(kept, "traits")
    elif kind == "group":
        group = _text(kept, "groupId")
        if group is None:
            raise Refused("A group message needs a groupId.")
        details = {f"company_{key}": value for key, value in _opened(kept, "traits").items()}
        details["company_id"] = group
    return Message(kind, user, anonymous, _time(kept), name, details, previous)


def _text(kept: Mapping[str, Any], name: str) -> str | None:
    """A text or a number as text, None where there is none or it is blank."""
    value = kept.get(name)
    if value is None or isinstance(value, bool):
        return None
    if not isinstance(value, str | int | float | Decimal):
        raise Refused(f"{name} is not a text.")
    text = str(value).strip()
    if len(text) > LONGEST_ID:
        raise Refused(f"{name} is longer than {LONGEST_ID} letters.")
    return text or None


def _named(event: str | None) -> str:
    if event is None:
        raise Refused("A track message needs the name of its event.")
    if len(event) > LONGEST_NAME:
        raise Refused(f"The name of an event is longer than {LONGEST_NAME} letters.")
    return " ".join(event.split())


def _campaign(kept: Mapping[str, Any]) -> dict[str, Cell]:
    context = kept.get("context")
    found = _opened(context, "campaign") if isinstance(context, dict) else {}
    return {f"campaign_{name}": value for name, value in found.items()}


def _opened(kept: Mapping[str, Any], name: str) -> dict[str, Cell]:
    value = kept.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Refused(f"{name} is not a JSON object.")
    return dict(_flat(value, "", 0))


def _flat(value: Mapping[str, Any], prefix: str, depth: int) -> Iterator[tuple[str, Cell]]:
    for key, inner in value.items():
        name = prefix + _BLANKS.sub("_", str(key).strip())
        if name == prefix or len(name) > LONGEST_NAME:
            continue
        if isinstance(inner, dict):
            if depth < DEEPEST:
                yield from _flat(inner, f"{name}_", depth + 1)
        elif isinstance(inner, list):
            things = [thing for thing in inner if isinstance(thing, dict)]
            for detail in dict.fromkeys(str(key) for thing in things for key in thing):
                yield f"{name}_{detail}", [_said(thing[detail]) for thing in things if thing.get(detail) is not None]
            if not things:
                yield name, [_said(item) for item in inner if item is not None]
        elif isinstance(inner, float):
            yield name, Decimal(str(inner)) if abs(inner) < float("inf") else None
        else:
            yield name, inner


def _said(item: object) -> str:
    if isinstance(item, bool):
        return "yes" if item else "no"
    return item if isinstance(item, str) else json.dumps(item, default=str)


def _time(kept: Mapping[str, Any]) -> datetime:
    """When it happened: as the sender says, set right where the sender's clock is off; else when it came."""
    said = kept.get("timestamp") or kept.get("originalTimestamp")
    time, sent = moment(said), moment(kept.get("sentAt"))
    if said is not None and time is None:
        raise Refused("The timestamp of a message is not a date and time as in 2026-05-31T14:05:00Z.")
    if time is not None and sent is None:
        return time
    received = moment(kept["receivedAt"])
    assert received is not None
    if time is None or sent is None:
        return received
    off = received - sent
    try:
        return time + off if abs(off) > CLOCK_OFF else time
    except OverflowError:
        return received


def moment(said: object) -> datetime | None:
    """An ISO 8601 text as UTC without zone; None where it is none."""
    if not isinstance(said, str) or not MOMENT.fullmatch(said.strip()):
        return None
    try:
        found = datetime.fromisoformat(said.strip())
        return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo is not None else found
    except (ValueError, OverflowError):
        return None
