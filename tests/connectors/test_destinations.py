"""Who is exported and who is not: the gate, counted once more the slow way, and the receipt that adds up."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import phonenumbers
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydantic import ValidationError
from python_calamine import CalamineWorkbook

from connectors.destinations import DESTINATIONS, ExportOptions, Receipt, consent_fields, export, preview
from segmentation.audience import Audience
from segmentation.catalogue import Catalogue, FieldEdit, Kind, Role
from segmentation.errors import Cancelled, ExportError
from tests.segmentation.audiences import write_audience

FIELDS: dict[str, tuple[Kind, Role]] = {
    "id": (Kind.TEXT, Role.PERSON_ID),
    "email": (Kind.TEXT, Role.EMAIL),
    "phone": (Kind.TEXT, Role.PHONE),
    "first": (Kind.TEXT, Role.FIRST_NAME),
    "last": (Kind.TEXT, Role.LAST_NAME),
    "full": (Kind.TEXT, Role.FULL_NAME),
    "street": (Kind.TEXT, Role.ADDRESS),
    "city": (Kind.TEXT, Role.CITY),
    "country": (Kind.TEXT, Role.COUNTRY),
    "born": (Kind.DATE, Role.BIRTH_DATE),
    "mail_ok": (Kind.YES_NO, Role.EMAIL_CONSENT),
    "text_ok": (Kind.YES_NO, Role.SMS_CONSENT),
    "spent": (Kind.NUMBER, Role.NONE),
    "seen": (Kind.MOMENT, Role.NONE),
    "likes": (Kind.LIST, Role.NONE),
}
ZONE = "Europe/Berlin"
CHOSEN = ("email", "phone", "spent")


class Watching:
    """A progress that remembers, and that can be cancelled at its first word."""

    def __init__(self, cancel: bool = False) -> None:
        self.cancel = cancel
        self.shares: list[float | None] = []

    def __call__(self, message: str, share: float | None = None) -> None:
        self.shares.append(share)
        if self.cancel:
            raise Cancelled

    def on_cancel(self, interrupt: Callable[[], None] | None) -> None:
        pass


def people_of(
    folder: Path,
    people: Sequence[Mapping[str, Any]],
    *,
    without: Sequence[str] = (),
    fields: Mapping[str, tuple[Kind, Role]] = FIELDS,
    types: Mapping[str, str] | None = None,
) -> tuple[Audience, Catalogue]:
    """An audience of these people and its catalogue with roles; the roles of the fields in `without` are taken away."""
    audience = write_audience(
        folder / "v000001.duckdb", {n: kind for n, (kind, _) in fields.items()}, people, types=types
    )
    edits = {name: FieldEdit(role=Role.NONE if name in without else role) for name, (_, role) in fields.items()}
    return audience, audience.catalogue.edited(edits)


def everybody(audience: Audience) -> NDArray[np.uint32]:
    """All row numbers."""
    return np.arange(audience.people, dtype=np.uint32)


def written(
    audience: Audience,
    catalogue: Catalogue,
    into: Path,
    destination: str,
    rows: NDArray[np.uint32] | None = None,
    segment: str = "VIPs",
    zone: str = ZONE,
    **options: Any,
) -> tuple[Receipt, list[list[str]]]:
    """Export everybody (or `rows`), and read the file back with its header row."""
    chosen = ExportOptions(destination=destination, **({"columns": CHOSEN} | options))
    members = everybody(audience) if rows is None else rows
    receipt = export(audience, catalogue, members, chosen, into, segment_name=segment, zone=zone, progress=Watching())
    return receipt, contents(into / receipt.file_name)


def contents(path: Path) -> list[list[Any]]:
    """The rows of a written file."""
    if path.suffix == ".xlsx":
        return CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file, strict=True))


def counts(receipt: Receipt) -> tuple[int, int, int, int]:
    return receipt.exported, receipt.no_address, receipt.not_consented, receipt.duplicate


# The slow count: one person after the other.

PLATFORM_REACH = {
    "mailchimp": ["email"],
    "hubspot": ["email"],
    "klaviyo": ["email", "phone"],
    "brevo": ["email", "phone"],
}


def slow_email(text: str | None) -> str | None:
    try:
        return validate_email((text or "").strip(), check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        return None


def slow_phone(text: str | None, country: str | None) -> str | None:
    regions = {"Germany": "DE", "USA": "US"}
    try:
        number = phonenumbers.parse(text or "", regions.get(country or ""))
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.format_number(number, 0) if phonenumbers.is_valid_number(number) else None


def slow_count(
    people: Sequence[Mapping[str, Any]], options: ExportOptions, without: Sequence[str]
) -> tuple[list[int], int, int, int]:
    """Rows that are exported, and how many have no address, have not agreed, or are there twice."""
    own = options.destination in ("csv", "excel")

    def addresses(person: Mapping[str, Any]) -> dict[str, str | None]:
        return {
            "email": slow_email(person.get("email")),
            "phone": slow_phone(person.get("phone"), person.get("country")),
        }

    consents = {"email": "mail_ok", "phone": "text_ok"}
    said_no = {
        (kind, address)
        for person in people
        for kind, address in addresses(person).items()
        if address and person.get(consents[kind]) is False and consents[kind] not in without
    }
    reach = PLATFORM_REACH.get(options.destination, ["email", "phone"])
    rows, no_address, not_consented, duplicates = [], 0, 0, []
    candidates = []
    for row, person in enumerate(people):
        found = addresses(person)
        said = {"email": person.get("mail_ok"), "phone": person.get("text_ok")}
        known = {"email": "mail_ok" not in without, "phone": "text_ok" not in without}
        allowed = [
            c
            for c in reach
            if options.consent == "ignore" or (known[c] and said[c] is True and (c, found[c]) not in said_no)
        ]
        if own and not options.require_address:
            if allowed:
                rows.append(row)
            else:
                not_consented += 1
        elif not any(found[c] for c in reach):
            no_address += 1
        elif not any(found[c] for c in allowed):
            not_consented += 1
        else:
            candidates.append((row, {c: found[c] for c in allowed if found[c]}))
    emails: set[str] = set()
    first_by_email = []
    for row, held in candidates:
        if held.get("email") in emails:
            duplicates.append(row)
        else:
            first_by_email.append((row, held))
            emails |= {held["email"]} if "email" in held else set()
    phones: set[str] = set()
    for row, held in first_by_email:
        if "email" not in held and held["phone"] in phones:
            duplicates.append(row)
        else:
            rows.append(row)
        phones |= {held["phone"]} if "phone" in held else set()
    return rows, no_address, not_consented, len(duplicates)


SOMEBODY = st.fixed_dictionaries(
    {
        "email": st.sampled_from(
            ["a@example.com", "A@Example.com ", "b@example.com", "info@example.com", "broken@", " ", None]
        ),
        "phone": st.sampled_from(["+49 170 1234567", "0170 1234567", "(212) 555-0123", "+1 212 555 0123", "12", None]),
        "country": st.sampled_from(["Germany", "USA", "Atlantis", None]),
        "mail_ok": st.sampled_from([True, False, None]),
        "text_ok": st.sampled_from([True, False, None]),
    }
)


@settings(max_examples=6)
@given(
    st.lists(SOMEBODY, max_size=12),
    st.sampled_from(["respect", "ignore"]),
    st.booleans(),
    st.sampled_from([(), ("text_ok",)]),
)
def test_a_receipt_says_what_a_slow_count_says(
    people: list[dict[str, Any]], consent: str, require_address: bool, without: tuple[str, ...]
) -> None:
    people = [person | {"id": str(row), "spent": row} for row, person in enumerate(people)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        audience, catalogue = people_of(folder, people, without=without)
        for destination in DESTINATIONS:
            options: dict[str, Any] = {
                "consent": consent,
                "require_address": require_address,
                "columns": ("spent", "email", "phone"),
            }
            receipt, rows = written(audience, catalogue, folder / "out", destination, **options)
            expected = slow_count(people, ExportOptions(destination=destination, **options), without)
            assert (receipt.exported, *counts(receipt)[1:]) == (len(expected[0]), *expected[1:]), destination
            place = [header.lower() for header in rows[0]].index("spent")
            assert [int(float(row[place])) for row in rows[1:]] == sorted(expected[0]), destination
            shown = preview(
                audience, catalogue, everybody(audience), ExportOptions(destination=destination, **options), zone=ZONE
            )
            assert (shown.exported, *counts(receipt)[1:]) == counts(receipt)
            assert len(shown.rows) == min(5, receipt.exported)
        audience.close()


@pytest.mark.parametrize("destination", DESTINATIONS)
def test_every_destination_handles_zero_members(tmp_path: Path, destination: str) -> None:
    audience, catalogue = people_of(tmp_path, [{"email": "a@example.com", "mail_ok": True}])
    receipt, rows = written(audience, catalogue, tmp_path / "out", destination, rows=np.zeros(0, dtype=np.uint32))
    assert (receipt.matched, *counts(receipt)) == (0, 0, 0, 0, 0)
    assert len(rows) == 1
    assert rows[0]


@pytest.mark.parametrize("destination", DESTINATIONS)
def test_every_destination_handles_an_audience_without_people(tmp_path: Path, destination: str) -> None:
    audience, catalogue = people_of(tmp_path, [])
    receipt, rows = written(audience, catalogue, tmp_path / "out", destination)
    assert receipt.matched == 0
    assert len(rows) == 1
    shown = preview(
        audience, catalogue, everybody(audience), ExportOptions(destination=destination, columns=CHOSEN), zone=ZONE
    )
    assert (shown.headers, shown.rows) == (tuple(rows[0]), ())


def test_each_person_is_counted_once_in_the_order_of_the_gate(tmp_path: Path) -> None:
    people = [
        {"email": "a@example.com", "mail_ok": True},
        {"email": "A@EXAMPLE.com", "mail_ok": True},  # duplicate, whatever its letters
        {"email": " a@example.com", "mail_ok": None},  # not consented before duplicate
        {"email": "b@", "mail_ok": False},  # no address before not consented
        {"email": None, "mail_ok": True},
        {"email": "c@example.com", "mail_ok": None},  # missing is no
    ]
    audience, catalogue = people_of(tmp_path, people)
    receipt, rows = written(audience, catalogue, tmp_path / "out", "mailchimp")
    assert (receipt.matched, *counts(receipt)) == (6, 1, 2, 2, 1)
    assert [row[0] for row in rows] == ["Email Address", "a@example.com"]
    assert receipt.notes == ("1 e-mail address is not valid and was left out.",)


def test_a_membership_is_written_and_nobody_else_in_file_order(tmp_path: Path) -> None:
    people = [{"email": f"p{n}@example.com", "mail_ok": True} for n in range(9)]
    audience, catalogue = people_of(tmp_path, people)
    _, rows = written(audience, catalogue, tmp_path / "out", "mailchimp", rows=np.array([1, 4, 8], dtype=np.uint32))
    assert [row[0] for row in rows[1:]] == ["p1@example.com", "p4@example.com", "p8@example.com"]


def test_blocks_of_people_join_without_a_seam(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.destinations.people.BLOCK", 2)
    people = [
        {"email": f"p{n % 4}@example.com", "mail_ok": ok, "phone": "+1 212 555 0123", "text_ok": ok}
        for n in range(7)
        for ok in (n != 3 or None,)
    ]
    audience, catalogue = people_of(tmp_path, people)
    receipt, rows = written(audience, catalogue, tmp_path / "out", "klaviyo")
    assert (receipt.matched, *counts(receipt)) == (7, 3, 0, 1, 3)
    assert [(row[0], row[3]) for row in rows[1:]] == [
        ("p0@example.com", "+12125550123"),
        ("p1@example.com", ""),
        ("p2@example.com", ""),
    ]
    assert "2 phone numbers were left out, because earlier rows have them." in receipt.notes


def test_an_address_is_used_only_where_its_own_consent_says_yes(tmp_path: Path) -> None:
    people = [
        {"email": "a@example.com", "phone": "+12125550101", "mail_ok": True, "text_ok": True},
        {"email": "b@example.com", "phone": "+12125550102", "mail_ok": True, "text_ok": False},
        {"email": "c@example.com", "phone": "+12125550103", "mail_ok": False, "text_ok": True},
        {"email": "d@example.com", "phone": "+12125550104", "mail_ok": None, "text_ok": None},
        {"phone": "+12125550105", "mail_ok": True},
    ]
    audience, catalogue = people_of(tmp_path, people)
    receipt, rows = written(audience, catalogue, tmp_path / "out", "brevo", columns=())
    assert [(row[0], row[3]) for row in rows[1:]] == [
        ("a@example.com", "+12125550101"),
        ("b@example.com", ""),
        ("", "+12125550103"),
    ]
    assert counts(receipt) == (3, 0, 2, 0)
    assert set(receipt.notes) == {
        "1 e-mail address was left out: its owner did not agree to it.",
        "1 phone number was left out: its owner did not agree to it.",
    }
    _, rows = written(audience, catalogue, tmp_path / "out", "csv", columns=("email", "phone"))
    assert rows[1:] == [["a@example.com", "+12125550101"], ["b@example.com", ""], ["", "+12125550103"]]
    _, rows = written(audience, catalogue, tmp_path / "out", "mailchimp", columns=())
    assert [(row[0], row[4]) for row in rows[1:]] == [("a@example.com", "+12125550101"), ("b@example.com", "")]


NO_TEXT_MESSAGES = (
    "Phone numbers are left empty, because no field says who agreed to text messages. Give the field that does the use "
    "“SMS consent” on the Fields page."
)


@pytest.mark.parametrize("destination", DESTINATIONS)
@pytest.mark.parametrize("require_address", [True, False])
def test_without_a_consent_for_text_messages_no_phone_number_leaves(
    tmp_path: Path, destination: str, require_address: bool
) -> None:
    people = [
        {"email": "a@example.com", "phone": "+12125550101", "mail_ok": True},
        {"phone": "+12125550105", "mail_ok": True},
    ]
    audience, catalogue = people_of(tmp_path, people, without=("text_ok",))
    columns = ("email", "phone")
    options = {"columns": columns, "require_address": require_address}
    receipt, rows = written(audience, catalogue, tmp_path / "out", destination, **options)
    assert "55501" not in str(rows)
    assert NO_TEXT_MESSAGES in receipt.notes
    assert sum(counts(receipt)) == 2
    shown = preview(
        audience,
        catalogue,
        everybody(audience),
        ExportOptions(destination=destination, **options),  # type: ignore[arg-type]
        zone=ZONE,
    )
    assert NO_TEXT_MESSAGES in shown.notes
    assert "55501" not in str(shown.rows)
    receipt, rows = written(audience, catalogue, tmp_path / "out", destination, consent="ignore", columns=columns)
    assert "55501" in str(rows)
    assert NO_TEXT_MESSAGES not in receipt.notes


def test_without_a_consent_for_emails_no_address_leaves_beside_a_permitted_phone(tmp_path: Path) -> None:
    people = [{"email": "a@example.com", "phone": "+12125550101", "text_ok": True}]
    audience, catalogue = people_of(tmp_path, people, without=("mail_ok",))
    receipt, rows = written(audience, catalogue, tmp_path / "out", "klaviyo", columns=())
    assert (rows[1][0], rows[1][3]) == ("", "+12125550101")
    assert any(note.startswith("E-mail addresses are left empty, because no field says") for note in receipt.notes)


def test_lists_without_phone_numbers_say_nothing_about_them(tmp_path: Path) -> None:
    audience, catalogue = people_of(tmp_path, [{"email": "a@example.com", "mail_ok": True}], without=("text_ok",))
    receipt, _ = written(audience, catalogue, tmp_path / "out", "csv", columns=("email", "spent"))
    assert receipt.notes == ()


SHARED = [
    {"email": "anna@example.com", "mail_ok": False},
    {"email": " Anna@Example.com", "mail_ok": True},
    {"email": "bert@example.com", "mail_ok": None},
    {"email": "bert@example.com", "mail_ok": True},
    {"email": "cleo@example.com", "mail_ok": True},
    {"email": "dora@example.com", "mail_ok": False},
]


@pytest.mark.parametrize("destination", DESTINATIONS)
def test_an_address_with_a_no_stays_whoever_else_has_it(tmp_path: Path, destination: str) -> None:
    audience, catalogue = people_of(tmp_path, SHARED)
    receipt, rows = written(audience, catalogue, tmp_path / "out", destination, columns=("email",))
    assert [row[0] for row in rows[1:]] == ["bert@example.com", "cleo@example.com"]
    assert (receipt.matched, *counts(receipt)) == (6, 2, 0, 4, 0)
    assert "1 person agreed, but somebody else with the same address said no: the no counts." in receipt.notes


@pytest.mark.parametrize("require_address", [True, False])
def test_a_no_of_somebody_outside_the_segment_counts(tmp_path: Path, require_address: bool) -> None:
    audience, catalogue = people_of(tmp_path, SHARED)
    members = np.array([1, 4], dtype=np.uint32)
    options = {"columns": ("email",), "require_address": require_address}
    receipt, rows = written(audience, catalogue, tmp_path / "out", "csv", members, **options)
    assert rows[1:] == [["cleo@example.com"]]
    assert (receipt.matched, *counts(receipt)) == (2, 1, 0, 1, 0)
    found = preview(audience, catalogue, members, ExportOptions(destination="csv", **options), zone=ZONE)  # type: ignore[arg-type]
    assert found.exported == 1
    assert found.notes == receipt.notes
    receipt, _ = written(audience, catalogue, tmp_path / "out", "csv", members, consent="ignore", **options)
    assert receipt.exported == 2


def test_a_no_to_text_messages_stays_with_the_number_however_it_is_written(tmp_path: Path) -> None:
    people = [
        {"phone": "0170 1234567", "country": "Germany", "text_ok": False},
        {"email": "b@example.com", "phone": "+49 170 1234567", "mail_ok": True, "text_ok": True},
        {"phone": "+49 (170) 1234567", "mail_ok": True, "text_ok": True},
        {"email": "d@example.com", "phone": "+1 212 555 0101", "mail_ok": True, "text_ok": True},
    ]
    audience, catalogue = people_of(tmp_path, people)
    receipt, rows = written(audience, catalogue, tmp_path / "out", "brevo", columns=())
    assert [(row[0], row[3]) for row in rows[1:]] == [("b@example.com", ""), ("d@example.com", "+12125550101")]
    assert counts(receipt) == (2, 0, 2, 0)
    _, rows = written(audience, catalogue, tmp_path / "out", "mailchimp", columns=())
    assert [(row[0], row[4]) for row in rows[1:]] == [("b@example.com", ""), ("d@example.com", "+12125550101")]
    _, rows = written(audience, catalogue, tmp_path / "out", "csv", columns=("email", "phone"))
    assert rows[1:] == [["b@example.com", ""], ["d@example.com", "+1 212 555 0101"]]


@pytest.mark.parametrize(("answer", "stays"), [("no", True), ("unsubscribed", True), (" ", False), (None, False)])
def test_a_no_may_be_written_in_words_and_a_blank_is_none(tmp_path: Path, answer: str | None, stays: bool) -> None:
    fields = FIELDS | {"mail_ok": (Kind.TEXT, Role.EMAIL_CONSENT), "flag": (Kind.NUMBER, Role.EMAIL_CONSENT)}
    people = [
        {"email": "a@example.com", "mail_ok": answer},
        {"email": "a@example.com", "mail_ok": "yes", "flag": 1},
        {"email": "b@example.com", "mail_ok": "yes", "flag": 0},
        {"email": "b@example.com", "mail_ok": "yes", "flag": 1},
    ]
    audience, catalogue = people_of(tmp_path, people, fields=fields)
    _, rows = written(audience, catalogue, tmp_path / "out", "mailchimp", columns=())
    assert [row[0] for row in rows[1:]] == ([] if stays else ["a@example.com"])


def test_another_field_that_says_who_agreed_is_asked_anew(tmp_path: Path) -> None:
    fields = FIELDS | {"news": (Kind.YES_NO, Role.EMAIL_CONSENT)}
    people = [
        {"email": "a@example.com", "mail_ok": False, "news": True},
        {"email": "b@example.com", "mail_ok": True, "news": False},
        {"email": "a@example.com", "mail_ok": True, "news": True},
        {"email": "b@example.com", "mail_ok": True, "news": True},
    ]
    audience, catalogue = people_of(tmp_path, people, fields=fields)
    for none, expected in (("news", ["b@example.com"]), ("mail_ok", ["a@example.com"]), (None, [])):
        other = catalogue.edited({none: FieldEdit(role=Role.NONE)} if none else {})
        for _ in range(2):
            _, rows = written(audience, other, tmp_path / "out", "mailchimp", columns=())
            assert [row[0] for row in rows[1:]] == expected


def test_an_export_with_opt_outs_moves_on_and_ends_at_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.destinations.people.BLOCK", 2)
    people = [{"email": f"p{n}@example.com", "mail_ok": n % 2 == 0, "text_ok": n % 3 == 0} for n in range(9)]
    audience, catalogue = people_of(tmp_path, people)
    watching, options = Watching(), ExportOptions(destination="brevo")
    export(audience, catalogue, everybody(audience), options, tmp_path, segment_name="", zone=ZONE, progress=watching)
    shares = [share for share in watching.shares if share is not None]
    assert shares == sorted(shares)
    assert 0 < shares[0] < 0.1
    assert shares[-1] == 1.0


def test_every_field_that_says_who_agreed_must_say_yes(tmp_path: Path) -> None:
    fields = FIELDS | {"news": (Kind.TEXT, Role.EMAIL_CONSENT), "flag": (Kind.NUMBER, Role.EMAIL_CONSENT)}
    people = [
        {"email": "a@example.com", "mail_ok": True, "news": " Yes", "flag": 1},
        {"email": "b@example.com", "mail_ok": True, "news": "no", "flag": 1},
        {"email": "c@example.com", "mail_ok": True, "news": "y", "flag": 0},
        {"email": "d@example.com", "mail_ok": True, "news": None, "flag": None},
    ]
    audience, catalogue = people_of(tmp_path, people, fields=fields)
    receipt, _ = written(audience, catalogue, tmp_path / "out", "hubspot")
    assert counts(receipt) == (1, 0, 3, 0)
    assert [field.name for field in consent_fields(catalogue, "hubspot")] == ["mail_ok", "news", "flag"]
    assert [field.name for field in consent_fields(catalogue, "klaviyo")] == ["mail_ok", "text_ok", "news", "flag"]


@pytest.mark.parametrize("destination", DESTINATIONS)
def test_without_any_consent_field_nobody_is_exported_silently(tmp_path: Path, destination: str) -> None:
    audience, catalogue = people_of(tmp_path, [{"email": "a@example.com"}], without=("mail_ok", "text_ok"))
    assert consent_fields(catalogue) == ()
    with pytest.raises(ExportError, match=r"No field of this audience says who agreed .* “E-mail consent”"):
        written(audience, catalogue, tmp_path / "out", destination)
    receipt, _ = written(audience, catalogue, tmp_path / "out", destination, consent="ignore")
    assert receipt.exported == 1
    assert "Consent was not looked at." in receipt.notes


def test_a_consent_for_text_messages_says_nothing_about_emails(tmp_path: Path) -> None:
    audience, catalogue = people_of(tmp_path, [{"email": "a@example.com", "text_ok": True}], without=("mail_ok",))
    with pytest.raises(ExportError, match="“E-mail consent”"):
        written(audience, catalogue, tmp_path / "out", "mailchimp")
    receipt, _ = written(audience, catalogue, tmp_path / "out", "klaviyo")
    assert counts(receipt) == (0, 0, 1, 0)


def test_a_field_of_dates_cannot_say_who_agreed(tmp_path: Path) -> None:
    fields = FIELDS | {"mail_ok": (Kind.DATE, Role.EMAIL_CONSENT)}
    audience, catalogue = people_of(tmp_path, [{"email": "a@example.com", "mail_ok": date(2024, 1, 1)}], fields=fields)
    with pytest.raises(ExportError, match="“Mail ok” is to say who agreed, but it does not hold yes or no"):
        written(audience, catalogue, tmp_path / "out", "mailchimp")


def test_an_internal_list_keeps_people_without_address_and_duplicates(tmp_path: Path) -> None:
    people = [
        {"email": email, "mail_ok": ok}
        for email in ("a@example.com", "A@example.com", "broken", None)
        for ok in (True, None)
    ]
    audience, catalogue = people_of(tmp_path, people)
    receipt, rows = written(audience, catalogue, tmp_path / "out", "csv", require_address=False, columns=("email",))
    assert counts(receipt) == (4, 0, 4, 0)
    assert [row[0] for row in rows[1:]] == ["a@example.com", "A@example.com", "broken", ""]
    receipt, _ = written(audience, catalogue, tmp_path / "out", "csv", require_address=False, consent="ignore")
    assert counts(receipt) == (8, 0, 0, 0)
    audience, catalogue = people_of(tmp_path / "b", people, without=("email", "phone"))
    assert written(audience, catalogue, tmp_path / "out", "excel", require_address=False)[0].exported == 4


def test_a_list_for_a_platform_needs_a_field_with_addresses(tmp_path: Path) -> None:
    audience, catalogue = people_of(tmp_path, [{"email": "a@example.com"}], without=("email", "phone"))
    with pytest.raises(ExportError, match="Klaviyo needs an e-mail address or a phone number, and no field"):
        written(audience, catalogue, tmp_path / "out", "klaviyo")


def test_phones_that_were_left_out_are_told_apart(tmp_path: Path) -> None:
    people = [
        {"email": "a@example.com", "phone": "0170 1234567", "mail_ok": True, "text_ok": True},
        {"phone": "0170 1234568", "country": "Atlantis"},
        {"phone": "0170 1234569", "country": "Deutschland", "text_ok": True},
        {"email": "b@example.com", "phone": "+49 1", "mail_ok": True, "text_ok": True},
    ]
    audience, catalogue = people_of(tmp_path, people)
    receipt, rows = written(audience, catalogue, tmp_path / "out", "klaviyo", columns=())
    assert [row[3] for row in rows[1:]] == ["", "+491701234569", ""]
    assert counts(receipt) == (3, 1, 0, 0)
    assert receipt.notes == (
        "2 phone numbers without a country code were left out.",
        "1 phone number is not valid and was left out.",
    )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"destination": "mailchump"}, "There is no destination “mailchump”. Close: mailchimp"),
        ({"destination": "csv", "columns": ()}, "No column is chosen for CSV file. Choose at least one field."),
        ({"destination": "klaviyo", "columns": ("spend",)}, "There is no field “spend” in the customers. Close: spent"),
    ],
)
def test_options_that_do_not_fit_are_refused_with_what_would_work(
    tmp_path: Path, options: dict[str, Any], sentence: str
) -> None:
    audience, catalogue = people_of(tmp_path, [{"email": "a@example.com", "mail_ok": True}])
    with pytest.raises(ExportError) as caught:
        written(audience, catalogue, tmp_path / "out", **options)
    assert sentence in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_rows_of_another_version_are_refused(tmp_path: Path) -> None:
    audience, catalogue = people_of(tmp_path, [{"email": "a@example.com", "mail_ok": True}])
    with pytest.raises(ExportError, match="another version of the audience"):
        written(audience, catalogue, tmp_path / "out", "csv", rows=np.array([0, 7], dtype=np.uint32))


def test_a_cancelled_or_failed_export_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    audience, catalogue = people_of(tmp_path, [{"email": "a@example.com", "mail_ok": True}])
    for destination in ("csv", "excel"):
        options = ExportOptions(destination=destination, columns=CHOSEN, require_address=False, consent="ignore")
        with pytest.raises(Cancelled):
            export(
                audience,
                catalogue,
                everybody(audience),
                options,
                tmp_path / "out",
                segment_name="",
                zone=ZONE,
                progress=Watching(cancel=True),
            )
        assert list((tmp_path / "out").iterdir()) == []

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    for destination in ("csv", "excel"):
        with pytest.raises(ExportError, match="No space left on device"):
            written(audience, catalogue, tmp_path / "out", destination)
    assert list((tmp_path / "out").iterdir()) == []


def test_every_file_has_a_name_of_its_own_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    audience, catalogue = people_of(tmp_path, [{"email": "a@example.com", "mail_ok": True}])
    receipts = [
        written(audience, catalogue, tmp_path / "out", "csv", segment=s)[0]
        for s in ("VIP Köln / 2024", "VIP Köln / 2024", "客户")
    ]
    names = [receipt.file_name for receipt in receipts]
    assert len(set(names)) == 3
    assert names[0].startswith("vip-koln-2024_csv_")
    assert names[2].startswith("segment_csv_")
    assert {path.name for path in (tmp_path / "out").iterdir()} == set(names)
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "out").iterdir()} == {0o600}
    assert receipts[0].segment == "VIP Köln / 2024"
    assert receipts[0].written_at.utcoffset() is not None


def test_a_receipt_that_does_not_add_up_is_refused() -> None:
    numbers = {"matched": 5, "exported": 2, "no_address": 1, "not_consented": 1, "duplicate": 1}
    about = {"file_name": "a.csv", "written_at": datetime(2026, 1, 1), "destination": "csv", "segment": "x"}  # noqa: DTZ001
    assert Receipt(**numbers, **about).matched == 5  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="must add up"):
        Receipt(**(numbers | {"matched": 6}), **about)  # type: ignore[arg-type]


def test_progress_ends_at_the_whole(tmp_path: Path) -> None:
    audience, catalogue = people_of(tmp_path, [{"email": "a@example.com", "mail_ok": True}])
    watching = Watching()
    export(
        audience,
        catalogue,
        everybody(audience),
        ExportOptions(destination="brevo"),
        tmp_path,
        segment_name="",
        zone=ZONE,
        progress=watching,
    )
    assert watching.shares == [0.5, 1.0]
