"""What is worth mending is shown with its repair, applied when she says so, and taken back when she says so."""

from __future__ import annotations

import time

from streamlit.testing.v1 import AppTest

from tests.pages.driver import Open, button, go, words


def loaded(at: AppTest) -> AppTest:
    """Wait until the customers are loaded again."""
    for _ in range(200):
        if not any("Cancel" in b.label for b in at.button):
            return at
        time.sleep(0.05)
        at.run()
    raise AssertionError("still loading")


def people(at: AppTest) -> str:
    return next(c.value for c in at.caption if "findings among" in c.value).partition("among ")[2].partition(",")[0]


def test_a_finding_is_repaired_and_the_repair_taken_back(app: Open) -> None:
    at = loaded(go(app(), "health"))
    assert "have a country under another name" in words(at)
    assert people(at) == "600 people"
    button(at, "Write Country as Germany")
    assert "1 change waits" in words(at)
    button(at, "Merge by Email, latest row wins")
    assert "2 changes wait" in words(at)
    at = loaded(button(at, "Apply"))
    assert "under another name" not in words(at)
    assert "share their e-mail address" not in words(at)
    assert "wait" not in words(at).replace("waits", "")
    assert people(at) < "600 people"
    merge = next(t for t in at.toggle if t.label.startswith("Merge"))
    merge.set_value(False).run()
    button(at, "Remove")
    at = loaded(button(at, "Apply"))
    assert people(at) == "600 people"
    assert "have a country under another name" in words(at)
    assert "share their e-mail address" in words(at)


def test_personal_examples_are_masked_until_they_are_revealed(app: Open) -> None:
    at = loaded(go(app(), "health"))
    shown = next(d.value for d in at.dataframe if "Email" in d.value.columns)
    assert all("•••" in str(cell) for cell in shown["Email"])
    button(at, "Reveal personal data")
    shown = next(d.value for d in at.dataframe if "Email" in d.value.columns)
    assert not any("•••" in str(cell) for cell in shown["Email"])
