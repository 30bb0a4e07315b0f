"""Baskets of the sample's shop: products viewed, put into the cart, taken to the checkout, and paid or left."""

import numpy as np

from connectors.sources.sample.draws import DAY_SECONDS, Calendar, Floats, Ints, choose_person, draw_seconds
from connectors.sources.sample.log import (
    ADD_TO_CART,
    CHECKOUT_STARTED,
    FIRST_PRODUCT_PAGE,
    PAGE_VIEW,
    PURCHASE,
    Rows,
    make_rows,
)
from connectors.sources.sample.people import People
from connectors.sources.sample.products import PRICES, PRODUCTS, draw_products

# Shares of all rows of the log.
ORDER_SHARE = 0.048
LEFT_CART_SHARE = 0.0235
LEFT_AT_CHECKOUT = 0.2


def draw_orders(
    rng: np.random.Generator, calendar: Calendar, people: People, appeal: Floats, count: int
) -> tuple[Rows, ...]:
    """Paid baskets: every buyer's first orders, the others with a heavy tail, as views, cart lines, checkouts and purchases."""
    wanted = round(count * ORDER_SHARE)
    buyers = rng.permutation(np.repeat(np.arange(len(people)), people.trait("orders").astype(np.int64)))[:wanted]
    eagerness = people.trait("more_orders") * people.presence * np.minimum(1 + rng.pareto(1.6, len(people)), 40)
    buyers = np.concatenate([buyers, choose_person(rng, eagerness, wanted - len(buyers))])
    lines, basket = draw_baskets(rng, calendar, people, appeal, buyers, continue_share=0.34)
    started, totals = draw_checkouts(rng, lines, basket, len(buyers))
    paid = started + rng.integers(40, 600, len(buyers))
    ranks = np.argsort(np.argsort(paid, kind="stable"), kind="stable")
    purchases = lines.copy()
    purchases["event"], purchases["second"], purchases["order"] = PURCHASE, paid[basket], ranks[basket]
    return view_products(rng, lines), lines, make_rows(CHECKOUT_STARTED, buyers, started, cents=totals), purchases


def draw_left_carts(
    rng: np.random.Generator, calendar: Calendar, people: People, appeal: Floats, count: int
) -> tuple[Rows, ...]:
    """Baskets that are not paid: views, cart lines, and for some a checkout that leads nowhere."""
    weights = people.trait("carts") * people.presence * rng.lognormal(0.0, 0.4, len(people))
    owners = choose_person(rng, weights, round(count * LEFT_CART_SHARE))
    lines, basket = draw_baskets(rng, calendar, people, appeal, owners, continue_share=0.25)
    started, totals = draw_checkouts(rng, lines, basket, len(owners))
    tried = rng.random(len(owners)) < LEFT_AT_CHECKOUT
    checkouts = make_rows(CHECKOUT_STARTED, owners[tried], started[tried], cents=totals[tried])
    return view_products(rng, lines), lines, checkouts


def draw_baskets(
    rng: np.random.Generator, calendar: Calendar, people: People, appeal: Floats, owners: Ints, continue_share: float
) -> tuple[Rows, Ints]:
    """The cart lines of one basket for each owner, up to six different products within half an hour, and each line's basket."""
    days = calendar.draw_days(rng, people.first_day[owners], people.last_day[owners])
    sizes = np.minimum(rng.geometric(1 - continue_share, len(owners)), 6)
    basket = np.repeat(np.arange(len(owners)), sizes)
    places = np.arange(len(basket)) - (np.cumsum(sizes) - sizes)[basket]
    person = owners[basket]
    products = draw_products(rng, appeal[person], calendar.months[days[basket]], people.income[person])
    kept = np.sort(np.unique(basket * len(PRODUCTS) + products, return_index=True)[1])
    basket, places, products, person = basket[kept], places[kept], products[kept], person[kept]
    # The last hour of the day stays free, so that a basket ends on the day on which it began.
    begins = days * DAY_SECONDS + draw_seconds(rng, people.utc_offset[owners]) % (DAY_SECONDS - 3600)
    added = begins[basket] + 240 * places + rng.integers(90, 210, len(basket))
    quantity = 1 + (rng.random(len(basket)) < 0.16) + (rng.random(len(basket)) < 0.04)
    lines = make_rows(
        ADD_TO_CART, person, added, product=products, cents=PRICES[products] * quantity, quantity=quantity
    )
    return lines, basket


def draw_checkouts(rng: np.random.Generator, lines: Rows, basket: Ints, baskets: int) -> tuple[Ints, Ints]:
    """When each basket's checkout starts, after its last line, and its total in cents."""
    last = np.zeros(baskets, dtype=np.int64)
    np.maximum.at(last, basket, lines["second"])
    totals = np.zeros(baskets, dtype=np.int64)
    np.add.at(totals, basket, lines["cents"])
    return last + rng.integers(20, 500, baskets), totals


def view_products(rng: np.random.Generator, lines: Rows) -> Rows:
    """The page views that led to cart lines."""
    seconds = lines["second"] - rng.integers(10, 80, len(lines))
    return make_rows(
        PAGE_VIEW, lines["person"], seconds, page=FIRST_PRODUCT_PAGE + lines["product"], product=lines["product"]
    )
