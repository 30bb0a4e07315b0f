"""What is personal: details of events by their names and values, fields by their roles, single texts by their looks."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from segmentation.catalogue import EventProperty, Field, Kind, Role, Theme, Value
from segmentation.recognition import personal_role, tells_of_person


def detail(name: str, values: Sequence[str] = (), kind: Kind = Kind.TEXT) -> EventProperty:
    return EventProperty(name=name, label=name, kind=kind, top=tuple(Value(value=v, count=1) for v in values))


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("email", Role.EMAIL), ("recipientEmail", Role.EMAIL), ("phone", Role.PHONE), ("mobile_number", Role.PHONE),
        ("name", Role.FULL_NAME), ("first_name", Role.FIRST_NAME), ("shipping_address", Role.ADDRESS), ("Street", Role.ADDRESS),
        ("ip", Role.ADDRESS), ("client_ip_address", Role.ADDRESS), ("username", Role.ADDRESS), ("user_name", Role.ADDRESS),
        ("IBAN", Role.ADDRESS),
    ],
)  # fmt: skip
def test_a_detail_is_personal_by_its_name(name: str, role: Role) -> None:
    assert personal_role(detail(name)) is role


@pytest.mark.parametrize(
    "name",
    [
        "product",
        "product_name",
        "page_url",
        "channel",
        "device",
        "order_id",
        "zip",
        "country",
        "price",
        "shipping",
        "tip",
    ],
)
def test_other_details_are_not_personal(name: str) -> None:
    assert personal_role(detail(name, ["a", "b"])) is Role.NONE


def test_a_detail_is_personal_by_its_values() -> None:
    assert personal_role(detail("to", ["anna@example.com", "b@example.com", "unknown"])) is Role.EMAIL
    assert personal_role(detail("to", ["+49 170 1234567", "x"])) is Role.PHONE
    assert personal_role(detail("to", ["20240101", "12345678", "00012345"])) is Role.NONE
    assert personal_role(detail("mobile", ["ios", "android"])) is Role.NONE


def test_kinds_of_details_that_may_be_personal() -> None:
    assert personal_role(detail("phone", kind=Kind.NUMBER)) is Role.PHONE
    assert personal_role(detail("phone", kind=Kind.YES_NO)) is Role.NONE
    assert personal_role(detail("birthday", kind=Kind.DATE)) is Role.BIRTH_DATE
    assert personal_role(detail("emails", ["a@example.com"], kind=Kind.LIST)) is Role.EMAIL
    assert personal_role(detail("delivered_on", kind=Kind.DATE)) is Role.NONE


@pytest.mark.parametrize(
    ("role", "values", "expected"),
    [
        (Role.EMAIL, (), Role.EMAIL),
        (Role.CITY, ("Berlin",), Role.NONE),
        (Role.NONE, ("anna@example.com",), Role.NONE),  # the marketer said so
        (Role.PERSON_ID, ("C1",), Role.NONE),
        (Role.PERSON_ID, ("anna@example.com",), Role.PERSON_ID),
    ],
)
def test_a_field_is_personal_by_its_role(role: Role, values: tuple[str, ...], expected: Role) -> None:
    top = tuple(Value(value=v, count=1) for v in values)
    field = Field(name="x", label="X", kind=Kind.TEXT, theme=Theme.IDENTITY, role=role, top=top)
    assert personal_role(field) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("anna@example.com", True), ("write to anna@example.com, please", True), ("mailto:a@b.co", True), ("+49 170 1234567", True),
        ("+1 (212) 555-0101", True), ("call +49 170 1234567", True), ("2024-01-02T09:30:00+01:00", False), ("3@9.99", False), ("@anna", False), ("+5", False),
        ("12345678", False), ("", False), ("C000017", False),
    ],
)  # fmt: skip
def test_texts_that_tell_of_a_person(text: str, expected: bool) -> None:
    assert tells_of_person(text) is expected
