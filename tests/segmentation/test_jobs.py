"""Work beside the page: progress, cancel at once, results and honest failures."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import duckdb
import pytest

from segmentation.errors import Cancelled, SourceError
from segmentation.jobs import KEPT, Job, Jobs, State
from segmentation.plan import Progress


def run(work: Callable[[Progress], object]) -> Job:
    job = Jobs().start("Reading orders", work)
    job.wait(20)
    return job


def test_a_result_and_the_last_progress_are_kept() -> None:
    def work(progress: Progress) -> int:
        progress("Halfway", 0.5)
        return 7

    job = run(work)
    assert (job.state, job.result, job.message, job.share, job.error) == (State.DONE, 7, "Halfway", 0.5, None)


def test_a_known_error_is_told_as_it_is() -> None:
    def work(progress: Progress) -> None:
        raise SourceError("orders.csv is empty.")

    job = run(work)
    assert job.state == State.FAILED
    assert str(job.error) == "orders.csv is empty."


def test_an_unknown_error_becomes_a_sentence_without_its_text(caplog: pytest.LogCaptureFixture) -> None:
    def work(progress: Progress) -> None:
        raise ZeroDivisionError("secret")

    job = run(work)
    assert job.state == State.FAILED
    assert "Reading orders" in str(job.error)
    assert "secret" not in str(job.error)
    assert "secret" in caplog.text


def test_cancel_ends_the_next_step() -> None:
    going = threading.Event()

    def work(progress: Progress) -> None:
        while True:
            progress("Going on")
            going.set()
            time.sleep(0.001)

    job = Jobs().start("Reading", work)
    assert going.wait(10)
    job.cancel()
    job.wait(10)
    assert job.state == State.CANCELLED
    assert isinstance(job.error, Cancelled)


def test_cancel_interrupts_a_running_query() -> None:
    running = threading.Event()

    def work(progress: Progress) -> None:
        connection = duckdb.connect()
        progress.on_cancel(connection.interrupt)
        running.set()
        try:
            connection.execute("SELECT count(*) FROM range(100000000000) a, range(1000) b").fetchall()
        except duckdb.InterruptException as error:
            raise Cancelled from error

    job = Jobs().start("Counting", work)
    assert running.wait(10)
    while job.state == State.RUNNING:
        job.cancel()
        job.wait(0.05)
    assert job.state == State.CANCELLED


def test_cancel_before_a_query_is_registered_keeps_it_from_starting() -> None:
    cancelled = threading.Event()

    def work(progress: Progress) -> str:
        cancelled.wait(10)
        progress.on_cancel(lambda: None)
        return "too far"

    job = Jobs().start("Counting", work)
    job.cancel()
    cancelled.set()
    job.wait(10)
    assert job.state == State.CANCELLED
    assert job.result is None


def test_cancel_after_the_end_changes_nothing() -> None:
    job = run(lambda progress: 1)
    job.cancel()
    assert (job.state, job.result) == (State.DONE, 1)


def test_ended_jobs_are_forgotten_running_ones_are_not() -> None:
    jobs = Jobs()
    release = threading.Event()
    first = jobs.start("Long", lambda progress: release.wait(20))
    for _ in range(KEPT + 20):
        jobs.start("Short", lambda progress: None).wait(5)
    last = jobs.start("Last", lambda progress: None)
    last.wait(5)
    assert jobs.get(first.id) is first
    assert jobs.get(last.id) is last
    assert len(jobs._jobs) <= KEPT + 1
    release.set()
