"""Known answers on real data, each by a definition: files are read, recognised, loaded and counted as a marketer's would be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from connectors.importing import load, plan_files
from segmentation.audience import Audience
from segmentation.catalogue import Kind
from segmentation.clock import Clock
from segmentation.definition import (
    BetweenDays,
    Definition,
    EventCondition,
    FieldCondition,
    Group,
    Match,
    Measure,
    MeasureFunction,
    Node,
    Operand,
)
from segmentation.editing import with_ids
from segmentation.engine import Answer, Engine
from segmentation.jobs import Quiet
from segmentation.plan import Format, TableRole
from segmentation.settings import Settings
from segmentation.workspace import Workspace

CLOCK = Clock(datetime(2026, 11, 1, tzinfo=UTC), "UTC")
Loaded = Iterator[Engine]


def opened(file: Path, home: Path) -> Engine:
    """The engine over a freshly loaded file."""
    space = Workspace(home)
    space.set_settings(Settings(zone="UTC"))
    plan, _ = plan_files([(file.name, file)], space, Quiet())
    assert plan.problems == ()
    audience = load(plan, file.stem, space, Quiet())
    (entry,) = space.audiences()
    assert entry.id == audience
    assert entry.path is not None
    return Engine(Audience(entry.path))


@pytest.fixture(scope="module")
def telco(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return opened(shared_data / "telco" / "Telco-Customer-Churn.csv", tmp_path_factory.mktemp("telco"))


@pytest.fixture(scope="module")
def retail(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return opened(shared_data / "online_retail" / "online_retail_2010_2011.csv.gz", tmp_path_factory.mktemp("retail"))


@pytest.fixture(scope="module")
def bank(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """The bank's file has no customer id: one is put in front of each row, as a marketer would in a spreadsheet."""
    folder = tmp_path_factory.mktemp("bank")
    header, *rows = (shared_data / "bank" / "bank-full.csv").read_text().splitlines()
    file = folder / "bank.csv"
    file.write_text("\n".join([f"customer_id;{header}", *(f"K{i:06d};{row}" for i, row in enumerate(rows))]) + "\n")
    return opened(file, folder)


def field(name: str, operator: str, value: Operand = None) -> FieldCondition:
    return FieldCondition(field=name, operator=operator, value=value)


def answer(engine: Engine, *nodes: Node, match: Match = Match.ALL) -> Answer:
    found = engine.answer(with_ids(Definition(root=Group(match=match, children=nodes))), CLOCK)
    assert found.unfinished == {}
    return found


def count(engine: Engine, *nodes: Node, match: Match = Match.ALL) -> int:
    return answer(engine, *nodes, match=match).total


def yes(engine: Engine, name: str) -> FieldCondition:
    """Yes as the field was recognised: a yes/no field, or a number or text that says so."""
    kind = engine.audience.catalogue.field(name).kind
    return {
        "yes_no": field(name, "is_yes"),
        "number": field(name, "equals", 1),
        "text": field(name, "is", "yes"),
    }[kind.value]


def test_telco(telco: Engine) -> None:
    assert telco.audience.people == 7043
    assert count(telco, yes(telco, "Churn")) == 1869
    assert count(telco, field("TotalCharges", "is_missing")) == 11
    fibre = (
        field("Contract", "is_any_of", ("Month-to-month",)),
        field("InternetService", "is_any_of", ("Fiber optic",)),
        field("tenure", "less_than", 12),
    )
    assert count(telco, *fibre) == 876
    assert count(telco, *fibre, yes(telco, "Churn")) == 618
    contracts = {"Month-to-month": 3875, "One year": 1473, "Two year": 1695}
    assert {name: count(telco, field("Contract", "is", name)) for name in contracts} == contracts
    risk = (
        Group(match=Match.NONE, children=(yes(telco, "Churn"),)),
        field("PaymentMethod", "is", "Electronic check"),
        field("MonthlyCharges", "at_least", 80),
    )
    assert count(telco, *risk) == 642
    assert count(telco, yes(telco, "SeniorCitizen"), field("TechSupport", "is", "No")) == 830


def bought(*filters: Node, value: int | float = 1, comparison: str = "at_least", **changes: object) -> EventCondition:
    """The stated base: not cancelled, quantity and price above 0."""
    base = (
        field("InvoiceNo", "does_not_start_with", "C"),
        field("Quantity", "more_than", 0),
        field("UnitPrice", "more_than", 0),
    )
    return EventCondition.model_validate(
        {
            "events": ("purchase",),
            "where": Group(children=(*base, *filters)),
            "value": value,
            "comparison": comparison,
            **changes,
        }
    )


def test_online_retail_customers(retail: Engine) -> None:
    about = retail.audience.about
    assert about.people == 4372
    (report,) = about.reports
    assert report.rows == 541_909
    assert report.loaded + sum(rows for _, rows in report.set_aside) == report.rows
    assert dict(report.set_aside)["no customer id"] == 135_080
    assert [event.name for event in about.catalogue.events] == ["purchase"]
    assert [f.name for f in about.catalogue.fields] == ["CustomerID", "Country", "first_seen", "last_seen", "events"]
    (table,) = about.plan.tables
    assert (table.role, table.key, table.time) == (TableRole.EVENTS, "CustomerID", "InvoiceDate")
    assert (table.event_name, table.line_total) == ("purchase", ("Quantity", "UnitPrice"))
    columns = {column.name: column for column in table.columns}
    assert columns["CustomerID"].format is Format.WHOLE
    assert {columns[name].kind for name in ("InvoiceNo", "StockCode", "Description", "Country")} == {Kind.TEXT}
    assert count(retail, bought()) == 4338


def test_online_retail_repeat_buyers(retail: Engine) -> None:
    invoices = Measure(function=MeasureFunction.DISTINCT, property="InvoiceNo")
    assert count(retail, bought(measure=invoices, value=2)) == 2845
    assert count(retail, bought(measure=invoices, value=1, comparison="exactly")) == 1493
    assert count(retail, bought(measure=invoices, value=10)) == 391


def test_online_retail_lapsed_high_value(retail: Engine) -> None:
    spent = bought(measure=Measure(function=MeasureFunction.SUM, property="line_total"), value=1000)
    recent = bought(comparison="never", window=BetweenDays(first=date(2011, 9, 10)))
    assert count(retail, spent, recent) == 232


def test_online_retail_behaviour(retail: Engine) -> None:
    german = EventCondition(events=("purchase",), where=Group(children=(field("Country", "is", "Germany"),)))
    cancelled = Group(children=(field("Country", "is", "Germany"), field("InvoiceNo", "starts_with", "C")))
    assert count(retail, german, EventCondition(events=("purchase",), where=cancelled, comparison="never")) == 40
    stand, heart = field("StockCode", "is", "22423"), field("StockCode", "is", "85123A")
    exact = [f.model_copy(update={"exact_case": True}) for f in (stand, heart)]
    assert count(retail, bought(exact[0]), bought(exact[1], comparison="never")) == 620
    countries = Measure(function=MeasureFunction.DISTINCT, property="Country")
    assert count(retail, EventCondition(events=("purchase",), measure=countries, value=2)) == 8
    november = BetweenDays(first=date(2011, 11, 1), last=date(2011, 11, 30))
    october = BetweenDays(first=date(2011, 10, 1), last=date(2011, 10, 31))
    assert count(retail, bought(window=november), bought(window=october, comparison="never")) == 1042


def test_bank(bank: Engine) -> None:
    assert bank.audience.people == 45_211
    rich = (
        field("age", "between", (30, 45)),
        field("education", "is", "tertiary"),
        field("balance", "more_than", 1500),
        Group(match=Match.NONE, children=(yes(bank, "housing"), yes(bank, "loan"))),
    )
    assert count(bank, *rich) == 1114
    assert count(bank, *rich, yes(bank, "y")) == 278
    assert count(bank, field("pdays", "equals", -1), field("campaign", "more_than", 3)) == 8588
    assert count(bank, field("balance", "less_than", 0)) == 3766
    assert count(bank, yes(bank, "default")) == 815
