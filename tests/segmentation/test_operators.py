"""Every operator by hand: whom it matches, whom not, and what becomes of people with no value."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest

from segmentation.catalogue import Kind
from segmentation.clock import Clock
from segmentation.definition import Definition, FieldCondition, Group, Period, Unit
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
    """An operand, the cells it matches and the cells it does not; a missing value is None and always among them."""

    kind: Kind
    value: Any
    matched: tuple[Any, ...]
    others: tuple[Any, ...]
    exact_case: bool = False

    def __post_init__(self) -> None:
        assert None in self.matched + self.others, "every example has a missing value"


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
    """One audience for all examples: a column for each, its cells from the first row down."""
    fields, people = {}, []
    for name, number in CASES:
        example = EXAMPLES[name][number]
        column = f"{name} {number}"
        fields[column] = example.kind
        cells = example.matched + example.others
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
    condition = FieldCondition(
        field=f"{name} {number}", operator=name, value=example.value, exact_case=example.exact_case
    )
    cells = example.matched + example.others
    found = rows(engine, condition)
    matched = set(range(len(example.matched)))
    assert [cells[row] for row in sorted(found & set(range(len(cells))))] == list(example.matched)
    empty = set(range(len(cells), engine.audience.people))
    assert found == matched | (empty if None in example.matched else set())


@pytest.mark.parametrize("name", [name for name, row in OPERATORS.items() if row.negates])
def test_negative_operator_leaves_out_people_with_no_value_when_asked(engine: Engine, name: str) -> None:
    example = EXAMPLES[name][0]
    assert None in example.matched, "a negative operator matches a missing value"
    condition = FieldCondition(field=f"{name} 0", operator=name, value=example.value, leave_out_missing=True)
    if name == "is_missing":
        assert None in [(*example.matched, *example.others)[row] for row in sorted(rows(engine, condition))[:1]]
    else:
        known = {row for row, cell in enumerate(example.matched) if cell is not None}
        assert rows(engine, condition) == known


@pytest.mark.parametrize("name", [name for name, row in OPERATORS.items() if not row.negates])
def test_positive_operator_never_matches_a_missing_value(engine: Engine, name: str) -> None:
    assert all(None in example.others for example in EXAMPLES[name])
    for leave_out in (False, True):
        example = EXAMPLES[name][0]
        condition = FieldCondition(
            field=f"{name} 0",
            operator=name,
            value=example.value,
            exact_case=example.exact_case,
            leave_out_missing=leave_out,
        )
        assert rows(engine, condition) == set(range(len(example.matched)))


def test_every_operator_has_an_example() -> None:
    assert set(EXAMPLES) == set(OPERATORS)


SAVED = """
    is_any_of is_none_of is is_not contains does_not_contain contains_any contains_none starts_with does_not_start_with
    ends_with does_not_end_with matches does_not_match between not_between at_least at_most more_than less_than equals
    does_not_equal is_yes is_no in_last not_in_last more_than_ago in_next on not_on before after between_days
    not_between_days has_any_of has_all_of has_none_of items_at_least items_at_most is_known is_missing
""".split()


def test_names_in_saved_files_are_never_renamed() -> None:
    assert set(SAVED) <= set(OPERATORS)


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
