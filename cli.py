"""The command `handpick`: starts the app in the browser."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def start(port: int, address: str) -> None:
    """Serve the app until Ctrl-C; settings of `.streamlit/config.toml` hold wherever the command is called."""
    os.chdir(HERE)
    import streamlit as st

    st.App(str(HERE / "app.py")).run(config={"server.port": port, "server.address": address})


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line and run; returns the exit code."""
    parser = argparse.ArgumentParser(prog="handpick", description="Pick customers by hand: exact, instant segments.")
    parser.add_argument("--port", type=int, default=8501, help="port to listen on (default 8501)")
    parser.add_argument("--address", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--home", type=Path, help="workspace folder (default: $HANDPICK_HOME or the user's data folder)")
    options = parser.parse_args(arguments)
    if options.home:
        os.environ["HANDPICK_HOME"] = str(options.home.expanduser().resolve())
    try:
        start(options.port, options.address)
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
