"""Audiences brought up to date: every way, what is held and how it is mended, and what stays when it goes wrong."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from copy import copy
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.importing import load, plan_files, plan_tables
from connectors.renewing import renew, renew_due
from connectors.sources.database_files import Settings
from connectors.sources.databases import DATABASES
from segmentation import replanning
from segmentation.definition import Definition, FieldCondition, Group
from segmentation.errors import AudienceError, Cancelled, LoadError, SourceError
from segmentation.jobs import Quiet
from segmentation.leftovers import leftovers
from segmentation.lending import about_of, attached
from segmentation.library import Library
from segmentation.plan import LoadPlan
from segmentation.renewal import Given, Held, Reason, Renewal, TableRenewal, Way
from segmentation.renewals import Renewals
from segmentation.schedules import Every, Schedule
from segmentation.workspace import Workspace
from tests.connectors.restoring import Kept

PEOPLE = "id,email,age\nC1,a@x.org,30\nC2,b@x.org,40\nC3,c@x.org,50\n"
ORDERS = "order_id,customer_id,ordered_at,amount\n1,C1,2025-01-01 10:00,5\n2,C2,2025-01-02 10:00,6\n"


SOLD = "order_id,customer_id,ordered_at,product_id\n1,C1,2025-01-01 10:00,P1\n2,C2,2025-01-02 10:00,P3\n"
PRODUCTS = "product_id,category\nP1,Shoes\nP2,Mugs\n"


class Shop:
    """An audience of a few files, and what becomes of it."""

    def __init__(self, home: Path, folder: Path, **others: str) -> None:
        self.workspace, self.folder = Workspace(home), folder
        folder.mkdir(exist_ok=True)
        contents = {"people": PEOPLE, "orders": ORDERS} | others
        files = [self.file(f"{name}.csv", content) for name, content in contents.items()]
        plan, _ = plan_files(files, self.workspace, Quiet())
        self.id = load(plan, "Shop", self.workspace, Quiet())

    def again(self) -> "Shop":
        """The same one, opened anew."""
        opened = copy(self)
        opened.workspace = Workspace(self.workspace.home)
        return opened

    def file(self, name: str, content: str) -> tuple[str, Path]:
        path = self.folder / name
        path.write_text(content, encoding="utf-8")
        return name, path

    def bring(self, *files: tuple[str, str], accept: bool = False, **way: Any) -> None:
        """Renew with new files; `way` is that of the people, or with `of=1` of the orders."""
        if way:
            place = way.pop("of", 0)
            self.keep(Renewals(self.workspace).of(self.id).with_table(place, TableRenewal(**way)))
        given = Given(files=tuple(self.file(*file) for file in files), accept=accept)
        renew(self.id, given, self.workspace, Quiet())

    def keep(self, renewal: Renewal) -> None:
        Renewals(self.workspace).keep(self.id, renewal)

    def plan(self) -> LoadPlan:
        return about_of(self.workspace.current_version(self.id)).plan

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with attached(self.workspace.current_version(self.id), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def held(self, *files: tuple[str, str], **way: Any) -> list[tuple[Reason, str]]:
        before = self.workspace.current_version(self.id)
        with pytest.raises(Held) as held:
            self.bring(*files, **way)
        assert self.workspace.current_version(self.id) == before
        report = Renewals(self.workspace).report(self.id)
        assert report is not None
        assert (report.holds, report.problem) == (held.value.holds, str(held.value))
        return [(hold.reason, hold.message) for hold in held.value.holds]


@pytest.fixture(scope="module")
def kept_shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Kept, Shop]:
    kept = Kept(tmp_path_factory)
    return kept, kept.filled(lambda: Shop(kept.home, kept.files))


@pytest.fixture
def shop(kept_shop: tuple[Kept, Shop], monkeypatch: pytest.MonkeyPatch) -> Shop:
    kept, shop = kept_shop
    kept.restore(monkeypatch)
    return shop.again()


EVERYBODY = "SELECT id, email, age FROM people ORDER BY _row"


def test_a_new_file_takes_the_place_of_the_old_one_and_segments_are_counted_anew(shop: Shop) -> None:
    grown = Definition(
        root=Group(id="n1", children=(FieldCondition(id="n2", field="age", operator="at_least", value=40),))
    )
    segment = Library(shop.workspace).save_new(shop.id, "Forty and more", grown)
    shop.bring(("people_may.csv", PEOPLE + "C4,d@x.org,60\n"))
    assert shop.rows("SELECT count(*), sum(age) FROM people") == [(4, 180)]
    assert shop.rows("SELECT count(*) FROM events") == [(2,)]
    report = Renewals(shop.workspace).report(shop.id)
    assert report is not None
    assert [(t.table, t.before, t.read, t.after) for t in report.tables] == [("people.csv", 3, 4, 4)]
    assert [(s.name, s.before, s.after) for s in report.segments] == [("Forty and more", 2, 3)]
    assert Library(shop.workspace).get(segment.id).last_count == 3
    shop.bring(("people.csv", PEOPLE))
    assert shop.rows("SELECT count(*) FROM people") == [(3,)]


def test_rows_are_added_behind_those_that_are_there(shop: Shop) -> None:
    more = "order_id,customer_id,ordered_at,amount\n3,C1,2025-02-01 10:00,7\n"
    shop.bring(("orders.csv", more), of=1, way=Way.APPEND)
    assert shop.rows("SELECT sum(amount), count(*) FROM events") == [(18, 3)]
    assert [reason for reason, _ in shop.held(("orders.csv", more))] == [Reason.KNOWN]
    shop.bring(("orders.csv", more), accept=True)
    assert shop.rows("SELECT count(*) FROM events") == [(4,)]


def test_rows_that_could_not_be_read_stay_with_those_they_came_with(shop: Shop) -> None:
    shop.bring(("orders.csv", ORDERS + "3,C1,2025-01-03 10:00,7,too,many\n"))
    shop.bring(
        ("orders.csv", "order_id,customer_id,ordered_at,amount\n4,C1,2025-01-04 10:00,8\n5,x,y,z,a\n"),
        of=1,
        way=Way.APPEND,
    )
    found = [(row.line, row.text) for row in leftovers(shop.plan(), Quiet())]
    assert found == [(4, "3,C1,2025-01-03 10:00,7,too,many"), (3, "5,x,y,z,a")]


def test_known_rows_are_brought_up_to_date_and_blank_cells_overwrite_nothing(shop: Shop) -> None:
    news = "id,email,age\nC2,new@x.org,\nC9,z@x.org,90\nC9,y@x.org,91\n"
    shop.bring(("people.csv", news), way=Way.UPSERT)
    assert shop.rows(EVERYBODY) == [
        ("C1", "a@x.org", 30),
        ("C2", "new@x.org", 40),
        ("C3", "c@x.org", 50),
        ("C9", "y@x.org", 91),
    ]
    report = Renewals(shop.workspace).report(shop.id)
    assert report is not None
    assert [(t.read, t.added, t.updated) for t in report.tables] == [(3, 1, 1)]
    shop.bring(("people.csv", news), way=Way.UPSERT, blanks_overwrite=True)
    assert shop.rows(EVERYBODY)[1] == ("C2", "new@x.org", None)


def test_events_are_known_by_a_number_of_their_own(shop: Shop) -> None:
    news = ("orders.csv", "order_id,customer_id,ordered_at,amount\n2,C2,2025-01-02 10:00,60\n3,C1,2025-02-01 10:00,7\n")
    with pytest.raises(LoadError, match=r"^Say by which column the rows of orders\.csv are known"):
        shop.bring(news, of=1, way=Way.UPSERT)
    shop.bring(news, of=1, way=Way.UPSERT, key="order_id")
    assert shop.rows("SELECT sum(amount), count(*) FROM events") == [(72, 3)]
    with pytest.raises(LoadError, match=r"^orders\.csv has several rows with the same “customer_id”"):
        shop.bring(news, of=1, way=Way.UPSERT, key="customer_id")


def test_a_renamed_column_is_held_explained_and_mapped(shop: Shop) -> None:
    renamed = PEOPLE.replace("age", "age_years")
    [(reason, message)] = shop.held(("people.csv", renamed))
    assert reason is Reason.MISSING
    assert message == (
        "people.csv has no column “age” any more. New there: “age_years”. Say what it is called now, or that it is gone."
    )
    shop.bring(("people.csv", renamed), renamed={"age": "age_years"})
    assert shop.rows("SELECT sum(age) FROM people") == [(120,)]
    shop.bring(("people.csv", PEOPLE))
    assert shop.rows("SELECT sum(age) FROM people") == [(120,)], "back under its old name"
    shop.bring(("people.csv", "id,email\nC1,a@x.org\nC2,b@x.org\n"), renamed={"age": ""})
    assert shop.rows("SELECT count(*), sum(age) FROM people") == [(2, None)]


def test_a_new_column_waits_to_be_taken_in(shop: Shop) -> None:
    shop.bring(("people.csv", "id,city,email,age\nC1,Rome,a@x.org,31\nC2,Oslo,b@x.org,41\n"))
    assert shop.rows(EVERYBODY) == [("C1", "a@x.org", 31), ("C2", "b@x.org", 41)]
    table = shop.plan().tables[0]
    assert table.table.notes[-1] == "New in the source: “city”. Take it in with “Change how it was read”."
    load(replanning.change_column(shop.plan(), 0, "city", include=True), "Shop", shop.workspace, Quiet(), shop.id)
    assert shop.rows("SELECT city FROM people ORDER BY _row") == [("Rome",), ("Oslo",)]


@pytest.mark.parametrize(
    ("content", "reason", "words"),
    [
        (PEOPLE.replace("30", "x").replace("40", "y"), Reason.RETYPED, "“age” of people.csv has 2 new cells"),
        ("id,email,age\nC1,a@x.org,30\n", Reason.SHRUNK, "people.csv came with 1 rows; 3 are there now"),
    ],
)
def test_doubtful_data_is_held_until_it_is_accepted(shop: Shop, content: str, reason: Reason, words: str) -> None:
    [(found, message)] = shop.held(("people.csv", content))
    assert (found, message.startswith(words)) == (reason, True)
    shop.bring(("people.csv", content), accept=True)
    assert shop.rows("SELECT count(*) FROM people") == [(content.count("\n") - 1,)]


@pytest.fixture(scope="module")
def kept_sold(tmp_path_factory: pytest.TempPathFactory) -> tuple[Kept, Shop]:
    kept = Kept(tmp_path_factory)
    return kept, kept.filled(lambda: Shop(kept.home, kept.files, orders=SOLD, products=PRODUCTS))


@pytest.fixture
def sold(kept_sold: tuple[Kept, Shop], monkeypatch: pytest.MonkeyPatch) -> Shop:
    kept, sold = kept_sold
    kept.restore(monkeypatch)
    return sold.again()


CATEGORIES = 'SELECT order_id, "products.category" FROM events ORDER BY order_id'


def test_a_new_lookup_is_told_to_all_events(sold: Shop) -> None:
    assert sold.rows(CATEGORIES) == [("1", "Shoes"), ("2", None)]
    sold.bring(("products.csv", "product_id,category\nP1,Boots\nP3,Hats\n"))
    assert sold.rows(CATEGORIES) == [("1", "Boots"), ("2", "Hats")]
    (link,) = sold.plan().tables[1].links
    assert (link.filled, link.found) == (2, 2)


def test_products_are_brought_up_to_date_by_their_key(sold: Shop) -> None:
    sold.bring(("products.csv", "product_id,category\nP3,Hats\n"), of=2, way=Way.UPSERT)
    assert sold.rows(CATEGORIES) == [("1", "Shoes"), ("2", "Hats")]


def test_a_column_that_is_looked_up_is_held_when_it_is_gone(sold: Shop) -> None:
    assert [reason for reason, _ in sold.held(("products.csv", "sku,category\nP1,Boots\nP3,Hats\n"))] == [
        Reason.MISSING
    ]
    assert [reason for reason, _ in sold.held(("orders.csv", SOLD.replace("product_id", "article")))] == [
        Reason.MISSING
    ]


def test_new_events_look_up_what_is_there(sold: Shop) -> None:
    more = "order_id,customer_id,ordered_at,product_id\n3,C1,2025-02-01 10:00,P2\n"
    sold.bring(("orders.csv", more), of=1, way=Way.APPEND)
    assert sold.rows(CATEGORIES) == [("1", "Shoes"), ("2", None), ("3", "Mugs")]


def test_a_file_that_continues_nothing_is_refused(shop: Shop) -> None:
    with pytest.raises(SourceError, match=r"^weather\.csv continues none of the sources \(people\.csv, orders\.csv\)"):
        shop.bring(("weather.csv", "station,degrees\n1,20\n"))
    with pytest.raises(SourceError, match=r"^There is nothing to read again: choose new files"):
        shop.bring()


def test_a_file_is_read_again_from_its_path(shop: Shop) -> None:
    path = shop.file("people.csv", PEOPLE + "C4,d@x.org,60\n")[1]
    shop.bring(path=str(path))
    assert shop.rows("SELECT count(*) FROM people") == [(4,)]
    path.unlink()
    with pytest.raises(SourceError, match=r"^There is no file .*people\.csv\."):
        shop.bring()


def test_a_path_is_to_a_table_of_ones_own(shop: Shop) -> None:
    with pytest.raises(SourceError, match=r"^handpick\.sqlite belongs to Handpick itself\."):
        shop.bring(path=str(shop.workspace.home / "handpick.sqlite"))
    with pytest.raises(SourceError, match=r"passwords\.ini is not named like a table\."):
        shop.bring(path=str(shop.file("passwords.ini", PEOPLE)[1]))


def test_what_goes_wrong_leaves_the_old_data_and_its_sources(shop: Shop) -> None:
    class Pressed(Quiet):
        def __call__(self, message: str, share: float | None = None) -> None:
            if message == "Publishing":
                raise Cancelled

    before = shop.workspace.current_version(shop.id)
    sources = set((before.parent / "sources").iterdir())
    given = Given(files=(shop.file("people.csv", PEOPLE + "C4,d@x.org,60\n"),))
    with pytest.raises(Cancelled):
        renew(shop.id, given, shop.workspace, Pressed())
    assert shop.workspace.current_version(shop.id) == before
    assert set((before.parent / "sources").iterdir()) == sources
    assert not list((shop.workspace.home / "staging").iterdir())
    renew(shop.id, given, shop.workspace, Quiet())
    assert shop.rows("SELECT count(*) FROM people") == [(4,)]


def test_two_people_cannot_renew_at_once(shop: Shop) -> None:
    other = Workspace(shop.workspace.home)
    with Renewals(other).alone(shop.id), pytest.raises(AudienceError, match="brought up to date by somebody else"):
        shop.bring(("people.csv", PEOPLE))
    shop.bring(("people.csv", PEOPLE))


class Registry:
    """A database file whose tables can be changed, as an audience."""

    def __init__(self, home: Path, file: Path) -> None:
        self.workspace, self.file = Workspace(home), file
        self.run(
            "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, age INTEGER, updated_at TEXT)",
            "CREATE TABLE visits (visit INTEGER PRIMARY KEY, customer_id INTEGER, at TEXT)",
            *(f"INSERT INTO customers VALUES ({i}, 'N{i}', {20 + i}, '2025-01-{i:02} 10:00:00')" for i in range(1, 10)),
            *(f"INSERT INTO visits VALUES ({i}, {1 + i % 9}, '2025-02-{i:02} 08:00:00')" for i in range(1, 13)),
        )
        database, settings = DATABASES["SQLite file"], Settings(path=file)
        plan = plan_tables(database, settings, database.tables(settings), self.workspace, Quiet())
        self.id = load(plan, "Registry", self.workspace, Quiet())

    def run(self, *statements: str) -> None:
        with closing(sqlite3.connect(self.file)) as connection:
            for statement in statements:
                connection.execute(statement)
            connection.commit()

    def bring(self, *tables: TableRenewal) -> Sequence[tuple[str, int, int, int]]:
        renewals = Renewals(self.workspace)
        if tables:
            renewals.keep(self.id, Renewal(tables=tables))
        renew(self.id, Given(), self.workspace, Quiet())
        report = renewals.report(self.id)
        assert report is not None
        return [(t.table, t.read, t.added, t.updated) for t in report.tables]

    rows: Callable[..., list[tuple[Any, ...]]] = Shop.rows  # type: ignore[assignment]


@pytest.fixture
def registry(workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Registry:
    return Registry(workspace, tmp_path_factory.mktemp("files") / "registry.db")


def test_a_database_is_asked_only_for_what_is_new(registry: Registry) -> None:
    ways = (
        TableRenewal(way=Way.UPSERT, newer="updated_at"),
        TableRenewal(way=Way.APPEND, newer="visit"),
    )
    assert registry.bring(*ways) == [("customers", 1, 0, 1), ("visits", 1, 0, 0)], "the newest rows are read again"
    registry.run(
        "UPDATE customers SET name = 'New', age = NULL, updated_at = '2025-03-01 00:00:00' WHERE id = 2",
        "INSERT INTO customers VALUES (10, 'N10', 30, '2025-03-02 00:00:00')",
        "INSERT INTO visits VALUES (13, 10, '2025-03-03 08:00:00'), (14, 2, '2025-03-04 08:00:00')",
    )
    assert registry.bring() == [("customers", 3, 1, 2), ("visits", 3, 2, 0)]
    assert registry.rows("SELECT name, age FROM people WHERE id IN ('2', '10') ORDER BY _row") == [
        ("New", 22),
        ("N10", 30),
    ]
    assert registry.rows("SELECT count(*) FROM events") == [(14,)]
    assert registry.bring() == [("customers", 1, 0, 1), ("visits", 1, 0, 0)]


def test_the_column_that_tells_what_is_new_can_be_renamed(registry: Registry) -> None:
    registry.run("ALTER TABLE customers RENAME COLUMN updated_at TO changed")
    way = TableRenewal(way=Way.UPSERT, newer="updated_at")
    with pytest.raises(
        SourceError, match=r"^customers has no column “updated_at” any more, by which new rows were found"
    ):
        registry.bring(way)
    registry.run("UPDATE customers SET name = 'New', changed = '2025-03-01 00:00:00' WHERE id = 2")
    assert registry.bring(way.model_copy(update={"renamed": {"updated_at": "changed"}}))[0] == ("customers", 2, 0, 2)


def test_the_whole_database_is_read_again(registry: Registry) -> None:
    registry.run("DELETE FROM visits WHERE visit > 10", "UPDATE customers SET age = 99")
    assert registry.bring() == [("customers", 9, 0, 0), ("visits", 10, 0, 0)]
    assert registry.rows("SELECT min(age), (SELECT count(*) FROM events) FROM people") == [(99, 10)]
    registry.run("DELETE FROM visits")
    with pytest.raises(Held, match=r"^visits came without any rows; 10 are there now"):
        registry.bring()


def test_a_schedule_brings_in_what_is_new_once_each_time(registry: Registry) -> None:
    renewals = Renewals(registry.workspace)
    renewals.keep(registry.id, Renewal(schedule=Schedule(every=Every.DAY, at=time(6))))
    now = datetime.now(UTC)
    renew_due(registry.workspace, now, Quiet())
    assert renewals.report(registry.id) is None, "its first time has not come"
    tomorrow = now + timedelta(days=1)
    assert list(renewals.due(tomorrow)) == [registry.id]
    assert list(renewals.due(tomorrow)) == []
    registry.file.unlink()
    renew_due(registry.workspace, now + timedelta(days=3), Quiet())
    report = renewals.report(registry.id)
    assert report is not None
    assert report.problem.startswith("There is no file")
