"""The one home of caches: what is shared by all tabs, and what a screen asks again and again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import streamlit as st
from pyarrow import parquet

from connectors.receiving import Receiver
from pages.parts.session import session
from segmentation.audience import Audience
from segmentation.background import Background
from segmentation.catalogue import Catalogue
from segmentation.clock import Clock
from segmentation.definition import Definition
from segmentation.editing import around
from segmentation.endpoints import Endpoints
from segmentation.engine import Answer, Engine
from segmentation.errors import HandpickError
from segmentation.jobs import Jobs, State
from segmentation.ladders import Ladders
from segmentation.library import Library, SavedSegment
from segmentation.lists import Lists
from segmentation.membership import Membership
from segmentation.places import Point
from segmentation.plan import Progress
from segmentation.preview import without_secrets
from segmentation.references import NO_REFERENCES, NamedDefinition, References
from segmentation.referring import Saved, named, refers
from segmentation.renewals import Renewals
from segmentation.values import Offered, field_values, middle_of, property_values
from segmentation.workspace import Workspace

BESIDE = 2_000_000  # people and events
SETS = Background("sets")


@st.cache_resource(show_spinner=False)
def workspace() -> Workspace:
    """The workspace folder of this process."""
    return Workspace.default()


@st.cache_resource(show_spinner=False)
def library() -> Library:
    """The saved segments."""
    return Library(workspace())


@st.cache_resource(show_spinner=False)
def lists() -> Lists:
    """The static lists."""
    return Lists(workspace())


@st.cache_resource(show_spinner=False)
def ladders() -> Ladders:
    """The saved ladders."""
    return Ladders(workspace())


@st.cache_resource(show_spinner=False)
def renewals() -> Renewals:
    """How the audiences are brought up to date."""
    return Renewals(workspace())


@st.cache_resource(show_spinner=False)
def endpoints() -> Endpoints:
    """The live ways in."""
    return Endpoints(workspace())


@st.cache_resource(show_spinner=False)
def receiver() -> Receiver:
    """The address of the live ways in; it is open where one of them is on."""
    return Receiver(workspace())


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    """Work that outlives a click."""
    return Jobs()


@st.cache_resource(max_entries=8, show_spinner=False)
def engine(path: str) -> Engine:
    """The engine of one audience version, shared by all tabs."""
    opened = Engine(Audience(Path(path)))
    opened.make_ready()
    return opened


def open_newest() -> None:
    """Have the audience that a new tab works on open before the first tab asks."""
    known = (entry for entry in workspace().audiences() if entry.path is not None)
    newest = max(known, key=lambda entry: entry.loaded_at, default=None)
    if newest is not None:
        engine(str(newest.path))


@dataclass(frozen=True)
class Current:
    """The audience in hand with everything a screen needs of it."""

    id: str
    engine: Engine
    catalogue: Catalogue
    clock: Clock

    def local(self, moment: datetime) -> datetime:
        """An instant (UTC where it has no zone) in the workspace's zone."""
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(ZoneInfo(self.clock.zone))

    @property
    def large(self) -> bool:
        """Whether answers may take so long that they are found beside the page; of fewer rows they are quicker than a thread."""
        return self.engine.audience.people + self.engine.audience.about.events >= BESIDE

    def asked(self) -> Callable[[Progress], Answer]:
        """What gives all numbers of the definition on screen, on any thread."""
        return partial(self._answer, session().definition, self.references())

    def _answer(self, definition: Definition, references: References, progress: Progress) -> Answer:
        return self.engine.answer(definition, self.clock, self.catalogue, references, progress)

    def others(self, node_id: str) -> Membership | None:
        """Whom the other filters leave for a filter to choose among; None where that is everybody, and while they are counted."""
        counting = session().counting
        if counting is not None and counting.job.state is State.RUNNING:
            return None
        rest = around(session().definition, node_id)
        answer = self.engine.answer(rest, self.clock, self.catalogue, self.references())
        return answer.members if answer.counted and answer.total < answer.base else None

    def keep(self, segments: Iterable[SavedSegment]) -> None:
        """Have what these saved segments take long to find kept in files, beside the page."""
        for segment in segments:
            definition, known = segment.definition, self.references(segment.definition)
            SETS.submit(partial(self.engine.keep, definition, self.clock, self.catalogue, known))

    def references(self, definition: Definition | None = None) -> References:
        """The segments and lists that a definition names, without one the definition on screen."""
        state = session()
        if not refers(definition or state.definition):
            return NO_REFERENCES
        origin = state.saved if definition is None else None
        return Saved(named_segments(self.id, library().stamp(self.id)), lists(), self.id, origin)


def current() -> Current | None:
    """The audience this tab works on: the one chosen, else the one loaded last; None where there is none."""
    state = session()
    state.keep_time()
    known = {entry.id: entry for entry in workspace().audiences() if entry.path is not None}
    if state.audience is not None and state.audience not in known:
        state.turn_to(None)  # its segment means nothing elsewhere
        state.notice = "The audience you worked on is not there any more."
    if state.audience not in known:
        newest = max(known.values(), key=lambda entry: entry.loaded_at, default=None)
        state.audience = newest.id if newest else None
    if state.audience is None:
        return None
    try:
        opened = engine(str(known[state.audience].path))
    except HandpickError:
        return None
    catalogue = opened.audience.catalogue.edited(workspace().field_edits(state.audience))
    return Current(state.audience, opened, catalogue, Clock(state.now, workspace().settings().zone))


@st.cache_resource(max_entries=500, show_spinner=False, hash_funcs={Membership: hash})
def values_of_field(
    path: str, name: str, zone: str, beside: Membership | None, search: str, _progress: Progress
) -> tuple[Offered, ...]:
    """The most frequent values of a field among all people, and how many of those `beside` have each."""
    audience = engine(path).audience
    return field_values(audience, audience.catalogue.field(name), search, beside=beside, zone=zone, progress=_progress)


@st.cache_resource(max_entries=500, show_spinner=False, hash_funcs={Membership: hash})
def values_of_property(
    path: str,
    name: str,
    events: tuple[str, ...],
    zone: str,
    beside: Membership | None,
    search: str,
    _progress: Progress,
) -> tuple[Offered, ...]:
    """The most frequent values of an event detail among these events, and how often those `beside` have each."""
    audience = engine(path).audience
    detail = audience.catalogue.event_property(name)
    return property_values(audience, detail, events, search, beside=beside, zone=zone, progress=_progress)


@st.cache_resource(max_entries=20, show_spinner=False)
def named_segments(audience: str, stamp: tuple[object, ...]) -> tuple[NamedDefinition, ...]:
    """The saved segments of an audience as others refer to them; `stamp` changes with them."""
    return tuple(map(named, library().find(audience)))


@st.cache_resource(max_entries=200, show_spinner=False)
def city_middle(path: str, city: str, latitude: str, longitude: str, value: str) -> Point | None:
    """The middle of a city as its people's coordinates have it."""
    audience = engine(path).audience
    fields = (audience.catalogue.field(name) for name in (city, latitude, longitude))
    return middle_of(audience, *fields, value)


@st.cache_data(max_entries=50, show_spinner=False)
def sample_rows(path: str) -> pa.Table:
    """The first rows of a staged table, as they were delivered but for passwords."""
    batch = next(parquet.ParquetFile(path).iter_batches(batch_size=5), None)
    return pa.table({}) if batch is None else without_secrets(pa.Table.from_batches([batch]))
