"""Files that are broken, odd or hostile: each gets one clear sentence or is read as it is, and what was there stays."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.driver import Handpick

PICTURE = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + bytes(range(256)) * 20
MARKUP = ("$5-$10", "<b>x</b>", "**bold**", ":red[x]", "`code`", "[a](http://example.com)", "&amp; &lt;", "# title")
FIRST_ROWS = "The first rows"


def test_a_file_that_cannot_be_read_leaves_what_was_there(shopkeeper: Handpick, tmp_path: Path) -> None:
    """Empty, a picture: one sentence each, and the customers of before are still there."""
    shopkeeper.open()
    for name, content, sentence in (
        ("empty.csv", b"", "empty.csv is empty."),
        ("picture.csv", PICTURE, "picture.csv is not a text table: it looks like a picture (PNG)."),
    ):
        file = tmp_path / name
        file.write_bytes(content)
        shopkeeper.choose_files(file)
        shopkeeper.read_files()
        alert = shopkeeper.page.get_by_role("alert")
        expect(alert).to_have_count(1)
        expect(alert).to_contain_text(sentence)
        expect(shopkeeper.page.get_by_text("4,000 people")).to_be_visible()
    shopkeeper.look("01-not-read")
    shopkeeper.go("Build")
    shopkeeper.expect_total(4_000)


def test_odd_files_are_read_as_they_are(marketer: Handpick, tmp_path: Path) -> None:
    """Windows-1252, UTF-16, double and empty column names, quotes and emoji: nothing is lost, and notes say what was done."""
    western = tmp_path / "western.csv"
    western.write_bytes("customer_id;name;city\n1;Zoë Müller;Köln\n2;François;Besançon\n".encode("cp1252"))
    eastern = tmp_path / "eastern.csv"
    eastern.write_text("customer_id\tname\tcity\n1\tZoë\tKöln\n2\tŁukasz\tŁódź\n", encoding="utf-16")
    columns = tmp_path / "columns “x”.csv"
    columns.write_text('customer_id,Name,name,,"say ""hi""",😀 mood\n1,Ann,Anna,x,a,good\n2,Bob,Bobby,y,b,bad\n')
    marketer.open()
    marketer.upload(western)
    marketer.sees("Read as Windows-1252 (Western European).")
    marketer.cells(FIRST_ROWS, until=lambda rows: rows == [["1", "Zoë Müller", "Köln"], ["2", "François", "Besançon"]])
    marketer.click("Start over")
    marketer.upload(eastern)
    marketer.sees("Read as UTF-16.")
    marketer.cells(FIRST_ROWS, until=lambda rows: rows == [["1", "Zoë", "Köln"], ["2", "Łukasz", "Łódź"]])
    marketer.click("Start over")
    marketer.upload(columns)
    marketer.sees("There is more than one column “name”: column 3 is called name_2.")
    marketer.sees("Column 4 had no name: called column_4.")
    marketer.look("01-columns")
    marketer.load()
    marketer.sees("2 people")
    marketer.go("Build")
    for label, value in (('Say "hi"', "b"), ("😀 mood", "bad")):
        marketer.add(label)
        marketer.pick(f"Values of {label}", [value])
        marketer.expect_total(1)
    marketer.click("Done", exact=True)
    expect(marketer.row('Say "hi" is “b”')).to_be_visible()
    marketer.look("02-built")


def test_markup_in_the_data_is_shown_letter_by_letter(marketer: Handpick, tmp_path: Path) -> None:
    """HTML and markdown are values like others in the picker, the sentences, the table, the charts and the shelf."""
    file = tmp_path / "<i>markup $1-$2.csv"
    lines = [f'{row},"{value}","{value} of {row}"' for row, value in enumerate(MARKUP, 1)]
    file.write_text("customer_id,tier,**note** $a$\n" + "\n".join(lines) + "\n")
    marketer.open()
    marketer.upload(file)
    marketer.sees("<i>markup $1-$2.csv")
    marketer.look("01-confirm")
    marketer.load()
    marketer.go("Build")
    marketer.add("Tier")
    marketer.page.get_by_role("combobox", name="Values of Tier").click()
    for value in MARKUP:
        expect(marketer.page.get_by_role("option", name=f"{value} · 1", exact=True)).to_be_visible()
    marketer.look("02-values")
    marketer.page.keyboard.press("Escape")
    marketer.pick("Values of Tier", MARKUP[:4])
    marketer.add("**note** $a$")
    marketer.compare("contains")
    marketer.enter(re.compile("^Text to compare"), " of ")
    marketer.look("03-text")
    marketer.expect_total(4)
    marketer.click("Done", exact=True)
    words = "Tier is “$5-$10”, “<b>x</b>”, “**bold**” or “:red[x]”"
    expect(marketer.row(words)).to_be_visible()
    expect(marketer.row("**note** $a$ contains “ of ”")).to_be_visible()
    marketer.sees(f"Customers whose {words[0].lower()}{words[1:]} and whose **note** $a$ contains “ of ”.")
    marketer.look("04-sentences")
    marketer.save("# <b>Name</b> $1-$2", "**Bold** _words_", [":red[tag]"])
    marketer.go("Segments")
    expect(marketer.card("# <b>Name</b> $1-$2")).to_contain_text("**Bold** _words_")
    expect(marketer.card("# <b>Name</b> $1-$2")).to_contain_text(":red[tag]")
    marketer.look("05-shelf")
    marketer.go("People")
    marketer.cells(re.compile("^Page 1"), until=lambda rows: [row[1] for row in rows] == list(MARKUP[:4]))
    marketer.expand("Look at one person")
    marketer.sees(re.compile(re.escape("**note** $a$ $5-$10 of 1")))
    marketer.look("06-people")
    marketer.go("Charts")
    marketer.choose("Field", "Tier")
    chart = marketer.page.get_by_test_id("stVegaLiteChart").filter(has_text="Tier in the segment")
    for value in MARKUP:
        expect(chart).to_contain_text(value)
    marketer.look("07-charts")


def test_people_and_events_that_do_not_fit_are_accounted_for(marketer: Handpick, tmp_path: Path) -> None:
    """Double and blank ids, orders of people nobody knows: each row is loaded or set aside with its reason."""
    customers = tmp_path / "customers.csv"
    customers.write_text("customer_id,name\nA1,Ann\nA2,Bob\nA2,Bobby\n,Nobody\nA3,Cid\n")
    orders = tmp_path / "orders.csv"
    orders.write_text(
        "order_id,customer_id,order_date,amount\n"
        "1,A1,2024-05-01 10:00:00,10\n2,A1,2024-05-02 11:00:00,20\n3,A2,2024-05-03 12:00:00,30\n"
        "4,Z9,2024-05-04 13:00:00,40\n5,,2024-05-05 14:00:00,50\n6,A3,soon,60\n"
    )
    marketer.open()
    marketer.upload(customers, orders)
    marketer.sees("Left out: it has no date or time")
    marketer.page.get_by_role("radiogroup", name="orders.csv").get_by_text("Events").click()
    marketer.sees("orders.csv: Say which column tells when it happened.")
    marketer.choose("Time", "order_date")
    marketer.sees("1 cell is not a date with time and will be missing: “soon”")
    marketer.look("01-confirm")
    marketer.load()
    marketer.sees("3 people · 3 events")
    marketer.sees("5 rows = 3 loaded + 2 set aside")
    marketer.sees("6 rows = 3 loaded + 3 set aside")
    marketer.sees("1 set aside: belongs to a customer who is not in the people table")
    marketer.look("02-accounted-for")


def test_a_segment_of_nobody_says_so(shopkeeper: Handpick) -> None:
    """Filters that nobody passes are no error: every page says it kindly."""
    shopkeeper.open("build")
    shopkeeper.add("Age")
    shopkeeper.compare("is more than")
    shopkeeper.enter("Number to compare Age with", "200")
    shopkeeper.expect_total(0)
    for page in ("People", "Charts", "Export"):
        shopkeeper.go(page)
        shopkeeper.sees(re.compile("^Nobody matches these filters at the moment"))
        shopkeeper.look(page.lower())
