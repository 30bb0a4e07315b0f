"""Passwords that tables of users bring with them are seen nowhere on the Data page."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

from segmentation.preview import HIDDEN
from tests.pages.driver import Open, button, words
from tests.pages.test_leftovers import ended

USERS = "user_id,user_pass,city\n" + "".join(f"{n},s3cret{n},Rome\n" for n in range(40)) + "41,s3cret41,Rome,s3cret42\n"


def shown(at: AppTest) -> str:
    """All that stands in tables and sentences."""
    return "\n".join([words(at), *(table.value.to_csv() for table in at.dataframe)])


def test_passwords_are_shown_neither_before_nor_after_loading(app: Open, tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_text(USERS)
    at = app(empty=True)
    at.text_input(key="path/0").input(str(tmp_path / "users.csv")).run()
    at = ended(button(at, "Read it"), "job")
    first = next(table.value for table in at.dataframe if "user_pass" in table.value.columns)
    assert first["user_pass"].tolist() == [HIDDEN] * 5
    assert first["city"].tolist() == ["Rome"] * 5
    columns = next(table.value for table in at.dataframe if "examples" in table.value.columns)
    assert columns["examples"].tolist()[1:] == [HIDDEN, "Rome"]
    assert "s3cret" not in shown(at)
    at = ended(button(at, "Load"), "job")
    assert "40 loaded" in words(at)
    assert "s3cret" not in shown(at)
