"""Processes of Handpick that begin with its code loaded: forked from one that has imported it and done nothing else.

A new Python takes 1 to 3 seconds of processor time to import Handpick, and the tests need sixty of them.
"""

import gc
import importlib
import json
import os
import pkgutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Never

ROOT = Path(__file__).resolve().parents[1]
LOADED = ("cli", "pandas", "altair", "streamlit.starlette", "streamlit.testing.v1", "uvicorn")
PACKAGES = ("commands", "connectors", "pages.parts", "segmentation")


class Warm:
    """A process of Handpick with these arguments, the leader of a group of its own; used as a `subprocess.Popen` is.

    `program` is the module whose `main` it runs.
    """

    def __init__(
        self,
        arguments: list[str],
        environment: Mapping[str, str],
        out: Path,
        err: Path,
        given: Path = Path(os.devnull),
        program: str = "cli",
    ) -> None:
        files = [str(given), str(out), str(err)]
        request = {"arguments": arguments, "environment": dict(environment), "files": files, "program": program}
        self.pid = int(_ask(**request))
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit code, None as long as it runs; negative where a signal ended it."""
        if self.returncode is None:
            self.returncode = _ask(ended=self.pid)
        return self.returncode

    def wait(self, timeout: float) -> int:
        """Its exit code when it has ended; `subprocess.TimeoutExpired` after so many seconds."""
        end = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired("handpick", timeout)
            time.sleep(0.01)
        return code


@cache
def _origin() -> subprocess.Popen[str]:
    """The process that all others are forked from; it ends with this one."""
    command = [sys.executable, str(Path(__file__))]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT
    )


def _ask(**request: Any) -> Any:
    origin = _origin()
    assert origin.stdin is not None
    assert origin.stdout is not None
    origin.stdin.write(json.dumps(request) + "\n")
    origin.stdin.flush()
    answer = origin.stdout.readline()
    assert answer, "Handpick's code could not be loaded: python tests/warm.py says why."
    return json.loads(answer)


def _serve() -> None:
    """Fork one for each line of standard input, or say whether one has ended."""
    sys.path[0] = str(ROOT)
    for package in PACKAGES:
        found = importlib.import_module(package)
        for module in pkgutil.walk_packages(found.__path__, package + "."):
            importlib.import_module(module.name)
    for name in LOADED:
        importlib.import_module(name)
    gc.freeze()
    for line in sys.stdin:
        request = json.loads(line)
        if "ended" in request:
            pid, status = os.waitpid(request["ended"], os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if pid else None
        else:
            answer = os.fork()
            if answer == 0:
                _become(**request)
        print(json.dumps(answer), flush=True)


def _become(arguments: list[str], environment: dict[str, str], files: list[str], program: str) -> Never:
    """Be the program that was asked for, with these files as standard input, output and error."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, (name, mode) in enumerate(zip(files, ("r", "a", "a"), strict=True)):
        with open(name, mode) as opened:
            os.dup2(opened.fileno(), number)
    sys.stdin = os.fdopen(0, closefd=False, encoding="utf-8")
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    try:
        code: Any = importlib.import_module(program).main(arguments)
    except SystemExit as asked:
        code = asked.code
    except BaseException:
        sys.excepthook(*sys.exc_info())
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code or 0)


if __name__ == "__main__":
    _serve()
