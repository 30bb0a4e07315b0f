"""Load plans from staged tables: kinds and formats of columns, and what the tables are."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segmentation.audience import Audience
from segmentation.catalogue import Kind, Role, Theme
from segmentation.errors import Cancelled, LoadError
from segmentation.guessing import checked, guess_plan
from segmentation.jobs import Quiet
from segmentation.loading import build_audience
from segmentation.plan import ColumnPlan, Format, LoadPlan, StagedTable, TableRole
from segmentation.replanning import change_column
from tests.segmentation.staging import column, stage, stage_arrow


def guess(*tables: StagedTable, zone: str = "Europe/Berlin") -> LoadPlan:
    return guess_plan(tables, zone=zone, progress=Quiet())


def guessed(folder: Path, name: str, values: Sequence[Any]) -> ColumnPlan:
    """How a column of customers is read."""
    ids = [f"c{number}" for number in range(len(values))]
    return column(guess(stage(folder, "customers.csv", {"customer_id": ids, name: list(values)})), name)


N, P = Kind.NUMBER, Format.PLAIN


@pytest.mark.parametrize(
    ("name", "values", "kind", "format"),
    [
        ("spend", ["1", "2.5", "-3"], N, P), ("spend", ["1,234.50", "7"], N, P), ("spend", ["$5.00", "$1,000"], N, P),
        ("spend", ["1.234,50", "7,5"], N, Format.DECIMAL_COMMA), ("spend", ["1234,5", "7"], N, Format.DECIMAL_COMMA),
        ("spend", ["1,234", "12"], N, P), ("spend", ["1,234", "2,345"], N, Format.ASK), ("weight", ["1.234", "2.345"], N, P),
        ("rate", ["0.2", "2.79E-05", "1e-05"], N, P), ("spend", [" 5 ", "", "  "], N, P),
        ("churn", ["Yes", "No"], Kind.YES_NO, P), ("vip", ["ja", "nein"], Kind.YES_NO, P), ("vip", ["OUI", "non"], Kind.YES_NO, P),
        ("vip", ["sí", "no"], Kind.YES_NO, P), ("vip", ["true", ""], Kind.YES_NO, P), ("vip", ["Y", "n"], Kind.YES_NO, P),
        ("grade", ["Y", "Y"], Kind.TEXT, P), ("vip", ["yes", "no", "maybe"], Kind.TEXT, P),
        ("vip", ["0", "1", "1"], Kind.YES_NO, P), ("vip", ["1", "1"], N, P), ("orders", ["0", "1"], N, P),
        ("SeniorCitizen", ["0", "1"], Kind.YES_NO, P), ("children", ["0", "1"], N, P), ("vip", ["0", "1", "2"], N, P),
        ("d", ["2024-04-03", "2024-12-31"], Kind.DATE, P), ("d", ["3 Apr 2024", "4 May 2024"], Kind.DATE, P),
        ("d", ["13/04/2024", "03/04/2024"], Kind.DATE, Format.DAY_FIRST),
        ("d", ["04/13/2024", "03/04/2024"], Kind.DATE, Format.MONTH_FIRST),
        ("d", ["03/04/2024", "01/02/2024"], Kind.DATE, Format.ASK), ("d", ["3.4.2024", "1.2.2024"], Kind.DATE, Format.DAY_FIRST),
        ("d", ["2024-04-03 00:00:00", "2024-04-04 00:00:00"], Kind.DATE, P),
        ("d", ["2024-04-03 00:00:00", "2024-04-04 00:00:01"], Kind.MOMENT, P),
        ("d", ["2024-04-03T10:00:00Z", "2024-04-04T10:00:00+02:00"], Kind.MOMENT, P),
        ("d", ["12/1/2010 8:26", "12/13/2010 8:26"], Kind.MOMENT, Format.MONTH_FIRST),
        ("d", ["12/1/2010 8:26", "11/1/2010 8:26"], Kind.MOMENT, Format.ASK), ("birth_date", ["19810403", "19751231"], Kind.DATE, P),
        ("spend", ["19810403", "19751231"], N, P), ("created_at", ["1700000000", "1700000001"], Kind.MOMENT, P),
        ("timestamp", ["1700000000123"], Kind.MOMENT, P), ("spend", ["1700000000", "1700000001"], N, P),
        ("interests", ["music;art", "art", "sport;music"], Kind.LIST, Format.SEMICOLON),
        ("interests", ["music|art", "art"], Kind.LIST, Format.PIPE), ("interests", ["music, art", "art"], Kind.LIST, Format.COMMA),
        ("x", ["a;b", "b;a", "a", "b;c", "c;a"], Kind.LIST, Format.SEMICOLON),
        ("company", ["Terry, Proctor and Lawrence", "Boyle, Smith"], Kind.TEXT, P),
        ("x", ["a,b", "c,d", "e"], Kind.TEXT, P), ("place", ["Ulm, Germany", "Bonn, Germany", "Metz, France", "Lyon, France"] * 9, Kind.TEXT, P),
        ("liked", ["Ulm, Bonn", "Bonn", "Bonn, Ulm", "Ulm", "Ulm, Bonn, Metz", "Metz, Ulm", "Metz", "Bonn, Metz", "Metz, Bonn"], Kind.LIST, Format.COMMA), ("tags", ['["a"]', "[]", '["a","b"]'], Kind.LIST, Format.JSON),
        ("zip_code", ["12345", "54321"], Kind.TEXT, P), ("sku", ["1", "2"], Kind.TEXT, P), ("phone", ["123", "456"], Kind.TEXT, P),
        ("x", ["00012", "00013"], Kind.TEXT, P), ("x", ["+49170123456", "+49170123457"], Kind.TEXT, P),
        ("x", ["1e5", "2e6"], Kind.TEXT, P), ("x", ["1234567890123456", "1"], Kind.TEXT, P), ("x", ["C536379", "536380"], Kind.TEXT, P),
        ("x", ["", " ", None], Kind.TEXT, P), ("loyalty_id", ["17850.0", "13047.0", ""], Kind.TEXT, Format.WHOLE),
        ("loyalty_id", ["17850.0", "13047.5"], Kind.TEXT, P), ("visits", ["3.0", "4.0"], N, P),
    ],
)  # fmt: skip
def test_kinds_and_formats(tmp_path: Path, name: str, values: list[str | None], kind: Kind, format: Format) -> None:
    found = guessed(tmp_path, name, values)
    assert (found.kind, found.format, found.misfits) == (kind, format, 0)


@pytest.mark.parametrize(
    ("name", "values", "kind", "format"),
    [
        ("spend", [1, 2, None], N, P), ("spend", [1.5, None], N, P), ("spend", [Decimal("1.50")], N, P),
        ("vip", [True, False], Kind.YES_NO, P), ("vip", [0, 1], Kind.YES_NO, P), ("orders", [0, 1], N, P),
        ("zip", [12345, 1], Kind.TEXT, P), ("user_ref", [17850.0, None], Kind.TEXT, Format.WHOLE),
        ("d", [dt.date(2024, 4, 3)], Kind.DATE, P), ("d", [dt.datetime(2024, 4, 3, 10)], Kind.MOMENT, P),  # noqa: DTZ001
        ("d", [dt.datetime(2024, 4, 3), None], Kind.DATE, P), ("d", [dt.datetime(2024, 4, 3, 10, tzinfo=dt.UTC)], Kind.MOMENT, P),  # noqa: DTZ001
        ("d", [dt.time(10)], Kind.TEXT, P), ("interests", [["a", "b"], []], Kind.LIST, P), ("birth_date", [19810403], Kind.DATE, P),
        ("x", [{"a": 1}], Kind.TEXT, P), ("x", [b"ab"], Kind.TEXT, P), ("created_at", [1700000000], Kind.MOMENT, P),
    ],
)  # fmt: skip
def test_kinds_of_typed_sources(tmp_path: Path, name: str, values: list[Any], kind: Kind, format: Format) -> None:
    found = guessed(tmp_path, name, values)
    assert (found.kind, found.format, found.misfits) == (kind, format, 0)


def test_few_misfits_are_counted_exactly_with_examples(tmp_path: Path) -> None:
    found = guessed(tmp_path, "spend", [*map(str, range(960)), *["n/a"] * 30, *["?"] * 10, *[""] * 500])
    assert (found.kind, found.misfits, found.misfit_examples) == (Kind.NUMBER, 40, ("?", "n/a"))


def test_too_many_misfits_make_a_text(tmp_path: Path) -> None:
    found = guessed(tmp_path, "spend", [*map(str, range(94)), *["many"] * 6])
    assert (found.kind, found.misfits) == (Kind.TEXT, 0)


def test_a_late_cell_decides_over_all_others(tmp_path: Path) -> None:
    plain = ["03/04/2024"] * 60_000
    assert guessed(tmp_path / "a", "d", plain).format is Format.ASK
    assert guessed(tmp_path / "b", "d", [*plain, "13/04/2024"]).format is Format.DAY_FIRST
    assert guessed(tmp_path / "c", "n", [*["5"] * 60_000, "0123"]).kind is Kind.TEXT
    assert guessed(tmp_path / "d", "vip", [*["0", "1"] * 30_000, "2"]).kind is Kind.NUMBER


def test_a_column_that_is_almost_empty_is_read_all_the_same(tmp_path: Path) -> None:
    values = [""] * 60_000
    values[59_000] = "5"
    assert guessed(tmp_path, "spend", values).kind is Kind.NUMBER


def test_passwords_are_not_used_by_themselves(tmp_path: Path) -> None:
    plan = guess(stage(tmp_path, "users.csv", {"user_id": ["1", "2"], "PasswordHash": ["x", "y"], "age": ["3", "4"]}))
    assert [column.column for column in plan.tables[0].columns if column.include] == ["user_id", "age"]


@pytest.mark.parametrize("secret", ["password", "user_pass", "mot de passe", "Api-Key"])
def test_nothing_of_a_password_stands_in_a_plan_or_an_audience(tmp_path: Path, secret: str) -> None:
    numbers = [str(number) for number in range(500)]
    words = [str(number * 7919) for number in range(499)] + ["s3cret"]  # nearly all are numbers, as of a code
    table = stage(tmp_path, "users.csv", {"user_id": numbers, secret: words, "age": ["30"] * 500})
    plan = guess(table)
    told = column(plan, secret)
    assert (told.include, told.examples, told.misfit_examples) == (False, (), ())
    as_text = change_column(plan, 0, secret, kind=Kind.TEXT)
    wanted = change_column(as_text, 0, secret, include=True, kind=Kind.NUMBER)
    (checked_table,) = checked(wanted, Quiet(), since=as_text).tables
    (known,) = [one for one in checked_table.columns if one.column == secret]
    assert (known.misfits, known.misfit_examples) == (1, ())
    path = build_audience(wanted, tmp_path / "shop", name="Shop", zone="UTC", progress=Quiet())
    audience = Audience(path)
    (report,) = audience.about.reports
    assert [(cells, examples) for _, cells, examples in report.misfits] == [(1, ())]
    assert "s3cret" not in audience.about.model_dump_json()
    audience.close()


def test_examples_are_filled_and_different(tmp_path: Path) -> None:
    assert guessed(tmp_path, "colour", ["", "red", "red", None, "blue"]).examples == ("red", "blue")


def test_the_decimal_comma_of_one_column_is_not_that_of_another(tmp_path: Path) -> None:
    table = stage(tmp_path, "customers.csv", {"customer_id": ["1", "2"], "a": ["1,5", "2,5"], "b": ["1.5", "2.5"]})
    plan = guess(table)
    assert [column(plan, name).format for name in "ab"] == [Format.DECIMAL_COMMA, Format.PLAIN]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.decimals(-1000, 1000, places=2), min_size=1, max_size=20), st.booleans())
def test_numbers_that_programs_write_are_numbers(tmp_path: Path, numbers: list[Decimal], comma: bool) -> None:
    texts = [str(number).replace(".", ",") if comma else str(number) for number in numbers]
    found = guessed(tmp_path, "spend", texts)
    assert (found.kind, found.misfits) == (Kind.NUMBER, 0)
    assert found.format is (Format.DECIMAL_COMMA if comma else Format.PLAIN)


def test_names_are_kept_and_unique(tmp_path: Path) -> None:
    odd = ['a "b"', "🎉", "a'; DROP TABLE x; --", "_row", "_time", "row", "select", "%", "x\\y", " ", "A", "a"]
    table = stage_arrow(tmp_path, "customers.csv", pa.table([pa.array([f"v{i}"]) for i in range(len(odd))], names=odd))
    plan = guess(table)
    names = [c.name for c in plan.tables[0].columns]
    assert [c.column for c in plan.tables[0].columns] == odd
    assert names[:3] == odd[:3]
    assert len({name.casefold() for name in names}) == len(odd)
    assert not {"_row", "_name", "_time"} & {name.casefold() for name in names}
    assert all(c.label for c in plan.tables[0].columns)
    assert [c.examples for c in plan.tables[0].columns] == [(f"v{i}",) for i in range(len(odd))]


CUSTOMERS = {
    "id": ["1", "2", "3", "4"], "email": ["a@x.org", "b@x.org", "c@x.org", "d@x.org"], "birth_date": ["1980-01-01"] * 4,
}  # fmt: skip
ORDERS = {
    "id": ["1", "2", "3"], "customer_id": ["1", "1", "2"], "ordered_at": ["2024-01-01 10:00"] * 3,
    "quantity": ["1", "2", "3"], "unit_price": ["1.5", "2", "3"],
}  # fmt: skip


def test_customers_and_orders(tmp_path: Path) -> None:
    plan = guess(stage(tmp_path, "orders.csv", ORDERS), stage(tmp_path, "customers.csv", CUSTOMERS))
    orders, customers = plan.tables
    assert plan.problems == ()
    assert (orders.role, orders.key, orders.time) == (TableRole.EVENTS, "customer_id", "ordered_at")
    assert (orders.event_column, orders.event_name) == (None, "order")
    assert orders.line_total == ("quantity", "unit_price")
    assert orders.zone == "Europe/Berlin"
    assert (customers.role, customers.key, customers.time) == (TableRole.PEOPLE, "id", None)
    key = column(plan, "id", 1)
    assert (key.kind, key.role, key.theme) == (Kind.TEXT, Role.PERSON_ID, Theme.IDENTITY)
    assert column(plan, "id", 0).role is Role.NONE


def test_the_key_is_what_the_other_table_uses(tmp_path: Path) -> None:
    people = {"id": ["1", "2", "3"], "email": ["a@x.org", "b@x.org", "c@x.org"], "name": ["A", "B", "C"]}
    visits = {"email": ["b@x.org", "b@x.org", "c@x.org"], "date": ["2024-01-01"] * 3}
    plan = guess(stage(tmp_path, "people.csv", people), stage(tmp_path, "visits.csv", visits))
    assert [table.key for table in plan.tables] == ["email", "email"]


def test_events_name_themselves(tmp_path: Path) -> None:
    events = {
        "user_id": ["1", "1", "2"], "event": ["page_view", "purchase", "page_view"], "timestamp": ["2024-01-01T10:00:00Z"] * 3,
    }  # fmt: skip
    plan = guess(stage(tmp_path, "events.csv", events))
    assert (plan.tables[0].role, plan.tables[0].event_column, plan.tables[0].event_name) == (
        TableRole.EVENTS,
        "event",
        None,
    )
    assert plan.problems == ()


def test_people_without_an_id_are_numbered(tmp_path: Path) -> None:
    plan = guess(stage(tmp_path, "bank.csv", {"age": ["20", "30"], "job": ["baker", "clerk"]}))
    assert (plan.tables[0].role, plan.tables[0].key, plan.problems) == (TableRole.PEOPLE, None, ())
    assert plan.tables[0].notes == ("There is no customer id: each row is one person, numbered from 1.",)


def test_a_people_table_may_have_a_few_double_ids(tmp_path: Path) -> None:
    ids = [str(number) for number in range(100)]
    plan = guess(stage(tmp_path, "export.csv", {"customer_id": [*ids, "7"], "signup_date": ["2024-01-01"] * 101}))
    assert plan.tables[0].role is TableRole.PEOPLE


def test_only_one_table_holds_people(tmp_path: Path) -> None:
    shops = {"shop_id": ["1", "2"], "city": ["Ulm", "Bonn"]}
    plan = guess(stage(tmp_path, "shops.csv", shops), stage(tmp_path, "customers.csv", CUSTOMERS))
    assert [table.role for table in plan.tables] == [TableRole.LEAVE_OUT, TableRole.PEOPLE]
    assert plan.problems == ()
    assert plan.tables[0].notes == (
        "Left out: it has no customer id, so that it tells of no event, and nothing was found that refers to it.",
    )


def test_employees_are_no_customers_who_did_something(tmp_path: Path) -> None:
    staff = {"EmployeeId": ["1", "2"], "HireDate": ["2020-01-01", "2021-01-01"], "Email": ["y@shop.org", "z@shop.org"]}
    plan = guess(stage(tmp_path, "Employee", staff), stage(tmp_path, "Customer", CUSTOMERS))
    assert [table.role for table in plan.tables] == [TableRole.LEAVE_OUT, TableRole.PEOPLE]


def test_events_without_a_time_ask_for_it(tmp_path: Path) -> None:
    plan = guess(stage(tmp_path, "clicks.csv", {"customer_id": ["1", "1", "2"], "page": ["a", "b", "a"]}))
    assert plan.problems == ("clicks.csv: Say which column tells when it happened.",)


def test_a_date_that_can_be_read_in_two_ways_asks(tmp_path: Path) -> None:
    plan = guess(stage(tmp_path, "c.csv", {"customer_id": ["1", "2"], "birth": ["03/04/2024", "01/02/2024"]}))
    sentence = "“birth” has dates like 03/04/2024: say whether the day or the month comes first."
    assert plan.problems == (f"c.csv: {sentence}",)


def test_a_comma_that_can_be_read_in_two_ways_asks(tmp_path: Path) -> None:
    plan = guess(stage(tmp_path, "c.csv", {"customer_id": ["1", "2"], "price": ["1,234", "2,345"]}))
    sentence = "“price” has numbers like 1,234: say whether the comma marks decimals or thousands."
    assert plan.problems == (f"c.csv: {sentence}",)


def test_an_id_written_as_a_decimal_is_told(tmp_path: Path) -> None:
    plan = guess(stage(tmp_path, "sales.csv", {"CustomerID": ["17850.0", "17850.0", ""], "date": ["2024-01-01"] * 3}))
    assert plan.tables[0].notes == ("“CustomerID” is written like 17850.0 and read as 17850.",)


def test_empty_tables_are_no_mistake(tmp_path: Path) -> None:
    plan = guess(stage(tmp_path, "customers.csv", {"customer_id": [], "age": []}))
    assert (plan.tables[0].role, plan.tables[0].key, plan.problems) == (TableRole.PEOPLE, "customer_id", ())


def test_a_path_with_wildcards_is_one_file(tmp_path: Path) -> None:
    plan = guess(stage(tmp_path / "a[1]*?", "customers.csv", CUSTOMERS))
    assert plan.tables[0].key == "id"


def test_thousands_of_columns(tmp_path: Path) -> None:
    columns = {"customer_id": [str(i) for i in range(300)]}
    columns |= {f"n{i}": [str(i * j % 97) for j in range(300)] for i in range(1, 1001)}
    days, letters = [f"{1 + j % 12:02}/{1 + j % 28:02}/2024" for j in range(300)], ["y", "x"] * 150
    columns |= {f"d{i}": days for i in range(1000)} | {f"t{i}": letters for i in range(999)}
    columns["n7"][250] = "oops"
    plan = guess(stage(tmp_path, "customers.csv", columns))
    found = {found.column: found for found in plan.tables[0].columns}
    assert found["n7"].misfits == 1
    assert found["n7"].misfit_examples == ("oops",)
    assert {found[f"n{i}"].kind for i in range(3, 1001)} == {Kind.NUMBER}
    assert {found[f"d{i}"].format for i in range(1000)} == {Format.MONTH_FIRST}
    assert {found[f"t{i}"].kind for i in range(999)} == {Kind.TEXT}


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    table = stage(tmp_path, "customers.csv", CUSTOMERS)
    table.path.unlink()
    with pytest.raises(LoadError, match=r"The read data of customers\.csv is gone"):
        guess(table)


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    table = stage(tmp_path, "customers.csv", CUSTOMERS)
    table.path.write_bytes(b"PAR1 no parquet")
    with pytest.raises(LoadError, match="cannot be loaded"):
        guess(table)


def test_cancel_ends_a_guess(tmp_path: Path) -> None:
    class Impatient(Quiet):
        def __call__(self, message: str, share: float | None = None) -> None:
            raise Cancelled

    with pytest.raises(Cancelled):
        guess_plan([stage(tmp_path, "customers.csv", CUSTOMERS)], zone="UTC", progress=Impatient())


def test_checking_a_guess_again_finds_the_same(tmp_path: Path) -> None:
    values = ["1", "2", "x", *["3"] * 60]
    table = stage(
        tmp_path, "c.csv", {"customer_id": [str(i) for i in range(63)], "a": values, "d": ["03/04/2024"] * 63}
    )
    plan = guess(table)
    assert checked(plan, Quiet()) == plan
    assert checked(plan, Quiet(), since=plan) == plan
