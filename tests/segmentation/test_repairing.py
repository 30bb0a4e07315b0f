"""Repairs are done again to each load, say what they did, and leave no trace when they are gone."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from connectors import importing
from segmentation.audience import Audience
from segmentation.guessing import guess_plan
from segmentation.jobs import Quiet
from segmentation.loading import build_audience
from segmentation.mending import changed
from segmentation.repairing import kept_repairs
from segmentation.repairs import (
    Case,
    Change,
    CountryForm,
    EmptyEmails,
    EmptyOutside,
    Fill,
    Flaw,
    Keep,
    KeepApart,
    Known,
    MapValues,
    MergeSame,
    Repair,
    Step,
    Trim,
    WriteCountries,
    WriteLetters,
    WritePhones,
)
from segmentation.survivors import MERGED, merged_people, merged_rows
from segmentation.workspace import Workspace
from tests.segmentation.staging import stage

PEOPLE: Mapping[str, Sequence[Any]] = {
    "customer_id": ["1", "2", "3", "4", "5"],
    "first_name": ["ANNA", "Bo", "Cleo ", "Di", "Ed"],
    "email": ["anna@shop.de", "info@firm.de", "nonsense", "ANNA@shop.de", "anna@shop.de"],
    "phone": ["0170 1234567", "+44 20 7946 0958", "", "0170 1234567", "12"],
    "country": ["Deutschland", "UK", "", "Germany", "Atlantis"],
    "town": ["Berlin", "", "berlin", "Köln", ""],
    "city": ["Bonn", "London", "", "", ""],
    "age": ["20", "-3", "199", "40", "50"],
    "email_consent": ["no", "yes", "yes", "yes", ""],
}
ORDERS: Mapping[str, Sequence[Any]] = {
    "customer_id": ["1", "1", "4", "5", "2"],
    "event": ["bought"] * 5,
    "time": ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"],
}


def load(folder: Path, *repairs: Repair | Step, events: bool = True) -> Audience:
    tables = [stage(folder, "customers.csv", PEOPLE)] + ([stage(folder, "orders.csv", ORDERS)] if events else [])
    steps = [repair if isinstance(repair, Step) else Step(repair=repair) for repair in repairs]
    plan = guess_plan(tables, zone="UTC", progress=Quiet())
    return Audience(build_audience(plan, folder / "audience", name="Shop", zone="UTC", progress=Quiet(), repairs=steps))


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Audience:
    """As it was loaded, without repairs."""
    return load(tmp_path_factory.mktemp("before"))


def column(audience: Audience, name: str) -> list[Any]:
    with audience.cursor() as cursor:
        return [row[0] for row in cursor.execute(f'SELECT "{name}" FROM people ORDER BY _row').fetchall()]


CHANGES: list[tuple[Change, int, list[Any]]] = [
    (Trim(field="first_name"), 1, ["ANNA", "Bo", "Cleo", "Di", "Ed"]),
    (WriteLetters(field="first_name", case=Case.TITLE), 1, ["Anna", "Bo", "Cleo ", "Di", "Ed"]),
    (MapValues(field="town", values=(("berlin", "Berlin"),)), 1, ["Berlin", None, "Berlin", "Köln", None]),
    (WriteCountries(field="country"), 2, ["Germany", "United Kingdom", None, "Germany", "Atlantis"]),
    (WriteCountries(field="country", form=CountryForm.CODE), 3, ["DE", "GB", None, "DE", "Atlantis"]),
    (WritePhones(field="phone", country="country"), 3, ["+491701234567", "+442079460958", None, "+491701234567", "12"]),
    (EmptyEmails(field="email", flaw=Flaw.INVALID), 1, ["anna@shop.de", "info@firm.de", None, "ANNA@shop.de", "anna@shop.de"]),
    (EmptyEmails(field="email", flaw=Flaw.OFFICE), 1, ["anna@shop.de", None, "nonsense", "ANNA@shop.de", "anna@shop.de"]),
    (EmptyOutside(field="age", low="0", high="120"), 2, [20, None, None, 40, 50]),
    (Fill(field="town", other="city"), 1, ["Berlin", "London", "berlin", "Köln", None]),
]  # fmt: skip


@pytest.mark.parametrize(("change", "people", "after"), CHANGES, ids=lambda value: getattr(value, "kind", None))
def test_what_is_shown_before_is_what_is_done(
    before: Audience, tmp_path: Path, change: Change, people: int, after: list[Any]
) -> None:
    with before.cursor() as cursor:
        shown = changed(cursor, change)
    assert shown.people == people == sum(count for *_, count in shown.examples)
    repaired = load(tmp_path, change)
    assert column(repaired, change.field) == after
    (step,) = repaired.about.repairs
    assert (step.changed, step.problem) == (people, "")
    with repaired.cursor() as cursor:
        assert changed(cursor, change).people == 0  # done once, nothing is left to do


def test_merged_people_keep_all_events_and_nobody_is_lost(tmp_path: Path) -> None:
    merge = MergeSame(field="email", keep=Keep.LATEST)
    audience = load(tmp_path, merge)
    assert column(audience, "customer_id") == ["2", "3", "5"]
    assert column(audience, "first_name") == ["Bo", "Cleo ", "Ed"]
    assert column(audience, "town") == [None, "berlin", "Köln"]  # what Ed lacks comes from the row before
    assert column(audience, "email_consent") == [True, True, False]  # who declined stays declined
    with audience.cursor() as cursor:
        counts = cursor.execute("SELECT _row, count(*) FROM events GROUP BY 1 ORDER BY 1").fetchall()
    assert counts == [(0, 1), (2, 4)]
    report = next(r for r in audience.about.reports if r.table == "customers.csv")
    assert (report.rows, report.loaded, dict(report.set_aside)) == (5, 3, {MERGED: 2})
    assert audience.people == 3


def test_each_merge_can_be_explained(tmp_path: Path) -> None:
    audience = load(tmp_path, MergeSame(field="email", keep=Keep.FIRST))
    assert merged_people(audience) == 1
    ((kept, *gone),) = merged_rows(audience, audience.catalogue.fields, 0, 10)
    assert (kept.kept, kept.values["customer_id"], kept.why) == (True, "1", "same e-mail address")
    assert [(row.kept, row.values["customer_id"], row.values["email"]) for row in gone] == [
        (False, "4", "ANNA@shop.de"),
        (False, "5", "anna@shop.de"),
    ]


def test_rows_that_are_kept_apart_are_not_merged_with_one_another(tmp_path: Path) -> None:
    apart = KeepApart(people=(Known(table=0, id="1"), Known(table=0, id="4")))
    audience = load(tmp_path, MergeSame(field="email"), apart)
    assert column(audience, "customer_id") == ["2", "3", "4", "5"]  # 5 is one with 1, who comes first
    assert [step.changed for step in audience.about.repairs] == [2, 1]


def test_a_second_merge_moves_the_account_of_the_first(tmp_path: Path) -> None:
    phones = WritePhones(field="phone", country="country", region="DE")
    audience = load(tmp_path, MergeSame(field="phone", role="phone"), phones, MergeSame(field="email"))
    assert [step.repair.kind for step in audience.about.repairs] == ["phones", "merge_same", "merge_same"]
    assert [step.changed for step in audience.about.repairs] == [3, 1, 1]
    groups = merged_rows(audience, audience.catalogue.fields, 0, 10)
    assert [sorted(row.values["customer_id"] for row in group) for group in groups] == [["1", "4", "4", "5"]]
    with audience.cursor() as cursor:
        counts = cursor.execute("SELECT _row, count(*) FROM events GROUP BY 1 ORDER BY 1").fetchall()
    assert counts == [(0, 1), (2, 4)]


def test_a_repair_switched_off_leaves_no_trace(tmp_path: Path) -> None:
    plain = load(tmp_path)
    off = load(
        tmp_path, Step(repair=MergeSame(field="email"), on=False), Step(repair=Trim(field="first_name"), on=False)
    )
    assert off.about.catalogue == plain.about.catalogue
    assert off.about.reports == plain.about.reports
    assert merged_people(off) == 0


def test_loading_again_gives_the_same(tmp_path: Path) -> None:
    first = load(tmp_path, Trim(field="first_name"), MergeSame(field="email"))
    again = load(tmp_path, *first.about.repairs)
    assert again.about.catalogue == first.about.catalogue
    assert again.about.repairs == first.about.repairs == kept_repairs(tmp_path / "audience")


def test_a_repair_whose_field_is_gone_waits(tmp_path: Path) -> None:
    audience = load(tmp_path, Trim(field="nickname"), Trim(field="customer_id"), Trim(field="age"))
    assert [step.problem for step in audience.about.repairs] == [
        "There is no field “nickname” in this load; the repair waits until it comes back.",
        "“Customer ID” is the customer id, which is never changed.",
        "“Age” is not read as text any more; the repair waits.",
    ]


def test_people_made_from_events_are_repaired_but_not_merged(tmp_path: Path) -> None:
    visits = {
        "customer_id": ["1", "1", "2"],
        "email": ["a@x.org ", "a@x.org ", "a@x.org"],
        "event": ["visit"] * 3,
        "time": ["2024-01-01", "2024-01-02", "2024-01-03"],
    }
    plan = guess_plan([stage(tmp_path, "visits.csv", visits)], zone="UTC", progress=Quiet())
    steps = [Step(repair=Trim(field="email")), Step(repair=MergeSame(field="email"))]
    folder = tmp_path / "audience"
    audience = Audience(build_audience(plan, folder, name="V", zone="UTC", progress=Quiet(), repairs=steps))
    assert column(audience, "email") == ["a@x.org", "a@x.org"]
    assert [bool(step.problem) for step in audience.about.repairs] == [False, True]


def test_each_new_load_is_repaired_again_until_the_repairs_are_gone(workspace: Path) -> None:
    space = Workspace(workspace)
    folder = space.staging_folder()
    plan = guess_plan([stage(folder, "customers.csv", PEOPLE)], zone="UTC", progress=Quiet())
    audience = importing.load(plan, "Shop", space, Quiet())
    versions = [Audience(space.current_version(audience))]
    steps: tuple[Step, ...] | None
    for steps in ((Step(repair=Trim(field="first_name")), Step(repair=MergeSame(field="email"))), None, ()):
        importing.load(versions[0].about.plan, "Shop", space, Quiet(), audience, steps)
        versions.append(Audience(space.current_version(audience)))
    delivered, repaired, again, undone = versions
    assert (delivered.people, repaired.people, again.people, undone.people) == (5, 3, 3, 5)
    assert again.about.repairs == repaired.about.repairs
    assert undone.about.catalogue == delivered.about.catalogue
    assert undone.about.reports == delivered.about.reports
