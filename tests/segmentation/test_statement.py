"""A whole definition as one statement: in eight dialects, never dependent on values, and of the engine's own people in DuckDB."""

import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest
import sqlglot
from sqlglot import exp

from segmentation.catalogue import Kind
from segmentation.definition import (
    AnyNode,
    Definition,
    EventCondition,
    FieldCondition,
    Group,
    Match,
    Measure,
    MeasureFunction,
    OtherField,
    SegmentCondition,
    walk,
)
from segmentation.dialects import DIALECTS
from segmentation.errors import HandpickError
from segmentation.operators import COMPARISONS, OPERATORS, Shape
from segmentation.references import NamedDefinition, References
from segmentation.statement import Statement, statement
from tests.agreement.conditions import FIELDS_OF, OPERANDS, REFERENCES, WINDOWS, definitions, other_conditions, rooted
from tests.agreement.world import CLOCK, World, world
from tests.segmentation.audiences import catalogue_of

HOSTILE = (
    "'; DROP TABLE people; --",
    '"',
    "\\",
    "\\'",
    "`",
    "$1",
    "?",
    ":p0",
    "@p0",
    "{p0: String}",
    "%s",
    "a\nb",
    "*/",
)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = world(tmp_path_factory.mktemp("statement"))
    yield made
    made.engine.audience.close()


def of(small: World, definition: Definition, dialect: str = "duckdb", **options: Any) -> Statement:
    return statement(definition, small.catalogue, CLOCK, None, dialect, **({"references": REFERENCES} | options))


def found(small: World, asked: Statement) -> list[int]:
    parameters = {name: list(value) if isinstance(value, tuple) else value for name, value in asked.parameters}
    cursor = small.engine.audience.cursor()
    return sorted(row for (row,) in cursor.execute(asked.sql, parameters).fetchall())


def placeholders(text: str, dialect: str) -> list[str]:
    """The placeholders of a statement in their order, as sqlglot reads it back."""
    tree = sqlglot.parse_one(text, read=dialect)
    assert isinstance(tree, exp.Select), text
    return [node.sql(dialect) for node in tree.find_all(exp.Placeholder, exp.Parameter)]


@pytest.mark.slow
@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_condition_is_rendered_and_read_back(small: World, dialect: str) -> None:
    every_other = list(DIALECTS).index(dialect) % 2
    for number, (name, definition) in enumerate(definitions().items()):
        if re.search(r" [1-9]( exact)?$", name):
            continue
        asked = of(small, definition, dialect)
        assert (asked.unfinished == {}) == (name != "unfinished"), name
        assert "\0" not in asked.sql
        if number % 2 == every_other:
            continue  # read back in the other half of the dialects
        signs = placeholders(asked.sql, dialect)
        if DIALECTS[dialect].repeated:
            assert len(signs) == len(asked.parameters), name
        else:
            assert len(set(signs)) == len(asked.parameters), name
        if number % 8 < 2:
            text = of(small, definition, dialect, inline=True)
            assert (placeholders(text.sql, dialect), text.parameters) == ([], ()), name


def pairs() -> Iterator[tuple[str, Definition, Definition]]:
    """The same definition with different values: every operator, comparison and window, and the other conditions."""
    for name, row in OPERATORS.items():
        for kind in sorted(row.kinds):
            field, other = FIELDS_OF[kind][:2]
            first, second = OPERANDS[row.shape] if row.shape != Shape.FIELD else ((OtherField(field=other),),) * 2
            values: list[Any] = [first[0], second[0]]
            if row.shape in (Shape.TEXTS, Shape.WEEKDAYS, Shape.MONTHS, Shape.LANGUAGES):
                values = [value[:1] for value in values]
            yield (
                name,
                *(rooted(FieldCondition(field=field, operator=name, value=value)) for value in values),
            )  # type: ignore[misc]
    for name, comparison in COMPARISONS.items():
        for function in MeasureFunction:
            if function == MeasureFunction.SHARE or (comparison.only_count and function != MeasureFunction.COUNT):
                continue
            measure = Measure(function=function, property="amount")
            bounds: tuple[Any, Any] = (1, 4.5) if comparison.shape != Shape.NUMBERS else ((1, 2), (3, 4.5))
            yield (
                f"{function} {name}",
                *(
                    rooted(EventCondition(events=(event,), measure=measure, comparison=name, value=bound))
                    for event, bound in zip(("purchase", 'it\'s; "odd"'), bounds, strict=True)
                ),
            )  # type: ignore[misc]
    for (name, first_node), (_, second_node) in zip(other_conditions(0), other_conditions(1), strict=True):
        yield name, rooted(first_node), rooted(second_node)


@pytest.mark.parametrize("dialect", ["duckdb", "mysql"])  # one that takes lists, and one that does not
def test_the_text_does_not_depend_on_values(small: World, dialect: str) -> None:
    for name, first, second in pairs():
        if name.startswith("anniversary") and not DIALECTS[dialect].lists:
            continue  # the length of the list is that of the time
        assert of(small, first, dialect).sql == of(small, second, dialect).sql, name


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_list_is_one_value_where_the_database_takes_lists(small: World, dialect: str) -> None:
    texts = {
        of(small, rooted(FieldCondition(field="name", operator="is_any_of", value=values)), dialect).sql
        for values in (("a",), ("b", "c"), tuple(HOSTILE))
    }
    assert len(texts) == (1 if DIALECTS[dialect].lists else 3)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_value_stands_in_the_text(small: World, dialect: str) -> None:
    for value in HOSTILE:
        definition = rooted(
            FieldCondition(field="name", operator="is", value=f"marker{value}"),
            FieldCondition(field="tags", operator="has_any_of", value=(f"marker{value}",)),
        )
        asked = of(small, definition, dialect)
        assert "marker" not in asked.sql
        text = of(small, definition, dialect, inline=True)
        literals = [
            node.this for node in sqlglot.parse_one(text.sql, read=dialect).find_all(exp.Literal) if node.is_string
        ]
        assert literals.count(f"marker{value}") == 2, text.sql


@pytest.mark.slow
def test_duckdb_finds_the_engines_people_by_one_statement(small: World) -> None:
    for number, (name, definition) in enumerate(definitions(1).items()):
        answer = small.engine.answer(definition, CLOCK, small.catalogue, REFERENCES)
        for inline in (False, True) if number % 4 == 0 else (False,):
            asked = of(small, definition, inline=inline)
            assert found(small, asked) == answer.members.rows().tolist(), name
            assert (asked.unfinished, asked.counted) == (answer.unfinished, answer.counted), name


def test_a_definition_that_does_not_count_finds_nobody(small: World) -> None:
    for root in (Group(), Group(match=Match.NONE, children=(FieldCondition(),)), Group(enabled=False)):
        asked = of(small, Definition(root=root))
        assert not asked.counted
        assert found(small, asked) == []


def test_segments_in_a_circle_are_refused(small: World) -> None:
    first = NamedDefinition("a", "First", rooted(SegmentCondition(segment="Second")))
    second = NamedDefinition("b", "Second", rooted(SegmentCondition(segment="First")))
    asked = of(small, first.definition, references=References([first, second], origin=first))
    assert list(asked.unfinished.values()) == ["A segment cannot contain itself: “First” → “Second” → “First”."]
    assert found(small, asked) == []


def test_an_unfinished_segment_is_left_out(small: World) -> None:
    half = NamedDefinition(
        "a", "Half", rooted(FieldCondition(field="vip", operator="is_yes"), FieldCondition(field="vip"))
    )
    grown = FieldCondition(field="age", operator="at_least", value=18)
    asked = of(small, rooted(SegmentCondition(segment="Half"), grown, match=Match.ANY), references=References([half]))
    assert [reason[:34] for reason in asked.unfinished.values()] == ["The segment “Half” is not finished"]
    assert found(small, asked) == found(small, of(small, rooted(grown)))


def test_an_unknown_dialect_is_said_in_words(small: World) -> None:
    with pytest.raises(HandpickError, match=r"There is no dialect “postgresql”\. Possible: duckdb, .* Close: postgres"):
        of(small, rooted(), "postgresql")


def test_long_lists_are_rendered_everywhere(small: World) -> None:
    many = tuple(f"v{number}" for number in range(600))
    for dialect in DIALECTS:
        for operator, field in (("contains_any", "name"), ("is_any_of", "name"), ("has_any_of", "tags")):
            of(small, rooted(FieldCondition(field=field, operator=operator, value=many)), dialect)


NAMES = (
    "item", "select", 'a"b', "a'b", "a`b", "a``", "\\", "a\\`b", '\\"', "a.b", "--", ";", "?", "$1", "%s", "日本 👍", "x", "p0"
)  # fmt: skip


@pytest.mark.parametrize("dialect", DIALECTS)
def test_any_name_of_a_field_can_be_used(dialect: str) -> None:
    catalogue = catalogue_of(dict.fromkeys(NAMES, Kind.TEXT))
    for name in NAMES:
        if dialect == "bigquery" and "." in name:
            continue  # its columns cannot have dots, and the parser reads a path
        asked = statement(rooted(FieldCondition(field=name, operator="is", value="a")), catalogue, CLOCK, None, dialect)
        tree = sqlglot.parse_one(asked.sql, read=dialect)
        assert {column.name for column in tree.find_all(exp.Column)} == {"_row", name}, asked.sql


def test_every_kind_of_condition_is_asked() -> None:
    asked = {node.type for definition in definitions().values() for node in walk(definition.root)}
    assert asked == {get_args(model.model_fields["type"].annotation)[0] for model in get_args(AnyNode)}


def test_a_text_that_looks_like_a_mark_stays_a_text(small: World) -> None:
    definition = rooted(FieldCondition(field="name", operator="is_not", value="\0p0\0"))
    assert found(small, of(small, definition)) == list(range(len(small.people)))
    assert "\0p0\0" in of(small, definition, inline=True).sql


def test_windows_are_all_there() -> None:
    assert {window.type for window in WINDOWS} == {
        "ever", "last", "before", "between_ago", "between_days", "between_times", "during", "near"
    }  # fmt: skip
