"""Ready-made segments with numbers to change: one row for each, filled in with the names of any catalogue.

`find_ingredients` gives the names in a catalogue; then each row says by itself what is missing (`obstacle`), what it means
(`sentence`), and gives its `definition`.
"""

from __future__ import annotations

from segmentation.catalogue import Theme
from segmentation.definition import (
    EventCondition,
    FieldCondition,
    Group,
    HabitCondition,
    Node,
    RankCondition,
    SequenceCondition,
    Step,
)
from segmentation.errors import HandpickError
from segmentation.habits import Changed
from segmentation.ingredients import Ingredient
from segmentation.measures import Measure, MeasureFunction
from segmentation.recipe_form import Names, Parameter, Recipe, Values
from segmentation.windows import BetweenAgo, Period, Span, Unit


def _times(default: int, label: str = "How many times at least") -> Parameter:
    return Parameter("times", label, default, 1, 1_000)


def _days(default: int, label: str = "In how many days", name: str = "days") -> Parameter:
    return Parameter(name, label, default, 1, 3_650)


def _did(names: Names, event: Ingredient, times: int = 1, **more: object) -> EventCondition:
    return EventCondition.model_validate({"events": (names[event],), "value": times, **more})


def _never(names: Names, event: Ingredient, **more: object) -> EventCondition:
    return EventCondition.model_validate({"events": (names[event],), "comparison": "never", "value": None, **more})


def _where(names: Names, detail: Ingredient, operator: str, value: tuple[str, ...] | None = None) -> Group:
    return Group(children=(FieldCondition(field=names[detail], operator=operator, value=value),))


def _total(names: Names) -> Measure:
    return Measure(function=MeasureFunction.SUM, property=names[Ingredient.AMOUNT])


def _since_last(names: Names, days: int) -> EventCondition:
    return _did(names, Ingredient.PURCHASE, days, measure=Measure(function=MeasureFunction.DAYS_SINCE_LAST))


def _shorter(values: Values, near: str, far: str) -> tuple[int, int]:
    """Two lengths in days, checked."""
    first, second = values.number(near), values.number(far)
    if first >= second:
        raise HandpickError(f"{first} days without a purchase have to be fewer than the {second} days with one.")
    return first, second


def _vip(names: Names, values: Values) -> tuple[Node, ...]:
    window = values.days()
    return (
        _did(names, Ingredient.PURCHASE, values.number("times"), window=window),
        EventCondition(
            events=(names[Ingredient.PURCHASE],), measure=_total(names), value=values["amount"], window=window
        ),
    )


def _new_leads(names: Names, values: Values) -> tuple[Node, ...]:
    joined_lately = FieldCondition(
        field=names[Ingredient.SIGNUP_DATE], operator="in_last", value=Period(amount=values.number("days"))
    )
    return joined_lately, _never(names, Ingredient.PURCHASE)


def _at_risk(names: Names, values: Values) -> tuple[Node, ...]:
    _shorter(values, "quiet", "days")
    bought = _did(names, Ingredient.PURCHASE, values.number("times"), window=values.days())
    return bought, _never(names, Ingredient.PURCHASE, window=values.days("quiet"))


def _lapsed(names: Names, values: Values) -> tuple[Node, ...]:
    return (_since_last(names, values.number("days")),)


def _one_time(names: Names, values: Values) -> tuple[Node, ...]:
    return (_did(names, Ingredient.PURCHASE, 1, comparison="exactly"), _since_last(names, values.number("days")))


def _cart(names: Names, values: Values) -> tuple[Node, ...]:
    added = Step(events=(names[Ingredient.CART],))
    not_bought = Step(events=(names[Ingredient.PURCHASE],), same=(names[Ingredient.PRODUCT],), absent=True)
    return (SequenceCondition(steps=(added, not_bought), window=values.days()),)


def _browse(names: Names, values: Values) -> tuple[Node, ...]:
    window = values.days()
    looked = _did(
        names,
        Ingredient.PRODUCT_VIEW,
        values.number("times"),
        window=window,
        where=_where(names, Ingredient.VIEWED_PRODUCT, "is_known"),
    )
    return looked, _never(names, Ingredient.CART, window=window), _never(names, Ingredient.PURCHASE, window=window)


def _pricing(names: Names, values: Values) -> tuple[Node, ...]:
    where = _where(names, Ingredient.PAGE, "contains_any", values.texts("page"))
    viewed = Step(events=(names[Ingredient.PAGE_VIEW],), where=where)
    soon = Period(amount=values.number("hours"), unit=Unit.HOURS)
    again = viewed.model_copy(update={"within": soon})
    not_started = Step(events=(names[Ingredient.CHECKOUT],), absent=True)
    return (SequenceCondition(steps=(viewed, again, not_started), window=values.days()),)


def _birthday(names: Names, values: Values) -> tuple[Node, ...]:
    return (
        FieldCondition(field=names[Ingredient.BIRTH_DATE], operator="anniversary_in_next", value=values.number("days")),
    )


def _big_spenders(names: Names, values: Values) -> tuple[Node, ...]:
    ranked = RankCondition(
        events=(names[Ingredient.PURCHASE],),
        measure=_total(names),
        window=values.days(),
        amount=values.number("percent"),
        within=names[Ingredient.CITY],
    )
    lives = FieldCondition(field=names[Ingredient.CITY], operator="is_any_of", value=(str(values["city"]),))
    return lives, ranked


def _athletic(names: Names, values: Values) -> tuple[Node, ...]:
    where = _where(names, Ingredient.CATEGORY, "contains_any", values.texts("products"))
    return (_did(names, Ingredient.PURCHASE, values.number("times"), window=values.days(), where=where),)


def _readers(names: Names, values: Values) -> tuple[Node, ...]:
    return _did(names, Ingredient.EMAIL_OPENED, values.number("times"), window=values.days()), _never(
        names, Ingredient.PURCHASE
    )


def _win_back(names: Names, values: Values) -> tuple[Node, ...]:
    near, far = _shorter(values, "quiet", "farthest")
    bought = _did(names, Ingredient.PURCHASE, window=BetweenAgo(span=Span(nearest=near, farthest=far)))
    return (
        bought,
        _never(names, Ingredient.PURCHASE, window=values.days("quiet")),
        _did(names, Ingredient.PAGE_VIEW, window=values.days()),
    )


def _churn(names: Names, values: Values) -> tuple[Node, ...]:
    habit = Changed(percent=values.number("percent"), each=Period(amount=values.number("days")))
    before = BetweenAgo(span=Span(nearest=values.number("days"), farthest=2 * values.number("days")))
    return (
        HabitCondition(events=(names[Ingredient.PURCHASE],), habit=habit),
        _did(names, Ingredient.PURCHASE, values.number("times"), window=before),
    )


_BEHAVIOUR = Theme.BEHAVIOURAL
RECIPES: tuple[Recipe, ...] = (
    Recipe(
        "vip", "VIP customers", _BEHAVIOUR,
        "Customers who bought at least {times} times and spent at least {amount} in the last {days} days.",
        (Ingredient.PURCHASE, Ingredient.AMOUNT),
        (_times(3), Parameter("amount", "How much at least", 250, 0, 10_000_000, whole=False), _days(365)), _vip,
    ),
    Recipe(
        "new_leads", "New leads", _BEHAVIOUR,
        "Customers who signed up in the last {days} days and never bought.",
        (Ingredient.SIGNUP_DATE, Ingredient.PURCHASE), (_days(30, "Signed up in the last … days"),), _new_leads,
    ),
    Recipe(
        "at_risk", "At risk", _BEHAVIOUR,
        "Customers who bought at least {times} times in the last {days} days, but nothing in the last {quiet} days.",
        (Ingredient.PURCHASE,),
        (_times(2), _days(365, "Bought in the last … days"), _days(90, "Quiet for … days", "quiet")), _at_risk,
    ),
    Recipe(
        "lapsed", "Lapsed", _BEHAVIOUR,
        "Customers whose last purchase was at least {days} days ago.",
        (Ingredient.PURCHASE,), (_days(180, "No purchase for … days"),), _lapsed,
    ),
    Recipe(
        "one_time_buyers", "One-time buyers", _BEHAVIOUR,
        "Customers who bought exactly once, at least {days} days ago.",
        (Ingredient.PURCHASE,), (_days(30, "At least … days ago"),), _one_time,
    ),
    Recipe(
        "cart_abandoners", "Cart abandoners", _BEHAVIOUR,
        "Customers who added a product to the cart in the last {days} days and have not bought it since.",
        (Ingredient.CART, Ingredient.PURCHASE, Ingredient.PRODUCT), (_days(30, "Added in the last … days"),), _cart,
    ),
    Recipe(
        "browse_abandoners", "Browse abandoners", _BEHAVIOUR,
        "Customers who looked at products at least {times} times in the last {days} days, and neither added anything to"
        " the cart nor bought in that time.",
        (Ingredient.PRODUCT_VIEW, Ingredient.VIEWED_PRODUCT, Ingredient.CART, Ingredient.PURCHASE), (_times(2), _days(14)), _browse,
    ),
    Recipe(
        "pricing_without_checkout", "Pricing page without checkout", _BEHAVIOUR,
        "Customers who viewed a page with “{page}” in its name twice within {hours} hours, in the last {days} days,"
        " and have not started a checkout since.",
        (Ingredient.PAGE_VIEW, Ingredient.PAGE, Ingredient.CHECKOUT),
        (
            Parameter("page", "Page (several with commas)", "pricing"),
            Parameter("hours", "Twice within … hours", 48, 1, 8_760),
            _days(90, "In the last … days"),
        ),
        _pricing,
    ),
    Recipe(
        "birthday", "Birthday next week", Theme.DEMOGRAPHIC,
        "Customers whose birthday is today or in the next {days} days.",
        (Ingredient.BIRTH_DATE,), (Parameter("days", "In the next … days", 7, 0, 364),), _birthday,
    ),
    Recipe(
        "big_spenders", "Big spenders of a city", Theme.GEOGRAPHIC,
        "Customers in {city} who are among the top {percent} % there by what they spent in the last {days} days.",
        (Ingredient.CITY, Ingredient.PURCHASE, Ingredient.AMOUNT),
        (
            Parameter("city", "City", "", common=Ingredient.CITY),
            Parameter("percent", "Top … %", 10, 1, 100),
            _days(365, "In the last … days"),
        ),
        _big_spenders,
    ),
    Recipe(
        "athletic", "Athletic enthusiasts", Theme.PSYCHOGRAPHIC,
        "Customers who bought “{products}” at least {times} times in the last {days} days.",
        (Ingredient.PURCHASE, Ingredient.CATEGORY),
        (Parameter("products", "Products (several with commas)", "running shoe"), _times(1), _days(365, "In the last … days")), _athletic,
    ),
    Recipe(
        "readers_who_never_buy", "Newsletter openers who never buy", _BEHAVIOUR,
        "Customers who opened at least {times} e-mails in the last {days} days and never bought.",
        (Ingredient.EMAIL_OPENED, Ingredient.PURCHASE), (_times(3, "How many e-mails at least"), _days(180, "In the last … days")), _readers,
    ),
    Recipe(
        "win_back", "Win-back", _BEHAVIOUR,
        "Customers who bought {quiet} to {farthest} days ago but not since, and viewed a page in the last {days} days.",
        (Ingredient.PURCHASE, Ingredient.PAGE_VIEW),
        (
            _days(90, "Not for … days", "quiet"),
            _days(730, "But in the last … days", "farthest"),
            _days(30, "Viewed a page in the last … days"),
        ),
        _win_back,
    ),
    Recipe(
        "buying_less", "Churn risk: buying less often", _BEHAVIOUR,
        "Customers who bought at least {times} times in the {days} days before the last {days} days, and at least"
        " {percent} % less often since.",
        (Ingredient.PURCHASE,),
        (
            _times(2),
            _days(90, "Length of each time in days"),
            Parameter("percent", "Less often by at least … %", 50, 1, 100),
        ),
        _churn,
    ),
)  # fmt: skip
"""In the order of the screen."""


def recipe(name: str) -> Recipe:
    """The recipe of this name; raises HandpickError."""
    for row in RECIPES:
        if row.name == name:
            return row
    raise HandpickError(f"There is no recipe “{name}”. Possible: {', '.join(row.name for row in RECIPES)}.")
