"""The command `handpick`: starts the app in the browser."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import logging
import os
import sys
import threading
import time
from pathlib import Path

from segmentation.errors import HandpickError

HERE = Path(__file__).resolve().parent
FIRST_PAGE = ("pages.parts.intake", "pages.parts.audiences", "pages.parts.plans")
LATER_PAGES = ("pandas", "altair", "connectors.destinations")


def warm() -> None:
    """Load what the first page needs while the browser is still fetching it, then what tables and charts need."""
    for name in FIRST_PAGE:
        importlib.import_module(name)
    time.sleep(5)
    for name in LATER_PAGES:
        importlib.import_module(name)


def start(port: int, address: str) -> None:
    """Serve the app until Ctrl-C; settings of `.streamlit/config.toml` hold wherever the command is called."""
    os.chdir(HERE)
    import streamlit as st
    from streamlit.runtime.pages_manager import PagesManager

    # A folder called pages/ makes Streamlit show its files as pages until app.py has run once; app.py alone names the pages.
    PagesManager.uses_pages_directory = False

    threading.Thread(target=warm, name="handpick-warm", daemon=True).start()
    # A script that draws holds the interpreter for 5 ms at a time by default, while its first results wait to be sent.
    sys.setswitchinterval(0.0005)

    def explain(error: Exception) -> bool:
        logging.getLogger("handpick").error("A page failed", exc_info=error)
        told = str(error) if isinstance(error, HandpickError) else "Something went wrong inside Handpick."
        st.error(f"{told} Your data and saved segments are safe. Reload the page to go on; the log has the details.")
        return True

    st.App(str(HERE / "app.py"), on_script_error=explain).run(config={"server.port": port, "server.address": address})


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line and run; returns the exit code."""
    parser = argparse.ArgumentParser(prog="handpick", description="Pick customers by hand: exact, instant segments.")
    parser.add_argument("--port", type=int, default=8501, help="port to listen on (default 8501)")
    parser.add_argument("--address", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument(
        "--home", type=Path, help="workspace folder (default: $HANDPICK_HOME or the user's data folder)"
    )
    options = parser.parse_args(arguments)
    if options.home:
        os.environ["HANDPICK_HOME"] = str(options.home.expanduser().resolve())
    elif os.environ.get("HANDPICK_HOME"):
        os.environ["HANDPICK_HOME"] = str(Path(os.environ["HANDPICK_HOME"]).expanduser().resolve())
    with contextlib.suppress(KeyboardInterrupt):
        start(options.port, options.address)
    return 0


if __name__ == "__main__":
    sys.exit(main())
