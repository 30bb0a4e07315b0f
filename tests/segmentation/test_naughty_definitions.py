"""Whole definitions with the strings of the Big List of Naughty Strings in every place where a value stands.

By default a few hundred are tried; `HANDPICK_NAUGHTY_DEFINITIONS=100000 python run.py test tests/segmentation/test_naughty_definitions.py`
tries as many as it says.
"""

# ruff: noqa: DTZ001 instants are stored as UTC without zone

import json
import os
import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, get_args

import pytest

from segmentation.catalogue import Kind, Role
from segmentation.clock import Clock
from segmentation.compiling import compile_condition
from segmentation.definition import (
    BetweenAgo,
    BetweenDays,
    BetweenTimes,
    Condition,
    Definition,
    During,
    EventCondition,
    FieldCondition,
    Group,
    HabitCondition,
    Last,
    ListCondition,
    Match,
    MeasureFunction,
    Near,
    Period,
    PlaceCondition,
    RankCondition,
    RfmCondition,
    SampleCondition,
    SegmentCondition,
    SequenceCondition,
    Span,
    Step,
    Unit,
    Which,
)
from segmentation.engine import Engine
from segmentation.errors import HandpickError
from segmentation.habits import Changed, Regularly, Resumed, Stopped
from segmentation.library import SegmentFile, import_json
from segmentation.measures import Measure
from segmentation.places import Climate, Point
from segmentation.references import NamedDefinition, References, StaticList, listed_question
from segmentation.windows import CalendarPeriod
from tests.segmentation.audiences import catalogue_of, write_audience

HOW_MANY = int(os.environ.get("HANDPICK_NAUGHTY_DEFINITIONS", "150"))
CLOCK = Clock(datetime(2026, 3, 31, 10, tzinfo=UTC), "Europe/Berlin")
FIELDS = {
    "text": Kind.TEXT,
    "list": Kind.LIST,
    "number": Kind.NUMBER,
    "day": Kind.DATE,
    "time": Kind.MOMENT,
    "lat": Kind.NUMBER,
    "lon": Kind.NUMBER,
}
DETAILS = {"text": Kind.TEXT, "list": Kind.LIST, "amount": Kind.NUMBER}
ROLES = {"text": Role.PERSON_ID, "lat": Role.LATITUDE, "lon": Role.LONGITUDE}
TEXT = (
    "is",
    "is_not",
    "contains",
    "does_not_contain",
    "starts_with",
    "does_not_start_with",
    "ends_with",
    "does_not_end_with",
)
TEXTS = ("is_any_of", "is_none_of", "contains_any", "contains_none")
LISTS = ("has_any_of", "has_all_of", "has_none_of")


@pytest.fixture(scope="module")
def naughty(shared_data: Path) -> tuple[str, ...]:
    found = json.loads((shared_data / "blns" / "blns.json").read_text(encoding="utf-8"))
    return tuple(dict.fromkeys(text for text in found if text))


class Draw:
    """Conditions of one form (what is chosen, and how much of it) with values that the two numbers of a seed decide.

    `form` decides everything that may be seen in the text of a statement, `values` everything that may not.
    """

    def __init__(self, form: int, values: int, texts: tuple[str, ...]) -> None:
        self.form = random.Random(form)
        self.values = random.Random(values)
        self.texts = texts

    def text(self) -> str:
        return self.values.choice(self.texts)

    def whole(self, low: int, high: int) -> int:
        return self.values.randint(low, high)

    def filter(self, *, with_list: bool = True) -> FieldCondition:
        case = {"exact_case": self.form.random() < 0.5, "leave_out_missing": self.form.random() < 0.5}
        kind = self.form.randrange(3 if with_list else 2)
        if kind == 0:
            return FieldCondition(field="text", operator=self.form.choice(TEXT), value=self.text(), **case)
        some = tuple(self.text() for _ in range(self.whole(1, 5)))
        name, operators = ("text", TEXTS) if kind == 1 else ("list", LISTS)
        return FieldCondition(field=name, operator=self.form.choice(operators), value=some, **case)

    def where(self) -> Group | None:
        if self.form.random() < 0.3:
            return None
        children = tuple(self.filter() for _ in range(self.form.randint(1, 3)))
        return Group(match=self.form.choice(list(Match)), least=self.whole(1, 9), children=children)

    def doing(self) -> dict[str, Any]:
        return {"events": tuple(self.text() for _ in range(self.form.choice((1, 2)))), "where": self.where()}

    def period(self) -> Period:
        return Period(
            amount=self.whole(1, 99), unit=self.values.choice((Unit.MINUTES, Unit.HOURS, Unit.DAYS, Unit.WEEKS))
        )

    def window(self) -> Any:
        days = sorted(date(2026, 1, 1 + self.whole(0, 27)) for _ in range(2))
        return self.form.choice(
            (
                Last(period=self.period()),
                BetweenAgo(span=Span(nearest=self.whole(0, 9), farthest=self.whole(10, 99))),
                BetweenDays(first=days[0], last=days[1]),
                BetweenTimes(start=f"{days[0]}T0{self.whole(0, 9)}:00", end=f"{days[1]}T1{self.whole(0, 9)}:00"),
                During(calendar=self.values.choice(list(CalendarPeriod))),
                Near(field="time", period=self.period()),
            )
        )

    def habit(self) -> Any:
        short, long = Period(amount=self.whole(1, 9)), Period(amount=self.whole(10, 99), unit=Unit.WEEKS)
        return self.form.choice(
            (
                Stopped(recent=short, earlier=long),
                Resumed(recent=short, pause=long),
                Regularly(least=self.whole(1, 3), periods=3, each=short),
                Changed(percent=self.whole(0, 100), each=short),
            )
        )

    def measure(self) -> Measure:
        function = self.form.choice([f for f in MeasureFunction if f != MeasureFunction.SHARE])
        return Measure(function=function, property="amount")

    def condition(self, kind: str) -> Condition:
        return _MAKE[kind](self)


_MAKE: dict[str, Callable[[Draw], Condition]] = {
    "field": lambda d: d.filter(),
    "event": lambda d: EventCondition(
        **d.doing(),
        which=d.form.choice(list(Which)),
        window=d.window(),
        measure=d.measure(),
        comparison="at_least",
        value=d.whole(1, 9),
    ),
    "sequence": lambda d: SequenceCondition(
        steps=(
            Step(**d.doing()),
            Step(**d.doing(), within=d.period(), same=("text",), absent=d.form.random() < 0.5),
            Step(**d.doing(), absent=d.form.random() < 0.5),
        ),
        window=d.window(),
    ),
    "habit": lambda d: HabitCondition(**d.doing(), habit=d.habit()),
    "rank": lambda d: RankCondition(
        **d.doing(), window=d.window(), measure=d.measure(), amount=d.whole(10, 99), after=d.whole(0, 9), within="text"
    ),
    "rfm": lambda d: RfmCondition(
        **d.doing(), window=d.window(), amount="amount", recency=(d.whole(1, 3), d.whole(3, 5))
    ),
    "place": lambda d: PlaceCondition(
        near=Point(latitude=d.whole(-90, 90), longitude=d.whole(-180, 180), name=d.text()),
        kilometres=d.whole(0, 20_000),
        climates=(Climate.POLAR,) if d.form.random() < 0.5 else (),
    ),
    "sample": lambda d: SampleCondition(seed=d.text(), percent=d.whole(0, 50), start=d.whole(0, 50)),
    "segment": lambda d: SegmentCondition(segment=d.text()),
    "list": lambda d: ListCondition(list=d.text()),
}
REFERRING = {"segment", "list"}
PLAIN = ("a", "b", "c")
EACH = 5
"""So many definitions of one form, each with other values."""


def test_every_kind_of_condition_can_be_drawn() -> None:
    assert set(_MAKE) == {kind.model_fields["type"].default for kind in get_args(Condition)}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, naughty: tuple[str, ...]) -> Iterator[Engine]:
    """Each string is a person's text, an item of a list, and the name and a detail of an event."""
    people = [
        {
            "text": text,
            "list": [text, "other"],
            "number": row,
            "day": date(2026, 1, 1),
            "lat": row % 90,
            "lon": row % 180,
        }
        for row, text in enumerate(naughty)
    ]
    events = [
        {
            "_row": row,
            "_name": text,
            "_time": datetime(2026, 3, 1 + row % 30),
            "text": text,
            "list": [text],
            "amount": row,
        }
        for row, text in enumerate(naughty)
    ]
    audience = write_audience(
        tmp_path_factory.mktemp("naughty") / "a.duckdb", FIELDS, [*people, {}], DETAILS, events, roles=ROLES
    )
    yield Engine(audience)
    audience.close()


def test_text_of_sql_is_the_same_to_the_byte_whatever_the_values(naughty: tuple[str, ...]) -> None:
    catalogue = catalogue_of(FIELDS, DETAILS, (*naughty, *PLAIN), ROLES)
    kinds = [kind for kind in _MAKE if kind not in REFERRING]
    for form in range(0, HOW_MANY, EACH):
        kind = kinds[form // EACH % len(kinds)]
        plain = compile_condition(Draw(form, 0, PLAIN).condition(kind), catalogue, CLOCK, None)
        for number in range(form, min(form + EACH, HOW_MANY)):
            odd = compile_condition(Draw(form, number + 1, naughty).condition(kind), catalogue, CLOCK, None)
            assert odd.sql.encode() == plain.sql.encode(), (kind, form, number)
            assert [name for name, _ in odd.parameters] == [name for name, _ in plain.parameters], (kind, form, number)


def test_text_of_a_lists_sql_is_the_same_to_the_byte_whatever_stands_on_it(naughty: tuple[str, ...]) -> None:
    catalogue = catalogue_of(FIELDS, roles=ROLES)
    texts = {
        listed_question(StaticList(id="l", name=name, values=values), catalogue).select.sql("duckdb")
        for name, values in (("A", ("a",)), *((text, naughty[number:]) for number, text in enumerate(naughty)))
    }
    assert len(texts) == 1


def test_a_definition_of_naughty_strings_is_answered_and_read_back(engine: Engine, naughty: tuple[str, ...]) -> None:
    adults = Definition(root=Group(children=(FieldCondition(field="number", operator="at_least", value=9),)))
    segments = [NamedDefinition(f"s{number}", text, adults) for number, text in enumerate(naughty)]
    lists = [StaticList(id=f"l{number}", name=text, values=(text,)) for number, text in enumerate(naughty)]
    references = References(segments, lists)
    kinds, base = list(_MAKE), engine.audience.people
    for number in range(HOW_MANY):
        draw = Draw(number, number + 1, naughty)
        some = tuple(draw.condition(kinds[(number + more) % len(kinds)]) for more in range(draw.form.randint(1, 2)))
        definition = Definition(root=Group(match=draw.form.choice(list(Match)), children=some))
        answer = engine.answer(definition, CLOCK, references=references)
        assert not answer.unfinished, (number, answer.unfinished)
        none = Definition(root=Group(match=Match.NONE, children=(definition.root,)))
        assert answer.total + engine.answer(none, CLOCK, references=references).total == base, number
        if number % 10 == 0:
            file = SegmentFile(name="A", definition=definition)
            assert import_json(file.model_dump_json().encode()) == file, number


def test_each_string_is_found_as_an_id_an_event_a_seed_and_a_name(engine: Engine, naughty: tuple[str, ...]) -> None:
    for row in range(0, len(naughty), max(1, 8_000 // HOW_MANY)):
        text = naughty[row]
        exactly = Group(children=(FieldCondition(field="text", operator="is", value=text, exact_case=True),))
        references = References(lists=(StaticList(id="l", name=text, values=(text,)),))
        for condition in (
            EventCondition(events=(text,)),
            EventCondition(events=(text,), where=exactly),
            HabitCondition(events=(text,), habit=Regularly(least=1, periods=1)),
            RankCondition(events=(text,), where=exactly, amount=100),
            ListCondition(list=text),
        ):
            answer = engine.answer(Definition(root=Group(children=(condition,))), CLOCK, references=references)
            assert answer.members.rows().tolist() == [row], (text, condition.type)


@pytest.mark.parametrize("kind", list(_MAKE))
def test_an_unknown_naughty_name_is_an_error_in_words(engine: Engine, naughty: tuple[str, ...], kind: str) -> None:
    """A field, event, segment or list that is not there: never an error of the database, never everybody."""
    for number, text in enumerate(naughty[:: max(1, 8_000 // HOW_MANY)]):
        unknown = f"{text} x{number}"
        condition = {
            "field": FieldCondition(field=unknown, operator="is_not", value=text),
            "event": EventCondition(events=(unknown,), comparison="never"),
            "sequence": SequenceCondition(steps=(Step(events=(text,)), Step(events=(unknown,)))),
            "habit": HabitCondition(events=(unknown,)),
            "rank": RankCondition(field=unknown),
            "rfm": RfmCondition(events=(text,), amount=unknown),
            "place": PlaceCondition(latitude=unknown, climates=(Climate.POLAR,)),
            "sample": SampleCondition(field=unknown),
            "segment": SegmentCondition(segment=unknown, outside=True),
            "list": ListCondition(list=unknown, outside=True),
        }[kind]
        answer = engine.answer(Definition(root=Group(children=(condition,))), CLOCK)
        assert (answer.total, answer.counted) == (0, False)
        (message,) = answer.unfinished.values()
        assert f"“{unknown}”" in message
        if kind not in REFERRING:
            with pytest.raises(HandpickError):
                compile_condition(condition, engine.audience.catalogue, CLOCK, None)


if HOW_MANY > 1_000:
    pytestmark = pytest.mark.timeout(0)
