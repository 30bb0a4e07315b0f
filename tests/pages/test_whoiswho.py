"""Customers of several tables are confirmed to be one person each before they are loaded, and loaded as was said."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.driver import Open, button, go, words
from tests.pages.test_leftovers import ended, state

CRM = "contact_id,first_name,email,phone\n" + "".join(f"C{n},Anna,p{n}@x.org,+49170200000{n}\n" for n in range(6))
SHOP = "account_id,mail,mobile_phone\n" + "".join(f"A{n},P{n}@X.org,\n" for n in range(4)) + "A9,,+491702000005\n"
VISITS = (
    "anonymous_id,account_id,event,time\n" + "v1,,view,2024-01-01\nv1,A1,view,2024-01-02\nv2,,view,2024-01-03\n" * 10
)


@pytest.fixture
def read(app: Open, tmp_path: Path) -> AppTest:
    """The screen that asks what three files are."""
    for name, text in (("crm_contacts", CRM), ("shop_accounts", SHOP), ("visits", VISITS)):
        (tmp_path / f"{name}.csv").write_text(text)
    at = app(empty=True)
    at.text_input(key="path/0").input(str(tmp_path)).run()
    return looked(ended(button(at, "Read it"), "job"))


def looked(at: AppTest) -> AppTest:
    """Wait until it is known who is who."""
    from pages.parts.queries import jobs

    found = jobs().get(state(at).asked["who-is-who"][1])
    assert found is not None
    found.wait(60)
    return at.run()


def test_who_is_who_is_said_before_loading_and_follows_what_is_chosen(read: AppTest) -> None:
    assert "**11 rows are 6 people.**" in words(read)
    assert "5 people are in both (4 by e-mail address, 1 by phone number)" in words(read)
    pills = next(group for group in read.get("button_group") if group.label == "The same person by")
    assert pills.value == ["email", "phone"]
    pills.set_value(["phone"]).run()
    assert "**11 rows are 10 people.**" in words(looked(read))


def test_what_was_said_is_what_is_loaded_with_visitors_as_people_if_wanted(read: AppTest) -> None:
    next(t for t in read.toggle if t.label.startswith("Keep visitors")).set_value(True).run()
    at = ended(button(looked(read), "Load"), "job")
    assert "shop_accounts.csv**: 5 rows = 0 loaded + 5 set aside" in words(at)
    assert "visits.csv**: 30 rows = 30 loaded + 0 set aside" in words(at)
    at = go(at, "health")
    assert "5 people made of several rows" in [e.label for e in at.expander]


def test_ids_that_seem_to_be_of_others_join_if_she_says_so(app: Open, tmp_path: Path) -> None:
    for name, more, address in (("app_users", "city", "u{}@x.org"), ("crm_contacts", "source", "z{}@y.org")):
        lines = "".join(f"{n},{address.format(n)},fair\n" for n in range(20))
        (tmp_path / f"{name}.csv").write_text(f"customer_id,email,{more}\n{lines}")
    at = app(empty=True)
    at.text_input(key="path/0").input(str(tmp_path)).run()
    at = looked(ended(button(at, "Read it"), "job"))
    assert "**40 rows are 40 people.**" in words(at)
    assert "these ids seem to belong to different people" in words(at)
    (same,) = (toggle for toggle in at.toggle if toggle.label.startswith("Also join"))
    assert (same.label, same.value) == ("Also join crm contacts.csv by customer id", False)
    at = looked(same.set_value(True).run())
    assert "**40 rows are 20 people.**" in words(at)
    assert "seem to belong to different people" not in words(at)
    (same,) = (toggle for toggle in at.toggle if toggle.label.startswith("Also join"))
    assert "**40 rows are 40 people.**" in words(looked(same.set_value(False).run()))
