"""The health of an audience: everything that is worth mending, found in one go."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date

import duckdb

from segmentation.audience import Audience
from segmentation.catalogue import Catalogue
from segmentation.errors import AudienceError, Cancelled
from segmentation.findings import Finding, Looked
from segmentation.health_contacts import emails, phones, same_people, similar_people
from segmentation.health_fields import alike, empty, impossible, stale
from segmentation.health_values import blanks, countries, letters, mixtures, spellings
from segmentation.plan import Progress
from segmentation.staged import Part

Check = Callable[[Looked, Progress], Iterator[Finding]]
CHECKS: Sequence[Check] = (
    same_people, similar_people, emails, phones, countries, spellings, blanks, letters, impossible, mixtures, alike, empty, stale,
)  # fmt: skip
SLOW: frozenset[Check] = frozenset({similar_people})
FEW = 100_000  # people, among whom nothing is slow


def findings(
    audience: Audience, catalogue: Catalogue, today: date, progress: Progress, *, thorough: bool = False
) -> tuple[Finding, ...]:
    """What is worth mending, the most serious first; `thorough`: also what takes long in a large audience.

    Raises `AudienceError` where the file cannot answer, and `Cancelled`.
    """
    thorough = thorough or audience.people <= FEW
    checks = [check for check in CHECKS if thorough or check not in SLOW]
    cursor = audience.cursor()
    looked = Looked(cursor, audience.about, catalogue, today)
    found: list[Finding] = []
    try:
        for number, check in enumerate(checks):
            progress.on_cancel(cursor.interrupt)
            progress("Checking", number / len(checks))
            found += check(looked, Part(progress, number / len(checks), (number + 1) / len(checks)))
    except duckdb.InterruptException as error:
        raise Cancelled from error
    except duckdb.Error as error:
        raise AudienceError(
            f"The audience “{audience.about.name}” cannot be checked. Load its data again on the Data page."
        ) from error
    finally:
        progress.on_cancel(None)
        cursor.close()
    return tuple(found)
