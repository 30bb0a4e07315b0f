"""Several tables of people, look-ups, visitors who are identified later and what comes in live, in one audience."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from segmentation import replanning
from segmentation.audience import Audience, version_paths
from segmentation.clock import Clock
from segmentation.definition import Definition, EventCondition, FieldCondition, Group
from segmentation.engine import Engine
from segmentation.inbox import Inbox
from segmentation.joining import joinable
from segmentation.living import bring_in, rebase
from segmentation.messages import admitted
from segmentation.plan import LoadPlan, TableRole
from segmentation.relations import relations
from segmentation.repairs import KeepApart, Known, Step
from segmentation.survivors import explained, noted_apart
from tests.segmentation.test_uniting import CRM, SHOP, Columns, load, planned, rows

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)
ORDERS = {
    "order_id": ["a", "b", "c", "d", "e"],
    "anonymous_id": ["v1", "v1", "v2", "v3", ""],
    "account_id": ["", "A-1", "A-2", "", "A-3"],
    "ordered_at": [f"2024-01-0{day} 10:00" for day in (1, 2, 3, 4, 5)],
    "product_id": ["10", "11", "11", "10", "99"],
}
PRODUCTS = {"product_id": ["10", "11"], "category": ["Shoes", "Kitchen"]}
APART = Step(repair=KeepApart(people=(Known(table=0, id="19"), Known(table=1, id="A-3"))))


def plan_of(folder: Path, **more: Columns) -> LoadPlan:
    plan = planned(folder, crm_contacts=CRM, shop_accounts=SHOP, orders=ORDERS, products=PRODUCTS, **more)
    roles = [table.role for table in plan.tables[:4]]
    assert roles == [TableRole.PEOPLE, TableRole.PEOPLE, TableRole.EVENTS, TableRole.LOOKUP]
    assert plan.tables[2].visitor == "anonymous_id"
    return plan


def buyers(audience: Audience, category: str) -> list[int]:
    told = FieldCondition(field="products.category", operator="is", value=category)
    bought = EventCondition(events=tuple(e.name for e in audience.catalogue.events), where=Group(children=(told,)))
    answer = Engine(audience).answer(Definition(root=Group(children=(bought,))), Clock(NOW, "UTC"))
    assert not answer.unfinished
    return answer.members.rows().tolist()


def test_what_a_visitor_ordered_before_counts_for_the_profile_of_two_tables(tmp_path: Path) -> None:
    audience = load(tmp_path, plan_of(tmp_path))
    assert rows(audience, "contact_id") == [("17",), ("18",), ("19",), ("20",), ("A-2",)]
    assert buyers(audience, "Shoes") == [0], "v1 was A-1, who is contact 17; nobody has identified v3"
    assert buyers(audience, "Kitchen") == [0, 4]
    report = audience.about.reports[2]
    assert (report.rows, report.loaded, dict(report.set_aside)) == (
        5, 4, {"of a visitor whom nobody has identified yet": 1},
    )  # fmt: skip
    assert any("For 1 row nothing is found in products" in note for note in report.notes)


def test_customers_of_one_store_are_not_one_person(tmp_path: Path) -> None:
    stores = {"store_id": ["1", "2"], "region": ["North", "South"]}
    crm, shop = {**CRM, "store_id": ["1", "2", "1", "2"]}, {**SHOP, "store_id": ["2", "1", "2"]}
    plan = planned(tmp_path, crm_contacts=crm, shop_accounts=shop, stores=stores)
    assert [column.name for column in joinable(plan)] == ["email", "phone"]
    assert rows(load(tmp_path, plan), "contact_id", "stores.region") == [
        ("17", "North"), ("18", "South"), ("19", "North"), ("20", "South"), ("A-2", "North"),
    ]  # fmt: skip
    alone = planned(tmp_path / "alone", crm_contacts=crm, shop_accounts=shop)
    assert [column.name for column in joinable(alone)] == ["email", "phone"], "also where there is no table of stores"


def test_a_persons_id_tells_who_is_who_also_where_it_looks_something_up(tmp_path: Path) -> None:
    scores = {"loyalty_id": ["L1", "L2"], "tier": ["Gold", "Silver"]}
    crm, shop = {**CRM, "loyalty_id": ["L1", "L2", "", ""]}, {**SHOP, "loyalty_id": ["", "L2", ""]}
    plan = planned(tmp_path, crm_contacts=crm, shop_accounts=shop, loyalty_tiers=scores)
    assert [link.column for link in plan.tables[0].links] == ["loyalty_id"]
    assert [column.name for column in joinable(plan)] == ["loyalty_id", "email", "phone"]


def test_a_table_of_logins_without_events_is_reported_and_in_the_picture(tmp_path: Path) -> None:
    logins = {"anonymous_id": ["v1", "v2", "v9", ""], "account_id": ["A-1", "A-2", "A-77", "A-3"]}
    plan = replanning.change_role(plan_of(tmp_path, logins=logins), 2, TableRole.LEAVE_OUT)
    plan = replanning.change_role(plan, 3, TableRole.LEAVE_OUT)
    about = load(tmp_path, plan).about
    assert [report.table for report in about.reports] == [table.table.name for table in plan.tables]
    assert [(r.index, r.other, r.found, r.missing, r.blank) for r in relations(about)] == [(4, 1, 2, 1, 1)]


@contextmanager
def after(folder: Path, *messages: dict[str, object]) -> Iterator[Audience]:
    """The version over what was loaded that also has these messages."""
    inbox = Inbox(folder)
    inbox.append([admitted({"type": "track", **said}, None, NOW) for said in messages])
    inbox.close()
    bring_in(folder)
    with closing(Audience(version_paths(folder)[-1])) as audience:
        yield audience


def test_what_comes_in_live_finds_profiles_of_two_tables_by_either_id(tmp_path: Path) -> None:
    load(tmp_path, plan_of(tmp_path), APART).close()
    folder = tmp_path / "a"
    said = [{"userId": user, "event": "called", "timestamp": "2024-05-01T00:00:00Z"} for user in ("A-1", "17", "20")]
    alike = {"type": "alias", "previousId": "A-1", "userId": "17"}
    with after(folder, *said, alike) as audience, audience.cursor() as cursor:
        assert audience.about.live is not None
        assert not audience.about.live.unjoined, "both are ids of one person already"
        assert cursor.execute("SELECT _row FROM events WHERE _name = 'called' ORDER BY 1").fetchall() == [
            (0,), (0,), (3,),
        ]  # fmt: skip
        assert explained(audience, 0).startswith("Made of 17 in crm_contacts, A-1 in shop_accounts")
        assert noted_apart(cursor) == [(2, 5)]
    bring_in(folder, rebased=rebase(folder))
    with closing(Audience(version_paths(folder)[-1])) as audience, audience.cursor() as cursor:
        assert noted_apart(cursor) == [(2, 5)]
