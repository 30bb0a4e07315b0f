"""What one browser tab has in hand: the one home of `st.session_state`, as one typed object."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import streamlit as st

from segmentation.definition import Definition
from segmentation.editing import History, with_ids
from segmentation.library import SavedSegment
from segmentation.plan import LoadPlan

NOW_LASTS = timedelta(minutes=15)


@dataclass
class Draft:
    """A load that is being prepared: staged tables with their plan."""

    name: str
    plan: LoadPlan
    audience: str | None = None  # the audience that gets a new version; None: a new audience
    problems: tuple[str, ...] = ()  # files that could not be read


@dataclass(frozen=True)
class Saving:
    """The open save dialog."""

    mode: Literal["new", "copy", "details", "conflict"]
    name: str
    error: str = ""  # already escaped
    title: str = ""
    theirs: SavedSegment | None = None

    def with_error(self, error: str, title: str) -> Saving:
        """The same dialog with what is wrong."""
        return replace(self, error=error, title=title)


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
    job: str | None = None
    export: str | None = None  # the job that writes the list
    exported: object = None  # what it was told to write
    searches: dict[str, str] = field(default_factory=dict)
    kept_cells: dict[int, dict[str, Any]] = field(
        default_factory=dict
    )  # of the table of fields: what it holds and is kept
    columns: tuple[str, ...] | None = None  # columns of the people table, None: a fitting choice
    deleted_audience: str | None = None  # can still be brought back
    problem: str = ""  # why the last load did not work
    just_loaded: bool = False
    connecting: str | None = None  # the kind of database whose dialog is open
    offers: tuple[Any, ...] | None = None  # the tables it has
    connection_message: str = ""
    saving: Saving | None = None
    suggested_name: str = ""  # for a segment that came from a file
    deleted: SavedSegment | None = None  # can still be brought back
    go_build: bool = False  # the next run goes to the Build page
    notice: str | None = None  # shown once at the top of the next page

    def keep_time(self) -> None:
        """“Now” stays the same while she works, and moves on when it has grown old."""
        if datetime.now(UTC) - self.now > NOW_LASTS:
            self.now = datetime.now(UTC)

    @property
    def definition(self) -> Definition:
        """The definition on screen."""
        return self.history.present

    def change(self, definition: Definition) -> None:
        """One step on."""
        self.history = self.history.then(definition)

    def show(self, definition: Definition, saved: SavedSegment | None) -> None:
        """Take another segment in hand; the history begins anew."""
        self.history = History(with_ids(definition))
        self.saved = saved
        self.revealed = False
        self.suggested_name = ""
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


def widget(key: str) -> Any:
    """What a widget holds; for callbacks."""
    return st.session_state.get(key)
