"""The command as scripts call it: exit codes, one sentence on standard error, nothing heavy loaded, the app's own options."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import cli
from tests.headless.asking import definition, field, write
from tests.warm import Warm

ROOT = Path(__file__).resolve().parents[2]


def handpick(folder: Path, *arguments: object, stdin: str = "") -> tuple[int, str, str]:
    """What it returns, says and complains."""
    given, out, err = (folder / name for name in ("stdin", "stdout", "stderr"))
    given.write_text(stdin, encoding="utf-8")
    out.write_text("")
    err.write_text("")
    code = Warm([str(argument) for argument in arguments], os.environ, out, err, given).wait(100)
    return code, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8")


def nested(depth: int) -> str:
    inner = json.dumps(field("id", "is_known"))
    return '{"version": 1, "root": ' + '{"type": "group", "children": [' * depth + inner + "]}" * depth + "}"


@pytest.fixture
def people(tmp_path: Path) -> Path:
    return write(tmp_path, "p.json", [{"id": "00012", "n": 1}, {"id": "Zoë", "n": 2}])


@pytest.fixture
def known(tmp_path: Path) -> Path:
    return write(tmp_path, "d.json", definition(field("id", "is_known")))


def test_an_answer_stands_alone_on_standard_output(people: Path, known: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), "members", "-", "--people", str(people)],
        input=known.read_text(),
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "00012\nZoë\n", "")


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["count", "{bad}", "--people", "{people}"], 1, "Filter 1: There is no field “m” in the customers."),
        (["count", "{deep}", "--people", "{people}"], 1, "nested too deeply"),
        (["count", "{broken}", "--people", "{people}"], 1, "It is not JSON: line 1, column 2"),
        (["count", "{known}", "--peeple", "{people}"], 2, "unrecognized arguments"),
        (["count", "--people", "{people}"], 2, "Say which segment"),
        (["count", "{known}", "--people", "{people}", "--kind", "n=numbr"], 2, "There is no kind “numbr”"),
        (["sql", "{known}", "--people", "{people}", "--dialect", "klingon"], 2, "There is no dialect “klingon”"),
        (["count", "{known}", "--people", "{damaged}"], 3, "damaged.parquet cannot be read as Parquet"),
        (["count", "{known}", "--people", "nowhere.csv"], 4, "There is no file or folder nowhere.csv."),
        (["count", "nowhere.json", "--people", "{people}"], 4, "The file nowhere.json cannot be opened"),
        (["count", "{known}", "--people", "{people}", "--kind", "m=number"], 4, "There is no column “m”"),
        (["members", "{known}", "--people", "{people}", "--columns", "n,m"], 4, "There is no field “m”"),
        (["explain", "{known}", "--people", "{people}", "--person", "12"], 4, "There is no person “12”."),
        (["count", "{known}", "--home", "nowhere"], 4, "There is no workspace in nowhere"),
        (["export", "{known}", "--people", "{people}"], 5, "CSV file needs an e-mail address or a phone number"),
        (["export", "{known}", "--people", "{people}", "--to", "mailchmp"], 5, "There is no destination “mailchmp”"),
    ],
)
def test_every_failure_is_one_sentence_and_a_code(
    tmp_path: Path, people: Path, known: Path, arguments: list[str], code: int, sentence: str
) -> None:
    places = {
        "people": people,
        "known": known,
        "bad": write(tmp_path, "bad.json", definition(field("m", "equals", 1))),
        "deep": write(tmp_path, "deep.json", nested(1_000)),
        "broken": write(tmp_path, "broken.json", "{'a': 1}"),
        "damaged": write(tmp_path, "damaged.parquet.txt", "PAR1 and no more").rename(tmp_path / "damaged.parquet"),
    }
    returned, said, complained = handpick(tmp_path, *(argument.format(**places) for argument in arguments))
    assert returned == code, complained
    assert sentence in complained
    assert len(complained.splitlines()) == 1
    assert said == ""
    assert "Traceback" not in complained


def test_several_files_of_events_may_stand_before_the_definition(tmp_path: Path, people: Path) -> None:
    rows = [{"id": "00012", "event": "buy", "timestamp": "2026-03-01T00:00:00Z"}]
    first, second = write(tmp_path, "e1.json", rows), write(tmp_path, "e2.json", rows)
    event = {"type": "event", "events": ["buy"], "comparison": "exactly", "value": 2}
    asked = write(tmp_path, "twice.json", definition(event))
    for arguments in (
        ["--events", first, second, asked],
        ["--events", first, "--events", second, asked],
        [asked, "--events", first, second],
    ):
        assert handpick(tmp_path, "count", "--people", people, *arguments) == (0, "1\n", "")


def test_many_groups_inside_one_another_are_answered(tmp_path: Path, people: Path) -> None:
    assert handpick(tmp_path, "count", "-", "--people", people, stdin=nested(145)) == (0, "2\n", "")


def test_no_screen_and_no_pandas_are_loaded(people: Path, known: Path) -> None:
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import cli; "
        f"code = cli.main(['count', {str(known)!r}, '--people', {str(people)!r}]); "
        "print(code, {'streamlit', 'pandas', 'altair', 'sqlalchemy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=100)
    assert done.stdout == "2\n0 set()\n", done.stderr


@pytest.mark.parametrize(
    ("arguments", "port", "home"),
    [
        ([], 8501, None),
        (["start"], 8501, None),
        (["--port", "9000", "--home", "x"], 9000, Path("x")),
        (["start", "--port", "9000", "--home", "x"], 9000, Path("x")),
        (["--port", "9000", "start", "--home", "x"], 9000, Path("x")),
    ],
)
def test_the_app_is_started_as_before(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], port: int, home: Path | None
) -> None:
    started: list[tuple[int, str]] = []
    monkeypatch.setenv("HANDPICK_HOME", "kept")
    monkeypatch.setattr(cli, "start", lambda port, address: started.append((port, address)))
    assert cli.main(arguments) == 0
    assert started == [(port, "127.0.0.1")]
    assert cli.parser().parse_args(arguments).home == home
