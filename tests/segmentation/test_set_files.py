"""What a saved segment took long to find is there after a restart, and only for the very same people and question."""

# ruff: noqa: DTZ001 instants are stored as UTC without zone

import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from segmentation import set_files
from segmentation.audience import Audience
from segmentation.catalogue import Kind
from segmentation.clock import Clock
from segmentation.definition import (
    Definition,
    FieldCondition,
    Group,
    Last,
    ListCondition,
    Measure,
    MeasureFunction,
    Node,
    Period,
    RankCondition,
)
from segmentation.editing import with_ids
from segmentation.engine import Engine
from segmentation.errors import Cancelled
from segmentation.references import NO_REFERENCES, References, StaticList
from tests.segmentation.audiences import write_audience

CLOCK = Clock(datetime(2026, 3, 31, 10, tzinfo=UTC), "Europe/Berlin")
TOMORROW = Clock(CLOCK.now + timedelta(days=1), CLOCK.zone)
BEST = RankCondition(
    events=("purchase",), measure=Measure(function=MeasureFunction.AVERAGE, property="amount"), amount=30
)
LATELY = RankCondition(events=("purchase",), window=Last(period=Period(amount=40)), amount=30)
ABROAD = FieldCondition(field="country", operator="is_none_of", value=("DE",), leave_out_missing=True)
LISTED = ListCondition(list="known", outside=True)
KNOWN = References(lists=(StaticList(id="known", name="Known", values=("c3", "c5")),))


def segment(*nodes: Node) -> Definition:
    return with_ids(Definition(root=Group(children=nodes)))


@pytest.fixture(autouse=True)
def everything_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(set_files, "SLOW", 0.0)


@pytest.fixture
def version(tmp_path: Path) -> Path:
    return written(tmp_path / "v000001.duckdb", 7)


def written(path: Path, step: int, people: int = 43) -> Path:
    rows = [{"id": f"c{n}", "country": ("DE", "FR", None)[n % 3]} for n in range(people)]
    events = [
        {"_row": n, "_name": "purchase", "_time": datetime(2026, 1 + n % 3, 3), "amount": (n * step) % 41 + 1}
        for n in range(0, people, 2)
    ]
    fields = {"id": Kind.TEXT, "country": Kind.TEXT}
    write_audience(path, fields, rows, {"amount": Kind.NUMBER}, events, roles={"id": "person_id"}).close()
    return path


def restarted(version: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Engine, list[str]]:
    """An engine as after a restart, and what it asks the database."""
    engine, asked = Engine(Audience(version), kernels=False), list[str]()
    ask = engine._ask

    def watched(question, progress):  # type: ignore[no-untyped-def]
        asked.append(question.sql)
        return ask(question, progress)

    monkeypatch.setattr(engine, "_ask", watched)
    return engine, asked


def keep(version: Path, definition: Definition, references: References = NO_REFERENCES) -> Engine:
    engine = Engine(Audience(version), kernels=False)
    engine.answer(definition, CLOCK, references=references)  # on the screen, before it is saved
    engine.keep(definition, CLOCK, engine.audience.catalogue, references)
    return engine


def test_the_first_count_after_a_restart_comes_from_files(version: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    definition = segment(BEST, ABROAD, LISTED)
    before = keep(version, definition, KNOWN).answer(definition, CLOCK, references=KNOWN)
    assert 0 < before.total < before.base
    engine, asked = restarted(version, monkeypatch)
    after = engine.answer(definition, TOMORROW, references=KNOWN)
    assert asked == []
    assert after.members.rows().tolist() == before.members.rows().tolist()
    assert (after.counts, after.without, after.missing) == (before.counts, before.without, before.missing)


def test_a_new_version_is_asked_anew_whatever_files_lie_there(
    tmp_path: Path, version: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(version, segment(BEST))
    fresh = written(tmp_path / "v000002.duckdb", 11, people=41)
    shutil.copytree(version.with_suffix(".arrays"), fresh.with_suffix(".arrays"))
    engine, asked = restarted(fresh, monkeypatch)
    counted = engine.answer(segment(BEST), CLOCK).total
    assert len(asked) == 1
    shutil.rmtree(fresh.with_suffix(".arrays"))
    assert Engine(Audience(fresh), kernels=False).answer(segment(BEST), CLOCK).total == counted


def test_what_looks_back_from_now_is_not_kept(version: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(version, segment(LATELY))
    engine, asked = restarted(version, monkeypatch)
    engine.answer(segment(LATELY), TOMORROW)
    assert len(asked) == 1
    assert not version.with_suffix(".arrays").exists()


def test_another_value_is_another_question(version: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(version, segment(BEST))
    engine, asked = restarted(version, monkeypatch)
    engine.answer(segment(BEST.model_copy(update={"amount": 31})), CLOCK)
    assert len(asked) == 1


def shortened(data: bytes) -> bytes:
    return data[:-70]


def overwritten(data: bytes) -> bytes:
    return data[:-64] + bytes([data[-64] ^ 1]) + data[-63:]


@pytest.mark.parametrize("damage", [shortened, overwritten, lambda data: b"", lambda data: b"\xff" * len(data)])
def test_a_damaged_file_is_as_none_and_made_anew(
    version: Path, monkeypatch: pytest.MonkeyPatch, damage: Callable[[bytes], bytes]
) -> None:
    total = keep(version, segment(BEST)).answer(segment(BEST), CLOCK).total
    (file,) = (version.with_suffix(".arrays") / "sets").iterdir()
    file.write_bytes(damage(file.read_bytes()))
    engine, asked = restarted(version, monkeypatch)
    assert engine.answer(segment(BEST), CLOCK).total == total
    assert len(asked) == 1
    engine.keep(segment(BEST), CLOCK, engine.audience.catalogue, NO_REFERENCES)
    engine, asked = restarted(version, monkeypatch)
    assert engine.answer(segment(BEST), CLOCK).total == total
    assert asked == []


def test_what_is_found_quickly_or_has_been_turned_off_or_is_not_finished_is_not_kept(
    version: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(version, segment(BEST.model_copy(update={"enabled": False}), RankCondition(), ListCondition(list="gone")))
    monkeypatch.setattr(set_files, "SLOW", 60.0)
    keep(version, segment(BEST))
    assert not version.with_suffix(".arrays").exists()


def test_the_least_used_files_go_when_there_is_no_room(version: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    amounts = range(10, 16)
    ranks = [segment(BEST.model_copy(update={"amount": amount})) for amount in amounts]
    keep(version, ranks[0])
    folder = version.with_suffix(".arrays") / "sets"
    size = sum(file.stat().st_size for file in folder.iterdir())
    monkeypatch.setattr(set_files, "BUDGET", 3 * size)
    for age, rank in enumerate(ranks[1:]):
        for file in folder.iterdir():  # all that is there is an hour older than what comes
            os.utime(file, (0, file.stat().st_mtime - 3600))
        if age:
            restarted(version, monkeypatch)[0].answer(ranks[0], CLOCK)  # is used again and again
        keep(version, rank)
    assert len(list(folder.iterdir())) == 3
    found = []
    for rank in ranks:
        engine, asked = restarted(version, monkeypatch)
        engine.answer(rank, CLOCK)
        found.append(not asked)
    assert found == [True, False, False, False, True, True]


def test_a_cancelled_keeping_leaves_nothing_half(version: Path) -> None:
    class Stopped:
        def __call__(self, message: str, share: float | None = None) -> None:
            raise Cancelled

        def on_cancel(self, interrupt: object) -> None:
            raise Cancelled

    engine = Engine(Audience(version), kernels=False)
    with pytest.raises(Cancelled):
        engine.keep(segment(BEST), CLOCK, engine.audience.catalogue, NO_REFERENCES, Stopped())
    assert not version.with_suffix(".arrays").exists()
    assert engine.answer(segment(BEST), CLOCK).total > 0
