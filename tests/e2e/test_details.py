"""Groups inside an event's details, clicked together in a browser."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.driver import Handpick, ask


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
    shopkeeper.shot("02-details")
    shoes = "FROM events WHERE _name = 'purchase' AND category = 'Running shoes' AND"
    question = f"SELECT count(DISTINCT _row) {shoes}"
    shopkeeper.expect_total(ask(shopkeeper.app.home, f"{question} (amount > 120 OR quantity >= 2)"))
    shopkeeper.choose("How the details of group 2 combine", "none of these holds")
    shopkeeper.expect_total(
        ask(shopkeeper.app.home, f"{question} NOT (coalesce(amount > 120, false) OR coalesce(quantity >= 2, false))")
    )
    shopkeeper.click("Done")
    expect(shopkeeper.row("Purchased where category is “Running shoes” and not")).to_be_visible()
