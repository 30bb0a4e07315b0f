"""Tables that come beside those of a plan leave them as they are, and their notes are true of the plan as it is."""

from pathlib import Path

import pytest

from segmentation import replanning
from segmentation.catalogue import Kind
from segmentation.guessing import guess_plan
from segmentation.jobs import Quiet
from segmentation.plan import LoadPlan, TableRole
from tests.segmentation.staging import column, stage
from tests.segmentation.test_uniting import Columns, load

CUSTOMERS: Columns = {"customer_id": ["1", "2", "3"], "email": ["a@x.org", "b@x.org", "c@x.org"]}
DAYS = ["2024-01-01", "2024-01-02", "2024-01-03"]
ORDERS: Columns = {
    "order_id": ["a", "b", "c"], "customer_id": ["1", "1", "2"], "ordered_at": DAYS, "status": ["paid", "sent", "x"],
}  # fmt: skip
RETURNS: Columns = {"customer_id": ["1", "1", "2"], "returned_at": DAYS, "status": ["1", "2", "3"]}
CALLS: Columns = {
    "customer_id": ["1", "1", "2"], "called_at": ["2024-01-01 10:00"] * 3, "status": DAYS, "result": ["a", "b", "c"],
}  # fmt: skip


def planned(folder: Path, before: LoadPlan | None = None, **tables: Columns) -> LoadPlan:
    staged = [stage(folder, f"{name}.csv", columns) for name, columns in tables.items()]
    return guess_plan(staged, zone="UTC", progress=Quiet(), before=before)


@pytest.fixture
def shop(tmp_path: Path) -> LoadPlan:
    """Customers and orders, whose status is a text."""
    return planned(tmp_path, customers=CUSTOMERS, orders=ORDERS)


def kept_apart(plan: LoadPlan, index: int) -> list[str]:
    return [note for note in plan.tables[index].notes if note.startswith("Kept apart")]


def called(plan: LoadPlan, index: int) -> tuple[str, str]:
    found = column(plan, "status", index)
    return found.name, found.label


def test_details_of_other_kinds_each_have_a_name_of_their_own(shop: LoadPlan, tmp_path: Path) -> None:
    plan = planned(tmp_path, shop, returns=RETURNS, calls=CALLS)
    assert [called(plan, index) for index in (1, 2, 3)] == [
        ("status", "Status"), ("status_2", "Status (return)"), ("status_3", "Status (call)"),
    ]  # fmt: skip
    assert kept_apart(plan, 2) == [
        "Kept apart: “status” is a number here and text in orders.csv, so that it is a detail of its own, “Status (return)”."
    ]


def test_a_detail_that_gets_the_kind_of_the_known_one_is_one_with_it_again(shop: LoadPlan, tmp_path: Path) -> None:
    plan = planned(tmp_path, shop, returns=RETURNS)
    alike = replanning.change_column(plan, 2, "status", kind=Kind.TEXT)
    assert (called(alike, 2), kept_apart(alike, 2)) == (("status", "Status"), [])
    differing = replanning.change_column(alike, 2, "status", kind=Kind.DATE)
    assert called(differing, 2) == ("status_2", "Status (return)")
    assert "is a date here" in kept_apart(differing, 2)[0]
    unused = replanning.change_column(plan, 2, "status", include=False)
    assert kept_apart(unused, 2) == []


def test_a_detail_that_gets_another_kind_leaves_the_known_one_as_it_is(shop: LoadPlan, tmp_path: Path) -> None:
    plan = planned(tmp_path, shop, calls={**CALLS, "status": ["1", "b", "c"]})
    assert (called(plan, 2), kept_apart(plan, 2)) == (("status", "Status"), [])
    changed = replanning.change_column(plan, 2, "status", kind=Kind.NUMBER)
    assert (called(changed, 1), called(changed, 2)) == (("status", "Status"), ("status_2", "Status (call)"))
    assert kept_apart(changed, 2)


def test_a_detail_of_a_table_that_is_used_after_all_is_kept_apart_too(shop: LoadPlan, tmp_path: Path) -> None:
    plan = planned(tmp_path, shop, returns=RETURNS)
    out = replanning.change_role(plan, 2, TableRole.LEAVE_OUT)
    assert kept_apart(out, 2) == []
    assert kept_apart(replanning.change_role(out, 2, TableRole.EVENTS), 2) == kept_apart(plan, 2)


def test_what_was_kept_apart_stays_so_when_the_next_table_comes(shop: LoadPlan, tmp_path: Path) -> None:
    plan = planned(tmp_path, shop, returns=RETURNS)
    more = planned(tmp_path, plan, calls=CALLS)
    assert more.tables[2].columns == plan.tables[2].columns
    assert [called(more, index)[0] for index in (1, 2, 3)] == ["status", "status_2", "status_3"]


KNOWN: Columns = {**CUSTOMERS, "anonymous_id": ["v1", "v2", ""]}
VISITED: Columns = {**ORDERS, "anonymous_id": ["v1", "v1", "v3"]}
OPENS: Columns = {"anonymous_id": ["v1", "v1", "v2", "v3"], "opened_at": ["2024-01-01", *DAYS]}


def test_tables_that_were_there_only_tell_who_new_visitors_are_and_that_is_said(tmp_path: Path) -> None:
    before = planned(tmp_path, customers=KNOWN, orders=VISITED)
    assert [table.visitor for table in before.tables] == [None, None]
    plan = planned(tmp_path, before, app_opens=OPENS)
    told = [table.model_copy(update={"visitor": "anonymous_id"}) for table in before.tables]
    assert list(plan.tables[:2]) == told
    assert plan.joining == before.joining
    assert plan.tables[2].notes == ("Which customers its visitors are is told by customers.csv and orders.csv.",)
    assert load(tmp_path, plan).about.events == 7
    alone = replanning.change_visitor(plan, 1, None)
    assert alone.tables[2].notes == ("Which customers its visitors are is told by customers.csv.",)


def test_tables_that_were_said_to_tell_of_no_visitors_stay_so(tmp_path: Path) -> None:
    opens = {**OPENS, "customer_id": ["", "1", "", ""]}
    before = planned(tmp_path, customers=KNOWN, orders=VISITED, screen_views=opens)
    for index in (0, 2):
        before = replanning.change_visitor(before, index, None)
    plan = planned(tmp_path, before, app_opens=OPENS)
    assert [table.visitor for table in plan.tables] == [None, "anonymous_id", None, "anonymous_id"]
    assert plan.tables[:3] == before.tables


def test_customers_who_come_first_leave_whose_the_events_are(tmp_path: Path) -> None:
    readers = {"email": ["a@x.org", "b@x.org", "c@x.org"], "language": ["en", "de", "en"]}
    clicks = {"email": ["a@x.org", "b@x.org", "a@x.org"], "clicked_at": DAYS}
    before = planned(tmp_path, newsletter_subscribers=readers, clicks=clicks)
    assert (before.tables[1].people, before.joining.first) == (None, None)
    plan = planned(tmp_path, before, customers=CUSTOMERS)
    assert (plan.tables[1].people, plan.joining.first) == (0, 0)
    assert load(tmp_path, plan).about.events == 3


def test_that_customers_are_new_is_said_once(tmp_path: Path) -> None:
    before = planned(tmp_path, orders=ORDERS)
    plan = planned(tmp_path, before, customers=CUSTOMERS)
    assert [note[:11] for note in plan.tables[1].notes] == ["From now on"]
    assert planned(tmp_path, plan, calls=CALLS).tables[1].notes == ()
