"""A marketer who has never seen Handpick tries it with sample data, from the first screen to the list."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.driver import Handpick, ask

COUNTRY = "country IN ('Germany', 'France')"
AGE = "age BETWEEN 25 AND 40"
RUNNING = "list_contains(interests, 'running')"
SOCIAL = "acquisition_channel = 'Social'"
CLICKED = "_row IN (SELECT _row FROM events WHERE _name = 'email_clicked')"
BOUGHT = """_row IN (SELECT _row FROM events WHERE _name = 'purchase' AND category IN ('Running shoes', 'Sportswear')
  AND _time BETWEEN now()::TIMESTAMP - INTERVAL 365 DAY AND now()::TIMESTAMP GROUP BY _row HAVING sum(amount) >= 100)"""
SEGMENT = f"{COUNTRY} AND ({AGE} OR {RUNNING}) AND NOT coalesce({SOCIAL} OR {CLICKED}, false) AND {BOUGHT}"


def test_tour_with_sample_data(marketer: Handpick) -> None:
    """She clicks a nested segment together and finds the same people on every page."""

    def people(where: str) -> int:
        return ask(marketer.app.home, f"SELECT count(*) FROM people WHERE {where}")

    page = marketer.page
    marketer.open()
    marketer.sees("Pick customers by hand")
    marketer.look("01-first-screen")
    marketer.click("Try with sample data")
    marketer.sees("20,000 people")
    marketer.look("02-loaded")

    page.get_by_role("link", name="Build a segment").click()
    marketer.settled()
    marketer.expect_total(20_000)

    # Country is Germany or France
    marketer.add("Country")
    marketer.sees("not counted")
    marketer.look("03-unfinished")
    marketer.choose("Values of Country", "Germany")
    marketer.expect_total(people("country = 'Germany'"))
    marketer.pick("Values of Country", ["France"])
    marketer.expect_total(people(COUNTRY))

    # any of: age 25-40, interests include running
    marketer.click("Add a group")
    marketer.add("Age", to="group 2")
    marketer.enter("Lowest Age", "25")
    marketer.enter("Highest Age", "40")
    marketer.expect_total(people(f"{COUNTRY} AND {AGE}"))
    marketer.add("Interests", to="group 2")
    marketer.pick("Values of Interests", ["running"])
    marketer.expect_total(people(f"{COUNTRY} AND ({AGE} OR {RUNNING})"))
    marketer.look("04-any-group")

    # none of: came by social media, clicked in an e-mail
    marketer.click("Add a group")
    marketer.match("group 3", "none")
    marketer.add("Acquisition channel", to="group 3")
    marketer.pick("Values of Acquisition channel", ["Social"])
    marketer.add("Email clicked", to="group 3")
    marketer.expect_total(people(f"{COUNTRY} AND ({AGE} OR {RUNNING}) AND NOT coalesce({SOCIAL} OR {CLICKED}, false)"))

    # bought running gear for 100 or more in a year
    marketer.add("Purchase")
    marketer.choose("What is counted", "total of")
    marketer.sees("1 filter not counted yet")
    marketer.choose("Of which detail", "Amount")
    marketer.enter("Number", "100")
    marketer.choose("When", "in the last …")
    marketer.enter("How many", "365")
    marketer.add_event_detail("Category")
    marketer.pick("Values of Category", ["Running shoes", "Sportswear"])
    wanted = people(SEGMENT)
    marketer.expect_total(wanted)
    assert 20 < wanted < 2_000
    marketer.look("05-event-filter")
    marketer.click("Done", exact=True)

    # beside each filter its own count, and the whole in words
    expect(marketer.row("Country is “Germany” or “France”")).to_contain_text(f"{people(COUNTRY):,}")
    expect(marketer.row("Age is between 25 and 40")).to_contain_text(f"{people(AGE):,}")
    expect(marketer.row("Interests include “running”")).to_contain_text(f"{people(RUNNING):,}")
    expect(marketer.row("Clicked in an e-mail")).to_contain_text(f"{people(CLICKED):,}")
    without = people(SEGMENT.replace(COUNTRY, "true")) - wanted
    expect(marketer.row("Country is “Germany” or “France”")).to_contain_text(f"+{without:,} without")
    marketer.sees(re.compile("whose age is between 25 and 40 or whose interests include “running”"))
    marketer.sees(re.compile("purchased with a total amount of at least 100 in the last 365 days where category is"))
    marketer.look("06-whole-segment")

    # undo, redo
    marketer.click(re.compile("^Undo"))
    assert marketer.total() != wanted
    marketer.click(re.compile("^Redo"))
    marketer.expect_total(wanted)

    # duplicate, turn off, move, remove, wrap
    marketer.row("Age is between 25 and 40").click()
    page.get_by_role("button", name="Filter 2.1", exact=True).click()
    marketer.look("07-menu")
    page.get_by_role("menuitem", name="Duplicate", exact=True).click()
    marketer.settled()
    marketer.enter("Highest Age", "60")
    both = people(SEGMENT.replace(AGE, "age BETWEEN 25 AND 60"))
    marketer.expect_total(both)
    marketer.menu("Filter 2.2", "Turn off")
    marketer.expect_total(wanted)
    marketer.sees("turned off")
    marketer.look("08-turned-off")
    marketer.menu("Filter 2.2", "Turn on")
    marketer.expect_total(both)
    marketer.menu("Filter 2.2", "Move to the top")
    moved = people(f"{SEGMENT} AND age BETWEEN 25 AND 60")
    marketer.expect_total(moved)
    marketer.menu("Filter 5", "Put into a new group")
    marketer.expect_total(moved)
    marketer.menu("Group 5", "Remove the group")
    marketer.expect_total(wanted)

    # People: the same number, personal data masked until revealed
    marketer.go("People")
    header = f"{wanted:,} people"
    marketer.sees(header)
    table = re.compile("^Page 1 of the people")
    marketer.cells(table, until=lambda rows: any("•••@" in row[3] for row in rows))
    assert not [row[3] for row in marketer.cells(table) if "@" in row[3] and "•••" not in row[3]]
    marketer.look("09-people-masked")
    marketer.click("Reveal personal data")
    marketer.cells(table, until=lambda rows: any(re.fullmatch(r"[^•]+@[^•]+", row[3]) for row in rows))
    marketer.choose("Columns", "Loyalty points")
    page.keyboard.press("Escape")
    marketer.choose("Sorted by", "Loyalty points")
    marketer.switch("Largest first")
    most = ask(marketer.app.home, f"SELECT max(loyalty_points) FROM people WHERE {SEGMENT}")
    rows = marketer.cells(table, until=lambda rows: any(row[-1] == str(most) for row in rows))
    points = [int(row[-1]) for row in rows]
    assert points == sorted(points, reverse=True)
    marketer.expand("Look at one person")
    marketer.sees(re.compile(rf"Loyalty points {most}"))
    marketer.sees("What they did")
    marketer.look("10-one-person")
    if wanted > 50:
        marketer.click("Next page")
        marketer.sees(f"51–{min(100, wanted)} of {header}")
    marketer.click("Mask personal data again")

    # Charts and Export speak of the same people
    marketer.go("Charts")
    marketer.sees(header)
    expect(page.get_by_test_id("stVegaLiteChart").first).to_be_visible()
    marketer.choose("Field", "Country")
    marketer.sees("No value: 0 in the segment")
    marketer.look("11-charts")
    marketer.go("Export")
    marketer.sees(header)
    expect(page.get_by_role("row", name=f"In the segment {wanted:,}")).to_be_visible()
    marketer.look("12-export")
