"""An address that somebody said no to leaves in no column: neither as a second address nor as a customer's id."""

from __future__ import annotations

from pathlib import Path

from segmentation.catalogue import Kind, Role
from tests.connectors.test_destinations import FIELDS, people_of, written

WIDER = FIELDS | {"second": (Kind.TEXT, Role.EMAIL), "id": (Kind.TEXT, Role.PERSON_ID)}


def test_a_second_address_that_somebody_declined_is_left_empty(tmp_path: Path) -> None:
    people = [
        {"email": "anna@example.com", "mail_ok": False},
        {"email": "bert@example.com", "second": "Anna@example.com", "mail_ok": True},
        {"email": "cleo@example.com", "second": "cleo@work.example", "mail_ok": True},
    ]
    audience, catalogue = people_of(tmp_path, people, fields=WIDER)
    receipt, rows = written(audience, catalogue, tmp_path / "out", "csv", columns=("email", "second"))
    assert rows[1:] == [["bert@example.com", ""], ["cleo@example.com", "cleo@work.example"]]
    assert any("e-mail" in note for note in receipt.notes)
    _, rows = written(audience, catalogue, tmp_path / "out", "csv", columns=("email", "second"), consent="ignore")
    assert "Anna@example.com" in str(rows)


def test_an_id_that_is_an_address_is_left_empty_where_it_may_not_be_used(tmp_path: Path) -> None:
    people = [
        {"id": "anna@example.com", "phone": "+12125550101", "mail_ok": False, "text_ok": True},
        {"id": "bert@example.com", "email": "bert@example.com", "mail_ok": True, "text_ok": True},
        {"id": "007", "phone": "+12125550105", "mail_ok": False, "text_ok": True},
    ]
    audience, catalogue = people_of(tmp_path, people, fields=WIDER)
    for destination in ("brevo", "klaviyo"):
        _, rows = written(audience, catalogue, tmp_path / "out", destination, columns=("id",))
        assert "anna@example.com" not in str(rows)
        assert "bert@example.com" in str(rows)
        assert "007" in str(rows)
