"""Every control has a name that a screen reader can say, and a filter can be added without a mouse."""

from __future__ import annotations

import re

from tests.e2e.driver import Handpick, ask

ROLES = "button|checkbox|combobox|link|menuitem|option|radio|searchbox|slider|spinbutton|switch|tab|textbox"
NAMELESS = re.compile(rf"^ *- (?:{ROLES})(?: \[[^\]]*\])*(?::.*)?$", re.MULTILINE)
ESCAPED = re.compile(rf"^ *- '?(?:{ROLES}|radiogroup|group|region) \".*(?:\\\\|&#).*$", re.MULTILINE)


def check_names(marketer: Handpick, where: str) -> None:
    """Fail with every control of the page that has no name, or one with the signs that markdown is escaped by."""
    marketer.settled()
    tree = marketer.page.locator("body").aria_snapshot()
    wrong = [*NAMELESS.findall(tree), *ESCAPED.findall(tree)]
    assert not wrong, f"{where}: {wrong}\n{tree}"


def test_every_control_has_a_name(shopkeeper: Handpick) -> None:
    """All pages, with a filter of each kind open, a dialog, a menu and a table."""
    marketer = shopkeeper
    marketer.open()
    check_names(marketer, "Data")
    marketer.click("Connect")
    check_names(marketer, "the dialog of a database")
    marketer.page.keyboard.press("Escape")
    marketer.click("Change how it was read")
    check_names(marketer, "the plan")
    marketer.click("Leave it as it is")
    for page in ("Segments", "Health", "Fields"):
        marketer.go(page)
        check_names(marketer, page)
    marketer.edit("The fields of the customers", "Email", "Name", "E-mail (*)")
    marketer.go("Build")
    marketer.click("Add a group")
    for field in ("E-mail (*)", "Signup date", "Email consent", "Interests", "Purchase"):
        marketer.add(field)
        check_names(marketer, f"Build with {field} open")
    marketer.choose("What is counted", "total of")
    marketer.choose("How often", "between")
    marketer.choose("When", "between two days")
    marketer.add_event_detail("Category")
    marketer.add_event_detail("Amount")
    check_names(marketer, "Build with details")
    marketer.page.get_by_role("button", name=re.compile("^Filter")).click()
    check_names(marketer, "the menu of a filter")
    marketer.page.keyboard.press("Escape")
    marketer.click("Remove", exact=True)
    marketer.add("Age")
    marketer.enter("Lowest Age", "20")
    marketer.enter("Highest Age", "40")
    marketer.click("Save", exact=True)
    check_names(marketer, "the dialog for saving")
    marketer.page.keyboard.press("Escape")
    for page in ("People", "Charts", "Export"):
        marketer.go(page)
        check_names(marketer, page)


def focus(marketer: Handpick, name: str) -> None:
    """Press Tab until the control of this name has the focus."""
    for _ in range(80):
        marketer.page.keyboard.press("Tab")
        if marketer.page.evaluate("() => document.activeElement.getAttribute('aria-label') || ''") == name:
            return
    raise AssertionError(f"Tab does not reach “{name}”.")


def test_a_filter_is_added_by_keyboard_alone(shopkeeper: Handpick) -> None:
    """Tab, typing and Enter: the country, an age, and the count."""
    marketer, keys = shopkeeper, shopkeeper.page.keyboard
    marketer.open("build")
    focus(marketer, "Add a filter to the segment")
    keys.type("Country")
    keys.press("Enter")
    marketer.settled()
    focus(marketer, "Values of Country")
    keys.type("Germany")
    keys.press("Enter")
    marketer.expect_total(ask(marketer.app.home, "SELECT count(*) FROM people WHERE country = 'Germany'"))
    keys.press("Escape")
    focus(marketer, "Add a filter to the segment")
    keys.type("Age")
    keys.press("Enter")
    marketer.settled()
    focus(marketer, "Lowest Age")
    keys.type("30")
    keys.press("Tab")
    keys.type("39")
    keys.press("Enter")
    marketer.expect_total(
        ask(marketer.app.home, "SELECT count(*) FROM people WHERE country = 'Germany' AND age BETWEEN 30 AND 39")
    )
    marketer.shot("01-by-keyboard")
