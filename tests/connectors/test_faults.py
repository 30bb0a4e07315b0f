"""What goes wrong while data comes in: killed loads, a full disk, two at once, harmful archives. The last whole version stays."""

import io
import os
import signal
import zipfile
from itertools import count
from pathlib import Path
from shutil import copytree

import pytest

from connectors.importing import load, plan_files
from connectors.sources.files import stage_file
from segmentation.audience import Audience
from segmentation.errors import SourceError
from segmentation.jobs import Quiet
from segmentation.workspace import Workspace
from tests.warm import Warm

ORDERS = 20_000
NUMBERS = count()


def written(path: Path, orders: int) -> Path:
    rows = (f"{i % 500},2024-01-{1 + i % 28:02},{i}.50,text {i * 7919 % 10_007}\n" for i in range(orders))
    path.write_text("customer_id,ordered_at,amount,note\n" + "".join(rows))
    return path


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    """An export of the shop that is new each time it is read."""
    return written(tmp_path / "orders.csv", ORDERS)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A home with the shop as it was last loaded, one order short, and the shop's id."""
    home = tmp_path_factory.mktemp("loaded")
    space, file = Workspace(home), written(tmp_path_factory.mktemp("shorter") / "shorter.csv", ORDERS - 1)
    plan, _ = plan_files([("orders.csv", file)], space, Quiet())
    return home, load(plan, "Orders", space, Quiet())


@pytest.fixture
def audience(tmp_path: Path, loaded: tuple[Path, str]) -> str:
    """The shop in the home of this test."""
    home, audience = loaded
    copytree(home, tmp_path, dirs_exist_ok=True)
    return audience


class Loading:
    """A process of its own that reads the file and loads it; `lines` are what it says, as it says it."""

    def __init__(self, home: Path, file: Path, audience: str, limit: object = "none", limited: str = "loading") -> None:
        said = home / f"said{next(NUMBERS)}"
        os.mkfifo(said)
        arguments = [str(home), str(file), audience, str(limit), limited]
        self.process = Warm(arguments, os.environ, said, said, program="tests.connectors.loading_process")
        self.lines = said.open(encoding="utf-8")

    def said(self) -> list[str]:
        """All that it says until it ends."""
        with self.lines:
            found = self.lines.read().splitlines()
        assert self.process.wait(60) == 0
        return found


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
    killed = Loading(tmp_path, orders, audience)
    with killed.lines:
        for line in killed.lines:
            if line.startswith(moment):
                os.kill(killed.process.pid, signal.SIGKILL)
                break
        assert killed.process.wait(60) == -signal.SIGKILL
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
    assert Loading(tmp_path, orders, audience, limit, limited).said()[-1] == sentence
    assert events(tmp_path, audience) == ORDERS - 1
    assert sorted((tmp_path / "audiences").rglob("v*")) == before


def test_two_people_may_load_at_once(tmp_path: Path, orders: Path, audience: str) -> None:
    for process in [Loading(tmp_path, orders, whose) for whose in (audience, "")]:
        assert process.said()[-1] == "loaded"
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
