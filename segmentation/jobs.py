"""Work that outlives a click: a thread with progress, an end at once on cancel, and a result to collect."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from segmentation.errors import Cancelled, HandpickError
from segmentation.plan import Progress

KEPT = 200
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


class Job:
    """One piece of work in a thread of its own. Read its attributes from any thread."""

    def __init__(self, title: str, work: Callable[[Progress], Any]) -> None:
        self.id = uuid.uuid4().hex
        self.title = title
        self.state = State.RUNNING
        self.message = ""
        self.share: float | None = None  # 0–1, None where unknown
        self.result: Any = None
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
        self._cancelled.set()
        with self._lock:
            interrupt = self._interrupt
        if interrupt is not None:
            interrupt()

    def wait(self, seconds: float | None = None) -> None:
        """Wait until it has ended, at most `seconds`."""
        self._thread.join(seconds)

    def __call__(self, message: str, share: float | None = None) -> None:
        """The work's progress; see `plan.Progress`."""
        if self._cancelled.is_set():
            raise Cancelled
        self.message, self.share = message, share

    def on_cancel(self, interrupt: Callable[[], None] | None) -> None:
        """The work tells what ends its running query; see `plan.Progress`."""
        with self._lock:
            self._interrupt = interrupt
        if interrupt is not None and self._cancelled.is_set():
            raise Cancelled

    def _run(self, work: Callable[[Progress], Any]) -> None:
        try:
            self.result = work(self)
            state = State.DONE
        except Cancelled as error:
            self.error, state = error, State.CANCELLED
        except HandpickError as error:
            self.error, state = error, State.FAILED
        except Exception:
            _log.exception("%s failed", self.title)
            self.error = HandpickError(
                f"“{self.title}” ended because of a mistake inside Handpick. Nothing was changed; the log has the details."
            )
            state = State.FAILED
        self._ended = time.monotonic()
        self.state = state


class Jobs:
    """The jobs of a process, the oldest ended ones forgotten beyond `KEPT`."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._lock = threading.Lock()

    def start(self, title: str, work: Callable[[Progress], Any]) -> Job:
        """Begin `work` at once."""
        job = Job(title, work)
        with self._lock:
            self._jobs[job.id] = job
            ended = [key for key, kept in self._jobs.items() if kept.state != State.RUNNING]
            for key in ended[: max(0, len(self._jobs) - KEPT)]:
                del self._jobs[key]
        return job

    def get(self, job_id: str) -> Job | None:
        """The job of this id, None where it is forgotten."""
        with self._lock:
            return self._jobs.get(job_id)
