"""Products, stores and plans beside people and events: recognised, linked by names and values, told to whoever refers to them."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from segmentation import links, replanning, telling
from segmentation.audience import Audience
from segmentation.catalogue import Kind, Role
from segmentation.counting import suggested_for
from segmentation.errors import LoadError
from segmentation.guessing import checked, guess_plan
from segmentation.jobs import Quiet
from segmentation.leftovers import leftovers
from segmentation.loading import build_audience
from segmentation.plan import Link, LoadPlan, StagedTable, TableRole
from segmentation.subjects import likeness
from tests.segmentation.audiences import attached
from tests.segmentation.staging import stage

Columns = Mapping[str, Sequence[Any]]

CUSTOMERS: Columns = {
    "customer_id": ["1", "2", "3", "4"], "email": ["a@x.org", "b@x.org", "c@x.org", "d@x.org"],
    "store_id": ["S1", "S2", "S9", ""], "plan": ["pro", "free", "free", "pro"],
}  # fmt: skip
ORDERS: Columns = {
    "order_id": ["a", "b", "c", "d"], "customer_id": ["2", "1", "2", "3"],
    "ordered_at": ["2024-07-01 10:00", "2024-01-01 10:00", "2024-01-02 00:00", "2024-03-01 00:00"],
    "product_id": ["10.0", "11.0", "12.0", "99.0"],
}  # fmt: skip
PRODUCTS: Columns = {
    "id": ["10", "11", "12"], "name": ["Runner", "Mug", "Trail"], "category": ["Shoes", "Kitchen", "Shoes"],
    "price": ["99.90", "7", "129"], "supplier_id": ["x", "y", "x"],
}  # fmt: skip
SUPPLIERS: Columns = {"supplier_id": ["x", "y"], "country": ["Germany", "Spain"]}
STORES: Columns = {"id": ["S1", "S2"], "region": ["North", "South"], "manager_email": ["m@shop.org", "n@shop.org"]}
PLANS: Columns = {"code": ["free", "pro"], "monthly_fee": ["0", "12.50"]}
SHOP = {
    "customers": CUSTOMERS, "orders": ORDERS, "products": PRODUCTS, "suppliers": SUPPLIERS, "stores": STORES, "plans": PLANS,
}  # fmt: skip


def staged(folder: Path, tables: Mapping[str, Columns]) -> list[StagedTable]:
    return [stage(folder, f"{name}.csv", columns) for name, columns in tables.items()]


def guess(folder: Path, tables: Mapping[str, Columns]) -> LoadPlan:
    return guess_plan(staged(folder, tables), zone="UTC", progress=Quiet())


def load(plan: LoadPlan, folder: Path) -> Audience:
    return attached(build_audience(plan, folder / "audience", name="Shop", zone="UTC", progress=Quiet()))


def rows(audience: Audience, sql: str) -> list[tuple[Any, ...]]:
    with audience.cursor() as cursor:
        return cursor.execute(sql).fetchall()


def linked(plan: LoadPlan, name: str) -> dict[str, str]:
    """The links of a table: column → table.key."""
    table = next(t for t in plan.tables if t.table.name == f"{name}.csv")
    names = [t.table.name.removesuffix(".csv") for t in plan.tables]
    return {link.column: f"{names[link.table]}.{link.key}" for link in table.links}


def test_lookups_are_recognised_and_linked_over_several_tables(tmp_path: Path) -> None:
    plan = guess(tmp_path, SHOP)
    assert [table.role for table in plan.tables] == [TableRole.PEOPLE, TableRole.EVENTS, *[TableRole.LOOKUP] * 4]
    assert not plan.problems
    assert linked(plan, "customers") == {"store_id": "stores.id", "plan": "plans.code"}
    assert linked(plan, "orders") == {"product_id": "products.id"}
    assert linked(plan, "products") == {"supplier_id": "suppliers.supplier_id"}


def test_links_are_counted_exactly(tmp_path: Path) -> None:
    plan = guess(tmp_path, SHOP)
    (to_products,) = plan.tables[1].links
    assert (to_products.filled, to_products.found, to_products.keyed, to_products.repeated) == (4, 3, 3, 0)
    to_stores = plan.tables[0].links[0]
    assert (to_stores.filled, to_stores.found) == (3, 2)


def test_events_and_people_are_told_by_their_lookups(tmp_path: Path) -> None:
    audience = load(guess(tmp_path, SHOP), tmp_path)
    assert rows(
        audience, 'SELECT order_id, "products.category", "products.price", "suppliers.country" FROM events ORDER BY 1'
    ) == [
        ("a", "Shoes", Decimal("99.9"), "Germany"),
        ("b", "Kitchen", 7, "Spain"),
        ("c", "Shoes", 129, "Germany"),
        ("d", None, None, None),
    ]
    assert rows(
        audience, 'SELECT _row, customer_id, "stores.region", "plans.monthly_fee" FROM people ORDER BY _row'
    ) == [
        (0, "1", "North", Decimal("12.5")),
        (1, "2", "South", 0),
        (2, "3", None, 0),
        (3, "4", None, Decimal("12.5")),
    ]


def test_events_stay_sorted_while_they_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "AT_ONCE", 3)
    days = [f"2024-01-{1 + 7 * place % 28:02}" for place in range(20)]
    orders = {
        "order_id": [str(place) for place in range(20)], "customer_id": ["1", "2"] * 10, "ordered_at": days,
        "product_id": ["10", "11", "12", "13"] * 5,
    }  # fmt: skip
    audience = load(guess(tmp_path, {"customers": CUSTOMERS, "orders": orders, "products": PRODUCTS}), tmp_path)
    found = rows(audience, 'SELECT _time::DATE::VARCHAR, product_id, "products.name" FROM events ORDER BY rowid')
    names = {"10": "Runner", "11": "Mug", "12": "Trail", "13": None}
    assert len(found) == 20
    assert [day for day, _, _ in found] == sorted(days)
    assert all(names[product] == name for _, product, name in found)


def test_what_finds_nothing_is_said_in_the_report(tmp_path: Path) -> None:
    reports = {report.table: report for report in load(guess(tmp_path, SHOP), tmp_path).about.reports}
    assert (
        "For 1 row nothing is found in products.csv by “product_id”: what is told there is missing."
        in reports["orders.csv"].notes
    )
    assert (reports["products.csv"].rows, reports["products.csv"].loaded) == (3, 3)


def test_labels_say_what_they_are_about(tmp_path: Path) -> None:
    catalogue = load(guess(tmp_path, SHOP), tmp_path).catalogue
    assert catalogue.event_property("products.category").label == "Product category"
    assert catalogue.event_property("suppliers.country").label == "Supplier country"
    assert catalogue.field("stores.region").label == "Store region"


def test_personal_data_of_others_is_not_told_of_customers(tmp_path: Path) -> None:
    catalogue = load(guess(tmp_path, SHOP), tmp_path).catalogue
    assert "stores.manager_email" not in {field.name for field in catalogue.fields}
    assert catalogue.with_role(Role.EMAIL) == catalogue.field("email")
    assert catalogue.with_role(Role.REGION) is None


@pytest.mark.parametrize(
    ("table", "more", "is_told"),
    [("stores", {}, True), ("stores", {"first_name": ["Ann", "Bob"]}, False), ("staff", {}, False)],
)
def test_the_name_of_a_store_is_told_and_that_of_a_person_is_not(
    tmp_path: Path, table: str, more: Columns, is_told: bool
) -> None:
    customers = {"customer_id": ["1", "2"], "email": ["a@x.org", "b@x.org"], f"{table}_id": ["S1", "S2"]}
    named = {f"{table}_id": ["S1", "S2"], "name": ["Harbour", "Market"], **more}
    catalogue = load(guess(tmp_path, {"customers": customers, table: named}), tmp_path).catalogue
    assert (f"{table}.name" in {field.name for field in catalogue.fields}) is is_told


def test_a_second_table_with_the_customers_id_tells_what_is_theirs(tmp_path: Path) -> None:
    customers = {"customer_id": ["1", "2", "3"], "age": ["20", "30", "40"]}
    profile = {
        "customer_id": ["1", "2", "4"],
        "email": ["a@x.org", "b@x.org", "d@x.org"],
        "tier": ["gold", "blue", "red"],
    }
    plan = guess(tmp_path, {"customers": customers, "orders": ORDERS, "loyalty": profile})
    assert plan.tables[2].role is TableRole.PEOPLE, "it has people of its own, who would be joined"
    plan = suggested_for(replanning.change_role(plan, 2, TableRole.LOOKUP), 2, Quiet())
    audience = load(plan, tmp_path)
    assert rows(audience, 'SELECT "loyalty.email", "loyalty.tier" FROM people ORDER BY _row') == [
        ("a@x.org", "gold"), ("b@x.org", "blue"), (None, None),
    ]  # fmt: skip
    assert audience.catalogue.field("loyalty.email").role is Role.EMAIL


def test_lines_have_customer_and_time_of_their_order(tmp_path: Path) -> None:
    lines = {
        "order_id": ["a", "a", "b", "zz"], "product_id": ["10", "11", "10", "10"], "quantity": ["1", "2", "3", "4"],
    }  # fmt: skip
    orders = {name: values for name, values in ORDERS.items() if name != "product_id"} | {"total": ["5", "6", "7", "8"]}
    plan = guess(tmp_path, {"customers": CUSTOMERS, "orders": orders, "order_lines": lines, "products": PRODUCTS})
    assert plan.tables[2].role is TableRole.EVENTS
    assert plan.tables[2].event_name == "order line"
    audience = load(plan, tmp_path)
    found = rows(
        audience,
        'SELECT customer_id, quantity, "products.name", _time::DATE::VARCHAR FROM events JOIN people USING (_row) '
        "WHERE _name = 'order line' ORDER BY 2",
    )
    assert found == [("2", 1, "Runner", "2024-07-01"), ("2", 2, "Mug", "2024-07-01"), ("1", 3, "Runner", "2024-01-01")]
    report = audience.about.reports[2]
    assert (report.loaded, dict(report.set_aside)) == (3, {"no customer in the table that it is a part of": 1})
    assert "orders.total" not in {detail.name for detail in audience.catalogue.properties}


def test_without_a_people_table_lines_find_their_people_too(tmp_path: Path) -> None:
    lines = {"order_id": ["a", "a", "b"], "product_id": ["10", "11", "10"]}
    orders = {name: values for name, values in ORDERS.items() if name != "product_id"}
    audience = load(guess(tmp_path, {"orders": orders, "order_lines": lines, "products": PRODUCTS}), tmp_path)
    assert (audience.people, audience.about.events) == (3, 7)
    assert "products.category" not in {field.name for field in audience.catalogue.fields}


def test_of_rows_with_the_same_key_the_last_counts_and_it_is_said(tmp_path: Path) -> None:
    many = [str(number) for number in range(100)]
    products = {"product_id": [*many, "7"], "category": ["old"] * 100 + ["new"]}
    orders = {**ORDERS, "product_id": ["7", "8", "9", "10"]}
    plan = guess(tmp_path, {"customers": CUSTOMERS, "orders": orders, "products": products})
    (note,) = (note for note in plan.tables[1].notes if "comes again" in note)
    assert note == "In products.csv, 1 row has a “product_id” that comes again further down: the last of them counts."
    audience = load(plan, tmp_path)
    assert rows(audience, "SELECT \"products.category\" FROM events WHERE product_id = '7'") == [("new",)]
    assert dict(audience.about.reports[2].set_aside) == {"looked up by the same as a later row": 1}


def test_a_key_that_repeats_is_explained_and_not_loaded(tmp_path: Path) -> None:
    plan = guess(tmp_path, SHOP)
    (link,) = plan.tables[1].links
    plan = checked(links.with_links(plan, 1, (link.model_copy(update={"key": "category"}),)), Quiet(), since=plan)
    sentence = (
        "“category” cannot tell which row of products.csv is meant: 1 of 3 rows have a value that comes again. Choose a column "
        "that is different on every row, or take all of them as a list."
    )
    assert plan.problems == (f"orders.csv: {sentence}",)
    with pytest.raises(LoadError, match="cannot tell which row"):
        load(plan, tmp_path)


def test_two_columns_that_look_up_the_same_are_told_apart(tmp_path: Path) -> None:
    orders = {
        **{name: ORDERS[name] for name in ("order_id", "customer_id", "ordered_at")},
        "store_id": ["S1", "S2", "S1", "S2"], "pickup_store_id": ["S2", "S2", "S2", "S1"],
    }  # fmt: skip
    plan = guess(tmp_path, {"customers": CUSTOMERS, "orders": orders, "stores": STORES})
    assert linked(plan, "orders") == {"store_id": "stores.id", "pickup_store_id": "stores.id"}
    audience = load(plan, tmp_path)
    assert rows(audience, 'SELECT "store.region", "pickup store.region" FROM events WHERE order_id = \'a\'') == [
        ("North", "South")
    ]
    assert audience.catalogue.event_property("pickup store.region").label == "Pickup store region"


def test_one_lookup_of_two_tables_of_events_is_one_detail(tmp_path: Path) -> None:
    returns = {"customer_id": ["1", "2", "2"], "returned_at": ["2024-05-01"] * 3, "product_id": ["10", "12", "10"]}
    plan = guess(tmp_path, {"customers": CUSTOMERS, "orders": ORDERS, "returns": returns, "products": PRODUCTS})
    detail = load(plan, tmp_path).catalogue.event_property("products.category")
    assert detail.events == ("order", "return")
    assert detail.filled == 6


def test_a_table_that_values_alone_lead_to(tmp_path: Path) -> None:
    orders = {**{n: ORDERS[n] for n in ("order_id", "customer_id", "ordered_at")}, "sku": ["A-1", "B-2", "A-1", "C-3"]}
    articles = {"article": ["A-1", "B-2", "C-3", "D-4"], "brand": ["Acme", "Best", "Acme", "Core"]}
    plan = guess(tmp_path, {"customers": CUSTOMERS, "orders": orders, "assortment": articles})
    assert linked(plan, "orders") == {"sku": "assortment.article"}


def test_a_table_with_other_numbers_than_those_that_refer_to_it_is_explained(tmp_path: Path) -> None:
    products = {**PRODUCTS, "id": ["A-10", "A-11", "A-12"]}
    plan = guess(tmp_path, {"customers": CUSTOMERS, "orders": ORDERS, "products": products})
    assert plan.tables[2].role is TableRole.LEAVE_OUT
    assert plan.tables[2].notes == (
        "Left out: by its name “product_id” of orders.csv refers to this table, but most of its values are not here. They are like "
        "“10.0”, and “id” is like “A-10”.",
    )


def test_small_numbers_alone_lead_nowhere(tmp_path: Path) -> None:
    orders = {**{n: ORDERS[n] for n in ("order_id", "customer_id", "ordered_at")}, "quantity": ["1", "2", "1", "2"]}
    plan = guess(
        tmp_path, {"customers": CUSTOMERS, "orders": orders, "wards": {"ward": ["1", "2"], "beds": ["7", "9"]}}
    )
    assert plan.tables[2].role is TableRole.LEAVE_OUT
    assert not plan.tables[1].links


@pytest.mark.parametrize(
    ("column", "key", "table", "alike"),
    [
        ("product_id", "product_id", "products.csv", True),
        ("ProductID", "id", "Products", True),
        ("plan", "code", "plans.csv", True),
        ("billing_store_id", "id", "stores", True),
        ("ShipVia", "ShipperID", "Shippers", True),
        ("country", "name", "countries", True),
        ("id", "id", "products", False),
        ("name", "name", "products", False),
        ("quantity", "id", "products", False),
        ("store_id", "product_id", "products", False),
        ("rental_duration", "rental_id", "rental", False),
    ],
)
def test_names_that_refer_to_a_table(column: str, key: str, table: str, alike: bool) -> None:
    assert bool(likeness(column, key, table)) is alike


def test_a_table_that_becomes_a_lookup_by_hand_is_linked_and_unlinked(tmp_path: Path) -> None:
    plan = guess(tmp_path, SHOP)
    left = replanning.change_role(plan, 2, TableRole.LEAVE_OUT)
    assert linked(left, "orders") == {}
    again = suggested_for(replanning.change_role(left, 2, TableRole.LOOKUP), 2, Quiet())
    assert linked(again, "orders") == {"product_id": "products.id"}
    assert linked(again, "products") == {"supplier_id": "suppliers.supplier_id"}
    assert again.tables[2].key == "id"
    assert not again.problems


def test_links_never_lead_back(tmp_path: Path) -> None:
    plan = guess(tmp_path, SHOP)
    assert links.targets(plan, 3) == (4, 5)  # suppliers cannot look up products, which look them up
    assert links.targets(plan, 0) == (2, 3, 4, 5)


def test_one_table_can_be_looked_up_by_several_keys(tmp_path: Path) -> None:
    products = {"product_id": ["1", "2", "3"], "sku": ["10", "20", "30"], "name": ["Runner", "Mug", "Trail"]}
    orders = {**{n: ORDERS[n] for n in ("order_id", "customer_id", "ordered_at")}, "product_id": ["1", "2", "3", "3"]}
    sales = {"customer_id": ["1", "1", "2"], "sold_at": ["2024-05-01"] * 3, "sku": ["20", "20", "30"]}
    plan = guess(tmp_path, {"customers": CUSTOMERS, "orders": orders, "sales": sales, "products": products})
    assert (linked(plan, "orders"), linked(plan, "sales")) == (
        {"product_id": "products.product_id"},
        {"sku": "products.sku"},
    )
    audience = load(plan, tmp_path)
    assert rows(audience, 'SELECT _name, "products.name" FROM events ORDER BY _name, 2') == [
        ("order", "Mug"), ("order", "Runner"), ("order", "Trail"), ("order", "Trail"),
        ("sale", "Mug"), ("sale", "Mug"), ("sale", "Trail"),
    ]  # fmt: skip


def test_a_link_of_a_lookup_that_nobody_refers_to_is_noted(tmp_path: Path) -> None:
    plan = guess(tmp_path, SHOP)
    plan = checked(links.with_links(plan, 0, ()), Quiet(), since=plan)
    assert "Nothing refers to this table yet: say below which table does, and by which column." in plan.tables[4].notes


def test_a_changed_link_is_counted_anew(tmp_path: Path) -> None:
    plan = guess(tmp_path, SHOP)
    changed = links.with_links(plan, 0, (Link(column="email", table=4, key="manager_email"),))
    (link,) = checked(changed, Quiet(), since=plan).tables[0].links
    assert (link.filled, link.found, link.keyed) == (4, 0, 2)


def test_people_stay_in_order_with_doubles_and_lookups(tmp_path: Path) -> None:
    customers = {
        "customer_id": ["2", "1", "2", "3"], "store_id": ["S1", "S2", "S2", "S1"], "c0": ["a", "b", "c", "d"], "_code": ["x"] * 4,
    }  # fmt: skip
    plan = guess(tmp_path, {"customers": customers, "orders": ORDERS, "stores": STORES})
    audience = load(plan, tmp_path)
    assert rows(audience, 'SELECT _row, customer_id, c0, "stores.region" FROM people ORDER BY rowid') == [
        (0, "1", "b", "South"),
        (1, "2", "c", "South"),
        (2, "3", "d", "North"),
    ]


INTERESTS: Columns = {"customer_id": ["1", "1", "2", "2", "7", ""], "interest_id": ["a", "b", "b", "b", "a", "a"]}
NAMES: Columns = {"interest_id": ["a", "b"], "name": ["Sailing", "Cooking"], "weight": ["1", "2"]}


def test_what_several_rows_tell_of_a_customer_is_a_list(tmp_path: Path) -> None:
    plan = guess(tmp_path, {"customers": CUSTOMERS, "customer_interests": INTERESTS, "interests": NAMES})
    assert [table.role for table in plan.tables] == [TableRole.PEOPLE, TableRole.LOOKUP, TableRole.LOOKUP]
    assert not plan.problems
    (link,) = (link for link in plan.tables[0].links if link.table == 1)
    assert (link.column, link.key, link.several, link.filled, link.found) == ("customer_id", "customer_id", True, 4, 2)
    audience = load(plan, tmp_path)
    assert rows(audience, 'SELECT "interests.name" FROM people ORDER BY _row') == [
        (["Cooking", "Sailing"],), (["Cooking"],), (None,), (None,),
    ]  # fmt: skip
    field = audience.catalogue.field("interests.name")
    assert (field.kind, field.label) == (Kind.LIST, "Interest names")
    assert "interests.weight" not in {field.name for field in audience.catalogue.fields}
    report = audience.about.reports[1]
    assert (report.rows, report.loaded, dict(report.set_aside)) == (6, 5, {"nothing to look it up by": 1})
    assert [(row.table, row.row) for row in leftovers(plan, Quiet())] == [("customer_interests.csv", 6)]


def test_lists_are_told_through_the_table_that_has_them(tmp_path: Path) -> None:
    tags = {"product_id": ["10", "10", "11", "12"], "tag_id": ["1", "2", "2", "1"]}
    names = {"tag_id": ["1", "2"], "tag_name": ["New", "Sale"]}
    plan = guess(
        tmp_path, {"customers": CUSTOMERS, "orders": ORDERS, "products": PRODUCTS, "product_tags": tags, "tags": names}
    )
    audience = load(plan, tmp_path)
    assert rows(audience, 'SELECT order_id, "tags.tag_name" FROM events ORDER BY 1') == [
        ("a", ["New", "Sale"]), ("b", ["Sale"]), ("c", ["New"]), ("d", None),
    ]  # fmt: skip


def test_rows_with_the_same_key_are_a_list_if_wanted(tmp_path: Path) -> None:
    plan = guess(tmp_path, SHOP)
    (link,) = plan.tables[1].links
    listed = link.model_copy(update={"key": "category", "column": "order_id", "several": True})
    plan = checked(links.with_links(plan, 1, (listed,)), Quiet(), since=plan)
    assert not plan.problems
    single = checked(links.with_links(plan, 1, (listed.model_copy(update={"several": False}),)), Quiet(), since=plan)
    assert single.problems, "the same link was counted before, but as a list"


def test_a_table_of_more_than_pairs_makes_no_lists(tmp_path: Path) -> None:
    moves = {
        "product_id": ["10", "10", "11"], "store_id": ["S1", "S2", "S1"], "quantity": ["1", "2", "3"], "reason": ["a", "b", "c"],
        "clerk": ["x", "y", "z"],
    }  # fmt: skip
    plan = guess(tmp_path, {**SHOP, "stock_moves": moves})
    assert plan.tables[-1].role is TableRole.LEAVE_OUT
