"""Everything can be named by a screen reader and reached by keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.driver import Handpick

UNNAMED = """() => {
  const nameless = [];
  for (const e of document.querySelectorAll('[data-testid=stMain] :is(button, input, textarea, select, [role=combobox], [role=radio], [role=switch], [role=slider])')) {
    if (e.closest('[aria-hidden=true]') || e.type === 'hidden' || !e.getClientRects().length) continue;
    const labelled = (e.getAttribute('aria-labelledby') || '').split(' ').map(i => document.getElementById(i)?.innerText || '').join('');
    const name = e.getAttribute('aria-label') || labelled || [...(e.labels || [])].map(l => l.innerText).join('') || e.textContent || e.title;
    if (!name.trim()) nameless.push(e.outerHTML.slice(0, 200));
  }
  return nameless;
}"""


@pytest.mark.parametrize("page", ["Data", "Fields", "Segments", "Build", "People", "Charts", "Export"])
def test_every_control_has_a_name(shopkeeper: Handpick, page: str) -> None:
    shopkeeper.open()
    shopkeeper.go("Build")
    shopkeeper.add("Purchase")
    shopkeeper.add("Country")
    shopkeeper.pick("Values of Country", ["Germany"])
    if page != "Build":
        shopkeeper.go(page)
    assert shopkeeper.page.evaluate(UNNAMED) == []


def test_a_filter_is_added_by_keyboard_alone(shopkeeper: Handpick) -> None:
    shopkeeper.open("build")
    keys = shopkeeper.page.keyboard
    box = shopkeeper.page.get_by_role("combobox", name="Add a filter to the segment")
    for _ in range(60):
        if box.evaluate("e => e === document.activeElement"):
            break
        keys.press("Tab")
    expect(box).to_be_focused()
    keys.type("gender")
    expect(shopkeeper.page.get_by_role("option", name="Gender").first).to_be_visible()
    keys.press("Enter")
    shopkeeper.settled()
    shopkeeper.sees("Choose at least one value. Not counted yet.")
