"""Ladders: segments in an order where everybody lands in the first that fits, so that nobody is in two."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, insert, select

from segmentation import metadata
from segmentation.catalogue import Catalogue, Model
from segmentation.clock import Clock
from segmentation.definition import Definition, Group, Match, SegmentCondition
from segmentation.engine import Engine
from segmentation.errors import HandpickError, LibraryError
from segmentation.membership import Membership
from segmentation.references import References
from segmentation.workspace import Workspace

NAME_LENGTH = 120
_T = metadata.LADDERS


class Ladder(Model):
    """`rungs` are ids of segments, the first rung first; `updated_at` UTC."""

    id: str
    name: str
    rungs: tuple[str, ...]
    updated_at: datetime


@dataclass(frozen=True)
class Rung:
    """One rung's numbers: everybody its segment matches, and those who land here. `problem` says why it is not counted."""

    segment: str
    name: str
    matching: int
    members: Membership
    problem: str = ""


@dataclass(frozen=True)
class Landing:
    """Where everybody landed; rungs and `rest` (nobody's) add up to `base`."""

    rungs: tuple[Rung, ...]
    rest: Membership
    base: int


def rung_definition(rungs: Sequence[str], place: int) -> Definition:
    """The people of one rung (from 0) as a definition of its own: in its segment, and in none of those above."""
    own = SegmentCondition(segment=rungs[place])
    if place == 0:
        return Definition(root=Group(children=(own,)))
    above = tuple(SegmentCondition(segment=segment) for segment in rungs[:place])
    return Definition(root=Group(children=(own, Group(match=Match.NONE, children=above))))


def land(rungs: Sequence[str], engine: Engine, clock: Clock, catalogue: Catalogue, references: References) -> Landing:
    """Let everybody fall through the rungs. A rung that cannot be answered holds nobody and says why."""
    size = engine.audience.people
    left = Membership.everybody(size)
    found: list[Rung] = []
    for segment in rungs:
        own = Definition(root=Group(children=(SegmentCondition(segment=segment),)))
        answer = engine.answer(own, clock, catalogue, references)
        try:
            name = references.segment(segment).name
        except HandpickError:
            name = segment
        problem = next(iter(answer.unfinished.values()), "")
        found.append(Rung(segment, name, answer.total, answer.members & left, problem))
        left = left - answer.members
    return Landing(tuple(found), left, size)


class Ladders:
    """The ladders of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._database = workspace.database

    def save(self, audience: str, name: str, rungs: tuple[str, ...], ladder_id: str | None = None) -> Ladder:
        """Keep a ladder, over the one of `ladder_id` where it is given; raises `LibraryError`."""
        name = " ".join(name.split())
        if not name or len(name) > NAME_LENGTH:
            raise LibraryError(f"Give the ladder a name of at most {NAME_LENGTH} letters.")
        if len(set(rungs)) < len(rungs):
            raise LibraryError("A segment stands on one rung only.")
        if not rungs:
            raise LibraryError("Put at least one segment on the ladder.")
        now = datetime.now(UTC)
        ladder = Ladder(id=ladder_id or secrets.token_hex(6), name=name, rungs=rungs, updated_at=now)
        with self._workspace.writing() as connection:
            others = select(_T.c.name).where(_T.c.audience == audience, _T.c.id != ladder.id)
            if name.casefold() in {known.casefold() for (known,) in connection.execute(others)}:
                raise LibraryError(f"There is a ladder “{name}” already. Give this one another name.")
            connection.execute(delete(_T).where(_T.c.id == ladder.id))
            connection.execute(
                insert(_T).values(
                    id=ladder.id,
                    audience=audience,
                    name=name,
                    rungs=json.dumps(rungs),
                    updated_at=now.replace(tzinfo=None),
                )
            )
        return ladder

    def find(self, audience: str) -> tuple[Ladder, ...]:
        """The ladders of an audience by name."""
        with self._database.connect() as connection:
            rows = connection.execute(select(_T).where(_T.c.audience == audience)).all()
        found = (
            Ladder(
                id=row.id,
                name=row.name,
                rungs=tuple(json.loads(row.rungs)),
                updated_at=row.updated_at.replace(tzinfo=UTC),
            )
            for row in rows
        )
        return tuple(sorted(found, key=lambda ladder: ladder.name.casefold()))

    def delete(self, ladder_id: str) -> None:
        """Take a ladder out."""
        with self._workspace.writing() as connection:
            connection.execute(delete(_T).where(_T.c.id == ladder_id))
