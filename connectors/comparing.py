"""What a new version of an audience did to its saved segments."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from segmentation.audience import Audience
from segmentation.clock import Clock
from segmentation.engine import Engine
from segmentation.errors import HandpickError
from segmentation.library import Library
from segmentation.lists import Lists
from segmentation.plan import Progress
from segmentation.referring import references
from segmentation.renewal import SegmentNews
from segmentation.workspace import Workspace


@contextmanager
def held(version: Path, audience: str, workspace: Workspace) -> Iterator[Audience | None]:
    """A version kept open until the next is there, as it may be removed by then; None where no segment is saved to be counted on both."""
    if Library(workspace).find(audience):
        with closing(Audience(version)) as before:
            yield before
    else:
        yield None


def segments_since(
    before: Audience | None, audience: str, workspace: Workspace, progress: Progress
) -> tuple[SegmentNews, ...]:
    """Every saved segment counted on a version that was held before and on the newest, at one moment; none if that is cancelled."""
    if before is None:
        return ()
    try:
        with closing(Audience(workspace.current_version(audience))) as after:
            return _counted(before, after, audience, workspace, progress)
    except HandpickError:  # also Cancel: the new data is there, only the comparison is not
        return ()


def _counted(
    before: Audience, after: Audience, audience: str, workspace: Workspace, progress: Progress
) -> tuple[SegmentNews, ...]:
    library, lists = Library(workspace), Lists(workspace)
    clock = Clock(datetime.now(UTC), workspace.settings().zone)
    edits = workspace.field_edits(audience)
    engines = [Engine(version, kernels=False) for version in (before, after)]
    found = []
    for segment in library.find(audience):
        progress("Counting the saved segments")
        known = references(segment.definition, library, lists, audience, segment)
        counts: list[int | None] = []
        problem = ""
        for engine in engines:  # the problem that counts is that of the new data
            answer = engine.answer(segment.definition, clock, engine.audience.catalogue.edited(edits), known)
            problem = next(iter(answer.unfinished.values()), "")
            counts.append(None if problem or not answer.counted else answer.total)
        found.append(
            SegmentNews(segment=segment.id, name=segment.name, before=counts[0], after=counts[1], problem=problem)
        )
        if counts[1] is not None:
            library.remember_count(segment.id, counts[1], clock.now)
            engines[1].keep(segment.definition, clock, after.catalogue.edited(edits), known, progress)
    return tuple(found)
