"""Links between tables: a table is no pair of itself, and links that lead in a circle end."""

from pathlib import Path

from segmentation import links
from segmentation.plan import Link, TableRole
from tests.segmentation.test_lookups import CUSTOMERS, PRODUCTS, SUPPLIERS, guess

WISHLISTS = {
    "wishlist_id": [f"w{n}" for n in range(30)],
    "customer_id": [str(n % 3 + 1) for n in range(30)],
    "product_id": [f"p{n % 7}" for n in range(30)],
}


def test_rows_of_a_customer_that_lead_nowhere_are_no_pairs_of_themselves(tmp_path: Path) -> None:
    plan = guess(tmp_path, {"customers": CUSTOMERS, "wishlists": WISHLISTS})
    assert [table.role for table in plan.tables] == [TableRole.PEOPLE, TableRole.LEAVE_OUT]
    assert not any(table.links for table in plan.tables)


def test_links_that_lead_in_a_circle_end(tmp_path: Path) -> None:
    plan = guess(tmp_path, {"customers": CUSTOMERS, "products": PRODUCTS, "suppliers": SUPPLIERS})
    for index, other in ((1, 2), (2, 1)):
        plan = links.with_links(plan, index, (Link(column="supplier_id", table=other, key="supplier_id"),))
    assert links.reach(plan, 1) == links.reach(plan, 2) == {1, 2}
    assert links.targets(plan, 0) == ()
