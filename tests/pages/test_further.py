"""A further file on the Data page: seen, explained, loaded beside what is there, refused where it is there already."""

from html import unescape
from pathlib import Path

from streamlit.testing.v1 import AppTest

from tests.pages.driver import Open, button, words
from tests.pages.test_leftovers import ended


def read(at: AppTest, file: Path, text: str) -> AppTest:
    """Read a file as one that is added."""
    file.write_text(text)
    at = button(at, "Add another file or table")
    next(box for box in at.text_input if box.key.startswith("path/")).input(str(file)).run()
    return ended(button(at, "Read it"), "job")


def test_a_file_is_added_to_what_is_there(app: Open, tmp_path: Path) -> None:
    rows = "".join(f"C{n:06},2026-01-01,5\n" for n in range(1, 41)) + "nobody,2026-01-01,1\n"
    at = read(app(), tmp_path / "ratings.csv", "customer_id,rated_at,stars\n" + rows)
    said = words(at)
    assert "97.6 % of 41 rows with a “customer_id” are found in customers.csv; 1 is not, and cannot be loaded." in said
    assert "events.csv" not in said, "the tables that are there are folded in"
    at = ended(button(at, "Load"), "job")
    said = unescape(words(at))
    assert "600 people" in said
    assert "ratings.csv: new, 41 rows" in said
    assert "Segment Grown-ups who bought:" in said
    assert "(+0)" in said


def test_ids_that_are_nobodys_are_explained_and_nothing_changes(app: Open, tmp_path: Path) -> None:
    at = read(app(), tmp_path / "ratings.csv", "customer_id,rated_at\nK-1,2026-01-01\nK-2,2026-01-02\nK-2,2026-01-02\n")
    said = words(at)
    assert "0 % of 3 rows with a “customer_id” belong to a known customer; the others cannot be loaded." in said
    assert "Ids are like “K-1” here and like “C000001” in customers.csv" in said
    at = button(at, "Leave it as it is")
    assert "600 people" in words(at)


def test_a_file_that_is_there_already_is_refused(app: Open, tmp_path: Path) -> None:
    at = app()
    text = "customer_id,rated_at,stars\n" + "".join(f"C{n:06},2026-01-01,5\n" for n in range(1, 41))
    at = ended(button(read(at, tmp_path / "ratings.csv", text), "Load"), "job")
    at = read(at, tmp_path / "again.csv", text)
    assert unescape(at.error[0].value).startswith("Every row of again.csv is in ratings.csv already.")
    at = button(at, "Back")
    assert not at.error
    assert "600 people" in words(at)
