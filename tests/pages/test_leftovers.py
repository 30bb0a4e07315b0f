"""Rows that are not loaded, on the screen after reading and on the audience's card; a folder typed on the Data page."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.session import Session
from segmentation.preview import HIDDEN
from tests.pages.driver import Open, button, words


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    for number in (1, 2):
        rows = "".join(f"{number}{i},name {i},{number}{i}@example.org\n" for i in range(30))
        (folder / f"{number}.csv").write_text(f"id,name,e-mail\n{rows}9,x,y,z\n,nobody,n@example.org\n")
    return folder


def ended(at: AppTest, job: str) -> AppTest:
    """Wait for the work that a click has begun, and look again."""
    from pages.parts.queries import jobs

    found = jobs().get(getattr(state(at), job) or "")
    if found is not None:  # else it has ended while the page was drawn
        found.wait(60)
        at.run()
    assert not at.exception
    return at


def state(at: AppTest) -> Session:
    found = at.session_state["handpick"]
    assert isinstance(found, Session)
    return found


def test_a_folder_is_read_and_its_leftovers_are_seen_and_downloaded(app: Open, shop: Path) -> None:
    at = app(empty=True)
    at.text_input(key="path/0").input(f' "{shop}" ').run()
    at = ended(button(at, "Read it"), "job")
    assert "2 files are one table" in words(at)
    assert next(e.label for e in at.expander if "read" in e.label) == "2 rows could not be read"
    shown = at.dataframe[0].value
    assert list(shown["Line"]) == [32, 32]
    assert list(shown["Text"]) == ["9,x,y,z", "9,x,y,z"]
    assert at.get("download_button")[0].label == "Download them"

    at = ended(button(at, "Load"), "job")
    assert "64 rows = 60 loaded + 4 set aside" in words(at)
    at = ended(button(at, "See the rows that are not loaded"), "leftovers")
    shown = at.dataframe[0].value
    assert set(shown["Text"]) == {HIDDEN}
    assert list(shown["Why"])[2:] == ["no customer id", "no customer id"]
    assert at.get("download_button")[0].label == "Download 4 rows"
    at = button(at, "Reveal personal data")
    assert list(at.dataframe[0].value["Text"])[2] == ",nobody,n@example.org,1.csv"


def test_a_path_that_is_not_there_is_told(app: Open, tmp_path: Path) -> None:
    at = app(empty=True)
    at.text_input(key="path/0").input(str(tmp_path / "gone")).run()
    at = ended(button(at, "Read it"), "job")
    assert "There is no file or folder" in at.error[0].value
