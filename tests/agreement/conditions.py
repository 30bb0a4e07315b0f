"""Definitions that together use every operator, comparison, window, measure, habit and kind of condition."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from segmentation.catalogue import Kind
from segmentation.definition import (
    Before,
    BetweenAgo,
    BetweenDays,
    BetweenTimes,
    Definition,
    During,
    EventCondition,
    Ever,
    FieldCondition,
    Group,
    HabitCondition,
    Last,
    ListCondition,
    Match,
    Measure,
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
from segmentation.habits import Changed, Regularly, Resumed, Stopped
from segmentation.measures import RfmGroup
from segmentation.operators import COMPARISONS, OPERATORS, Shape
from segmentation.places import Climate, Point
from segmentation.references import ListedBy, NamedDefinition, References, StaticList
from segmentation.windows import CalendarPeriod, Side

WEEK, MONTH = Period(amount=7), Period(amount=1, unit=Unit.MONTHS)
OPERANDS: dict[Shape, tuple[tuple[Any, ...], ...]] = {
    Shape.NOTHING: ((None,),) * 2,
    Shape.TEXT: (("anna", "Ännä", "b", "a'b", "50%", "a\\b", " Anna"), ("B", "o", "é", "0")),
    Shape.TEXTS: ((("anna", "DE", "a'b"), ("Bob", "Ännä", "\\", "%")), (("Sport", "FR"), ("x",))),
    Shape.PATTERN: (("^a", "[0-9]{2}"), ("o+b", "^[bB].*y$")),
    Shape.NUMBER: ((1, 0.3, 19.99), (2, -1, 0.5)),
    Shape.NUMBERS: (((0, 20), (0.1, 0.3)), ((1.5, 100),)),
    Shape.WHOLE: ((0, 1, 3, 30), (2, 18)),
    Shape.DAY: (("2026-03-29", "2024-02-29"), ("2026-03-01",)),
    Shape.DAYS: ((("2026-03-01", "2026-03-29"),), (("2025-03-31", "2026-03-31"),)),
    Shape.PERIOD: ((WEEK, MONTH), (Period(amount=4, unit=Unit.YEARS), Period(amount=0))),
    Shape.SPAN: ((Span(nearest=7, farthest=30),), (Span(nearest=1, farthest=12, unit=Unit.MONTHS),)),
    Shape.CALENDAR: (("last_month", "this_year"), ("today", "last_quarter")),
    Shape.TIMES: ((("2026-03-01", "2026-03-29T03:30"),), (("2025-01-01T12:00", "2026-03-31T12:00:00.000001"),)),
    Shape.WEEKDAYS: ((("monday", "sunday"),), (("tuesday", "wednesday", "saturday"),)),
    Shape.MONTHS: ((("march", "february"),), (("december", "april", "january"),)),
    Shape.HOURS: (((22, 5), (9, 9)), ((0, 12),)),
    Shape.YEARS: (((0, 2), (1, 42)), ((18, 30),)),
    Shape.LANGUAGES: ((("de",),), (("fr", "en"),)),
}
"""For each shape some values, and others: the text of a statement must be the same for both."""
FIELDS_OF = {
    Kind.TEXT: ("name", "country"),
    Kind.NUMBER: ("age", "spend", "score", "big"),
    Kind.YES_NO: ("vip", "vip"),
    Kind.DATE: ("born", "due"),
    Kind.MOMENT: ("seen", "joined"),
    Kind.LIST: ("tags", "x"),
}
WINDOWS: tuple[Window, ...] = (
    Ever(),
    Last(period=Period(amount=30)),
    Last(period=MONTH),
    Before(period=WEEK),
    BetweenAgo(span=Span(nearest=7, farthest=365)),
    BetweenDays(first=date(2026, 3, 1), last=date(2026, 3, 29)),
    BetweenDays(first=date(2025, 3, 1)),
    BetweenDays(last=date(2026, 3, 28)),
    BetweenTimes(start="2026-03-01T00:00", end="2026-03-29T03:30"),
    During(calendar=CalendarPeriod.LAST_MONTH),
    During(calendar=CalendarPeriod.THIS_YEAR),
    *(
        Near(field=field, side=side, period=period)
        for field in ("born", "seen")
        for side in Side
        for period in (Period(amount=30), None)
        if period is not None or side != Side.AROUND
    ),
)
HABITS = (
    Stopped(recent=WEEK, earlier=Period(amount=400)),
    Resumed(recent=WEEK, pause=Period(amount=30)),
    Regularly(least=2, periods=4, each=WEEK),
    Changed(direction="less", percent=50, each=Period(amount=30)),
    Changed(direction="more", percent=12.5, each=WEEK),
)
BOUGHT: tuple[str, ...] = ("purchase",)


def rooted(*nodes: Node, match: Match = Match.ALL, least: int = 2) -> Definition:
    return Definition(root=Group(match=match, least=least, children=nodes))


def operator_conditions(which: int = 0) -> Iterator[tuple[str, FieldCondition]]:
    """Every operator on a field of every kind it fits, with case counting and people without a value left out by turns."""
    for name, row in OPERATORS.items():
        for kind in sorted(row.kinds):
            field, other = ("code", "name") if row.shape == Shape.LANGUAGES else FIELDS_OF[kind][:2]
            values = (OtherField(field=other),) if row.shape == Shape.FIELD else OPERANDS[row.shape][which]
            for number, value in enumerate(values):
                for exact, leave_out in (
                    ((False, True), (True, False)) if kind in (Kind.TEXT, Kind.LIST) else ((False, bool(number % 2)),)
                ):
                    yield (
                        f"{name} {kind.value} {number}{' exact' if exact else ''}",
                        FieldCondition(
                            field=field, operator=name, value=value, exact_case=exact, leave_out_missing=leave_out
                        ),
                    )
    for field in ("spend", "score", "big"):
        for operator, value in (
            ("at_least", 0.3),
            ("equals", 1.5),
            ("at_most", 2**53),
            ("between", (-5, 19.99)),
            ("less_than", 1e30),
        ):
            yield f"{operator} {field}", FieldCondition(field=field, operator=operator, value=value)
    yield "date and moment", FieldCondition(field="born", operator="earlier_than_field", value=OtherField(field="seen"))


def comparison_conditions(which: int = 0) -> Iterator[tuple[str, EventCondition]]:
    """Every measure with every comparison, every window, and all, first and last events."""
    where = Group(
        match=Match.ANY,
        children=(
            FieldCondition(field="amount", operator="at_least", value=(0.2, 10)[which]),
            FieldCondition(field="product", operator="is_none_of", value=("Anna", "Bob")[:2], leave_out_missing=True),
        ),
    )
    for function in MeasureFunction:
        for name, row in COMPARISONS.items():
            if row.only_count and function != MeasureFunction.COUNT:
                continue
            for detail in (
                ("amount", "rate") if function not in (MeasureFunction.COUNT, MeasureFunction.SHARE) else ("quantity",)
            ):
                value: Any = {Shape.NUMBERS: ((0.2, 20), (1, 3))[which], Shape.NOTHING: None}.get(
                    row.shape, (1, 0.5)[which]
                )
                yield (
                    f"{function.value} {name} {detail}",
                    EventCondition(
                        events=BOUGHT,
                        where=where if function == MeasureFunction.SHARE else None,
                        measure=Measure(function=function, property=detail),
                        comparison=name,
                        value=value,
                    ),
                )
    for detail in ("product", "gift", "due", "at"):
        yield (
            f"distinct {detail}",
            EventCondition(
                events=("purchase", "page_view"),
                measure=Measure(function=MeasureFunction.DISTINCT, property=detail),
                value=2,
            ),
        )
    for number, window in enumerate(WINDOWS):
        yield f"window {number} {window.type}", EventCondition(events=("purchase", "page_view"), window=window)
        yield f"not in window {number} {window.type}", EventCondition(events=BOUGHT, window=window, comparison="never")
    for edge in Which:
        yield f"{edge.value} of them", EventCondition(events=("purchase", "page_view"), which=edge, where=where)
    for match in Match:
        inner = Group(
            match=match,
            least=2,
            children=(
                *where.children,
                FieldCondition(field="gift", operator="is_yes"),
                FieldCondition(field="options", operator="has_any_of", value=("Anna", "de")),
                FieldCondition(field="at", operator="hour_between", value=(6, 18)),
            ),
        )
        yield f"where {match.value}", EventCondition(events=BOUGHT, where=inner)


def other_conditions(which: int = 0) -> Iterator[tuple[str, Node]]:
    """Sequences, habits, ranks, scores, places, samples, segments and lists."""
    a, b = Step(events=BOUGHT), Step(events=("page_view",))
    far = Period(amount=(90, 30)[which])
    yield "sequence", SequenceCondition(steps=(a, b))
    yield "sequence within", SequenceCondition(steps=(a, b.model_copy(update={"within": far})))
    yield "sequence same", SequenceCondition(steps=(a, b.model_copy(update={"same": ("product",)})))
    yield "sequence same number", SequenceCondition(steps=(a, a.model_copy(update={"same": ("quantity", "gift")})))
    yield "sequence without", SequenceCondition(steps=(a, b.model_copy(update={"absent": True, "within": far})))
    yield "sequence between", SequenceCondition(steps=(a, b.model_copy(update={"absent": True}), a))
    yield "sequence window", SequenceCondition(steps=(a, b, a), window=Near(field="seen", period=far))
    filtered = Step(
        events=BOUGHT, where=Group(children=(FieldCondition(field="product", operator="contains", value="a"),))
    )
    yield "sequence where", SequenceCondition(steps=(filtered, b), window=Last(period=Period(amount=400)))
    for number, habit in enumerate(HABITS):
        yield f"habit {number} {habit.type}", HabitCondition(events=("purchase", "page_view"), habit=habit)
    for direction in ("top", "bottom"):
        for field in ("age", "score", "born", "seen"):
            yield f"{direction} {field}", RankCondition(field=field, direction=direction, amount=(30, 12.5)[which])
        yield f"{direction} people", RankCondition(field="spend", direction=direction, unit="people", amount=5, after=2)
        yield f"{direction} within", RankCondition(field="age", direction=direction, within="country", amount=50)
        yield f"{direction} within kind", RankCondition(field="age", direction=direction, within="vip", amount=50)
        for function in MeasureFunction:
            where = filtered.where if function == MeasureFunction.SHARE else None
            yield (
                f"{direction} {function.value}",
                RankCondition(
                    events=("purchase", "page_view"),
                    direction=direction,
                    measure=Measure(function=function, property="amount"),
                    where=where,
                    amount=40,
                ),
            )
    yield "scores", RfmCondition(events=BOUGHT, amount="amount", recency=(3, 5), monetary=(2, 4))
    for group in RfmGroup:
        yield f"group {group.value}", RfmCondition(events=("purchase", "page_view"), groups=(group,))
    yield "near", PlaceCondition(near=Point(latitude=(52.5, 48.1)[which], longitude=13.4), kilometres=500)
    yield "beyond", PlaceCondition(near=Point(latitude=0.0, longitude=0.0), kilometres=5000, beyond=True)
    for climate in Climate:
        yield f"climate {climate.value}", PlaceCondition(climates=(climate,))
    yield "sample", SampleCondition(percent=(30, 50)[which])
    yield "sample of numbers", SampleCondition(field="big", percent=50, start=25, seed="a'b")
    for outside in (False, True):
        yield f"segment {outside}", SegmentCondition(segment="Adults", outside=outside)
        yield f"list {outside}", ListCondition(list="some", outside=outside)
        yield f"addresses {outside}", ListCondition(list="addresses", outside=outside)


def definitions(which: int = 0) -> dict[str, Definition]:
    """Each condition alone, and groups of several."""
    alone = dict((*operator_conditions(which), *comparison_conditions(which), *other_conditions(which)))
    found = {name: rooted(node) for name, node in alone.items()}
    nodes = list(alone.values())
    for number, match in enumerate(list(Match) * 3):
        chosen = nodes[number * 7 :: 61][:4]
        inner = Group(match=list(Match)[number % 3], children=tuple(nodes[number * 11 + 3 :: 83][:3]))
        found[f"group {number} {match.value}"] = rooted(*chosen, inner, match=match)
    off = nodes[0].model_copy(update={"enabled": False})
    found["unfinished"] = rooted(off, FieldCondition(), nodes[5], Group(), match=Match.ANY)
    return found


ADULTS = NamedDefinition(
    "s1",
    "Adults",
    rooted(
        FieldCondition(field="age", operator="at_least", value=18),
        FieldCondition(field="country", operator="is_none_of", value=("FR",)),
        match=Match.ANY,
    ),
)
REFERENCES = References(
    [ADULTS],
    [
        StaticList(id="l1", name="some", values=("Anna", "Bob", "a'b", "é")),
        StaticList(id="l2", name="addresses", by=ListedBy.EMAIL, values=(" DE", "us ")),
    ],
)
