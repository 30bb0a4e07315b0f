"""Messages of the Segment specification: what they hold once they are read, and what is refused."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from segmentation.messages import Refused, admitted, message, moment

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
AT = NOW.replace(tzinfo=None)


def read(kind: str, **said: Any) -> Any:
    return message(json.loads(admitted({"userId": "u", **said}, kind, NOW).line, parse_float=Decimal))


def test_nested_details_are_opened_up() -> None:
    said = {
        "address": {"city": "Oslo", "geo": {"lat": 59.9}},
        "products": [{"sku": "a"}, {"sku": "b", "n": 2}],
        "tags": ["x"],
    }
    assert read("track", event="bought", properties=said).details == {
        "address_city": "Oslo", "address_geo_lat": read("identify", traits={"n": 59.9}).details["n"],
        "products_sku": ["a", "b"], "products_n": ["2"], "tags": ["x"],
    }  # fmt: skip


def test_campaigns_and_names_of_pages_are_details() -> None:
    page = read("page", name="Home", category="Shop", context={"campaign": {"source": "mail"}})
    assert page.name == "Page viewed"
    assert page.details == {"campaign_source": "mail", "name": "Home", "category": "Shop"}


def test_a_group_is_fields_of_the_company() -> None:
    assert read("group", groupId=7, traits={"name": "Acme"}).details == {"company_name": "Acme", "company_id": "7"}


@pytest.mark.parametrize(
    ("said", "time"),
    [
        ({}, AT),
        ({"timestamp": "2026-05-31T10:00:00+02:00"}, datetime(2026, 5, 31, 8, tzinfo=UTC)),
        ({"originalTimestamp": "2026-05-31T10:00:00.5Z"}, datetime(2026, 5, 31, 10, 0, 0, 500_000, tzinfo=UTC)),
        ({"timestamp": "2026-06-01T11:59:50Z", "sentAt": "2026-06-01T11:59:55Z"}, NOW.replace(hour=11, minute=59, second=50)),
        ({"timestamp": "2025-01-01T00:00:00Z", "sentAt": "2025-01-01T00:00:05Z"}, NOW.replace(hour=11, minute=59, second=55)),
    ],
)  # fmt: skip
def test_the_time_is_the_senders_set_right_where_its_clock_is_off(said: dict[str, str], time: datetime) -> None:
    assert read("track", event="x", **said).time == time.replace(tzinfo=None)


@pytest.mark.parametrize("said", ["", "soon", "2026-13-01", "2026-06-01T25:00:00Z", "20260601", 5, None])
def test_what_is_no_moment_is_none(said: object) -> None:
    assert moment(said) is None


def test_an_id_is_made_where_there_is_none_and_the_key_is_not_kept() -> None:
    kept = admitted({"userId": "u", "event": "x", "writeKey": "secret"}, "track", NOW)
    assert kept.id
    assert json.loads(kept.line)["messageId"] == kept.id
    assert b"secret" not in kept.line


@pytest.mark.parametrize(
    ("kind", "said", "sentence"),
    [
        (None, {"userId": "u"}, "no known type"),
        ("track", {"event": "x"}, "userId or an anonymousId"),
        ("track", {"userId": {"a": 1}, "event": "x"}, "userId is not a text"),
        ("track", {"userId": "u" * 501, "event": "x"}, "longer than 500"),
        ("track", {"userId": "u", "event": "  "}, "name of its event"),
        ("identify", {"userId": "u", "traits": "pro"}, "traits is not"),
    ],
)
def test_what_is_not_understood_is_refused_without_its_data(
    kind: str | None, said: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        admitted(said, kind, NOW)
