"""`run.py` says what is wrong in one sentence, finds uv and a browser, and never hides an exit code."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import run


@pytest.mark.parametrize("version", [(2, 7), (3, 8, 10), (3, 10)])
def test_an_old_python_is_told_what_is_needed(version: tuple[int, ...]) -> None:
    sentence = run.version_problem(version)
    assert sentence == (
        f"Handpick needs Python 3.11 or newer; this is {version[0]}.{version[1]}. "
        "Install it from https://www.python.org/downloads/."
    )


def test_an_old_python_is_told_of_a_newer_one_on_the_machine() -> None:
    assert str(run.version_problem((3, 9, 2), "python3.12")).endswith("this is 3.9. Run 'python3.12 run.py'.")


@pytest.mark.parametrize("version", [(3, 11), (3, 14, 1), (4, 0)])
def test_a_newer_python_is_no_problem(version: tuple[int, ...]) -> None:
    assert run.version_problem(version) is None


def test_run_py_is_written_in_the_grammar_of_python_3_8() -> None:
    ast.parse(Path(run.__file__).read_text(encoding="utf-8"), feature_version=(3, 8))


def test_run_py_imports_the_standard_library_only() -> None:
    tree = ast.parse(Path(run.__file__).read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


def test_an_unknown_command_gives_one_sentence_and_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["strat"]) == 2
    assert capsys.readouterr() == ("", "There is no command 'strat'. Commands: start, test, lint, check.\n")


def test_lint_refuses_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["lint", "--fix"]) == 2
    assert capsys.readouterr().err == "'python run.py lint' takes no options, and got '--fix'.\n"


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(command in text for command in run.COMMANDS)


def uv_versions(monkeypatch: pytest.MonkeyPatch, *answers: str | None) -> None:
    """Let the places where uv can be (PATH, this Python, `.uv/`) answer so, one after the other."""
    remaining = iter(answers)
    monkeypatch.setattr(run, "output", lambda command: next(remaining))


def test_uv_on_path_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    uv_versions(monkeypatch, "uv 0.13.9 (x86_64-unknown-linux-gnu)")
    assert run.find_uv() == ["uv"]


@pytest.mark.parametrize("answer", [None, "", "uv 0.4.30", "pyenv: uv: command not found"])
def test_a_uv_that_is_missing_broken_or_too_old_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, answer: str | None
) -> None:
    uv_versions(monkeypatch, answer, "uv 1.0.0")
    assert run.find_uv() == [sys.executable, "-m", "uv"]


def test_uv_in_the_project_comes_last(monkeypatch: pytest.MonkeyPatch) -> None:
    uv_versions(monkeypatch, None, None, "uv 0.13.9")
    command = run.find_uv()
    assert command is not None
    assert Path(command[0]).parent == run.HERE / ".uv" / "bin"


def test_no_uv_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    uv_versions(monkeypatch, None, None, None)
    assert run.find_uv() is None


def test_without_uv_and_pip_the_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "find_uv", lambda: None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert run.main(["start"]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("Handpick installs its packages with uv, and this Python has no pip to fetch it: ")
    assert printed.err.count("\n") == 1


def test_a_failed_installation_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "find_uv", lambda: ["uv"])
    monkeypatch.setattr(run, "run", lambda command: 1)
    assert run.main(["start"]) == 1
    assert capsys.readouterr().err.startswith("The packages could not be installed; uv's message is above: ")


def test_ctrl_c_ends_without_a_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "find_uv", interrupt)
    assert run.main(["start"]) == 130
    assert capsys.readouterr().err == ""


def test_the_exit_code_of_a_program_is_passed_on() -> None:
    assert run.run([sys.executable, "-c", "raise SystemExit(7)"]) == 7


def test_a_program_that_is_not_there_is_one_sentence() -> None:
    with pytest.raises(run.SetupError, match=r"'no-such-program' could not be started: No such file or directory\."):
        run.run(["no-such-program"])


def test_a_chromium_that_is_named_wrongly_is_not_replaced_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "no-such-browser")
    with pytest.raises(run.SetupError, match="CHROMIUM names 'no-such-browser', which is not a program"):
        run.find_chromium(sys.executable)


def test_a_chromium_on_path_that_does_not_start_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr("shutil.which", lambda name: f"bin/{name}")
    monkeypatch.setattr(run, "answers", lambda command: command[0] == "bin/google-chrome")
    assert run.find_chromium(sys.executable) == "bin/google-chrome"


@pytest.mark.parametrize(
    ("options", "workers"),
    [([], ["-n", "3"]), (["-k", "counts"], ["-n", "3"]), (["tests/test_setup.py"], []), (["--pdb"], [])],
)
def test_two_workers_unless_a_file_is_named(
    monkeypatch: pytest.MonkeyPatch, options: list[str], workers: list[str]
) -> None:
    monkeypatch.setenv("HANDPICK_NO_BROWSER", "1")
    monkeypatch.setattr(run, "install", lambda: ["uv"])
    monkeypatch.setattr(run, "install_mariadb", lambda: "mariadbd")
    assert run.test_command(options) == ["uv", "run", "--frozen", "--no-sync", "pytest", *workers, *options]


def test_check_runs_the_tests_also_when_lint_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "lint", lambda options: 1)
    monkeypatch.setattr(run, "test_command", lambda options: [sys.executable, "-c", "raise SystemExit(0)"])
    assert run.main(["check"]) == 1


def test_the_script_itself_passes_its_code_on() -> None:
    done = subprocess.run([sys.executable, run.__file__, "strat"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_packages_are_compiled_once_and_again_after_the_lock_file_changed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[list[str]] = []
    (tmp_path / "uv.lock").touch()
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    monkeypatch.setattr(run, "HERE", tmp_path)
    monkeypatch.setattr(run, "find_uv", lambda: ["uv"])
    monkeypatch.setattr(run, "environment_python", lambda: tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(run, "answers", lambda command: True)
    monkeypatch.setattr(run, "output", lambda command: "")
    monkeypatch.setattr(run, "run", lambda command: asked.append(command) or 0)
    run.install()
    run.install()
    later = (tmp_path / "uv.lock").stat().st_mtime + 3600
    os.utime(tmp_path / "uv.lock", (later, later))
    run.install()
    assert ["--compile-bytecode" in command for command in asked] == [True, False, True]


def test_mariadb_that_cannot_be_fetched_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(run, "find_mariadb", lambda: None)
    monkeypatch.setattr("shutil.which", lambda name: f"bin/{name}")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(run, "run", lambda command: asked.append(command[-1]) or 100)
    assert run.install_mariadb() is None
    assert asked == ["update", "mariadb-server-core"]


def test_mariadb_is_not_fetched_without_being_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "find_mariadb", lambda: None)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr(run, "run", lambda command: pytest.fail("nothing is fetched"))
    assert run.install_mariadb() is None
