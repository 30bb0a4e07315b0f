"""The command `handpick`: starts the app in the browser."""

from __future__ import annotations

import argparse
import contextlib
import gc
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
    try:
        for name in FIRST_PAGE:
            importlib.import_module(name)
        from pages.parts.queries import open_newest

        with contextlib.suppress(HandpickError, OSError):  # the page meets the same error, and says it
            open_newest()
    finally:
        gc.enable()
    time.sleep(5)
    for name in LATER_PAGES:
        importlib.import_module(name)
    # What is loaded stays: looking through it for garbage held up a click by 150 ms every now and then.
    gc.freeze()


def send_in_batches() -> None:
    """Let Streamlit's sender wake once for many elements.

    It is woken anew for each of a page's 80, though it sends every 10 ms, and each time takes the interpreter from the script.
    """
    from streamlit.runtime.runtime import Runtime

    def wake(runtime: Runtime) -> None:
        shared = runtime._get_async_objs()
        if not shared.need_send_data.is_set():
            shared.eventloop.call_soon_threadsafe(shared.need_send_data.set)

    Runtime._enqueued_some_message = wake  # type: ignore[method-assign]


def start(port: int, address: str) -> None:
    """Serve the app until Ctrl-C; settings of `.streamlit/config.toml` hold wherever the command is called."""
    os.chdir(HERE)
    gc.disable()  # until `warm` has loaded the first page: nearly everything that is made now stays
    import streamlit as st
    from streamlit.runtime.pages_manager import PagesManager

    # A folder called pages/ makes Streamlit show its files as pages until app.py has run once; app.py alone names the pages.
    PagesManager.uses_pages_directory = False

    send_in_batches()
    threading.Thread(target=warm, name="handpick-warm", daemon=True).start()

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
