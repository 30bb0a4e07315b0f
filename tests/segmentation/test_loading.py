"""From a plan to a published audience: every row accounted for, every number exact."""

import datetime as dt
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from segmentation import aggregating, filling_events, lending, narrowing, profiling, publishing, replanning, staged
from segmentation.audience import Audience, quoted, version_paths
from segmentation.catalogue import Kind, Role, Theme
from segmentation.errors import Cancelled, LoadError
from segmentation.guessing import guess_plan
from segmentation.jobs import Quiet
from segmentation.loading import build_audience
from segmentation.measuring import Size
from segmentation.plan import Format, LoadPlan, LoadReport, StagedTable, TableRole
from tests.segmentation.staging import stage, stage_arrow

Columns = Mapping[str, Sequence[Any]]


def guess(*tables: StagedTable, zone: str = "UTC") -> LoadPlan:
    return guess_plan(tables, zone=zone, progress=Quiet())


def build(plan: LoadPlan, folder: Path) -> Audience:
    return Audience(build_audience(plan, folder / "audience", name="Shop", zone="Europe/Berlin", progress=Quiet()))


def load(folder: Path, zone: str = "UTC", **tables: Columns) -> Audience:
    """Stage, guess and load; `tables` by name."""
    return build(guess(*(stage(folder, f"{name}.csv", columns) for name, columns in tables.items()), zone=zone), folder)


def rows(audience: Audience, sql: str) -> list[tuple[Any, ...]]:
    with audience.cursor() as cursor:
        return cursor.execute(sql).fetchall()


def types(audience: Audience, table: str) -> dict[str, str]:
    return {row[0]: row[1] for row in rows(audience, f"DESCRIBE {table}")}


def aside(report: LoadReport) -> dict[str, int]:
    assert report.rows == report.loaded + sum(number for _, number in report.set_aside)
    return dict(report.set_aside)


CUSTOMERS: Columns = {
    "customer_id": ["1", "2", "3"], "email": ["a@x.org", "", "c@x.org"], "age": ["20", "", "40"],
    "interests": ["music; art", "", "art"], "vip": ["yes", "no", ""], "signup_date": ["2024-01-01", "2024-02-30", ""],
}  # fmt: skip
ORDERS: Columns = {
    "order_id": ["a", "b", "c", "d"], "customer_id": ["2", "1", "2", "9"],
    "ordered_at": ["2024-07-01 10:00", "2024-01-01 10:00", "2024-01-02T00:00:00Z", "2024-01-01 00:00"],
    "quantity": ["1", "2", "3", "4"], "unit_price": ["0.10", "0.20", "0.33", "1"],
}  # fmt: skip


def test_customers_and_orders(tmp_path: Path) -> None:
    audience = load(tmp_path, "Europe/Berlin", customers=CUSTOMERS, orders=ORDERS)
    assert audience.path.name == "v000001.duckdb"
    assert types(audience, "people") == {
        "_row": "UINTEGER", "customer_id": "VARCHAR", "email": "VARCHAR", "age": "BIGINT", "interests": "VARCHAR[]",
        "vip": "BOOLEAN", "signup_date": "VARCHAR",
    }  # fmt: skip
    assert rows(audience, "SELECT * FROM people") == [
        (0, "1", "a@x.org", 20, ["music", "art"], True, "2024-01-01"),
        (1, "2", None, None, None, False, "2024-02-30"),
        (2, "3", "c@x.org", 40, ["art"], None, None),
    ]
    assert types(audience, "events") == {
        "_row": "UINTEGER", "_name": "VARCHAR", "_time": "TIMESTAMP", "order_id": "VARCHAR", "quantity": "BIGINT",
        "unit_price": "DECIMAL(18,2)", "line_total": "DECIMAL(18,2)",
    }  # fmt: skip
    assert rows(audience, "SELECT * FROM events") == [
        (0, "order", dt.datetime(2024, 1, 1, 9), "b", 2, Decimal("0.20"), Decimal("0.40")),  # noqa: DTZ001
        (1, "order", dt.datetime(2024, 1, 2), "c", 3, Decimal("0.33"), Decimal("0.99")),  # noqa: DTZ001
        (1, "order", dt.datetime(2024, 7, 1, 8), "a", 1, Decimal("0.10"), Decimal("0.10")),  # noqa: DTZ001
    ]
    about = audience.about
    assert (about.name, about.people, about.events, about.zone) == ("Shop", 3, 3, "Europe/Berlin")
    assert about.newest_event == dt.datetime(2024, 7, 1, 8, tzinfo=dt.UTC)
    assert [aside(report) for report in about.reports] == [
        {}, {"belongs to a customer who is not in the people table": 1}
    ]  # fmt: skip


def test_the_catalogue_counts_exactly(tmp_path: Path) -> None:
    catalogue = load(tmp_path, customers=CUSTOMERS, orders=ORDERS).catalogue
    assert [(f.name, f.kind, f.filled, f.distinct) for f in catalogue.fields] == [
        ("customer_id", Kind.TEXT, 3, 3), ("email", Kind.TEXT, 2, 2), ("age", Kind.NUMBER, 2, 2),
        ("interests", Kind.LIST, 2, 2), ("vip", Kind.YES_NO, 2, 2), ("signup_date", Kind.TEXT, 2, 2),
    ]  # fmt: skip
    assert [(v.value, v.count) for v in catalogue.field("interests").top] == [("art", 2), ("music", 1)]
    assert [(v.value, v.count) for v in catalogue.field("vip").top] == [("no", 1), ("yes", 1)]
    assert (catalogue.field("age").low, catalogue.field("age").high) == ("20", "40")
    assert catalogue.field("customer_id").role is Role.PERSON_ID
    assert catalogue.field("email").role is Role.EMAIL
    (order,) = catalogue.events
    assert (order.name, order.label, order.count, order.people) == ("order", "Order", 3, 2)
    assert (order.first, order.last) == (
        dt.datetime(2024, 1, 1, 10, tzinfo=dt.UTC),
        dt.datetime(2024, 7, 1, 10, tzinfo=dt.UTC),
    )
    total = catalogue.event_property("line_total")
    assert (total.label, total.filled, total.low, total.high, total.events) == (
        "Line total",
        3,
        "0.1",
        "0.99",
        ("order",),
    )


def test_of_rows_with_the_same_id_the_last_wins(tmp_path: Path) -> None:
    table = {"customer_id": ["7", " 1", "7", "", "2", "1 ", "  ", None], "city": list("abcdefgh")}
    audience = load(tmp_path, customers=table)
    assert rows(audience, "SELECT * FROM people") == [(0, "7", "c"), (1, "2", "e"), (2, "1", "f")]
    assert aside(audience.about.reports[0]) == {"no customer id": 3, "same customer id as a later row": 2}


def test_ids_are_compared_as_exact_text(tmp_path: Path) -> None:
    customers = {"customer_id": ["007", "7", "a", "A"]}
    orders = {"customer_id": ["7", "007", "07", "A"], "date": ["2024-01-01"] * 4}
    audience = load(tmp_path, customers=customers, orders=orders)
    assert rows(audience, "SELECT customer_id, count(*) FROM people JOIN events USING (_row) GROUP BY 1 ORDER BY 1") == [
        ("007", 1), ("7", 1), ("A", 1)
    ]  # fmt: skip
    assert aside(audience.about.reports[1]) == {"belongs to a customer who is not in the people table": 1}


@pytest.mark.parametrize("ids", [[17850, 13047, 17850], [17850.0, 13047.0, 17850.0], ["17850.0", "13047.0", "17850.0"]])
def test_ids_of_any_type_find_each_other(tmp_path: Path, ids: list[Any]) -> None:
    audience = load(
        tmp_path, customers={"customer_id": ["17850", "13047"]}, orders={"customer_id": ids, "date": ["2024-01-01"] * 3}
    )
    assert rows(audience, "SELECT _row FROM events ORDER BY _row") == [(0,), (0,), (1,)]


def test_why_events_are_set_aside(tmp_path: Path) -> None:
    orders = {
        "customer_id": ["1", "", "9", "1", "1"], "date": ["2024-01-01", "2024-01-01", "", "", "2024-13-01"],
        "a": ["1", "2", "3", "4", "5"],
    }  # fmt: skip
    tables = [
        stage(tmp_path, "customers.csv", {"customer_id": ["1"]}),
        stage(tmp_path, "orders.csv", orders, rejected=2),
    ]
    plan = guess(*tables)
    plan = replanning.change_role(replanning.change_column(plan, 1, "date", kind=Kind.DATE), 1, TableRole.EVENTS)
    report = build(plan, tmp_path).about.reports[1]
    assert (report.rows, report.loaded) == (7, 1)
    assert aside(report) == {
        "no customer id": 1, "belongs to a customer who is not in the people table": 1, "no time": 2, "could not be read": 2,
    }  # fmt: skip
    assert report.misfits == (("Date", 1, ("2024-13-01",)),)


def test_misfits_load_as_missing_and_are_reported(tmp_path: Path) -> None:
    table = {"customer_id": [str(i) for i in range(100)], "spend": [*map(str, range(97)), "?", "n/a", " "]}
    audience = load(tmp_path, customers=table)
    assert audience.about.reports[0].misfits == (("Spend", 2, ("?", "n/a")),)
    assert audience.catalogue.field("spend").filled == 97


@pytest.mark.parametrize(
    ("values", "type"),
    [
        (["1", "-2"], "BIGINT"), (["1.0", "2.00"], "BIGINT"), (["9223372036854775807"], "BIGINT"), (["0.1", "2"], "DECIMAL(18,1)"),
        (["0.123456"], "DECIMAL(18,6)"), (["0.1234567"], "DOUBLE"), (["9999999999999.5", "0.123456"], "DOUBLE"),
        (["999999999999.5", "0.12"], "DECIMAL(18,2)"), (["99999999999999999999"], "DOUBLE"), (["1e-05", "2"], "DOUBLE"),
        ([1.5, 2.25], "DECIMAL(18,2)"), ([1, 2], "BIGINT"), ([Decimal("1.50")], "DECIMAL(18,1)"), ([0.1 + 0.2], "DOUBLE"),
        ([1.5, float("nan"), float("inf")], "DECIMAL(18,1)"), (["", None], "BIGINT"),
    ],
)  # fmt: skip
def test_numbers_are_stored_exactly_where_that_is_possible(tmp_path: Path, values: list[Any], type: str) -> None:
    plan = guess(stage(tmp_path, "customers.csv", {"customer_id": [str(i) for i in range(len(values))], "n": values}))
    audience = build(replanning.change_column(plan, 0, "n", kind=Kind.NUMBER), tmp_path)
    assert types(audience, "people")["n"] == type


def test_sums_are_exact(tmp_path: Path) -> None:
    table = {"customer_id": [str(i) for i in range(1000)], "spend": ["0.1"] * 1000}
    assert rows(load(tmp_path, customers=table), "SELECT sum(spend) FROM people") == [(Decimal("100.0"),)]


def test_without_people_they_come_from_the_events(tmp_path: Path) -> None:
    events = {
        "user_id": ["b", "a", "b", "a", "b", "c", ""],
        "timestamp": [f"2024-01-0{day}T10:00:00Z" for day in (3, 2, 1, 4, 5)] + ["", "2024-01-01T10:00:00Z"],
        "event": ["view", "view", "buy", "buy", " ", "view", "view"],
        "country": ["FR", "DE", "FR", "DE", "FR", "IT", "DE"],
        "page": ["x", "y", "z", "x", "y", "z", "x"],
        "value": ["1", "2", "3", "4", "5", "6", "7"],
    }  # fmt: skip
    audience = load(tmp_path, events=events)
    assert rows(audience, "SELECT * FROM people") == [
        (0, "b", "FR", dt.datetime(2024, 1, 1, 10), dt.datetime(2024, 1, 5, 10), 3),  # noqa: DTZ001
        (1, "a", "DE", dt.datetime(2024, 1, 2, 10), dt.datetime(2024, 1, 4, 10), 2),  # noqa: DTZ001
        (2, "c", None, None, None, 0),
    ]
    assert rows(audience, "SELECT _row, _name FROM events") == [
        (0, "(unnamed)"),
        (0, "buy"),
        (1, "buy"),
        (1, "view"),
        (0, "view"),
    ]
    assert aside(audience.about.reports[0]) == {"no customer id": 1, "no time": 1}
    fields = {f.name: f for f in audience.catalogue.fields}
    assert list(fields) == ["user_id", "country", "first_seen", "last_seen", "events"]
    assert (fields["user_id"].role, fields["country"].role) == (Role.PERSON_ID, Role.COUNTRY)
    assert (fields["events"].kind, fields["events"].theme, fields["events"].label) == (
        Kind.NUMBER,
        Theme.BEHAVIOURAL,
        "Events",
    )
    assert [p.name for p in audience.catalogue.properties] == ["country", "page", "value"]


def test_what_describes_a_person_is_their_latest_value(tmp_path: Path) -> None:
    people = 40
    table: dict[str, list[str]] = {
        "customer_id": [str(i) for i in range(people)] * 2 + ["0"],
        "date": ["2024-01-01"] * people + ["2024-01-02"] * people + ["2024-01-03"],
        "city": ["Ulm"] * people + ["Bonn", *["Ulm"] * (people - 1)] + [""],
        "first_seen": ["2020-01-01"] * (2 * people + 1),
        "product": [f"p{i}" for i in range(2 * people + 1)],
    }
    audience = load(tmp_path, orders=table)
    assert rows(audience, "SELECT customer_id, city FROM people WHERE city <> 'Ulm'") == [("0", "Bonn")]
    assert [f.name for f in audience.catalogue.fields] == [
        "customer_id", "city", "first_seen", "first_seen_2", "last_seen", "events"
    ]  # fmt: skip


def test_event_tables_share_properties_of_one_name(tmp_path: Path) -> None:
    customers = {"customer_id": ["1", "2"]}
    orders = {
        "customer_id": ["1", "1"],
        "date": ["2024-01-01"] * 2,
        "amount": ["1.5", "2"],
        "code": ["7", "8"],
        "only": ["x", "y"],
    }
    visits = {
        "customer_id": ["2", "2"],
        "date": ["2024-01-02"] * 2,
        "Amount": ["0.25", "1"],
        "CODE": ["a", "b"],
        "Only": ["1", "2"],
    }
    audience = load(tmp_path, customers=customers, orders=orders, visits=visits)
    assert types(audience, "events") == {
        "_row": "UINTEGER", "_name": "VARCHAR", "_time": "TIMESTAMP", "amount": "DECIMAL(18,2)", "code": "VARCHAR", "only": "VARCHAR",
    }  # fmt: skip
    assert rows(audience, 'SELECT _name, amount, "only" FROM events ORDER BY _name, amount') == [
        ("order", Decimal("1.50"), "x"), ("order", Decimal("2.00"), "y"), ("visit", Decimal("0.25"), "1"), ("visit", Decimal("1.00"), "2"),
    ]  # fmt: skip
    assert [(e.name, e.count) for e in audience.catalogue.events] == [("order", 2), ("visit", 2)]
    assert audience.catalogue.event_property("amount").events == ("order", "visit")


def test_people_without_an_id_are_numbered(tmp_path: Path) -> None:
    audience = load(tmp_path, bank={"age": ["20", "30"], "job": ["baker", "clerk"]})
    assert rows(audience, "SELECT * FROM people") == [(0, "1", 20, "baker"), (1, "2", 30, "clerk")]
    assert audience.catalogue.fields[0].role is Role.PERSON_ID
    assert rows(audience, "SELECT * FROM events") == []


def test_a_table_left_out_is_accounted_for(tmp_path: Path) -> None:
    plan = guess(stage(tmp_path, "customers.csv", CUSTOMERS), stage(tmp_path, "orders.csv", ORDERS, rejected=1))
    report = build(replanning.change_role(plan, 1, TableRole.LEAVE_OUT), tmp_path).about.reports[1]
    assert (report.rows, report.loaded, aside(report)) == (5, 0, {"table left out": 5})


def test_columns_left_out_are_not_loaded_but_still_serve(tmp_path: Path) -> None:
    plan = guess(stage(tmp_path, "customers.csv", CUSTOMERS), stage(tmp_path, "orders.csv", ORDERS))
    for index, name in ((0, "age"), (1, "ordered_at"), (1, "quantity"), (1, "order_id")):
        plan = replanning.change_column(plan, index, name, include=False)
    audience = build(plan, tmp_path)
    assert "age" not in types(audience, "people")
    assert list(types(audience, "events"))[3:] == ["unit_price"]


def test_odd_names_and_cells_come_through(tmp_path: Path) -> None:
    odd = [
        "customer_id",
        'a "b"',
        "🎉",
        "x'); DROP TABLE people; --",
        "_row",
        "_time",
        "select",
        "$path0",
        "?",
        "c0",
        "file_row_number",
        "A",
        "a",
        " ",
    ]
    cells = [pa.array(["1", "2"])] + [pa.array([f"{name} ' ; \\", "💥"]) for name in odd[1:]]
    plan = guess(stage_arrow(tmp_path, "customers.csv", pa.table(cells, names=odd)))
    audience = build(plan, tmp_path)
    for column in plan.tables[0].columns[1:]:
        assert rows(audience, f"SELECT {quoted(column.name)} FROM people") == [(f"{column.column} ' ; \\",), ("💥",)]
    assert [f.name for f in audience.catalogue.fields] == [c.name for c in plan.tables[0].columns]


def test_typed_sources_keep_their_values(tmp_path: Path) -> None:
    zoned = dt.datetime(2024, 7, 1, 10, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    table = {
        "customer_id": [1, None], "active": [True, None], "born": [dt.date(2000, 2, 29), None], "n": [1, None],
        "local": [dt.datetime(2024, 7, 1, 10), None], "zoned": [zoned, None], "tags": [["a", " ", " b "], []],  # noqa: DTZ001
        "clock": [dt.time(10, 30), None], "doc": [{"a": 1}, None], "raw": [b"\x00\xff", None],
    }  # fmt: skip
    audience = load(tmp_path, "Europe/Berlin", customers=table)
    assert rows(audience, "SELECT * EXCLUDE (doc, raw) FROM people") == [
        (0, "1", True, dt.date(2000, 2, 29), 1, dt.datetime(2024, 7, 1, 8), dt.datetime(2024, 7, 1, 8), ["a", " ", " b "], "10:30:00")  # noqa: DTZ001
    ]  # fmt: skip
    assert aside(audience.about.reports[0]) == {"no customer id": 1}


def test_moments_that_python_cannot_hold_are_misfits(tmp_path: Path) -> None:
    moments = pa.array([0, 2**62, 1_000_000, None], pa.int64())
    table = pa.table({
        "customer_id": ["1", "2", "3", "4"],
        "us": moments.cast(pa.timestamp("us")),
        "ns": moments.cast(pa.timestamp("ns")),
        "zoned": moments.cast(pa.timestamp("us", "UTC")),
        "day": pa.array([1, 2**30, 3, None], pa.int32()).cast(pa.date32()),
    })  # fmt: skip
    audience = build(guess(stage_arrow(tmp_path, "customers.csv", table)), tmp_path)
    assert [f.kind for f in audience.catalogue.fields[1:]] == [Kind.TEXT, Kind.MOMENT, Kind.TEXT, Kind.TEXT]
    plan = guess(stage_arrow(tmp_path, "customers.csv", table))
    for name in ("us", "ns", "zoned"):
        plan = replanning.change_column(plan, 0, name, kind=Kind.MOMENT)
    audience.close()
    audience = build(replanning.change_column(plan, 0, "day", kind=Kind.DATE), tmp_path)
    assert [f.filled for f in audience.catalogue.fields] == [4, 2, 3, 2, 2]
    assert [(label, number) for label, number, _ in audience.about.reports[0].misfits] == [
        ("Us", 1),
        ("Zoned", 1),
        ("Day", 1),
    ]
    rows(audience, "SELECT * FROM people")


def test_row_numbers_follow_the_file_over_many_row_groups(tmp_path: Path) -> None:
    ids = [str(i) for i in range(300_000)] + ["5", ""]
    audience = load(tmp_path, customers={"customer_id": ids, "n": [str(i) for i in range(300_002)]})
    assert rows(audience, "SELECT count(*), bool_and(_row = rowid), max(_row) FROM people") == [
        (300_000, True, 299_999)
    ]
    assert rows(
        audience, "SELECT bool_and(n = _row + (CASE WHEN _row >= 5 THEN 1 ELSE 0 END)) FROM people WHERE _row < 299999"
    ) == [(True,)]
    assert rows(audience, "SELECT customer_id, n FROM people WHERE _row = 299999") == [("5", 300_000)]


def test_events_are_sorted_by_name_and_time(tmp_path: Path) -> None:
    count = 5_000
    events = {
        "user_id": [str(i % 70) for i in range(count)],
        "event": [("b", "a", "c")[i % 3] for i in range(count)],
        "timestamp": [str(1_700_000_000 + (i * 7919) % 10_007) for i in range(count)],
    }
    audience = load(tmp_path, events=events)
    found = rows(audience, "SELECT _name, _time FROM events")
    assert found == sorted(found)
    assert len(found) == count


def test_a_large_load_has_the_very_same_events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    count = 3_000
    clicks: dict[str, list[str]] = {
        "user_id": [str(i % 70) for i in range(count)],
        "event": [("b", "", "é", "Z")[i % 4] for i in range(count)],
        "timestamp": [str(1_700_000_000 + (i * 7919) % 10_007) for i in range(count)],
        "number": [str(10_000 + i) for i in range(count)],
        "code": [f"{i:06d}" for i in range(count)],
        "page": [("", " home", "07", "7", "seven")[i % 5] for i in range(count)],
        "amount": [f"{(i % 30_000) / 100 - 5}" for i in range(count)],
        "empty": [""] * count,
    }
    orders = {"user_id": ["1", "2"], "date": ["2024-01-01"] * 2, "number": ["x", "3"], "page": ["new", "7"]}
    plan = guess(stage(tmp_path, "clicks.csv", clicks), stage(tmp_path, "orders.csv", orders))
    for column in ("number", "code", "page"):
        plan = replanning.change_column(plan, 0, column, kind=Kind.TEXT)
    small = build(plan, tmp_path / "small")
    monkeypatch.setattr(narrowing, "LARGE", 0)
    monkeypatch.setattr(narrowing, "FEW", 100)
    left: list[str] = []

    def narrow(connection: duckdb.DuckDBPyConnection, *asked: Any) -> dict[str, str]:
        found = narrowing.narrow_types(connection, *asked)
        left.extend(name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall())
        return found

    monkeypatch.setattr(filling_events, "narrow_types", narrow)
    large = build(plan, tmp_path / "large")
    assert "keys" in left
    assert "handpick_texts" not in left
    assert types(large, "events") == types(small, "events")
    assert types(large, "people") == types(small, "people")
    assert rows(large, "SELECT * FROM events") == rows(small, "SELECT * FROM events")
    assert rows(large, "SELECT * FROM people") == rows(small, "SELECT * FROM people")
    assert large.about.reports == small.about.reports
    with large.cursor() as cursor:
        assert cursor.execute("SELECT count(*) FROM duckdb_types() WHERE NOT internal").fetchall() == [(0,)]


@pytest.mark.parametrize(
    ("scale", "largest", "type"),
    [
        (0, 127, "INT1"), (0, 128, "INT2"), (0, 2**31 - 1, "INT4"), (0, 2**31, "INT8"), (2, 99.99, "DECIMAL(4,2)"),
        (2, 100, "DECIMAL(9,2)"), (6, 0.5, "DECIMAL(9,6)"), (2, 1e7, "DECIMAL(18,2)"), (9, 1, "DOUBLE"),
    ],
)  # fmt: skip
def test_numbers_are_sorted_in_the_fewest_bytes_that_hold_them(scale: int, largest: float, type: str) -> None:
    assert Size(scale, largest).narrow == type


def test_too_little_memory_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [str(i) for i in range(100_000)]
    plan = guess(stage(tmp_path, "orders.csv", {"customer_id": ids, "date": ["2024-01-01"] * len(ids), "note": ids}))
    build(plan, tmp_path).close()
    for kept in (True, False):  # by a DuckDB that is lent, and by one of its own
        with monkeypatch.context() as patch:
            patch.setattr(lending if kept else staged, "MEMORY_LIMIT", "6MB")
            patch.setattr(lending, "_FREE", deque[duckdb.DuckDBPyConnection](maxlen=1))
            if not kept:
                patch.setattr(staged, "LITTLE", 0)
            with pytest.raises(LoadError, match="not enough memory or disk space for this data"):
                build(plan, tmp_path)
            assert not lending._FREE
    assert [path.name for path in (tmp_path / "audience").iterdir()] == ["v000001.duckdb"]
    build(plan, tmp_path).close()


def test_more_columns_than_one_query_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, limit in ((aggregating, "CHUNK"), (aggregating, "STACK"), (profiling, "CHUNK")):
        monkeypatch.setattr(module, limit, 25)
    customers: dict[str, list[str]] = {"customer_id": ["1", "2", "2", ""]}
    customers |= {f"n{i}": [str(i), str(i + 1), str(i + 2), "0"] for i in range(70)}
    orders: dict[str, list[str]] = {
        "customer_id": ["2", "1"],
        "date": ["2024-01-01", "2024-01-02"],
        "order_id": ["a", "b"],
    }
    orders |= {f"p{i}": [f"{i}.5", "1"] for i in range(60)}
    audience = load(tmp_path, customers=customers, orders=orders)
    assert rows(audience, "SELECT _row, customer_id, n0, n69 FROM people") == [(0, "1", 0, 69), (1, "2", 2, 71)]
    assert rows(audience, "SELECT _row, p0, p59 FROM events") == [(1, Decimal("0.5"), Decimal("59.5")), (0, 1, 1)]
    assert audience.catalogue.field("n69").high == "71"
    assert audience.catalogue.event_property("p59").filled == 2


def test_a_plan_with_problems_is_refused(tmp_path: Path) -> None:
    plan = guess(stage(tmp_path, "c.csv", {"customer_id": ["1", "2"], "birth": ["03/04/2024", "01/02/2024"]}))
    with pytest.raises(LoadError, match="say whether the day or the month comes first"):
        build(plan, tmp_path)
    assert not version_paths(tmp_path / "audience")
    audience = build(replanning.change_column(plan, 0, "birth", format=Format.MONTH_FIRST), tmp_path)
    assert rows(audience, "SELECT birth FROM people") == [(dt.date(2024, 3, 4),), (dt.date(2024, 1, 2),)]


def test_the_newest_two_versions_stay(tmp_path: Path) -> None:
    plan = guess(stage(tmp_path, "customers.csv", CUSTOMERS))
    for _ in range(4):
        build(plan, tmp_path).close()
    assert [path.name for path in version_paths(tmp_path / "audience")] == ["v000003.duckdb", "v000004.duckdb"]
    assert len(list((tmp_path / "audience").iterdir())) == 2


def test_loads_at_once_get_a_version_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "KEPT", 100)
    plan = guess(stage(tmp_path, "customers.csv", CUSTOMERS))
    paths: list[Path] = []

    def run() -> None:
        paths.append(build_audience(plan, tmp_path / "audience", name="x", zone="UTC", progress=Quiet()))

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(paths) == version_paths(tmp_path / "audience")
    assert len(paths) == 6
    for path in paths:
        audience = Audience(path)
        assert audience.people == 3
        audience.close()


def test_a_disk_without_links_is_published_by_rename(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(1, "no links here")

    monkeypatch.setattr("os.link", refuse)
    plan = guess(stage(tmp_path, "customers.csv", CUSTOMERS))
    assert build(plan, tmp_path).people == 3
    assert [path.name for path in (tmp_path / "audience").iterdir()] == ["v000001.duckdb"]


class AtStep(Quiet):
    """Does something when a step is announced."""

    def __init__(self, step: str, act: Callable[[], None]) -> None:
        self.step, self.act, self.interrupt = step, act, None

    def __call__(self, message: str, share: float | None = None) -> None:
        if message.startswith(self.step):
            self.act()


def cancel() -> None:
    raise Cancelled


def test_progress_only_grows(tmp_path: Path) -> None:
    shares: list[float] = []

    class Watched(Quiet):
        def __call__(self, message: str, share: float | None = None) -> None:
            shares.extend([share] if share is not None else [])

    tables = [stage(tmp_path, "customers.csv", CUSTOMERS), stage(tmp_path, "orders.csv", ORDERS)]
    plan = guess_plan(tables, zone="UTC", progress=Watched())
    assert shares == sorted(shares)
    shares.clear()
    build_audience(plan, tmp_path / "audience", name="x", zone="UTC", progress=Watched())
    assert shares == sorted(shares)
    assert 0 <= shares[0] < shares[-1] < 1


@pytest.mark.parametrize("step", ["Finding the customers", "Loading the events", "Finding out who did it"])
def test_cancel_leaves_what_was_there_where_events_tell_the_people(tmp_path: Path, step: str) -> None:
    plan = guess(stage(tmp_path, "orders.csv", ORDERS))
    with pytest.raises(Cancelled):
        build_audience(plan, tmp_path / "audience", name="x", zone="UTC", progress=AtStep(step, cancel))
    assert list((tmp_path / "audience").iterdir()) == []


@pytest.mark.parametrize("step", ["Reading", "Loading the customers", "Loading the events", "Counting", "Publishing"])
def test_cancel_leaves_what_was_there(tmp_path: Path, step: str) -> None:
    plan = guess(stage(tmp_path, "customers.csv", CUSTOMERS), stage(tmp_path, "orders.csv", ORDERS))
    build(plan, tmp_path).close()
    with pytest.raises(Cancelled):
        build_audience(plan, tmp_path / "audience", name="x", zone="UTC", progress=AtStep(step, cancel))
    assert [path.name for path in (tmp_path / "audience").iterdir()] == ["v000001.duckdb"]


def test_cancel_interrupts_a_running_query(tmp_path: Path) -> None:
    ids = [str(i % 30_000) for i in range(100_000)]
    table = {"customer_id": ids, "date": ["2024-01-01"] * 100_000, **{f"n{i}": ids for i in range(8)}}
    plan = guess(stage(tmp_path, "orders.csv", table))
    done = threading.Event()

    class Impatient(Quiet):
        def on_cancel(self, interrupt: Callable[[], None] | None) -> None:
            if interrupt is None:
                done.set()
                return

            def press() -> None:
                while not done.wait(0.05):
                    interrupt()

            threading.Thread(target=press).start()

    with pytest.raises(Cancelled):
        build_audience(plan, tmp_path / "audience", name="x", zone="UTC", progress=Impatient())
    assert list((tmp_path / "audience").iterdir()) == []


def test_an_error_leaves_what_was_there(tmp_path: Path) -> None:
    table = stage(tmp_path, "customers.csv", CUSTOMERS)
    plan = guess(table)
    build(plan, tmp_path).close()
    table.path.unlink()
    with pytest.raises(LoadError, match="is gone"):
        build(plan, tmp_path)
    stage(tmp_path, "customers.csv", {"customer_id": ["1"]})
    with pytest.raises(LoadError, match="was read with 6 columns and now has 1"):
        build(plan, tmp_path)
    assert [path.name for path in (tmp_path / "audience").iterdir()] == ["v000001.duckdb"]


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    plan = guess(stage(tmp_path, "customers.csv", CUSTOMERS))
    (tmp_path / "audience").write_text("a file")
    with pytest.raises(LoadError, match="cannot be written"):
        build(plan, tmp_path)


def test_leftovers_of_a_killed_load_are_cleared_after_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "audience"
    folder.mkdir()
    (folder / "v000001-abc.loading").write_bytes(b"half")
    plan = guess(stage(tmp_path, "customers.csv", CUSTOMERS))
    build(plan, tmp_path).close()
    assert (folder / "v000001-abc.loading").exists()
    monkeypatch.setattr(publishing, "ABANDONED", -10)
    build(plan, tmp_path).close()
    assert not (folder / "v000001-abc.loading").exists()


def test_an_empty_table_makes_an_empty_audience(tmp_path: Path) -> None:
    audience = load(tmp_path, customers={"customer_id": [], "age": []}, orders={"customer_id": [], "date": []})
    assert (audience.people, audience.about.events) == (0, 0)
    assert [f.filled for f in audience.catalogue.fields] == [0, 0]
