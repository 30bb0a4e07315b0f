"""What has been worked out is kept up to a budget, what was used last longest; and for those who ask at the same time it is made once."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation import keeping
from segmentation.catalogue import Kind
from segmentation.jobs import QUIET
from segmentation.keeping import Kept
from segmentation.stock import PATIENCE, Stock
from tests.segmentation.audiences import write_audience

ROOM = 4
steps = st.lists(st.tuples(st.sampled_from(["keep", "get", "once"]), st.integers(0, 7)), max_size=60)


@given(steps)
def test_the_least_recently_used_goes_first(asked: list[tuple[str, int]]) -> None:
    kept: Kept[int, str] = Kept(ROOM, lambda _: 1)
    expected: list[int] = []  # the one used longest ago first
    for way, key in asked:
        there = key in expected
        if way == "keep":
            kept.keep(key, str(key))
        elif way == "once":
            assert kept.once(key, lambda key=key: str(key)) == str(key)  # type: ignore[misc]
        else:
            assert kept.get(key) == (str(key) if there else None)
        if there:
            expected.remove(key)
        if there or way != "get":
            expected = [*expected, key][-ROOM:]
        assert len(kept) == kept.nbytes == len(expected)
    assert [key for key in range(8) if kept.get(key) is not None] == sorted(expected)


def test_many_uses_between_two_new_things_cost_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "USES_KEPT", 3)
    kept: Kept[int, str] = Kept(ROOM, lambda _: 1)
    for key in range(ROOM):
        kept.keep(key, str(key))
    for key in [0] * 1_000 + [1, 2, 3]:
        kept.get(key)
    kept.keep(4, "4")
    assert kept.get(0) is None
    assert [kept.get(key) for key in (1, 2, 3, 4)] == ["1", "2", "3", "4"]


def test_sixteen_threads_make_each_thing_once_while_all_of_it_fits() -> None:
    kept: Kept[int, int] = Kept(100, lambda _: 1)
    made = Counter[int]()
    ready = threading.Barrier(16)

    def ask(start: int) -> None:
        ready.wait()
        for number in range(2_000):
            key = (start + number) % 50
            assert kept.once(key, lambda key=key: made.update([key]) or key) == key  # type: ignore[misc]

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(ask, range(16)))
    assert set(made) == set(range(50))
    assert set(made.values()) == {1}


@pytest.fixture
def stock(tmp_path: Path) -> Iterator[Stock]:
    """What is loaded of an audience of one customer."""
    audience = write_audience(tmp_path / "a.duckdb", {"age": Kind.NUMBER}, [{"age": 30}])
    yield Stock(audience, wait=False)
    audience.close()


def test_loading_waits_until_the_last_who_asks_has_left(stock: Stock) -> None:
    stock.wait_for_quiet()  # nobody asks
    quiet = threading.Event()
    with stock.first():
        with stock.first():
            stock.load_beside(("a",), quiet.set)
        assert not quiet.wait(0.2)
    assert quiet.wait(2)  # sooner than it waits at most


def test_who_waits_for_what_is_loaded_does_not_hold_it_up(stock: Stock) -> None:
    loaded, later = threading.Event(), threading.Event()
    with stock.first():
        stock.load_beside(("a",), loaded.set)
        began = time.monotonic()
        stock.settle(QUIET)
        assert loaded.is_set()
        assert time.monotonic() - began < PATIENCE
        stock.load_beside(("b",), later.set)
        assert not later.wait(0.2)  # it asks again
