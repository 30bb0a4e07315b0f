"""Everything that a definition can say is shown by an editor, unchanged, and every input changes its own attribute and no other."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import date, time, timedelta
from html import unescape
from pathlib import Path
from typing import Any, get_args

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.parts.commands import starting_value
from pages.parts.compared import MORE
from pages.parts.editors import EDITORS, STARTS
from pages.parts.events import MEASURES
from pages.parts.habits import HABITS
from pages.parts.operand import _INPUTS
from pages.parts.session import Session
from pages.parts.when import WINDOWS
from segmentation.catalogue import Catalogue, FieldEdit, Kind
from segmentation.definition import (
    Before,
    BetweenAgo,
    BetweenDays,
    BetweenTimes,
    Condition,
    Definition,
    During,
    EventCondition,
    Ever,
    FieldCondition,
    Group,
    HabitCondition,
    Last,
    ListCondition,
    Match,
    MeasureFunction,
    Near,
    Node,
    Operand,
    OtherField,
    Period,
    PlaceCondition,
    RankCondition,
    RfmCondition,
    SampleCondition,
    SegmentCondition,
    SequenceCondition,
    Span,
    Step,
    Unit,
    Which,
    Window,
    walk,
)
from segmentation.editing import with_ids
from segmentation.habits import Changed, Habit, Regularly, Resumed, Stopped
from segmentation.library import Library
from segmentation.lists import Lists
from segmentation.measures import Measure, RfmGroup
from segmentation.menus import menu
from segmentation.operators import COMPARISONS, OPERATORS, Shape
from segmentation.places import Climate, Point
from segmentation.references import ListedBy
from segmentation.windows import CalendarPeriod, Side
from segmentation.workspace import Workspace
from tests.pages.driver import Open, button, go, words

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def page(loaded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppTest]:
    """The Build page of one app for all tests of this file."""
    home = tmp_path_factory.mktemp("editors") / "home"
    shutil.copytree(loaded, home)
    space = Workspace(home)
    (entry,) = space.audiences()
    Library(space).save_new(entry.id, "Other", Definition(root=Group(children=(FieldCondition(field="age"),))))
    Library(space).save_new(entry.id, "Same name", Definition())
    Lists(space).save(entry.id, "Staff", ListedBy.ID, ("C000001",))
    Lists(space).save(entry.id, "Fair", ListedBy.EMAIL, ("a@example.com",))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HANDPICK_HOME", str(home))
        patch.chdir(ROOT)
        st.cache_resource.clear()
        at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
        yield go(at, "build")
        assert os.environ["HANDPICK_HOME"] == str(home)
    st.cache_resource.clear()


def session_of(at: AppTest) -> Session:
    found: Session = at.session_state["handpick"]
    return found


def show(at: AppTest, node: Node, runs: int = 2) -> Definition:
    """The page with this one filter, open; what is shown has the same definition as before, also in a second run."""
    state = session_of(at)
    state.show(Definition(root=Group(children=(node,))), None)
    state.asides = ()
    state.opened = state.definition.root.children[0].id
    shown = state.definition
    for _ in range(runs):
        at.run()
        assert not at.exception, at.exception
        assert state.definition == shown
    assert state.opened is not None
    assert Definition.model_validate_json(shown.model_dump_json()) == shown, "as it is saved and read"
    return shown


INPUTS = ("selectbox", "multiselect", "number_input", "text_input", "date_input", "time_input", "slider", "toggle")


def inputs(at: AppTest, node: Any, part: str = "") -> list[Any]:
    """The inputs of a filter, those that only add something left out."""
    ids = tuple(f"{below.id}/" for below in walk(node))
    found = [w for kind in INPUTS for w in at.get(kind) if w.key and w.key.startswith(ids)]
    return [w for w in found if "/add" not in w.key and "/search" not in w.key and part in w.key]


def another(widget: Any) -> Any:
    """Something else than what an input holds."""
    value = widget.value
    if widget.type == "selectbox":
        options = widget.options
        at = widget.index
        return options[0 if at is None else (at + 1) % len(options)]
    if widget.type == "multiselect":
        free = [option for option in widget.options if option not in widget.values]
        return [*widget.values, free[0]] if free else list(widget.values)[:-1]
    if widget.type == "number_input":
        if value is None:
            return type(widget.step)(7)
        return value + widget.step if widget.max is None or value + widget.step <= widget.max else value - widget.step
    if widget.type == "text_input":
        return f"{value}x"
    if widget.type == "date_input":
        return date(2024, 5, 6) if value is None else value + timedelta(days=1)
    if widget.type == "time_input":
        return time(9, 30) if value != time(9, 30) else time(10, 45)
    if widget.type == "slider":
        low, high = value
        return (low + 1, high) if low < high else (max(low - 1, 1), high)
    return not value


def leaves(node: Any) -> dict[tuple[str, ...], Any]:
    """All attributes of all nodes by node id and name."""
    found = {}
    for below in walk(node):
        for name in type(below).model_fields:
            if name not in ("where", "children", "steps"):
                found[below.id, name] = getattr(below, name)
        found[below.id, "where"] = getattr(getattr(below, "where", None), "id", None)
    return found


ALONG = (
    {"field", "operator", "value"},
    {"field", "value"},
    {"operator", "value"},
    {"comparison", "value"},
    {"measure", "comparison", "value"},
    {"measure", "value"},
    {"amount", "monetary"},
    {"field", "events", "where"},
    {"field", "events"},
)
"""Attributes that change together: another field has other comparisons, another measure other numbers."""


def every_input_changes_its_own(at: AppTest, node: Node, part: str = "") -> set[str]:
    """Try each input of a filter, or those of a part of it; returns the attributes that were changed.

    Each goes on from what the one before has left, and so shows too that it stays; where it has brought other inputs, it is undone.
    """
    shown = show(at, node, runs=1)
    opened = shown.root.children[0].id
    keys, touched = [w.key for w in inputs(at, shown.root.children[0], part)], set()
    assert keys
    for left in reversed(range(len(keys))):
        state = session_of(at)
        held, steps = state.definition, len(state.history.past)
        widget = inputs(at, held.root.children[0], part)[-1 - left]
        widget.set_value(another(widget)).run()
        assert not at.exception, (widget.key, at.exception)
        changed = state.definition
        before, after = leaves(held.root), leaves(changed.root)
        places = {key for key in before.keys() & after.keys() if before[key] != after[key]}
        names = {name for _, name in places}
        assert len({node_id for node_id, _ in places}) == 1, (widget.key, widget.value, places)
        assert len(names) == 1 or names in ALONG, (widget.key, names)
        assert len(state.history.past) == steps + 1, "one input, one step of undo"
        touched |= names
        others = [w.key for w in inputs(at, changed.root.children[0], part)] != keys
        if not part and (others or not left):
            at.run()
            assert not at.exception, widget.key
            assert state.definition == changed, widget.key
        if left and others:
            state.undo()
            state.opened = opened
            assert state.definition == held
            at.run()
            assert not at.exception, widget.key
            keys = [w.key for w in inputs(at, held.root.children[0], part)]
    while state.history.past:
        state.undo()
    assert state.definition == shown
    return touched


BOUGHT = ("purchase",)
AMOUNT = Measure(function=MeasureFunction.SUM, property="amount")
WHERE = Group(
    children=(
        FieldCondition(field="category", operator="is_any_of", value=("Shoes",)),
        FieldCondition(field="amount", operator="more_than", value=12.5),
    )
)
DEAR = Group(children=(FieldCondition(field="amount", operator="more_than", value=12.5),))
NODES: dict[str, Condition] = {
    "field": FieldCondition(field="country", operator="is_none_of", value=("France",)),
    "event": EventCondition(events=BOUGHT, measure=AMOUNT, value=99.5, window=Last(), where=WHERE),
    "sequence": SequenceCondition(
        steps=(
            Step(events=("page_view",), where=WHERE),
            Step(events=("add_to_cart",), within=Period(amount=48, unit=Unit.HOURS), same=("product",), where=DEAR),
            Step(events=BOUGHT, absent=True),
        ),
        window=Last(),
    ),
    "habit": HabitCondition(events=BOUGHT, where=DEAR),
    "rank": RankCondition(
        events=BOUGHT, where=DEAR, measure=AMOUNT, direction="bottom", amount=12.5, after=2, within="country"
    ),
    "rfm": RfmCondition(
        events=BOUGHT, where=DEAR, amount="amount", groups=(RfmGroup.AT_RISK,), recency=(1, 2), monetary=(4, 5)
    ),
    "place": PlaceCondition(
        latitude="latitude",
        longitude="longitude",
        near=Point(latitude=48.2, longitude=16.37),
        beyond=True,
        climates=(Climate.POLAR,),
    ),
    "sample": SampleCondition(field="email", percent=12.5, start=50, seed="spring"),
    "segment": SegmentCondition(segment="Other", outside=True),
    "list": ListCondition(list="Staff"),
}


@pytest.mark.parametrize("node", NODES.values(), ids=NODES)
def test_each_input_of_a_filter_changes_its_own_attribute(page: AppTest, node: Condition) -> None:
    touched = every_input_changes_its_own(page, node)
    expected = {name for below in walk(node) for name in type(below).model_fields}
    left = expected - touched - {"type", "id", "enabled", "where", "children", "steps", "match", "least"}
    assert left <= {"exact_case", "leave_out_missing", "comparison"}, "in the menus, or drawn where it fits"


def test_every_type_of_filter_has_an_editor_and_a_test() -> None:
    kinds = {kind.model_fields["type"].default for kind in get_args(Condition)}
    assert set(NODES) == kinds == set(EDITORS) | {"field"}
    assert {node.type for _, node in STARTS.values()} == kinds - {"field", "event"}, "all can be begun by a click"


WINDOWS_TRIED: tuple[Window, ...] = (
    Ever(),
    Last(period=Period(amount=3, unit=Unit.YEARS)),
    Before(period=Period(amount=90, unit=Unit.MINUTES)),
    BetweenAgo(span=Span(nearest=1, farthest=2, unit=Unit.MONTHS)),
    During(calendar=CalendarPeriod.THIS_QUARTER),
    BetweenDays(first=date(2026, 1, 31)),
    BetweenTimes(start="2026-01-31T22:15:30+02:00", end="2026-03-01"),
    Near(field="signup_date", side=Side.AROUND, period=Period(amount=2, unit=Unit.WEEKS)),
    Near(field="signup_date", period=None),
)


@pytest.mark.parametrize("window", WINDOWS_TRIED, ids=lambda window: window.type)
def test_each_input_of_a_window_changes_the_window_alone(page: AppTest, window: Window) -> None:
    node = EventCondition(events=BOUGHT, window=window)
    assert every_input_changes_its_own(page, node, "/window") == {"window"}


def test_every_window_has_inputs_and_a_test() -> None:
    kinds = {kind.model_fields["type"].default for kind in get_args(get_args(Window)[0])}
    assert {window.type for window in WINDOWS_TRIED} == kinds == set(WINDOWS)


HABITS_TRIED: tuple[Habit, ...] = (
    Stopped(),
    Resumed(),
    Regularly(least=2, periods=3, each=Period(amount=2, unit=Unit.WEEKS)),
    Changed(percent=12.5),
    Changed(direction="more", percent=250),
)


@pytest.mark.parametrize("habit", HABITS_TRIED, ids=lambda habit: getattr(habit, "direction", habit.type))
def test_each_input_of_a_habit_changes_the_habit_alone(page: AppTest, habit: Habit) -> None:
    assert every_input_changes_its_own(page, HabitCondition(events=BOUGHT, habit=habit), "/habit") == {"habit"}


def test_every_habit_has_inputs_and_a_test() -> None:
    kinds = {kind.model_fields["type"].default for kind in get_args(get_args(Habit)[0])}
    assert {habit.type for habit in HABITS_TRIED} == kinds == {habit.type for _, habit in HABITS.values()}


@pytest.mark.parametrize("function", MeasureFunction)
def test_each_input_of_a_measure_changes_its_own(page: AppTest, function: MeasureFunction) -> None:
    named = function in (
        MeasureFunction.SUM,
        MeasureFunction.AVERAGE,
        MeasureFunction.MINIMUM,
        MeasureFunction.MAXIMUM,
        MeasureFunction.DISTINCT,
    )
    measure = Measure(function=function, property="amount" if named else None)
    every_input_changes_its_own(page, EventCondition(events=BOUGHT, measure=measure, value=7.125), "/value/")
    touched = every_input_changes_its_own(page, EventCondition(events=BOUGHT, measure=measure, value=3), "/function")
    assert "measure" in touched
    if named:
        node = EventCondition(events=BOUGHT, measure=measure, value=3)
        assert every_input_changes_its_own(page, node, "/property") == {"measure"}


def test_every_measure_and_comparison_can_be_chosen(page: AppTest) -> None:
    assert set(MEASURES) == set(MeasureFunction)
    for name, comparison in COMPARISONS.items():
        value = None if comparison.shape == Shape.NOTHING else 2 if comparison.shape == Shape.NUMBER else (1, 2)
        touched = every_input_changes_its_own(
            page, EventCondition(events=BOUGHT, comparison=name, value=value), "/comparison"
        )
        assert "comparison" in touched


@pytest.mark.parametrize("which", Which)
def test_which_of_them_changes_alone(page: AppTest, which: Which) -> None:
    assert every_input_changes_its_own(page, EventCondition(events=BOUGHT, which=which), "/which") == {"which"}


OPERANDS: dict[Shape, Operand] = {
    Shape.NOTHING: None,
    Shape.TEXT: "x",
    Shape.TEXTS: ("France", "Atlantis"),
    Shape.PATTERN: "^x",
    Shape.NUMBER: 12.5,
    Shape.NUMBERS: (1, 2.5),
    Shape.WHOLE: 3,
    Shape.DAY: "2026-01-31",
    Shape.DAYS: ("2026-01-31", None),
    Shape.PERIOD: Period(amount=2, unit=Unit.MONTHS),
    Shape.SPAN: Span(nearest=1, farthest=2, unit=Unit.WEEKS),
    Shape.CALENDAR: "last_week",
    Shape.TIMES: ("2026-01-31T10:00:30+05:00", "2026-03-01"),
    Shape.WEEKDAYS: ("monday", "Friday"),
    Shape.MONTHS: ("march",),
    Shape.HOURS: (22, 5),
    Shape.YEARS: (18, 25),
    Shape.LANGUAGES: ("de", "xx"),
    Shape.FIELD: OtherField(field="last_login"),
}
FIELDS = {
    Kind.TEXT: "country",
    Kind.NUMBER: "income",
    Kind.YES_NO: "email_consent",
    Kind.DATE: "signup_date",
    Kind.MOMENT: "last_login",
    Kind.LIST: "interests",
}


@pytest.mark.parametrize("shape", Shape)
def test_each_input_of_an_operand_changes_the_value_alone(page: AppTest, shape: Shape) -> None:
    row = next(row for row in OPERATORS.values() if row.shape == shape)
    kind = (
        Kind.MOMENT
        if Kind.MOMENT in row.kinds and shape is not Shape.FIELD
        else next(k for k in FIELDS if k in row.kinds)
    )
    value = OtherField(field="city") if shape is Shape.FIELD else OPERANDS[shape]
    node = FieldCondition(field=FIELDS[kind], operator=row.name, value=value)
    if shape is Shape.NOTHING:
        shown = show(page, node)
        assert not inputs(page, shown.root.children[0], f"/{shape}")
        return
    assert every_input_changes_its_own(page, node, f"/{FIELDS[kind]}/{shape}") == {"value"}


def test_every_operand_has_an_input_and_a_test() -> None:
    assert set(_INPUTS) | set(MORE) | {Shape.NOTHING} == set(Shape) == set(OPERANDS)
    assert not set(_INPUTS) & set(MORE)


@pytest.mark.parametrize("kind", Kind)
def test_every_comparison_of_a_field_can_be_chosen(page: AppTest, kind: Kind) -> None:
    rows = menu(kind)
    show(page, FieldCondition(field=FIELDS[kind], operator=rows[-1].name))
    for row in rows:
        box = next(s for s in page.selectbox if s.label == "Comparison")
        box.set_value(row.label).run()
        assert not page.exception, row.name
        (node,) = session_of(page).definition.root.children
        assert isinstance(node, FieldCondition)
        assert node.operator == row.name
        assert node.value is None or node.value == starting_value(row) or OPERATORS[row.name].shape == Shape.NOTHING


def test_a_field_compared_with_a_date_before_is_kept_by_like_comparisons(page: AppTest) -> None:
    show(page, FieldCondition(field="signup_date", operator="before", value="2026-01-31"))
    next(s for s in page.selectbox if s.label == "Comparison").set_value("is after").run()
    (node,) = session_of(page).definition.root.children
    assert isinstance(node, FieldCondition)
    assert (node.operator, node.value) == ("after", "2026-01-31")


@pytest.mark.parametrize("match", Match)
def test_how_a_group_matches_is_shown_and_changed(page: AppTest, match: Match) -> None:
    inner = (FieldCondition(field="age", operator="at_least", value=1), FieldCondition(field="country"))
    show(page, Group(match=match, least=2, children=inner))
    state = session_of(page)
    (group,) = state.definition.root.children
    control = next(c for c in page.get("button_group") if c.key and c.key.startswith(f"{group.id}/match"))
    assert control.value == match
    least = [n for n in page.number_input if n.key and n.key.startswith(f"{group.id}/least")]
    assert bool(least) == (match == Match.AT_LEAST)
    if least:
        least[0].set_value(1).run()
        (group,) = state.definition.root.children
        assert isinstance(group, Group)
        assert group.least == 1


AWKWARD: dict[str, Node] = {
    "nothing chosen": EventCondition(),
    "no step": SequenceCondition(),
    "one step": SequenceCondition(steps=(Step(),)),
    "a first step with what only later ones have": SequenceCondition(
        steps=(Step(absent=True, within=Period(amount=1), same=("product",)), Step())
    ),
    "an unknown field": FieldCondition(field="gone", operator="is", value="x"),
    "an unknown comparison": FieldCondition(field="age", operator="gone", value=3),
    "an unknown event": EventCondition(events=("gone", "purchase", "purchase")),
    "an unknown measure of events": EventCondition(events=BOUGHT, comparison="gone"),
    "an unknown detail": EventCondition(
        events=BOUGHT,
        measure=Measure(function=MeasureFunction.SUM, property="gone"),
        where=Group(children=(FieldCondition(field="gone"),)),
    ),
    "a detail of another event": EventCondition(
        events=BOUGHT,
        measure=Measure(function=MeasureFunction.DISTINCT, property="page"),
        where=Group(children=(FieldCondition(field="page", operator="is_any_of", value=("/", "/")),)),
    ),
    "a text for a number": FieldCondition(field="age", operator="at_least", value="x"),
    "a number too large": FieldCondition(field="age", operator="between", value=(1, 10**20)),
    "a measure too large": EventCondition(events=BOUGHT, comparison="between", value=(1, 10**20)),
    "days far off": EventCondition(events=BOUGHT, window=BetweenDays(first=date(1, 1, 1), last=date(2026, 1, 1))),
    "times far off": EventCondition(events=BOUGHT, window=BetweenTimes(start="0001-01-02", end="nonsense")),
    "a day that is none": FieldCondition(field="signup_date", operator="on", value="nonsense"),
    "a unit that does not fit": FieldCondition(
        field="signup_date", operator="in_last", value=Period(amount=3, unit=Unit.HOURS)
    ),
    "hours that are none": FieldCondition(field="last_login", operator="hour_between", value=(22, 99)),
    "weekdays that are none": FieldCondition(field="last_login", operator="weekday_is", value=("someday", "Monday")),
    "a window around an unknown date": EventCondition(events=BOUGHT, window=Near(field="gone")),
    "a rank by an unknown field": RankCondition(field="gone", within="gone", amount=0.5),
    "a rank with nothing": RankCondition(events=BOUGHT, amount=None),
    "a rank of very many": RankCondition(events=BOUGHT, unit="people", amount=10**20, after=2.5),
    "a rank by a field and by events": RankCondition(field="age", events=BOUGHT),
    "scores without an amount": RfmCondition(events=BOUGHT, monetary=(2, 3)),
    "scores by an unknown amount": RfmCondition(events=BOUGHT, amount="gone", groups=(RfmGroup.NEW, RfmGroup.NEW)),
    "a place by unknown fields": PlaceCondition(latitude="gone", longitude="gone"),
    "a place with nothing": PlaceCondition(kilometres=None),
    "a place of a name that is no city": PlaceCondition(near=Point(latitude=1, longitude=2, name="Atlantis / Sea")),
    "a climate alone": PlaceCondition(climates=(Climate.POLAR, Climate.POLAR)),
    "a sample of nothing": SampleCondition(percent=None, field="gone"),
    "a segment that is gone": SegmentCondition(segment="gone"),
    "a list that is gone": ListCondition(list="gone"),
    "less often by more than everything": HabitCondition(events=BOUGHT, habit=Changed(percent=250.5)),
    "an id with slashes": FieldCondition(id="a/b", field="age", operator="at_least", value=1),
    "at least more than there are": Group(match=Match.AT_LEAST, least=99),
    "a field that is turned off": FieldCondition(field="age", operator="at_least", value=1, enabled=False),
}


@pytest.mark.parametrize("node", AWKWARD.values(), ids=AWKWARD)
def test_what_no_click_would_say_is_shown_unchanged(page: AppTest, node: Node) -> None:
    held = show(page, node).root.children[0]
    keys = [w.key for w in inputs(page, held)]
    for left in reversed(range(len(keys))):
        widget = inputs(page, held)[-1 - left]
        widget.set_value(another(widget)).run()
        assert not page.exception, widget.key
        if left and [w.key for w in inputs(page, session_of(page).definition.root.children[0])] != keys:
            held = show(page, node, runs=1).root.children[0]
            keys = [w.key for w in inputs(page, held)]


def test_the_other_end_is_kept_where_it_is_too_large_or_far_off_to_be_shown(page: AppTest) -> None:
    show(page, AWKWARD["a number too large"])
    next(n for n in page.number_input if n.label == "Lowest Age").set_value(5).run()
    assert session_of(page).definition.root.children[0].value == (5, 10**20)  # type: ignore[union-attr]
    show(page, AWKWARD["days far off"])
    page.date_input[0].set_value(date(2026, 2, 2)).run()
    window = session_of(page).definition.root.children[0].window  # type: ignore[union-attr]
    assert window == BetweenDays(first=date(1, 1, 1), last=date(2026, 2, 2))


def test_an_absent_step_keeps_its_freedom_in_time(page: AppTest) -> None:
    """The words of one box depend on another: what the browser still holds must not be taken for a choice."""
    show(page, SequenceCondition(steps=(Step(events=("page_view",)), Step(events=BOUGHT))))
    next(s for s in page.selectbox if s.label == "Step 2: did or did not").set_value("they did not").run()
    page.run()
    sequence = session_of(page).definition.root.children[0]
    assert isinstance(sequence, SequenceCondition)
    assert (sequence.steps[1].absent, sequence.steps[1].within) == (True, None)


def test_two_filters_of_every_type_stand_side_by_side(page: AppTest) -> None:
    state = session_of(page)
    twice = tuple(node for node in NODES.values() for _ in range(2))
    state.show(Definition(root=Group(children=twice)), None)
    state.asides = ()
    for child in state.definition.root.children:
        state.opened = child.id
        page.run()
        assert not page.exception, child.type


def test_undo_and_redo_bring_the_inputs_along(page: AppTest) -> None:
    shown = show(page, NODES["rank"])

    def amount() -> float:
        session_of(page).opened = shown.root.children[0].id
        page.run()
        found: float = next(n for n in page.number_input if n.label == "How many").value
        return found

    next(n for n in page.number_input if n.label == "How many").set_value(20.0).run()
    assert amount() == 20
    button(page, "Undo")
    assert session_of(page).definition == shown
    assert amount() == 12.5
    button(page, "Redo")
    assert amount() == 20


def test_fields_of_one_label_are_told_apart(page: AppTest) -> None:
    space = Workspace.default()
    (entry,) = space.audiences()
    space.set_field_edits(entry.id, {name: FieldEdit(label="Place") for name in ("city", "country")})
    try:
        show(page, FieldCondition(field="city", operator="is_any_of", value=("Berlin",)))
        box = next(s for s in page.selectbox if s.label == "Field")
        assert {"Place (city)", "Place (country)"} <= set(box.options)
        box.set_value("Place (country)").run()
        assert session_of(page).definition.root.children[0].field == "country"  # type: ignore[union-attr]
    finally:
        space.forget_field_edits(entry.id)


def test_hidden_fields_are_not_offered_but_shown_where_they_are_chosen(page: AppTest) -> None:
    space = Workspace.default()
    (entry,) = space.audiences()
    space.set_field_edits(entry.id, {"income": FieldEdit(hidden=True)})
    try:
        for node, label, offered in (
            (FieldCondition(field="age", operator="more_than_field", value=None), "Field to compare Age with", False),
            (
                FieldCondition(field="age", operator="more_than_field", value=OtherField(field="income")),
                "Field to compare Age with",
                True,
            ),
            (RankCondition(), "Ranked by", False),
            (RankCondition(field="income"), "Ranked by", True),
            (FieldCondition(field="income", operator="at_least", value=1), "Field", True),
        ):
            show(page, node)
            assert ("Income" in next(s for s in page.selectbox if s.label == label).options) == offered
        add = next(s for s in page.selectbox if s.label.startswith("Add a filter"))
        assert not any(option.startswith("Income") for option in add.options)
    finally:
        space.forget_field_edits(entry.id)


def test_a_detail_is_turned_off_and_matched_by_exact_case_in_its_menu(page: AppTest) -> None:
    show(page, EventCondition(events=BOUGHT, where=WHERE))
    menu_of = lambda: next(m for m in page.menu_button if m.label == "More about detail 1")  # noqa: E731
    menu_of().click("Exact case").run()
    assert "exact case" in words(page)
    menu_of().click("Turn off").run()
    assert "turned off" in words(page)
    (event,) = session_of(page).definition.root.children
    assert isinstance(event, EventCondition)
    assert event.where is not None
    (first, _) = event.where.children
    assert isinstance(first, FieldCondition)
    assert (first.exact_case, first.enabled) == (True, False)


def test_the_first_of_a_rank_are_left_out_on_demand(page: AppTest) -> None:
    show(page, RankCondition(events=BOUGHT))
    assert not [n for n in page.number_input if n.label == "Without the first"]
    button(page, "but not the first")
    next(n for n in page.number_input if n.label == "Without the first").set_value(2.0).run()
    (rank,) = session_of(page).definition.root.children
    assert isinstance(rank, RankCondition)
    assert rank.after == 2
    next(n for n in page.number_input if n.label == "Without the first").set_value(0.0).run()
    assert not [n for n in page.number_input if n.label == "Without the first"]


def test_every_kind_of_filter_is_begun_with_the_add_box(page: AppTest) -> None:
    for name, (label, _) in STARTS.items():
        state = session_of(page)
        state.show(Definition(), None)
        state.asides = ()
        page.run()
        next(s for s in page.selectbox if s.label.startswith("Add a filter")).set_value(label).run()
        assert not page.exception, name
        assert [child.type for child in state.definition.root.children] == [name]
        assert state.opened is not None


def test_without_events_and_places_only_what_can_be_asked_is_offered(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = session_of(page)
    bare(page, monkeypatch)
    state.show(Definition(), None)
    page.run()
    options = next(s for s in page.selectbox if s.label.startswith("Add a filter")).options
    offered = [name for name, (label, _) in STARTS.items() if label in options]
    assert offered == ["rank", "segment", "list", "sample"]
    for name, node in NODES.items():
        show(page, node)
        assert not page.exception, name


def bare(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same audience as if it had no events and no coordinates."""
    edited: Callable[..., Catalogue] = Catalogue.edited

    def without(self: Catalogue, edits: Any) -> Catalogue:
        found = edited(self, edits)
        fields = tuple(f for f in found.fields if f.name not in ("latitude", "longitude"))
        return found.model_copy(update={"events": (), "properties": (), "fields": fields})

    monkeypatch.setattr(Catalogue, "edited", without)


def test_a_saved_segment_of_all_filters_opens_and_stays_as_it_was(app: Open) -> None:
    at = app()
    space = Workspace.default()
    (entry,) = space.audiences()
    everything = with_ids(Definition(root=Group(match=Match.AT_LEAST, least=3, children=tuple(NODES.values()))))
    Library(space).save_new(entry.id, "All of it", everything)
    go(button(go(at, "segments"), "Open"), "build")
    state = session_of(at)
    assert state.definition == everything
    for child in everything.root.children:
        sentence = next(b for b in at.button if b.key == f"sentence/{child.id}/{state.revision}")
        assert "…" not in unescape(sentence.label).replace("a, b …", ""), sentence.label
        sentence.click().run()
        assert not at.exception, child.type
        assert state.definition == everything
        button(at, "Done")
    assert not state.unsaved


def test_values_say_how_often_they_occur_among_whom_the_other_filters_leave(page: AppTest) -> None:
    grown_up = FieldCondition(id="a", field="age", operator="at_least", value=40)
    some = FieldCondition(id="c", field="country", operator="is_any_of", value=("France",))
    show(page, some)
    alone = next(widget.options for widget in page.multiselect if widget.label == "Values of Country")
    assert all(re.fullmatch(r".+ · [\d,]+", option) for option in alone), alone
    state = session_of(page)
    state.show(Definition(root=Group(id="n1", children=(some, grown_up))), None)
    state.asides, state.opened = (), "c"
    page.run()
    offered = next(widget.options for widget in page.multiselect if widget.label == "Values of Country")
    said = dict(option.split(" · ") for option in offered)
    assert {f"{value} · {count.split(' of ')[1]}" for value, count in said.items()} == set(alone)
    state.show(Definition(root=Group(children=(some, grown_up))), None)
    state.asides = ()
    page.run()
    assert said["France"].split(" of ")[0] == page.metric[0].value
