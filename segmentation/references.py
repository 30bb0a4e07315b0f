"""What a definition may refer to: other segments and static lists, found by id or by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeVar

from sqlglot import exp

from segmentation.binding import Parameters, Question
from segmentation.catalogue import Catalogue, Kind, Model, Role
from segmentation.definition import AnyNode, Definition, Group, Match, below
from segmentation.errors import HandpickError, close_names
from segmentation.predicates import Target, among, as_type, table_named


class ListedBy(StrEnum):
    """What the entries of a static list are."""

    ID = "id"
    EMAIL = "email"


class StaticList(Model):
    """A list of people that does not change by itself: ids exactly as they are, or e-mail addresses in any case."""

    id: str
    name: str
    by: ListedBy = ListedBy.ID
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class NamedDefinition:
    """A segment as others refer to it."""

    id: str
    name: str
    definition: Definition


class References:
    """Segments and lists at hand; `origin` is the segment that is being answered itself, so that a circle is seen."""

    def __init__(
        self,
        segments: Iterable[NamedDefinition] = (),
        lists: Iterable[StaticList] = (),
        origin: NamedDefinition | None = None,
    ) -> None:
        self.segments = tuple(segments)
        self.lists = tuple(lists)
        self.origin = origin

    def segment(self, key: str | None) -> NamedDefinition:
        """The segment of this id, or else of this name; raises HandpickError."""
        return picked(self.segments, key, "segment")

    def list(self, key: str | None) -> StaticList:
        """The list of this id, or else of this name; raises HandpickError."""
        return picked(self.lists, key, "list")


class Known(Protocol):
    """What has an id and a name."""

    @property
    def id(self) -> str:
        """Never changes."""

    @property
    def name(self) -> str:
        """What people call it."""


K = TypeVar("K", bound=Known)


def picked(known: Sequence[K], key: str | None, what: str) -> K:
    """The one of this id, or else of this name in any case; raises HandpickError with close names."""
    if not key:
        raise HandpickError(f"Choose a {what}.")
    for found in known:
        if found.id == key:
            return found
    for found in known:
        if found.name.casefold() == key.casefold():
            return found
    close = close_names(key, [one.name for one in known])
    raise HandpickError(f"There is no {what} “{key}”: it may have been deleted.{close}")


NO_REFERENCES = References()


def refuse_circle(path: tuple[NamedDefinition, ...], found: NamedDefinition) -> None:
    """Raise HandpickError with the whole circle by name where a segment would contain itself."""
    ids = [step.id for step in path]
    if found.id in ids:
        names = " → ".join(f"“{step.name}”" for step in (*path[ids.index(found.id) :], found))
        raise HandpickError(f"A segment cannot contain itself: {names}.")


def unreachable(group: Group) -> str:
    """Why “at least 3 of” can match nobody, "" where it can."""
    on = sum(child.enabled for child in group.children)
    if group.match is Match.AT_LEAST and 0 < on < group.least:
        return f"“At least {group.least} of” can match nobody: there are only {on}."
    return ""


def refuse_unfinished_groups(found: NamedDefinition) -> None:
    """Raise HandpickError where a group that is on, also one of details, is empty, as that would widen the segment, or unreachable."""

    def look(node: AnyNode) -> None:
        if isinstance(node, Group) and node.enabled:
            reason = unreachable(node) if node.children else "a group in it is empty."
            if reason:
                raise HandpickError(f"The segment “{found.name}” is not finished: {reason}")
        for child in below(node) if node.enabled else ():
            look(child)

    look(found.definition.root)


def listed_question(static: StaticList, catalogue: Catalogue) -> Question:
    """Who stands on a list."""
    role = Role.EMAIL if static.by == ListedBy.EMAIL else Role.PERSON_ID
    field = catalogue.with_role(role)
    if field is None:
        what = "the e-mail address" if static.by == ListedBy.EMAIL else "the customer’s id"
        raise HandpickError(
            f"No field is used as {what}, which “{static.name}” lists: choose it under “Used as” on the Fields page."
        )
    of = exp.column(field.name, table="people", quoted=True)
    text: exp.Expr = of if field.kind == Kind.TEXT else as_type(of, "VARCHAR")
    parameters = Parameters()
    if static.by == ListedBy.EMAIL:
        options = parameters.bind(tuple(value.strip() for value in static.values))
        found = among(_in_any_case(exp.Trim(this=text)), options, _in_any_case)
    else:
        found = among(text, parameters.bind(static.values), lambda item: item)
    select = exp.select(exp.column("_row", quoted=True)).from_(table_named("people"), copy=False).where(found)
    return Question(select, tuple(parameters.values))


def _in_any_case(text: exp.Expr) -> exp.Expr:
    return Target(text, Kind.TEXT).folded(text)
