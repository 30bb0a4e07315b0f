"""Values and names stay what they are: nothing of them becomes SQL, and an unknown name is an error, never everybody."""

# ruff: noqa: DTZ001 instants are stored as UTC without zone

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from segmentation.catalogue import Kind
from segmentation.clock import Clock
from segmentation.compiling import compile_condition
from segmentation.definition import (
    BetweenDays,
    Condition,
    Definition,
    EventCondition,
    FieldCondition,
    Group,
    Measure,
    MeasureFunction,
    Near,
    OtherField,
    Period,
    PlaceCondition,
    RankCondition,
    RfmCondition,
    SampleCondition,
    SequenceCondition,
    Span,
    Step,
    Unit,
)
from segmentation.engine import Engine
from segmentation.errors import HandpickError
from segmentation.operators import COMPARISONS, OPERATORS, Shape
from segmentation.places import Climate
from tests.segmentation.audiences import catalogue_of, write_audience

CLOCK = Clock(datetime(2026, 3, 31, 10, tzinfo=UTC), "Europe/Berlin")
ALL_KINDS = {kind.value: kind for kind in Kind}
CATALOGUE = catalogue_of(ALL_KINDS, ALL_KINDS, ("purchase", "login"))
TWO_VALUES: dict[Shape, tuple[Any, Any]] = {
    Shape.NOTHING: (None, None),
    Shape.TEXT: ("a", "'; DROP TABLE people; --"),
    Shape.TEXTS: (("a",), ("b", "'c", '"d')),
    Shape.PATTERN: ("a", "'.*\\\\"),
    Shape.NUMBER: (1, -0.5),
    Shape.NUMBERS: ((1, 2), (-0.5, 1e17)),
    Shape.WHOLE: (0, 99),
    Shape.DAY: ("2026-01-01", "9999-12-31"),
    Shape.DAYS: (("2026-01-01", "2026-01-02"), ("0001-01-01", "9999-12-31")),
    Shape.PERIOD: (Period(amount=1), Period(amount=100_000)),
    Shape.SPAN: (Span(nearest=1, farthest=2), Span(nearest=0, farthest=100_000, unit=Unit.YEARS)),
    Shape.CALENDAR: ("today", "next_year"),
    Shape.TIMES: (("2026-01-01", "2026-01-02"), ("0002-01-01T00:00", "9999-12-31T23:59:59.999999Z")),
    Shape.WEEKDAYS: (("monday",), ("sunday", "Tuesday")),
    Shape.MONTHS: (("may",), ("january", "DECEMBER")),
    Shape.HOURS: ((0, 23), (22, 5)),
    Shape.YEARS: ((0, 1), (18, 10**9)),
    Shape.LANGUAGES: (("de",), ("en", "fil")),
}
"""Another field is a name, not a value: what stands in it is part of the text, see below."""
HOSTILE_TEXTS = (
    "%",
    "_",
    "50%",
    "a_b",
    "'",
    '"',
    "\\",
    "\\'",
    ";",
    "--",
    "$p0",
    "?",
    "{}",
    "*/",
    "a\x00b",
    "\n",
    "null",
)
HOSTILE_NAMES = (
    "item",
    "ITEM ",
    "options",
    "x",
    "people",
    "events",
    "select",
    "p0",
    "$p0",
    'a"b',
    '"',
    "a'b",
    "a.b",
    "--",
    ";",
    "a b",
    "\\",
    "日本 👍",
    "__row",
    "now()",
    "%s",
    "%",
    "{}",
    "{0}",
    "$1",
    ":p0",
    "?",
    "FROM",
    "null",
    "dated",
    "rated",
    "_value",
    "_place",
    "_group",
    "_ranked",
    "👩‍🚀",
    '"; DROP TABLE people; --',
)


@pytest.mark.parametrize("name", list(OPERATORS))
def test_text_of_sql_does_not_depend_on_values(name: str) -> None:
    row = OPERATORS[name]
    for kind in row.kinds:
        other = OtherField(field=kind.value)
        asked = [
            compile_condition(FieldCondition(field=kind.value, operator=name, value=value), CATALOGUE, CLOCK, None)
            for value in TWO_VALUES.get(row.shape, (other, other))
        ]
        assert asked[0].sql == asked[1].sql
        if row.shape not in (Shape.NOTHING, Shape.FIELD):
            assert asked[0].parameters != asked[1].parameters


def test_every_shape_but_another_field_has_two_values() -> None:
    assert set(TWO_VALUES) == set(Shape) - {Shape.FIELD}


@pytest.mark.parametrize(
    ("name", "function"),
    [
        (name, function)
        for name, row in COMPARISONS.items()
        for function in MeasureFunction
        if function == MeasureFunction.COUNT or not row.only_count
    ],
)
def test_text_of_an_events_sql_does_not_depend_on_values(name: str, function: MeasureFunction) -> None:
    row = COMPARISONS[name]
    bounds: tuple[Any, Any] = ((1, 2), (3, 4.5)) if row.shape == Shape.NUMBERS else (1, 4.5)
    texts = set()
    for event, text, day, bound in (("purchase", "a", 1, bounds[0]), ("login", "'; --", 2, bounds[1])):
        condition = EventCondition(
            events=(event,),
            where=Group(children=(FieldCondition(field="text", operator="is_none_of", value=(text, "b")),)),
            window=BetweenDays(first=date(2026, 1, day), last=date(2026, 2, day)),
            measure=Measure(function=function, property="number"),
            comparison=name,
            value=bound,
        )
        texts.add(compile_condition(condition, CATALOGUE, CLOCK, None).sql)
    assert len(texts) == 1


def literal_audience(folder: Path, texts: tuple[str, ...]) -> Engine:
    people: list[dict[str, Any]] = [{"text": text, "list": [text, "other"]} for text in texts]
    return Engine(write_audience(folder / "a.duckdb", {"text": Kind.TEXT, "list": Kind.LIST}, [*people, {}]))


def members(engine: Engine, *conditions: Condition) -> list[int]:
    answer = engine.answer(Definition(root=Group(children=conditions)), CLOCK)
    assert answer.counted, answer.unfinished
    assert not answer.unfinished
    return answer.members.rows().tolist()


def check_every_text_is_literal(engine: Engine, texts: tuple[str, ...], every: int = 1) -> None:
    """Each text asked for finds exactly the rows a plain comparison in Python finds."""
    for value in texts[::every]:
        for operator, operand, field, test in (
            ("is", value, "text", lambda text, value=value: text == value),
            ("is_any_of", (value,), "text", lambda text, value=value: text == value),
            ("contains", value, "text", lambda text, value=value: value in text),
            ("contains_any", (value,), "text", lambda text, value=value: value in text),
            ("starts_with", value, "text", lambda text, value=value: text.startswith(value)),
            ("ends_with", value, "text", lambda text, value=value: text.endswith(value)),
            ("has_any_of", (value,), "list", lambda text, value=value: text == value),
        ):
            condition = FieldCondition(field=field, operator=operator, value=operand, exact_case=True)
            expected = [row for row, text in enumerate(texts) if test(text)]
            assert members(engine, condition) == expected, (operator, value)


def test_every_character_of_a_value_is_literal(tmp_path: Path) -> None:
    engine = literal_audience(tmp_path, HOSTILE_TEXTS)
    check_every_text_is_literal(engine, HOSTILE_TEXTS)
    engine.audience.close()


def test_naughty_strings_are_found_as_they_are(tmp_path: Path, shared_data: Path) -> None:
    naughty = json.loads((shared_data / "blns" / "blns.json").read_text(encoding="utf-8"))
    texts = tuple(dict.fromkeys(text for text in naughty if text))
    engine = literal_audience(tmp_path, texts)
    assert members(engine, FieldCondition(field="text", operator="is_any_of", value=texts, exact_case=True)) == list(
        range(len(texts))
    )
    check_every_text_is_literal(engine, texts, every=40)
    for row in range(0, len(texts), 4):
        folded = FieldCondition(field="text", operator="is", value=texts[row])
        assert row in members(engine, folded), texts[row]
    engine.audience.close()


NUMERIC_NAMES = {
    f"{name}{suffix}": kind for name in HOSTILE_NAMES for suffix, kind in (("", Kind.NUMBER), ("d", Kind.DATE))
}


def test_any_column_name_can_be_a_number_or_a_date(tmp_path: Path) -> None:
    row = {name: 1 if kind == Kind.NUMBER else date(2026, 1, 1) for name, kind in NUMERIC_NAMES.items()}
    events = [row | {"_row": 0, "_name": "e", "_time": datetime(2026, 1, 2)}]
    engine = Engine(write_audience(tmp_path / "a.duckdb", NUMERIC_NAMES, [row, {}], NUMERIC_NAMES, events))
    for name, kind in NUMERIC_NAMES.items():
        assert members(engine, RankCondition(field=name, amount=100)) == [0], name
        if kind == Kind.DATE:
            near = EventCondition(events=("e",), window=Near(field=name, period=Period(amount=1)))
            assert members(engine, near) == [0], name
            continue
        assert members(engine, RfmCondition(events=("e",), amount=name)) == [0], name
        assert members(engine, PlaceCondition(latitude=name, longitude=name, climates=(Climate.TROPICAL,))) == [0], name
    engine.audience.close()


def test_any_column_name_can_be_used(tmp_path: Path) -> None:
    fields = {f"{name}{suffix}": kind for name in HOSTILE_NAMES for suffix, kind in (("", Kind.TEXT), ("l", Kind.LIST))}
    value = {Kind.TEXT: "yes", Kind.LIST: ["yes"]}
    full = {name: value[kind] for name, kind in fields.items()}
    other = {name: "no" if kind == Kind.TEXT else ["no"] for name, kind in fields.items()}
    events = [
        other | {"_row": 1, "_name": "it's", "_time": datetime(2026, 1, 1)},
        full | {"_row": 2, "_name": "it's", "_time": datetime(2026, 1, 2)},
        full | {"_row": 2, "_name": "it's", "_time": datetime(2026, 1, 3)},
    ]
    engine = Engine(write_audience(tmp_path / "a.duckdb", fields, [full, other, {}], fields, events))
    for name, kind in fields.items():
        for operator in ("is_any_of", "contains_any") if kind == Kind.TEXT else ("has_any_of", "has_all_of"):
            condition = FieldCondition(field=name, operator=operator, value=("yes",))
            assert members(engine, condition) == [0], (name, operator)
        event = EventCondition(events=("it's",), where=Group(children=(condition,)))
        assert members(engine, event) == [2], name
        measure = Measure(function=MeasureFunction.DISTINCT, property=name)
        assert members(engine, EventCondition(events=("it's",), measure=measure)) == [1, 2], name
        same = SequenceCondition(steps=(Step(events=("it's",)), Step(events=("it's",), same=(name,))))
        assert members(engine, same) == [2], name
        if kind == Kind.TEXT:
            other = FieldCondition(field=name, operator="same_as", value=OtherField(field=next(iter(fields))))
            assert members(engine, other) == [0, 1], name
            assert len(members(engine, SampleCondition(field=name, percent=100))) == 2, name
        assert members(engine, RankCondition(events=("it's",), within=name, amount=100)) == [1], name
    engine.audience.close()


def of_field(**changes: Any) -> FieldCondition:
    return FieldCondition(**{"field": "text", "operator": "is", "value": "a"} | changes)


def of_event(**changes: Any) -> EventCondition:
    return EventCondition(**{"events": ("purchase",)} | changes)


FAULTS: tuple[tuple[FieldCondition | EventCondition, str], ...] = (
    (of_field(field=None), "Choose a field."),
    (of_field(field="txt"), "There is no field “txt” in the customers. Close: text."),
    (of_field(field="tеxt"), "There is no field “tеxt” in the customers. Close: text."),  # noqa: RUF001 a Russian letter
    (of_field(operator="between", value=("b", "a"), field="number"), "Enter a number."),
    (of_field(operator="language_any_of", value=("日本",)), "“日本” is not the code of a language"),
    (of_field(operator=None), "Choose how to compare “Text”."),
    (of_field(operator="iss"), "There is no comparison “iss”. Close: is"),
    (
        of_field(field="number"),
        "“Number” is a number, which cannot be compared by “is exactly”. Possible: “is between”, “is not between”",
    ),
    (of_field(value=None), "Enter a text."),
    (of_event(events=()), "Choose what they did."),
    (of_event(events=("purchase", "purchased")), "There is no event “purchased”. Close: purchase."),
    (of_event(comparison="atleast"), "There is no comparison “atleast”. Close: at_least"),
    (of_event(value=None), "Enter a number."),
    (of_event(window=BetweenDays()), "Choose the first or the last day."),
    (
        of_event(window=BetweenDays(first=date(2026, 1, 2), last=date(2026, 1, 1))),
        "The first day is after the last; swap them.",
    ),
    (of_event(measure=Measure(function=MeasureFunction.SUM)), "Choose the detail whose total is compared."),
    (
        of_event(measure=Measure(function=MeasureFunction.SUM, property="nmber")),
        "There is no detail “nmber” on any event. Close: number.",
    ),
    (
        of_event(measure=Measure(function=MeasureFunction.AVERAGE, property="text")),
        "“Text” is text; choose a detail that is a number, or count different values.",
    ),
    (
        of_event(comparison="never", measure=Measure(function=MeasureFunction.SUM, property="number")),
        "“never” goes with how often something was done.",
    ),
    (of_event(where=Group(children=(of_field(field=None),))), "Choose a detail of the event."),
    (of_event(where=Group(children=(of_field(field="txt"),))), "There is no detail “txt” on any event. Close: text."),
    (of_event(where=Group(children=(of_event(),))), "Inside an event only its details can be filtered."),
)


@pytest.mark.parametrize(("condition", "message"), FAULTS)
def test_a_fault_is_said_in_words(condition: FieldCondition | EventCondition, message: str) -> None:
    with pytest.raises(HandpickError) as raised:
        compile_condition(condition, CATALOGUE, CLOCK, None)
    assert str(raised.value).startswith(message)
