"""What goes wrong while data comes in: killed loads, a full disk, two at once, harmful archives. The last whole version stays."""

import io
import signal
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from connectors.importing import load, plan_files
from connectors.sources.files import stage_file
from segmentation.audience import Audience
from segmentation.errors import SourceError
from segmentation.jobs import Quiet
from segmentation.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]
ORDERS = 20_000
LOADER = """
import resource, sys
from pathlib import Path
from connectors.importing import load, plan_files
from segmentation.errors import HandpickError
from segmentation.jobs import Quiet
from segmentation.workspace import Workspace

home, file, audience, limit, limited = sys.argv[1:]

class Told(Quiet):
    def __call__(self, message, share=None):
        print(message, flush=True)

def confine():
    if limit != "none":
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))

space = Workspace(Path(home))
try:
    if limited == "reading":
        confine()
    plan, _ = plan_files([("orders.csv", Path(file))], space, Told())
    confine()
    load(plan, "Orders", space, Told(), audience or None)
    print("loaded")
except HandpickError as error:
    print("error:", error)
"""


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    """An export of the shop that is new each time it is read."""
    path = tmp_path / "orders.csv"
    rows = (f"{i % 500},2024-01-{1 + i % 28:02},{i}.50,text {i * 7919 % 10_007}\n" for i in range(ORDERS))
    path.write_text("customer_id,ordered_at,amount,note\n" + "".join(rows))
    return path


@pytest.fixture
def audience(tmp_path: Path, orders: Path) -> str:
    """The shop as it was last loaded, one order short."""
    space = Workspace(tmp_path)
    shorter = tmp_path / "shorter.csv"
    shorter.write_text("\n".join(orders.read_text().splitlines()[:-1]))
    plan, _ = plan_files([("orders.csv", shorter)], space, Quiet())
    return load(plan, "Orders", space, Quiet())


def loading(
    home: Path, file: Path, audience: str, limit: object = "none", limited: str = "loading"
) -> subprocess.Popen[str]:
    """A process of its own that reads the file and loads it, and prints what it does."""
    return subprocess.Popen(
        [sys.executable, "-c", LOADER, str(home), str(file), audience, str(limit), limited],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def events(home: Path, audience: str) -> int:
    """How many events the current version holds, counted in it."""
    opened = Audience(Workspace(home).current_version(audience))
    try:
        (count,) = opened.cursor().execute("SELECT count(*) FROM events").fetchone() or (0,)
        assert count == opened.about.events
        return int(count)
    finally:
        opened.close()


@pytest.mark.parametrize("moment", ["Loading the events", "Writing the audience"])
def test_a_killed_load_leaves_the_last_whole_version(moment: str, tmp_path: Path, orders: Path, audience: str) -> None:
    killed = loading(tmp_path, orders, audience)
    for line in killed.stdout or ():
        if line.startswith(moment):
            killed.send_signal(signal.SIGKILL)
            break
    assert killed.wait(60) == -signal.SIGKILL
    assert events(tmp_path, audience) == ORDERS - 1
    space = Workspace(tmp_path)
    load(plan_files([("orders.csv", orders)], space, Quiet())[0], "Orders", space, Quiet(), audience)
    assert events(tmp_path, audience) == ORDERS


@pytest.mark.parametrize(
    ("limited", "limit", "sentence"),
    [
        ("reading", 50_000, "error: There is no room on the disk to read orders.csv. Make room, then read it again."),
        ("loading", 600_000, "error: There is no room on the disk for this data. Make room, then load it again."),
    ],
)
def test_a_full_disk_is_told_and_loses_nothing(
    limited: str, limit: int, sentence: str, tmp_path: Path, orders: Path, audience: str
) -> None:
    before = sorted((tmp_path / "audiences").rglob("v*"))
    said, _ = loading(tmp_path, orders, audience, limit, limited).communicate(timeout=60)
    assert said.splitlines()[-1] == sentence
    assert events(tmp_path, audience) == ORDERS - 1
    assert sorted((tmp_path / "audiences").rglob("v*")) == before


def test_two_people_may_load_at_once(tmp_path: Path, orders: Path, audience: str) -> None:
    several: Sequence[subprocess.Popen[str]] = [loading(tmp_path, orders, whose) for whose in (audience, "")]
    for process in several:
        said, _ = process.communicate(timeout=60)
        assert said.endswith("loaded\n")
    entries = Workspace(tmp_path).audiences()
    assert [(entry.events, entry.problem) for entry in entries] == [(ORDERS, ""), (ORDERS, "")]


def test_a_workbook_that_unpacks_to_a_hundred_times_its_size_is_refused(tmp_path: Path) -> None:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            for _ in range(120):
                sheet.write(bytes(1 << 20))
    (tmp_path / "given").write_bytes(memory.getvalue())
    with pytest.raises(SourceError, match=r"^prices\.xlsx was not opened: it unpacks to more than 100 times its size"):
        stage_file(tmp_path / "given", "prices.xlsx", tmp_path, Quiet())
    assert [path.name for path in tmp_path.iterdir()] == ["given"]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("deep.json", b'[{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}]", "its values are nested too deeply"),
        ("deep.json", b'[{"a":' + b'{"b":' * 5_000 + b"1" + b"}" * 5_000 + b"}]", "its values are nested too deeply"),
    ],
)
def test_json_that_is_nested_too_deeply_is_refused(name: str, content: bytes, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "given").write_bytes(content)
    with pytest.raises(SourceError, match=sentence):
        stage_file(tmp_path / "given", name, tmp_path, Quiet())


def test_what_was_read_before_a_problem_does_not_stay(tmp_path: Path, orders: Path) -> None:
    class Impatient(Quiet):
        def __call__(self, message: str, share: float | None = None) -> None:
            if message.startswith("Looking at"):
                raise SourceError("enough")

    space = Workspace(tmp_path)
    with pytest.raises(SourceError, match="enough"):
        plan_files([("orders.csv", orders)], space, Impatient())
    assert [*(tmp_path / "staging").iterdir()] == []
