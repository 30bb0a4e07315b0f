"""What a marketer made is there tomorrow, and nobody's work is lost: not by two windows, and not by what is begun instead."""

from __future__ import annotations

import json
import re
from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.driver import Handpick, ask
from tests.e2e.saved import GERMANS, aged, keep, take_up


def people(marketer: Handpick, where: str) -> int:
    """How many there are, asked in plain SQL."""
    return ask(marketer.app.home, f"SELECT count(*) FROM people WHERE {where}")


def test_a_saved_segment_outlives_a_restart(shopkeeper: Handpick, tmp_path: Path) -> None:
    """She saves it with words and tags, finds, copies, deletes and brings it back; tomorrow it holds the same people."""
    shopkeeper.open("build")
    shopkeeper.add("Age")
    shopkeeper.compare("is less than")
    shopkeeper.enter("Number to compare Age with", "30")
    count = people(shopkeeper, "age < 30")
    shopkeeper.expect_total(count)
    shopkeeper.save("The young", "For the *autumn* letter <b>2026</b>", ["autumn", "letter"])
    shopkeeper.sees(re.compile("^saved just now"))

    shopkeeper.go("Segments")
    shopkeeper.sees("For the *autumn* letter <b>2026</b>")
    shopkeeper.sees(f"{count:,} people when counted")
    shopkeeper.menu("More", "Duplicate")
    shopkeeper.sees("Copy of The young")
    shopkeeper.look("02-shelf")
    shopkeeper.enter("Find a segment", "copy of")
    expect(shopkeeper.card("The young")).to_have_count(0)
    expect(shopkeeper.card("Copy of The young")).to_be_visible()
    shopkeeper.enter("Find a segment", "nothing like this")
    shopkeeper.sees("No segment fits this search.")
    shopkeeper.enter("Find a segment", "")

    shopkeeper.card("Copy of The young").get_by_role("button", name="More").click()
    shopkeeper.page.get_by_role("menuitem", name="Delete").click()
    shopkeeper.sees("Deleted “Copy of The young”.")
    expect(shopkeeper.card("Copy of The young")).to_have_count(0)
    shopkeeper.look("03-deleted")
    shopkeeper.click("Undo")
    expect(shopkeeper.card("Copy of The young")).to_be_visible()

    definition = shopkeeper.card("The young").get_by_role("button", name="Definition")
    with shopkeeper.page.expect_download() as waited:
        definition.click()
    assert waited.value.suggested_filename.startswith("the-young-")
    file = tmp_path / waited.value.suggested_filename
    waited.value.save_as(file)
    assert json.loads(file.read_text())["name"] == "The young"

    shopkeeper.app.restart()
    shopkeeper.open("segments")
    shopkeeper.press(shopkeeper.card("The young"), "Open")
    shopkeeper.expect_total(count)
    shopkeeper.sees("The young")
    shopkeeper.sees("whose age is less than 30")
    shopkeeper.look("04-reopened")

    # the definition file gives the same segment again
    shopkeeper.go("Segments")
    shopkeeper.expand("Bring in a definition file")
    shopkeeper.page.locator("input[type=file]").first.set_input_files(str(file))
    shopkeeper.sees("Customers whose age is less than 30.")
    shopkeeper.settled()
    shopkeeper.look("05-definition-file")
    shopkeeper.click("Open it")
    shopkeeper.expect_total(count)
    shopkeeper.sees("not saved yet")
    shopkeeper.click("Save", exact=True)
    shopkeeper.page.get_by_role("dialog").get_by_role("button", name="Save", exact=True).click()
    shopkeeper.sees("There is a segment “The young” already.")


def test_two_windows_cannot_overwrite_each_other(shopkeeper: Handpick) -> None:
    """Both open it, both change it: the second to save sees both versions and keeps hers beside the other."""
    keep(shopkeeper.app, "Contested", GERMANS, aged("less_than", 30))
    other = Handpick(shopkeeper.page.context.new_page(), shopkeeper.app, shopkeeper.shots)
    for window, age in ((shopkeeper, "25"), (other, "20")):
        take_up(window, "Contested")
        window.row("Age is less than 30").click()
        window.enter("Number to compare Age with", age)
        window.expect_total(people(window, f"country = 'Germany' AND age < {age}"))
    shopkeeper.click("Save", exact=True)
    shopkeeper.sees("Saved “Contested”.")
    other.click("Save", exact=True)
    other.sees("Somebody saved in between")
    dialog = other.page.get_by_role("dialog")
    expect(dialog).to_contain_text("age is less than 25")
    expect(dialog).to_contain_text("age is less than 20")
    other.look("01-conflict")
    other.click("Keep mine as a copy")
    expect(other.field("Name")).to_have_value("Contested (my version)")
    dialog.get_by_role("button", name="Save", exact=True).click()
    other.sees("Saved “Contested (my version)”.")
    for name, age in (("Contested", "25"), ("Contested (my version)", "20")):
        other.go("Segments")
        other.press(other.card(name), "Open")
        other.expect_total(people(other, f"country = 'Germany' AND age < {age}"))


def test_names_of_fields_and_the_time_zone_are_remembered(shopkeeper: Handpick) -> None:
    """She calls Job “Profession (*)” and lives in Berlin: also after a restart."""
    fields = "The fields of the customers"
    shopkeeper.open("health")
    shopkeeper.look("01-health")
    shopkeeper.go("Fields")
    shopkeeper.edit(fields, "Job", "Name", "Profession (*)")
    shopkeeper.cells(fields, until=lambda rows: any("Profession (*)" in row for row in rows))
    shopkeeper.look("02-fields")
    shopkeeper.go("Data")
    shopkeeper.choose("Time zone for", "Europe/Berlin")
    shopkeeper.app.restart()
    shopkeeper.open("fields")
    shopkeeper.enter("Find a field", "profess")
    shopkeeper.cells(fields, until=lambda rows: any("Profession (*)" in row for row in rows))
    shopkeeper.go("Build")
    shopkeeper.add("Profession (*)")
    shopkeeper.pick(re.compile("^Values of Profession"), ["Nurse"])
    shopkeeper.expect_total(people(shopkeeper, "job = 'Nurse'"))
    shopkeeper.sees("Customers whose profession (*) is “Nurse”.")
    shopkeeper.sees("(Europe/Berlin)")
    shopkeeper.look("03-profession")


def test_work_is_set_aside_and_one_click_brings_it_back(shopkeeper: Handpick, tmp_path: Path) -> None:
    """For a new segment and for another audience: nothing that was not saved is lost."""
    shopkeeper.open("build")
    shopkeeper.add("Age")
    shopkeeper.compare("is at least")
    shopkeeper.enter("Number to compare Age with", "60")
    count = people(shopkeeper, "age >= 60")
    shopkeeper.expect_total(count)
    shopkeeper.menu("More", "Start a new segment")
    shopkeeper.sees("was not saved and is set aside (1 filter)")
    shopkeeper.does_not_see("whose age is at least 60")
    shopkeeper.look("01-aside")
    shopkeeper.go("Segments")
    shopkeeper.sees("was not saved and is set aside (1 filter)")
    shopkeeper.click("Bring it back")
    shopkeeper.expect_total(count)
    shopkeeper.does_not_see("is set aside")
    shopkeeper.click("Undo")
    shopkeeper.click("Redo")
    shopkeeper.expect_total(count)

    # on the Build page of another audience she takes it up again: numbers and fields are those that it was made with
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
