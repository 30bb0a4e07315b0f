"""Ids that are of other people in another table join nobody, and those that were joined before stay so."""

from collections.abc import Iterable
from pathlib import Path

from segmentation.joining import joinable, joined_by
from segmentation.plan import LoadPlan
from segmentation.replanning import with_problems
from tests.segmentation.staging import column
from tests.segmentation.test_additions import planned
from tests.segmentation.test_uniting import Columns, load, rows


def people(numbers: Iterable[int], address: str, **more: str) -> Columns:
    """So many people, their addresses made of their ids."""
    ids = [str(number) for number in numbers]
    told = {name: [value] * len(ids) for name, value in more.items()}
    return {"customer_id": ids, "email": [address.format(number) for number in ids], **told}


CUSTOMERS = people(range(100), "u{}@x.org", city="Ulm")
LOYALTY: Columns = {  # every other one has no address, and is known by the id alone
    "customer_id": [str(n) for n in range(90)],
    "email": [f"u{n}@x.org" if n % 2 else "" for n in range(90)],
    "tier": ["Gold"] * 90,
}
CRM = people(range(100), "z{}@y.org", source="fair")
NOTE = (
    "Not joined by “customer_id”: of 100 that customers.csv has too, 100 belong to another e-mail address there, so these ids "
    "seem to belong to different people. Say so below if they are the same people."
)


def names(plan: LoadPlan) -> list[str]:
    return [column(plan, "customer_id", index).name for index in range(len(plan.tables))]


def said_the_same(plan: LoadPlan, same: bool = True) -> LoadPlan:
    found = tuple(ids.model_copy(update={"joined": same}) for ids in plan.joining.strangers)
    return with_problems(plan.model_copy(update={"joining": plan.joining.model_copy(update={"strangers": found})}))


def test_who_was_joined_stays_so_when_strangers_come(tmp_path: Path) -> None:
    before = planned(tmp_path, customers=CUSTOMERS, loyalty_members=LOYALTY)
    assert load(tmp_path, before).people == 100
    plan = planned(tmp_path, before, crm_contacts=CRM)
    assert [table.columns for table in plan.tables[:2]] == [table.columns for table in before.tables]
    assert (plan.joining.by, names(plan)) == (None, ["customer_id", "customer_id", "customer_id_3"])
    assert column(plan, "customer_id", 2).label == "Customer ID (crm contact)"
    assert plan.tables[2].notes == (NOTE,)
    audience = load(tmp_path, plan)
    assert audience.people == 200
    assert rows(audience, "city", "tier", "source").count(("Ulm", "Gold", None)) == 90
    assert plan.tables[2].notes[0] in audience.about.reports[2].notes


def test_three_tables_of_which_one_counts_anew_are_joined_but_for_it(tmp_path: Path) -> None:
    plan = planned(tmp_path, customers=CUSTOMERS, loyalty_members=LOYALTY, crm_contacts=CRM)
    assert names(plan) == ["customer_id", "customer_id", "customer_id_3"]
    assert load(tmp_path, plan).people == 200


def test_strangers_of_the_first_table_who_know_one_another_are_joined(tmp_path: Path) -> None:
    plan = planned(tmp_path, crm_contacts=CRM, customers=CUSTOMERS, shop_users=people(range(100), "u{}@x.org"))
    assert names(plan) == ["customer_id", "customer_id_2", "customer_id_2"]
    assert [field.name for field in joinable(plan)] == ["customer_id_2", "email"]
    assert load(tmp_path, plan).people == 200


def test_the_note_goes_when_strangers_are_said_to_be_the_same(tmp_path: Path) -> None:
    plan = planned(tmp_path, customers=CUSTOMERS, crm_contacts=CRM)
    assert [field.name for field in joined_by(plan)] == ["email"]
    same = said_the_same(plan)
    assert (same.tables[1].notes, names(same)) == ((), ["customer_id", "customer_id"])
    assert column(same, "customer_id", 1).label == "Customer ID"
    audience = load(tmp_path, same)
    assert audience.people == 100
    assert not any("Not joined" in note for report in audience.about.reports for note in report.notes)
    assert said_the_same(same, False) == plan


def test_strangers_stay_apart_when_a_further_table_comes(tmp_path: Path) -> None:
    before = planned(tmp_path, customers=CUSTOMERS, crm_contacts=CRM)
    plan = planned(tmp_path, before, crm_leads=people(range(50), "z{}@y.org", score="1"), members=LOYALTY)
    assert names(plan) == ["customer_id", "customer_id_2", "customer_id_2", "customer_id"]
    assert plan.tables[1].columns == before.tables[1].columns
    assert load(tmp_path, plan).people == 200


def test_an_id_beside_the_tables_own_that_is_of_others_is_a_field_of_its_own(tmp_path: Path) -> None:
    contacts = {**people(range(100), "z{}@y.org"), "contact_id": [f"K{n}" for n in range(100)]}
    plan = planned(tmp_path, customers=CUSTOMERS, crm_contacts=contacts)
    audience = load(tmp_path, plan)
    assert audience.people == 200
    assert ("Ulm", "7", None) in rows(audience, "city", "customer_id", "customer_id_2")
    assert (None, "7") in rows(audience, "city", "customer_id_2")


CARDS: Columns = {
    "customer_id": [str(n) for n in range(60)],
    "card_id": [f"K{n}" for n in range(60)],
    "city": ["Ulm"] * 60,
}
ACCOUNTS: Columns = {
    "account_id": [f"A{n}" for n in range(60)], "card_id": [f"K{n}" for n in range(60)], "email": ["a@x.org", *[""] * 59],
}  # fmt: skip


def joined_by_cards(folder: Path) -> LoadPlan:
    """Two tables of the same 60 people, who are known by the numbers of their cards."""
    email = ["a@x.org", *(f"u{n}@x.org" for n in range(1, 60))]
    plan = planned(folder, customers={**CARDS, "email": email}, shop_accounts=ACCOUNTS)
    assert [field.name for field in joined_by(plan)] == ["card_id", "email"]
    return plan


def test_who_was_joined_by_what_is_looked_up_from_now_on_stays_so(tmp_path: Path) -> None:
    tiers = {"card_id": CARDS["card_id"], "tier": ["Gold", "Silver"] * 30}
    plan = planned(tmp_path, joined_by_cards(tmp_path), cards=tiers)
    assert [len(table.links) for table in plan.tables] == [1, 1, 0]
    assert [field.name for field in joined_by(plan)] == ["card_id", "email"]
    assert load(tmp_path, plan).people == 60


def test_who_was_joined_by_ids_that_several_rows_of_a_new_table_share_stays_so(tmp_path: Path) -> None:
    contacts = {
        "contact_id": [f"C{n}" for n in range(60)], "email": [f"u{n}@x.org" for n in range(60)],
        "card_id": [f"K{n // 10}" for n in range(60)],
    }  # fmt: skip
    plan = planned(tmp_path, joined_by_cards(tmp_path), crm_contacts=contacts)
    assert column(plan, "card_id", 2).name == "card_id_3"
    assert plan.tables[2].notes == (
        "Not joined by “card_id”: each of these ids is that of several rows here. Say so below if they are the same people.",
    )
    assert load(tmp_path, plan).people == 61
    assert [field.name for field in joined_by(said_the_same(plan))] == ["card_id", "email"]
