"""Sentences, read as prose: `sentences.txt` holds one for every operator, comparison, window and measure, and for some trees.

After a change of wording, `HANDPICK_WRITE_SENTENCES=1 pytest tests/segmentation/test_describing.py` writes the file anew;
read the difference as a marketer would before it is kept.
"""

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest

from segmentation.catalogue import Kind
from segmentation.definition import (
    Before,
    BetweenDays,
    Definition,
    EventCondition,
    FieldCondition,
    Group,
    Last,
    Match,
    Measure,
    MeasureFunction,
    Node,
    Period,
    Unit,
    Window,
)
from segmentation.describing import describe, describe_condition, is_relative
from segmentation.operators import COMPARISONS, OPERATORS, Shape
from tests.segmentation.audiences import catalogue_of

FILE = Path(__file__).parent / "sentences.txt"
ZONE = "Europe/Berlin"
CATALOGUE = catalogue_of(
    {
        "country": Kind.TEXT,
        "age": Kind.NUMBER,
        "newsletter": Kind.YES_NO,
        "birthday": Kind.DATE,
        "last_seen": Kind.MOMENT,
        "interests": Kind.LIST,
        "VIP_level": Kind.TEXT,
        "E-mail": Kind.TEXT,
    },
    {"category": Kind.TEXT, "amount": Kind.NUMBER, "gift": Kind.YES_NO, "colours": Kind.LIST},
    ("purchase", "email_opened", "login", "email_sent", "refund", "webinar_joined"),
)
FIELD_OF = {
    Kind.TEXT: "country",
    Kind.NUMBER: "age",
    Kind.YES_NO: "newsletter",
    Kind.DATE: "birthday",
    Kind.MOMENT: "last_seen",
    Kind.LIST: "interests",
}
OPERANDS: dict[Shape, tuple[Any, ...]] = {
    Shape.NOTHING: (None,),
    Shape.TEXT: ("Spain",),
    Shape.TEXTS: (("Spain",), ("Spain", "Peru"), ("Spain", "Peru", "Chile", "Cuba", "Italy", "Malta")),
    Shape.PATTERN: ("^s.*n$",),
    Shape.NUMBER: (18,),
    Shape.NUMBERS: ((18, 25.5),),
    Shape.WHOLE: (1, 3),
    Shape.DAY: ("2026-03-09",),
    Shape.DAYS: (("2026-03-09", "2026-04-01"),),
    Shape.PERIOD: (Period(amount=30), Period(amount=1, unit=Unit.MONTHS)),
}
WINDOWS: dict[str, tuple[Window, ...]] = {
    "last": (Last(period=Period(amount=7)), Last(period=Period(amount=1, unit=Unit.YEARS))),
    "before": (Before(period=Period(amount=6, unit=Unit.MONTHS)),),
    "between_days": (
        BetweenDays(first=date(2026, 3, 9), last=date(2026, 4, 1)),
        BetweenDays(first=date(2026, 3, 9), last=date(2026, 3, 9)),
        BetweenDays(first=date(2026, 3, 9)),
        BetweenDays(last=date(2026, 3, 9)),
        BetweenDays(),
    ),
}


def whose(name: str, operator: str, value: Any = None, **more: Any) -> FieldCondition:
    return FieldCondition(field=name, operator=operator, value=value, **more)


def did(*events: str, **more: Any) -> EventCondition:
    return EventCondition(events=events, **more)


def group(match: Match, *children: Node) -> Group:
    return Group(match=match, children=children)


ALL, ANY, NONE = Match.ALL, Match.ANY, Match.NONE
SPAIN, ADULT = whose("country", "is_any_of", ("Spain",)), whose("age", "at_least", 18)
SHOES, DEAR = whose("category", "is_any_of", ("Shoes",)), whose("amount", "at_least", 20)
BOUGHT, OPENED = did("purchase"), did("email_opened", window=Last(period=Period(amount=30)))
TREES: dict[str, Group] = {
    "nothing": group(ALL),
    "one filter": group(ALL, SPAIN),
    "any of one": group(ANY, BOUGHT),
    "all of three": group(ALL, SPAIN, ADULT, BOUGHT),
    "any of three": group(ANY, SPAIN, ADULT, BOUGHT),
    "none of one": group(NONE, SPAIN),
    "none of two": group(NONE, SPAIN, BOUGHT),
    "any in all": group(ALL, group(ANY, SPAIN, BOUGHT), ADULT),
    "all in any": group(ANY, group(ALL, SPAIN, BOUGHT), ADULT),
    "none in all": group(ALL, SPAIN, group(NONE, ADULT, BOUGHT)),
    "none of one in all": group(ALL, SPAIN, group(NONE, BOUGHT)),
    "none in none": group(NONE, SPAIN, group(NONE, ADULT, BOUGHT)),
    "three levels": group(ALL, SPAIN, group(ANY, ADULT, group(ALL, BOUGHT, group(NONE, OPENED)))),
    "groups of one": group(ALL, group(ANY, group(ALL, SPAIN))),
    "groups off and empty": group(ALL, SPAIN, Group(), Group(enabled=False, children=(ADULT,)), group(NONE, Group())),
    "unfinished": group(ALL, FieldCondition(), whose("age", "between", (None, 5)), EventCondition(), SPAIN),
    "labels": group(ALL, whose("VIP_level", "is", "Gold"), whose("E-mail", "contains", "@x.")),
    "never two": group(ALL, did("purchase", "email_opened", comparison="never")),
    "never three": group(ALL, did("purchase", "email_opened", "login", comparison="never")),
    "never an unknown event": group(ALL, did("webinar_joined", "purchase", comparison="never")),
    "an unknown event": group(ALL, did("webinar_joined", "purchase")),
    "sent and got": group(ALL, did("email_sent"), did("email_sent", comparison="never")),
    "where one": group(ALL, did("purchase", where=group(ALL, SHOES)), SPAIN),
    "where all": group(ALL, did("purchase", where=group(ALL, SHOES, DEAR)), SPAIN),
    "where any": group(ALL, did("purchase", where=group(ANY, SHOES, DEAR)), SPAIN),
    "where none of one": group(ALL, did("purchase", where=group(NONE, SHOES)), SPAIN),
    "where none": group(ALL, did("purchase", where=group(NONE, SHOES, DEAR)), SPAIN),
    "where any in all": group(ALL, did("purchase", where=group(ALL, SHOES, group(ANY, DEAR, whose("gift", "is_yes"))))),
    "where all in any": group(ALL, did("purchase", where=group(ANY, SHOES, group(ALL, DEAR, whose("gift", "is_yes"))))),
    "where none in all": group(
        ALL, did("purchase", where=group(ALL, SHOES, group(NONE, DEAR, whose("gift", "is_yes"))))
    ),
    "everything of an event": group(
        ALL,
        did(
            "purchase",
            "refund",
            window=Last(period=Period(amount=90)),
            measure=Measure(function=MeasureFunction.SUM, property="amount"),
            comparison="between",
            value=(100, 12345.5),
            where=group(ALL, SHOES, whose("colours", "has_none_of", ("red",))),
        ),
    ),
    "where of several with never": group(
        ALL,
        did("purchase", "refund", comparison="never", window=Last(period=Period(amount=90)), where=group(ALL, SHOES)),
    ),
}
MEASURED = {
    "at_least": (1, 2.5),
    "at_most": (1, 100),
    "exactly": (0, 3),
    "more_than": (1, 10_000),
    "fewer_than": (1, 3),
    "between": ((0, 2), (1, 12345)),
    "never": (None,),
}


def conditions() -> Iterator[tuple[str, FieldCondition | EventCondition]]:
    """Every row of the tables, with its name in the file."""
    for name, row in OPERATORS.items():
        for kind in (
            sorted(row.kinds, key=list(Kind).index) if name in ("is_known", "is_missing") else sorted(row.kinds)[:1]
        ):
            for value in OPERANDS[row.shape]:
                yield f"operator {name}", whose(FIELD_OF[kind], name, value)
            if row.negates:
                yield f"operator {name}, known", whose(FIELD_OF[kind], name, value, leave_out_missing=True)
        if row.shape in (Shape.TEXT, Shape.TEXTS, Shape.PATTERN):
            yield f"operator {name}, exact case", whose(FIELD_OF[kind], name, value, exact_case=True)
        if row.shape != Shape.NOTHING:
            yield f"operator {name}, unfinished", whose(FIELD_OF[kind], name)
    for name in COMPARISONS:
        for value in MEASURED[name]:
            yield f"comparison {name}", did("purchase", comparison=name, value=value)
        yield f"comparison {name}, unfinished", did("purchase", comparison=name, value=None)
    for function in MeasureFunction:
        for name in ("at_least", "at_most", "between"):
            measure = Measure(function=function, property="amount")
            yield (
                f"measure {function} {name}",
                did("purchase", measure=measure, comparison=name, value=MEASURED[name][0]),
            )
        yield f"measure {function}, unfinished", did("purchase", measure=Measure(function=function), value=5)
    yield "window ever", BOUGHT
    for name, windows in WINDOWS.items():
        for window in windows:
            yield f"window {name}", did("purchase", window=window)
            yield f"window {name}, never", did("purchase", window=window, comparison="never")


def sentences() -> str:
    """The whole file."""
    lines = [f"{name}: {describe_condition(condition, CATALOGUE)}" for name, condition in conditions()]
    lines += [f"tree {name}: {describe(Definition(root=root), CATALOGUE, ZONE)}" for name, root in TREES.items()]
    return "\n".join(lines) + "\n"


def test_sentences_are_those_of_the_file() -> None:
    if os.environ.get("HANDPICK_WRITE_SENTENCES") == "1":
        FILE.write_text(sentences(), encoding="utf-8")
    assert sentences() == FILE.read_text(encoding="utf-8")


def test_every_row_has_a_sentence() -> None:
    names = {name.split(",")[0] for name, _ in conditions()}
    assert {f"operator {name}" for name in OPERATORS} <= names
    assert {f"comparison {name}" for name in COMPARISONS} <= names
    assert {f"window {kind.model_fields['type'].default}" for kind in get_args(get_args(Window)[0])} <= names
    assert {f"measure {function} at_least" for function in MeasureFunction} <= names


def test_what_is_off_is_not_in_the_sentence() -> None:
    off = OPENED.model_copy(update={"enabled": False})
    root = group(ALL, SPAIN, off, did("purchase", where=group(ALL, SHOES.model_copy(update={"enabled": False}))))
    sentence = describe(Definition(root=root), CATALOGUE, ZONE)
    assert sentence == "Customers whose country is “Spain” and who purchased."
    assert not is_relative(Definition(root=root))


@pytest.mark.parametrize(
    ("node", "told"),
    [
        (SPAIN, False),
        (OPENED, True),
        (whose("birthday", "on", "2026-01-01"), True),
        (did("purchase", window=BetweenDays(first=date(2026, 1, 1))), True),
        (whose("last_seen", "in_last", Period(amount=3)), True),
        (BOUGHT, False),
    ],
)
def test_the_zone_is_told_where_days_matter(node: Node, told: bool) -> None:
    sentence = describe(Definition(root=group(ALL, node)), CATALOGUE, ZONE)
    assert sentence.endswith("Dates and times are those of Europe/Berlin.") == told


def test_data_is_quoted_as_it_is() -> None:
    sentence = describe_condition(whose("country", "is", "a {} “b” {0} %s"), CATALOGUE)
    assert sentence == "Country is “a {} “b” {0} %s”"


def test_a_label_with_braces_is_no_pattern() -> None:
    catalogue = catalogue_of({"{0}": Kind.TEXT}, {"{amount}": Kind.NUMBER}, ("{}",))
    assert describe_condition(whose("{0}", "is", "{1}"), catalogue) == "{0} is “{1}”"
    measure = Measure(function=MeasureFunction.SUM, property="{amount}")
    assert describe_condition(did("{}", measure=measure), catalogue) == ("Did “{}” with a total {amount} of at least 1")
