"""Real data sets from file to audience, with the counts that others computed."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from segmentation.audience import Audience
from segmentation.catalogue import Kind, Role, Theme
from segmentation.guessing import guess_plan
from segmentation.jobs import Quiet
from segmentation.loading import build_audience
from segmentation.plan import Format, LoadPlan, StagedTable, TableRole
from tests.segmentation.staging import column, stage_csv


def guess(table: StagedTable) -> LoadPlan:
    return guess_plan([table], zone="UTC", progress=Quiet())


def build(plan: LoadPlan, folder: Path) -> Audience:
    return Audience(build_audience(plan, folder / "audience", name="x", zone="UTC", progress=Quiet()))


def one(audience: Audience, sql: str) -> tuple[Any, ...]:
    with audience.cursor() as cursor:
        return cursor.execute(sql).fetchone() or ()


def test_telco(shared_data: Path, tmp_path: Path) -> None:
    plan = guess(stage_csv(tmp_path, shared_data / "telco" / "Telco-Customer-Churn.csv"))
    (table,) = plan.tables
    assert (plan.problems, table.role, table.key) == ((), TableRole.PEOPLE, "customerID")
    kinds = {c.name: c.kind for c in table.columns}
    assert {name for name, kind in kinds.items() if kind is Kind.NUMBER} == {"tenure", "MonthlyCharges", "TotalCharges"}
    assert {name for name, kind in kinds.items() if kind is Kind.YES_NO} == {
        "SeniorCitizen", "Partner", "Dependents", "PhoneService", "PaperlessBilling", "Churn"
    }  # fmt: skip
    assert column(plan, "TotalCharges").misfits == 0
    assert column(plan, "gender").role is Role.GENDER
    assert column(plan, "tenure").theme is column(plan, "PhoneService").theme is Theme.BEHAVIOURAL
    audience = build(plan, tmp_path)
    assert audience.people == 7043
    assert audience.catalogue.field("TotalCharges").filled == 7032
    assert audience.about.reports[0].misfits == ()
    assert one(audience, "SELECT sum(MonthlyCharges) FROM people WHERE Churn") == (Decimal("139130.85"),)
    at_risk = "NOT Churn AND PaymentMethod = 'Electronic check' AND MonthlyCharges >= 80"
    assert one(audience, f"SELECT count(*), sum(MonthlyCharges) FROM people WHERE {at_risk}") == (
        642,
        Decimal("61408.30"),
    )


def test_online_retail_of_a_file_with_types(shared_data: Path, tmp_path: Path) -> None:
    """As text it is loaded by tests/test_reference_counts.py."""
    path = shared_data / "online_retail" / "online_retail_2010_2011.parquet"
    names = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
    plan = guess(StagedTable(name=path.name, path=path, columns=names, rows=541_909))
    (found,) = plan.tables
    assert (plan.problems, found.role, found.key, found.time) == ((), TableRole.EVENTS, "CustomerID", "InvoiceDate")
    assert (found.event_name, found.line_total) == ("purchase", ("Quantity", "UnitPrice"))
    assert column(plan, "CustomerID").format is Format.WHOLE
    assert {column(plan, name).kind for name in ("InvoiceNo", "StockCode", "Description", "Country")} == {Kind.TEXT}
    audience = build(plan, tmp_path)
    assert (audience.people, audience.about.events) == (4372, 541_909 - 135_080)
    assert audience.about.reports[0].set_aside == (("no customer id", 135_080),)
    assert [f.name for f in audience.catalogue.fields] == ["CustomerID", "Country", "first_seen", "last_seen", "events"]
    assert audience.catalogue.event_property("UnitPrice").kind is Kind.NUMBER
    bought = "InvoiceNo NOT LIKE 'C%' AND Quantity > 0 AND UnitPrice > 0"
    assert one(audience, f"SELECT count(*), count(DISTINCT _row), sum(line_total) FROM events WHERE {bought}") == (
        397_884, 4338, Decimal("8911407.904")
    )  # fmt: skip
    assert one(audience, "SELECT sum(events), count(*) FILTER (CustomerID = '17850') FROM people") == (406_829, 1)
    germans = "SELECT count(*) FROM (SELECT _row FROM events WHERE Country = 'Germany' GROUP BY _row"
    assert one(audience, f"{germans} HAVING count(*) FILTER (InvoiceNo LIKE 'C%') = 0)") == (40,)


def test_bank_customers_have_no_id(shared_data: Path, tmp_path: Path) -> None:
    audience = build(guess(stage_csv(tmp_path, shared_data / "bank" / "bank-full.csv", ";")), tmp_path)
    assert audience.people == 45_211
    chosen = "age BETWEEN 30 AND 45 AND education = 'tertiary' AND balance > 1500 AND NOT housing AND NOT loan"
    assert one(audience, f"SELECT count(*), count(*) FILTER (y) FROM people WHERE {chosen}") == (1114, 278)


def test_contacts(shared_data: Path, tmp_path: Path) -> None:
    plan = guess(stage_csv(tmp_path, shared_data / "datablist" / "customers-1000.csv"))
    roles = {c.name: c.role for c in plan.tables[0].columns if c.role is not Role.NONE}
    assert roles == {
        "Customer Id": Role.PERSON_ID, "First Name": Role.FIRST_NAME, "Last Name": Role.LAST_NAME, "Company": Role.COMPANY,
        "City": Role.CITY, "Country": Role.COUNTRY, "Phone 1": Role.PHONE, "Phone 2": Role.PHONE, "Email": Role.EMAIL,
        "Subscription Date": Role.SIGNUP_DATE,
    }  # fmt: skip
    assert build(plan, tmp_path).people == 1000


def test_shopping_sessions(shared_data: Path, tmp_path: Path) -> None:
    path = shared_data / "online_shoppers" / "online_shoppers_intention.csv"
    audience = build(guess(stage_csv(tmp_path, path)), tmp_path)
    chosen = "PageValues > 10 AND ProductRelated >= 20 AND NOT Revenue"
    assert one(audience, f"SELECT count(*), (SELECT count(*) FROM people WHERE {chosen}) FROM people") == (12_330, 508)
