"""A marketer's changes to a load plan, and what the plan then lacks."""

from pathlib import Path

import pytest

from segmentation import replanning
from segmentation.catalogue import Kind, Role, Theme
from segmentation.errors import LoadError
from segmentation.guessing import checked, guess_plan
from segmentation.jobs import Quiet
from segmentation.plan import Format, LoadPlan, TableRole
from tests.segmentation.staging import column, stage


@pytest.fixture
def plan(tmp_path: Path) -> LoadPlan:
    """Orders (table 0) and customers (table 1)."""
    orders = {
        "order_id": ["o1", "o2", "o3"], "customer_id": ["1", "1", "2"], "shop": ["7.0", "8.0", "9.0"],
        "date": ["2024-01-01", "2024-01-02", "2024-01-03"], "shipped_at": ["2024-01-02 10:00", "2024-01-03 10:00", ""],
        "quantity": ["1", "2", "3"], "unit_price": ["1.5", "2", "3"], "channel": ["web", "shop", "web"],
        "note": ["1,5", "2", "gift"], "due": ["03/04/2024", "13/04/2024", "x"],
    }  # fmt: skip
    customers = {"id": ["1", "2"], "colour": ["red;blue", "red"], "birth": ["03/04/2024", "01/02/2024"]}
    tables = [stage(tmp_path, "orders.csv", orders), stage(tmp_path, "customers.csv", customers)]
    return guess_plan(tables, zone="UTC", progress=Quiet())


def sentences(plan: LoadPlan, index: int = 0) -> tuple[str, ...]:
    return plan.tables[index].problems


def test_the_guess_asks_one_thing(plan: LoadPlan) -> None:
    assert plan.problems == (
        "customers.csv: “birth” has dates like 03/04/2024: say whether the day or the month comes first.",
    )


def test_an_answered_question_is_no_problem(plan: LoadPlan) -> None:
    answered = replanning.change_column(plan, 1, "birth", format=Format.DAY_FIRST)
    assert answered.problems == ()
    assert replanning.change_column(plan, 1, "birth", include=False).problems == ()
    assert replanning.change_column(plan, 1, "birth", kind=Kind.TEXT).problems == ()


def test_a_change_leaves_the_plan_before_as_it_was(plan: LoadPlan) -> None:
    before = plan.model_dump_json()
    replanning.change_column(plan, 1, "birth", format=Format.DAY_FIRST)
    replanning.change_role(plan, 0, TableRole.LEAVE_OUT)
    assert plan.model_dump_json() == before


def test_a_number_out_of_text_counts_what_does_not_fit(plan: LoadPlan) -> None:
    changed = checked(replanning.change_column(plan, 0, "channel", kind=Kind.NUMBER), Quiet(), since=plan)
    found = column(changed, "channel")
    assert (found.kind, found.misfits, found.misfit_examples) == (Kind.NUMBER, 3, ("shop", "web"))
    back = checked(replanning.change_column(changed, 0, "channel", kind=Kind.TEXT), Quiet(), since=changed)
    assert column(back, "channel") == column(plan, "channel")


def test_a_new_kind_brings_the_format_that_the_cells_suggest(plan: LoadPlan) -> None:
    changed = replanning.change_column(plan, 0, "note", kind=Kind.NUMBER)
    changed = replanning.change_column(changed, 0, "due", kind=Kind.DATE)
    changed = checked(replanning.change_column(changed, 1, "colour", kind=Kind.LIST), Quiet())
    assert (column(changed, "note").format, column(changed, "note").misfits) == (Format.DECIMAL_COMMA, 1)
    assert (column(changed, "due").format, column(changed, "due").misfit_examples) == (Format.DAY_FIRST, ("x",))
    assert column(changed, "colour", 1).format is Format.SEMICOLON


def test_a_format_of_another_kind_is_not_taken(plan: LoadPlan) -> None:
    changed = replanning.change_column(plan, 0, "quantity", format=Format.SEMICOLON)
    assert column(changed, "quantity").format is Format.PLAIN
    assert column(replanning.change_column(plan, 0, "channel", format=Format.ASK), "channel").format is Format.PLAIN


def test_labels_themes_and_roles(plan: LoadPlan) -> None:
    changed = replanning.change_column(
        plan, 1, "colour", label="Favourite colour", theme=Theme.PSYCHOGRAPHIC, role=Role.NONE
    )
    assert column(changed, "colour", 1).label == "Favourite colour"
    assert column(changed, "colour", 1).name == "colour"


def test_a_table_left_out_and_back(plan: LoadPlan) -> None:
    out = replanning.change_role(plan, 0, TableRole.LEAVE_OUT)
    assert (out.tables[0].time, out.tables[0].line_total, sentences(out)) == (None, None, ())
    assert replanning.change_role(out, 0, TableRole.EVENTS) == plan


def test_nothing_to_load(plan: LoadPlan) -> None:
    out = replanning.change_role(replanning.change_role(plan, 0, TableRole.LEAVE_OUT), 1, TableRole.LEAVE_OUT)
    assert out.problems == (
        "orders.csv: Say which table holds the customers, or what they did: all tables are left out.",
    )


def test_a_key_is_text_and_alone(plan: LoadPlan) -> None:
    changed = replanning.change_key(plan, 0, "shop")
    assert (column(changed, "shop").kind, column(changed, "shop").format) == (Kind.TEXT, Format.WHOLE)
    assert [c.column for c in changed.tables[0].columns if c.role is Role.PERSON_ID] == ["shop"]
    assert changed.tables[0].notes == ("“shop” is written like 7.0 and read as 7.",)
    assert "Say which column holds the customer id." in sentences(replanning.change_key(plan, 0, None))


def test_a_time_is_a_date_or_moment(plan: LoadPlan) -> None:
    assert plan.tables[0].time == "date"
    assert replanning.change_time(plan, 0, "shipped_at").tables[0].time == "shipped_at"
    changed = replanning.change_time(plan, 0, "channel")
    assert column(changed, "channel").kind is Kind.MOMENT
    text = replanning.change_column(plan, 0, "date", kind=Kind.TEXT)
    assert sentences(text) == ("“date” is to tell when it happened: make it a date or a date with time.",)
    assert sentences(replanning.change_time(plan, 0, None)) == ("Say which column tells when it happened.",)


def test_the_event_is_a_column_or_a_name(plan: LoadPlan) -> None:
    by_column = replanning.change_event_column(plan, 0, "channel").tables[0]
    assert (by_column.event_column, by_column.event_name) == ("channel", None)
    by_name = replanning.change_event_name(replanning.change_event_column(plan, 0, "channel"), 0, " Sale ").tables[0]
    assert (by_name.event_column, by_name.event_name) == (None, "Sale")
    again = replanning.change_event_column(plan, 0, None).tables[0]
    assert (again.event_column, again.event_name) == (None, "order")


def test_the_line_total_goes_on_and_off(plan: LoadPlan) -> None:
    off = replanning.change_line_total(plan, 0, False)
    assert off.tables[0].line_total is None
    assert replanning.change_line_total(off, 0, True).tables[0].line_total == ("quantity", "unit_price")
    text = replanning.change_column(plan, 0, "unit_price", kind=Kind.TEXT)
    assert text.tables[0].line_total is None


def test_a_zone_must_exist(plan: LoadPlan) -> None:
    assert replanning.change_zone(plan, 0, "Asia/Tokyo").tables[0].zone == "Asia/Tokyo"
    with pytest.raises(LoadError, match=r"no time zone “Europe/Berln”.*Europe/Berlin"):
        replanning.change_zone(plan, 0, "Europe/Berln")


def test_an_unknown_column_is_named(plan: LoadPlan) -> None:
    with pytest.raises(LoadError, match=r"orders\.csv has no column “shp”\. Close: shop"):
        replanning.change_column(plan, 0, "shp", include=False)


def test_people_without_an_id_need_no_other_table(plan: LoadPlan) -> None:
    keyless = replanning.change_key(plan, 1, None)
    assert "Say which column holds the customer id." in sentences(keyless, 1)
    alone = replanning.change_role(keyless, 0, TableRole.LEAVE_OUT)
    assert "Say which column holds the customer id." not in sentences(alone, 1)
