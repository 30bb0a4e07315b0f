"""Further tables in an audience that is there: recognised and linked, the sources, segments and repairs that were there whole."""

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.extending import extend
from connectors.importing import load, plan_files, plan_tables
from connectors.sources import database_files
from connectors.sources.databases import DATABASES
from segmentation.audience import Audience
from segmentation.definition import Definition, EventCondition, FieldCondition, Group
from segmentation.engine import Engine
from segmentation.errors import Cancelled, LoadError, SourceError
from segmentation.inbox import Inbox
from segmentation.jobs import Quiet
from segmentation.lending import about_of
from segmentation.library import Library
from segmentation.living import bring_in
from segmentation.messages import admitted
from segmentation.plan import LoadPlan, TablePlan, TableRole
from segmentation.renewals import Renewals
from segmentation.repairs import WriteCountries
from segmentation.workspace import Workspace
from tests.connectors.restoring import Kept
from tests.connectors.test_known_databases import MUSIC, count, told
from tests.connectors.test_renewing_repaired import GERMANS, CancelledAt, Shop

PEOPLE = "id,email,country\n" + "".join(f"{n},p{n}@x.org,{'Deutschland' if n < 4 else 'France'}\n" for n in range(1, 9))
ORDERS = "order_id,customer_id,ordered_at,product_id,amount\n" + "".join(
    f"o{n},{n % 4 + 1},2025-01-0{n + 1} 10:00,p{n % 3},5\n" for n in range(8)
)
PRODUCTS = "product_id,category\np0,Shoes\np1,Kitchen\np2,Shoes\n"


@pytest.fixture(scope="module")
def kept_shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Kept, Shop]:
    kept = Kept(tmp_path_factory)
    return kept, kept.filled(lambda: Shop(kept.home, kept.files, customers=PEOPLE, orders=ORDERS))


@pytest.fixture
def shop(kept_shop: tuple[Kept, Shop], monkeypatch: pytest.MonkeyPatch) -> Shop:
    kept, shop = kept_shop
    kept.restore(monkeypatch)
    return shop.again()


def known(shop: Shop) -> LoadPlan:
    return shop.about().plan


def planned(shop: Shop, **files: str) -> LoadPlan:
    before = known(shop)
    plan, _ = plan_files([shop.file(*file) for file in files.items()], shop.workspace, Quiet(), before)
    assert [t.table for t in plan.tables[: len(before.tables)]] == [t.table for t in before.tables]
    return plan


def added(shop: Shop, progress: Quiet | None = None, **files: str) -> TablePlan:
    """What the first of the new files is."""
    kept, plan = len(known(shop).tables), planned(shop, **files)
    assert not plan.problems
    extend(shop.id, plan, kept, "Shop", shop.workspace, progress or Quiet())
    return plan.tables[kept]


def kept_files(shop: Shop) -> list[str]:
    folder = shop.workspace.audience_folder(shop.id)
    return sorted(path.name for path in folder.rglob("[!.]*"))


def notes(table: TablePlan) -> str:
    return " ".join((*table.table.notes, *table.notes))


def test_a_lookup_that_comes_later_is_linked_and_tells_of_orders(shop: Shop) -> None:
    assert added(shop, products=PRODUCTS).role is TableRole.LOOKUP
    assert shop.rows("""SELECT "products.category", count(*) FROM events GROUP BY 1 ORDER BY 1""") == [
        ("Kitchen", 3), ("Shoes", 5),
    ]  # fmt: skip


def test_saved_segments_and_repairs_go_on_and_the_change_is_told(shop: Shop) -> None:
    shop.apply(WriteCountries(field="country"))
    Library(shop.workspace).save_new(shop.id, "Germans", GERMANS)
    bought = Definition(root=Group(children=(EventCondition(events=("order",)),)))
    Library(shop.workspace).save_new(shop.id, "Bought", bought)
    more = "order_id,customer_id,ordered_at,amount\nx1,7,2025-02-01,5\nx2,8,2025-02-02,5\n"
    added(shop, orders_february=more)
    assert shop.germans() == 3
    report = Renewals(shop.workspace).report(shop.id)
    assert report is not None
    assert {news.name: (news.before, news.after) for news in report.segments} == {"Germans": (3, 3), "Bought": (4, 6)}
    assert [(t.table, t.read) for t in report.tables] == [("orders_february.csv", 2)]


def test_what_came_in_live_stays(shop: Shop) -> None:
    folder, now = shop.workspace.audience_folder(shop.id), datetime(2025, 6, 1, tzinfo=UTC)
    inbox = Inbox(folder)
    said = {"userId": "7", "event": "called", "timestamp": "2025-05-01T00:00:00Z"}
    inbox.append([admitted(said, "track", now)])
    inbox.close()
    bring_in(folder)
    added(shop, products=PRODUCTS)
    asked = """SELECT count(*) FILTER (_name = 'called'), count("products.category") FROM events"""
    with closing(Audience(shop.workspace.current_version(shop.id))) as over, over.cursor() as cursor:
        assert cursor.execute(asked).fetchall() == [(1, 8)]


def test_events_of_the_same_name_are_said_to_count_together(shop: Shop) -> None:
    plan = planned(
        shop, orders_february="order_id,customer_id,ordered_at\nx1,7,2025-02-01\nx2,8,2025-02-02\nx3,8,2025-02-03\n"
    )
    assert "called “order” like those of orders.csv" in notes(plan.tables[2])
    assert "called “order”" not in notes(plan.tables[1])


@pytest.mark.parametrize("words", ["Loading the events", "Publishing"])
def test_one_that_is_stopped_leaves_the_old_version_whole(shop: Shop, words: str) -> None:
    before, files = known(shop), kept_files(shop)
    with pytest.raises(Cancelled):
        added(shop, CancelledAt(words), products=PRODUCTS)
    assert known(shop) == before
    assert kept_files(shop) == files
    added(shop, products=PRODUCTS)


def test_an_audience_that_was_renewed_meanwhile_is_not_overwritten(shop: Shop) -> None:
    plan = planned(shop, products=PRODUCTS)
    shop.renew(orders=ORDERS + "o9,5,2025-03-01 10:00,p1,5\n")
    with pytest.raises(LoadError, match="has been brought up to date since you began, so nothing was added"):
        extend(shop.id, plan, 2, "Shop", shop.workspace, Quiet())
    assert shop.rows("SELECT count(*) FROM events") == [(9,)]


def test_the_same_file_again_is_refused_and_its_rows_counted_once(shop: Shop) -> None:
    with pytest.raises(SourceError, match=r"Every row of again\.csv is in orders\.csv already"):
        planned(shop, again=ORDERS)
    plan = planned(shop, newer=ORDERS + "o9,5,2025-03-01 10:00,p1,5\n")
    assert "8 rows are in orders.csv already and would count twice." in notes(plan.tables[2])


def test_names_in_capitals_are_the_same_columns(shop: Shop) -> None:
    head, rows = PEOPLE.split("\n", 1)
    with pytest.raises(SourceError, match=r"Every row of again\.csv is in customers\.csv already"):
        planned(shop, again=f"{head.upper()}\n{rows}")
    plan = planned(shop, more=f"id,Email,COUNTRY\n{rows.replace('@x.org', '@y.org')}")
    assert len(plan.tables) == 3


def test_a_detail_of_another_kind_is_kept_apart(shop: Shop) -> None:
    returns = "customer_id,returned_at,amount\n1,2025-02-01,all\n1,2025-02-02,half\n2,2025-02-02,all\n"
    table = added(shop, returns=returns)
    assert "“amount” is text here and a number in orders.csv" in notes(table)
    properties = shop.about().catalogue.properties
    details = {detail.name: (detail.label, detail.kind.value) for detail in properties}
    assert details["amount"] == ("Amount", "number")
    assert details["amount_2"] == ("Amount (return)", "text")


def test_ids_of_another_numbering_join_nobody(workspace: Path, tmp_path: Path) -> None:
    shop = Shop(workspace, tmp_path, customers=PEOPLE.replace("id,", "customer_id,", 1))
    members = (
        "customer_id,email,points\n" + "".join(f"{n},other{n}@y.org,{n}\n" for n in range(1, 8)) + "9,p1@x.org,9\n"
    )
    table = added(shop, members=members)
    assert "of 7 that customers.csv has too, 7 belong to another e-mail address there" in notes(table)
    assert shop.rows("SELECT count(*), count(points) FROM people") == [(15, 8)]
    assert shop.rows("SELECT points FROM people WHERE email = 'p1@x.org'") == [(9,)]


def test_customers_that_come_first_call_their_fields_as_they_were(workspace: Path, tmp_path: Path) -> None:
    letters = "E-Mail,Land\na@x.org,Germany\nb@x.org,France\nc@x.org,Spain\n"
    shop = Shop(workspace, tmp_path, newsletter_subscribers=letters)
    fields = {column.name for column in known(shop).tables[0].columns}
    crm = "customer_id,email,country,age\n1,A@x.org,Germany,30\n2,b@x.org,Chile,40\n3,z@x.org,Peru,50\n"
    added(shop, crm_customers=crm)
    named = {field.name for field in shop.about().catalogue.fields}
    assert fields | {"customer_id", "age"} == named
    assert shop.rows('SELECT "E-Mail", "Land", age FROM people ORDER BY 1') == [
        ("a@x.org", "Germany", 30), ("b@x.org", "France", 40), ("c@x.org", "Spain", None), ("z@x.org", "Peru", 50),
    ]  # fmt: skip


def test_customers_without_an_id_stay_the_only_ones(workspace: Path, tmp_path: Path) -> None:
    shop = Shop(workspace, tmp_path, answers="age,city,plan\n30,Ulm,free\n30,Ulm,pro\n41,Bonn,free\n")
    assert added(shop, plans="plan,fee\nfree,0\npro,9\n").role is TableRole.LOOKUP
    assert shop.rows('SELECT row_number, "plans.fee" FROM people ORDER BY 1') == [("1", 0), ("2", 9), ("3", 0)]


def test_customers_beside_events_alone_are_explained(workspace: Path, tmp_path: Path) -> None:
    shop = Shop(workspace, tmp_path, orders=ORDERS)
    table = added(shop, customers=PEOPLE)
    assert table.role is TableRole.PEOPLE
    assert "From now on the customers are those of this table" in notes(table)
    assert shop.rows("SELECT count(*) FROM people") == [(8,)]


def test_tables_of_a_database_come_one_after_the_other(shared_data: Path, workspace: Path) -> None:
    """Chinook, table by table, with the counts that others computed."""
    file, home = shared_data / "databases" / "Chinook_Sqlite.sqlite", Workspace(workspace)
    database, settings = DATABASES["SQLite file"], database_files.Settings(path=file)
    offers = {offer.name: offer for offer in database.tables(settings)}

    def read(names: Sequence[str], before: LoadPlan | None = None) -> LoadPlan:
        return plan_tables(database, settings, [offers[name] for name in names], home, Quiet(), before)

    audience = load(read(MUSIC[:2]), "Music", home, Quiet())
    for names in (MUSIC[2:5], MUSIC[5:-1], MUSIC[-1:]):
        before = about_of(home.current_version(audience)).plan
        plan = read(names, before)
        assert not plan.problems
        extend(audience, plan, len(before.tables), "Music", home, Quiet())
    engine = Engine(Audience(home.current_version(audience)))
    assert (engine.audience.people, engine.audience.about.events) == (59, 412 + 2240)
    assert count(engine, told("invoice line", "Genre.Name", "Jazz")) == 32
    agent = FieldCondition(id="n2", field="Employee.Title", operator="is", value="Sales Support Agent")
    assert count(engine, agent) == 59
