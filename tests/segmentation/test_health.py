"""What is worth mending is found, counted exactly, and gone after its repair."""

import csv
import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from connectors.sources.sample import write_sample
from segmentation.audience import Audience
from segmentation.errors import Cancelled
from segmentation.findings import Finding
from segmentation.guessing import guess_plan
from segmentation.health import findings
from segmentation.jobs import Quiet
from segmentation.loading import build_audience
from segmentation.repairs import Step
from tests.segmentation.staging import stage, stage_csv

TODAY = date(2026, 6, 30)
PEOPLE: Mapping[str, Sequence[Any]] = {
    "customer_id": [str(number) for number in range(8)],
    "first_name": ["ANNA", "Bo", "cleo", "McDonald", "Ed", "Fay", "Gil", "Hal"],
    "email": ["a@x.org", "A@x.org", "info@x.org", "b@mailinator.com", "none", "c@x.org", "d@x.org", ""],
    "phone": ["+4930123456", "030 123456", "+44 20 7946 0958", "", "", "", "", ""],
    "birth_date": ["1980-01-01", "1875-01-01", "2031-01-01", "", "", "", "", "1999-12-31"],
    "country": ["Germany", "Deutschland", "DE", "France", "France", "France", "Germany", "Germany"],
    "city": ["Köln", "koln", "Köln", "Paris", "PARIS", "Paris", "Köln ", ""],
    "City_2": ["Köln", "koln", "Bonn", "Paris", "PARIS", "", "", "Rom"],
    "age": ["20", "0", "199", "40", "50", "60", "70", "80"],
    "newsletter": ["x"] * 8,
    "score": ["1", "2", "3", "n/a", "5", "6", "7", "8"],
    "last_login": ["2026-01-01", "2019-01-01", "", "", "", "2018-05-05", "", "2026-06-01"],
}


def load(folder: Path, *steps: Step, columns: Mapping[str, Sequence[Any]] = PEOPLE) -> Audience:
    plan = guess_plan([stage(folder, "customers.csv", columns)], zone="UTC", progress=Quiet())
    path = build_audience(plan, folder / "audience", name="Shop", zone="UTC", progress=Quiet(), repairs=steps)
    return Audience(path)


def check(audience: Audience) -> dict[str, Finding]:
    return {found.id: found for found in findings(audience, audience.catalogue, TODAY, Quiet())}


def test_every_kind_of_dirt_is_found_with_its_exact_count(tmp_path: Path) -> None:
    found = check(load(tmp_path))
    assert {name: one.count for name, one in found.items()} == {
        "merge_same/email": 1,  # a@x.org and A@x.org: two rows, one of them too many
        "emails/invalid/email": 1,
        "emails/office/email": 1,
        "emails/disposable/email": 1,
        "phones/phone": 2,
        "countries/country": 2,
        "spellings/city": 2,
        "spellings/City_2": 2,
        "blanks/city": 1,
        "letters/first_name": 2,
        "letters/city": 2,
        "letters/City_2": 2,
        "impossible/birth_date": 2,
        "impossible/age": 2,
        "misfits/customers.csv/Score": 1,
        "alike/city/City_2": 1,
        "constant": 1,
        "stale/last_login": 2,
    }


def test_findings_say_what_where_and_how_many(tmp_path: Path) -> None:
    found = check(load(tmp_path))
    assert found["emails/invalid/email"].title == "Email: 1 address cannot receive mail"
    assert found["phones/phone"].title == "Phone: 2 numbers are not in international form; 1 have no country code"
    assert found["countries/country"].examples.rows == (("DE", "Germany", 1), ("Deutschland", "Germany", 1))
    assert found["blanks/city"].examples.rows == (("Köln␣", "Köln", 1),)
    assert found["spellings/city"].examples.rows == (("PARIS", "Paris", 1), ("koln", "Köln", 1))
    assert "they agree for 80% of the 5 people who have both" in found["alike/city/City_2"].title
    assert found["constant"].hide == ("newsletter",)


def test_a_repair_ends_its_finding(tmp_path: Path) -> None:
    found = check(load(tmp_path))
    steps = [Step(repair=one.offers[0].repair) for one in found.values() if one.offers]
    left = check(load(tmp_path, *steps))
    assert [name for name, one in left.items() if one.offers] == []


def test_a_clean_audience_has_no_findings(tmp_path: Path) -> None:
    clean = {"customer_id": ["1", "2"], "email": ["anna@shop.de", "bo@shop.de"], "city": ["Köln", "Paris"]}
    assert check(load(tmp_path, columns=clean)) == {}


def test_the_dirt_of_the_sample_shop_is_found(tmp_path: Path) -> None:
    file = write_sample(tmp_path, anchor=TODAY, people=2000, events=1000)[0]
    with file.open(encoding="utf-8", newline="") as lines:
        people = {row["customer_id"]: row for row in csv.DictReader(lines)}.values()  # the last row of an id counts
    plan = guess_plan([stage_csv(tmp_path, file)], zone="UTC", progress=Quiet())
    path = build_audience(plan, tmp_path / "audience", name="Shop", zone="UTC", progress=Quiet())
    found = check(Audience(path))
    emails = [row["email"].strip().lower() for row in people]
    valid = [email for email in emails if re.fullmatch(r"[^@\s.]+(\.[^@\s.]+)*@[^@\s.]+(\.[^@\s.]+)+", email)]
    assert found["merge_same/email"].count == len(valid) - len(set(valid)) > 0
    assert found["emails/invalid/email"].count == sum(map(bool, emails)) - len(valid) > 0
    assert (
        found["countries/country"].count == sum(row["country"].strip() in ("Deutschland", "DE") for row in people) > 0
    )
    assert found["blanks/job"].count == sum(row["job"] != row["job"].strip() for row in people) > 0
    assert found["impossible/age"].count == sum(not 1 <= float(row["age"] or 1) <= 115 for row in people) > 0


def test_a_check_can_be_cancelled(tmp_path: Path) -> None:
    class Stopped(Quiet):
        def __call__(self, message: str, share: float | None = None) -> None:
            raise Cancelled

    audience = load(tmp_path)
    with pytest.raises(Cancelled):
        findings(audience, audience.catalogue, TODAY, Stopped())
