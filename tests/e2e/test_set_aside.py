"""Work that was not saved waits aside while something else is in hand, and comes back with one click."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.driver import Handpick, ask


def people(marketer: Handpick, where: str) -> int:
    """How many there are, asked in plain SQL."""
    return ask(marketer.app.home, f"SELECT count(*) FROM people WHERE {where}")


def build_seniors(marketer: Handpick) -> int:
    """A segment of one filter, not saved; its count."""
    marketer.open("build")
    marketer.add("Age")
    marketer.compare("is at least")
    marketer.enter("Number to compare Age with", "60")
    count = people(marketer, "age >= 60")
    marketer.expect_total(count)
    return count


def test_a_new_segment_sets_work_aside_and_one_click_brings_it_back(shopkeeper: Handpick) -> None:
    count = build_seniors(shopkeeper)
    shopkeeper.menu("More", "Start a new segment")
    shopkeeper.sees("was not saved and is set aside (1 filter)")
    shopkeeper.does_not_see("whose age is at least 60")
    shopkeeper.shot("01-aside")
    shopkeeper.go("Segments")
    shopkeeper.sees("was not saved and is set aside (1 filter)")
    shopkeeper.click("Bring it back")
    shopkeeper.expect_total(count)
    shopkeeper.does_not_see("is set aside")
    shopkeeper.click("Undo")
    shopkeeper.click("Redo")
    shopkeeper.expect_total(count)


def test_work_of_another_audience_comes_back_with_it(shopkeeper: Handpick, tmp_path: Path) -> None:
    """On the Build page of one audience she takes up what she left in another: numbers and fields are the other's."""
    count = build_seniors(shopkeeper)
    file = tmp_path / "members.csv"
    file.write_text("member,town\n1,Ghent\n2,Bruges\n3,Ghent\n")
    shopkeeper.go("Data")
    shopkeeper.upload(file)
    shopkeeper.load("Members")
    shopkeeper.sees("(1 filter, of ")
    shopkeeper.go("Build")
    shopkeeper.expect_total(3)
    shopkeeper.add("Town")
    shopkeeper.pick("Values of Town", ["Ghent"])
    shopkeeper.expect_total(2)
    shopkeeper.click("Bring it back")
    shopkeeper.expect_total(count)
    shopkeeper.sees("whose age is at least 60")
    shopkeeper.sees("(1 filter, of Members)")
    shopkeeper.click("Bring it back")
    shopkeeper.expect_total(2)
    shopkeeper.sees("whose town is “Ghent”")
