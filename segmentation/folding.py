"""Whose messages are whose: an audience is of known people, and what a visitor did waits until it is known who that was.

In the order of messages: a message that carries both ids, or an alias, binds the one to the other, and what waited for it comes along.
A visitor who is identified as somebody else later belongs to that person from then on. An alias of a known person gives it another id;
two people who are both known stay two. Where the audience's people are known by their e-mail addresses, a userId is bound to the
address that its traits bring.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from segmentation.messages import Cell, Message, message

Bound = Callable[[str], str | None]
"""The person that an id was bound to before, by `user:…` or `anonymous:…`."""
Kept = Callable[[str], Sequence[Mapping[str, Any]]]
"""The messages that wait for an id."""
Known = Callable[[str], bool]
"""Whether somebody is in the audience."""
LINK = "link"  # of what waits: not a message, but another id that it also waits for


@dataclass(frozen=True)
class Happened:
    """An event of a person."""

    person: str
    name: str
    time: datetime
    details: Mapping[str, Cell]


@dataclass
class Folded:
    """What messages come to: `traits` of persons in the order in which they first come, events, and what is bound and waits anew."""

    traits: dict[str, dict[str, Cell]] = field(default_factory=dict)
    events: list[Happened] = field(default_factory=list)
    bound: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    unjoined: list[tuple[str, str]] = field(default_factory=list)  # by an alias, as both were known


class Fold:
    """Messages of the log, in its order, turned into what they say of people."""

    def __init__(self, by_email: bool, bound: Bound, kept: Kept, known: Known) -> None:
        """`by_email`: the audience's people are known by their e-mail addresses."""
        self.folded = Folded()
        self._by_email = by_email
        self._bound = bound
        self._kept = kept
        self._known = known

    def take(self, raw: Mapping[str, Any]) -> None:
        """Take the next message."""
        found = message(raw)
        ids = self._ids(found)
        before = self._before(found.previous) if found.previous is not None else None
        person = self._named(found) or next(filter(None, map(self._person, ids)), None) or before
        if person is None:
            self._wait(ids[0], raw)
            for other in ids[1:]:
                self._wait(other, {LINK: ids[0]})
            return
        if before is not None:
            person = self._aliased(before, person)
        for identity in ids:
            self._bind(identity, person)
        self._tell(person, found)

    def _person(self, identity: str) -> str | None:
        return self.folded.bound.get(identity) or self._bound(identity)

    def _named(self, found: Message) -> str | None:
        """The person that a message names by itself, whoever that is called now."""
        if self._by_email:
            email = (found.details or {}).get("email") if found.kind == "identify" else None
            said = email if isinstance(email, str) and "@" in email else found.user
            return self._now(address(said)) if said is not None and "@" in said else None
        return self._now(found.user)

    def _now(self, user: str | None) -> str | None:
        """Who is meant by a userId by now."""
        person, seen = user, set[str]()
        while person is not None and person not in seen:
            seen.add(person)
            now = self._person(f"user:{person}")
            if now is None:
                break
            person = now
        return person

    def _before(self, previous: str) -> str | None:
        """Who had an id before an alias, as far as that says it."""
        if self._by_email and "@" not in previous:
            return self._person(f"user:{previous}")
        return self._now(address(previous) if self._by_email else previous)

    def _aliased(self, before: str, person: str) -> str:
        """Whose both ids are: of the one who is known already, so that nothing has to move."""
        if before == person or not self._is_known(before):
            return person
        if not self._is_known(person):
            return before
        self.folded.unjoined.append((before, person))
        return person

    def _is_known(self, person: str) -> bool:
        return person in self.folded.traits or self._known(person)

    def _ids(self, found: Message) -> list[str]:
        """The ids that a message carries; addresses by which people are known are the same in any case of letters."""
        ids = [("user", found.user), ("anonymous", found.anonymous)]
        if found.previous is not None:
            ids += [("user", found.previous), ("anonymous", found.previous)]
        return [
            f"{kind}:{address(said) if self._by_email and '@' in said else said}"
            for kind, said in ids
            if said is not None
        ]

    def _wait(self, identity: str, raw: Mapping[str, Any]) -> None:
        self.folded.waiting.setdefault(identity, []).append(raw)

    def _bind(self, identity: str, person: str) -> None:
        """From here on an id is this person's; what waited for it comes along, with the ids that this links."""
        before = self._person(identity)
        if before == person or identity == f"user:{person}":
            return
        self.folded.bound[identity] = person
        if before is not None:
            return
        for raw in (*self._kept(identity), *self.folded.waiting.pop(identity, ())):
            if LINK in raw:
                self._bind(raw[LINK], person)
                continue
            found = message(raw)
            for other in self._ids(found):
                self._bind(other, person)
            self._tell(person, found)

    def _tell(self, person: str, found: Message) -> None:
        traits = self.folded.traits.setdefault(person, {})
        if found.name:
            self.folded.events.append(Happened(person, found.name, found.time, found.details or {}))
        else:
            traits.update(found.details or {})


def address(said: str) -> str:
    """An e-mail address as people are known by it."""
    return said.strip().lower()
