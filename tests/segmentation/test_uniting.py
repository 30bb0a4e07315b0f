"""Several tables of people become one profile each, told, explained and undone."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from segmentation import replanning
from segmentation.audience import Audience
from segmentation.guessing import guess_plan
from segmentation.health import findings
from segmentation.jobs import Quiet
from segmentation.loading import build_audience
from segmentation.plan import Joining, LoadPlan, TableRole
from segmentation.repairs import KeepApart, Known, Step
from segmentation.survivors import MERGED, explained, merged_rows
from segmentation.uniting import preview, told
from tests.segmentation.audiences import attached
from tests.segmentation.staging import stage

Columns = Mapping[str, Sequence[Any]]
CRM: Columns = {
    "contact_id": ["17", "18", "19", "20"],
    "first_name": ["Anna", "Bo", "Cleo", "Di"],
    "email": ["anna@x.org", "bo@x.org", "", "di@x.org"],
    "phone": ["", "", "+49 170 1234567", "0170 7654321"],
    "country": ["Germany", "Germany", "Germany", "Germany"],
    "city": ["Berlin", "", "Ulm", ""],
}
SHOP: Columns = {
    "account_id": ["A-1", "A-2", "A-3"],
    "given_name": ["Anna", "Bob", "Kleo"],
    "mail": ["ANNA@x.org ", "bob@x.org", ""],
    "mobile_phone": ["+49 151 1", "", "0049 170 1234567"],
    "town": ["Bonn", "Rom", "Rom"],
}
NEWS: Columns = {"email": ["anna@x.org", "bob@x.org", "new@x.org"], "email_consent": ["yes", "no", "yes"]}
ORDERS: Columns = {
    "account_id": ["A-1", "A-2", "A-1"],
    "event": ["bought"] * 3,
    "time": ["2024-01-01", "2024-01-02", "2024-01-03"],
}


def planned(folder: Path, joining: Joining | None = None, **tables: Columns) -> LoadPlan:
    plan = guess_plan([stage(folder, name, columns) for name, columns in tables.items()], zone="UTC", progress=Quiet())
    if joining:
        plan = replanning.with_problems(plan.model_copy(update={"joining": joining}))
    assert plan.problems == ()
    return plan


def load(folder: Path, plan: LoadPlan, *steps: Step) -> Audience:
    return attached(build_audience(plan, folder / "a", name="Shop", zone="UTC", progress=Quiet(), repairs=steps))


def rows(audience: Audience, *names: str) -> list[tuple[Any, ...]]:
    picks = ", ".join(f'"{name}"' for name in names)
    with audience.cursor() as cursor:
        return cursor.execute(f"SELECT {picks} FROM people ORDER BY _row").fetchall()


def test_tables_of_people_are_recognised_and_their_columns_aligned(tmp_path: Path) -> None:
    plan = planned(tmp_path, crm_contacts=CRM, shop_accounts=SHOP, newsletter_subscribers=NEWS, orders=ORDERS)
    assert [table.role for table in plan.tables] == [TableRole.PEOPLE] * 3 + [TableRole.EVENTS]
    assert [c.name for c in plan.tables[1].columns] == ["account_id", "first_name", "email", "phone", "city"]
    assert [c.name for c in plan.tables[2].columns] == ["email", "email_consent"]
    assert plan.tables[3].people == 1


def test_people_who_are_in_no_other_table_are_not_taken_for_customers(tmp_path: Path) -> None:
    staff = {"employee_id": ["1", "2"], "first_name": ["Ed", "Fay"], "email": ["ed@shop.de", "fay@shop.de"]}
    plan = planned(tmp_path, crm_contacts=CRM, employees=staff)
    assert [table.role for table in plan.tables] == [TableRole.PEOPLE, TableRole.LEAVE_OUT]


def test_one_profile_per_person_with_the_values_of_the_first_table(tmp_path: Path) -> None:
    plan = planned(tmp_path, crm_contacts=CRM, shop_accounts=SHOP, newsletter_subscribers=NEWS, orders=ORDERS)
    audience = load(tmp_path, plan)
    assert rows(audience, "contact_id", "first_name", "city", "account_id", "email_consent") == [
        ("17", "Anna", "Berlin", "A-1", True),
        ("18", "Bo", None, None, None),
        ("19", "Cleo", "Ulm", "A-3", None),
        ("20", "Di", None, None, None),
        ("A-2", "Bob", "Rom", "A-2", False),
        ("new@x.org", None, None, None, True),
    ]
    with audience.cursor() as cursor:
        assert cursor.execute("SELECT _row, count(*) FROM events GROUP BY 1 ORDER BY 1").fetchall() == [(0, 2), (4, 1)]
    reports = {r.table: (r.rows, r.loaded, dict(r.set_aside)) for r in audience.about.reports}
    assert reports["crm_contacts"] == (4, 4, {})
    assert reports["shop_accounts"] == (3, 1, {MERGED: 2})
    assert reports["newsletter_subscribers"] == (3, 1, {MERGED: 2})
    assert sum(loaded for _, loaded, _ in reports.values()) - 3 == audience.people


def test_what_is_said_before_loading_is_what_comes(tmp_path: Path) -> None:
    plan = planned(tmp_path, crm_contacts=CRM, shop_accounts=SHOP, newsletter_subscribers=NEWS)
    before = preview(plan, (), Quiet())
    audience = load(tmp_path, plan)
    assert before.people == audience.people
    assert told(before, plan) == (
        "crm_contacts and shop_accounts: 2 people are in both (1 by e-mail address, 1 by phone number).",
        "crm_contacts and newsletter_subscribers: 1 person is in both (1 by e-mail address).",
        "shop_accounts and newsletter_subscribers: 2 people are in both (2 by e-mail address).",
    )
    assert audience.about.reports[0].notes[-3:] == told(before, plan)


def test_a_merge_is_explained_and_kept_apart_in_each_load(tmp_path: Path) -> None:
    plan = planned(tmp_path, crm_contacts=CRM, shop_accounts=SHOP)
    audience = load(tmp_path, plan)
    first, second = merged_rows(audience, audience.catalogue.fields, 0, 10)
    assert [(row.kept, row.known, row.why) for row in first] == [
        (True, Known(table=0, id="17"), "same e-mail address"),
        (False, Known(table=1, id="A-1"), "same e-mail address"),
    ]
    assert [row.why for row in second] == ["same phone number"] * 2
    assert explained(audience, 0) == "Made of 17 in crm_contacts, A-1 in shop_accounts (same e-mail address)."
    assert explained(audience, 1) == ""
    apart = KeepApart(people=(Known(table=0, id="17"), Known(table=1, id="A-1")))
    again = load(tmp_path, plan, Step(repair=apart))
    assert rows(again, "contact_id") == [("17",), ("18",), ("19",), ("20",), ("A-1",), ("A-2",)]
    assert again.about.repairs[0].changed == 2
    titles = [finding.title for finding in findings(again, again.catalogue, date(2024, 5, 1), Quiet())]
    assert not any("share their e-mail address" in title for title in titles)
    assert rows(load(tmp_path, plan, Step(repair=apart, on=False)), "contact_id") == rows(audience, "contact_id")


def test_another_table_can_win(tmp_path: Path) -> None:
    audience = load(tmp_path, planned(tmp_path, Joining(first=1), crm_contacts=CRM, shop_accounts=SHOP))
    assert rows(audience, "contact_id", "first_name", "city")[0] == ("A-1", "Anna", "Bonn")


def test_ids_that_two_tables_number_each_for_itself_join_nobody_and_stay_distinct(tmp_path: Path) -> None:
    crm = {"id": ["1", "2"], "email": ["a@x.org", "b@x.org"]}
    shop = {"id": ["1", "2"], "email": ["b@x.org", "c@x.org"]}
    plan = planned(tmp_path, crm_contacts=crm, shop_customers=shop)
    assert rows(load(tmp_path, plan), "id", "email") == [("1", "a@x.org"), ("2", "b@x.org"), ("shop_customers: 2", "c@x.org")]  # fmt: skip
    joined = planned(tmp_path, Joining(by=("id",)), crm_contacts=crm, shop_customers=shop)
    assert rows(load(tmp_path, joined), "id", "email") == [("1", "a@x.org"), ("2", "b@x.org")]


def test_placeholders_join_nobody_until_they_are_allowed(tmp_path: Path) -> None:
    crm = {"contact_id": [str(n) for n in range(12)], "email": ["none@shop.de"] * 12}
    shop = {"account_id": ["A", "B"], "email": ["none@shop.de", "b@x.org"]}
    plan = planned(tmp_path, crm_contacts=crm, shop_accounts=shop)
    found = preview(plan, (), Quiet())
    assert (found.people, [(r.kind, r.value, r.records, r.crowded) for r in found.refused]) == (14, [("email", "none@shop.de", 13, True)])  # fmt: skip
    assert told(found, plan)[-1] == "1 value joins nobody, in 13 rows: so many rows share it that it is nobody’s own."
    allowed = Joining(allowed=(("email", "none@shop.de"),))
    assert preview(plan.model_copy(update={"joining": allowed}), (), Quiet()).people == 2


def test_an_office_address_joins_across_tables_but_not_two_ids_of_one(tmp_path: Path) -> None:
    crm = {"contact_id": ["1", "2", "3"], "email": ["info@firm.de", "info@firm.de", "info@solo.de"]}
    shop = {"account_id": ["A", "B"], "email": ["info@firm.de", "info@solo.de"]}
    assert preview(planned(tmp_path, crm_contacts=crm, shop_accounts=shop), (), Quiet()).people == 4


def test_similar_people_are_joined_only_if_asked(tmp_path: Path) -> None:
    crm = {"contact_id": ["1"], "first_name": ["Anna"], "last_name": ["Müller"], "birth_date": ["1980-03-04"], "city": ["Berlin"], "postal_code": ["10115"]}  # fmt: skip
    shop = {"account_id": ["A"], "first_name": ["Ana"], "last_name": ["Mueller"], "birth_date": ["1980-03-04"], "city": ["Berlin"], "postal_code": ["10115"]}  # fmt: skip
    plan = replanning.change_role(planned(tmp_path, crm_contacts=crm, shop_accounts=shop), 1, TableRole.PEOPLE)
    assert preview(plan, (), Quiet()).people == 2
    asked = plan.model_copy(update={"joining": Joining(similar=True)})
    assert preview(asked, (), Quiet()).people == 1
    (group,) = merged_rows((audience := load(tmp_path, asked)), audience.catalogue.fields, 0, 10)
    assert "same city, postal code and birth date" in group[0].why


def test_fields_of_two_kinds_are_a_problem_that_names_both_tables(tmp_path: Path) -> None:
    crm = {"contact_id": ["1", "2"], "email": ["a@x.org", "b@x.org"], "score": ["1", "2"]}
    shop = {"account_id": ["A", "B"], "email": ["a@x.org", "b@x.org"], "score": ["high", "low"]}
    tables = [stage(tmp_path, name, columns) for name, columns in (("crm_contacts", crm), ("shop_accounts", shop))]
    plan = guess_plan(tables, zone="UTC", progress=Quiet())
    assert plan.problems == (
        "shop_accounts: “Score” is text here and a number in crm_contacts: give both one kind, or leave one of them out.",
    )


def test_ids_of_two_kinds_that_look_alike_join_nobody(tmp_path: Path) -> None:
    crm = {"contact_id": ["1", "2", "3"], "email": ["a@x.org", "b@x.org", ""]}
    calls = {"contact_id": ["1", "3"], "email": ["", "c@x.org"], "city": ["Ulm", "Bonn"]}
    shop = {"account_id": ["1", "2", "9"], "email": ["s@x.org", "t@x.org", "b@x.org"]}
    audience = load(tmp_path, planned(tmp_path, crm_contacts=crm, call_contacts=calls, shop_accounts=shop))
    assert rows(audience, "contact_id", "email", "account_id", "city") == [
        ("1", "a@x.org", None, "Ulm"), ("2", "b@x.org", "9", None), ("3", "c@x.org", None, "Bonn"),
        ("shop_accounts: 1", "s@x.org", "1", None), ("shop_accounts: 2", "t@x.org", "2", None),
    ]  # fmt: skip


def test_fields_may_be_called_like_what_the_house_notes(tmp_path: Path) -> None:
    crm = {
        "id": ["1", "2"],
        "email": ["a@x.org", "b@x.org"],
        "source": ["fair", "web"],
        "named": ["x", "y"],
        "key": ["k", "l"],
    }
    shop = {
        "id": ["1", "2"],
        "email": ["b@x.org", "c@x.org"],
        "source": ["ad", "ad"],
        "found": ["x", "y"],
        "again": ["", ""],
    }
    audience = load(tmp_path, planned(tmp_path, crm_contacts=crm, shop_customers=shop))
    assert rows(audience, "id", "source") == [("1", "fair"), ("2", "web"), ("shop_customers: 2", "ad")]
