"""Customers straight from a company's database: a SQLite file, and a PostgreSQL server with a password."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from connectors.sources.postgres import Settings
from pages.parts.words import spoken
from tests.e2e.driver import Handpick
from tests.servers import ask, postgres_server

PASSWORD = "s3cret & sound"
SHOP = f"""
CREATE TABLE customers (id int PRIMARY KEY, name text, email text, country text, joined date);
INSERT INTO customers SELECT i, 'Customer ' || i, 'c' || i || '@example.com', CASE WHEN i % 3 = 0 THEN 'France' ELSE 'Spain' END,
    date '2024-01-01' + i FROM generate_series(1, 300) i;
CREATE TABLE orders (order_id int PRIMARY KEY, customer_id int, ordered_at timestamptz, total numeric(10, 2));
INSERT INTO orders SELECT i, 1 + i % 200, timestamptz '2025-01-01 12:00+00' + i * interval '1 hour', i % 50 + 0.5
    FROM generate_series(1, 1000) i;
CREATE ROLE marketer LOGIN PASSWORD '{PASSWORD}';
GRANT SELECT ON customers, orders TO marketer;
ANALYZE"""


@pytest.fixture(scope="module")
def server() -> Iterator[Settings]:
    """A PostgreSQL server with customers and orders; its user marketer needs a password."""
    with postgres_server(with_password="marketer") as settings:
        ask(settings, *SHOP.split(";\n"))
        yield settings


def test_customers_from_a_sqlite_file(marketer: Handpick, shared_data: Path) -> None:
    """Chinook: customers and their invoices; those in North America."""
    marketer.open()
    marketer.click("Connect")
    marketer.enter("File", "/nowhere/shop.sqlite")
    marketer.click("Test and list tables")
    expect(marketer.page.get_by_role("alert")).to_contain_text("/nowhere/shop.sqlite")
    marketer.look("01-no-such-file")
    marketer.enter("File", str((shared_data / "databases" / "Chinook_Sqlite.sqlite").resolve()))
    marketer.click("Test and list tables")
    marketer.sees("It is opened for reading only.")
    marketer.pick("Tables to read", ["Customer", "Invoice"])
    marketer.look("02-tables")
    marketer.click("Read 2 tables")
    marketer.sees("Is this what your data is?")
    marketer.look("03-confirm")
    marketer.load("Chinook")
    marketer.sees("59 people · 412 events")
    marketer.go("Build")
    marketer.add("Country")
    marketer.pick("Values of Country", ["USA", "Canada"])
    marketer.expect_total(21)
    marketer.look("04-known-answer")


def test_customers_from_a_server_with_a_password(marketer: Handpick, server: Settings) -> None:
    """A wrong password is said in one sentence and never shown; the right one lists the tables."""
    marketer.open()
    marketer.choose("Kind of database", "PostgreSQL")
    marketer.click("Connect")
    marketer.look("01-dialog")
    marketer.enter("Server", server.host)
    marketer.enter("Database", server.database)
    marketer.enter("User", "marketer")
    marketer.enter("Password", "not-this-one")
    marketer.click("Test and list tables")
    alert = marketer.page.get_by_role("alert")
    expect(alert).to_contain_text("password")
    expect(alert).not_to_contain_text("not-this-one")
    marketer.look("02-wrong-password")
    marketer.enter("Password", PASSWORD)
    marketer.click("Test and list tables")
    marketer.sees("This user can only read, as it should be.")
    marketer.pick("Tables to read", ["customers", "orders"])
    marketer.look("03-tables")
    marketer.click("Read 2 tables")
    marketer.sees("Is this what your data is?")
    marketer.load("From the server")
    marketer.sees("300 people · 1,000 events")
    marketer.go("Build")
    marketer.add("Order")
    marketer.choose("How often", "never (did not)")
    marketer.expect_total(100)
    marketer.look("04-never-ordered")
    ask(
        server,
        "INSERT INTO customers VALUES (301, 'New', 'new@example.com', 'France', current_date)",
        "INSERT INTO orders VALUES (1001, 1, now(), 9.5)",
    )
    marketer.go("Data")
    marketer.click("Bring in what is new")
    marketer.enter(f"Password for postgres on {spoken(server.host)}", PASSWORD)
    marketer.look("05-password")
    marketer.click("Bring in", exact=True)
    marketer.sees("301 people · 1,001 events")
    marketer.look("06-renewed")
    marketer.go("Build")
    marketer.expect_total(101)
    kept = b"".join(path.read_bytes() for path in marketer.app.home.rglob("*") if path.is_file())
    assert PASSWORD.encode() not in kept
