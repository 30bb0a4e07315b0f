"""Conditions of every kind but references, drawn for one audience."""

from collections.abc import Callable, Mapping
from typing import Any

from segmentation.catalogue import Kind
from segmentation.definition import (
    EventCondition,
    FieldCondition,
    Group,
    HabitCondition,
    Node,
    Operand,
    OtherField,
    PlaceCondition,
    RankCondition,
    RfmCondition,
    SampleCondition,
    SequenceCondition,
    Step,
    Which,
)
from segmentation.habits import Changed, Habit, Regularly, Resumed, Stopped
from segmentation.measures import Measure, MeasureFunction, RfmGroup
from segmentation.operators import COMPARISONS, OPERATORS, Shape
from segmentation.places import Climate, Point
from segmentation.windows import Ever, Period, Span, Unit
from tests.oracle.drawing_operands import ELAPSED, NUMBERS, PERIODS, Operands
from tests.oracle.drawing_people import EVENTS, NEVER_HAPPENED, POINTS, PROPERTIES

MEASURES = (MeasureFunction.COUNT, *MeasureFunction)
OF_A_NUMBER = ("amount", "quantity", "rate")
ELAPSED_DAYS = (0, 1, 1, 2, 7, 14, 28, 30, 31, 365, 0.0625, 2.5e-7, -1, 1e16)
KILOMETRES = (0, 0.001, 1, 10, 500, 504, 505, 5000, 10_007, 10_008, 20_015, 20_015.2, 20_100)
PERCENTS = (0, 0.1, 10, 12.5, 20, 25, 33.3, 50, 66.7, 80, 99.9, 100)
EACH = tuple(
    Period(amount=amount, unit=unit)
    for amount, unit in (
        (90, Unit.MINUTES),
        (24, Unit.HOURS),
        (1, Unit.DAYS),
        (7, Unit.DAYS),
        (2, Unit.WEEKS),
        (1, Unit.MONTHS),
        (1, Unit.MONTHS),
        (1, Unit.YEARS),
        (1000, Unit.YEARS),
        (0, Unit.DAYS),
    )
)


class Conditions(Operands):
    """Conditions, each with a new id; groups of filters on details come from the tree."""

    def new_id(self) -> str:
        raise NotImplementedError

    def group(self, depth: int, leaf: Callable[[], Node], enabled: bool | None = None) -> Group:
        raise NotImplementedError

    def off(self) -> bool:
        return self.chance.random() < 0.06

    def field(self, columns: Mapping[str, Kind]) -> FieldCondition:
        chance = self.chance
        operator = chance.choice(tuple(OPERATORS.values()))
        fitting = [name for name, kind in columns.items() if kind in operator.kinds]
        if operator.shape == Shape.LANGUAGES and chance.random() < 0.8:
            fitting = [name for name in fitting if name in ("language", "locale")]
        name: str | None = chance.choice(fitting)
        value = self.operand(operator.shape, str(name), columns[str(name)], columns)
        if operator.shape == Shape.NOTHING and chance.random() < 0.2:
            value = self.odd(columns)
        operator_name: str | None = operator.name
        if chance.random() < 0.05:
            name, operator_name, value = chance.choice(
                (
                    (None, operator_name, value),
                    ("nobody", operator_name, value),
                    (name, None, value),
                    (name, operator_name, None),
                    (name, operator_name, self.odd(columns)),
                    (name, operator_name, self.odd(columns)),
                    (chance.choice(tuple(columns)), operator_name, value),
                )
            )
        return FieldCondition(
            id=self.new_id(),
            enabled=not self.off(),
            field=name,
            operator=operator_name,
            value=value,
            exact_case=chance.random() < 0.3,
            leave_out_missing=chance.random() < 0.3,
        )

    def odd(self, columns: Mapping[str, Kind]) -> Operand:
        """A value of any shape; operators that take none do not look at it."""
        chance = self.chance
        odd = (True, 0, 1.5, "", "DE", (), (1, 2), (None, None), Period(amount=1), Span(nearest=1, farthest=2))
        other = OtherField(field=chance.choice((*columns, "nobody", "nobody")))
        return other if chance.random() < 0.5 else chance.choice(odd)

    def events(self) -> tuple[str, ...]:
        """One or several, seldom none or one that nobody knows."""
        chance = self.chance
        luck = chance.random()
        if luck < 0.03:
            return () if luck < 0.015 else ("nothing",)
        return tuple(chance.choices((*EVENTS, EVENTS[0], NEVER_HAPPENED), k=chance.choice((1, 1, 1, 2, 3))))

    def where(self, often: float) -> Group | None:
        if self.chance.random() >= often:
            return None
        return self.group(5, lambda: self.field(PROPERTIES))

    def measure(self, function: MeasureFunction) -> Measure:
        chance = self.chance
        any_detail = function == MeasureFunction.DISTINCT or chance.random() < 0.05
        return Measure(function=function, property=chance.choice(tuple(PROPERTIES) if any_detail else OF_A_NUMBER))

    def event(self) -> EventCondition:
        chance = self.chance
        node_id = self.new_id()
        function = chance.choice(MEASURES)
        comparison = chance.choice(tuple(COMPARISONS.values()))
        if comparison.only_count and chance.random() < 0.9:
            function = MeasureFunction.COUNT
        values: tuple[float, ...] = NUMBERS
        if function in (MeasureFunction.COUNT, MeasureFunction.DISTINCT):
            values = (0, 1, 1, 2, 3, 0.5)
        elif function == MeasureFunction.SHARE:
            values = (*PERCENTS, 33.33, -1, 200)
        elif function in (MeasureFunction.DAYS_SINCE_FIRST, MeasureFunction.DAYS_SINCE_LAST):
            values = ELAPSED_DAYS
        value: Any = chance.choice(values)
        if comparison.shape == Shape.NUMBERS:
            value = self.pair(chance.choices(values, k=2))
        elif comparison.shape == Shape.NOTHING or chance.random() < 0.03:
            value = None
        return EventCondition(
            id=node_id,
            enabled=not self.off(),
            events=self.events(),
            which=chance.choice((Which.ALL, Which.ALL, *Which)),
            where=self.where(0.95 if function == MeasureFunction.SHARE else 0.4),
            window=self.window(),
            measure=self.measure(function),
            comparison=comparison.name,
            value=value,
        )

    # One thing after another

    def sequence(self) -> SequenceCondition:
        chance = self.chance
        node_id = self.new_id()
        steps = tuple(self.step(number) for number in range(chance.choice((1, 2, 2, 2, 3, 3, 4))))
        window = Ever() if chance.random() < 0.6 else self.window()
        return SequenceCondition(id=node_id, enabled=not self.off(), steps=steps, window=window)

    def step(self, number: int) -> Step:
        chance = self.chance
        later = number > 0
        within = chance.choice((*ELAPSED, chance.choice(PERIODS))) if later and chance.random() < 0.5 else None
        same: tuple[str, ...] = ()
        if later and chance.random() < 0.25:
            same = tuple(chance.choices((*PROPERTIES, "gift", "gift", "quantity"), k=chance.choice((1, 1, 2))))
            same = ("nobody",) if chance.random() < 0.02 else same
        return Step(
            id=self.new_id(),
            enabled=not self.off(),
            events=self.events(),
            where=self.where(0.2),
            within=within,
            same=same,
            absent=chance.random() < (0.35 if later else 0.02),
        )

    def habit(self) -> HabitCondition:
        return HabitCondition(
            id=self.new_id(),
            enabled=not self.off(),
            events=self.events(),
            where=self.where(0.3),
            habit=self.kind_of_habit(),
        )

    def kind_of_habit(self) -> Habit:
        chance = self.chance
        two = chance.choices(PERIODS, k=2)
        if chance.random() < 0.9:
            two.sort(key=lambda period: (tuple(Unit).index(period.unit), period.amount))
        match chance.choice(("stopped", "resumed", "regularly", "changed")):
            case "stopped":
                return Stopped(recent=two[0], earlier=two[1])
            case "resumed":
                return Resumed(recent=two[0], pause=two[1])
            case "regularly":
                periods = chance.choice((1, 2, 3, 4, 12, 30))
                least = chance.choice((1, 1, 2, 2, 3, periods))
                return Regularly(least=least, periods=periods, each=chance.choice(EACH))
        percent = chance.choice((*PERCENTS, 200, 150.5))
        return Changed(direction=chance.choice(("less", "more")), percent=percent, each=chance.choice(EACH))

    # Ranks

    def rank(self) -> RankCondition:
        chance = self.chance
        node_id = self.new_id()
        function = chance.choice(MEASURES)
        by_field = chance.random() < 0.4
        fields = ("age", "spend", "score", "big", "born", "seen", "spend", "country", "nobody")
        unit = chance.choice(("percent", "people"))
        amounts = PERCENTS if unit == "percent" else (0, 0.5, 1, 1, 2, 2.5, 3, 5, 10, 500)
        within = ("country", "country", "vip", "language", "age", "tags", "born", "nobody")
        luck = chance.random()
        return RankCondition(
            id=node_id,
            enabled=not self.off(),
            field=chance.choice(fields) if by_field else None,
            events=() if by_field and luck > 0.03 else self.events(),
            where=self.where(0.95 if function == MeasureFunction.SHARE else 0.3),
            window=self.window() if chance.random() < 0.5 else Ever(),
            measure=self.measure(function),
            direction=chance.choice(("top", "bottom")),
            amount=None if luck < 0.02 else chance.choice(amounts),
            after=chance.choice(amounts) if chance.random() < 0.25 else 0,
            unit=unit,
            within=chance.choice(within) if chance.random() < 0.25 else None,
        )

    def scores(self) -> tuple[int, int]:
        if self.chance.random() < 0.6:
            return (1, 5)
        low, high = sorted(self.chance.choices((1, 2, 3, 4, 5), k=2))
        return (high, low) if self.chance.random() < 0.05 else (low, high)

    def rfm(self) -> RfmCondition:
        chance = self.chance
        amount = chance.choice((*OF_A_NUMBER, "amount", "amount", None, "product", "nobody"))
        return RfmCondition(
            id=self.new_id(),
            enabled=not self.off(),
            events=self.events(),
            where=self.where(0.2),
            window=self.window() if chance.random() < 0.5 else Ever(),
            amount=amount,
            groups=tuple(chance.choices(tuple(RfmGroup), k=chance.choice((0, 0, 1, 2, 3)))),
            recency=self.scores(),
            frequency=self.scores(),
            monetary=self.scores() if amount is not None or chance.random() < 0.1 else (1, 5),
        )

    # Places and samples

    def place(self) -> PlaceCondition:
        chance = self.chance
        possible = [(lat, lon) for lat, lon in POINTS if abs(lat) <= 90 and abs(lon) <= 180]
        there = [(p["lat"], p["lon"]) for p in self.world.people if (p["lat"], p["lon"]) in possible]
        latitude, longitude = chance.choice(possible if chance.random() < 0.5 or not there else there)
        near = Point(latitude=latitude, longitude=longitude) if chance.random() < 0.75 else None
        odd = chance.random() < 0.1
        return PlaceCondition(
            id=self.new_id(),
            enabled=not self.off(),
            latitude=chance.choice(("lat", "score", "name", "nobody")) if odd else None,
            longitude=chance.choice(("lon", "age", None)) if odd else None,
            near=near,
            kilometres=None if chance.random() < 0.03 else chance.choice(KILOMETRES),
            beyond=chance.random() < 0.4,
            climates=tuple(chance.choices(tuple(Climate), k=chance.choice((0, 0, 1, 2) if near else (0, 1, 1, 2, 3)))),
        )

    def sample(self) -> SampleCondition:
        chance = self.chance
        start = chance.choice(PERCENTS) if chance.random() < 0.4 else 0
        return SampleCondition(
            id=self.new_id(),
            enabled=not self.off(),
            field=chance.choice(("id", "name", "big", "age", "country", "vip", "nobody"))
            if chance.random() < 0.4
            else None,
            percent=None if chance.random() < 0.03 else chance.choice((*PERCENTS, 20, 50)),
            start=start,
            seed=chance.choice(("", "a", "a:b", "é'")),
        )
