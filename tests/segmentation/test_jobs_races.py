"""Work that outlives a click: progress, results, errors in words, and an end at once on cancel."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import duckdb
import pytest

from segmentation import jobs as jobs_module
from segmentation.errors import Cancelled, HandpickError, LoadError
from segmentation.jobs import Job, Jobs, Quiet, State
from segmentation.plan import Progress
from segmentation.staged import workbench

LONG = "SELECT count(*) FROM range(300000) a, range(300000) b WHERE a.range * b.range % 7 = 1"
PATIENCE = 10.0


def ended(job: Job[Any]) -> Job[Any]:
    """The job when it has ended; fails where it does not."""
    job.wait(PATIENCE)
    assert job.state is not State.RUNNING, "the job did not end"
    return job


def until(condition: Callable[[], bool]) -> None:
    """Wait for something another thread does."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.001)


def test_a_result_can_be_collected_by_the_id() -> None:
    jobs = Jobs()
    job = jobs.start("Counting", lambda progress: 42)
    assert ended(job).state is State.DONE
    found = jobs.get(job.id)
    assert found is job
    assert (job.result, job.error) == (42, None)


def test_an_unknown_id_gives_none() -> None:
    assert Jobs().get("no such job") is None


def test_progress_shows_while_it_runs_and_the_time_stands_still_afterwards() -> None:
    go_on, told = threading.Event(), threading.Event()

    def work(progress: Progress) -> str:
        progress("Half way", 0.5)
        told.set()
        go_on.wait(PATIENCE)
        return "done"

    job = Jobs().start("Working", work)
    assert told.wait(PATIENCE)
    assert (job.state, job.message, job.share) == (State.RUNNING, "Half way", 0.5)
    before = job.elapsed
    until(lambda: job.elapsed > before)
    go_on.set()
    assert ended(job).elapsed == job.elapsed


@pytest.mark.parametrize(("told", "shown"), [(None, None), (-0.5, 0.0), (0.25, 0.25), (1.0000001, 1.0)])
def test_a_share_stays_between_nothing_and_all(told: float | None, shown: float | None) -> None:
    job = Jobs().start("Working", lambda progress: progress("Step", told))
    assert ended(job).share == shown


def test_an_error_for_people_is_kept_as_it_is() -> None:
    error = LoadError("The file has no rows.")

    def work(progress: Progress) -> None:
        raise error

    job = ended(Jobs().start("Loading customers", work))
    assert (job.state, job.error, job.result) == (State.FAILED, error, None)


@pytest.mark.parametrize("raised", [ValueError("secret@example.com"), SystemExit(3), KeyboardInterrupt()])
def test_any_other_error_becomes_a_sentence_and_goes_to_the_log(
    raised: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    def work(progress: Progress) -> None:
        raise raised

    with caplog.at_level(logging.ERROR, logger="handpick"):
        job = ended(Jobs().start("Loading Acme", work))
    assert job.state is State.FAILED
    assert str(job.error) == (
        "“Loading Acme” ended because of a mistake inside Handpick. Nothing was changed; the log has the details."
    )
    assert type(job.error) is HandpickError
    assert [record.exc_info and record.exc_info[1] for record in caplog.records] == [raised]


def test_cancel_ends_the_work_at_its_next_step() -> None:
    begun = threading.Event()

    def work(progress: Progress) -> None:
        while True:
            progress("Working")
            begun.set()

    job = Jobs().start("Working", work)
    assert begun.wait(PATIENCE)
    job.cancel()
    assert ended(job).state is State.CANCELLED
    assert isinstance(job.error, Cancelled)
    assert job.result is None


def test_cancel_ends_a_long_query_within_half_a_second() -> None:
    begun = threading.Event()

    def work(progress: Progress) -> None:
        with workbench(progress) as connection:
            begun.set()
            connection.execute(LONG).fetchall()

    job = Jobs().start("Loading", work)
    assert begun.wait(PATIENCE)
    time.sleep(0.2)  # let DuckDB get into the query
    pressed = time.monotonic()
    job.cancel()
    assert ended(job).state is State.CANCELLED
    assert time.monotonic() - pressed < 0.5


def test_cancel_between_two_queries_ends_the_next_one() -> None:
    """DuckDB forgets an interrupt that comes while no query runs."""
    registered, pressed = threading.Event(), threading.Event()

    def work(progress: Progress) -> None:
        with workbench(progress) as connection:
            registered.set()
            pressed.wait(PATIENCE)
            connection.execute(LONG).fetchall()

    job = Jobs().start("Loading", work)
    assert registered.wait(PATIENCE)
    job.cancel()
    start = time.monotonic()
    pressed.set()
    assert ended(job).state is State.CANCELLED
    assert time.monotonic() - start < 0.5


def test_cancel_before_the_query_is_told_of_stops_there() -> None:
    begun, pressed = threading.Event(), threading.Event()
    interrupted: list[bool] = []

    def work(progress: Progress) -> None:
        begun.set()
        pressed.wait(PATIENCE)
        progress.on_cancel(None)  # clearing is no step
        progress.on_cancel(lambda: interrupted.append(True))
        raise AssertionError("it went on")

    job = Jobs().start("Loading", work)
    assert begun.wait(PATIENCE)
    job.cancel()
    pressed.set()
    assert ended(job).state is State.CANCELLED


def test_a_driver_error_that_cancel_caused_is_a_cancel() -> None:
    begun = threading.Event()

    def work(progress: Progress) -> None:
        connection = duckdb.connect()
        progress.on_cancel(connection.interrupt)
        begun.set()
        connection.execute(LONG).fetchall()

    job = Jobs().start("Loading", work)
    assert begun.wait(PATIENCE)
    job.cancel()
    assert ended(job).state is State.CANCELLED
    assert str(job.error) == "Cancelled. Nothing was changed."
    assert isinstance(job.error.__cause__ if job.error else None, duckdb.InterruptException)


def test_work_that_returned_is_done_even_if_cancel_came_at_its_last_moment() -> None:
    """Its effects are there: “Nothing was changed” would be wrong."""
    begun, pressed = threading.Event(), threading.Event()

    def work(progress: Progress) -> str:
        begun.set()
        pressed.wait(PATIENCE)
        return "published"

    job = Jobs().start("Loading", work)
    assert begun.wait(PATIENCE)
    job.cancel()
    pressed.set()
    assert ended(job).state is State.DONE
    assert (job.result, job.error) == ("published", None)


def test_cancel_racing_with_the_end_never_touches_what_was_closed() -> None:
    touched_after_close: list[int] = []

    class Connection:
        closed = False

        def interrupt(self) -> None:
            time.sleep(0)  # gives the other thread its chance
            if self.closed:
                touched_after_close.append(1)

    def work(progress: Progress) -> str:
        connection = Connection()
        progress.on_cancel(connection.interrupt)
        progress.on_cancel(None)
        connection.closed = True
        return "done"

    states = set()
    for _ in range(300):
        job = Jobs().start("Loading", work)
        job.cancel()
        states.add(ended(job).state)
        assert (job.state is State.DONE) == (job.result == "done") == (job.error is None)
    assert touched_after_close == []
    assert states <= {State.DONE, State.CANCELLED}


def test_an_ended_job_cannot_be_cancelled() -> None:
    job = ended(Jobs().start("Counting", lambda progress: 1))
    job.cancel()
    assert (job.state, job.result) == (State.DONE, 1)


def test_an_interrupt_that_fails_does_not_reach_the_page(caplog: pytest.LogCaptureFixture) -> None:
    begun = threading.Event()

    def broken() -> None:
        raise RuntimeError("the connection is gone")

    def work(progress: Progress) -> None:
        progress.on_cancel(broken)
        while True:
            progress("Working")
            begun.set()

    job = Jobs().start("Loading", work)
    assert begun.wait(PATIENCE)
    job.cancel()
    assert ended(job).state is State.CANCELLED
    assert "could not be interrupted" in caplog.text


def test_the_oldest_ended_jobs_are_forgotten_and_running_ones_never(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_module, "KEPT", 3)
    jobs, go_on = Jobs(), threading.Event()
    running = jobs.start("Loading", lambda progress: go_on.wait(PATIENCE))
    finished = [ended(jobs.start("Counting", lambda progress: 1)) for _ in range(5)]
    assert [jobs.get(job.id) is not None for job in finished] == [False, False, False, True, True]
    assert jobs.get(running.id) is running
    go_on.set()
    assert ended(running).state is State.DONE


def test_jobs_started_by_many_threads_are_all_found() -> None:
    jobs, started = Jobs(), []

    def start() -> None:
        started.extend(jobs.start("Counting", lambda progress: 1) for _ in range(5))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({job.id for job in started}) == 40
    assert all(jobs.get(job.id) is job and ended(job).result == 1 for job in started)


def test_quiet_says_nothing_and_cancels_nothing() -> None:
    quiet: Progress = Quiet()
    quiet("Working", 0.5)
    quiet.on_cancel(lambda: None)
    quiet.on_cancel(None)
