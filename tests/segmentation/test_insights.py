"""Distributions and the course over time: by hand, against a recount in Python, and for nobody and everybody."""

# ruff: noqa: DTZ001 - moments are stored without a zone

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from segmentation.audience import Audience
from segmentation.catalogue import Kind
from segmentation.clock import Clock
from segmentation.insights import Distribution, OverTime, active_over_time, distribution, joined_over_time, share
from segmentation.membership import Membership
from tests.segmentation.audiences import write_audience

FIELDS = {"city": Kind.TEXT, "likes": Kind.LIST, "vip": Kind.YES_NO, "age": Kind.NUMBER, "joined": Kind.DATE}
PEOPLE: tuple[dict[str, Any], ...] = (
    {"city": "Berlin", "likes": ["run", "run", "sew"], "vip": True, "age": 31, "joined": date(2025, 1, 31)},
    {"city": "Berlin", "likes": ["sew"], "vip": False, "age": 39, "joined": date(2025, 2, 1)},
    {"city": "Oslo", "likes": ["run"], "age": 40},
    {"city": "Oslo", "vip": True, "age": 52, "joined": date(2025, 9, 30)},
    {"city": "Oslo"},
    {},
)


@pytest.fixture(scope="module")
def audience(tmp_path_factory: pytest.TempPathFactory) -> Audience:
    return write_audience(tmp_path_factory.mktemp("insights") / "v000001.duckdb", FIELDS, PEOPLE)


BERLIN = "Europe/Berlin"
LOADED = Clock(datetime(2026, 1, 1, tzinfo=UTC), BERLIN)


def of(audience: Audience, *rows: int) -> Membership:
    return Membership.of(np.array(rows, dtype=np.uint32), audience.people)


def drawn(audience: Audience, name: str, members: Membership, bins: int = 20) -> Distribution:
    return distribution(audience, audience.catalogue.field(name), members, bins, zone=BERLIN)


def counts(found: Distribution) -> dict[str, tuple[int, int]]:
    return {bar.label: (bar.in_segment, bar.in_base) for bar in found.bars}


def test_texts_by_their_frequency_in_the_segment(audience: Audience) -> None:
    found = drawn(audience, "city", of(audience, 0, 1, 2, 5))
    assert counts(found) == {"Berlin": (2, 2), "Oslo": (1, 3)}
    assert (found.missing.in_segment, found.missing.in_base) == (1, 1)
    assert (found.segment, found.base, found.other) == (4, 6, None)
    assert (found.bars[0].share_segment, found.bars[1].share_base) == (0.5, 0.5)
    assert [bar.label for bar in drawn(audience, "city", of(audience)).bars] == ["Oslo", "Berlin"]


def test_lists_count_a_person_once_per_item(audience: Audience) -> None:
    found = drawn(audience, "likes", of(audience, 0, 3))
    assert counts(found) == {"run": (1, 2), "sew": (1, 2)}
    assert (found.missing.in_segment, found.missing.in_base) == (1, 3)


def test_yes_and_no(audience: Audience) -> None:
    assert counts(drawn(audience, "vip", of(audience, 0, 1))) == {"yes": (1, 2), "no": (1, 1)}


def test_numbers_and_dates_in_bins_common_to_both(audience: Audience) -> None:
    found = drawn(audience, "age", of(audience, 0, 2, 5), bins=3)
    assert counts(found) == {"30 to 39": (1, 2), "40 to 49": (1, 1), "50 to 59": (0, 1)}
    assert found.missing.in_segment == 1
    by_month = counts(drawn(audience, "joined", of(audience, 0)))
    assert (by_month["January 2025"], by_month["February 2025"], by_month["March 2025"]) == ((1, 1), (0, 1), (0, 0))


@pytest.mark.parametrize("name", FIELDS)
def test_nobody_and_everybody(audience: Audience, name: str) -> None:
    nobody, everybody = drawn(audience, name, of(audience)), drawn(audience, name, of(audience, *range(6)))
    for bar in (*nobody.bars, nobody.missing):
        assert (bar.in_segment, bar.share_segment) == (0, 0.0)
    for bar in (*everybody.bars, everybody.missing):
        assert (bar.in_segment, bar.share_segment) == (bar.in_base, bar.share_base)
    assert sorted(bar.label for bar in nobody.bars) == sorted(bar.label for bar in everybody.bars)


def test_values_beyond_fifteen_are_others(tmp_path: Path) -> None:
    people = [{"t": f"v{n:02}", "l": [f"v{n:02}", f"v{n // 2:02}"]} for n in range(20) for _ in range(20 - n)]
    people.append({})
    audience = write_audience(tmp_path / "v000001.duckdb", {"t": Kind.TEXT, "l": Kind.LIST}, people)
    members = Membership.of(np.arange(0, len(people), 2), len(people))
    text = drawn(audience, "t", members)
    assert text.other is not None
    assert len(text.bars) == 15
    for column in ("in_segment", "in_base"):
        total = sum(getattr(bar, column) for bar in (*text.bars, text.other, text.missing))
        assert total == (members.count if column == "in_segment" else len(people))
    items = drawn(audience, "l", members)
    top = {bar.label for bar in items.bars}
    outside = [row for row, person in enumerate(people) if set(person.get("l", ())) - top]
    assert items.other is not None
    assert (items.other.in_base, items.other.in_segment) == (len(outside), sum(row in members for row in outside))


def random_people(seed: int, count: int = 150) -> list[dict[str, Any]]:
    random = np.random.default_rng(seed)

    def maybe(value: Any) -> Any:
        return None if random.random() < 0.1 else value

    return [
        {
            "city": maybe(f"city {random.integers(0, 25)}"),
            "likes": maybe([f"like {n}" for n in random.integers(0, 22, random.integers(1, 4))]),
            "vip": maybe(bool(random.integers(0, 2))),
            "age": maybe(int(random.integers(18, 90))),
            "joined": maybe(date(2023, 5, 17) + timedelta(days=int(random.integers(0, 900)))),
        }
        for _ in range(count)
    ]


@pytest.mark.parametrize("seed", range(4))
def test_counts_are_those_of_a_recount_in_python(tmp_path: Path, seed: int) -> None:
    people = random_people(seed)
    audience = write_audience(tmp_path / "v000001.duckdb", FIELDS, people)
    chosen = np.flatnonzero(np.random.default_rng(seed).random(len(people)) < 0.4)
    members = Membership.of(chosen, len(people))
    for name, kind in FIELDS.items():
        values = [person[name] for person in people]
        found = drawn(audience, name, members)
        assert found.missing.in_base == values.count(None)
        assert found.missing.in_segment == sum(values[row] is None for row in chosen)
        if kind in (Kind.TEXT, Kind.LIST):
            items = [set(v or ()) if kind == Kind.LIST else {v} - {None} for v in values]
            base = Counter(item for some in items for item in some)
            segment = Counter(item for row in chosen for item in items[row])
            expected = sorted(base, key=lambda item: (-segment[item], -base[item], item))[:15]
            assert counts(found) == {item: (segment[item], base[item]) for item in expected}
            assert [bar.label for bar in found.bars] == expected
        elif kind == Kind.NUMBER:
            for bar in found.bars:
                low, _, high = bar.label.partition(" to ")
                inside = [row for row, v in enumerate(values) if v is not None and int(low) <= v <= int(high or low)]
                assert (bar.in_base, bar.in_segment) == (len(inside), len({*inside} & {*chosen}))


# Over time


def by_month(found: OverTime) -> dict[str, tuple[int, int]]:
    return {interval.label: (interval.in_segment, interval.in_base) for interval in found.intervals}


def test_joined_by_month_without_gaps(audience: Audience) -> None:
    found = joined_over_time(audience, audience.catalogue.field("joined"), of(audience, 0, 5), zone=BERLIN)
    assert found.by == "month"
    assert list(by_month(found))[::8] == ["January 2025", "September 2025"]
    assert by_month(found)["January 2025"] == (1, 1)
    assert by_month(found)["February 2025"] == (0, 1)
    assert found.intervals[0].share_segment == 0.5
    assert found.intervals[0].share_base == pytest.approx(1 / 6)
    assert found.outside == 0


@pytest.mark.parametrize(
    ("first", "last", "by", "intervals"),
    [
        (date(2025, 5, 7), date(2025, 6, 1), "week", 4),
        (date(2025, 5, 7), date(2025, 9, 5), "month", 5),
        (date(2000, 5, 7), date(2025, 9, 5), "year", 26),
    ],
)
def test_joined_by_a_period_that_fits(tmp_path: Path, first: date, last: date, by: str, intervals: int) -> None:
    audience = write_audience(tmp_path / "v000001.duckdb", {"x": Kind.DATE}, [{"x": first}, {"x": last}])
    found = joined_over_time(audience, audience.catalogue.field("x"), of(audience, 0), zone=BERLIN)
    assert (found.by, len(found.intervals)) == (by, intervals)
    assert (found.intervals[0].in_segment, found.intervals[-1].in_segment) == (1, 0)
    assert found.intervals[0].start <= first < found.intervals[0].end
    assert found.intervals[-1].start <= last < found.intervals[-1].end


def test_joined_far_outside_is_counted_beside(tmp_path: Path) -> None:
    days = [date(2024, 1, 1) + timedelta(days=n % 366) for n in range(1_000)]
    people = [{"x": day} for day in (*days, date(1900, 1, 1), date(2999, 1, 1), None)]
    audience = write_audience(tmp_path / "v000001.duckdb", {"x": Kind.DATE}, people)
    found = joined_over_time(audience, audience.catalogue.field("x"), of(audience), zone=BERLIN)
    assert (len(found.intervals), found.outside) == (12, 2)
    assert sum(interval.in_base for interval in found.intervals) == 1_000


def test_joined_where_nobody_has_a_date(tmp_path: Path) -> None:
    audience = write_audience(tmp_path / "v000001.duckdb", {"x": Kind.MOMENT}, [{}])
    assert joined_over_time(audience, audience.catalogue.field("x"), of(audience, 0), zone=BERLIN).intervals == ()


EVENTS = (
    {"_row": 0, "_name": "buy", "_time": datetime(2025, 3, 31, 21, 59)},  # 23:59 in Berlin
    {"_row": 0, "_name": "buy", "_time": datetime(2025, 3, 31, 22, 0)},  # 1 April there
    {"_row": 0, "_name": "view", "_time": datetime(2025, 4, 2)},
    {"_row": 1, "_name": "view", "_time": datetime(2025, 6, 10)},
    {"_row": 1, "_name": "view", "_time": datetime(2099, 1, 1)},
)


@pytest.fixture(scope="module")
def active(tmp_path_factory: pytest.TempPathFactory) -> Audience:
    path = tmp_path_factory.mktemp("active") / "v000001.duckdb"
    return write_audience(path, {"x": Kind.TEXT}, [{}, {}, {}], events=EVENTS)


def test_active_counts_people_once_a_month_in_the_zone_of_the_clock(active: Audience) -> None:
    found = active_over_time(active, of(active, 0, 2), clock=LOADED)
    expected = {"March 2025": (1, 1), "April 2025": (1, 1), "May 2025": (0, 0), "June 2025": (0, 1)}
    assert by_month(found) == expected
    assert found.intervals[0].share_segment == 0.5
    assert by_month(active_over_time(active, of(active, 0), ("view",), clock=LOADED)) == {
        "April 2025": (1, 1),
        "May 2025": (0, 0),
        "June 2025": (0, 1),
    }
    assert active_over_time(active, of(active, 0), ("nothing",), clock=LOADED).intervals == ()


def test_active_follows_the_zone_of_the_clock(active: Audience) -> None:
    found = active_over_time(active, of(active, 0, 2), clock=Clock(LOADED.now, "America/New_York"))
    assert by_month(found)["March 2025"] == (1, 1)
    days = active_over_time(active, of(active, 0), ("buy",), by="day", clock=Clock(LOADED.now, "America/New_York"))
    assert [i.label for i in days.intervals] == ["31 March 2025"]
    days = active_over_time(active, of(active, 0), ("buy",), by="day", clock=LOADED)
    assert [i.label for i in days.intervals] == ["31 March 2025", "1 April 2025"]


def test_active_until_now(active: Audience) -> None:
    clock = Clock(datetime(2025, 4, 1, tzinfo=UTC), "Europe/Berlin")
    assert by_month(active_over_time(active, of(active, 0), clock=clock)) == {
        "March 2025": (1, 1),
        "April 2025": (1, 1),
    }
    weeks = active_over_time(active, of(active, 0), by="week", clock=clock)
    assert [(i.start, i.in_segment) for i in weeks.intervals] == [(date(2025, 3, 31), 1)]
    days = active_over_time(active, of(active, 0), by="day", clock=clock)
    assert [i.in_segment for i in days.intervals] == [1, 1]


def test_a_period_that_the_data_end_in_is_not_complete(tmp_path: Path) -> None:
    for last, complete in ((datetime(2025, 5, 30, 12), False), (datetime(2025, 5, 31, 12), True)):
        events = [{"_row": 0, "_name": "a", "_time": datetime(2025, 4, 1)}, {"_row": 0, "_name": "a", "_time": last}]
        audience = write_audience(tmp_path / f"{last.day}" / "v000001.duckdb", {}, [{}], events=events)
        assert [i.complete for i in active_over_time(audience, of(audience, 0), clock=LOADED).intervals] == [
            True,
            complete,
        ]


def test_only_the_latest_sixty_periods(tmp_path: Path) -> None:
    events = [{"_row": 0, "_name": "a", "_time": datetime(1970 + n, 1, 2)} for n in range(50)]
    audience = write_audience(tmp_path / "v000001.duckdb", {}, [{}], events=events)
    found = active_over_time(audience, of(audience, 0), clock=LOADED)
    assert len(found.intervals) == 60
    assert found.intervals[-1].label == "January 2019"
    assert sum(i.in_base for i in found.intervals) == 5


@pytest.mark.parametrize("seed", range(3))
def test_activity_is_that_of_a_recount_in_python(tmp_path: Path, seed: int) -> None:
    random = np.random.default_rng(seed)
    events = [
        {
            "_row": int(random.integers(0, 30)),
            "_name": str(random.choice(["a", "b", "c"])),
            "_time": datetime(2024, 10, 1) + timedelta(minutes=int(random.integers(0, 300 * 24 * 60))),
        }
        for _ in range(300)
    ]
    audience = write_audience(tmp_path / "v000001.duckdb", {}, [{}] * 30, events=events)
    members = Membership.of(np.flatnonzero(random.random(30) < 0.5), 30)
    for names in ((), ("a",), ("a", "c")):
        expected: dict[str, set[int]] = {}
        for event in events:
            if not names or event["_name"] in names:
                local = event["_time"].replace(tzinfo=UTC).astimezone(ZoneInfo("Europe/Berlin"))
                expected.setdefault(f"{local:%B %Y}", set()).add(event["_row"])
        found = by_month(active_over_time(audience, members, names, clock=LOADED))
        assert {month: counted for month, counted in found.items() if counted[1]} == {
            month: (sum(row in members for row in rows), len(rows)) for month, rows in expected.items()
        }


def test_an_audience_without_people(tmp_path: Path) -> None:
    audience = write_audience(tmp_path / "v000001.duckdb", FIELDS, [])
    nobody = Membership.nobody(0)
    for name in FIELDS:
        assert drawn(audience, name, nobody).bars == ()
    assert joined_over_time(audience, audience.catalogue.field("joined"), nobody, zone=BERLIN).intervals == ()
    assert active_over_time(audience, nobody, clock=LOADED).intervals == ()


def test_a_share_of_nobody_is_none() -> None:
    assert (share(0, 0), share(1, 4)) == (0.0, 0.25)
