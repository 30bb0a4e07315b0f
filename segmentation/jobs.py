"""Work that outlives a click: a thread with progress, an end at once on cancel, and a result to collect."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Generic, TypeVar

from segmentation.errors import Cancelled, HandpickError
from segmentation.plan import Progress

KEPT = 200
AGAIN_SECONDS = 0.05
T = TypeVar("T")
_log = logging.getLogger("handpick")


class State(StrEnum):
    """Where a job stands; all but `running` are final."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Quiet:
    """Progress that nobody watches and nobody can cancel."""

    def __call__(self, message: str, share: float | None = None) -> None:
        """Say nothing."""

    def on_cancel(self, interrupt: Callable[[], None] | None) -> None:
        """Nothing can be cancelled."""


QUIET = Quiet()


class Job(Generic[T]):
    """One piece of work in a thread of its own. Read its attributes from any thread."""

    def __init__(self, title: str, work: Callable[[Progress], T]) -> None:
        self.id = uuid.uuid4().hex
        self.title = title
        self.state = State.RUNNING
        self.message = ""
        self.share: float | None = None  # 0–1, None where unknown
        self.result: T | None = None
        self.error: HandpickError | None = None
        self._lock = threading.Lock()
        self._cancelled = threading.Event()
        self._interrupt: Callable[[], None] | None = None
        self._began = time.monotonic()
        self._ended: float | None = None
        self._thread = threading.Thread(target=self._run, args=(work,), name=f"handpick-{title}", daemon=True)
        self._thread.start()

    @property
    def elapsed(self) -> float:
        """Seconds since the start, until the end."""
        return (self._ended or time.monotonic()) - self._began

    def cancel(self) -> None:
        """End the work: a running query at once, anything else at its next step. Harmless when it has ended."""
        with self._lock:
            if self._cancelled.is_set() or self.state is not State.RUNNING:
                return
            self._cancelled.set()
        self._end_query()
        threading.Thread(target=self._keep_ending, name=f"handpick-cancel-{self.title}", daemon=True).start()

    def _keep_ending(self) -> None:
        # A database forgets an interrupt that comes between two queries: the next one would run to its end.
        while self._thread.is_alive():
            self._thread.join(AGAIN_SECONDS)
            self._end_query()

    def _end_query(self) -> None:
        # Under the lock: the work clears the interrupt before it closes its connection, and waits for us here.
        with self._lock:
            if self._interrupt is None:
                return
            try:
                self._interrupt()
            except Exception:
                _log.exception("%s could not be interrupted", self.title)
                self._interrupt = None

    def wait(self, seconds: float | None = None) -> None:
        """Wait until it has ended, at most `seconds`."""
        self._thread.join(seconds)

    def __call__(self, message: str, share: float | None = None) -> None:
        """The work's progress; see `plan.Progress`."""
        if self._cancelled.is_set():
            raise Cancelled
        self.message, self.share = message, None if share is None else min(max(share, 0.0), 1.0)

    def on_cancel(self, interrupt: Callable[[], None] | None) -> None:
        """The work tells what ends its running query; see `plan.Progress`."""
        with self._lock:
            self._interrupt = interrupt
        if interrupt is not None and self._cancelled.is_set():
            raise Cancelled

    def _run(self, work: Callable[[Progress], T]) -> None:
        state, error = State.DONE, None
        try:
            self.result = work(self)
        except BaseException as raised:  # also SystemExit: a job must not stay “running” for ever
            state, error = self._judged(raised)
        with self._lock:
            self._interrupt = None
            self.error = error
            self._ended = time.monotonic()
            self.state = state

    def _judged(self, raised: BaseException) -> tuple[State, HandpickError]:
        """What an exception of the work means; work that returned is done even if Cancel came at its last moment."""
        if isinstance(raised, Cancelled):
            return State.CANCELLED, raised
        if self._cancelled.is_set():
            _log.info("%s was cancelled", self.title, exc_info=raised)
            cancelled = Cancelled()
            cancelled.__cause__ = raised
            return State.CANCELLED, cancelled
        if isinstance(raised, HandpickError):
            return State.FAILED, raised
        _log.error("%s failed", self.title, exc_info=raised)
        return State.FAILED, HandpickError(
            f"“{self.title}” ended because of a mistake inside Handpick. Nothing was changed; the log has the details."
        )


class Jobs:
    """The jobs of a process, the oldest ended ones forgotten beyond `KEPT`."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, Job[Any]] = OrderedDict()
        self._lock = threading.Lock()

    def start(self, title: str, work: Callable[[Progress], T]) -> Job[T]:
        """Begin `work` at once; `title` says what is being done: “Loading customers”."""
        job = Job(title, work)
        with self._lock:
            self._jobs[job.id] = job
            ended = [key for key, kept in self._jobs.items() if kept.state != State.RUNNING]
            for key in ended[: max(0, len(self._jobs) - KEPT)]:
                del self._jobs[key]
        return job

    def get(self, job_id: str) -> Job[Any] | None:
        """The job of this id, None where it is forgotten."""
        with self._lock:
            return self._jobs.get(job_id)

    def forget(self, job_id: str) -> None:
        """End a job whose result nobody wants any more, and let go of it; harmless where it is not known."""
        with self._lock:
            job = self._jobs.pop(job_id, None)
        if job is not None:
            job.cancel()
