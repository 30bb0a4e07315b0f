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

from segmentation import describing_times
from segmentation.catalogue import Kind
from segmentation.definition import (
    Before,
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
    Node,
    OtherField,
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
    Window,
)
from segmentation.describing import PHRASES, describe, describe_condition, is_relative
from segmentation.describing_events import HABITS
from segmentation.describing_people import CLIMATES, RFM_GROUPS
from segmentation.habits import Changed, Habit, Regularly, Resumed, Stopped
from segmentation.measures import Measure, RfmGroup
from segmentation.operators import COMPARISONS, OPERATORS, Shape
from segmentation.places import Climate, Point
from segmentation.references import NamedDefinition, References, StaticList
from segmentation.windows import CalendarPeriod, Side
from segmentation.wording import CALENDAR_WORDS
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
        "city": Kind.TEXT,
        "shipping_country": Kind.TEXT,
        "billing_country": Kind.TEXT,
        "signup_date": Kind.DATE,
        "income": Kind.NUMBER,
        "spending": Kind.NUMBER,
        "language": Kind.TEXT,
    },
    {
        "category": Kind.TEXT,
        "amount": Kind.NUMBER,
        "gift": Kind.YES_NO,
        "colours": Kind.LIST,
        "page": Kind.TEXT,
        "product": Kind.TEXT,
    },
    (
        *("purchase", "email_opened", "login", "email_sent", "refund", "webinar_joined", "page_view", "add_to_cart"),
        *("checkout_started", "app_session", "email_clicked"),
    ),
)
REFERENCES = References(
    [NamedDefinition("s1", "Active customers", Definition())],
    [StaticList(id="l1", name="Staff", values=("1",))],
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
    Shape.SPAN: (Span(nearest=30, farthest=60), Span(nearest=0, farthest=1, unit=Unit.MONTHS)),
    Shape.CALENDAR: ("today", "this_week", "last_month", "next_year"),
    Shape.TIMES: (("2026-03-09T14:30", "2026-04-01T08:00:30+02:00"),),
    Shape.WEEKDAYS: (("monday",), ("saturday", "sunday")),
    Shape.MONTHS: (("march",), ("march", "april", "may")),
    Shape.HOURS: ((9, 17), (22, 5)),
    Shape.YEARS: ((18, 25),),
    Shape.LANGUAGES: (("de",), ("de", "xx")),
    Shape.FIELD: (OtherField(field="gone"),),
}
ANOTHER = {Kind.DATE: "signup_date", Kind.NUMBER: "spending"}
NEAR = Period(amount=7)
MONTH = Period(amount=1, unit=Unit.MONTHS)
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
    "between_ago": (BetweenAgo(), BetweenAgo(span=Span(nearest=6, farthest=12, unit=Unit.MONTHS))),
    "between_times": (
        BetweenTimes(start="2026-03-09T14:30", end="2026-04-01"),
        BetweenTimes(start="2026-03-09T14:30"),
        BetweenTimes(end="2026-03-09T14:30"),
        BetweenTimes(),
    ),
    "during": tuple(During(calendar=period) for period in CalendarPeriod),
    "near": (
        *(Near(field="signup_date", side=side, period=period) for side in Side for period in (NEAR, None)),
        Near(),
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
    "at least of three": Group(match=Match.AT_LEAST, children=(SPAIN, ADULT, BOUGHT)),
    "at least in all": group(
        ALL,
        SPAIN,
        Group(match=Match.AT_LEAST, least=1, children=(ADULT, BOUGHT, group(NONE, OPENED), group(ANY, SPAIN, ADULT))),
    ),
    "at least one of one": group(ALL, Group(match=Match.AT_LEAST, least=1, children=(ADULT,))),
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
    "where at least": group(
        ALL, did("purchase", where=Group(match=Match.AT_LEAST, children=(SHOES, DEAR, whose("gift", "is_yes"))))
    ),
    "where at least in all": group(
        ALL, did("purchase", where=group(ALL, SHOES, Group(match=Match.AT_LEAST, children=(SHOES, DEAR))))
    ),
    "where another detail": group(
        ALL, did("purchase", where=group(ALL, whose("category", "not_same_as", OtherField(field="product"))))
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


def last(amount: int, unit: Unit = Unit.DAYS) -> Last:
    return Last(period=Period(amount=amount, unit=unit))


PRICING = group(ALL, whose("page", "is_any_of", ("pricing",)))
TOTAL = Measure(function=MeasureFunction.SUM, property="amount")
VIEWED, ADDED = Step(events=("page_view",)), Step(events=("add_to_cart",))
BOUGHT_NEXT = Step(events=("purchase",))
NOT_BOUGHT = Step(events=("purchase",), absent=True)
NOT_CHECKED_OUT = Step(events=("checkout_started",), absent=True)
TWO_DAYS = Period(amount=48, unit=Unit.HOURS)


def steps(*chain: Step, **more: Any) -> SequenceCondition:
    return SequenceCondition(steps=chain, **more)


def but(step: Step, **more: Any) -> Step:
    return step.model_copy(update=more)


def habit(kept: Habit, *events: str, **more: Any) -> HabitCondition:
    return HabitCondition(events=events or ("purchase",), habit=kept, **more)


FIRST, LATEST = Which.FIRST, Which.LAST
OTHERS: dict[str, tuple[Condition, ...]] = {
    "sequence": (
        SequenceCondition(),
        steps(VIEWED),
        steps(VIEWED, BOUGHT_NEXT),
        steps(VIEWED, ADDED, BOUGHT_NEXT),
        steps(VIEWED, VIEWED, but(VIEWED, within=TWO_DAYS)),
        steps(ADDED, NOT_BOUGHT),
        steps(ADDED, but(NOT_BOUGHT, within=Period(amount=3), same=("product",))),
        steps(ADDED, but(BOUGHT_NEXT, same=("product", "category"))),
        steps(ADDED, but(NOT_CHECKED_OUT, within=Period(amount=1)), BOUGHT_NEXT),
        steps(VIEWED, NOT_BOUGHT, NOT_CHECKED_OUT, but(VIEWED, within=Period(amount=7)), NOT_BOUGHT, NOT_CHECKED_OUT),
        steps(but(VIEWED, where=PRICING), but(VIEWED, where=PRICING, within=TWO_DAYS), NOT_CHECKED_OUT),
        steps(but(VIEWED, where=PRICING), BOUGHT_NEXT, window=last(30)),
        steps(VIEWED, but(BOUGHT_NEXT, enabled=False), Step()),
        steps(Step(events=("add_to_cart", "page_view")), Step(events=("purchase", "login"), absent=True)),
        steps(Step(), Step(absent=True)),
        steps(NOT_BOUGHT),
    ),
    "habit": (
        habit(Stopped()),
        habit(Stopped(recent=Period(amount=30), earlier=Period(amount=6, unit=Unit.MONTHS)), "purchase", "login"),
        habit(Stopped(), where=group(ALL, SHOES)),
        habit(Stopped(), where=group(NONE, SHOES)),
        habit(Resumed()),
        habit(Regularly()),
        habit(Regularly(least=4)),
        habit(Regularly(each=Period(amount=30)), "webinar_joined"),
        habit(Changed()),
        habit(Changed(direction="more", percent=12.5, each=Period(amount=1, unit=Unit.MONTHS))),
        habit(Changed(percent=0)),
        habit(Changed(percent=0, direction="more")),
        HabitCondition(),
    ),
    "rank": (
        RankCondition(events=("purchase",), measure=TOTAL, window=last(1, Unit.YEARS), within="city"),
        *(RankCondition(events=("purchase",), measure=Measure(function=f, property="amount")) for f in MeasureFunction),
        RankCondition(events=("purchase", "refund"), where=group(ALL, SHOES), direction="bottom"),
        RankCondition(field="income", amount=500, unit="people"),
        RankCondition(field="income", amount=10, after=5),
        RankCondition(field="signup_date", amount=1000, after=500, unit="people", within="country"),
        RankCondition(field="signup_date", direction="bottom"),
        RankCondition(amount=None),
    ),
    "rfm": (
        *(RfmCondition(events=("purchase",), groups=(g,)) for g in RfmGroup),
        RfmCondition(events=("purchase",), groups=(RfmGroup.CHAMPIONS, RfmGroup.LOYAL), window=last(1, Unit.YEARS)),
        RfmCondition(events=("purchase",), amount="amount", recency=(4, 5), frequency=(5, 5), monetary=(2, 4)),
        RfmCondition(events=("purchase",), groups=(RfmGroup.AT_RISK,), amount="amount", monetary=(4, 5)),
        RfmCondition(events=("purchase",), where=group(ALL, SHOES), recency=(1, 2)),
        RfmCondition(),
    ),
    "place": (
        PlaceCondition(near=Point(latitude=52.52, longitude=13.405, name="Berlin")),
        PlaceCondition(near=Point(latitude=52.52, longitude=13.405), kilometres=12.5, beyond=True),
        *(PlaceCondition(climates=(climate,)) for climate in Climate),
        PlaceCondition(
            near=Point(latitude=52.52, longitude=13.405, name="Berlin"), climates=(Climate.TEMPERATE, Climate.POLAR)
        ),
        PlaceCondition(near=Point(latitude=0, longitude=0, name="A"), latitude="shop_lat", longitude="shop_lon"),
        PlaceCondition(kilometres=None),
    ),
    "sample": (
        SampleCondition(),
        SampleCondition(seed="newsletter test"),
        SampleCondition(seed="newsletter test", start=20, percent=12.5),
        SampleCondition(field="E-mail"),
        SampleCondition(percent=None, start=5),
    ),
    "segment": (
        SegmentCondition(segment="s1"),
        SegmentCondition(segment="active CUSTOMERS", outside=True),
        SegmentCondition(segment="s2"),
        SegmentCondition(),
    ),
    "list": (
        ListCondition(list="l1"),
        ListCondition(list="Staff", outside=True),
        ListCondition(list="l2"),
        ListCondition(),
    ),
    "which": (
        did("purchase", which=FIRST, window=last(30)),
        did("purchase", which=LATEST, where=group(ALL, SHOES)),
        did("purchase", which=LATEST, where=group(NONE, SHOES)),
        did("purchase", "refund", which=LATEST, window=last(30), where=group(ALL, SHOES, DEAR)),
        did("purchase", which=FIRST),
        did("purchase", which=FIRST, window=last(30), comparison="never"),
        did("purchase", which=FIRST, window=last(30), where=group(ALL, SHOES), comparison="never"),
        did("purchase", which=FIRST, window=last(30), measure=TOTAL, value=50),
        did("purchase", which=FIRST, window=last(30), measure=TOTAL, value=50, comparison="at_most"),
        did(which=LATEST),
    ),
    "share": (
        did("purchase", measure=Measure(function=MeasureFunction.SHARE), value=50, where=group(ALL, SHOES)),
        did(
            "purchase",
            measure=Measure(function=MeasureFunction.SHARE),
            comparison="between",
            value=(20, 30),
            where=group(ANY, SHOES, DEAR),
            window=last(1, Unit.YEARS),
        ),
    ),
    "days since": (
        did("purchase", measure=Measure(function=MeasureFunction.DAYS_SINCE_LAST), value=30, where=group(ALL, SHOES)),
        did("purchase", "login", measure=Measure(function=MeasureFunction.DAYS_SINCE_FIRST), value=1, window=last(90)),
    ),
}


NEVER_BOUGHT = did("purchase", comparison="never")
TREES |= {
    "VIP": group(
        ALL,
        did("purchase", value=5, window=last(1, Unit.YEARS)),
        did("purchase", measure=TOTAL, value=500, window=last(1, Unit.YEARS)),
    ),
    "new leads": group(ALL, whose("signup_date", "in_last", Period(amount=30)), NEVER_BOUGHT),
    "at risk": group(ALL, habit(Stopped(recent=Period(amount=60), earlier=Period(amount=365)))),
    "lapsed": group(ALL, did("purchase", measure=Measure(function=MeasureFunction.DAYS_SINCE_LAST), value=180)),
    "one-time buyers": group(ALL, did("purchase", comparison="exactly", value=1)),
    "cart abandoners": group(ALL, steps(ADDED, but(NOT_BOUGHT, same=("product",)), window=last(30))),
    "browse abandoners": group(
        ALL,
        did("page_view", window=last(14), where=group(ALL, whose("product", "is_known"))),
        did("add_to_cart", window=last(14), comparison="never"),
        did("purchase", window=last(14), comparison="never"),
    ),
    "viewed pricing twice in 48 hours without checkout": group(
        ALL, steps(but(VIEWED, where=PRICING), but(VIEWED, where=PRICING, within=TWO_DAYS), NOT_CHECKED_OUT)
    ),
    "birthday next week": group(ALL, whose("birthday", "anniversary_in_next", 7)),
    "big spenders of a city": group(
        ALL, RankCondition(events=("purchase",), measure=TOTAL, window=last(1, Unit.YEARS), within="city")
    ),
    "running-shoe buyers": group(
        ALL, did("purchase", value=2, where=group(ALL, whose("category", "contains_any", ("running", "shoes"))))
    ),
    "newsletter openers who never buy": group(ALL, did("email_opened", value=3, window=last(90)), NEVER_BOUGHT),
    "win-back": group(ALL, habit(Resumed())),
    "churn risk": group(ALL, habit(Changed(each=Period(amount=90)))),
    "everything at once": group(
        ALL,
        RfmCondition(events=("purchase",), groups=(RfmGroup.CHAMPIONS,)),
        PlaceCondition(near=Point(latitude=52.52, longitude=13.405, name="Berlin")),
        SegmentCondition(segment="s1"),
        ListCondition(list="l1", outside=True),
        SampleCondition(seed="newsletter test"),
        did("purchase", which=FIRST, window=last(30)),
        whose("shipping_country", "not_same_as", OtherField(field="billing_country")),
    ),
}


def conditions() -> Iterator[tuple[str, Condition]]:
    """Every row of the tables, with its name in the file."""
    for name, row in OPERATORS.items():
        for kind in (
            sorted(row.kinds, key=list(Kind).index) if name in ("is_known", "is_missing") else sorted(row.kinds)[:1]
        ):
            others = (OtherField(field=ANOTHER[kind]),) if row.shape == Shape.FIELD else ()
            for value in (*OPERANDS[row.shape], *others):
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
    for name, others in OTHERS.items():
        for other in others:
            yield name, other


def sentences() -> str:
    """The whole file."""
    lines = [f"{name}: {describe_condition(condition, CATALOGUE, REFERENCES)}" for name, condition in conditions()]
    lines += [
        f"tree {name}: {describe(Definition(root=root), CATALOGUE, ZONE, REFERENCES)}" for name, root in TREES.items()
    ]
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
    kinds = {kind.model_fields["type"].default for kind in PHRASES}
    assert kinds - {"field", "event"} <= names
    assert set(Match) <= {
        group.match for root in TREES.values() for group in [root, *root.children] if isinstance(group, Group)
    }


def test_every_row_has_words() -> None:
    assert set(PHRASES) == set(get_args(Condition))
    assert set(describing_times.WINDOWS) == set(get_args(get_args(Window)[0]))
    assert set(HABITS) == set(get_args(get_args(Habit)[0]))
    assert set(RFM_GROUPS) == set(RfmGroup)
    assert set(CLIMATES) == set(Climate)
    assert set(CALENDAR_WORDS) == set(CalendarPeriod)
    assert {type(kept.habit) for kept in OTHERS["habit"]} == set(HABITS)  # type: ignore[union-attr]
    assert set(OPERANDS) == set(Shape)


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
        (whose("birthday", "in_calendar", "next_week"), True),
        (whose("birthday", "anniversary_in_next", 7), True),
        (whose("birthday", "age_between", (18, 25)), True),
        (whose("birthday", "between_ago", Span(nearest=1, farthest=2)), True),
        (whose("last_seen", "hour_between", (9, 17)), True),
        (whose("signup_date", "same_as", OtherField(field="birthday")), False),
        (did("purchase", window=During()), True),
        (did("purchase", window=BetweenAgo()), True),
        (did("purchase", window=Near(field="signup_date")), True),
        (did("purchase", measure=Measure(function=MeasureFunction.DAYS_SINCE_LAST)), True),
        (steps(VIEWED, BOUGHT_NEXT, window=last(30)), True),
        (steps(VIEWED, but(BOUGHT_NEXT, within=TWO_DAYS)), False),
        (habit(Stopped()), True),
        (RankCondition(events=("purchase",), window=last(30)), True),
        (RankCondition(field="income"), False),
        (RfmCondition(events=("purchase",), window=BetweenTimes(start="2026-01-01")), True),
        (SampleCondition(), False),
        (SegmentCondition(segment="s1"), False),
    ],
)
def test_the_zone_is_told_where_days_matter(node: Node, told: bool) -> None:
    sentence = describe(Definition(root=group(ALL, node)), CATALOGUE, ZONE)
    assert sentence.endswith("Dates and times are those of Europe/Berlin.") == told


def test_a_segment_is_as_relative_as_those_it_refers_to() -> None:
    inner = NamedDefinition("s1", "Opened lately", Definition(root=group(ALL, OPENED, SegmentCondition(segment="s2"))))
    outer = NamedDefinition("s2", "Those", Definition(root=group(ALL, SegmentCondition(segment="s1"))))
    assert is_relative(outer.definition, References([inner, outer]))
    assert not is_relative(outer.definition)


def test_data_is_quoted_as_it_is() -> None:
    sentence = describe_condition(whose("country", "is", "a {} “b” {0} %s"), CATALOGUE)
    assert sentence == "Country is “a {} “b” {0} %s”"


def test_a_label_with_braces_is_no_pattern() -> None:
    catalogue = catalogue_of({"{0}": Kind.TEXT}, {"{amount}": Kind.NUMBER}, ("{}",))
    assert describe_condition(whose("{0}", "is", "{1}"), catalogue) == "{0} is “{1}”"
    measure = Measure(function=MeasureFunction.SUM, property="{amount}")
    assert describe_condition(did("{}", measure=measure), catalogue) == ("Did “{}” with a total {amount} of at least 1")
