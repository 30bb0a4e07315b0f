"""A marketer brings her own files, corrects how columns were read, and gets the answers she knows."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.driver import Handpick

COLUMNS = re.compile("^Columns of")


def test_telco_customers_give_the_known_answers(marketer: Handpick, shared_data: Path) -> None:
    """She uploads the Telco customers, corrects a column before and after loading, and counts who is at risk."""
    marketer.open()
    marketer.upload(shared_data / "telco" / "Telco-Customer-Churn.csv")
    marketer.sees("7,043 rows")
    expect(marketer.page.get_by_role("radio", name="Customers")).to_be_checked()
    expect(marketer.page.get_by_role("combobox", name="Customer id")).to_have_value("customerID")
    marketer.expand("How the 21 columns are read")
    marketer.edit(COLUMNS, "SeniorCitizen", "Kind", "Number")
    marketer.cells(COLUMNS, until=lambda rows: any({"SeniorCitizen", "Number"} <= {*row} for row in rows))
    marketer.edit(COLUMNS, "tenure", "Name in Handpick", "Months with us")
    marketer.look("01-confirm")
    marketer.load("Telco")
    marketer.sees("7,043 people")
    marketer.sees("7,043 rows = 7,043 loaded + 0 set aside")
    marketer.look("02-loaded")

    marketer.go("Build")
    marketer.add("Contract")
    marketer.pick("Values of Contract", ["Month-to-month"])
    marketer.add("Internet service")
    marketer.pick("Values of Internet service", ["Fiber optic"])
    marketer.add("Months with us")
    marketer.compare("is less than")
    marketer.enter(re.compile("^Number to compare"), "12")
    marketer.expect_total(876)

    marketer.look("03-at-risk")

    marketer.menu("More", "Start a new segment")
    marketer.expect_total(7_043)
    marketer.add("Senior citizen")
    marketer.compare("is exactly")
    marketer.enter(re.compile("^Number to compare"), "1")
    marketer.expect_total(1_142)

    # after loading: Senior citizen is rather a yes or no
    marketer.go("Data")
    marketer.click("Change how it was read")
    marketer.expand("How the 21 columns are read")
    marketer.edit(COLUMNS, "SeniorCitizen", "Kind", "Yes / no")
    marketer.look("04-change-how-it-was-read")
    marketer.load()
    expect(marketer.page.get_by_text("7,043 people")).to_have_count(1)
    marketer.go("Build")
    marketer.sees("not counted")
    marketer.row("Senior citizen").click()
    marketer.compare("is yes")
    marketer.expect_total(1_142)
    marketer.look("05-read-as-yes-no")


def test_a_date_that_can_be_read_two_ways_is_asked(marketer: Handpick, tmp_path: Path) -> None:
    """03/04/2024 is the third of April here: she says so, and cells that are no dates are reported, not guessed."""
    file = tmp_path / "members.csv"
    lines = ["member_id,joined,spent"]
    lines += ["00012,03/04/2024,12.50", "00013,04/04/2024,7", "00014,05/06/2024,x", "00015,,3", "01067,03/04/2024,99"]
    file.write_text("\n".join(lines) + "\n")
    marketer.open()
    marketer.upload(file)
    marketer.sees("say whether the day or the month comes first")
    expect(marketer.page.get_by_role("button", name="Load", exact=True)).to_be_disabled()
    marketer.look("01-asked")
    marketer.page.get_by_role("radiogroup", name="joined").get_by_text("the day").click()
    marketer.settled()
    marketer.does_not_see("say whether the day or the month comes first")
    expect(marketer.page.get_by_role("button", name="Load", exact=True)).to_be_enabled()
    marketer.edit(COLUMNS, "spent", "Kind", "Number")
    marketer.sees("1 cell is not a number and will be missing: “x”")
    marketer.look("02-said")
    marketer.load()
    marketer.sees("5 people")
    marketer.sees("1 cell of spent did not fit and is missing: “x”")

    marketer.go("Build")
    marketer.add("Joined")
    marketer.compare("is on")
    marketer.enter_day("Day to compare", "2024-04-03")
    marketer.expect_total(2)
    marketer.go("People")
    ids = marketer.cells(re.compile("^Page 1"), until=lambda rows: len(rows) == 2)
    assert [row[0] for row in ids] == ["00012", "01067"]
    marketer.look("03-ids-keep-their-zeros")
