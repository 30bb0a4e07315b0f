"""Every operator by hand: whom it matches, whom not, and what becomes of people with no value."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest

from segmentation.catalogue import Kind
from segmentation.clock import Clock
from segmentation.definition import Definition, FieldCondition, Group, OtherField, Period, Span, Unit
from segmentation.engine import Engine
from segmentation.operators import OPERATORS, operators_for
from tests.segmentation.audiences import write_audience

NOW = datetime(2026, 3, 31, 10, 0, tzinfo=UTC)  # noon in Berlin, two days after the clocks went forward
CLOCK = Clock(NOW, "Europe/Berlin")
WEEK = Period(amount=7)


def at(text: str) -> datetime:
    """An instant in UTC, as stored."""
    return datetime.fromisoformat(text)


def day(text: str) -> date:
    return date.fromisoformat(text)


@dataclass(frozen=True)
class Example:
    """An operand, the cells it matches and the cells it does not; a missing value is None and always among them.

    Where the operand is another field, `value` is its kind and the cells are pairs: the field's and the other's.
    """

    kind: Kind
    value: Any
    matched: tuple[Any, ...]
    others: tuple[Any, ...]
    exact_case: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.value, Kind):
            assert (None, None) in self.matched + self.others, "every pair has an example with nothing on both sides"
            assert any(a is None and b is not None for a, b in self.matched + self.others)
            assert any(b is None and a is not None for a, b in self.matched + self.others)
        else:
            assert None in self.matched + self.others, "every example has a missing value"

    def columns(self, name: str) -> dict[str, tuple[Kind, tuple[Any, ...]]]:
        """The columns this example needs, each with its kind and its cells from the first row down."""
        cells = self.matched + self.others
        if not isinstance(self.value, Kind):
            return {name: (self.kind, cells)}
        return {
            name: (self.kind, tuple(cell for cell, _ in cells)),
            f"{name} other": (self.value, tuple(other for _, other in cells)),
        }

    def condition(self, name: str, operator: str, **changes: Any) -> FieldCondition:
        """The example as a filter on its column."""
        value = OtherField(field=f"{name} other") if isinstance(self.value, Kind) else self.value
        return FieldCondition(field=name, operator=operator, value=value, exact_case=self.exact_case, **changes)

    def missing(self, cell: Any) -> bool:
        """A value that the operator needs is not there."""
        return cell is None or (isinstance(self.value, Kind) and None in cell)


MATCHES_BROWN = ("Brown", "browne")
COUNTRIES = ("Spain", "SPAIN", "spain", "Peru")
EXAMPLES: dict[str, tuple[Example, ...]] = {
    "is_any_of": (
        Example(Kind.TEXT, ("spain", "Peru"), COUNTRIES, ("Spain ", " Peru", "Spa", "Perú", None)),
        Example(Kind.TEXT, ("spain", "Peru"), ("spain", "Peru"), ("Spain", "PERU", None), exact_case=True),
    ),
    "is_none_of": (
        Example(Kind.TEXT, ("spain", "Peru"), ("Spain ", "Perú", None), COUNTRIES),
        Example(Kind.TEXT, ("spain",), ("Spain", None), ("spain",), exact_case=True),
    ),
    "is": (
        Example(Kind.TEXT, "Σίσυφος", ("ΣΊΣΥΦΟΣ", "σίσυφος"), ("Σισυφος", None)),
        Example(Kind.TEXT, "0", ("0",), ("00", "0.0", "O", None)),
        Example(Kind.TEXT, "Kadıköy", ("KADIKÖY", "kadıköy"), ("Kadıkoy", None)),  # noqa: RUF001 Turkish
    ),
    "is_not": (
        Example(Kind.TEXT, "Anna", ("Ännä", "Anna ", None), ("Anna", "ANNA")),
        Example(Kind.TEXT, "Anna", ("ANNA", None), ("Anna",), exact_case=True),
    ),
    "contains": (
        Example(Kind.TEXT, "0%", ("50%", "0% fat"), ("50", "0", None)),
        Example(Kind.TEXT, "_", ("a_b",), ("ab", "a%b", None)),
    ),
    "does_not_contain": (Example(Kind.TEXT, "an", ("Bob", "Älna", None), ("Anna", "JAN")),),
    "contains_any": (Example(Kind.TEXT, ("@a.", "@b."), ("x@a.com", "Y@B.ORG"), ("x@c.com", "ab", None)),),
    "contains_none": (Example(Kind.TEXT, ("@a.", "@b."), ("x@c.com", "ab", None), ("x@a.com", "Y@B.ORG")),),
    "starts_with": (Example(Kind.TEXT, "a\\", ("a\\b", "A\\"), ("ab", "a", " a\\", None)),),
    "does_not_start_with": (Example(Kind.TEXT, "dr. ", ("Hedr. ", "Dr.X", None), ("Dr. X", "dr. y")),),
    "ends_with": (Example(Kind.TEXT, ".de", ("mail.de", "MAIL.DE"), ("mail.de ", "mailxde", None)),),
    "does_not_end_with": (Example(Kind.TEXT, ".de", ("mail.com", "mail.de ", None), ("mail.de", "MAIL.DE")),),
    "matches": (
        Example(Kind.TEXT, "bro[wv]n", ("Brown", "a brovn"), ("bro wn", None)),
        Example(Kind.TEXT, "^brown", MATCHES_BROWN, ("a brown", None)),
        Example(Kind.TEXT, "^Brown$", ("Brown",), ("brown", "Browne", None), exact_case=True),
    ),
    "does_not_match": (Example(Kind.TEXT, "^brown", ("a brown", None), MATCHES_BROWN),),
    "language_any_of": (
        Example(
            Kind.TEXT,
            ("de",),
            ("de", "DE", "de-AT", "De_ch", "de-Latn-DE-1996"),
            ("d", "deu", "den", "nl-de", " de", "de AT", "", None),
        ),
        Example(Kind.TEXT, ("EN", "fil"), ("en", "en-GB", "fil", "FIL_PH"), ("fi", "e", "de-en", None)),
    ),
    "language_none_of": (Example(Kind.TEXT, ("de", "en"), ("fr", "deu", None), ("de", "EN", "de-AT", "en_US")),),
    "between": (Example(Kind.NUMBER, (18, 25.5), (18, 20.01, 25.5), (17.99, 25.51, -20, None)),),
    "not_between": (Example(Kind.NUMBER, (0, 0), (0.01, -0.01, None), (0,)),),
    "at_least": (Example(Kind.NUMBER, 0.3, (0.3, 1), (0.29, 0, None)),),
    "at_most": (Example(Kind.NUMBER, 0, (0, -1), (0.01, None)),),
    "more_than": (Example(Kind.NUMBER, 0, (0.01, 5), (0, -1, None)),),
    "less_than": (Example(Kind.NUMBER, 10, (9.99, 0, -10), (10, 11, None)),),
    "equals": (Example(Kind.NUMBER, 0, (0, 0.0), (0.01, None)),),
    "does_not_equal": (Example(Kind.NUMBER, 0, (1, -1, None), (0,)),),
    "is_yes": (Example(Kind.YES_NO, None, (True,), (False, None)),),
    "is_no": (Example(Kind.YES_NO, None, (False,), (True, None)),),
    "is_not_yes": (Example(Kind.YES_NO, None, (False, None), (True,)),),
    "is_not_no": (Example(Kind.YES_NO, None, (True, None), (False,)),),
    "in_last": (
        Example(
            Kind.MOMENT,
            WEEK,
            (at("2026-03-24T10:00"), at("2026-03-31T10:00")),
            (at("2026-03-24T09:59:59.999999"), at("2026-03-31T10:00:00.000001"), None),
        ),
        Example(
            Kind.MOMENT,
            Period(amount=1, unit=Unit.MONTHS),
            (at("2026-02-28T11:00"),),  # noon in Berlin on the last day of the shorter month, when it was winter time
            (at("2026-02-28T10:59:59.999999"), None),
        ),
        Example(
            Kind.DATE,
            WEEK,
            (day("2026-03-24"), day("2026-03-31")),
            (day("2026-03-23"), day("2026-04-01"), None),
        ),
    ),
    "not_in_last": (
        Example(Kind.DATE, WEEK, (day("2026-03-23"), day("2026-04-01"), None), (day("2026-03-24"), day("2026-03-31"))),
    ),
    "more_than_ago": (
        Example(
            Kind.MOMENT, WEEK, (at("2026-03-24T09:59:59.999999"),), (at("2026-03-24T10:00"), at("2027-01-01"), None)
        ),
        Example(Kind.DATE, WEEK, (day("2026-03-23"),), (day("2026-03-24"), None)),
    ),
    "in_next": (
        Example(
            Kind.MOMENT,
            Period(amount=24, unit=Unit.HOURS),
            (at("2026-03-31T10:00"), at("2026-04-01T10:00")),
            (at("2026-03-31T09:59:59"), at("2026-04-01T10:00:01"), None),
        ),
        Example(
            Kind.DATE,
            Period(amount=1, unit=Unit.MONTHS),
            (day("2026-03-31"), day("2026-04-30")),
            (day("2026-03-30"), day("2026-05-01"), None),
        ),
    ),
    "on": (
        Example(
            Kind.MOMENT,  # a day of 23 hours
            "2026-03-29",
            (at("2026-03-28T23:00"), at("2026-03-29T21:59:59.999999")),
            (at("2026-03-28T22:59:59.999999"), at("2026-03-29T22:00"), None),
        ),
        Example(Kind.DATE, "2024-02-29", (day("2024-02-29"),), (day("2024-02-28"), day("2024-03-01"), None)),
        Example(Kind.DATE, "9999-12-31", (day("9999-12-31"),), (day("9999-12-30"), None)),
    ),
    "not_on": (Example(Kind.DATE, "2024-02-29", (day("2024-02-28"), None), (day("2024-02-29"),)),),
    "before": (
        Example(
            Kind.MOMENT,
            "2026-03-29",
            (at("2026-03-28T22:59:59.999999"),),
            (at("2026-03-28T23:00"), None),
        ),
        Example(Kind.DATE, "2026-03-29", (day("2026-03-28"),), (day("2026-03-29"), None)),
    ),
    "after": (
        Example(
            Kind.MOMENT,
            "2026-03-29",
            (at("2026-03-29T22:00"), at("2030-01-01")),
            (at("2026-03-29T21:59:59.999999"), None),
        ),
        Example(Kind.DATE, "9999-12-30", (day("9999-12-31"),), (day("9999-12-30"), None)),
        Example(Kind.DATE, "9999-12-31", (), (day("9999-12-31"), None)),
    ),
    "between_days": (
        Example(
            Kind.MOMENT,
            ("2026-03-28", "2026-03-29"),
            (at("2026-03-27T23:00"), at("2026-03-29T21:59:59.999999")),
            (at("2026-03-27T22:59:59.999999"), at("2026-03-29T22:00"), None),
        ),
        Example(
            Kind.DATE,
            ("2026-03-28", "2026-03-29"),
            (day("2026-03-28"), day("2026-03-29")),
            (day("2026-03-27"), day("2026-03-30"), None),
        ),
    ),
    "not_between_days": (
        Example(Kind.DATE, ("2026-03-28", "2026-03-28"), (day("2026-03-27"), None), (day("2026-03-28"),)),
    ),
    "not_in_next": (
        Example(Kind.DATE, WEEK, (day("2026-03-30"), day("2026-04-08"), None), (day("2026-03-31"), day("2026-04-07"))),
    ),
    "more_than_ahead": (
        Example(
            Kind.MOMENT,
            WEEK,
            (at("2026-04-07T10:00:00.000001"), at("2030-01-01")),
            (at("2026-04-07T10:00"), at("2026-03-31T10:00"), at("2026-01-01"), None),
        ),
        Example(Kind.DATE, WEEK, (day("2026-04-08"),), (day("2026-04-07"), day("2026-03-31"), None)),
    ),
    "between_ago": (
        Example(
            Kind.MOMENT,
            Span(nearest=30, farthest=60),
            (at("2026-01-30T10:00"), at("2026-03-01T09:59:59.999999")),
            (at("2026-01-30T09:59:59.999999"), at("2026-03-01T10:00"), at("2026-03-31T10:00"), None),
        ),
        Example(
            Kind.MOMENT,
            Span(nearest=1, farthest=2, unit=Unit.MONTHS),
            (at("2026-01-31T11:00"), at("2026-02-28T10:59:59.999999")),
            (at("2026-01-31T10:59:59.999999"), at("2026-02-28T11:00"), None),
        ),
        Example(
            Kind.DATE,
            Span(nearest=0, farthest=7),
            (day("2026-03-24"), day("2026-03-30")),
            (day("2026-03-23"), day("2026-03-31"), day("2026-04-01"), None),
        ),
    ),
    "in_calendar": (
        Example(
            Kind.MOMENT,  # the week in which the clocks went forward
            "last_week",
            (at("2026-03-22T23:00"), at("2026-03-29T21:59:59.999999")),
            (at("2026-03-22T22:59:59.999999"), at("2026-03-29T22:00"), None),
        ),
        Example(
            Kind.DATE,
            "this_quarter",
            (day("2026-01-01"), day("2026-03-31")),
            (day("2025-12-31"), day("2026-04-01"), None),
        ),
        Example(Kind.DATE, "tomorrow", (day("2026-04-01"),), (day("2026-03-31"), day("2026-04-02"), None)),
    ),
    "not_in_calendar": (
        Example(
            Kind.DATE,
            "this_month",
            (day("2026-02-28"), day("2026-04-01"), None),
            (day("2026-03-01"), day("2026-03-31")),
        ),
    ),
    "between_times": (
        Example(
            Kind.MOMENT,  # an hour apart, as the clocks went forward in between
            ("2026-03-29T01:30", "2026-03-29T03:30"),
            (at("2026-03-29T00:30"), at("2026-03-29T01:29:59.999999")),
            (at("2026-03-29T00:29:59.999999"), at("2026-03-29T01:30"), None),
        ),
        Example(
            Kind.MOMENT,
            ("2026-03-30T23:00Z", "2026-03-31T03:00+02:00"),
            (at("2026-03-30T23:00"), at("2026-03-31T00:59:59.999999")),
            (at("2026-03-30T22:59:59.999999"), at("2026-03-31T01:00"), None),
        ),
    ),
    "not_between_times": (
        Example(
            Kind.MOMENT,
            ("2026-03-30", "2026-03-31"),
            (at("2026-03-29T21:59:59.999999"), at("2026-03-30T22:00"), None),
            (at("2026-03-29T22:00"), at("2026-03-30T21:59:59.999999")),
        ),
    ),
    "weekday_is": (
        Example(
            Kind.MOMENT,
            ("sunday",),
            (at("2026-03-28T23:00"), at("2026-03-29T21:59:59.999999")),
            (at("2026-03-28T22:59:59.999999"), at("2026-03-29T22:00"), None),
        ),
        Example(
            Kind.DATE,
            ("Monday", "saturday"),
            (day("2026-03-30"), day("2026-03-28"), day("1900-01-01")),
            (day("2026-03-29"), day("2026-03-31"), None),
        ),
    ),
    "weekday_is_not": (Example(Kind.DATE, ("monday",), (day("2026-03-29"), None), (day("2026-03-30"),)),),
    "month_is": (
        Example(
            Kind.MOMENT,
            ("march",),
            (at("2026-02-28T23:00"), at("2026-03-31T21:59:59.999999"), at("1999-03-15")),
            (at("2026-02-28T22:59:59.999999"), at("2026-03-31T22:00"), None),
        ),
        Example(
            Kind.DATE,
            ("december", "January"),
            (day("2026-12-31"), day("1960-01-01")),
            (day("2026-11-30"), day("2026-02-01"), None),
        ),
    ),
    "month_is_not": (Example(Kind.DATE, ("march",), (day("2026-04-01"), None), (day("1960-03-31"),)),),
    "hour_between": (
        Example(
            Kind.MOMENT,  # past midnight, in winter
            (22, 5),
            (at("2026-01-01T21:00"), at("2026-01-01T23:30"), at("2026-01-02T04:59:59.999999")),
            (at("2026-01-01T20:59:59.999999"), at("2026-01-02T05:00"), None),
        ),
        Example(
            Kind.MOMENT,
            (9, 9),
            (at("2026-01-01T08:00"), at("2026-07-01T07:59:59.999999")),
            (at("2026-01-01T07:59:59.999999"), at("2026-07-01T08:00"), None),
        ),
        Example(Kind.MOMENT, (2, 2), (at("2026-10-25T00:30"), at("2026-10-25T01:30")), (at("2026-03-29T01:30"), None)),
        Example(Kind.MOMENT, (0, 23), (at("2026-01-01T00:00"), at("2026-01-01T22:59:59")), (None,)),
    ),
    "hour_not_between": (
        Example(
            Kind.MOMENT, (9, 16), (at("2026-01-01T07:59:59"), at("2026-01-01T16:00"), None), (at("2026-01-01T08:00"),)
        ),
    ),
    "anniversary_in_next": (
        Example(
            Kind.DATE,
            7,
            (day("1960-04-02"), day("2026-03-31"), day("1999-04-07"), day("2027-04-01")),
            (day("1960-03-30"), day("1960-04-08"), None),
        ),
        Example(
            Kind.MOMENT,
            0,
            (at("1990-03-30T22:00"), at("1990-03-31T21:59:59.999999")),
            (at("1990-03-30T21:59:59.999999"), at("1990-03-31T22:00"), None),
        ),
        Example(Kind.DATE, 10**9, (day("1992-02-29"), day("1960-01-01"), day("1960-12-31")), (None,)),
    ),
    "anniversary_in_last": (
        Example(
            Kind.DATE,  # back to 28 February, on which a common year keeps the 29th
            31,
            (day("1992-02-29"), day("2000-02-28"), day("2026-03-31")),
            (day("2000-02-27"), day("1999-04-01"), None),
        ),
        Example(Kind.DATE, 30, (day("1999-03-01"),), (day("1992-02-29"), None)),
        Example(
            Kind.MOMENT,
            1,
            (at("2025-03-29T23:00"), at("2025-03-31T21:59:59.999999")),
            (at("2025-03-29T22:59:59.999999"), at("2025-03-31T22:00"), None),
        ),
    ),
    "age_at_least": (
        Example(
            Kind.DATE,
            18,
            (day("2008-03-31"), day("1900-01-01")),
            (day("2008-04-01"), day("2026-04-01"), None),
        ),
        Example(
            Kind.MOMENT,
            18,
            (at("2008-03-31T21:59:59.999999"),),
            (at("2008-03-31T22:00"), None),
        ),
        Example(Kind.DATE, 0, (day("2026-03-31"), day("0001-01-01")), (day("2026-04-01"), None)),
        Example(Kind.DATE, 10**9, (), (day("0001-01-01"), None)),
    ),
    "age_at_most": (
        Example(Kind.DATE, 17, (day("2008-04-01"), day("2026-03-31")), (day("2008-03-31"), day("2026-04-01"), None)),
        Example(Kind.DATE, 10**9, (day("0001-01-01"), day("2026-03-31")), (day("2026-04-01"), None)),
        Example(
            Kind.MOMENT,
            0,
            (at("2025-03-31T22:00"), at("2026-03-31T21:59:59.999999")),
            (at("2025-03-31T21:59:59.999999"), at("2026-03-31T22:00"), None),
        ),
    ),
    "age_between": (
        Example(
            Kind.DATE, (18, 20), (day("2008-03-31"), day("2005-04-01")), (day("2005-03-31"), day("2008-04-01"), None)
        ),
        Example(
            Kind.DATE, (0, 0), (day("2025-04-01"), day("2026-03-31")), (day("2025-03-31"), day("2026-04-01"), None)
        ),
        Example(
            Kind.MOMENT,
            (1, 1),
            (at("2024-03-31T22:00"), at("2025-03-31T21:59:59.999999")),
            (at("2024-03-31T21:59:59.999999"), at("2025-03-31T22:00"), None),
        ),
        Example(Kind.DATE, (5000, 6000), (), (day("0001-01-01"), day("2026-03-31"), None)),
    ),
    "has_any_of": (
        Example(Kind.LIST, ("sport", "a;b"), (["Sport"], ["x", "A;B"]), (["a", "b"], ["Sports"], None)),
        Example(Kind.LIST, ("sport",), (["sport"],), (["Sport"], None), exact_case=True),
    ),
    "has_all_of": (
        Example(Kind.LIST, ("sport", "Sport", "music"), (["MUSIC", "x", "Sport"],), (["sport"], ["music"], None)),
        Example(Kind.LIST, ("a", "A"), (["a", "A"],), (["a"], ["A"], None), exact_case=True),
    ),
    "has_none_of": (Example(Kind.LIST, ("sport", "music"), (["art"], None), (["Sport", "art"], ["music"])),),
    "items_at_least": (
        Example(Kind.LIST, 2, (["a", "a"], ["a", "b", "c"]), (["a"], None)),
        Example(Kind.LIST, 0, (["a"],), (None,)),
    ),
    "items_at_most": (Example(Kind.LIST, 1, (["a"],), (["a", "b"], None)),),
    "items_exactly": (
        Example(Kind.LIST, 2, (["a", "a"], ["a", "b"]), (["a"], ["a", "b", "c"], None)),
        Example(Kind.LIST, 10**30, (), (["a"], None)),
    ),
    "same_as": (
        Example(
            Kind.TEXT,
            Kind.TEXT,
            (("Anna", "ANNA"), ("ς", "Σ")),
            (("Anna", "Änna"), ("Anna", "Anna "), ("Anna", None), (None, "Anna"), (None, None)),
        ),
        Example(
            Kind.TEXT,
            Kind.TEXT,
            (("a", "a"),),
            (("a", "A"), ("a", None), (None, "a"), (None, None)),
            exact_case=True,
        ),
        Example(Kind.NUMBER, Kind.NUMBER, ((0.3, 0.30), (0, 0)), ((0.3, 0.31), (0, None), (None, 0), (None, None))),
        Example(
            Kind.YES_NO,
            Kind.YES_NO,
            ((True, True), (False, False)),
            ((True, False), (False, None), (None, False), (None, None)),
        ),
        Example(
            Kind.DATE,  # a day and an instant: the same day in the zone
            Kind.MOMENT,
            ((day("2026-03-29"), at("2026-03-28T23:00")), (day("2026-03-29"), at("2026-03-29T21:59:59.999999"))),
            (
                (day("2026-03-29"), at("2026-03-28T22:59:59.999999")),
                (day("2026-03-29"), at("2026-03-29T22:00")),
                (day("2026-03-29"), None),
                (None, at("2026-03-29T12:00")),
                (None, None),
            ),
        ),
        Example(
            Kind.MOMENT,
            Kind.MOMENT,
            ((at("2026-03-29T12:00"), at("2026-03-29T12:00")),),
            (
                (at("2026-03-29T12:00"), at("2026-03-29T12:00:00.000001")),
                (at("2026-03-29T12:00"), None),
                (None, at("2026-03-29T12:00")),
                (None, None),
            ),
        ),
    ),
    "not_same_as": (
        Example(
            Kind.TEXT,
            Kind.TEXT,
            (("a", "b"), ("a", None), (None, "a"), (None, None)),
            (("a", "A"),),
        ),
        Example(Kind.NUMBER, Kind.NUMBER, ((1, 2), (1, None), (None, 1), (None, None)), ((1, 1.0),)),
    ),
    "more_than_field": (
        Example(Kind.NUMBER, Kind.NUMBER, ((2, 1), (0, -0.01)), ((1, 1), (1, 2), (1, None), (None, -1), (None, None))),
    ),
    "at_least_field": (
        Example(Kind.NUMBER, Kind.NUMBER, ((2, 1), (1, 1)), ((1, 1.01), (1, None), (None, -1), (None, None))),
    ),
    "less_than_field": (
        Example(Kind.NUMBER, Kind.NUMBER, ((1, 2),), ((1, 1), (2, 1), (-1, None), (None, 1), (None, None))),
    ),
    "at_most_field": (
        Example(Kind.NUMBER, Kind.NUMBER, ((1, 2), (1, 1)), ((2, 1), (-1, None), (None, 1), (None, None))),
    ),
    "later_than_field": (
        Example(
            Kind.DATE,
            Kind.DATE,
            ((day("2026-03-02"), day("2026-03-01")),),
            (
                (day("2026-03-01"), day("2026-03-01")),
                (day("2026-03-01"), None),
                (None, day("2026-03-01")),
                (None, None),
            ),
        ),
        Example(
            Kind.MOMENT,  # the day in the zone counts, as the other has no clock
            Kind.DATE,
            ((at("2026-03-29T22:00"), day("2026-03-29")),),
            (
                (at("2026-03-29T21:59:59.999999"), day("2026-03-29")),
                (at("2026-03-29T22:00"), None),
                (None, day("2026-03-29")),
                (None, None),
            ),
        ),
    ),
    "earlier_than_field": (
        Example(
            Kind.MOMENT,
            Kind.MOMENT,
            ((at("2026-03-29T12:00"), at("2026-03-29T12:00:00.000001")),),
            (
                (at("2026-03-29T12:00"), at("2026-03-29T12:00")),
                (at("2026-03-29T12:00"), None),
                (None, at("2026-03-29T12:00")),
                (None, None),
            ),
        ),
        Example(
            Kind.DATE,
            Kind.MOMENT,
            ((day("2026-03-28"), at("2026-03-28T23:00")),),
            (
                (day("2026-03-28"), at("2026-03-28T22:59:59.999999")),
                (day("2026-03-28"), None),
                (None, at("2026-03-28T23:00")),
                (None, None),
            ),
        ),
    ),
    "is_known": (
        Example(Kind.TEXT, None, ("0", "null"), (None,)),
        Example(Kind.YES_NO, None, (False, True), (None,)),
        Example(Kind.LIST, None, (["a"],), (None,)),
    ),
    "is_missing": (
        Example(Kind.NUMBER, None, (None,), (0, -1)),
        Example(Kind.YES_NO, None, (None,), (False, True)),
    ),
}
CASES = [(name, number) for name, examples in EXAMPLES.items() for number in range(len(examples))]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One audience for all examples: a column (or two) for each, its cells from the first row down."""
    fields: dict[str, Kind] = {}
    people: list[dict[str, Any]] = []
    for name, number in CASES:
        for column, (kind, cells) in EXAMPLES[name][number].columns(f"{name} {number}").items():
            fields[column] = kind
            people += [{} for _ in range(len(cells) - len(people))]
            for row, cell in enumerate(cells):
                people[row][column] = cell
    audience = write_audience(tmp_path_factory.mktemp("operators") / "v000001.duckdb", fields, people)
    yield Engine(audience)
    audience.close()


def rows(engine: Engine, condition: FieldCondition) -> set[int]:
    answer = engine.answer(Definition(root=Group(children=(condition,))), CLOCK)
    assert answer.counted, answer.unfinished
    return set(answer.members.rows().tolist())


@pytest.mark.parametrize(("name", "number"), CASES)
def test_operator_matches_its_example(engine: Engine, name: str, number: int) -> None:
    example = EXAMPLES[name][number]
    cells = example.matched + example.others
    found = rows(engine, example.condition(f"{name} {number}", name))
    matched = set(range(len(example.matched)))
    assert [cells[row] for row in sorted(found & set(range(len(cells))))] == list(example.matched)
    empty = set(range(len(cells), engine.audience.people))
    assert found == matched | (empty if OPERATORS[name].negates else set())


@pytest.mark.parametrize("name", [name for name, row in OPERATORS.items() if row.negates])
def test_negative_operator_leaves_out_people_with_no_value_when_asked(engine: Engine, name: str) -> None:
    example = EXAMPLES[name][0]
    assert any(example.missing(cell) for cell in example.matched), "a negative operator matches a missing value"
    assert not any(example.missing(cell) for cell in example.others)
    condition = example.condition(f"{name} 0", name, leave_out_missing=True)
    if name == "is_missing":
        assert None in [(*example.matched, *example.others)[row] for row in sorted(rows(engine, condition))[:1]]
    else:
        known = {row for row, cell in enumerate(example.matched) if not example.missing(cell)}
        assert rows(engine, condition) == known


@pytest.mark.parametrize("name", [name for name, row in OPERATORS.items() if not row.negates])
def test_positive_operator_never_matches_a_missing_value(engine: Engine, name: str) -> None:
    assert not any(example.missing(cell) for example in EXAMPLES[name] for cell in example.matched)
    for leave_out in (False, True):
        condition = EXAMPLES[name][0].condition(f"{name} 0", name, leave_out_missing=leave_out)
        assert rows(engine, condition) == set(range(len(EXAMPLES[name][0].matched)))


def test_every_operator_has_an_example() -> None:
    assert set(EXAMPLES) == set(OPERATORS)


SAVED = """
    is_any_of is_none_of is is_not contains does_not_contain contains_any contains_none starts_with does_not_start_with
    ends_with does_not_end_with matches does_not_match between not_between at_least at_most more_than less_than equals
    does_not_equal is_yes is_no in_last not_in_last more_than_ago in_next on not_on before after between_days
    not_between_days has_any_of has_all_of has_none_of items_at_least items_at_most is_known is_missing
    language_any_of language_none_of is_not_yes is_not_no not_in_next more_than_ahead between_ago in_calendar
    not_in_calendar between_times not_between_times weekday_is weekday_is_not month_is month_is_not hour_between
    hour_not_between anniversary_in_next anniversary_in_last age_at_least age_at_most age_between items_exactly same_as
    not_same_as more_than_field at_least_field less_than_field at_most_field later_than_field earlier_than_field
""".split()


def test_names_in_saved_files_are_never_renamed() -> None:
    assert set(SAVED) <= set(OPERATORS)


def test_every_operator_for_times_has_an_example_with_and_without_clock() -> None:
    for name, examples in EXAMPLES.items():
        times = OPERATORS[name].kinds & {Kind.DATE, Kind.MOMENT}
        if OPERATORS[name].negates is None and len(times) == 2 and OPERATORS[name].kinds == times:
            seen = {example.kind for example in examples}
            assert seen == times, name


def test_every_row_has_sql_or_negates_one_that_has() -> None:
    for row in OPERATORS.values():
        assert (row.build is None) == (row.negates is not None)
        if row.negates is not None:
            positive = OPERATORS[row.negates]
            assert positive.build is not None
            assert (positive.kinds, positive.shape) == (row.kinds, row.shape)


@pytest.mark.parametrize("kind", list(Kind))
def test_menu_of_a_kind_names_every_operator_once(kind: Kind) -> None:
    labels = [row.label for row in operators_for(kind)]
    assert labels
    assert len(set(labels)) == len(labels)
