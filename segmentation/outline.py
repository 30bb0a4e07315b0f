"""The form of a tree without its values, and the steps for all numbers of a screen of such a tree: written down once a form."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from segmentation.combining import Replace, combined, replacers, running
from segmentation.definition import Match
from segmentation.tally import Program, Tally, Term

FORMS_KEPT = 2048


class Leaf(NamedTuple):
    """A condition: the slot of its set, whether everybody else is meant, and the slots of those who have a value."""

    slot: int
    complement: bool = False
    known: tuple[int, ...] = ()


class Inside(NamedTuple):
    """Another segment, by its place among those of the outline, or everybody outside of it."""

    segment: int
    outside: bool


class Joined(NamedTuple):
    """A group of children that count, at least one."""

    match: Match
    least: int
    children: tuple[Form, ...]


Form = Leaf | Inside | Joined


class Outline(NamedTuple):
    """A tree over so many sets, and the other segments in it, each of which looks only at those before it."""

    slots: int
    root: Form
    segments: tuple[Form, ...]


@dataclass(frozen=True)
class Screen:
    """The steps for a tree's numbers.

    Nodes are places in the order of the walk, children before their group. The program's numbers are those of all nodes, then of
    the tree `without` each of some nodes, then of the `funnel` after each of the root's children.
    """

    program: Program
    nodes: int
    without: tuple[int, ...]
    funnel: tuple[int, ...]
    tally: Tally
    terms: tuple[Term, ...]

    @cached_property
    def every(self) -> Program:
        """The steps for the sets of all nodes."""
        return self.tally.program((), self.terms)


class _Drawing:
    """One outline being worked through."""

    def __init__(self, outline: Outline) -> None:
        self.tally = Tally(outline.slots)
        self.terms: list[Term] = []
        self.places: dict[int, list[int]] = {}  # a group's place: its children's
        self.segments: list[Term] = []
        for segment in outline.segments:
            self.segments.append(self.term_of(segment))
        self.terms.clear()
        self.places.clear()

    def term_of(self, form: Form) -> Term:
        """A node's set, noted with those below it."""
        if isinstance(form, Joined):
            places = []
            for child in form.children:
                self.term_of(child)
                places.append(len(self.terms) - 1)
            found = combined(form, [self.terms[place] for place in places])
            self.places[len(self.terms)] = places
        elif isinstance(form, Inside):
            found = self.segments[form.segment]
            found = ~found if form.outside else found
        else:
            found = self.tally.of(form.slot)
            found = ~found if form.complement else found
            for slot in form.known:
                found = found & self.tally.of(slot)
        self.terms.append(found)
        return found

    def without(self, form: Form) -> dict[int, Term]:
        """For each node below the root the total if it were not there; nodes whose absence empties the root are left out."""
        found: dict[int, Term] = {}

        def look(group: Joined, place: int, up: Replace) -> None:
            """`up` gives the root's set from what this group's set becomes (None: the group falls away)."""
            places = self.places[place]
            sets = [self.terms[child] for child in places]
            for child, below, replaced in zip(group.children, places, replacers(group, sets), strict=True):

                def upward(term: Term | None, replaced: Replace = replaced) -> Term | None:
                    return up(replaced(term))

                rest = upward(None)
                if rest is not None:
                    found[below] = rest
                if isinstance(child, Joined):
                    look(child, below, upward)

        if isinstance(form, Joined):
            look(form, len(self.terms) - 1, lambda term: term)
        return found


@lru_cache(maxsize=FORMS_KEPT)
def screen_of(outline: Outline) -> Screen:
    """The steps for all numbers of trees of this form."""
    drawing = _Drawing(outline)
    root = drawing.term_of(outline.root)
    without = drawing.without(outline.root)
    children = drawing.places.get(len(drawing.terms) - 1, [])
    funnel = running(outline.root, [drawing.terms[c] for c in children]) if isinstance(outline.root, Joined) else []
    program = drawing.tally.program([*drawing.terms, *without.values(), *funnel], [root])
    return Screen(program, len(drawing.terms), tuple(without), tuple(children), drawing.tally, tuple(drawing.terms))
