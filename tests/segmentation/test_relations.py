"""How loaded tables belong together: exact numbers of rows that find each other, the rows that do not, and the picture's order."""

from pathlib import Path

import pytest

from pages.parts.relations import described, sentence
from pages.parts.relations_picture import picture
from segmentation.audience import AudienceAbout
from segmentation.guessing import guess_plan
from segmentation.jobs import Quiet
from segmentation.leftovers import leftovers, strays
from segmentation.relations import Relation, layers, relations
from tests.segmentation.staging import stage
from tests.segmentation.test_lookups import PRODUCTS, STORES, SUPPLIERS, load

CUSTOMERS = {"customer_id": ["1", "2", "3", "4"], "store_id": ["S1", "S2", "S9", ""]}
ORDERS = {
    "order_id": ["a", "b", "c", "d", "e"], "customer_id": ["2", "1", "2", "7", ""],
    "ordered_at": ["2024-07-01", "2024-01-01", "", "2024-01-02", "2024-03-01"],
}  # fmt: skip
LINES = {"order_id": ["a", "a", "b", "zz", "d"], "product_id": ["10", "11", "10", "10", "99"]}


@pytest.fixture(scope="module")
def about(tmp_path_factory: pytest.TempPathFactory) -> AudienceAbout:
    folder = tmp_path_factory.mktemp("shop")
    tables = {
        "customers": CUSTOMERS, "orders": ORDERS, "order_lines": LINES, "products": PRODUCTS, "suppliers": SUPPLIERS,
        "stores": STORES,
    }  # fmt: skip
    staged = [stage(folder, f"{name}.csv", columns) for name, columns in tables.items()]
    return load(guess_plan(staged, zone="UTC", progress=Quiet()), folder).about


def test_every_relation_is_counted_in_rows(about: AudienceAbout) -> None:
    found = [(r.index, r.other, r.column, r.rows, r.found, r.missing, r.blank) for r in relations(about)]
    assert found == [
        (0, 5, "store_id", 4, 2, 1, 1),
        (1, 0, "customer_id", 5, 3, 1, 1),  # also the one without a time belongs to a known customer
        (2, 1, "order_id", 5, 4, 1, 0),
        (2, 3, "product_id", 5, 4, 1, 0),
        (3, 4, "supplier_id", 3, 3, 0, 0),
    ]
    assert all(r.rows == r.found + r.missing + r.blank for r in relations(about))


def test_the_rows_that_find_nothing_are_those_that_were_counted(about: AudienceAbout) -> None:
    for relation in relations(about):
        lost = list(strays(about.plan, relation.index, relation.link, Quiet()))
        assert len(lost) == relation.missing + relation.blank
    (unknown, blank) = strays(about.plan, 1, None, Quiet())
    assert (unknown.row, unknown.text) == (4, "d,7,2024-01-02")
    assert (blank.row, blank.reason) == (5, "no customer id")


def test_leftovers_of_parts_and_lookups_are_those_of_the_report(about: AudienceAbout) -> None:
    lost = list(leftovers(about.plan, Quiet()))
    for report in about.reports:
        assert len([row for row in lost if row.table == report.table]) == report.rows - report.loaded


def test_customers_stand_above_what_they_did_and_lookups_below_what_refers_to_them(about: AudienceAbout) -> None:
    assert layers(about.plan, relations(about)) == [[0], [1, 5], [2], [3], [4]]


def test_relations_are_said_in_exact_numbers(about: AudienceAbout) -> None:
    said = [sentence(relation, about.plan) for relation in relations(about)]
    assert said == [
        "50 % of the 4 rows of customers.csv are found in stores.csv by store_id; 1 is not, 1 has no store_id.",
        "60 % of the 5 rows of orders.csv belong to a known customer; 1 does not, 1 has no customer_id.",
        "80 % of the 5 rows of order_lines.csv are found in orders.csv by order_id; 1 is not.",
        "80 % of the 5 rows of order_lines.csv are found in products.csv by product_id; 1 is not.",
        "All 3 rows of products.csv are found in suppliers.csv by supplier_id.",
    ]
    assert "order_lines.csv, 5 rows, events" in described(about.plan, said)


def test_not_quite_all_is_never_said_to_be_all(about: AudienceAbout) -> None:
    nearly = Relation(index=1, other=0, column="customer_id", rows=60_000, found=59_999, missing=1, blank=0)
    assert sentence(nearly, about.plan).startswith("over 99.9 % of the 60,000 rows")


@pytest.mark.parametrize("dark", [False, True])
def test_the_picture_has_a_box_for_each_table_and_a_line_for_each_relation(about: AudienceAbout, dark: bool) -> None:
    drawn = picture(about.plan, relations(about), dark=dark).to_dict()
    records = [row for data in drawn["datasets"].values() for row in data]
    assert {row["name"] for row in records if "name" in row} == {table.table.name for table in about.plan.tables}
    assert "customer_id · 60 %" in {row["share"] for row in records if "share" in row}


def test_events_alone_have_no_customers_to_belong_to(tmp_path: Path) -> None:
    plan = guess_plan([stage(tmp_path, "orders.csv", ORDERS)], zone="UTC", progress=Quiet())
    assert relations(load(plan, tmp_path).about) == ()
