"""The house rules that a machine can hold: who may import whom, and where the screen's state, caches and HTML may be."""

import ast
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parent.parent

# A layer may import what stands in its row. A layer's name is the longest folder or module that a path begins with.
MAY_IMPORT = {
    "app": {"pages", "pages.parts", "connectors", "segmentation"},
    "cli": {"app", "commands", "pages", "pages.parts", "connectors", "segmentation"},
    "commands": {"commands", "connectors", "segmentation"},
    "pages": {"pages.parts", "connectors", "segmentation"},
    "pages.parts": {"pages.parts", "connectors", "segmentation"},
    "connectors": {"connectors", "segmentation"},
    "segmentation": {"segmentation"},
}
DRAWS = {"app", "cli", "pages", "pages.parts"}
SESSION_HOME = "pages/parts/session.py"
CACHE_HOME = "pages/parts/queries.py"
LONGEST_MODULE = 350

FOLDERS = {
    "": {"commands", "pages", "segmentation", "connectors", "tests", "benchmarks", "docs"},
    "pages": {"parts"},
    "connectors": {"sources", "destinations"},
}
MODULES_AT_THE_TOP = {"app.py", "cli.py", "run.py"}


def layer_of(module: str) -> str | None:
    """The layer of a dotted name, or None if it is not ours."""
    return max((layer for layer in MAY_IMPORT if f"{module}.".startswith(f"{layer}.")), key=len, default=None)


def module_of(path: str) -> str:
    """The dotted name of a file."""
    name = PurePosixPath(path).with_suffix("").as_posix().replace("/", ".")
    return name.removesuffix(".__init__")


def imports(path: str, tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every module that a file imports, with its line: by statement, relatively, or by its name in a string."""
    package = module_of(path).split(".")
    if PurePosixPath(path).name != "__init__.py":
        package = package[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{base}.{alias.name}".strip(".")) for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("import_module", "__import__"):
            names = (argument.value for argument in node.args[:1] if isinstance(argument, ast.Constant))
            yield from ((node.lineno, str(name)) for name in names)


def problems(path: str, source: str) -> list[str]:
    """What a module does that the house does not allow, each as `path:line: sentence`."""
    tree = ast.parse(source, filename=path)
    layer = layer_of(module_of(path))
    found: list[tuple[int, str]] = []

    for line, name in imports(path, tree):
        target = layer_of(name)
        if name.split(".")[0] == "streamlit" and layer not in DRAWS:
            found.append((line, f"{layer or path} has no screen, and imports {name}"))
        if layer and target and target not in MAY_IMPORT[layer]:
            found.append((line, f"{layer} may not import {name}: imports point down only"))

    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            names = {node.attr}
        elif isinstance(node, ast.ImportFrom):
            names = {alias.name for alias in node.names}
        elif isinstance(node, ast.Call):
            names = {str(keyword.arg) for keyword in node.keywords}
        elif isinstance(node, ast.Constant):
            names = {str(node.value)}
        else:
            continue
        line = getattr(node, "lineno", 0)
        if "session_state" in names and path != SESSION_HOME:
            found.append((line, f"session_state belongs to {SESSION_HOME}"))
        if names & {"cache_data", "cache_resource"} and path != CACHE_HOME:
            found.append((line, f"Streamlit's caches belong to {CACHE_HOME}"))
        if "unsafe_allow_html" in names:
            found.append((line, "unsafe_allow_html is not used here: native widgets and the theme draw everything"))

    length = len(source.splitlines())
    if length > LONGEST_MODULE:
        found.append((length, f"{length} lines, over {LONGEST_MODULE}: split it by noun"))
    return [f"{path}:{line}: {sentence}" for line, sentence in sorted(found)]


def strays(folder: Path) -> list[str]:
    """Folders of the house that it does not know, and modules at its top that belong in one of them."""
    found = []
    for name, known in FOLDERS.items():
        inside = (folder / name).iterdir() if (folder / name).is_dir() else ()
        folders = {entry.name for entry in inside if entry.is_dir() and any(entry.rglob("*.py"))}
        found += [f"{name}/{stray}/".lstrip("/") for stray in folders - known if not stray.startswith((".", "_"))]
    found += [entry.name for entry in folder.glob("*.py") if entry.name not in MODULES_AT_THE_TOP]
    return sorted(found)


def product_files() -> list[str]:
    """Every Python file outside the tests, relative to the top."""
    files = [file for file in ROOT.glob("*.py") if file.is_file()]
    for folder in ("commands", "pages", "segmentation", "connectors", "benchmarks"):
        files += (ROOT / folder).rglob("*.py")
    return sorted(file.relative_to(ROOT).as_posix() for file in files)


@pytest.mark.parametrize("path", product_files())
def test_module_keeps_the_house_rules(path: str) -> None:
    assert problems(path, (ROOT / path).read_text(encoding="utf-8")) == []


def test_folders_are_those_of_the_house() -> None:
    assert strays(ROOT) == []


@pytest.mark.parametrize(
    ("path", "source", "sentence"),
    [
        ("segmentation/engine.py", "import streamlit as st", "segmentation has no screen, and imports streamlit"),
        ("connectors/sources/csv.py", "from streamlit import progress", "connectors has no screen"),
        ("segmentation/engine.py", "def f():\n    import streamlit.runtime", "engine.py:2: segmentation has no screen"),
        ("segmentation/engine.py", "import importlib\nimportlib.import_module('streamlit')", "engine.py:2: segmentation"),
        ("segmentation/engine.py", "from connectors.sources import csv", "segmentation may not import connectors.sources"),
        ("segmentation/engine.py", "from ..pages import build", "segmentation may not import pages.build"),
        ("connectors/sources/csv.py", "import pages.parts.session", "connectors may not import pages.parts.session"),
        ("pages/parts/counts.py", "from pages import build", "pages.parts may not import pages.build"),
        ("pages/parts/counts.py", "from .. import build", "pages.parts may not import pages.build"),
        ("pages/build.py", "import pages.export", "pages may not import pages.export"),
        ("pages/build.py", "import app", "pages may not import app"),
        ("app.py", "import cli", "app may not import cli"),
        ("commands/answers.py", "import pages.build", "commands may not import pages.build"),
        ("commands/answers.py", "import streamlit", "commands has no screen, and imports streamlit"),
        ("pages/build.py", "import streamlit as st\nst.session_state['a'] = 1", "build.py:2: session_state belongs to"),
        ("pages/build.py", "from streamlit import session_state", "session_state belongs to pages/parts/session.py"),
        ("pages/build.py", "import streamlit as st\ngetattr(st, 'session_state')", "session_state belongs to"),
        ("pages/parts/counts.py", "import streamlit as st\n@st.cache_data\ndef f(): ...", "caches belong to pages/parts/queries"),
        ("app.py", "from streamlit import cache_resource", "caches belong to pages/parts/queries.py"),
        ("pages/build.py", "st.markdown(text, unsafe_allow_html=True)", "unsafe_allow_html is not used"),
        ("pages/build.py", "st.markdown(text, **{'unsafe_allow_html': True})", "unsafe_allow_html is not used"),
        ("segmentation/sql.py", "\n" * 351, "351 lines, over 350"),
    ],
)  # fmt: skip
def test_an_offence_is_found_and_named(path: str, source: str, sentence: str) -> None:
    assert any(sentence in problem for problem in problems(path, source)), problems(path, source)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("app.py", "import streamlit as st\nimport pages.parts.session"),
        ("cli.py", "import app\nimport segmentation.engine\nimport connectors.sources.csv\nimport streamlit"),
        ("pages/build.py", "import streamlit as st\nfrom pages.parts import session\nfrom segmentation import engine"),
        ("pages/parts/counts.py", "from pages.parts.session import current\nfrom .queries import count"),
        ("pages/parts/session.py", "import streamlit as st\nst.session_state['session'] = None"),
        ("pages/parts/queries.py", "import streamlit as st\n@st.cache_resource\ndef f(): ..."),
        ("connectors/sources/csv.py", "from segmentation.errors import HandpickError\nfrom ..catalogue import SOURCES"),
        ("segmentation/engine.py", "import duckdb\nfrom .membership import Membership\nimport streamlit_free"),
        ("segmentation/sql.py", "\n" * 350),
    ],
)
def test_what_the_house_allows_is_no_offence(path: str, source: str) -> None:
    assert problems(path, source) == []


def test_stray_folders_and_modules_are_found(tmp_path: Path) -> None:
    for path in ("app.py", "helpers.py", "utils/text.py", "pages/widgets/row.py", "segmentation/sql.py", ".venv/x.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    assert strays(tmp_path) == ["helpers.py", "pages/widgets/", "utils/"]
