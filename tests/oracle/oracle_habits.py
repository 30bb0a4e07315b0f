"""One thing after another, and how a person's doing changes or keeps on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from segmentation.definition import Ever, HabitCondition, SequenceCondition, Step
from segmentation.habits import Changed, Regularly, Resumed, Stopped
from segmentation.windows import Period
from tests.oracle.oracle_clock import SECONDS, time_away
from tests.oracle.oracle_events import Passes, ago, matching
from tests.oracle.oracle_facts import Facts, NotCounted, Row, exact, missing


@dataclass(frozen=True)
class Stride:
    """A step with the test of whether an event is one of its."""

    step: Step
    passes: Passes

    def follows(self, before: Row, event: Row) -> bool:
        """Whether an event is the step's, after the event before it, in time and with the same details."""
        step = self.step
        if event["_time"] <= before["_time"] or not self.passes(event):
            return False
        if step.within is not None:
            latest = time_away(before["_time"], step.within.amount * SECONDS[step.within.unit])
            if event["_time"] > latest:
                return False
        return all(
            not missing(event.get(name)) and not missing(before.get(name)) and event[name] == before[name]
            for name in step.same
        )


def sequence_members(facts: Facts, condition: SequenceCondition) -> set[int]:
    """The rows of the people who did one thing after another."""
    strides = []
    steps = [step for step in condition.steps if step.enabled]
    if len(steps) < 2 or steps[0].absent:
        raise NotCounted
    for step in steps:
        window = Ever() if step.absent else condition.window
        strides.append(Stride(step, matching(facts, step.events, step.where, window)))
    for step in steps[1:]:
        if not set(step.same) <= set(facts.details) or (step.within is not None and step.within.unit not in SECONDS):
            raise NotCounted
    return {
        row
        for row, mine in enumerate(facts.done)
        if any(strides[0].passes(event) and _goes_on(mine, event, strides[1:]) for event in mine)
    }


def _goes_on(mine: list[Row], before: Row, strides: list[Stride]) -> bool:
    """Whether the other steps follow the event that was the step before."""
    absent: list[Stride] = []
    while strides and strides[0].step.absent:
        absent, strides = [*absent, strides[0]], strides[1:]
    unwanted = [event["_time"] for stride in absent for event in mine if stride.follows(before, event)]
    if not strides:
        return not unwanted
    return any(
        strides[0].follows(before, event)
        and all(time >= event["_time"] for time in unwanted)
        and _goes_on(mine, event, strides[1:])
        for event in mine
    )


def habit_members(facts: Facts, condition: HabitCondition) -> set[int]:
    """The rows of the people who stopped, resumed, keep on, or do it less or more often."""
    passes = matching(facts, condition.events, condition.where, Ever())
    holds = _habit(facts, condition)
    return {row for row, mine in enumerate(facts.done) if holds([event["_time"] for event in mine if passes(event)])}


def _two(facts: Facts, shorter: Period, longer: Period) -> tuple[datetime, datetime]:
    near, far = ago(facts, shorter), ago(facts, longer)
    if far >= near:
        raise NotCounted
    return near, far


def _habit(facts: Facts, condition: HabitCondition) -> Callable[[list[datetime]], bool]:
    habit = condition.habit
    if isinstance(habit, Stopped):
        near, far = _two(facts, habit.recent, habit.earlier)
        return lambda times: any(far <= time for time in times) and not any(near <= time for time in times)
    if isinstance(habit, Resumed):
        near, far = _two(facts, habit.recent, habit.pause)
        return lambda times: (
            any(near <= time for time in times)
            and not any(far <= time < near for time in times)
            and any(time < far for time in times)
        )
    if habit.each.amount == 0:
        raise NotCounted
    if isinstance(habit, Regularly):
        if habit.least > habit.periods:
            raise NotCounted
        edges = [ago(facts, habit.each, times) for times in range(1, habit.periods + 1)]

        def number(time: datetime) -> int:
            """Which period back from now, from 0; as many as there are where it lies before all of them."""
            return next((place for place, edge in enumerate(edges) if edge <= time), habit.periods)

        return lambda times: len({number(time) for time in times} - {habit.periods}) >= habit.least
    return _changed(facts, habit)


def _changed(facts: Facts, habit: Changed) -> Callable[[list[datetime]], bool]:
    percent, less = exact(habit.percent), habit.direction == "less"
    if less and percent > 100:
        raise NotCounted
    near, far = ago(facts, habit.each), ago(facts, habit.each, 2)

    def changed(times: list[datetime]) -> bool:
        recent = sum(near <= time for time in times)
        before = sum(far <= time < near for time in times)
        if before == 0:
            return False
        change = (before - recent if less else recent - before) * 100
        return change >= percent * before

    return changed
