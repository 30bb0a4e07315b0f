"""What the app loads before its first page stands."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def loaded(code: str) -> set[str]:
    """The modules that a new process has loaded after `code`."""
    command = [sys.executable, "-c", f"import sys, importlib, cli; {code}; print(*sys.modules)"]
    return set(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split())


def test_the_server_starts_before_what_a_page_needs_is_loaded() -> None:
    assert not {"pydantic", "duckdb", "pyarrow", "numpy", "rapidfuzz", "sqlalchemy", "streamlit"} & loaded("pass")


def test_the_first_page_does_without_what_only_lists_health_and_drivers_need() -> None:
    late = {
        "pandas",
        "altair",
        "charset_normalizer",
        "numba",
        "xlsxwriter",
        "email_validator",
        "phonenumbers",
        "connectorx",
        "connectors.sources.sample",
        "pymysql",
        "pyarrow.compute",
        "rapidfuzz",
        "segmentation.mending",
    }
    found = loaded("[importlib.import_module(name) for name in cli.FIRST_PAGE]")
    assert not late & found
    assert "segmentation.engine" in found
