"""What marketers ask beyond plain filters, clicked together in a browser and counted again in plain SQL."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.driver import Handpick, ask
from tests.e2e.saved import GERMANS, aged, keep


def people(marketer: Handpick, where: str) -> int:
    """How many there are, asked in plain SQL."""
    return ask(marketer.app.home, f"SELECT count(*) FROM people WHERE {where}")


def test_pricing_twice_in_48_hours_and_then_no_checkout(shopkeeper: Handpick) -> None:
    """She puts three steps one under another: seen, seen again soon, and not gone on."""
    shopkeeper.open("build")
    shopkeeper.add("One thing after another")
    shopkeeper.pick("Step 1: what they did (any of)", ["Page view"])
    shopkeeper.add_event_detail("Page")
    shopkeeper.pick("Values of Page", ["/pricing"])
    shopkeeper.pick("Step 2: what they did (any of)", ["Page view"])
    shopkeeper.choose("Step 2: how soon", "within …")
    shopkeeper.enter("How many", "48")
    shopkeeper.choose("Unit of time", "hours")
    shopkeeper.page.get_by_role("combobox", name="Narrow down by a detail").last.click()
    shopkeeper.page.get_by_role("option", name="Page", exact=True).click()
    shopkeeper.settled()
    last = shopkeeper.page.get_by_role("combobox", name="Values of Page").last
    last.click()
    shopkeeper.page.get_by_role("option").filter(has_text="/pricing").first.click()
    shopkeeper.page.keyboard.press("Escape")
    shopkeeper.click("Add a step")
    shopkeeper.choose("Step 3: did or did not", "they did not")
    shopkeeper.pick("Step 3: what they did (any of)", ["Checkout started"])
    shopkeeper.look("01-sequence")
    shopkeeper.expect_total(
        ask(
            shopkeeper.app.home,
            """SELECT count(DISTINCT seen._row) FROM events AS seen JOIN events AS again USING (_row)
            WHERE seen._name = 'page_view' AND seen.page = '/pricing' AND again._name = 'page_view' AND again.page = '/pricing'
              AND again._time > seen._time AND again._time <= seen._time + INTERVAL 48 HOUR
              AND NOT EXISTS (SELECT 1 FROM events AS gone WHERE gone._row = seen._row AND gone._name = 'checkout_started'
                              AND gone._time > again._time)""",
        )
    )
    shopkeeper.click("Done", exact=True)
    expect(
        shopkeeper.row("viewed a page again within 48 hours where page is “/pricing”, and then did not")
    ).to_be_visible()


def test_groups_of_details_count_what_they_say(shopkeeper: Handpick) -> None:
    """She picks shoes that were dear or bought in pairs; the number is that of plain SQL."""
    shopkeeper.open("build")
    shopkeeper.add("Purchase")
    shopkeeper.add_event_detail("Category")
    shopkeeper.pick("Values of Category", ["Running shoes"])
    shopkeeper.click("A group of details")
    shopkeeper.choose("Add a detail to group 2", "Amount")
    shopkeeper.compare("is more than")
    shopkeeper.enter("Number to compare Amount with", "120")
    shopkeeper.choose("Add a detail to group 2", "Quantity")
    shopkeeper.compare("is at least")
    shopkeeper.enter("Number to compare Quantity with", "2")
    shopkeeper.look("02-details")
    shoes = "FROM events WHERE _name = 'purchase' AND category = 'Running shoes' AND"
    question = f"SELECT count(DISTINCT _row) {shoes}"
    shopkeeper.expect_total(ask(shopkeeper.app.home, f"{question} (amount > 120 OR quantity >= 2)"))
    shopkeeper.choose("How the details of group 2 combine", "none of these holds")
    shopkeeper.expect_total(
        ask(shopkeeper.app.home, f"{question} NOT (coalesce(amount > 120, false) OR coalesce(quantity >= 2, false))")
    )
    shopkeeper.click("Done")
    expect(shopkeeper.row("Purchased where category is “Running shoes” and not")).to_be_visible()


TOP = """SELECT _row, rank() OVER (PARTITION BY country ORDER BY spent DESC) <= ceil(count(*) OVER (PARTITION BY country) * 0.1) AS top
  FROM (SELECT _row, sum(amount) AS spent FROM events WHERE _name = 'purchase' GROUP BY _row) JOIN people USING (_row)
  WHERE country IS NOT NULL"""
SCORED = """SELECT _row, rank() OVER (ORDER BY latest DESC) AS late, rank() OVER (ORDER BY times DESC) AS often, count(*) OVER () AS n
  FROM (SELECT _row, max(_time) AS latest, count(*) AS times FROM events WHERE _name = 'purchase' GROUP BY _row)"""
AT_RISK = """late > ceil(n * 3 / 5) AND often > ceil(n * 1 / 5) AND often <= ceil(n * 3 / 5)"""


def test_big_spenders_of_each_country_who_are_at_risk(shopkeeper: Handpick) -> None:
    """She ranks by what they spent, among those of the same country, and takes those at risk by their scores."""
    shopkeeper.open("build")
    shopkeeper.add("Top or bottom customers")
    shopkeeper.pick("What they did (any of)", ["Purchase"])
    shopkeeper.choose("What is counted", "total of")
    shopkeeper.choose("Of which detail", "Amount")
    shopkeeper.choose("Among whom", "those of the same country")
    top = ask(shopkeeper.app.home, f"SELECT count(*) FROM ({TOP}) WHERE top")
    shopkeeper.expect_total(top)
    shopkeeper.look("01-rank")
    shopkeeper.add("Champions, At risk")
    shopkeeper.pick("What they did (any of)", ["Purchase"])
    shopkeeper.pick("Groups of customers (any of)", ["At risk"])
    both = ask(
        shopkeeper.app.home,
        f"SELECT count(*) FROM ({TOP}) AS a JOIN ({SCORED}) AS b USING (_row) WHERE top AND {AT_RISK}",
    )
    shopkeeper.expect_total(both)
    assert 0 < both < top
    shopkeeper.look("02-scores")
    risk = ask(shopkeeper.app.home, f"SELECT count(*) FROM ({SCORED}) WHERE {AT_RISK}")
    shopkeeper.click("Done", exact=True)
    expect(shopkeeper.row("in the group “At risk” by purchases")).to_contain_text(f"{risk:,}")


def test_a_recipe_with_other_numbers_is_kept(shopkeeper: Handpick) -> None:
    """She starts from a recipe, sets it to her shop, saves it, and finds the same people in it."""
    shopkeeper.open("build")
    shopkeeper.page.get_by_role("radiogroup", name="Recipe").get_by_text("At risk", exact=True).click()
    shopkeeper.settled()
    shopkeeper.enter("How many times at least", "3")
    shopkeeper.enter("Quiet for … days", "60")
    ago = "now()::TIMESTAMP - INTERVAL {} DAY"
    count = people(
        shopkeeper,
        f"""_row IN (SELECT _row FROM events WHERE _name = 'purchase' AND _time >= {ago.format(365)}
              GROUP BY _row HAVING count(*) >= 3)
          AND _row NOT IN (SELECT _row FROM events WHERE _name = 'purchase' AND _time >= {ago.format(60)})""",
    )
    shopkeeper.sees(f"{count:,} people")
    shopkeeper.look("01-recipe")
    shopkeeper.click("Start from this recipe")
    shopkeeper.expect_total(count)
    shopkeeper.save("Quiet regulars")
    shopkeeper.menu("More", "Start a new segment")
    shopkeeper.go("Segments")
    shopkeeper.press(shopkeeper.card("Quiet regulars"), "Open")
    shopkeeper.expect_total(count)
    shopkeeper.row("Purchased at least 3 times in the last 365 days").click()
    shopkeeper.settled()
    assert shopkeeper.field("Number").input_value() == "3"


def test_segments_lists_and_a_ladder_add_up_to_everybody(shopkeeper: Handpick) -> None:
    """She pastes a list, names it and a segment in another segment, and lets everybody land on one rung."""
    home = shopkeeper.app.home
    keep(shopkeeper.app, "Germans", GERMANS)
    keep(shopkeeper.app, "From fifty on", aged("at_least", 50))
    shopkeeper.open("segments")
    shopkeeper.expand("Lists of customers")
    shopkeeper.enter("Name of the list", "Trade fair")
    ids = [ask_text(shopkeeper, f"SELECT customer_id FROM people WHERE _row = {row}") for row in (3, 5, 8, 13, 21)]
    shopkeeper.enter_text("Ids or e-mail addresses", "\n".join([*ids, "nobody-of-ours"]))
    shopkeeper.click("Keep the list")
    shopkeeper.sees("6 customer ids")
    shopkeeper.look("01-list")

    shopkeeper.go("Build")
    shopkeeper.add("In another segment")
    shopkeeper.choose("Segment", "Germans")
    shopkeeper.expect_total(people(shopkeeper, "country = 'Germany'"))
    shopkeeper.add("On a list of ids")
    shopkeeper.choose("In or not in", "are not on")
    shopkeeper.choose("List", "Trade fair")
    listed = ", ".join(f"'{one}'" for one in ids)
    rest = people(shopkeeper, f"country = 'Germany' AND customer_id NOT IN ({listed})")
    shopkeeper.expect_total(rest)
    shopkeeper.look("02-references")
    shopkeeper.save("Germans we did not meet")

    shopkeeper.open("ladder")
    for name in ("Germans we did not meet", "From fifty on"):
        shopkeeper.choose("Add a segment as the next rung", name)
    older = people(
        shopkeeper, f"age >= 50 AND NOT coalesce(country = 'Germany' AND customer_id NOT IN ({listed}), false)"
    )
    everybody = ask(home, "SELECT count(*) FROM people")
    shopkeeper.sees(f"{rest:,}")
    shopkeeper.sees(f"{older:,}")
    shopkeeper.sees(re.compile(f"^{everybody - rest - older:,} .*land on no rung.*are {everybody:,} people"))
    shopkeeper.look("03-ladder")


def ask_text(marketer: Handpick, question: str) -> str:
    """A customer's id, asked in plain SQL; ids of the sample end in digits."""
    number = ask(marketer.app.home, f"SELECT regexp_extract(customer_id, '[0-9]+$')::INTEGER FROM ({question})")
    length = ask(marketer.app.home, f"SELECT length(customer_id) FROM ({question})")
    return f"C{number:0{length - 1}}"


def test_dates_by_field_calendar_weekday_and_anniversary(shopkeeper: Handpick) -> None:
    """She compares a date with another, the calendar, the day of the week and birthdays to come."""
    shopkeeper.open("build")
    where = []

    def holds(condition: str) -> None:
        where.append(condition)
        shopkeeper.expect_total(people(shopkeeper, " AND ".join(where)))

    shopkeeper.add("Last login")
    shopkeeper.compare("is after another field")
    shopkeeper.choose("Field to compare Last login with", "Signup date")
    holds("last_login::DATE > signup_date")
    shopkeeper.add("Signup date")
    shopkeeper.compare("is not today, this week, last month …")
    shopkeeper.choose("Day, week, month, quarter or year", "this year")
    holds("coalesce(year(signup_date) <> year(now()::TIMESTAMP), true)")
    shopkeeper.look("01-calendar")
    shopkeeper.add("Last login")
    shopkeeper.compare("is on a day of the week")
    shopkeeper.pick("Days of the week of Last login", ["Saturday", "Sunday"])
    holds("isodow(last_login) IN (6, 7)")
    shopkeeper.add("Birth date")
    shopkeeper.compare("has its anniversary (birthday) in the next … days")
    shopkeeper.enter("How many", "30")
    holds(
        """EXISTS (SELECT 1 FROM range(31) AS later(i), (SELECT now()::TIMESTAMP::DATE + i::INTEGER AS day)
            WHERE strftime(day, '%m-%d') = strftime(birth_date, '%m-%d')
               OR (strftime(birth_date, '%m-%d') = '02-29' AND strftime(day, '%m-%d') = '02-28'
                   AND strftime(day + 1, '%m-%d') = '03-01'))"""
    )
    shopkeeper.look("02-all")
    shopkeeper.sees(re.compile("whose birth date has its anniversary within 30 days from today"))
