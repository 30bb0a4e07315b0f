"""How old the data is, and what is said beside a condition that asks for times after everything that is known."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.importing import load, plan_files
from segmentation.audience import Audience, AudienceAbout
from segmentation.catalogue import Catalogue, EventType, Field, Kind, Theme
from segmentation.clock import Clock
from segmentation.definition import Condition, EventCondition, FieldCondition, SequenceCondition, Step
from segmentation.freshness import age_words, ages, staleness
from segmentation.jobs import Quiet
from segmentation.windows import BetweenAgo, CalendarPeriod, During, Ever, Last, Period, Span
from segmentation.workspace import Workspace

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
CATALOGUE = Catalogue(
    fields=(
        Field(name="seen", label="Last seen", kind=Kind.MOMENT, theme=Theme.BEHAVIOURAL, high="2026-06-18 12:00:00"),
        Field(name="age", label="Age", kind=Kind.NUMBER, theme=Theme.DEMOGRAPHIC, high="90"),
    ),
    events=(
        EventType(name="order", label="Order", last=datetime(2026, 6, 18, 11)),  # noqa: DTZ001 - stored so
        EventType(name="visit", label="Visit", last=datetime(2026, 6, 30, 9)),  # noqa: DTZ001
    ),
)
WEEK = Last(period=Period(amount=7))


def order(**changes: object) -> EventCondition:
    return EventCondition.model_validate({"events": ("order",), "window": WEEK, **changes})


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        (order(), "The newest “Order” is 12 days old, so “in the last 7 days” can match nobody."),
        (order(comparison="never"), "The newest “Order” is 12 days old, so nobody can have done it “in the last 7 days”."),
        (order(comparison="at_most", value=2), "The newest “Order” is 12 days old, so nobody can have done it “in the last 7 days”."),
        (order(window=During(calendar=CalendarPeriod.YESTERDAY)), "The newest “Order” is 12 days old, so “yesterday” can match nobody."),
        (order(window=BetweenAgo(span=Span(nearest=1, farthest=10))), "The newest “Order” is 12 days old, so “1 to 10 days ago” can match nobody."),
        (order(window=Last(period=Period(amount=13))), None),
        (order(window=Ever()), None),
        (order(events=("order", "visit")), None),
        (order(events=()), None),
        (SequenceCondition(steps=(Step(events=("visit",)), Step(events=("order",))), window=WEEK),
         "The newest “Order” is 12 days old, so “in the last 7 days” can match nobody."),
        (SequenceCondition(steps=(Step(events=("visit",)), Step(events=("order",), absent=True)), window=WEEK), None),
        (FieldCondition(field="seen", operator="in_last", value=Period(amount=1)),
         "The newest last seen is 12 days old, so “in the last day” can match nobody."),
        (FieldCondition(field="seen", operator="in_calendar", value="today"), "The newest last seen is 12 days old, so “today” can match nobody."),
        (FieldCondition(field="seen", operator="not_in_last", value=Period(amount=1)), None),
        (FieldCondition(field="age", operator="at_least", value=1), None),
        (FieldCondition(field="seen", operator="in_last"), None),
    ],
)  # fmt: skip
def test_a_condition_on_lately_says_when_the_data_is_older(condition: Condition, sentence: str | None) -> None:
    assert staleness(condition, CATALOGUE, Clock(NOW, "UTC")) == sentence


def test_ages_are_said_in_whole_days_and_hours() -> None:
    spans = (timedelta(days=1_200), timedelta(days=1), timedelta(hours=23), timedelta(minutes=59))
    assert [age_words(span) for span in spans] == ["1,200 days", "1 day", "23 hours", "less than an hour"]


def test_every_source_tells_when_it_was_read_and_how_old_its_newest_row_is(
    workspace: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("files")
    (folder / "people.csv").write_text(
        "id,born,joined,renews\nC1,2001-01-01,2025-01-05,2999-01-01\nC2,1990-01-01,2025-02-05,\n"
    )
    (folder / "orders.csv").write_text(
        "order_id,customer_id,ordered_at\n1,C1,2025-03-01 10:00\n2,C2,2999-01-01 10:00\n3,X,2025-05-01 10:00\n"
    )
    space = Workspace(workspace)
    plan, _ = plan_files([(file.name, file) for file in sorted(folder.iterdir())], space, Quiet())
    audience = load(plan, "Shop", space, Quiet())
    with closing(Audience(space.current_version(audience))) as opened:
        about: AudienceAbout = opened.about
    found = {age.plan.table.name: age for age in ages(about)}
    assert found["people.csv"].newest == datetime(2025, 2, 5, tzinfo=UTC)
    assert found["orders.csv"].newest == datetime(2025, 3, 1, 10, tzinfo=UTC), "of customers, and not later than now"
    assert all(age.read_at is not None and age.read_at <= about.loaded_at for age in found.values())
