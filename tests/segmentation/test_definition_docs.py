"""docs/definitions*.md are true: their people are loaded, every example is evaluated twice, and no row of the tables is missing."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest

from segmentation.catalogue import Kind, Role
from segmentation.checking import problems
from segmentation.clock import Clock
from segmentation.definition import (
    Condition,
    Definition,
    Group,
    HabitCondition,
    Match,
    MeasureFunction,
    OtherField,
    Step,
    Which,
    Window,
    walk,
)
from segmentation.engine import Engine
from segmentation.habits import Habit
from segmentation.measures import RfmGroup
from segmentation.operators import COMPARISONS, OPERATORS, Shape
from segmentation.places import Climate
from segmentation.placing import CLIMATES
from segmentation.ranking import GRID
from segmentation.references import ListedBy, NamedDefinition, References, StaticList
from segmentation.windows import CalendarPeriod, Side
from tests.oracle.oracle import Oracle
from tests.segmentation.audiences import write_audience

PAGES = [Path(__file__).resolve().parents[2] / "docs" / name for name in ("definitions.md", "definitions-events.md")]
TEXT = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
ZONE = "Europe/Berlin"
NOW = datetime(2026, 3, 31, 10, tzinfo=UTC)
WORDS = {"text": Kind.TEXT, "number": Kind.NUMBER, "yes/no": Kind.YES_NO, "date": Kind.DATE, "list": Kind.LIST}
WORDS |= {"date and time": Kind.MOMENT}
ROLES = {"id": Role.PERSON_ID, "latitude": Role.LATITUDE, "longitude": Role.LONGITUDE}


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def table(header: str, text: str = TEXT) -> list[list[str]]:
    """The rows of the first table whose header begins so, in a text."""
    lines = text.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(header))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append(cells(line))
    return rows


def section(title: str) -> str:
    """The text under a heading."""
    start = TEXT.index(f"\n{title}\n")
    level = title.split()[0]
    end = re.compile(rf"^#{{1,{len(level)}}} ", re.MULTILINE).search(TEXT, start + len(title) + 2)
    return TEXT[start : end.start() if end else None]


def columns(header: str) -> dict[str, Kind]:
    line = next(line for line in TEXT.splitlines() if line.startswith(header))
    return {name: WORDS[kind] for name, kind in re.findall(r"`(\w+)` ([\w/ ]+?) *\|", line)}


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC).replace(tzinfo=None)


READ: dict[Kind, Any] = {
    Kind.TEXT: str,
    Kind.NUMBER: Decimal,
    Kind.YES_NO: lambda cell: cell == "yes",
    Kind.DATE: date.fromisoformat,
    Kind.MOMENT: moment,
    Kind.LIST: lambda cell: cell.split("; "),
}


def read(kinds: dict[str, Kind], row: list[str]) -> dict[str, Any]:
    return {name: READ[kind](cell) for (name, kind), cell in zip(kinds.items(), row, strict=True) if cell}


@dataclass(frozen=True)
class Documented:
    """The people of the page, as the engine and as the oracle see them."""

    names: list[str]
    engine: Engine
    oracle: Oracle
    references: References

    def matched(self, definition: Definition) -> list[str]:
        """Who is in; both must say the same."""
        answer = self.engine.answer(definition, Clock(NOW, ZONE), references=self.references)
        rows = answer.members.rows().tolist()
        assert set(rows) == self.oracle.members(definition, self.references)
        return [self.names[row] for row in rows]


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Documented]:
    first, second, details = columns("| Person |"), columns("| The same person |"), columns("| Who |")
    people, too, happened = table("| Person |"), table("| The same person |"), table("| Who |")
    names, fields = [row[0] for row in people], first | second
    assert names == [row[0] for row in too]
    rows = [read(first, row[1:]) | read(second, more[1:]) for row, more in zip(people, too, strict=True)]
    events = [
        read(details, row[3:]) | {"_row": names.index(row[0]), "_name": row[1], "_time": moment(row[2])}
        for row in happened
    ]
    audience = write_audience(tmp_path_factory.mktemp("docs") / "a.duckdb", fields, rows, details, events, roles=ROLES)
    known = [event.name for event in audience.catalogue.events]
    oracle = Oracle(
        rows,
        events,
        {name: kind.value for name, kind in fields.items()},
        {name: kind.value for name, kind in details.items()},
        known,
        NOW.replace(tzinfo=None),
        ZONE,
        {role.value: name for name, role in ROLES.items()},
    )
    yield Documented(names, Engine(audience), oracle, references())
    audience.close()


def references() -> References:
    """The other segments and the lists of the page."""
    segments = [
        NamedDefinition(f"s{number}", name, of_one(json.loads(raw.strip("`"))))
        for number, (name, raw) in enumerate(table("| Segment |"))
    ]
    lists = [
        StaticList(id=f"l{number}", name=name, by=ListedBy(by), values=tuple(values.split("; ")))
        for number, (name, by, values) in enumerate(table("| List |"))
    ]
    return References(segments, lists)


def of_one(condition: dict[str, Any]) -> Definition:
    """A definition of one filter as the tables write it: what names events is an event filter, the rest a field filter."""
    kind = {"type": "event" if "events" in condition else "field"}
    root = {"type": "group", "children": [kind | condition]}
    return Definition.model_validate_json(json.dumps({"version": 1, "root": root}))


def people(cell: str) -> list[str]:
    return [] if cell == "nobody" else cell.split(", ")


ROWS = [
    (found.group(1), cells(line)[-1])
    for line in TEXT.splitlines()
    if line.startswith("|")
    and (found := re.search(r"`(\{\"(?:field|events|type)\": .*\})` \|", line))
    and not line.startswith("| Adults |")
]
BLOCKS = re.findall(r"```json\n(.*?)```\nMatches: ([^\n]*)", TEXT, re.DOTALL)


@pytest.mark.parametrize(("raw", "matches"), ROWS)
def test_every_filter_of_the_page_matches_whom_it_says(documented: Documented, raw: str, matches: str) -> None:
    definition = of_one(json.loads(raw))
    assert documented.matched(definition) == people(matches)
    assert not problems(definition, documented.engine.audience.catalogue, Clock(NOW, ZONE), documented.references)


@pytest.mark.parametrize(("raw", "matches"), BLOCKS)
def test_every_definition_of_the_page_matches_whom_it_says(documented: Documented, raw: str, matches: str) -> None:
    assert documented.matched(Definition.model_validate_json(raw)) == people(matches)


def test_all_definitions_of_the_page_are_evaluated() -> None:
    assert len(BLOCKS) == TEXT.count("```json") == 7
    assert len(ROWS) > len(OPERATORS) + len(COMPARISONS)


def examples() -> list[Definition]:
    return [of_one(json.loads(raw)) for raw, _ in ROWS] + [Definition.model_validate_json(raw) for raw, _ in BLOCKS]


def test_every_kind_of_condition_has_an_example() -> None:
    seen = {type(node) for definition in examples() for node in walk(definition.root)}
    assert seen == {*get_args(Condition), Group, Step}


def test_every_match_has_an_example() -> None:
    seen = {node.match for definition in examples() for node in walk(definition.root) if isinstance(node, Group)}
    assert seen == set(Match)


def test_every_habit_is_documented() -> None:
    kinds = [kind.model_fields["type"].default for kind in get_args(get_args(Habit)[0])]
    rows = table("| Habit |", section("## Habits"))
    assert list(dict.fromkeys(row[0].strip("`") for row in rows)) == kinds
    for name, _, example, _ in rows:
        assert json.loads(example.strip("`"))["habit"]["type"] == name.strip("`")
    directions = {
        getattr(node.habit, "direction", None)
        for definition in examples()
        for node in walk(definition.root)
        if isinstance(node, HabitCondition)
    }
    assert directions == {None, "less", "more"}


def test_every_which_is_documented() -> None:
    rows = table("| `which` |", section("### First and last"))
    assert [row[0].strip("`") for row in rows] == list(Which)
    for name, _, example, _ in rows:
        assert json.loads(example.strip("`"))["which"] == name.strip("`")


def test_the_grid_of_scores_is_documented_as_it_is() -> None:
    def pair(cell: str) -> tuple[int, int]:
        low, _, high = cell.partition("–")
        return int(low), int(high or low)

    rows = table("| Group |", section("## Recency, frequency, money"))
    assert {RfmGroup(row[0].strip("`")): (pair(row[1]), pair(row[2])) for row in rows} == GRID
    for name, *_, example, _ in rows:
        assert json.loads(example.strip("`"))["groups"] == [name.strip("`")]


def test_every_score_that_is_documented_is_the_persons(documented: Documented) -> None:
    for name, _, _, _, *scores in table("| Purchaser |", section("## Recency, frequency, money")):
        raw = {"type": "rfm", "events": ["purchase"], "amount": "amount"}
        for which, score in zip(("recency", "frequency", "monetary"), scores, strict=True):
            assert name in documented.matched(of_one(raw | {which: [int(score), int(score)]})), (name, which)


def test_climates_are_documented_as_they_are() -> None:
    rows = table("| Climate |", section("## Places"))
    told = {Climate(name.strip("`")): (above, float(to)) for name, above, to in rows}
    assert {name: to for name, (_, to) in told.items()} == {name: high for name, (_, high) in CLIMATES.items()}
    for name, (above, _) in told.items():
        assert above == ("the equator, itself in" if name == Climate.TROPICAL else f"{CLIMATES[name][0]:g}")


def test_calendar_words_and_sides_are_documented() -> None:
    told = set(re.findall(r"`(\w+)`", section("### Dates, with and without clock")))
    assert all(
        word.value in told or {f"{word.value.partition('_')[0]}_", word.value.partition("_")[2]} <= told
        for word in CalendarPeriod
    )
    assert {side.value for side in Side} <= set(re.findall(r"`(\w+)`", section("### Windows")))


def test_links_between_the_pages_lead_to_headings() -> None:
    anchors = {
        page.name: {
            re.sub(r"[^\w\- ]", "", line.lstrip("# ").lower()).replace(" ", "-")
            for line in page.read_text(encoding="utf-8").splitlines()
            if line.startswith("#")
        }
        for page in PAGES
    }
    for page in PAGES:
        for name, anchor in re.findall(r"\]\(([\w\-.]*)#([\w\-]+)\)", page.read_text(encoding="utf-8")):
            assert anchor in anchors[name or page.name], (page.name, anchor)


def names_of(header: str, title: str) -> list[str]:
    return [re.findall(r"`(\w+)`", row[0])[0] for row in table(header, section(title))]


KINDS = {
    "### Text": {Kind.TEXT},
    "### Numbers": {Kind.NUMBER},
    "### Yes or no": {Kind.YES_NO},
    "### Dates, with and without clock": {Kind.DATE, Kind.MOMENT},
    "### Lists": {Kind.LIST},
    "### Another field": set(Kind) - {Kind.LIST},
    "### Every kind": set(Kind),
}


def test_every_operator_is_documented_under_its_kind_with_its_label() -> None:
    found = []
    for title, kinds in KINDS.items():
        for name, label, value, example, _ in table("| Operator |", section(title)):
            operator = OPERATORS[re.findall(r"`(\w+)`", name)[0]]
            found.append(operator.name)
            expected = {Kind.MOMENT} if "only with a clock" in value else kinds
            if operator.shape == Shape.FIELD:
                assert title == "### Another field"
                assert operator.kinds <= kinds
            else:
                assert operator.kinds == expected
            assert operator.label == label
            assert ("¬" in name) == (operator.negates is not None and operator.name != "is_missing")
            assert json.loads(example.strip("`"))["operator"] == operator.name
    assert found == list(OPERATORS), "in the order of the menu"


def test_every_comparison_is_documented_with_its_label() -> None:
    rows = table("| Comparison |", section("### Comparisons"))
    assert [(row[0].strip("`"), row[1]) for row in rows] == [(row.name, row.label) for row in COMPARISONS.values()]
    for name, _, _, example, _ in rows:
        assert json.loads(example.strip("`"))["comparison"] == name.strip("`")


def test_every_window_is_documented() -> None:
    kinds = [kind.model_fields["type"].default for kind in get_args(get_args(Window)[0])]
    assert names_of("| Window |", "### Windows") == kinds
    for name, _, example, _ in table("| Window |", section("### Windows")):
        assert json.loads(example.strip("`"))["window"]["type"] == name.strip("`")


def test_every_measure_is_documented() -> None:
    assert names_of("| Measure |", "### Measures") == list(MeasureFunction)
    for name, _, example, _ in table("| Measure |", section("### Measures")):
        assert json.loads(example.strip("`"))["measure"]["function"] == name.strip("`")


def test_every_key_of_the_file_is_documented() -> None:
    told = set(re.findall(r"`(\w+)`", section("## The file")))
    habits = get_args(get_args(Habit)[0])
    for model in (*get_args(Condition), Group, Step, *habits, Definition, OtherField):
        assert set(model.model_fields) <= told, model
