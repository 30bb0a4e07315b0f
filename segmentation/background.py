"""Work beside: one thing after another on a thread that lives while there is some, and ends with the process."""

from __future__ import annotations

import atexit
import logging
import threading
from collections import deque
from collections.abc import Callable

STOPPED = threading.Event()
"""The process is about to end; long work looks at it now and then."""
GRACE = 2.0  # seconds that the end of the process waits for work to notice
_log = logging.getLogger("handpick")
_AT_WORK: set[threading.Thread] = set()


class Background:
    """A queue of work, where one piece that fails does not hold up the next; safe to share between threads."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._work: deque[Callable[[], object]] = deque()
        self._lock = threading.Lock()
        self._working = False

    def submit(self, work: Callable[[], object]) -> None:
        """Have it done when what was submitted before is done."""
        with self._lock:
            self._work.append(work)
            if not self._working:
                thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                thread.start()
                _AT_WORK.add(thread)
                self._working = True

    def settled(self) -> threading.Event:
        """What is set as soon as all that has been submitted is done."""
        done = threading.Event()
        self.submit(done.set)
        return done

    def _run(self) -> None:
        try:
            while True:
                with self._lock:
                    if not self._work or STOPPED.is_set():
                        self._working = False
                        return
                    work = self._work.popleft()
                try:
                    work()
                except Exception:
                    _log.exception("Something that was done beside has failed")
        finally:
            _AT_WORK.discard(threading.current_thread())


@atexit.register
def _stop() -> None:
    STOPPED.set()
    for thread in tuple(_AT_WORK):
        thread.join(GRACE)
