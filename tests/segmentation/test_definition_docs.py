"""docs/definitions.md is true: its people are loaded, every example is evaluated twice, and no row of the tables is missing."""

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

from segmentation.catalogue import Kind
from segmentation.checking import problems
from segmentation.clock import Clock
from segmentation.definition import Definition, EventCondition, FieldCondition, Group, MeasureFunction, Window
from segmentation.engine import Engine
from segmentation.operators import COMPARISONS, OPERATORS
from tests.oracle.oracle import Oracle
from tests.segmentation.audiences import write_audience

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "definitions.md").read_text(encoding="utf-8")
ZONE = "Europe/Berlin"
NOW = datetime(2026, 3, 31, 10, tzinfo=UTC)
WORDS = {"text": Kind.TEXT, "number": Kind.NUMBER, "yes/no": Kind.YES_NO, "date": Kind.DATE, "list": Kind.LIST}
WORDS |= {"date and time": Kind.MOMENT}


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

    def matched(self, definition: Definition) -> list[str]:
        """Who is in; both must say the same."""
        answer = self.engine.answer(definition, Clock(NOW, ZONE))
        rows = answer.members.rows().tolist()
        assert set(rows) == self.oracle.members(definition)
        return [self.names[row] for row in rows]


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Documented]:
    fields, details = columns("| Person |"), columns("| Who |")
    people, happened = table("| Person |"), table("| Who |")
    names = [row[0] for row in people]
    rows = [read(fields, row[1:]) for row in people]
    events = [
        read(details, row[3:]) | {"_row": names.index(row[0]), "_name": row[1], "_time": moment(row[2])}
        for row in happened
    ]
    audience = write_audience(tmp_path_factory.mktemp("docs") / "a.duckdb", fields, rows, details, events)
    known = [event.name for event in audience.catalogue.events]
    oracle = Oracle(
        rows,
        events,
        {name: kind.value for name, kind in fields.items()},
        {name: kind.value for name, kind in details.items()},
        known,
        NOW.replace(tzinfo=None),
        ZONE,
    )
    yield Documented(names, Engine(audience), oracle)
    audience.close()


def people(cell: str) -> list[str]:
    return [] if cell == "nobody" else cell.split(", ")


ROWS = [
    (found.group(1), cells(line)[-1])
    for line in TEXT.splitlines()
    if line.startswith("|") and (found := re.search(r"`(\{\"(?:field|events)\".*\})`", line))
]
BLOCKS = re.findall(r"```json\n(.*?)```\nMatches: ([^\n]*)", TEXT, re.DOTALL)


@pytest.mark.parametrize(("raw", "matches"), ROWS)
def test_every_filter_of_the_page_matches_whom_it_says(documented: Documented, raw: str, matches: str) -> None:
    condition = json.loads(raw)
    kind = "event" if "events" in condition else "field"
    root = {"type": "group", "children": [condition | {"type": kind}]}
    definition = Definition.model_validate_json(json.dumps({"version": 1, "root": root}))
    assert documented.matched(definition) == people(matches)
    assert not problems(definition, documented.engine.audience.catalogue, Clock(NOW, ZONE))


@pytest.mark.parametrize(("raw", "matches"), BLOCKS)
def test_every_definition_of_the_page_matches_whom_it_says(documented: Documented, raw: str, matches: str) -> None:
    assert documented.matched(Definition.model_validate_json(raw)) == people(matches)


def test_all_definitions_of_the_page_are_evaluated() -> None:
    assert len(BLOCKS) == TEXT.count("```json") == 5
    assert len(ROWS) > len(OPERATORS) + len(COMPARISONS)


def names_of(header: str, title: str) -> list[str]:
    return [re.findall(r"`(\w+)`", row[0])[0] for row in table(header, section(title))]


KINDS = {
    "### Text": {Kind.TEXT},
    "### Numbers": {Kind.NUMBER},
    "### Yes or no": {Kind.YES_NO},
    "### Dates, with and without clock": {Kind.DATE, Kind.MOMENT},
    "### Lists": {Kind.LIST},
    "### Every kind": set(Kind),
}


def test_every_operator_is_documented_under_its_kind_with_its_label() -> None:
    found = []
    for title, kinds in KINDS.items():
        for name, label, *_, example, _ in table("| Operator |", section(title)):
            operator = OPERATORS[re.findall(r"`(\w+)`", name)[0]]
            found.append(operator.name)
            assert operator.kinds == kinds
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
    for model in (Group, FieldCondition, EventCondition, Definition):
        assert set(model.model_fields) - {"root"} <= told
