"""What one browser tab has in hand: the one home of `st.session_state`, as one typed object."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple

import streamlit as st

from segmentation.catalogue import Catalogue
from segmentation.definition import Definition
from segmentation.editing import History, with_ids
from segmentation.engine import Answer
from segmentation.jobs import Job
from segmentation.library import SavedSegment
from segmentation.plan import LoadPlan
from segmentation.references import StaticList
from segmentation.renewal import Given
from segmentation.repairs import Step

NOW_LASTS = timedelta(minutes=15)


@dataclass
class Draft:
    """A load that is being prepared: staged tables with their plan."""

    name: str
    plan: LoadPlan
    audience: str | None = None  # the audience that gets a new version; None: a new audience
    problems: tuple[str, ...] = ()  # files that could not be read
    kept: int = 0  # so many tables, the first, are those that the audience has; 0 where none is being added


@dataclass(frozen=True)
class Further:
    """The audience to which a table is to be added, with its plan."""

    audience: str
    name: str
    plan: LoadPlan


@dataclass(frozen=True)
class Caption:
    """What a segment is called, as typed or as it stands in a file."""

    name: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Saving:
    """The open save dialog; `caption` is what its inputs begin with."""

    mode: Literal["new", "copy", "details", "conflict"]
    caption: Caption
    error: str = ""  # already escaped
    title: str = ""
    theirs: SavedSegment | None = None

    def with_error(self, error: str, title: str) -> Saving:
        """The same dialog with what is wrong."""
        return replace(self, error=error, title=title)


@dataclass(frozen=True)
class Aside:
    """Work that was not saved when something else was taken in hand; it can be brought back."""

    audience: str | None
    history: History
    saved: SavedSegment | None
    suggested: Caption

    @property
    def name(self) -> str:
        """What it was called."""
        return _name(self.saved, self.suggested)


def _name(saved: SavedSegment | None, suggested: Caption) -> str:
    return saved.name if saved is not None else suggested.name or "New segment"


@dataclass(frozen=True)
class Counting:
    """A count beside the page, and what it was asked."""

    asked: tuple[object, ...]
    job: Job[Answer]


class Asked(NamedTuple):
    """What was checked: a version of an audience with its fields, and whether thoroughly."""

    version: str
    catalogue: Catalogue
    thorough: bool


@dataclass
class Session:
    """The state of one tab. `revision` goes into widget keys and is raised whenever widgets must forget what they hold."""

    audience: str | None = None
    history: History = field(default_factory=lambda: History(Definition()))
    opened: str | None = None  # the node that is being edited
    saved: SavedSegment | None = None  # the segment as last saved or opened
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    revision: int = 0
    revealed: bool = False
    draft: Draft | None = None
    further: Further | None = None
    job: str | None = None
    asked: dict[str, tuple[object, str]] = field(default_factory=dict)  # what a place of the page asked, and the job
    export: str | None = None  # the job that writes the list
    exported: object = None  # what it was told to write
    leftovers: str | None = None  # the job that collects rows which are not in the audience, or belong to nothing …
    leftovers_of: str = ""  # … and which ones
    searches: dict[str, str] = field(default_factory=dict)
    kept_cells: dict[int, dict[str, Any]] = field(
        default_factory=dict
    )  # of the table of fields: what it holds and is kept
    columns: tuple[str, ...] | None = None  # columns of the people table, None: a fitting choice
    deleted_audience: str | None = None  # can still be brought back
    problem: str = ""  # why the last load did not work
    just_loaded: bool = False
    checkup: tuple[Asked, str] | None = None  # what was checked on the Health page, and the job that finds it
    repairs: tuple[str, tuple[Step, ...]] | None = None  # of this audience, as they are chosen and not applied yet
    testing: str | None = None  # the job that asks a database for its tables
    connecting: str | None = None  # the kind of database whose dialog is open
    offers: tuple[Any, ...] | None = None  # the tables it has
    connection_message: str = ""
    can_write: bool = False  # the user of that connection could
    renewing: bool = False  # the dialog that asks for files and passwords is open
    given: Given = field(default_factory=Given)  # what was given for the latest renewal, in case it is held
    saving: Saving | None = None
    suggested: Caption = Caption()  # for a segment that came from a file
    asides: tuple[Aside, ...] = ()  # unsaved work that can be brought back, the latest last
    deleted: SavedSegment | None = None  # can still be brought back
    deleted_list: StaticList | None = None  # can still be brought back
    list_revision: int = 0  # the form of a new list begins anew
    ladder: str | None = None  # the ladder in hand, None: a new one
    rungs: tuple[str, ...] = ()  # its segments
    counting: Counting | None = None
    go_build: bool = False  # the next run goes to the Build page
    notice: str | None = None  # shown once at the top of the next page
    used: set[str] = field(
        default_factory=set
    )  # keys of boxes that something was picked from, until they are drawn again

    def keep_time(self) -> None:
        """“Now” stays the same while she works, and moves on when it has grown old."""
        if datetime.now(UTC) - self.now > NOW_LASTS:
            self.move_on()

    def move_on(self) -> None:
        """“Now” is now: something has just happened that counts."""
        self.now = datetime.now(UTC)

    @property
    def definition(self) -> Definition:
        """The definition on screen."""
        return self.history.present

    def change(self, definition: Definition) -> None:
        """One step on."""
        self.history = self.history.then(definition)

    @property
    def name(self) -> str:
        """What the segment in hand is called."""
        return _name(self.saved, self.suggested)

    @property
    def caption(self) -> Caption:
        """Name, description and tags of the segment in hand."""
        saved = self.saved
        return self.suggested if saved is None else Caption(saved.name, saved.description, saved.tags)

    def show(self, definition: Definition, saved: SavedSegment | None, suggested: Caption | None = None) -> None:
        """Take another segment in hand; the history begins anew, and work that is not saved is set aside."""
        if self.unsaved:
            self.asides = (*self.asides, Aside(self.audience, self.history, self.saved, self.suggested))
        self._take(History(with_ids(definition)), saved, suggested or Caption())

    def turn_to(self, audience: str | None) -> None:
        """Work on another audience, with no filter yet."""
        self.show(Definition(), None)
        self.audience, self.columns, self.ladder, self.rungs = audience, None, None, ()

    def refresh(self) -> None:
        """The same segment over new data."""
        self._take(History(self.definition), self.saved, self.suggested)

    def bring_back(self, aside: Aside) -> None:
        """Take work in hand again that was set aside, with its audience; what is in hand and not saved is set aside."""
        self.turn_to(aside.audience)
        self._take(aside.history, aside.saved, aside.suggested)
        self.let_go(aside)

    def let_go(self, aside: Aside) -> None:
        """Forget work that was set aside."""
        self.asides = tuple(other for other in self.asides if other is not aside)

    def _take(self, history: History, saved: SavedSegment | None, suggested: Caption) -> None:
        self.history = history
        self.saved = saved
        self.revealed = False
        self.suggested = suggested
        self.opened = None
        self.revision += 1
        self.now = datetime.now(UTC)

    def undo(self) -> None:
        """One step back."""
        self.history = self.history.undo()
        self.opened = None
        self.revision += 1

    def redo(self) -> None:
        """One step on again."""
        self.history = self.history.redo()
        self.opened = None
        self.revision += 1

    @property
    def unsaved(self) -> bool:
        """Whether there is work that is not in the library."""
        if self.saved is None:
            return bool(self.definition.root.children)
        return self.definition != with_ids(self.saved.definition)

    def key(self, *parts: str) -> str:
        """A widget key that is forgotten on undo, open and restore."""
        return "/".join((*parts, str(self.revision)))


def session() -> Session:
    """This tab's session."""
    found = st.session_state.get("handpick")
    if not isinstance(found, Session):
        found = st.session_state["handpick"] = Session()
    return found


def forget(prefix: str, but: str) -> None:
    """Let widgets whose key begins so start anew with what they are given; the one just used stays."""
    for key in list(st.session_state):
        if isinstance(key, str) and key.startswith(prefix) and key != but:
            del st.session_state[key]


def offered(key: str) -> str:
    """The key of a box that adds something, for drawing it; once it was used it has to have another one."""
    session().used.discard(key)
    return key


def picked(key: str) -> Any:
    """What was picked in a box that adds something, the first time; for callbacks.

    A browser may say it again: its clock asks for a fragment while the page without the box is on its way.
    """
    if key in session().used:
        return None
    session().used.add(key)
    return widget(key)


def unfold(key: str) -> None:
    """Have what is folded away under this key open when it is drawn next."""
    st.session_state[key] = True


def widget(key: str, otherwise: Any = None) -> Any:
    """What a widget holds, `otherwise` where it is not on the page; for callbacks."""
    return st.session_state.get(key, otherwise)
