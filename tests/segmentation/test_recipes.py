"""Recipes: each gives a finished definition that counts some people of the sample, and says what it lacks elsewhere."""

import string
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.importing import load, plan_files
from connectors.sources.sample import write_sample
from segmentation.audience import Audience
from segmentation.catalogue import Catalogue, EventProperty, EventType, Field, Kind, Role, Theme
from segmentation.checking import problems
from segmentation.clock import Clock
from segmentation.describing import describe
from segmentation.engine import Engine
from segmentation.errors import HandpickError
from segmentation.ingredients import SOURCES, Ingredient, candidates, find_ingredients
from segmentation.jobs import Quiet
from segmentation.recipe_form import Recipe
from segmentation.recipes import RECIPES, recipe
from segmentation.workspace import Settings, Workspace
from tests.segmentation.audiences import write_audience

ZONE = "Europe/Berlin"
ANCHOR = date(2026, 3, 15)
NOW = datetime(2026, 3, 15, 23, tzinfo=UTC)
CLOCK = Clock(NOW, ZONE)
every_recipe = pytest.mark.parametrize("row", RECIPES, ids=[row.name for row in RECIPES])


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """A small sample, loaded the way the app loads it."""
    space = Workspace(tmp_path_factory.mktemp("home"))
    space.set_settings(Settings(zone=ZONE))
    files = write_sample(space.staging_folder(), anchor=ANCHOR, people=2_000, events=30_000)
    plan, _ = plan_files([(path.name, path) for path in files], space, Quiet())
    return Engine(Audience(space.current_version(load(plan, "Small shop", space, Quiet()))))


def changed(row: Recipe, values: dict[str, Any]) -> list[dict[str, Any]]:
    """The values with one of them another, for each."""
    others: list[dict[str, Any]] = []
    for parameter in row.parameters:
        value = values[parameter.name]
        other = f"{value} x" if parameter.is_text else value + 1 if value < parameter.maximum else value - 1
        others.append(values | {parameter.name: other})
    return others


@every_recipe
def test_a_recipe_counts_some_people_of_the_sample(row: Recipe, sample: Engine) -> None:
    catalogue = sample.audience.catalogue
    names = find_ingredients(catalogue)
    assert row.obstacle(names) == ""
    definition = row.definition(names, row.defaults(catalogue, names))
    assert problems(definition, catalogue, CLOCK) == ()
    assert 0 < sample.answer(definition, CLOCK).total < sample.audience.people
    assert "…" not in describe(definition, catalogue, ZONE)


@every_recipe
def test_other_values_give_another_definition_and_sentence(row: Recipe, sample: Engine) -> None:
    catalogue = sample.audience.catalogue
    names = find_ingredients(catalogue)
    values = row.defaults(catalogue, names)
    first = row.definition(names, values)
    for others in changed(row, values):
        second = row.definition(names, others)
        assert second != first
        assert problems(second, catalogue, CLOCK) == ()
        assert row.sentence(others) != row.sentence(values)


@every_recipe
def test_every_parameter_stands_in_the_sentence(row: Recipe) -> None:
    fields = {name for _, name, _, _ in string.Formatter().parse(row.text) if name}
    assert fields == {parameter.name for parameter in row.parameters}
    assert row.text.startswith("Customers ")
    assert row.text.endswith(".")
    for parameter in row.parameters:
        assert parameter.is_text or parameter.minimum <= parameter.default <= parameter.maximum


def test_names_and_titles_are_unique_and_every_ingredient_has_a_use() -> None:
    assert len({row.name for row in RECIPES}) == len({row.title for row in RECIPES}) == len(RECIPES)
    assert {need for row in RECIPES for need in row.needs} == set(Ingredient) == set(SOURCES)
    assert recipe("vip").title == "VIP customers"
    with pytest.raises(HandpickError, match="There is no recipe “vipp”"):
        recipe("vipp")


def test_the_names_of_the_sample_are_found(sample: Engine) -> None:
    found = find_ingredients(sample.audience.catalogue)
    assert {str(ingredient): name for ingredient, name in found.items()} == {
        "purchase": "purchase",
        "cart": "add_to_cart",
        "checkout": "checkout_started",
        "page_view": "page_view",
        "product_view": "page_view",
        "email_opened": "email_opened",
        "amount": "amount",
        "product": "product",
        "viewed_product": "product",
        "category": "category",
        "page": "page",
        "birth_date": "birth_date",
        "signup_date": "signup_date",
        "city": "city",
    }


def shop(*events: str, **details: tuple[str, ...]) -> Catalogue:
    """A catalogue of events, and of details with the events they are filled on; “…_no” is a number."""
    return Catalogue(
        fields=(Field(name="born", label="Born", kind=Kind.TEXT, theme=Theme.DEMOGRAPHIC, role=Role.BIRTH_DATE),),
        events=tuple(EventType(name=name, label=name) for name in events),
        properties=tuple(
            EventProperty(
                name=name.removesuffix("_no"),
                label=name,
                kind=Kind.NUMBER if name.endswith("_no") else Kind.TEXT,
                events=on,
            )
            for name, on in details.items()
        ),
    )


@pytest.mark.parametrize(
    "events",
    [
        ("Order Completed", "Product Added", "Checkout Started", "Page Viewed", "Email Opened"),
        ("Placed Order", "Added to Cart", "Started Checkout", "Viewed Product", "Opened Email"),
        ("purchase", "add_to_cart", "begin_checkout", "page_view", "email_open"),
        ("purchases", "addToCart", "checkout", "pageView", "newsletter_opened"),
        ("Orders", "Cart", "Checkout", "Visits", "Opens"),
        ("purchse", "Added to Basket (web)", "checkout_startd", "page_viewed", "emailopened"),
        ("Bestellung", "Warenkorb", "Kasse", "Seitenaufruf", "mail opened"),
    ],
)
def test_events_are_found_by_their_usual_names(events: tuple[str, ...]) -> None:
    wanted = (Ingredient.PURCHASE, Ingredient.CART, Ingredient.CHECKOUT, Ingredient.PAGE_VIEW, Ingredient.EMAIL_OPENED)
    names = find_ingredients(shop(*events))
    assert tuple(names.get(ingredient) for ingredient in wanted) == events


@pytest.mark.parametrize(
    "name",
    [
        *("order cancelled", "refund", "Removed from cart", "cart abandoned", "wishlist", "email sent", "clicked"),
        *("app opened", "border", "review", "product review", "login", "sample", "Order shipped", "page_rated"),
    ],
)
def test_other_events_are_not_taken_for_an_ingredient(name: str) -> None:
    assert find_ingredients(shop(name)) == {}


def test_a_view_of_a_product_is_told_from_that_of_a_page() -> None:
    names = find_ingredients(shop("page_view", "view_item", page_location=("page_view",), item_name=("view_item",)))
    assert names == {
        Ingredient.PAGE_VIEW: "page_view",
        Ingredient.PRODUCT_VIEW: "view_item",
        Ingredient.PAGE: "page_location",
        Ingredient.VIEWED_PRODUCT: "item_name",
    }


def test_a_detail_is_found_only_on_the_events_it_belongs_to() -> None:
    found = find_ingredients(shop("order", "cart", total_no=("order",), price_no=("cart",), sku=("order",)))
    assert found[Ingredient.AMOUNT] == "total"
    assert Ingredient.PRODUCT not in found  # a product in the cart could never be seen to be bought
    assert find_ingredients(shop("order", Amount_EUR_no=()))[Ingredient.AMOUNT] == "Amount_EUR"
    assert Ingredient.AMOUNT not in find_ingredients(shop("order", discount_amount_no=(), amount=()))


def test_what_is_missing_is_named_in_one_sentence() -> None:
    names = find_ingredients(shop("order", "page_view"))
    assert recipe("vip").obstacle(names) == "Needs a number on purchases that says how much was spent."
    assert recipe("lapsed").obstacle(names) == ""
    assert recipe("birthday").obstacle(names) == "Needs a field with the date of birth."  # it has the role, but is text
    assert recipe("cart_abandoners").obstacle(names) == (
        "Needs an event for adding to the cart and a detail of carts and purchases with the product."
    )
    with pytest.raises(HandpickError, match=r"“VIP customers” cannot be made from these data\. Needs a number"):
        recipe("vip").definition(names, {})


def test_what_is_chosen_goes_before_what_is_guessed() -> None:
    catalogue = shop("order", "subscription", price_no=("subscription",))
    names = find_ingredients(catalogue, {Ingredient.PURCHASE: "subscription"})
    assert names[Ingredient.PURCHASE] == "subscription"
    assert names[Ingredient.AMOUNT] == "price"
    assert [candidate.name for candidate in candidates(Ingredient.PURCHASE, catalogue)] == ["order", "subscription"]
    with pytest.raises(HandpickError, match=r"“orders” cannot be used as an event for buying\. Close: order"):
        find_ingredients(catalogue, {Ingredient.PURCHASE: "orders"})


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("vip", {"times": 0}, "“How many times at least” has to be from 1 to 1000, not 0."),
        ("vip", {"times": 2.5}, "has to be a whole number, not 2.5"),
        ("vip", {"times": "three"}, "enter a number"),
        ("vip", {"days": float("nan")}, "enter a number"),
        ("vip", {"day": 3}, "“VIP customers” has no “day”. Possible: times, amount, days."),
        ("pricing_without_checkout", {"page": " "}, "is empty: enter a text"),
        ("pricing_without_checkout", {"page": " , "}, "is empty: enter a text"),
        ("at_risk", {"quiet": 365}, "365 days without a purchase have to be fewer than the 365 days with one"),
        ("win_back", {"quiet": 800}, "have to be fewer"),
    ],
)
def test_values_out_of_their_limits_are_refused(
    name: str, values: dict[str, Any], message: str, sample: Engine
) -> None:
    with pytest.raises(HandpickError) as refused:
        recipe(name).definition(find_ingredients(sample.audience.catalogue), values)
    assert message in str(refused.value)


def test_one_reads_as_once_and_a_day() -> None:
    assert recipe("vip").sentence({"times": 1, "days": 1, "amount": 99.5}) == (
        "Customers who bought at least once and spent at least 99.5 in the last day."
    )
    assert recipe("big_spenders").sentence({}).startswith("Customers in … who are among the top 10 % there")


def ago(**length: float) -> datetime:
    return (NOW - timedelta(**length)).replace(tzinfo=None)


def who(row: Recipe, path: Path, people: int, events: list[dict[str, Any]], **values: Any) -> list[int]:
    """The numbers of those whom a recipe finds."""
    kinds = {"product": Kind.TEXT, "page": Kind.TEXT}
    audience = write_audience(
        path / "small.duckdb", {"name": Kind.TEXT}, [{"name": str(n)} for n in range(people)], kinds, events,
        names=("purchase", "add_to_cart", "page_view", "checkout_started"),
    )  # fmt: skip
    definition = row.definition(find_ingredients(audience.catalogue), values)
    assert problems(definition, audience.catalogue, CLOCK) == ()
    return [int(row) for row in Engine(audience).answer(definition, CLOCK).members.rows()]


def test_cart_abandoners_are_those_who_did_not_buy_that_product(tmp_path: Path) -> None:
    def event(row: int, name: str, product: str | None, **length: float) -> dict[str, Any]:
        return {"_row": row, "_name": name, "_time": ago(**length), "product": product}

    events = [
        event(0, "add_to_cart", "hat", days=2),  # left it there: in
        event(1, "add_to_cart", "hat", days=2),
        event(1, "purchase", "hat", days=1),  # bought it
        event(2, "add_to_cart", "hat", days=2),
        event(2, "purchase", "shoe", days=1),  # bought another: in
        event(3, "add_to_cart", "hat", days=2),
        event(3, "purchase", "hat", days=3),  # bought it before, not since: in
        event(4, "add_to_cart", "hat", days=31),  # too long ago
        event(5, "add_to_cart", "hat", days=5),
        event(5, "add_to_cart", "shoe", days=4),
        event(5, "purchase", "hat", days=3),  # one of two left there: in
        event(6, "purchase", "hat", days=3),  # never had a cart
    ]
    assert who(recipe("cart_abandoners"), tmp_path, 8, events) == [0, 2, 3, 5]
    assert who(recipe("cart_abandoners"), tmp_path / "longer", 8, events, days=60) == [0, 2, 3, 4, 5]


def test_pricing_visitors_came_twice_in_time_and_started_no_checkout_since(tmp_path: Path) -> None:
    def view(row: int, page: str = "/pricing", **length: float) -> dict[str, Any]:
        return {"_row": row, "_name": "page_view", "_time": ago(**length), "page": page}

    def checkout(row: int, **length: float) -> dict[str, Any]:
        return {"_row": row, "_name": "checkout_started", "_time": ago(**length)}

    events = [
        *(view(0, days=5), view(0, days=3)),  # exactly 48 hours apart: in
        *(view(1, days=5), view(1, days=2)),  # too far apart
        view(2, days=5),  # once
        *(view(3, days=5), view(3, days=4), checkout(3, days=3)),  # started a checkout since
        *(view(4, days=5), view(4, days=4), checkout(4, days=6)),  # before: in
        *(view(5, days=5), view(5, "/home", days=4)),  # another page
        *(view(6, "/Pricing?plan=b", days=5), view(6, days=4)),  # any address with the word: in
        *(view(7, days=200), view(7, days=199)),  # long ago
    ]
    assert who(recipe("pricing_without_checkout"), tmp_path, 9, events) == [0, 4, 6]
    assert who(recipe("pricing_without_checkout"), tmp_path / "longer", 9, events, hours=72) == [0, 1, 4, 6]
    assert who(recipe("pricing_without_checkout"), tmp_path / "home", 9, events, page="home, pricing") == [0, 4, 5, 6]
