"""Segments that a story begins with: saved past the page, as clicking them together costs more than the story."""

from __future__ import annotations

from connectors.importing import SAMPLE_NAME
from segmentation.definition import Definition, FieldCondition, Group
from segmentation.editing import with_ids
from segmentation.library import Library
from segmentation.workspace import Workspace
from tests.e2e.driver import App, Handpick

GERMANS = FieldCondition(field="country", operator="is_any_of", value=("Germany",))


def aged(operator: str, years: int) -> FieldCondition:
    """Customers by their age."""
    return FieldCondition(field="age", operator=operator, value=years)


def keep(app: App, name: str, *filters: FieldCondition) -> None:
    """Save a segment of the sample data, once for all stories of an app."""
    space = Workspace(app.home)
    sample = next(entry.id for entry in space.audiences() if entry.name == SAMPLE_NAME)
    library = Library(space)
    if name not in {segment.name for segment in library.find(sample)}:
        library.save_new(sample, name, with_ids(Definition(root=Group(children=filters))))


def take_up(marketer: Handpick, name: str) -> None:
    """Open a saved segment in a new window."""
    marketer.open("segments")
    marketer.press(marketer.card(name), "Open")
