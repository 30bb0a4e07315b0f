"""The renewals of a workspace as they are kept: how each audience is brought up to date, and how it last went."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.sqlite import insert

from segmentation import metadata
from segmentation.errors import AudienceError
from segmentation.renewal import Renewal, Report
from segmentation.schedules import due
from segmentation.workspace import Workspace

_T = metadata.RENEWALS


class Renewals:
    """How audiences are renewed; safe to share between threads and processes."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def of(self, audience: str) -> Renewal:
        """How an audience is renewed, as last kept."""
        with self._workspace.database.connect() as connection:
            kept = connection.execute(select(_T.c.renewal).where(_T.c.audience == audience)).scalar()
        return Renewal.model_validate_json(kept) if kept else Renewal()

    def keep(self, audience: str, renewal: Renewal) -> None:
        """Keep how it is renewed; a new schedule begins with its next time."""
        values: dict[str, object] = {"renewal": renewal.model_dump_json()}
        if renewal.schedule != self.of(audience).schedule:
            values["done"] = _stored(datetime.now(UTC))
        self._put(audience, values)

    def report(self, audience: str) -> Report | None:
        """How the latest renewal went."""
        with self._workspace.database.connect() as connection:
            kept = connection.execute(select(_T.c.report).where(_T.c.audience == audience)).scalar()
        return Report.model_validate_json(kept) if kept else None

    def note(self, audience: str, report: Report) -> None:
        """Keep how a renewal went."""
        self._put(audience, {"report": report.model_dump_json()})

    def _put(self, audience: str, values: dict[str, object]) -> None:
        new = {"renewal": Renewal().model_dump_json(), "done": _stored(datetime.now(UTC)), **values}
        statement = insert(_T).values(audience=audience, **new)
        with self._workspace.writing() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=["audience"], set_=values))

    def due(self, now: datetime) -> Iterator[str]:
        """The audiences whose schedule has come (`now` UTC), each given to one caller only, when it is asked for."""
        zone = self._workspace.settings().zone
        with self._workspace.database.connect() as connection:
            rows = connection.execute(select(_T.c.audience, _T.c.renewal, _T.c.done)).all()
        living = {entry.id for entry in self._workspace.audiences() if entry.path is not None}
        for audience, renewal, done in rows:
            schedule = Renewal.model_validate_json(renewal).schedule
            time = due(schedule, zone, now, done.replace(tzinfo=UTC)) if schedule and audience in living else None
            if time is not None and self._claim(audience, time):
                yield audience

    def _claim(self, audience: str, time: datetime) -> bool:
        earlier = update(_T).where(_T.c.audience == audience, _T.c.done < _stored(time))
        with self._workspace.writing() as connection:
            claimed = connection.execute(earlier.values(done=_stored(time)))
        return claimed.rowcount == 1

    @contextmanager
    def alone(self, audience: str) -> Iterator[None]:
        """Nobody else renews this audience meanwhile; raises `AudienceError` where somebody does.

        The system lets go of the lock when the process ends, however it ends.
        """
        lock = sqlite3.connect(
            self._workspace.audience_folder(audience) / ".renewing",
            timeout=0,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise AudienceError(
                "This audience is being brought up to date by somebody else. Look again when that has finished."
            ) from error
        else:
            yield
        finally:
            lock.close()


def _stored(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
