"""Saving, opening and bringing in segments: nothing that was typed or built is lost on the way."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from connectors.importing import load, plan_files
from connectors.sources.sample import write_sample
from pages.parts import queries
from pages.parts.session import Session
from segmentation import set_files
from segmentation.definition import Definition, FieldCondition, Group, RankCondition
from segmentation.jobs import Quiet
from segmentation.library import Library, SavedSegment, export_json
from segmentation.saved import saved_folder
from segmentation.workspace import Workspace
from tests.pages.driver import Open, button, go, opened, total, words

TEENS = Definition(
    root=Group(id="n1", children=(FieldCondition(id="n2", field="age", operator="less_than", value=20),))
)


def library() -> Library:
    return Library(Workspace.default())


def saved() -> SavedSegment:
    """The one segment of the workspace, as the library has it."""
    space = Workspace.default()
    return next(segment for entry in space.audiences() for segment in Library(space).find(entry.id))


def session_of(at: AppTest) -> Session:
    found: Session = at.session_state["handpick"]
    return found


def older(at: AppTest, age: int = 50) -> AppTest:
    """Change the open segment's first filter."""
    button(at, "Age is at least")
    next(n for n in at.number_input if n.label.startswith("Number to compare")).set_value(age).run()
    return at


def choose(at: AppTest, choice: str) -> AppTest:
    next(m for m in at.menu_button if m.label == "More").click(choice).run()
    assert not at.exception
    return at


def type_caption(at: AppTest, name: str, description: str, *tags: str) -> None:
    at.text_input(key="save-name").set_value(name)
    at.text_area(key="save-description").set_value(description)
    at.multiselect(key="save-tags").set_value(list(tags))


def in_conflict(app: Open) -> AppTest:
    """She renames and describes what somebody else saved in the meantime."""
    at = older(opened(app))
    mine = saved()
    library().save(
        mine.id, based_on_revision=1, name=mine.name, description="Theirs", tags=("theirs",), definition=TEENS
    )
    choose(at, "details")
    type_caption(at, "Over fifty", "For the spring letter", "letter", "spring")
    at.button(key="save-now").click().run()
    assert "was saved elsewhere" in words(at)
    return at


def test_a_conflict_keeps_name_description_and_tags_for_a_copy(app: Open) -> None:
    at = button(in_conflict(app), "Keep mine as a copy")
    assert at.text_input(key="save-name").value == "Over fifty (my version)"
    assert at.text_area(key="save-description").value == "For the spring letter"
    assert at.multiselect(key="save-tags").value == ["letter", "spring"]
    at.button(key="save-now").click().run()
    copy = session_of(at).saved
    assert copy is not None
    assert (copy.name, copy.description, copy.tags) == (
        "Over fifty (my version)",
        "For the spring letter",
        ("letter", "spring"),
    )
    theirs = next(s for s in library().find(copy.audience) if s.id != copy.id)
    assert (theirs.name, theirs.description) == ("Grown-ups who bought", "Theirs")


def test_replacing_theirs_knowingly_saves_all_that_was_typed(app: Open) -> None:
    at = in_conflict(app)
    theirs = saved()
    button(at, "Replace theirs by mine")
    found = library().get(theirs.id)
    assert (found.name, found.description, found.tags) == ("Over fifty", "For the spring letter", ("letter", "spring"))
    assert found.definition.root.children[0].value == 50  # type: ignore[union-attr]


def test_taking_theirs_sets_mine_aside(app: Open) -> None:
    at = button(in_conflict(app), "Take theirs")
    assert not session_of(at).unsaved
    assert "was not saved and is set aside (3 filters)" in words(at)
    button(at, "Bring it back")
    assert session_of(at).definition.root.children[0].value == 50  # type: ignore[union-attr]


def brought_in(at: AppTest, content: bytes) -> AppTest:
    go(at, "segments")
    at.file_uploader[0].set_value(("segment.json", content, "application/json")).run()
    assert not at.exception
    return at


def file() -> bytes:
    """A segment file as somebody else handed it on."""
    return export_json(saved().model_copy(update={"name": "From Ann", "description": "*Hers*", "tags": ("ann", "vip")}))


def test_a_definition_file_keeps_its_name_description_and_tags(app: Open) -> None:
    at = brought_in(app(), file())
    assert {"**From Ann**", ":gray-badge[ann]", ":gray-badge[vip]"} <= {m.value for m in at.markdown}
    assert "*Hers*" in words(at)
    button(at, "Open it")
    go(at, "build")
    button(at, "Save")
    assert at.text_input(key="save-name").value == "From Ann"
    assert at.text_area(key="save-description").value == "*Hers*"
    assert at.multiselect(key="save-tags").value == ["ann", "vip"]
    at.button(key="save-now").click().run()
    kept = session_of(at).saved
    assert kept is not None
    assert (kept.name, kept.description, kept.tags) == ("From Ann", "*Hers*", ("ann", "vip"))


def test_a_file_that_names_no_description_begins_with_none(app: Open) -> None:
    at = brought_in(app(), export_json(replace_caption(saved())))
    button(at, "Open it")
    button(go(at, "build"), "Save")
    assert (at.text_area(key="save-description").value, at.multiselect(key="save-tags").value) == ("", [])


def replace_caption(segment: SavedSegment) -> SavedSegment:
    return segment.model_copy(update={"description": "", "tags": ()})


def other_audience() -> str:
    """A second, small audience; its id."""
    space = Workspace.default()
    files = write_sample(space.staging_folder(), anchor=date(2026, 6, 30), people=100, events=1000)
    plan, _ = plan_files([(path.name, path) for path in files], space, Quiet())
    return load(plan, "Other shop", space, Quiet())


def leave(at: AppTest, way: str) -> AppTest:
    """Take something else in hand in one of the ways there are."""
    if way == "new":
        return choose(at, "new")
    if way == "open":
        return go(button(go(at, "segments"), "Open"), "build")
    if way == "shelf":
        return go(button(go(at, "segments"), "New segment"), "build")
    return go(button(brought_in(at, file()), "Open it"), "build")


@pytest.mark.parametrize("way", ["new", "open", "shelf", "file"])
def test_work_that_is_not_saved_is_never_lost(app: Open, way: str) -> None:
    at = older(opened(app))
    count, history = total(at), session_of(at).history
    leave(at, way)
    assert "Grown-ups who bought was not saved and is set aside (3 filters)" in words(at).replace("**", "")
    button(at, "Bring it back")
    assert total(at) == count
    assert session_of(at).history == history
    assert session_of(at).saved == saved()


def test_what_is_brought_back_can_be_saved_and_undone(app: Open) -> None:
    at = leave(older(opened(app)), "new")
    button(at, "Bring it back")
    assert "set aside" not in words(at)
    button(at, "Undo")
    assert not session_of(at).unsaved
    button(at, "Redo")
    button(at, "Save")
    assert saved().definition.root.children[0].value == 50  # type: ignore[union-attr]


def test_bringing_back_sets_aside_what_is_in_hand(app: Open) -> None:
    at = leave(older(opened(app)), "new")
    next(s for s in at.selectbox if s.label == "Add a filter to the segment").set_value(("field", "city")).run()
    button(at, "Bring it back")
    assert "New segment was not saved and is set aside (1 filter)" in words(at).replace("**", "")
    button(at, "Let it go")
    assert session_of(at).asides == ()
    assert "set aside" not in words(at)


def test_saved_work_is_not_set_aside(app: Open) -> None:
    at = leave(opened(app), "new")
    assert session_of(at).asides == ()


def test_another_audience_sets_work_aside_and_bringing_it_back_turns_to_its_own(app: Open) -> None:
    at = older(opened(app))
    first, count = session_of(at).audience, total(at)
    other = other_audience()
    at.switch_page("pages/data.py").run()
    at.button(key=f"use-{other}").click().run()
    assert session_of(at).audience == other
    assert "(3 filters, of Small shop)" in words(at)
    go(button(at, "Bring it back"), "build")
    assert (session_of(at).audience, total(at)) == (first, count)


def test_work_of_a_deleted_audience_comes_back_with_it(app: Open) -> None:
    at = older(opened(app))
    first, count = session_of(at).audience, total(at)
    other = other_audience()
    go(at, "data")
    at.button(key=f"delete-{first}").click().run()
    assert "of an audience that was deleted" in words(at)
    button(at, "Bring it back")
    assert (session_of(at).audience, len(session_of(at).asides)) == (other, 1)
    button(at, "Undo")
    go(button(at, "Bring it back"), "build")
    assert (session_of(at).audience, total(at)) == (first, count)


def ranked(app: Open) -> tuple[AppTest, str, Path]:
    """The saved segment is a rank now; with the audience, and where its sets are kept."""
    at, segment = app(), saved()
    definition = Definition(root=Group(id="n1", children=(RankCondition(id="n2", field="age", amount=20),)))
    library().save(segment.id, based_on_revision=1, name=segment.name, description="", tags=(), definition=definition)
    entry = Workspace.default().audiences()[0]
    assert entry.path is not None
    folder = saved_folder(entry.path) / "sets"
    assert not folder.exists()
    return at, entry.id, folder


def test_what_a_saved_segment_takes_long_to_find_is_kept_in_files(app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(set_files, "SLOW", 0.0)
    at, _, folder = ranked(app)
    choose(go(button(go(at, "segments"), "Open"), "build"), "details")
    at.button(key="save-now").click().run()
    assert queries.SETS.settled().wait(20)
    assert len(list(folder.iterdir())) == 1


def test_what_saved_segments_take_long_to_find_is_kept_anew_with_new_data(
    app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(set_files, "SLOW", 0.0)
    at, audience, folder = ranked(app)
    loading = queries.jobs().start("Loading", lambda _: audience)
    loading.wait()
    session_of(at).audience, session_of(at).job = audience, loading.id
    go(at, "data")
    assert queries.SETS.settled().wait(20)
    assert len(list(folder.iterdir())) == 1
