"""A filter can be added without a mouse; that controls have names, every story looks at."""

from __future__ import annotations

from tests.e2e.driver import Handpick, ask


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
    marketer.look("01-by-keyboard")
