"""Links between tables: of several rows of a customer lists, a table is no pair of itself, and links that lead in a circle end."""

from contextlib import closing
from pathlib import Path

import pytest

from segmentation import links
from segmentation.catalogue import Kind
from segmentation.guessing import checked
from segmentation.jobs import Quiet
from segmentation.plan import Link, LoadPlan, TableRole
from segmentation.relations import relations
from segmentation.replanning import with_problems
from tests.segmentation.test_lookups import CUSTOMERS, PRODUCTS, SUPPLIERS, guess, load, rows

WISHLISTS = {
    "wishlist_id": [f"w{n}" for n in range(30)],
    "customer_id": [str(n % 3 + 1) for n in range(30)],
    "product_id": [f"p{n % 7}" for n in range(30)],
}


def test_rows_of_a_customer_that_lead_nowhere_are_no_pairs_of_themselves(tmp_path: Path) -> None:
    plan = guess(tmp_path, {"customers": CUSTOMERS, "wishlists": WISHLISTS})
    assert [table.role for table in plan.tables] == [TableRole.PEOPLE, TableRole.LEAVE_OUT]
    assert not any(table.links for table in plan.tables)


def test_what_is_said_several_times_of_a_customer_is_a_list(tmp_path: Path) -> None:
    tags = {"customer_id": ["1", "1", "2", "2", "", "9"], "tag": ["vip", "news", "news", None, "vip", "vip"]}
    plan = guess(tmp_path, {"customers": CUSTOMERS, "customer_tags": tags})
    assert not plan.problems
    assert [table.role for table in plan.tables] == [TableRole.PEOPLE, TableRole.LOOKUP]
    with closing(load(plan, tmp_path)) as audience:
        [field] = [field for field in audience.catalogue.fields if field.name.startswith("customer_tags.")]
        assert (field.kind, field.label) == (Kind.LIST, "Customer tags")
        people = f"""SELECT customer_id, "{field.name}" FROM people ORDER BY customer_id"""
        assert rows(audience, people) == [("1", ["news", "vip"]), ("2", ["news"]), ("3", None), ("4", None)]
        [relation] = relations(audience.about)
        assert (relation.found, relation.missing, relation.is_whole) == (2, 2, True), "nobody has to have a tag"
        report = audience.about.reports[1]
        assert (report.loaded, sum(count for _, count in report.set_aside)) == (5, 1)


def test_many_columns_once_a_customer_or_ids_alone_are_no_lists(tmp_path: Path) -> None:
    wide = {"customer_id": ["1", "1", "2"], **{f"answer {letter}": ["x", "y", "z"] for letter in "abcd"}}
    strange = {"customer_id": ["1", "1", "2"], "tag": ["a", "b", "c"]}
    plan = guess(tmp_path, {"customers": {**CUSTOMERS, "customer_id": ["k1", "k2", "k3", "k4"]}, "tags": strange})
    assert plan.tables[1].role is TableRole.LEAVE_OUT
    plan = guess(tmp_path, {"customers": CUSTOMERS, "answers": wide})
    assert plan.tables[1].role is TableRole.LEAVE_OUT


def test_links_that_lead_in_a_circle_end(tmp_path: Path) -> None:
    plan = guess(tmp_path, {"customers": CUSTOMERS, "products": PRODUCTS, "suppliers": SUPPLIERS})
    for index, other in ((1, 2), (2, 1)):
        plan = links.with_links(plan, index, (Link(column="supplier_id", table=other, key="supplier_id"),))
    assert links.reach(plan, 1) == links.reach(plan, 2) == {1, 2}
    assert links.targets(plan, 0) == ()


@pytest.mark.parametrize(
    ("column", "here", "there"),
    [
        ("email_id", "u{}@x.org", "U{}@X.ORG"),
        ("phone_id", "0170 20000{}", "+49170 20000{}"),
        ("login_id", "0170 20000{}", "+49170 20000{}"),
        ("login_id", "u{}@x.org", "U{}@X.ORG"),
    ],
)
def test_the_note_on_a_table_with_other_values_holds_nobodys_address_or_number(
    tmp_path: Path, column: str, here: str, there: str
) -> None:
    customers = {column: [here.format(n) for n in range(10, 60)], "city": ["Ulm", "Bonn"] * 25}
    scores = {column: [there.format(n) for n in range(10, 60)], "score": [str(n) for n in range(50)]}
    plan = guess(tmp_path, {"customers": customers, "scores": scores})
    assert plan.tables[1].notes == (
        f"Left out: by its name “{column}” of customers.csv refers to this table, but most of its values are not here.",
    )


def test_the_note_on_numbers_that_are_read_as_whole_holds_no_phone_number(tmp_path: Path) -> None:
    phones = [f"49170200000{n}.0" for n in range(4)]
    plan = guess(tmp_path, {"customers": {**CUSTOMERS, "mobile_phone": phones}})
    assert [note for note in plan.tables[0].notes if "mobile_phone" in note] == [
        "“mobile_phone” is written like 17850.0 and read as 17850."
    ]


LINES = {"order_id": ["o1", "o1", "o2", "o2"], "article": ["a", "b", "a", "c"]}


def lines_of_repeated_orders(folder: Path) -> LoadPlan:
    """Lines whose orders are each there twice, of two customers; all orders of a number are to be a list."""
    orders = {
        "order_id": ["o1", "o1", "o2", "o2"], "customer_id": ["1", "2", "3", "4"], "ordered_at": ["2024-01-01"] * 4,
        "channel": ["web", "shop"] * 2,
    }  # fmt: skip
    plan = guess(folder, {"customers": CUSTOMERS, "orders": orders, "order_lines": LINES})
    plan = links.with_links(plan, 2, (Link(column="order_id", table=1, key="order_id", several=True),))
    role = plan.tables[2].model_copy(update={"role": TableRole.EVENTS, "event_name": "line"})
    return checked(plan.model_copy(update={"tables": (*plan.tables[:2], role)}), Quiet())


def test_lines_have_one_order_whose_customer_is_theirs_and_no_list_of_them(tmp_path: Path) -> None:
    plan = lines_of_repeated_orders(tmp_path)
    assert not plan.tables[2].links[0].several
    assert plan.problems == (
        "order_lines.csv: “order_id” cannot tell which row of orders.csv is meant: 2 of 4 rows have a value that comes again. "
        "Choose a column that is different on every row.",
    )


def test_a_list_of_what_leads_to_no_customer_is_offered(tmp_path: Path) -> None:
    plan = lines_of_repeated_orders(tmp_path)
    known = {**LINES, "customer_id": ["1", "2", "3", "4"], "packed_at": ["2024-01-02"] * 4}
    table = guess(tmp_path / "known", {"customers": CUSTOMERS, "order_lines": known}).tables[1]
    plan = with_problems(
        plan.model_copy(update={"tables": (*plan.tables[:2], table.model_copy(update={"links": plan.tables[2].links}))})
    )
    assert plan.problems[0].endswith("or take all of them as a list.")
    listed = links.changed(plan.tables[2].links[0], several=True)
    assert not with_problems(links.with_links(plan, 2, (listed,))).problems


def test_that_several_rows_count_is_said_of_one_key() -> None:
    listed = Link(column="a", table=1, key="b", several=True)
    assert links.changed(listed, column="c").several
    assert not links.changed(listed, key="c").several
    assert not links.changed(listed, table=2, key="b").several
    assert links.changed(listed.model_copy(update={"several": False}), several=True).several
