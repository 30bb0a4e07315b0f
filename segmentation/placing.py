"""Where people are, and a random share of them that stays the same."""

from __future__ import annotations

import math
from fractions import Fraction

from sqlglot import exp

from segmentation.binding import KIND_WORDS, Question
from segmentation.catalogue import Catalogue, Field, Kind, Role
from segmentation.definition import PlaceCondition, SampleCondition
from segmentation.errors import HandpickError
from segmentation.happening import Happening
from segmentation.places import Climate
from segmentation.predicates import as_type, table_named

RADIUS = 6_371.0088  # km, mean Earth radius (IUGG)
CLIMATES = {
    Climate.TROPICAL: (0.0, 23.5),
    Climate.SUBTROPICAL: (23.5, 40.0),
    Climate.TEMPERATE: (40.0, 66.5),
    Climate.POLAR: (66.5, 90.0),
}
"""Degrees from the equator: above the first (the tropics: from 0), up to the second."""
PLACES = 16**8


def coordinates(node: PlaceCondition, catalogue: Catalogue) -> tuple[Field, Field]:
    """The fields for latitude and longitude; raises HandpickError where there are none."""
    found = []
    for name, role in ((node.latitude, Role.LATITUDE), (node.longitude, Role.LONGITUDE)):
        field = catalogue.field(name) if name is not None else catalogue.with_role(role)
        if field is None:
            raise HandpickError(
                f"No field says where people are: choose “{role.value.capitalize()}” under “Used as” on the Fields page."
            )
        if field.kind != Kind.NUMBER:
            raise HandpickError(f"“{field.label}” is {KIND_WORDS[field.kind]}; a {role.value} is a number.")
        found.append(field)
    return found[0], found[1]


def identity(node: SampleCondition, catalogue: Catalogue) -> Field:
    """The field by which a person is drawn; raises HandpickError where there is none."""
    field = catalogue.field(node.field) if node.field is not None else catalogue.with_role(Role.PERSON_ID)
    if field is None:
        raise HandpickError("No field is used as the customer’s id: choose it under “Used as” on the Fields page.")
    if field.kind not in (Kind.TEXT, Kind.NUMBER):
        raise HandpickError(f"“{field.label}” is {KIND_WORDS[field.kind]}; people are drawn by a text or a number.")
    return field


def _call(name: str, *of: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=list(of))


def place_question(node: PlaceCondition, at: Happening) -> Question:
    """The haversine of the distance compared with that of the limit, and the degrees from the equator."""
    latitude, longitude = (
        as_type(exp.column(field.name, table="people", quoted=True), "DOUBLE")
        for field in coordinates(node, at.catalogue)
    )
    bind, literal = at.parameters.bind, exp.Literal.number
    possible = [
        exp.Between(this=of.copy(), low=exp.Neg(this=literal(limit)), high=literal(limit))
        for of, limit in ((latitude, 90), (longitude, 180))
    ]
    found: list[exp.Expr] = []
    if node.near is not None:
        if node.kilometres is None:
            raise HandpickError("Enter how many kilometres.")
        here = bind(node.near.latitude)

        def haversine(of: exp.Expr, point: exp.Expr) -> exp.Expr:
            half = exp.Div(
                this=_call("RADIANS", exp.Sub(this=of, expression=point)), expression=literal(2), typed=False
            )
            return exp.Pow(this=_call("SIN", half), expression=literal(2))

        across = exp.Mul(
            this=exp.Mul(
                this=_call("COS", _call("RADIANS", here.copy())),
                expression=_call("COS", _call("RADIANS", latitude.copy())),
            ),
            expression=haversine(longitude.copy(), bind(node.near.longitude)),
        )
        distance = exp.Add(this=haversine(latitude.copy(), here), expression=across)
        angle = float(node.kilometres) / RADIUS
        # The cosine of 90° and the sine of 180° are not exactly 0: without a hair more a pole would not be where it is.
        farthest = math.sin(angle / 2) ** 2 + 1e-30 if angle < math.pi else 2.0
        compared = exp.GT if node.beyond else exp.LTE
        found.append(compared(this=exp.paren(distance), expression=bind(farthest)))
    if node.climates:
        away = exp.Abs(this=latitude.copy())
        bands = []
        for climate in node.climates:
            low, high = CLIMATES[climate]
            above = (exp.GTE if climate == Climate.TROPICAL else exp.GT)(this=away.copy(), expression=bind(low))
            bands.append(exp.and_(above, exp.LTE(this=away.copy(), expression=bind(high))))
        found.append(exp.paren(exp.or_(*bands)))
    if not found:
        raise HandpickError("Choose a place or a climate.")
    select = (
        exp.select(exp.column("_row", quoted=True)).from_(table_named("people"), copy=False).where(*possible, *found)
    )
    return Question(select, tuple(at.parameters.values))


def edge(percent: float) -> str:
    """The first of the 16⁸ places that is not below so many percent, as 8 hexadecimal digits; above all of them: “g”."""
    place = math.ceil(Fraction(str(percent)) * PLACES / 100)
    return f"{place:08x}" if place < PLACES else "g"


def sample_question(node: SampleCondition, at: Happening) -> Question:
    """Hexadecimal digits are compared as text, which orders them as numbers in every database."""
    if node.percent is None:
        raise HandpickError("Enter how many percent.")
    total = Fraction(str(node.start)) + Fraction(str(node.percent))
    if total > 100:
        raise HandpickError(f"From {node.start} % on there are only {100 - node.start} %.")
    field = identity(node, at.catalogue)
    of = exp.column(field.name, table="people", quoted=True)
    text = of if field.kind == Kind.TEXT else as_type(of, "VARCHAR")
    drawn = exp.MD5(this=exp.DPipe(this=at.parameters.bind(f"{node.seed}:"), expression=text))
    digits = exp.Substring(this=drawn, start=exp.Literal.number(1), length=exp.Literal.number(8))
    select = (
        exp.select(exp.column("_row", quoted=True))
        .from_(table_named("people"), copy=False)
        .where(
            exp.GTE(this=digits, expression=at.parameters.bind(edge(node.start))),
            exp.LT(this=digits.copy(), expression=at.parameters.bind(edge(float(total)))),
        )
    )
    return Question(select, tuple(at.parameters.values))
