"""docs/headless.md is true: its files are written, its commands run, its Python executed, and its tables are complete."""

import json
import re
import shlex
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from cli import parser
from commands.answers import ANSWERS, WITHOUT_SEGMENT, run
from commands.arguments import COMMANDS
from commands.codes import Code
from segmentation.catalogue import Kind
from tests.headless.asking import command, kept

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "headless.md").read_text(encoding="utf-8")
FILES = re.findall(r"```json (\S+)\n(.*?)```", TEXT, re.DOTALL)
RUNS = re.findall(r"^\$ handpick (.*)\n((?:(?!\$ |```).*\n)*)", TEXT, re.MULTILINE)
PYTHON = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files of the page, to be in."""
    for name, content in FILES:
        (tmp_path / name).write_text(content, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("line", "printed"), RUNS)
def test_every_command_prints_what_the_page_says(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, line: str, printed: str
) -> None:
    line, _, source = line.partition(" < ")
    if source:
        monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO((folder / source).read_bytes())))
    assert run(parser().parse_args(shlex.split(line))) == Code.DONE
    assert without_sentences(capsys.readouterr().out) == without_sentences(printed)


def without_sentences(text: str) -> str:
    """What `explain` prints without the filters' sentences, which other tests hold."""
    return re.sub(r"(?m)^(  (?:yes|no )  [0-9.]+  ).*?(  \(.*)$", r"\1\2", text)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("code", PYTHON)
def test_the_python_of_the_page_runs(code: str) -> None:
    exec(compile(code, "headless.md", "exec"), {})


def test_nothing_of_the_page_is_left_out() -> None:
    assert (len(FILES), len(RUNS), len(PYTHON)) == (4, 5, 1)
    assert [name for name, _ in FILES] == ["people.json", "events.ndjson", "buyers.json", "everybody.json"]


def test_every_command_exit_code_option_and_kind_is_documented() -> None:
    assert set(COMMANDS) == {*ANSWERS, *WITHOUT_SEGMENT}
    for name in COMMANDS:
        assert f"\n| `{name}` |" in TEXT
    for code in Code:
        assert f"\n| {code.value} |" in TEXT
    options = {word for name in COMMANDS for word in re.findall(r"--[a-z-]+", help_of(name))} - {"--help"}
    assert {option for option in options if f"`{option}" not in TEXT and f"{option} " not in TEXT} <= {
        "--name",
        "--spreadsheet-safe",
    }
    assert all(f"`{kind}`" in TEXT for kind in Kind)


def help_of(name: str) -> str:
    """The help of one command."""
    commands = next(action for action in parser()._actions if action.dest == "command")
    return str(commands.choices[name].format_help())  # type: ignore[index]


def test_the_keys_of_count_are_documented(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = kept(folder / "home", folder / "people.json", folder / "events.ndjson")
    for name in ("count", "members", "check", "describe", "explain", "sql"):
        command(name, "buyers.json", *given, *(("--person", "7") if name == "explain" else ()), "--format", "json")
        for key in json.loads(capsys.readouterr().out):
            assert f"`{key}`" in TEXT, (name, key)
