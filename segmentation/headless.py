"""Segments without a screen: one audience, one clock, and what can be asked of a definition (../docs/headless.md).

`connectors.opening` makes an `Evaluation` from files or from a workspace. Everything starts from the engine's answer, so that the
numbers are those of the builder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from types import TracebackType
from typing import Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from segmentation.audience import Audience, quoted
from segmentation.catalogue import Catalogue, EventType, Field, Role
from segmentation.checking import problems
from segmentation.clock import Clock
from segmentation.compiling import question
from segmentation.definition import Condition, Definition, Group, ListCondition, SegmentCondition
from segmentation.demands import Names, renamed
from segmentation.describing import describe
from segmentation.dialects import Dialect, dialect_named, rendered
from segmentation.editing import with_ids
from segmentation.engine import Answer, Engine
from segmentation.errors import ChoiceError, DefinitionError, HandpickError, NotFound, Problem, close_names
from segmentation.explaining import Reason, numbered, reasons, sentence
from segmentation.references import NO_REFERENCES, References, listed_question
from segmentation.statement import Statement, statement
from segmentation.values import asked

PAGE = 50_000  # people in memory at a time


def clock_of(as_of: str | datetime | None, zone: str) -> Clock:
    """A clock that stands at `as_of` (ISO 8601, in `zone` where it names none; None: now); raises `ChoiceError`."""
    try:
        zoned = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ChoiceError(f"There is no time zone “{zone}”.{close_names(zone, available_timezones())}") from error
    try:
        now = datetime.fromisoformat(as_of) if isinstance(as_of, str) else as_of or datetime.now(UTC)
        now = now if now.tzinfo is not None else now.replace(tzinfo=zoned)
        now.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ChoiceError(f"“{as_of}” is not a date and time; write it like 2026-03-31T14:30:00+02:00.") from error
    return Clock(now, zone)


@dataclass(frozen=True)
class Explained:
    """One person: the id, whether in the segment, and every node's reason."""

    person: str
    included: bool
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Asked:
    """The SQL of one condition; `complement`: everybody but those it finds; then without people who lack one of `known`."""

    node: str
    place: str
    sentence: str
    sql: str
    parameters: tuple[tuple[str, Any], ...]  # in the order of their placeholders
    complement: bool
    known: tuple[str, ...]


class Evaluation:
    """One audience at one moment; closes its files on leaving a `with`."""

    def __init__(
        self,
        audience: Audience,
        clock: Clock,
        *,
        catalogue: Catalogue | None = None,
        references: References = NO_REFERENCES,
        names: Names | None = None,
        notes: tuple[str, ...] = (),
        close: Callable[[], None] | None = None,
        log: Callable[[str], None] = lambda what: None,
    ) -> None:
        """`log` notes what must be accounted for later. `names` are the source's where they differ from the catalogue's; `notes` say what happened to the data."""
        self.audience = audience
        self.engine = Engine(audience)
        self.catalogue = catalogue or audience.catalogue
        self.clock = clock
        self.references = references
        self.notes = notes
        self._names = names or Names()
        self._close = close
        self.log = log

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the audience, and remove what was made for it."""
        self.audience.close()
        if self._close is not None:
            self._close()

    def bound(self, definition: Definition) -> Definition:
        """The definition as it is answered: with the catalogue's names, and an id on every node."""
        return with_ids(renamed(definition, self._names))

    def problems(self, definition: Definition) -> tuple[Problem, ...]:
        """Everything that keeps the definition from being answered, in reading order."""
        return problems(self.bound(definition), self.catalogue, self.clock, self.references)

    def answer(self, definition: Definition) -> Answer:
        """All numbers; raises `DefinitionError` with every problem rather than leave anything out."""
        bound = self.bound(definition)
        found = problems(bound, self.catalogue, self.clock, self.references)
        if found:
            raise DefinitionError(found)
        answer = self.engine.answer(bound, self.clock, self.catalogue, self.references)
        if answer.unfinished:
            places = {node.id: place for node, place in numbered(bound)}
            raise DefinitionError(
                [Problem(node, f"Filter {places[node]}", words) for node, words in answer.unfinished.items()]
            )
        return answer

    def count(self, definition: Definition) -> int:
        """How many people are in."""
        return self.answer(definition).total

    def members(self, definition: Definition) -> list[str]:
        """The ids of those who are in, in the order of the source, exactly as they are written there."""
        return [row[0] for row in self.people(definition)]

    def people(
        self, definition: Definition, columns: Sequence[str] = (), limit: int | None = None
    ) -> Iterator[list[Any]]:
        """For each person who is in the id, then the values of these fields as plain Python (see `plain`)."""
        fields = [self.field(name) for name in columns]
        rows = self.answer(definition).members.rows()
        rows = rows if limit is None else rows[: max(0, limit)]
        picked = ", ".join([self.person_id, *(f"people.{quoted(f.name)}" for f in fields)])
        return self._people(rows, picked)

    def _people(self, rows: Any, picked: str) -> Iterator[list[Any]]:
        for start in range(0, len(rows), PAGE):
            cursor = self.audience.cursor()
            try:
                ask = f"SELECT {picked} FROM people SEMI JOIN unnest($rows) AS chosen(_row) USING (_row) ORDER BY people._row"
                found = cursor.execute(ask, {"rows": rows[start : start + PAGE].tolist()}).fetchall()
            finally:
                cursor.close()
            for row in found:
                yield [plain(value, self.clock.zone) for value in row]

    def field(self, name: str) -> Field:
        """The field of this name, as the source or the catalogue has it; raises `NotFound`."""
        try:
            return self.catalogue.field(self._names.fields.get(name, name))
        except HandpickError as error:
            raise NotFound(str(error)) from error

    @property
    def person_id(self) -> str:
        """SQL: a person's id as text, the row number (from 1) where no field has that role."""
        field = self.catalogue.with_role(Role.PERSON_ID)
        return "(people._row + 1)::VARCHAR" if field is None else f"CAST(people.{quoted(field.name)} AS VARCHAR)"

    def explain(self, definition: Definition, person: str) -> Explained:
        """Why this person is in or not; raises `NotFound`."""
        answer = self.answer(definition)
        table = asked(self.audience, f"SELECT _row FROM people WHERE {self.person_id} = $id", {"id": person})
        if not table.num_rows:
            raise NotFound(f"There is no person “{person}”.")
        row = int(table.column(0)[0].as_py())
        found = reasons(self.bound(definition), answer, self.audience, self.catalogue, self.clock, self.references, row)
        shown = (
            Reason(
                r.node,
                r.type,
                r.place,
                r.sentence,
                r.holds,
                {n: plain(v, self.clock.zone) for n, v in r.values.items()},
            )
            for r in found
        )
        return Explained(person, row in answer.members, tuple(shown))

    def describe(self, definition: Definition) -> str:
        """The definition as one sentence."""
        return describe(self.bound(definition), self.catalogue, self.clock.zone, self.references)

    def nodes(self, definition: Definition) -> tuple[tuple[str, str, str, str], ...]:
        """For each node that is on its id, type, place and sentence."""
        return tuple(
            (node.id, node.type, place, self._sentence(node)) for node, place in numbered(self.bound(definition))
        )

    def sql(self, definition: Definition, dialect: str = "duckdb", *, inline: bool = False) -> tuple[Asked, ...]:
        """The question of each condition; groups are set algebra on their answers. Other segments are named, not opened."""
        row = _dialect(dialect)
        self.answer(definition)
        found = []
        for node, place in numbered(self.bound(definition)):
            if not isinstance(node, Group | SegmentCondition):
                found.append(self._asked(node, place, row, inline))
        return tuple(found)

    def _asked(self, node: Condition, place: str, row: Dialect, inline: bool) -> Asked:
        if isinstance(node, ListCondition):
            found = listed_question(self.references.list(node.list), self.catalogue)
            complement = node.outside
        else:
            found = question(node, self.catalogue, self.clock, self.newest)
            complement = found.complement
        sql, values = rendered(found.select.copy(), dict(found.parameters), self.catalogue, row, inline)
        parameters = tuple((name, _bound(value)) for name, value in values)
        return Asked(node.id, place, self._sentence(node), sql, parameters, complement, found.known)

    @property
    def newest(self) -> datetime | None:
        """The newest event, in UTC without zone."""
        newest = self.audience.about.newest_event
        return newest.astimezone(UTC).replace(tzinfo=None) if newest is not None and newest.tzinfo else newest

    def statement(self, definition: Definition, dialect: str = "duckdb", *, inline: bool = False) -> Statement:
        """The whole definition as one statement, with values that JSON can hold."""
        _dialect(dialect)
        self.answer(definition)
        one = statement(
            self.bound(definition),
            self.catalogue,
            self.clock,
            self.newest,
            dialect=dialect,
            references=self.references,
            inline=inline,
        )
        return replace(one, parameters=tuple((name, _bound(value)) for name, value in one.parameters))

    def _sentence(self, node: Condition | Group) -> str:
        return sentence(node, self.catalogue, self.clock.zone, self.references)


def _dialect(name: str) -> Dialect:
    try:
        return dialect_named(name)
    except HandpickError as error:
        raise ChoiceError(str(error)) from error


def _bound(value: Any) -> Any:
    """A parameter as JSON can hold it; moments in UTC without zone, as they are stored."""
    return value.isoformat() if isinstance(value, datetime) else plain(value, "UTC")


def plain(value: Any, zone: str) -> Any:
    """A value as JSON can hold it exactly: numbers as numbers, days and moments (with `zone`'s offset) as ISO texts, ids as texts.

    A fraction that floating point would change is given as text.
    """
    if isinstance(value, datetime):
        try:
            return value.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).isoformat()
        except OverflowError:
            return f"{value.isoformat()}+00:00"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        if value == value.to_integral_value():
            return int(value)
        return float(value) if Decimal(repr(float(value))) == value else f"{value.normalize():f}"
    if isinstance(value, list | tuple):
        return [plain(item, zone) for item in value]
    return value


def named_events(catalogue: Catalogue, names: Iterable[str]) -> Catalogue:
    """The catalogue with events that may be named though nobody did them."""
    known = {event.name for event in catalogue.events}
    more = tuple(EventType(name=name, label=name) for name in dict.fromkeys(names) if name not in known)
    return catalogue.model_copy(update={"events": (*catalogue.events, *more)})
