"""The sources of an audience on the Data page: their age, how they are renewed, what is held, and what changed."""

from __future__ import annotations

import re
import shutil
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from connectors.sources.sample import write_sample
from pages.parts.queries import jobs
from segmentation.audience import Audience
from segmentation.library import Library
from segmentation.renewal import Renewal, TableRenewal, Way
from segmentation.renewals import Renewals
from segmentation.workspace import Workspace
from tests.pages.driver import Open, button, go, opened, words


@pytest.fixture
def deliveries(tmp_path: Path) -> Path:
    """The shop's files as they are delivered later, with a third more customers."""
    folder = tmp_path / "deliveries"
    folder.mkdir()
    write_sample(folder, anchor=date(2026, 6, 30), people=800, events=8000)
    return folder


def read_from(home: Path, deliveries: Path) -> tuple[Workspace, str]:
    """Have every source of the shop read again from its delivery."""
    space = Workspace(home)
    [entry] = space.audiences()
    with closing(Audience(space.current_version(entry.id))) as opened_version:
        tables = opened_version.about.plan.tables
    ways = tuple(TableRenewal(path=str(deliveries / table.table.name)) for table in tables)
    Renewals(space).keep(entry.id, Renewal(tables=ways))
    return space, entry.id


def done(at: AppTest) -> AppTest:
    """Wait until the work beside the page has ended."""
    job = jobs().get(at.session_state["handpick"].job)
    assert job is not None
    job.wait(60)
    return at.run()


def test_every_source_says_how_old_it_is(app: Open) -> None:
    said = words(app())
    assert re.search(r"customers\.csv · :gray\[file\] · :gray\[read (just now|\d+ minutes? ago)\]", said)
    assert re.search(r"purchases\.csv|events\.csv", said)
    assert "newest row" in said


def test_what_is_new_comes_with_one_click_and_segments_show_the_change(
    app: Open, tmp_path: Path, deliveries: Path
) -> None:
    at = app()
    space, audience = read_from(tmp_path / "home", deliveries)
    done(button(at.run(), "Bring in what is new"))
    assert "800 people" in words(at)
    [segment] = Library(space).find(audience)
    report = Renewals(space).report(audience)
    assert report is not None
    [news] = report.segments
    assert news.before is not None
    assert news.after is not None
    assert news.after > news.before
    assert f"Segment Grown-ups who bought: {news.after:,} people ({news.after - news.before:+,})" in unescape(words(at))
    go(at, "segments")
    assert f", {news.after - news.before:+,} by the newest data" in words(at)
    assert segment.last_count == news.after


def test_a_renamed_column_is_mapped_on_the_page(app: Open, tmp_path: Path, deliveries: Path) -> None:
    file = deliveries / "customers.csv"
    header, rest = file.read_text().split("\n", 1)
    file.write_text(header.replace("country", "land") + "\n" + rest)
    at = app()
    space, audience = read_from(tmp_path / "home", deliveries)
    done(button(at.run(), "Bring in what is new"))
    assert "New data is held" in words(at)
    assert "has no column “country” any more. New there: “land”" in words(at)
    next(s for s in at.selectbox if s.label == "country of customers.csv is now").select("land").run()
    done(button(at, "Bring it in like this"))
    assert "800 people" in words(at)
    assert Renewals(space).of(audience).tables[0].renamed == {"country": "land"}


def test_the_way_of_a_source_and_the_timetable_are_kept(app: Open, tmp_path: Path) -> None:
    at = app()
    space = Workspace(tmp_path / "home")
    [entry] = space.audiences()
    at.selectbox(next(s.key for s in at.selectbox if s.label == "New rows …")).select(Way.UPSERT).run()
    next(s for s in at.selectbox if s.label == "Brought up to date").select("week").run()
    assert "not by itself yet" in words(at)
    next(s for s in at.selectbox if s.label == "Weekday").select(4).run()
    renewal = Renewals(space).of(entry.id)
    assert renewal.table(0).way is Way.UPSERT
    assert renewal.schedule is not None
    assert (renewal.schedule.every, renewal.schedule.weekday) == ("week", 4)
    assert list(Renewals(space).due(datetime.now(UTC) + timedelta(days=7))) == [entry.id]
    next(s for s in at.selectbox if s.label == "Brought up to date").select("by hand").run()
    assert Renewals(space).of(entry.id).schedule is None


def test_a_filter_on_lately_says_that_the_data_is_older(app: Open) -> None:
    at = opened(app)
    button(at, "Purchase")
    next(s for s in at.selectbox if s.label == "When").select("last").run()
    assert re.search(r"The newest “Purchase” is \d+ days old, so “in the last 30 days” can match nobody\.", words(at))


def test_without_its_delivery_the_old_data_stays_and_says_why(app: Open, tmp_path: Path, deliveries: Path) -> None:
    at = app()
    read_from(tmp_path / "home", deliveries)
    shutil.rmtree(deliveries)
    done(button(at.run(), "Bring in what is new"))
    assert at.error[0].value.startswith("There is no file")
    assert "600 people" in words(at)
