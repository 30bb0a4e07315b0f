"""Whatever a marketer drops, she gets one clear sentence, and what was there stays."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.driver import Handpick

PEOPLE = "id,name,city\n" + "".join(f"C{i:03d},Name {i},Berlin\n" for i in range(30))
NASTY = ["<b>bold</b>", "$5-$10 and $6", "**stars**", ":red[red]", "[x](http://example.com)", "`code`", "🙂 “quoted”"]


def test_broken_files_get_a_sentence_and_the_data_stays(marketer: Handpick, tmp_path: Path) -> None:
    """Empty, header only, a picture: each is told, and her customers are still there."""
    good = tmp_path / "people.csv"
    good.write_text(PEOPLE)
    marketer.open()
    marketer.upload(good)
    marketer.load("My customers")
    marketer.sees("30 people")
    broken = {
        "empty.csv": (b"", "empty"),
        "header.csv": (b"id,name\n", "no rows"),
        "picture.csv": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "picture"),
    }
    for name, (content, words) in broken.items():
        (tmp_path / name).write_bytes(content)
        marketer.upload(tmp_path / name)
        alert = marketer.page.get_by_role("alert").filter(has_text=name)
        expect(alert).to_contain_text(words)
        marketer.sees("30 people")
    marketer.shot("broken")


@pytest.mark.parametrize(("encoding", "note"), [("cp1252", "Windows-1252"), ("utf-16", "UTF-16")])
def test_other_encodings_are_read_and_told(marketer: Handpick, tmp_path: Path, encoding: str, note: str) -> None:
    """Old exports keep their umlauts."""
    file = tmp_path / "kunden.csv"
    rows = "".join(f"K{i:03d};Jürgen Weiß {i};Köln\n" for i in range(40))
    file.write_bytes(f"Kundennummer;Name;Stadt\n{rows}".encode(encoding))
    marketer.open()
    marketer.upload(file)
    marketer.sees(re.compile(note))
    marketer.load()
    marketer.go("Build")
    marketer.add("Stadt")
    marketer.pick("Values of Stadt", ["Köln"])
    marketer.expect_total(40)


def test_strange_names_and_values_are_shown_letter_by_letter(marketer: Handpick, tmp_path: Path) -> None:
    """Double and empty headers are mended and told; markup in values is never obeyed."""
    file = tmp_path / "strange.csv"
    lines = ['id,note,note,,"a ""quoted"" 🙂 name"'] + [f'C{i:03d},"{NASTY[i % len(NASTY)]}",x,y,z' for i in range(70)]
    file.write_text("\n".join(lines) + "\n")
    marketer.open()
    marketer.upload(file)
    marketer.sees(re.compile("note_2"))
    marketer.shot("strange-confirm")
    marketer.load()
    marketer.go("Build")
    marketer.add("Note")
    marketer.pick("Values of Note", NASTY[:5])
    marketer.expect_total(50)
    marketer.click("Done")
    for text in NASTY[:2]:
        marketer.sees(re.compile(re.escape(text)))
    expect(marketer.page.locator("b", has_text="bold")).to_have_count(0)
    marketer.shot("strange-built")
    for page in ("People", "Charts", "Export"):
        marketer.go(page)
        expect(marketer.page.locator("b", has_text="bold")).to_have_count(0)
        marketer.shot(f"strange-{page}")


def test_nobody_matches(marketer: Handpick, tmp_path: Path) -> None:
    """A filter that nobody passes is no error anywhere."""
    file = tmp_path / "people.csv"
    file.write_text(PEOPLE)
    marketer.open()
    marketer.upload(file)
    marketer.load()
    marketer.go("Build")
    marketer.add("City")
    marketer.compare("is exactly")
    marketer.enter(re.compile("^Text to compare"), "Atlantis")
    marketer.expect_total(0)
    for page in ("People", "Charts"):
        marketer.go(page)
        marketer.sees(re.compile("^Nobody matches these filters"))
    marketer.go("Export")
    marketer.shot("nobody-export")


def test_unknown_doubled_and_blank_ids_are_accounted_for(marketer: Handpick, tmp_path: Path) -> None:
    """Every row is somewhere: loaded, or set aside with its reason."""
    people = tmp_path / "people.csv"
    people.write_text(PEOPLE + "C000,Again,Bonn\n,Nobody,Bonn\n")
    orders = tmp_path / "orders.csv"
    rows = [f"C{i % 30:03d},2024-05-{i % 28 + 1:02d} 10:00:00,{i}.50" for i in range(90)] + [
        "X999,2024-05-01 10:00:00,1.00"
    ]
    orders.write_text("id,time,amount\n" + "\n".join(rows) + "\n")
    marketer.open()
    marketer.upload(people, orders)
    marketer.load()
    marketer.sees("30 people")
    marketer.sees("32 rows = 30 loaded + 2 set aside")
    marketer.sees("1 set aside: same customer id as a later row")
    marketer.sees("91 rows = 90 loaded + 1 set aside")
    marketer.shot("accounted")
