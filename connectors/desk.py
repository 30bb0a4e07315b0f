"""Where messages for one audience arrive: they are checked and kept, and the audience follows about a second later."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from segmentation.audience import version_paths
from segmentation.background import STOPPED, Background
from segmentation.errors import HandpickError
from segmentation.inbox import Inbox, Written
from segmentation.living import Rebased, bring_in, has_grown, rebase
from segmentation.messages import Admitted, Refused, admitted
from segmentation.publishing import clear_abandoned
from segmentation.workspace import Workspace

BETWEEN = 0.7  # seconds from the beginning of one version to that of the next at least
REST = 0.5  # seconds that others have the machine after one, or as long as it took if that is less
AGAIN = 10.0  # seconds after something that went wrong
MOST_REASONS = 50
_log = logging.getLogger("handpick")


class Desk:
    """The messages of one audience while it is switched on; read its attributes from any thread."""

    def __init__(self, audience: str, workspace: Workspace) -> None:
        """Open the log and let the audience follow it; raises `AudienceError`."""
        self.audience = audience
        self._folder = workspace.audience_folder(audience)
        self._inbox = Inbox(self._folder)
        clear_abandoned(self._folder)
        self.last: datetime | None = None  # UTC: when the newest message came, since the start
        self.refused = Counter[str]()  # messages by the reason, since the start
        self.repeated = 0
        self.problem = ""  # why the audience does not follow
        self._arrived = self._inbox.arrived
        self._arrived.set()  # what came in and was not brought in before the end of the last run
        self._closed = threading.Event()
        self._rebased: Rebased | None = None
        self._rebasing = False
        self._beside = Background("live-base")
        self._follower = threading.Thread(target=self._follow, name="handpick-live", daemon=True)
        self._follower.start()

    @property
    def received(self) -> int:
        """Messages that were ever kept."""
        return self._inbox.received

    def take(self, raw: Sequence[object], kind: str | None, sent: object) -> tuple[int, list[str], Written]:
        """Keep what can be kept: how many are kept or known, why others are refused, and the write that has them on disk."""
        received = datetime.now(UTC)
        messages: list[Admitted] = []
        reasons: list[str] = []
        for one in raw:
            try:
                messages.append(admitted(one, kind, received, sent))
            except Refused as error:
                reasons.append(str(error))
        for reason in reasons:
            self.refuse(reason)
        new, written = self._inbox.append(messages)
        self.repeated += len(messages) - new
        if messages:
            self.last = received
        return len(messages), reasons, written

    def refuse(self, reason: str) -> None:
        """Count something that was refused."""
        if reason in self.refused or len(self.refused) < MOST_REASONS:
            self.refused[reason] += 1

    def close(self) -> None:
        """Take nothing more; what came in is brought in."""
        self._closed.set()
        self._inbox.close()
        self._arrived.set()
        self._follower.join()

    def _follow(self) -> None:
        while not STOPPED.is_set():
            self._arrived.wait()
            self._arrived.clear()
            began = time.monotonic()
            try:
                self._bring_in()
                self.problem = ""
            except HandpickError as error:
                self.problem = str(error)
            except Exception:  # one message that Handpick does not understand must not end the way in
                _log.exception("What came in live could not be brought in")
                self.problem = "What came in could not be brought in because of a mistake inside Handpick; the log has the details."
            if self._closed.is_set():
                return
            if self.problem:
                self._arrived.set()
                self._closed.wait(AGAIN)
                continue
            took = time.monotonic() - began
            self._closed.wait(max(BETWEEN - took, min(took, REST)))

    def _bring_in(self) -> None:
        if not version_paths(self._folder):
            return  # the audience was deleted; should it be brought back, this goes on
        rebased, self._rebased = self._rebased, None
        published = bring_in(self._folder, rebased=rebased)
        under_way = self._rebasing or self._rebased is not None
        if published is not None and not under_way and has_grown(published.about):
            self._rebasing = True
            self._beside.submit(self._rebase)

    def _rebase(self) -> None:
        try:
            self._rebased = rebase(self._folder)
            self._arrived.set()
        except HandpickError as error:
            _log.warning("No new base: %s", error)
        finally:
            self._rebasing = False
