"""Install what is missing, then start Handpick or test it; `python run.py help` lists the commands.

Standard library only, and in Python 3.8's grammar, so that an older Python answers with a sentence instead of a SyntaxError.
"""

import importlib.util
import os
import re
import shutil
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Callable, Dict, List, Optional, Sequence, Tuple

HERE = Path(__file__).resolve().parent
OLDEST_PYTHON = (3, 11)
OLDEST_UV = (0, 8)
OWN_CODE = ("app.py", "cli.py", "pages", "segmentation", "connectors")
HEADLESS = "chromium-headless-shell"  # Chromium without its windows: the same pages for a fifth less of the processor
BROWSERS = (HEADLESS, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
USAGE = """\
python run.py [start] [options]     install what is missing and start Handpick
python run.py test [pytest options] install what is missing and run every test
python run.py lint                  formatting, lint, types, lock file
python run.py check                 lint, then test
"""


class SetupError(Exception):
    """What failed and what would work, in one sentence, with the exit code that goes with it."""

    def __init__(self, sentence: str, code: int = 1) -> None:
        super().__init__(sentence)
        self.code = code


# --- Python -----------------------------------------------------------------------------------------------------------


def version_problem(version: Tuple[int, ...], newer: Optional[str] = None) -> Optional[str]:
    """The sentence for a Python that is too old, naming a newer one if this machine has it; None if it is new enough."""
    if tuple(version[:2]) >= OLDEST_PYTHON:
        return None
    remedy = "Run '{} run.py'.".format(newer) if newer else "Install it from https://www.python.org/downloads/."
    return "Handpick needs Python {}.{} or newer; this is {}.{}. {}".format(*OLDEST_PYTHON, *version[:2], remedy)


def newer_python() -> Optional[str]:
    """The command of the newest suitable Python on PATH."""
    names = ["python3.{}".format(minor) for minor in range(20, OLDEST_PYTHON[1] - 1, -1)] + ["python3", "python"]
    recent_enough = "import sys; sys.exit(sys.version_info < {})".format(OLDEST_PYTHON)
    return next((name for name in names if shutil.which(name) and answers([name, "-c", recent_enough])), None)


def environment_python() -> Path:
    """Where the project's own environment keeps its Python, whether it exists yet or not."""
    folder = HERE / os.environ.get("UV_PROJECT_ENVIRONMENT", ".venv")
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


# --- running other programs -------------------------------------------------------------------------------------------


def environment() -> Dict[str, str]:
    """The variables for uv and pip: no Python is downloaded, and settings of the person's own shell do not interfere.

    uv brings its own certificates; behind a company's proxy only the system's are right, so they are used where there are any.
    """
    variables = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    variables.setdefault("UV_PYTHON_DOWNLOADS", "never")
    trusted = ssl.get_default_verify_paths()
    if sys.platform in ("win32", "darwin") or trusted.cafile or (trusted.capath and os.listdir(trusted.capath)):
        variables.setdefault("UV_SYSTEM_CERTS", "1")
    variables.update(PIP_USER="0", PIP_REQUIRE_VIRTUALENV="0", PIP_ROOT_USER_ACTION="ignore")
    return variables


def output(command: Sequence[str]) -> Optional[str]:
    """What a program prints, or None if it cannot be started, fails or takes over a minute."""
    try:
        done = subprocess.run(
            command,
            cwd=str(HERE),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=60,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else None


def answers(command: Sequence[str]) -> bool:
    """Whether a program starts and succeeds: a name on PATH may be an empty shim."""
    return output(command) is not None


def run(command: Sequence[str]) -> int:
    """Run a program to its end in the project's folder, with its output on the screen, and return its exit code."""
    interrupted = False
    with start_program(command) as process:
        while True:
            try:
                code = process.wait()
                break
            except KeyboardInterrupt:  # the program got the same Ctrl-C, and cleans up before it ends
                interrupted = True
    if interrupted:
        raise KeyboardInterrupt
    return code


def start_program(command: Sequence[str]) -> "subprocess.Popen[bytes]":
    """Start a program in the project's folder."""
    sys.stdout.flush()
    try:
        return subprocess.Popen(command, cwd=str(HERE), env=environment())
    except OSError as error:
        raise SetupError("'{}' could not be started: {}.".format(command[0], error.strerror)) from error


def become(command: List[str]) -> int:
    """Run the last program in place of this one, so that signals and the exit code are its own (Windows: beside it)."""
    if os.name == "nt":
        return run(command)
    sys.stdout.flush()
    os.chdir(str(HERE))
    os.execvpe(command[0], command, environment())


# --- uv and the packages ----------------------------------------------------------------------------------------------


def find_uv() -> Optional[List[str]]:
    """The command of a uv that works and is recent enough: on PATH, in this Python, or in `.uv/`."""
    private = HERE / ".uv" / "bin" / ("uv.exe" if os.name == "nt" else "uv")
    for command in (["uv"], [sys.executable, "-m", "uv"], [str(private)]):
        found = re.match(r"uv (\d+)\.(\d+)", output([*command, "--version"]) or "")
        if found and (int(found.group(1)), int(found.group(2))) >= OLDEST_UV:
            return command
    return None


def install_uv() -> List[str]:
    """Fetch uv with pip into `.uv/`, which no system's pip refuses and which changes nothing outside this folder."""
    if importlib.util.find_spec("pip") is None:
        raise SetupError(
            "Handpick installs its packages with uv, and this Python has no pip to fetch it: "
            "install pip (Debian, Ubuntu: apt-get install python3-pip) or uv (https://docs.astral.sh/uv/), then try again."
        )
    print("Fetching uv, which installs Handpick's packages.", flush=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--upgrade"]
    code = run([*pip, "--target", str(HERE / ".uv"), "uv"])
    command = find_uv()
    if code or not command:
        raise SetupError(
            "pip could not fetch uv; its message is above: "
            "check the connection to pypi.org and that this folder can be written, then try again."
        )
    return command


def install(*options: str) -> List[str]:
    """Bring the environment up to the lock file without removing anything from it, and return uv's command.

    Compiling belongs to it: else the first start does it, and every start where Python is told to write no bytecode.
    """
    uv = find_uv() or install_uv()
    python = environment_python()
    if answers([str(python), "-c", "import sys; sys.exit(sys.version_info < {})".format(OLDEST_PYTHON)]):
        choice = []  # naming another interpreter would make uv build a working environment anew
    else:
        print("Installing Handpick's packages; the first time takes a minute.", flush=True)
        choice = ["--python", sys.executable]
    compiled = python.parent.parent / "handpick-compiled"
    if not compiled.exists() or compiled.stat().st_mtime < (HERE / "uv.lock").stat().st_mtime:
        choice.append("--compile-bytecode")
    if run([*uv, "sync", "--frozen", "--inexact", *choice, *options]):
        raise SetupError(
            "The packages could not be installed; uv's message is above: "
            "check the connection to pypi.org and the space on the disk, then try again."
        )
    if "--compile-bytecode" in choice:
        compiled.touch()
    output([str(python), "-m", "compileall", "-q", *OWN_CODE])
    if not any((HERE / "segmentation" / "__pycache__").glob("loops.*.nbi")):
        output([str(python), "-c", "import segmentation.loops"])  # some seconds, once
    return uv


# --- the browser for the tests ----------------------------------------------------------------------------------------


def find_chromium(python: str) -> Optional[str]:
    """The browser for the tests: `$CHROMIUM`, one on PATH, or the one Playwright keeps; python has Playwright."""
    named = os.environ.get("CHROMIUM")
    if named:
        if not shutil.which(named):
            raise SetupError("CHROMIUM names '{}', which is not a program: correct it or unset it.".format(named))
        return shutil.which(named)
    on_path = (shutil.which(name) for name in BROWSERS)
    working = next((path for path in on_path if path and (os.name == "nt" or answers([path, "--version"]))), None)
    return working or playwright_chromium(python)


def playwright_chromium(python: str) -> Optional[str]:
    """The browser that `playwright install chromium` has fetched, if it has."""
    ask = "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path)"
    path = output([python, "-c", ask])
    return path if path and Path(path).exists() else None


def install_chromium(python: str) -> Optional[str]:
    """Find the browser, or fetch it with apt (Debian and Ubuntu, as root or with sudo) or Playwright; None if all fail."""
    found = find_chromium(python)
    if found:
        return found
    print("Fetching Chromium for the browser tests.", flush=True)
    root: Optional[List[str]] = None
    if hasattr(os, "geteuid"):
        root = [] if os.geteuid() == 0 else ["sudo", "-n"] if answers(["sudo", "-n", "true"]) else None
    if root is not None and shutil.which("apt-get"):
        apt = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
        run([*apt, "update"])
        if run([*apt, "install", "-y", HEADLESS]):
            run([*apt, "install", "-y", "chromium"])
        found = find_chromium(python)
    if not found:
        run([python, "-m", "playwright", "install", "chromium"])
        found = find_chromium(python)
    return found


# --- the database for the tests ---------------------------------------------------------------------------------------


def find_mariadb() -> Optional[str]:
    """MariaDB's server for the tests, which is often in a folder of the system's that is not on PATH."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/usr/libexec"])
    return shutil.which("mariadbd", path=path)


def install_mariadb() -> Optional[str]:
    """Find the server, or fetch its programs alone, without a service, with apt as root; None if that fails."""
    found = find_mariadb()
    if found or not shutil.which("apt-get") or not hasattr(os, "geteuid") or os.geteuid() != 0:
        return found
    print("Fetching MariaDB's server for the tests.", flush=True)
    apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "Acquire::Retries=1"]
    run([*apt, "update"])
    run([*apt, "install", "-y", "--no-install-recommends", "mariadb-server-core"])
    return find_mariadb()


# --- commands ---------------------------------------------------------------------------------------------------------


def start(options: List[str]) -> int:
    """Install the app and start it; it prints its address."""
    return become([*install("--no-dev"), "run", "--frozen", "--no-sync", "handpick", *options])


def test(options: List[str]) -> int:
    """Install everything and run the tests."""
    return become(test_command(options))


def test_command(options: List[str]) -> List[str]:
    """Install everything, find a browser, and give the tests' command: on two workers, unless the options name files."""
    uv = install()
    if os.environ.get("HANDPICK_NO_BROWSER") != "1":
        chromium = install_chromium(str(environment_python()))
        if chromium:
            os.environ["CHROMIUM"] = chromium
        else:
            print(
                "There is no Chromium and it could not be fetched, so the browser tests will fail: "
                "install Chromium, set CHROMIUM to its program, or leave them out with HANDPICK_NO_BROWSER=1.",
                file=sys.stderr,
            )
    if not install_mariadb():
        print("There is no MariaDB server (mariadbd), so its tests will be skipped.", file=sys.stderr)
    alone = "--pdb" in options or any((HERE / option.split("::")[0]).is_file() for option in options)
    return [*uv, "run", "--frozen", "--no-sync", "pytest", *([] if alone else ["-n", "3"]), *options]


def lint(options: List[str]) -> int:
    """Check formatting, lint, types and the lock file, all of them even if one fails."""
    if options:
        raise SetupError("'python run.py lint' takes no options, and got '{}'.".format(" ".join(options)), 2)
    uv = install()
    within = [*uv, "run", "--frozen", "--no-sync"]
    steps = {
        "ruff format (to mend it: uv run ruff format)": [*within, "ruff", "format", "--check"],
        "ruff check (to mend some of it: uv run ruff check --fix)": [*within, "ruff", "check"],
        "mypy": [*within, "mypy"],
        "uv lock (to mend it: uv lock)": [*uv, "lock", "--check"],
    }
    failed = [name for name, command in steps.items() if run(command)]
    if failed:
        print("Lint failed: {}.".format("; ".join(failed)), file=sys.stderr)
    return 1 if failed else 0


def check(options: List[str]) -> int:
    """Lint, then test, the tests also when lint has failed."""
    linted = lint([])
    return run(test_command(options)) or linted


COMMANDS: Dict[str, Callable[[List[str]], int]] = {"start": start, "test": test, "lint": lint, "check": check}


def main(arguments: List[str]) -> int:
    """Carry out one command and return its exit code; every failure is one sentence."""
    name = arguments[0] if arguments else "start"
    try:
        if name in ("help", "-h", "--help"):
            print(USAGE, end="")
            return 0
        if name not in COMMANDS:
            raise SetupError("There is no command '{}'. Commands: {}.".format(name, ", ".join(COMMANDS)), 2)
        version = tuple(sys.version_info[:2])
        if version_problem(version):
            raise SetupError(str(version_problem(version, newer_python())))
        return COMMANDS[name](arguments[1:])
    except SetupError as error:
        print(error, file=sys.stderr)
        return error.code
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
