"""Every command in every format, on files and on a workspace; what it prints is documented in docs/headless.md."""

import csv
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from connectors.importing import load, plan_files
from connectors.sources.sample import write_sample
from segmentation.audience import Audience
from segmentation.clock import Clock
from segmentation.engine import Engine
from segmentation.headless import clock_of
from segmentation.jobs import Quiet
from segmentation.library import Library
from segmentation.lists import Lists
from segmentation.reading import SegmentFile, as_json
from segmentation.references import ListedBy
from segmentation.workspace import Settings, Workspace
from tests.headless.asking import AS_OF, command, definition, did, field, kept, read, write

PEOPLE = [
    {
        "id": "00012",
        "city": "Berlin",
        "age": 34,
        "email": "a@example.com",
        "agreed": True,
        "joined": "2026-03-01T09:00:00Z",
    },
    {
        "id": "2",
        "city": None,
        "age": 17,
        "email": "b@example.com",
        "agreed": False,
        "joined": "2026-01-01T00:00:00+01:00",
    },
    {"id": "3", "city": "berlin", "age": None, "email": None, "agreed": None},
]
EVENTS = [
    {"user_id": "00012", "event": "purchase", "timestamp": "2026-03-20T10:00:00Z", "properties": {"amount": 60.5}},
    {"user_id": "00012", "event": "purchase", "timestamp": "2026-03-21T10:00:00Z", "properties": {"amount": 19.5}},
    {"user_id": "2", "event": "login", "timestamp": "2026-03-21T10:00:00Z"},
]
BERLIN = definition(field("city", "is", "Berlin"), did("purchase", comparison="at_most", value=2))


@pytest.fixture
def files(tmp_path: Path) -> list[object]:
    """The options of every command for the two files."""
    people, events = write(tmp_path, "people.json", PEOPLE), write(tmp_path, "events.ndjson", EVENTS)
    return ["--people", people, "--events", events, "--id", "id", "--as-of", AS_OF, "--quiet"]


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> list[object]:
    """The same for a workspace that has them, where one more format is asked for."""
    folder = tmp_path_factory.mktemp("stored")
    people, events = write(folder, "people.json", PEOPLE), write(folder, "events.ndjson", EVENTS)
    return kept(folder / "home", people, events)


@pytest.fixture
def berlin(tmp_path: Path) -> Path:
    return write(tmp_path, "berlin.json", BERLIN)


def printed(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> str:
    assert command(*arguments) == code
    out, err = capsys.readouterr()
    assert not err
    return out


def answer(capsys: pytest.CaptureFixture[str], *arguments: object) -> Any:
    return json.loads(printed(capsys, *arguments, "--format", "json"))


def rows(capsys: pytest.CaptureFixture[str], *arguments: object) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(printed(capsys, *arguments, "--format", "csv"))))


WHEN = {"as_of": "2026-03-31T12:00:00+00:00", "time_zone": "UTC"}


def test_count(capsys: pytest.CaptureFixture[str], files: list[object], stored: list[object], berlin: Path) -> None:
    assert printed(capsys, "count", berlin, *stored) == "2\n"
    counts = {"n2": 2, "n3": 3, "n1": 2}
    expected = {"count": 2, "base": 3, "share": 2 / 3, "counts": counts, "missing": {}, **WHEN}
    assert answer(capsys, "count", berlin, *files) == expected
    assert rows(capsys, "count", berlin, *stored) == [{"count": "2", "base": "3", "share": str(2 / 3), **WHEN}]


def test_members(capsys: pytest.CaptureFixture[str], files: list[object], stored: list[object], berlin: Path) -> None:
    assert printed(capsys, "members", berlin, *stored) == "00012\n3\n"
    assert answer(capsys, "members", berlin, *stored) == {"count": 2, "ids": ["00012", "3"], **WHEN}
    with_columns = answer(
        capsys, "members", berlin, *files, "--columns", "age,joined", "--columns", "city", "--limit", 1
    )
    assert with_columns["count"] == 2
    assert with_columns["people"] == [
        {"id": "00012", "values": {"age": 34, "joined": "2026-03-01T09:00:00+00:00", "city": "Berlin"}}
    ]
    assert rows(capsys, "members", berlin, *stored, "--columns", "age") == [
        {"id": "00012", "age": "34"},
        {"id": "3", "age": ""},
    ]
    assert printed(capsys, "members", berlin, *stored, "--columns", "age") == "00012\t34\n3\t\n"


def test_describe(capsys: pytest.CaptureFixture[str], files: list[object], stored: list[object], berlin: Path) -> None:
    assert "Berlin" in printed(capsys, "describe", berlin, *stored)
    told = answer(capsys, "describe", berlin, *files)
    assert told["name"] == "berlin"
    assert [(node["node"], node["type"], node["place"]) for node in told["nodes"]] == [
        ("n1", "group", ""),
        ("n2", "field", "1"),
        ("n3", "event", "2"),
    ]
    assert [row["place"] for row in rows(capsys, "describe", berlin, *stored)] == ["", "1", "2"]


def test_explain(capsys: pytest.CaptureFixture[str], files: list[object], stored: list[object], tmp_path: Path) -> None:
    total = did(
        "purchase", measure={"function": "sum", "property": "properties.amount"}, comparison="at_least", value=80
    )
    asked = write(tmp_path, "d.json", definition(field("city", "is", "Berlin"), total))
    told = answer(capsys, "explain", asked, *files, "--person", "00012", "--person", "3")
    first, second = told["people"]
    assert (first["id"], first["in"], second["id"], second["in"]) == ("00012", True, "3", False)
    assert [node["holds"] for node in first["nodes"]] == [True, True, True]
    assert [node["holds"] for node in second["nodes"]] == [False, True, False]
    assert first["nodes"][1]["values"] == {"city": "Berlin"}
    assert first["nodes"][2]["values"] == {
        "events": 2, "last": "2026-03-21T10:00:00+00:00", "sum of properties.amount": 80,
    }  # fmt: skip
    assert second["nodes"][2]["values"] == {"events": 0, "last": None, "sum of properties.amount": 0}
    text = printed(capsys, "explain", asked, *stored, "--person", "3")
    assert text.startswith("3: not in\n  yes  1  City is")
    assert [row["holds"] for row in rows(capsys, "explain", asked, *stored, "--person", "3")] == [
        "false",
        "true",
        "false",
    ]


def test_sql(capsys: pytest.CaptureFixture[str], files: list[object], stored: list[object], berlin: Path) -> None:
    told = answer(capsys, "sql", berlin, *files)
    first, second = told["conditions"]
    assert first["sql"].startswith('SELECT "_row" FROM "people" WHERE')
    assert first["parameters"] == [{"name": "p0", "value": "Berlin"}]
    assert (second["place"], second["complement"]) == ("2", True)
    assert "Berlin" not in first["sql"]
    assert "Berlin" not in told["statement"]["sql"]
    assert told["statement"]["parameters"][0]["value"] == "Berlin"
    assert "CAST($1 AS TEXT)" in printed(capsys, "sql", berlin, *stored, "--dialect", "postgres")
    assert "'Berlin'" in printed(capsys, "sql", berlin, *stored, "--inline")
    assert [row["place"] for row in rows(capsys, "sql", berlin, *stored)] == ["1", "2", ""]


def test_export_respects_consent_and_its_receipt_adds_up(
    capsys: pytest.CaptureFixture[str], files: list[object], tmp_path: Path
) -> None:
    everybody = write(tmp_path, "d.json", definition(field("id", "is_known")))
    given = [everybody, *files, "--into", tmp_path / "out", "--role", "agreed=email_consent", "--role", "email=email"]
    told = answer(capsys, "export", *given, "--columns", "id")
    assert (told["matched"], told["exported"], told["not_consented"], told["no_address"]) == (3, 1, 1, 1)
    assert Path(told["file"]).read_text().splitlines()[1:] == ["00012"]
    assert rows(capsys, "export", *given, "--everyone", "--ignore-consent")[0]["exported"] == "3"
    assert "exported: 1" in printed(capsys, "export", *given, "--to", "mailchimp")


def test_check_says_all_problems_at_once_with_their_places(
    capsys: pytest.CaptureFixture[str], files: list[object], tmp_path: Path
) -> None:
    bad: Any = definition(
        field("citty", "is", "x"),
        field("age", "is_about", 3),
        {"type": "group", "children": [field("age", "at_least", "x"), did("purchas"), {"type": "fild"}]},
        field("city", "is", "x", colour=1),
        did("purchase", where=[field("properties.amont", "at_least", 1)]),
    )
    bad["version"] = 2
    asked = write(tmp_path, "bad.json", bad)
    assert command("check", asked, *files, "--format", "json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is False
    found = {(problem["place"], problem["message"].split(".")[0]) for problem in told["problems"]}
    for place, words in (
        ("", "“version” is 2; this Handpick knows 1"),
        ("Filter 1", "There is no field “citty” in the customers"),
        ("Filter 2", "There is no comparison “is_about”"),
        ("Filter 3.1", "Enter a number"),
        ("Filter 3.2", "There is no event “purchas”"),
        ("Filter 4", "“colour” is not known here"),
        ("Filter 5, detail 1", "There is no detail “properties"),
    ):
        assert any(p == place and m.startswith(words) for p, m in found), (place, words, found)
    assert any(place == "Filter 3.3" and message.startswith("Its “type” is none of") for place, message in found)
    assert command("count", asked, *files) == 1
    out, err = capsys.readouterr()
    assert not out
    assert len(err.splitlines()) == len(told["problems"])


def test_check_of_a_good_definition(
    capsys: pytest.CaptureFixture[str], files: list[object], stored: list[object], berlin: Path
) -> None:
    assert printed(capsys, "check", berlin, *files) == "No problems.\n"
    assert answer(capsys, "check", berlin, *stored) == {"ok": True, "problems": []}
    assert printed(capsys, "check", berlin, *stored, "--format", "csv") == "node,place,message\n"


def test_a_segment_file_and_what_it_refers_to(
    capsys: pytest.CaptureFixture[str], files: list[object], tmp_path: Path, berlin: Path
) -> None:
    file = SegmentFile(
        name="Both",
        definition=read(
            definition({"type": "segment", "segment": "VIP"}, {"type": "list", "list": "known", "outside": True})
        ),
    )
    both = write(tmp_path, "both.json", as_json(file))
    known = write(tmp_path, "known.txt", "3\r\n\r\n")
    given = [both, *files, "--with", f"VIP={berlin}", "--static-list", f"known={known}"]
    assert printed(capsys, "members", *given) == "00012\n"
    emails = write(tmp_path, "mails.txt", "B@Example.com\n")
    by_mail = write(tmp_path, "m.json", definition({"type": "list", "list": "mails"}))
    assert printed(capsys, "members", by_mail, *files, "--static-list", f"mails={emails}") == "2\n"


def test_a_circle_is_refused_by_name(capsys: pytest.CaptureFixture[str], files: list[object], tmp_path: Path) -> None:
    a = write(tmp_path, "a.json", definition({"type": "segment", "segment": "B"}))
    b = write(tmp_path, "b.json", definition({"type": "segment", "segment": "A"}))
    assert command("count", a, *files, "--with", f"A={a}", "--with", f"B={b}") == 1
    assert "A segment cannot contain itself: “B” → “A” → “B”." in capsys.readouterr().err
    named = write(tmp_path, "n.json", as_json(SegmentFile(name="A", definition=read(json.loads(a.read_text())))))
    assert command("count", named, *files, "--with", f"A={a}", "--with", f"B={b}") == 1
    assert "“A” → “B” → “A”" in capsys.readouterr().err


# On a workspace

SHOPPERS = 1_000


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a small sample, a saved segment, one that refers to it, and a list."""
    folder = tmp_path_factory.mktemp("home")
    workspace = Workspace(folder)
    workspace.set_settings(Settings(zone="Europe/Berlin"))
    files = write_sample(workspace.staging_folder(), anchor=date(2026, 3, 31), people=SHOPPERS, events=10_000)
    plan, _ = plan_files([(path.name, path) for path in files], workspace, Quiet())
    audience = load(plan, "Sample shop", workspace, Quiet())
    library = Library(workspace)
    buyers = definition(
        field("country", "is_any_of", ["Germany"]),
        did("purchase", window={"type": "last", "period": {"amount": 90, "unit": "days"}}),
    )
    saved = library.save_new(audience, "German buyers", read(buyers))
    library.save_new(audience, "Others", read(definition({"type": "segment", "segment": saved.id, "outside": True})))
    library.save_new(audience, "Listed", read(definition({"type": "list", "list": "few"})))
    (entry,) = workspace.audiences()
    assert entry.path is not None
    opened = Audience(entry.path)
    with opened.cursor() as cursor:
        name = next(f.name for f in opened.catalogue.fields if f.role == "person_id")
        ids = tuple(row[0] for row in cursor.execute(f'SELECT "{name}" FROM people LIMIT 3').fetchall())
    opened.close()
    Lists(workspace).save(audience, "few", ListedBy.ID, ids)
    return folder


def test_a_saved_segment_counts_as_on_the_page(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    given = ["--home", home, "--as-of", "2026-03-31T12:00:00"]
    told = answer(capsys, "count", "--segment", "german BUYERS", *given)
    workspace = Workspace(home)
    (entry,) = workspace.audiences()
    assert entry.path is not None
    saved = next(s for s in Library(workspace).find(entry.id) if s.name == "German buyers")
    clock = clock_of("2026-03-31T12:00:00", "Europe/Berlin")
    assert isinstance(clock, Clock)
    engine = Engine(Audience(entry.path))
    page = engine.answer(saved.definition, clock)
    engine.audience.close()
    assert (told["count"], told["counts"]) == (page.total, page.counts)
    assert told["time_zone"] == "Europe/Berlin"
    assert told["as_of"] == "2026-03-31T12:00:00+02:00"
    others = answer(capsys, "count", "--segment", "Others", *given)
    assert others["count"] == SHOPPERS - page.total
    assert answer(capsys, "count", "--segment", "Listed", "--audience", "Sample shop", *given)["count"] == 3
    by_id = answer(capsys, "count", "--segment", saved.id, "--audience", entry.id, *given)
    assert by_id["count"] == page.total


def test_a_definition_file_on_a_workspace(capsys: pytest.CaptureFixture[str], home: Path, tmp_path: Path) -> None:
    file = write(tmp_path, "d.json", definition({"type": "segment", "segment": "German buyers"}))
    given = ["--home", home, "--as-of", "2026-03-31T12:00:00"]
    count = int(printed(capsys, "count", file, *given))
    assert count == int(printed(capsys, "count", "--segment", "German buyers", *given))
    assert count > 0
    listed = printed(capsys, "members", "--segment", "German buyers", *given).splitlines()
    assert len(set(listed)) == count
    told = answer(capsys, "explain", file, "--home", home, "--person", listed[0], "--as-of", "2026-03-31T12:00:00")
    assert told["people"][0]["in"] is True


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["--segment", "Germn buyers"], 4, "There is no segment “Germn buyers”"),
        (
            ["--segment", "Others", "--audience", "Smple shop"],
            4,
            "There is no audience “Smple shop”. Close: Sample shop",
        ),
        (["--segment", "Others", "--events", "e.json"], 2, "--events goes with --people FILE."),
        (["--segment", "Others", "--time-zone", "Mars/Base"], 2, "There is no time zone “Mars/Base”."),
        (["--segment", "Others", "--as-of", "tomorrow"], 2, "“tomorrow” is not a date and time"),
        ([], 2, "Say which segment"),
    ],
)
def test_what_a_workspace_has_not(
    capsys: pytest.CaptureFixture[str], home: Path, arguments: list[str], code: int, sentence: str
) -> None:
    assert command("count", *arguments, "--home", home) == code
    out, err = capsys.readouterr()
    assert not out
    assert sentence in err
    assert len(err.splitlines()) == 1
