"""Several tables on the Data page: what is looked up is shown, changed, loaded, and what belongs to nothing is seen."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts import changes
from segmentation.plan import TableRole
from segmentation.preview import HIDDEN
from tests.pages.driver import Open, button, words
from tests.pages.test_leftovers import ended


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    files = {
        "customers": ["customer_id,email", *(f"C{i},u{i}@example.org" for i in range(40))],
        "orders": [
            "order_id,customer_id,ordered_at,product_id",
            *(f"O{i},C{i + 2},2026-01-01,P{i}" for i in range(40)),
        ],
        "products": ["product_id,category", *(f"P{i},Shoes" for i in range(30))],
    }
    for name, lines in files.items():
        (folder / f"{name}.csv").write_text("\n".join(lines))
    return folder


def found(at: AppTest) -> str:
    return next((line.value for line in at.caption if "product" in line.value and "found" in line.value), "")


def test_links_are_confirmed_changed_and_their_strays_seen(app: Open, shop: Path) -> None:
    at = app(empty=True)
    at.text_input(key="path/0").input(str(shop)).run()
    at = ended(button(at, "Read it"), "job")
    assert "75 % of 40 rows" in found(at)
    at = button(at, "Do not look up product")
    assert found(at) == ""
    assert "Nothing refers to this table yet" in words(at)
    orders = next(b for b in at.button if b.key.startswith("plan/1/look-up"))
    orders.click().run()
    assert "75 % of 40 rows" in found(at)
    box = next(box for box in at.selectbox if box.label == "Column")
    at = box.select("order_id").run()
    assert "0 % of 40 rows" in found(at)
    box = next(box for box in at.selectbox if box.label == "Column")
    at = box.select("product_id").run()
    assert "75 % of 40 rows" in found(at)

    at = ended(button(at, "Load"), "job")
    at.session_state["belonging"] = True  # as a click opens it
    said = words(at.run())
    assert "95 % of the 40 rows of orders.csv belong to a known customer; 2 do not." in said
    assert "75 % of the 40 rows of orders.csv are found in products.csv by product_id; 10 are not." in said
    at = ended(button(at, "See them"), "leftovers")
    shown = at.dataframe[0].value
    assert set(shown["Text"]) == {HIDDEN}
    assert list(shown["Row"]) == [39, 40]
    assert at.get("download_button")[0].label == "Download 2 rows"


def test_links_of_many_rows_are_looked_at_beside_the_page(
    app: Open, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "MANY_ROWS", 50)
    at = app(empty=True)
    at.text_input(key="path/0").input(str(shop)).run()
    at = ended(button(at, "Read it"), "job")
    at = ended(button(at, "Do not look up product"), "job")
    assert found(at) == ""
    box = next(box for box in at.get("button_group") if "products" in box.label)
    at = ended(box.set_value(TableRole.LEAVE_OUT).run(), "job")
    box = next(box for box in at.get("button_group") if "products" in box.label)
    at = ended(box.set_value(TableRole.LOOKUP).run(), "job")
    assert "75 % of 40 rows" in found(at)


def lists_offered(at: AppTest) -> list[bool]:
    return [toggle.value for toggle in at.toggle if toggle.label.startswith("All rows with the same")]


def by_its_column(at: AppTest, key: str) -> AppTest:
    return next(box for box in at.selectbox if box.label == "by its column").select(key).run()


def test_a_list_is_offered_of_what_is_told_and_taken_back_with_its_key(app: Open, shop: Path) -> None:
    at = app(empty=True)
    at.text_input(key="path/0").input(str(shop)).run()
    at = ended(button(at, "Read it"), "job")
    assert lists_offered(at) == []
    at = by_its_column(at, "category")
    assert lists_offered(at) == [False]
    next(toggle for toggle in at.toggle if toggle.label.startswith("All rows")).set_value(True).run()
    assert lists_offered(at) == [True]
    at = by_its_column(by_its_column(at, "product_id"), "category")
    assert lists_offered(at) == [False]


def test_lines_are_offered_no_list_of_orders(app: Open, shop: Path) -> None:
    with (shop / "orders.csv").open("a") as orders:
        orders.write("".join(f"\nO{i},C{i},2026-01-01,P{i}" for i in range(40)))
    (shop / "lines.csv").write_text("order_id,article\n" + "".join(f"O{i},a\n" * 2 for i in range(40)))
    at = app(empty=True)
    at.text_input(key="path/0").input(str(shop)).run()
    at = ended(button(at, "Read it"), "job")
    lines = next(box for box in at.get("button_group") if "lines" in box.label)
    at = lines.set_value(TableRole.EVENTS).run()
    place = lines.key.split("/")[1]
    next(b for b in at.button if b.key.startswith(f"plan/{place}/look-up")).click().run()
    assert "cannot tell which row of orders.csv is meant: 40 of 80 rows" in words(at)
    assert "as a list" not in words(at)
    assert lists_offered(at) == []
