"""Headline facts: what they count, and what is said where the catalogue offers little or nothing."""

# ruff: noqa: DTZ001 - moments are stored without a zone

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segmentation.audience import Audience
from segmentation.catalogue import Catalogue, Field, Kind, Role
from segmentation.clock import Clock
from segmentation.facts import Fact, summary
from segmentation.membership import Membership
from tests.segmentation.audiences import write_audience

NOW = Clock(datetime(2026, 1, 1, tzinfo=UTC), "Europe/Berlin")
FIELDS = {"country": Kind.TEXT, "customer_age": Kind.NUMBER, "yearly_income": Kind.NUMBER, "vip": Kind.YES_NO}
PEOPLE = (
    {"country": "DE", "customer_age": 20, "yearly_income": 1_000, "vip": True},
    {"country": "NO", "customer_age": 40, "yearly_income": 2_000},
    {"country": "NO", "customer_age": 60, "yearly_income": 6_000},
    {"country": "DE"},
)
EVENTS = (
    {"_row": 0, "_name": "Order Completed", "_time": datetime(2025, 12, 20), "order_total": 10},
    {"_row": 1, "_name": "Order Completed", "_time": datetime(2025, 6, 1), "order_total": 20},
    {"_row": 1, "_name": "Order Completed", "_time": datetime(2025, 6, 2)},
    {"_row": 2, "_name": "Order Completed", "_time": datetime(2024, 12, 31), "order_total": 500},
    {"_row": 2, "_name": "Order Cancelled", "_time": datetime(2025, 12, 31), "order_total": 500},
    {"_row": 3, "_name": "Order Completed", "_time": datetime(2026, 1, 2), "order_total": 500},
)


def with_roles(catalogue: Catalogue, roles: Mapping[str, Role], **changes: Any) -> Catalogue:
    fields = (
        f.model_copy(update={"role": roles.get(f.name, Role.NONE), "distinct": 2, **changes}) for f in catalogue.fields
    )
    return catalogue.model_copy(update={"fields": tuple(fields)})


@pytest.fixture(scope="module")
def audience(tmp_path_factory: pytest.TempPathFactory) -> Audience:
    path = tmp_path_factory.mktemp("facts") / "v000001.duckdb"
    return write_audience(path, FIELDS, PEOPLE, {"quantity": Kind.NUMBER, "order_total": Kind.NUMBER}, EVENTS)


def by_label(facts: tuple[Fact, ...]) -> dict[str, tuple[float | None, float | None]]:
    return {fact.label: (fact.segment, fact.base) for fact in facts}


def test_facts_by_hand(audience: Audience) -> None:
    catalogue = with_roles(audience.catalogue, {"country": Role.COUNTRY})
    facts = summary(audience, catalogue, Membership.of(np.array([1, 2]), 4), NOW)
    assert by_label(facts) == {
        "Customer age, median": (50, 40),
        "Country: NO": (1.0, 0.5),
        "Yearly income, average": (4_000, 3_000),
        "Order Completed per person, last 365 days": (1.0, 0.75),
        "Order total per person, last 365 days": (10.0, 7.5),
        "Active in the last 30 days": (0.5, 0.5),
    }
    assert [fact.label for fact in facts if fact.is_share] == ["Country: NO", "Active in the last 30 days"]


def test_nobody_has_no_averages_and_everybody_is_the_base(audience: Audience) -> None:
    catalogue = with_roles(audience.catalogue, {"country": Role.COUNTRY})
    assert {fact.segment for fact in summary(audience, catalogue, Membership.nobody(4), NOW)} == {None}
    for fact in summary(audience, catalogue, Membership.everybody(4), NOW):
        assert fact.segment == fact.base


def test_age_from_the_birth_date(tmp_path: Path) -> None:
    people = [{"born": date(2000, 1, 1)}, {"born": date(2000, 1, 2)}, {"born": date(1990, 6, 1)}, {}]
    audience = write_audience(tmp_path / "v000001.duckdb", {"born": Kind.DATE}, people)
    catalogue = with_roles(audience.catalogue, {"born": Role.BIRTH_DATE})
    facts = by_label(summary(audience, catalogue, Membership.of(np.array([0, 1]), 4), NOW))
    assert facts == {"Age, median": (25.5, 26)}


def test_other_fields_fill_up_to_four_facts(tmp_path: Path) -> None:
    fields = {"points": Kind.NUMBER, "ratio": Kind.NUMBER, "vip": Kind.YES_NO, "sms": Kind.YES_NO, "ads": Kind.YES_NO}
    people = [{"points": 1, "ratio": float("nan"), "vip": True}, {"points": 3, "ratio": 2, "vip": False}, {}]
    audience = write_audience(tmp_path / "v000001.duckdb", fields, people, types={"ratio": "DOUBLE"})
    facts = by_label(summary(audience, audience.catalogue, Membership.of(np.array([0]), 3), NOW))
    assert facts == {
        "Points, average": (1, 2),
        "Ratio, average": (None, 2),
        "Vip: yes": (1.0, pytest.approx(1 / 3)),
        "Sms: yes": (0.0, 0.0),
    }


def test_nothing_fits(tmp_path: Path, audience: Audience) -> None:
    bare = write_audience(tmp_path / "v000001.duckdb", {"note": Kind.TEXT}, [{"note": "x"}])
    assert summary(bare, bare.catalogue, Membership.everybody(1), NOW) == ()
    assert summary(bare, Catalogue(fields=()), Membership.everybody(1), NOW) == ()
    hidden = with_roles(audience.catalogue, {"country": Role.COUNTRY}, hidden=True)
    assert all(
        "per person" in f.label or f.label.startswith("Active")
        for f in summary(audience, hidden, Membership.of(np.array([1]), 4), NOW)
    )
    empty = write_audience(tmp_path / "empty" / "v000001.duckdb", FIELDS, [], names=["purchase"])
    assert {(f.segment, f.base) for f in summary(empty, empty.catalogue, Membership.nobody(0), NOW)} == {(None, None)}


def test_a_country_everybody_lives_in_says_nothing(audience: Audience) -> None:
    catalogue = with_roles(audience.catalogue, {"country": Role.COUNTRY}, distinct=1)
    assert not any(
        fact.label.startswith("Country") for fact in summary(audience, catalogue, Membership.everybody(4), NOW)
    )


@pytest.mark.parametrize(
    ("event", "counted"),
    [
        ("purchase", True), ("Purchases", True), ("order_placed", True), ("Placed Order", True), ("Bestellung", True),
        ("order_cancelled", False), ("page_view", False), ("online store", False), ("???", False), ("refund", False),
    ],
)  # fmt: skip
def test_which_events_are_purchases(tmp_path: Path, event: str, counted: bool) -> None:
    events = [{"_row": 0, "_name": event, "_time": datetime(2025, 12, 20)}]
    audience = write_audience(tmp_path / "v000001.duckdb", {}, [{}], events=events)
    facts = summary(audience, audience.catalogue, Membership.everybody(1), NOW)
    assert any("per person" in fact.label for fact in facts) is counted


def test_a_birth_date_that_is_hidden_is_not_told(tmp_path: Path) -> None:
    audience = write_audience(tmp_path / "v000001.duckdb", {"born": Kind.DATE}, [{"born": date(2000, 1, 1)}])
    catalogue = with_roles(audience.catalogue, {"born": Role.BIRTH_DATE}, hidden=True)
    assert summary(audience, catalogue, Membership.everybody(1), NOW) == ()
    assert isinstance(catalogue.fields[0], Field)
