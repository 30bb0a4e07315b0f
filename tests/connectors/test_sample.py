"""The sample company: the same bytes each time, the promised size and faults, and customers who behave like customers."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import phonenumbers
import pytest

from connectors.sources.sample import write_sample

ANCHOR = date(2026, 3, 15)
# What each event fills beside customer_id, event and time; a page view fills product and category on product pages.
FILLED = {
    "page_view": {"page", "product", "category"},
    "add_to_cart": {"product", "category", "amount", "quantity"},
    "checkout_started": {"amount"},
    "purchase": {"order_id", "product", "category", "amount", "quantity"},
    "email_sent": {"campaign"},
    "email_opened": {"campaign"},
    "email_clicked": {"campaign"},
    "app_session": {"device"},
}


class Sample:
    """The two files of one sample, as DuckDB tables: rows, people (the newer row of each id), events, actions (of people)."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, customers: Path, events: Path) -> None:
        self.connection = connection
        connection.read_csv(str(customers)).create("customers")
        connection.read_csv(str(events), sample_size=-1).create("events")
        connection.execute("""
            CREATE TABLE people AS SELECT * FROM customers
                QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY rowid DESC) = 1;
            CREATE TABLE actions AS SELECT * FROM events WHERE customer_id IN (SELECT customer_id FROM customers);
            CREATE TABLE purchases AS SELECT * FROM actions WHERE event = 'purchase'
        """)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The answer of a query."""
        return self.connection.sql(sql).fetchall()

    def value(self, sql: str) -> Any:
        """The single value that a query answers."""
        return self.rows(sql)[0][0]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    customers, events = write_sample(tmp_path_factory.mktemp("sample"), anchor=ANCHOR)
    with duckdb.connect() as connection:
        yield Sample(connection, customers, events)


def write_small(folder: Path, anchor: date = ANCHOR, seed: int = 7) -> tuple[bytes, bytes]:
    customers, events = write_sample(folder, anchor=anchor, people=400, events=4_000, seed=seed)
    return customers.read_bytes(), events.read_bytes()


def test_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    assert write_small(tmp_path / "one") == write_small(tmp_path / "two")
    assert write_small(tmp_path / "one") != write_small(tmp_path / "two", seed=8)


@pytest.mark.parametrize("anchor", [date(2024, 2, 29), date(2025, 12, 31), date(2027, 7, 1)])
def test_time_moves_with_the_anchor(tmp_path: Path, anchor: date) -> None:
    write_small(tmp_path, anchor)
    events = duckdb.read_csv(str(tmp_path / "events.csv"), sample_size=-1)
    customers = duckdb.read_csv(str(tmp_path / "customers.csv"), sample_size=-1)
    first, last = events.aggregate("min(time)::DATE, max(time)::DATE").fetchall()[0]
    assert last == anchor
    assert 700 <= (anchor - first).days <= 730
    first, last = customers.aggregate("min(signup_date), max(signup_date)").fetchall()[0]
    assert last <= anchor
    assert 1_700 <= (anchor - first).days <= 1_826
    assert not customers.filter(f"age BETWEEN 18 AND 90 AND age != {age_on(anchor)}").fetchall()


def test_the_smallest_sample(tmp_path: Path) -> None:
    customers, events = write_sample(tmp_path, anchor=ANCHOR, people=100, events=1_000)
    assert len(events.read_text().splitlines()) == 1_001
    assert len(customers.read_text().splitlines()) == 101
    with pytest.raises(ValueError, match="at least 100 people and 1,000 events"):
        write_sample(tmp_path, anchor=ANCHOR, people=99)


def test_sizes(sample: Sample) -> None:
    assert sample.rows("SELECT count(*), count(DISTINCT customer_id) FROM customers") == [(20_025, 20_000)]
    assert sample.value("SELECT count(*) FROM events") == 300_000
    assert sample.value("SELECT count(*) FROM events WHERE customer_id IS NULL") == 40
    assert (
        sample.value("SELECT count(*) FROM events WHERE customer_id NOT IN (SELECT customer_id FROM customers)") == 60
    )
    assert sample.rows("SELECT count(DISTINCT product), count(DISTINCT category) FROM events") == [(35, 8)]
    assert (
        sample.value("SELECT count(DISTINCT country) FROM customers WHERE country NOT IN ('Deutschland', 'DE')") == 14
    )


@pytest.mark.parametrize(
    ("event", "share"),
    [
        ("page_view", 0.40),
        ("add_to_cart", 0.10),
        ("checkout_started", 0.05),
        ("purchase", 0.07),
        ("email_sent", 0.17),
        ("email_opened", 0.07),
        ("email_clicked", 0.02),
        ("app_session", 0.12),
    ],
)
def test_events_have_their_share_and_fill_only_their_columns(sample: Sample, event: str, share: float) -> None:
    count = sample.value(f"SELECT count(*) FROM events WHERE event = '{event}'")
    assert count == pytest.approx(300_000 * share, rel=0.08)
    for column in sorted(set().union(*FILLED.values())):
        filled = sample.value(f"SELECT count({column}) FROM events WHERE event = '{event}'")
        if column not in FILLED[event]:
            assert filled == 0, column
        elif event != "page_view" or column == "page":
            assert filled == count, column


def test_product_pages_name_their_product(sample: Sample) -> None:
    assert sample.value("""
        SELECT count(*) FROM events
        WHERE event = 'page_view' AND (page LIKE '/product/%') != (product IS NOT NULL AND category IS NOT NULL)
    """) == 0  # fmt: skip


def test_a_product_has_one_price(sample: Sample) -> None:
    assert sample.value("""
        SELECT max(prices) FROM (SELECT count(DISTINCT round(amount / quantity, 2)) AS prices
            FROM events WHERE quantity IS NOT NULL GROUP BY product)
    """) == 1  # fmt: skip


def test_files_are_raw_csv(tmp_path: Path) -> None:
    customers, events = (file.decode() for file in write_small(tmp_path))
    assert customers.startswith(
        "customer_id,first_name,last_name,email,phone,age,birth_date,gender,job,industry,income,"
    )
    lines = events.splitlines()
    assert lines[0] == "customer_id,event,time,page,product,category,amount,quantity,campaign,device,order_id"
    times = [line.split(",")[2] for line in lines[1:]]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", time) for time in times)
    assert times == sorted(times)
    amounts = [line.split(",")[6] for line in lines[1:]]
    assert all(re.fullmatch(r"(\d+\.\d\d)?", amount) for amount in amounts)


def test_nobody_acts_before_the_signup_or_after_the_anchor(sample: Sample) -> None:
    assert sample.value("SELECT count(*) FROM actions JOIN people USING (customer_id) WHERE time < signup_date") == 0
    assert sample.value("SELECT max(time)::DATE FROM events") == ANCHOR
    assert sample.value("SELECT max(last_login)::DATE FROM people") <= ANCHOR
    assert sample.value("SELECT count(*) FROM people WHERE last_login < signup_date") == 0


def test_double_rows_hold_newer_values_below(sample: Sample) -> None:
    rows = sample.rows("""
        SELECT older.loyalty_points < newer.loyalty_points, older.email IS NOT DISTINCT FROM newer.email
        FROM customers AS older JOIN customers AS newer USING (customer_id) WHERE older.rowid < newer.rowid
    """)
    assert rows == [(True, True)] * 25


def test_no_address_can_reach_anybody(sample: Sample) -> None:
    domains = sample.rows(
        r"SELECT DISTINCT lower(regexp_extract(email, '@([^@]+\.[^@]+)$', 1)) FROM people WHERE email IS NOT NULL"
    )
    assert len(domains) >= 6
    assert all(re.fullmatch(r"(([a-z]+\.)?example\.(com|org|net))?", domain) for (domain,) in domains)


def test_telephone_numbers_are_possible_and_made_up(sample: Sample) -> None:
    without_range = {"AT", "CH", "ES", "IT", "NL", "NO", "PL", "PT"}
    numbers = [
        phonenumbers.parse(text) for (text,) in sample.rows("SELECT phone FROM people WHERE phone LIKE '+%' LIMIT 4000")
    ]
    assert all(phonenumbers.is_possible_number(number) for number in numbers)
    unused = {
        region
        for number in numbers
        for region in phonenumbers.region_codes_for_country_code(number.country_code or 0)
        if not phonenumbers.is_valid_number(number)
    }
    assert unused & {"DE", "FR", "GB", "SE", "US", "AU", *without_range} == without_range
    assert sample.value("SELECT count(phone) - count(DISTINCT phone) FROM people") == 0


def test_faults_of_the_address_book(sample: Sample) -> None:
    people = 20_000
    missing = sample.value("SELECT count(*) FROM people WHERE email IS NULL")
    assert missing == pytest.approx(0.03 * people, rel=0.1)
    valid = "regexp_full_match(lower(email), '[a-z0-9]+([.][a-z0-9]+)*@([a-z]+[.])?example[.](com|org|net)')"
    broken = [email for (email,) in sample.rows(f"SELECT email FROM people WHERE NOT {valid}")]
    assert len(broken) == pytest.approx(0.015 * people, rel=0.1)
    for shape in (
        r"[a-z]+@",
        r"n/a",
        r"[a-z]+\.\.[a-z]+@example\.com",
        r"[a-z]+@example",
        r"[a-z]+ [a-z]+@example\.com",
    ):
        assert any(re.fullmatch(shape, email) for email in broken), shape
    again = sample.value(f"SELECT count(*) - count(DISTINCT lower(email)) FROM people WHERE {valid}")
    assert again == pytest.approx(0.015 * people, rel=0.1)
    assert 50 <= sample.value("SELECT count(*) FROM people WHERE email = upper(email) AND email LIKE '%.%@%'") <= 150
    national = sample.value("SELECT avg((phone NOT LIKE '+%')::INT) FROM people")
    assert 0.05 < national < 0.12


@pytest.mark.parametrize(
    ("condition", "low", "high"),
    [
        ("phone IS NULL", 0.08, 0.16),
        ("age IS NULL", 0.03, 0.05),
        ("birth_date IS NULL", 0.10, 0.14),
        ("income IS NULL", 0.07, 0.09),
        ("job IS NULL", 0.02, 0.04),
        ("city IS NULL AND latitude IS NULL AND longitude IS NULL AND climate IS NULL", 0.01, 0.03),
        ("interests IS NULL", 0.03, 0.09),
        ("last_login IS NULL", 0.02, 0.25),
        ("job LIKE '% '", 0.0005, 0.003),
        ("age NOT BETWEEN 18 AND 90", 0.0002, 0.00075),
        ("postal_code LIKE '0%'", 0.03, 0.25),
        ("country = 'Deutschland'", 0.01, 0.04),
        ("country = 'DE'", 0.005, 0.03),
        ("country = 'Germany'", 0.20, 0.30),
    ],
)
def test_faults_and_gaps_of_the_crm(sample: Sample, condition: str, low: float, high: float) -> None:
    assert low <= sample.value(f"SELECT count(*) FROM people WHERE {condition}") / 20_000 <= high


def test_age_follows_from_the_birth_date(sample: Sample) -> None:
    wrong = f"age IS NOT NULL AND birth_date IS NOT NULL AND age != {age_on(ANCHOR)}"
    assert sample.value(f"SELECT count(*) FROM people WHERE {wrong}") == 0


def test_a_city_has_one_place_and_climate(sample: Sample) -> None:
    cities = sample.rows("""
        SELECT city, count(DISTINCT (latitude, longitude, climate)) FROM people WHERE city IS NOT NULL GROUP BY city
    """)
    assert len(cities) == 35
    assert {places for _, places in cities} == {1}


def test_purchases_follow_a_checkout_and_the_cart_within_the_hour(sample: Sample) -> None:
    for earlier, same in (("add_to_cart", "AND a.product = p.product"), ("checkout_started", "")):
        assert sample.value(f"""
            SELECT count(*) FROM purchases AS p WHERE NOT EXISTS (FROM actions AS a
                WHERE a.customer_id = p.customer_id AND a.event = '{earlier}' {same}
                AND a.time < p.time AND a.time >= p.time - INTERVAL 1 HOUR)
        """) == 0  # fmt: skip


def test_opens_follow_mails_and_clicks_follow_opens(sample: Sample) -> None:
    for earlier, later in (("email_sent", "email_opened"), ("email_opened", "email_clicked")):
        assert sample.value(f"""
            SELECT count(*) FROM actions AS l WHERE l.event = '{later}' AND NOT EXISTS (FROM actions AS e
                WHERE e.customer_id = l.customer_id AND e.event = '{earlier}'
                AND e.campaign = l.campaign AND e.time < l.time)
        """) == 0  # fmt: skip
    assert sample.value("""
        SELECT count(*) FROM actions JOIN people USING (customer_id)
        WHERE event = 'email_sent' AND (NOT email_consent OR email IS NULL)
    """) == 0  # fmt: skip


def test_an_order_is_one_moment_of_one_person(sample: Sample) -> None:
    assert sample.rows("""
        SELECT max(moments), max(owners), max(lines) FROM (SELECT count(DISTINCT time) AS moments,
            count(DISTINCT customer_id) AS owners, count(*) AS lines FROM events
            WHERE order_id IS NOT NULL GROUP BY order_id)
    """)[0][:2] == (1, 1)  # fmt: skip


BUYER = "(SELECT customer_id FROM purchases)"
GROUPS = {
    "loyal": "SELECT customer_id FROM purchases GROUP BY 1 HAVING count(DISTINCT order_id) >= 5",
    "one-time buyers": "SELECT customer_id FROM purchases GROUP BY 1 HAVING count(DISTINCT order_id) = 1",
    "lapsing": f"""
        SELECT customer_id FROM actions GROUP BY 1
        HAVING max(time) < DATE '{ANCHOR}' - INTERVAL 6 MONTH AND customer_id IN {BUYER}
            AND min(time) < DATE '{ANCHOR}' - INTERVAL 1 YEAR""",
    "new leads": f"""
        SELECT customer_id FROM people WHERE signup_date > DATE '{ANCHOR}' - 90
            AND customer_id IN (SELECT customer_id FROM actions WHERE event = 'page_view') AND customer_id NOT IN {BUYER}""",
    "cart abandoners": """
        SELECT DISTINCT c.customer_id FROM actions AS c WHERE c.event = 'add_to_cart' AND NOT EXISTS (FROM purchases AS p
            WHERE p.customer_id = c.customer_id AND p.product = c.product AND p.time > c.time)""",
    "pricing visitors": """
        SELECT customer_id FROM (SELECT customer_id, time - lag(time) OVER (PARTITION BY customer_id ORDER BY time) AS gap
            FROM actions WHERE page = '/pricing') GROUP BY 1
        HAVING min(gap) <= INTERVAL 48 HOUR
            AND customer_id NOT IN (SELECT customer_id FROM actions WHERE event = 'checkout_started')""",
    "readers who never buy": f"""
        SELECT customer_id FROM actions WHERE event = 'email_opened' AND customer_id NOT IN {BUYER}
        GROUP BY 1 HAVING count(*) >= 3""",
    "without any event": "SELECT customer_id FROM people WHERE customer_id NOT IN (SELECT customer_id FROM actions)",
}


@pytest.mark.parametrize("group", GROUPS)
def test_every_kind_of_customer_is_there(sample: Sample, group: str) -> None:
    assert 100 <= sample.value(f"SELECT count(*) FROM ({GROUPS[group]})") <= 10_000


def test_buyers_have_a_heavy_tail(sample: Sample) -> None:
    orders = "SELECT count(DISTINCT order_id) AS n FROM purchases GROUP BY customer_id"
    buyers, median, most = sample.rows(f"SELECT count(*), median(n), max(n) FROM ({orders})")[0]
    assert 6_300 <= buyers <= 6_700
    assert median <= 2
    assert 30 <= most <= 150


@pytest.mark.parametrize(
    ("more", "less", "measure"),
    [
        ("interests LIKE '%running%'", "interests NOT LIKE '%running%'", "category = 'Running shoes'"),
        ("interests LIKE '%running%'", "interests NOT LIKE '%running%'", "category = 'Sportswear'"),
        ("climate IN ('Nordic', 'Continental')", "climate IN ('Oceanic', 'Mediterranean')", "category = 'Winter wear'"),
        ("income > 70000", "income < 35000", "amount > 100"),
    ],
)
def test_purchases_follow_from_who_people_are(sample: Sample, more: str, less: str, measure: str) -> None:
    share = f"SELECT avg(({measure})::INT) FROM purchases JOIN people USING (customer_id) WHERE "
    assert sample.value(share + more) > 1.4 * sample.value(share + less)


def test_income_follows_from_job_and_age(sample: Sample) -> None:
    pay = dict(sample.rows("SELECT job, median(income) FROM people GROUP BY job"))
    assert pay["Student"] < pay["Shop Assistant"] < pay["Teacher"] < pay["Lawyer"]
    career = "SELECT median(income) FROM people WHERE job = 'Teacher' AND age BETWEEN "
    assert sample.value(f"{career} 24 AND 30") < sample.value(f"{career} 45 AND 60")


def test_plans_follow_activity(sample: Sample) -> None:
    views = dict(sample.rows("""
        SELECT plan, count(event) / count(DISTINCT customer_id) FROM people
        LEFT JOIN actions USING (customer_id) GROUP BY plan
    """))  # fmt: skip
    assert views["Free"] < views["Basic"] < views["Plus"] < views["Premium"]


def test_time_has_seasons_weeks_and_hours(sample: Sample) -> None:
    def orders(condition: str) -> float:
        return float(sample.value(f"SELECT count(*) / count(DISTINCT time::DATE) FROM purchases WHERE {condition}"))

    assert orders("month(time) IN (11, 12)") > 1.4 * orders("month(time) IN (6, 7, 8)")
    assert orders("dayofweek(time) = 0") > 1.15 * orders("dayofweek(time) = 5")
    hours = dict(sample.rows("SELECT hour(time), count(*) FROM purchases GROUP BY 1"))
    assert hours[19] > 4 * hours[3]


def age_on(day: date) -> str:
    """SQL for the full years from the birth date to a day."""
    return f"date_sub('year', birth_date, DATE '{day}')"
