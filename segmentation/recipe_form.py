"""What a recipe is: a sentence with numbers to change, what it needs of a catalogue, and how it becomes a definition."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from segmentation.catalogue import Catalogue, Theme
from segmentation.definition import Definition, Group, Node
from segmentation.editing import with_ids
from segmentation.errors import HandpickError
from segmentation.ingredients import SOURCES, Ingredient
from segmentation.windows import Last, Period
from segmentation.wording import joined, number_words

Value = int | float | str


@dataclass(frozen=True)
class Parameter:
    """Something to change in a recipe: a number from `minimum` to `maximum`, or a text where there are no such limits."""

    name: str  # stands in the sentence in braces
    label: str
    default: Value
    minimum: int = 0
    maximum: int = 0
    whole: bool = True
    common: Ingredient | None = None  # a text that is at first the most frequent value of this field

    @property
    def is_text(self) -> bool:
        """Whether a text is entered."""
        return isinstance(self.default, str)

    def checked(self, value: object) -> Value:
        """The value as it is used; raises HandpickError with what to enter."""
        if self.is_text:
            if not isinstance(value, str) or not value.strip(" ,"):
                raise HandpickError(f"“{self.label}” is empty: enter a text.")
            return value.strip()
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise HandpickError(f"“{self.label}”: enter a number.")
        if not self.minimum <= value <= self.maximum:
            low, high = number_words(self.minimum), number_words(self.maximum)
            raise HandpickError(f"“{self.label}” has to be from {low} to {high}, not {number_words(value)}.")
        if self.whole and value != int(value):
            raise HandpickError(f"“{self.label}” has to be a whole number, not {number_words(value)}.")
        return int(value) if value == int(value) else value


class Values(dict[str, Value]):
    """Checked values of a recipe's parameters."""

    def number(self, name: str) -> int:
        """A whole number."""
        return int(self[name])

    def days(self, name: str = "days") -> Last:
        """In the last so many days."""
        return Last(period=Period(amount=self.number(name)))

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts between commas."""
        return tuple(text.strip() for text in str(self[name]).split(",") if text.strip())


Names = Mapping[Ingredient, str]


@dataclass(frozen=True)
class Recipe:
    """A segment to start from; `text` is its sentence with the parameters in braces."""

    name: str  # stays the same, for links and tests
    title: str
    theme: Theme
    text: str
    needs: tuple[Ingredient, ...]
    parameters: tuple[Parameter, ...]
    nodes: Callable[[Names, Values], tuple[Node, ...]]

    def obstacle(self, names: Names) -> str:
        """What the catalogue lacks for it in one sentence, "" where nothing is missing."""
        missing = [SOURCES[need].words for need in self.needs if need not in names]
        return f"Needs {joined(missing, 'and')}." if missing else ""

    def defaults(self, catalogue: Catalogue, names: Names) -> dict[str, Value]:
        """The values to begin with; a text that depends on the data is "" where the data has none."""
        found = {parameter.name: parameter.default for parameter in self.parameters}
        for parameter in self.parameters:
            field = names.get(parameter.common) if parameter.common is not None else None
            top = next((f.top for f in catalogue.fields if f.name == field), ())
            if top:
                found[parameter.name] = top[0].value
        return found

    def checked(self, values: Mapping[str, object]) -> Values:
        """All values, the defaults where one is not given; raises HandpickError where one is unknown or out of its limits."""
        known = {parameter.name: parameter for parameter in self.parameters}
        unknown = [name for name in values if name not in known]
        if unknown:
            raise HandpickError(f"“{self.title}” has no “{unknown[0]}”. Possible: {', '.join(known)}.")
        return Values({n: parameter.checked(values.get(n, parameter.default)) for n, parameter in known.items()})

    def sentence(self, values: Mapping[str, object]) -> str:
        """Its sentence with these values; "…" for what is missing."""
        given = {p.name: values.get(p.name, p.default) for p in self.parameters}
        text = self.text
        for name in (name for name, value in given.items() if value == 1):
            text = text.replace(f"{{{name}}} times", "once")
            text = re.sub(rf"\{{{name}\}} ([a-z-]+)s\b", r"1 \1", text)
        text = text.replace("the last 1 ", "the last ").replace("the next 1 ", "the next ")
        return text.format_map({name: number_words(value) or "…" for name, value in given.items()})

    def definition(self, names: Names, values: Mapping[str, object]) -> Definition:
        """The definition, with an id on every node; raises HandpickError where something is missing or out of its limits."""
        if obstacle := self.obstacle(names):
            raise HandpickError(f"“{self.title}” cannot be made from these data. {obstacle}")
        return with_ids(Definition(root=Group(children=self.nodes(names, self.checked(values)))))
