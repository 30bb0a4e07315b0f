"""A marketer takes the list to where she writes to people, and every file holds exactly those who may be written to."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import expect
from python_calamine import CalamineWorkbook

from tests.e2e.driver import Handpick
from tests.e2e.saved import GERMANS, aged, keep, take_up

MATCHED, IN_FILE = "In the segment", "In the file"
PLATFORMS = {
    "Mailchimp": ["Email Address", "First Name", "Last Name", "Address", "Phone Number", "Birthday", "Tags"],
    "Brevo": ["EMAIL", "FIRSTNAME", "LASTNAME", "SMS", "WHATSAPP", "LANDLINE_NUMBER", "EXT_ID", "LOYALTY_POINTS"],
}


def receipt(marketer: Handpick, of_file: bool = False) -> dict[str, int]:
    """The receipt that is promised, or that of the file made last; each must add up."""
    marketer.settled()
    tables = marketer.page.get_by_role("table").filter(has_text=MATCHED)
    rows = (tables.first if of_file else tables.last).get_by_role("row").all()
    lines = [row.get_by_role("cell").all_inner_texts() for row in rows]
    found = {words: int(count.replace(",", "").replace("−", "-")) for words, count in (line for line in lines if line)}
    left_out = [count for words, count in found.items() if words not in (MATCHED, IN_FILE)]
    assert len(left_out) == 3
    assert found[MATCHED] + sum(left_out) == found[IN_FILE]
    return found


def made(marketer: Handpick, destination: str, tmp_path: Path) -> tuple[Path, dict[str, int]]:
    """Make the file and download it; its receipt is the one that was promised."""
    promised = receipt(marketer)
    marketer.click("Make the file")
    marketer.sees(re.compile(f"for {destination}$"))
    marketer.does_not_see("Made before your last changes")
    assert receipt(marketer, of_file=True) == promised
    return marketer.download("Download the file", tmp_path), promised


def agreed(marketer: Handpick, column: str, consent: str) -> set[str]:
    """What the column holds of everybody who agreed."""
    path = max((marketer.app.home / "audiences").glob("*/v*.duckdb"), key=lambda found: found.stat().st_mtime)
    with duckdb.connect(str(path), read_only=True) as connection:
        return {value for (value,) in connection.execute(f"SELECT {column} FROM people WHERE {consent}").fetchall()}


def rows_of(path: Path) -> list[dict[str, str]]:
    """A CSV file's rows by their headers."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def at_export(shopkeeper: Handpick) -> Handpick:
    """Germans under 40, on the Export page."""
    keep(shopkeeper.app, "Germans under 40", GERMANS, aged("less_than", 40))
    take_up(shopkeeper, "Germans under 40")
    shopkeeper.go("Export")
    return shopkeeper


def test_own_files_hold_who_agreed_and_can_be_reached(at_export: Handpick, tmp_path: Path) -> None:
    """CSV and Excel: the chosen columns, as many rows as the receipt says; everybody only when she insists."""
    marketer = at_export
    marketer.choose("Columns", "Loyalty points")
    marketer.page.keyboard.press("Escape")
    file, kept = made(marketer, "CSV file", tmp_path)
    marketer.look("01-csv")
    rows = rows_of(file)
    assert file.suffix == ".csv"
    assert len(rows) == kept[IN_FILE] > 100
    assert list(rows[0])[:2] == ["Customer ID", "First name"]
    assert list(rows[0])[-1] == "Loyalty points"
    assert {row["Country"] for row in rows} == {"Germany"}
    assert {row["Customer ID"] for row in rows} <= agreed(marketer, "customer_id", "email_consent OR sms_consent")
    emails = [row["Email"].lower() for row in rows if re.fullmatch(r"[^@ ]+@[^@ ]+\.[^@ ]+", row["Email"])]
    assert len(emails) == len(set(emails))

    marketer.choose("Where to", "Excel workbook")
    marketer.sees("Made before your last changes")
    file, kept = made(marketer, "Excel workbook", tmp_path)
    sheet = CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).to_python()
    assert len(sheet) - 1 == kept[IN_FILE] == len(rows)
    assert sheet[0][:2] == ["Customer ID", "First name"]
    assert [row[0] for row in sheet[1:]] == [row["Customer ID"] for row in rows]

    # consent is looked at until she says that she knows what she does
    marketer.switch(re.compile("^Only people who agreed"))
    assert receipt(marketer) == kept
    marketer.sees("Until you tick this, only people who agreed are in the file.")
    marketer.look("02-not-sure-yet")
    marketer.switch(re.compile("^I know that this list"))
    insisted = receipt(marketer)
    assert insisted["did not agree"] == 0
    assert insisted[IN_FILE] > kept[IN_FILE]
    marketer.switch(re.compile("^Leave out people without"))
    everybody = receipt(marketer)
    assert everybody[IN_FILE] == everybody[MATCHED]
    marketer.look("03-everybody")
    marketer.switch(re.compile("^Only people who agreed"))
    assert receipt(marketer)["did not agree"] < 0


def test_platforms_get_their_own_columns(at_export: Handpick, tmp_path: Path) -> None:
    """Mailchimp, and Brevo with a column more: header, rows and consent."""
    marketer = at_export
    may_be_mailed = {
        email.strip().lower() for email in agreed(marketer, "email", "email_consent AND email IS NOT NULL")
    }
    for platform, headers in PLATFORMS.items():
        marketer.choose("Where to", platform)
        if platform == "Brevo":
            marketer.choose("More columns", "Loyalty points")
            marketer.page.keyboard.press("Escape")
        file, kept = made(marketer, platform, tmp_path)
        marketer.look(platform.lower())
        rows = rows_of(file)
        assert list(rows[0]) == headers, platform
        assert len(rows) == kept[IN_FILE] > 100, platform
        emails = [row[headers[0]].lower() for row in rows if row[headers[0]]]
        assert len(emails) == len(set(emails)), platform
        assert set(emails) <= may_be_mailed, platform


def test_an_unfinished_filter_holds_back_save_and_export(shopkeeper: Handpick) -> None:
    """A filter without a value counts nobody in or out, and nothing is saved or taken out until it is finished."""
    marketer = shopkeeper
    keep(marketer.app, "Germans under 40", GERMANS, aged("less_than", 40))
    take_up(marketer, "Germans under 40")
    before = marketer.total()
    marketer.add("Purchase")
    marketer.choose("When", "between two days")
    marketer.look("01-unfinished")
    marketer.sees("1 filter not counted yet; saving and exporting wait for it.")
    marketer.expect_total(before)
    marketer.click("Save", exact=True)
    marketer.enter("Name", "Unfinished")
    marketer.page.get_by_role("dialog").get_by_role("button", name="Save", exact=True).click()
    marketer.sees("Not saved yet: some filters wait for you.")
    marketer.look("02-not-saved")
    marketer.page.keyboard.press("Escape")
    marketer.go("Export")
    marketer.sees("Exporting waits for these filters")
    expect(marketer.page.get_by_role("button", name="Make the file")).to_have_count(0)
    marketer.look("03-not-exported")
    marketer.go("Segments")
    marketer.does_not_see("Unfinished")
