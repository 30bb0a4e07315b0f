"""Personal data that no role tells of: e-mail addresses as customer ids and in what people did."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from connectors.importing import load, plan_files
from segmentation.definition import Definition, EventCondition, FieldCondition, Group
from segmentation.jobs import Quiet
from segmentation.library import Library
from segmentation.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def app(workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The app with a segment of people whose ids are addresses, and who wrote to others."""
    people, events = tmp_path / "customers.csv", tmp_path / "messages.csv"
    rows = [f"p{n}@example.com,{n % 3},yes" for n in range(60)]
    people.write_text("\n".join(["customer_id,visits,email_consent", *rows]) + "\n")
    sent = [f"p{n % 60}@example.com,2026-01-0{n % 9 + 1} 10:00:00,friend{n}@example.org,desk" for n in range(120)]
    events.write_text("\n".join(["customer_id,sent_at,recipient,channel", *sent]) + "\n")
    space = Workspace.default()
    plan, _ = plan_files([(file.name, file) for file in (people, events)], space, Quiet())
    audience = load(plan, "Writers", space, Quiet())
    where = Group(
        id="n3", children=(FieldCondition(id="n4", field="recipient", operator="is_none_of", value=("nobody",)),)
    )
    wrote = EventCondition(id="n2", events=("message",), where=where)
    Library(space).save_new(audience, "All", Definition(root=Group(id="n1", children=(wrote,))))
    monkeypatch.chdir(ROOT)
    st.cache_resource.clear()
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    go(at, "segments")
    return click(at, "Open")


def go(at: AppTest, page: str) -> AppTest:
    at.switch_page(f"pages/{page}.py").run()
    assert not at.exception
    return at


def click(at: AppTest, label: str) -> AppTest:
    next(b for b in at.button if label in b.label).click().run()
    assert not at.exception
    return at


def test_what_people_did_is_masked_until_revealed(app: AppTest) -> None:
    at = go(app, "people")
    at.session_state["people-one"] = True
    at.run()
    assert not at.exception
    did = at.dataframe[1].value
    assert set(did["Recipient"].str[:4]) == {"f•••"}
    assert set(did["Channel"]) == {"desk"}
    click(at, "Reveal personal data")
    assert at.dataframe[1].value["Recipient"].str.endswith("@example.org").all()


def test_addresses_as_ids_are_masked_in_the_first_rows_of_an_export(app: AppTest) -> None:
    at = go(app, "export")
    at.toggle(key="export-address").set_value(False).run()
    at.multiselect(key="export-columns-own").set_value(["customer_id", "visits"]).run()
    assert set(at.dataframe[0].value["Customer ID"]) == {"•••"}
    assert set(at.dataframe[0].value["Visits"]) <= {"0", "1", "2"}
    click(go(at, "people"), "Reveal personal data")
    at = go(at, "export")
    at.toggle(key="export-address").set_value(False).run()
    at.multiselect(key="export-columns-own").set_value(["customer_id", "visits"]).run()
    assert at.dataframe[0].value["Customer ID"].str.endswith("@example.com").all()


def test_values_of_a_personal_detail_are_not_offered_until_revealed(app: AppTest) -> None:
    def offered(at: AppTest) -> list[str]:
        return list(next(m for m in at.multiselect if m.label == "Values of Recipient").options)

    at = click(go(app, "build"), "Did “Message”")
    assert offered(at) == ["nobody"]
    go(at, "people")
    at.session_state["people-one"] = True
    click(at.run(), "Reveal personal data")
    assert any("@example.org" in option for option in offered(go(at, "build")))
