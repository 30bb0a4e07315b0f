"""The command `handpick`: starts the app in the browser, or answers without one."""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import io
import logging
import os
import sys
import threading
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

from commands.arguments import Parser, add_commands
from segmentation.background import STOPPED
from segmentation.errors import HandpickError

HERE = Path(__file__).resolve().parent
FIRST_PAGE = ("pages.parts.intake", "pages.parts.audiences", "pages.parts.plans", "PIL.Image")
LOOK_SECONDS = 30.0
LATER_PAGES = ("pandas", "altair", "connectors.destinations")


def warm() -> None:
    """Load what the first page needs while the browser is still fetching it, then what tables and charts need."""
    try:
        for name in FIRST_PAGE:
            importlib.import_module(name)
        from pages.parts.queries import open_newest, receiver
        from pages.parts.words import zones

        zones()
        with contextlib.suppress(HandpickError, OSError):  # the page meets the same error, and says it
            open_newest()
        with contextlib.suppress(HandpickError):  # “Live” on the Data page says why
            receiver().follow()
    finally:
        # What is loaded stays: looking through it for garbage held up the first page, and a click by 150 ms every now and then.
        gc.freeze()
        gc.enable()
    time.sleep(5)
    for name in LATER_PAGES:
        importlib.import_module(name)
    gc.freeze()


def keep_current() -> None:
    """Bring audiences up to date when their timetables say so, as long as the app runs."""
    while not STOPPED.wait(LOOK_SECONDS):
        from connectors.renewing import renew_due
        from pages.parts.queries import workspace
        from segmentation.jobs import Quiet

        try:
            renew_due(workspace(), datetime.now(UTC), Quiet())
        except Exception:  # what is wrong with one look must not end the timetable
            logging.getLogger("handpick").exception("The timetable could not be looked at")


def start(port: int, address: str) -> None:
    """Serve the app until Ctrl-C; settings of `.streamlit/config.toml` hold wherever the command is called."""
    os.chdir(HERE)
    gc.disable()  # until `warm` has loaded the first page: nearly everything that is made now stays
    import streamlit as st
    from starlette.middleware import Middleware
    from streamlit import delta_generator
    from streamlit.components.v2 import manifest_scanner
    from streamlit.runtime.pages_manager import PagesManager

    # A folder called pages/ makes Streamlit show its files as pages until app.py has run once; app.py alone names the pages.
    PagesManager.uses_pages_directory = False
    # Else the first element waits 50 ms for a look through all modules, which tells whether this is a console.
    delta_generator._use_warning_has_been_displayed = True
    # Else the server begins a fifth of a second later, after reading what all installed packages say of themselves: Handpick draws with
    # no other package's components.
    manifest_scanner.scan_component_manifests = list

    from pages.parts.assets import Assets
    from pages.parts.sending import send_in_batches

    send_in_batches()
    threading.Thread(target=keep_current, name="handpick-timetable", daemon=True).start()

    @contextlib.asynccontextmanager
    async def serving(_: st.App) -> AsyncIterator[None]:
        """Not before the server begins, as they would hold up one another."""
        threading.Thread(target=warm, name="handpick-warm", daemon=True).start()
        yield

    def explain(error: Exception) -> bool:
        logging.getLogger("handpick").error("A page failed", exc_info=error)
        told = str(error) if isinstance(error, HandpickError) else "Something went wrong inside Handpick."
        st.error(f"{told} Your data and saved segments are safe. Reload the page to go on; the log has the details.")
        return True

    app = st.App(str(HERE / "app.py"), lifespan=serving, on_script_error=explain, middleware=[Middleware(Assets)])
    app.run(config={"server.port": port, "server.address": address})


class WithoutPandas:
    """Hides pandas, which pyarrow would load, for a second, only to ask whether a list is one of pandas' own."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """Refuse pandas; leave everything else to others."""
        if name.partition(".")[0] == "pandas":
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)


def headless(options: argparse.Namespace) -> int:
    """Carry out a command without a screen."""
    from commands.codes import Code  # the app's start does without

    sys.meta_path.insert(0, WithoutPandas())
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")
    try:
        code = int(importlib.import_module("commands.answers").run(options))
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # who read the answer has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Code.DONE
    except KeyboardInterrupt:
        return Code.CANCELLED
    except Exception as error:
        if os.environ.get("HANDPICK_TRACE"):
            raise
        told = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no reason given'}"
        print(
            f"handpick: Something went wrong inside Handpick ({told}); HANDPICK_TRACE=1 shows where.", file=sys.stderr
        )
        return Code.FAULT


def parser() -> Parser:
    """What can be said on the command line; without a command the app is started."""
    found = Parser(prog="handpick", description="Pick customers by hand: exact, instant segments.", allow_abbrev=False)
    _add_start(found)
    commands = found.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    _add_start(commands.add_parser("start", help="start the app in the browser (also without a command)"), again=True)
    add_commands(commands)
    return found


def _add_start(found: Parser, again: bool = False) -> None:
    """The options of the app; `again`: behind `start`, where what stands before it holds unless said anew."""

    def usual(value: object) -> object:
        return argparse.SUPPRESS if again else value

    found.add_argument("--port", type=int, default=usual(8501), help="port to listen on (default 8501)")
    found.add_argument(
        "--address", default=usual("127.0.0.1"), help="address to listen on (default: this machine only)"
    )
    found.add_argument("--live-port", type=int, default=usual(None), help="port for what comes in live (default 8502)")
    found.add_argument(
        "--live-address",
        default=usual(None),
        help="address for what comes in live, once that is switched on (default: this machine only)",
    )
    found.add_argument(
        "--home",
        type=Path,
        default=usual(None),
        help="workspace folder (default: $HANDPICK_HOME or the user's data folder)",
    )


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line and run; returns the exit code."""
    options = parser().parse_args(arguments)
    if options.command not in (None, "start"):
        return headless(options)
    if options.home:
        os.environ["HANDPICK_HOME"] = str(options.home.expanduser().resolve())
    elif os.environ.get("HANDPICK_HOME"):
        os.environ["HANDPICK_HOME"] = str(Path(os.environ["HANDPICK_HOME"]).expanduser().resolve())
    for name, value in (("HANDPICK_LIVE_PORT", options.live_port), ("HANDPICK_LIVE_ADDRESS", options.live_address)):
        if value is not None:
            os.environ[name] = str(value)
    with contextlib.suppress(KeyboardInterrupt):
        start(options.port, options.address)
    return 0


if __name__ == "__main__":
    sys.exit(main())
