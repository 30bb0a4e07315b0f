"""What the sample's shop sells, and who is likely to look at it and when."""

from typing import NamedTuple

import numpy as np

from connectors.sources.sample.draws import Floats, Ints, choose_by_row
from connectors.sources.sample.lives import INTEREST_NAMES
from connectors.sources.sample.people import People


class Product(NamedTuple):
    """A product with its fixed price in cents."""

    name: str
    category: str
    cents: int


# Within a category from cheap to dear, so that a place in the list follows the purse.
PRODUCTS = (
    Product("Stride Lite", "Running shoes", 79_90),
    Product("Trail Runner", "Running shoes", 109_00),
    Product("Tempo Pro", "Running shoes", 149_00),
    Product("Marathon Elite", "Running shoes", 199_00),
    Product("Training Tee", "Sportswear", 24_90),
    Product("Running Shorts", "Sportswear", 34_90),
    Product("Yoga Leggings", "Sportswear", 54_90),
    Product("Windbreaker", "Sportswear", 84_00),
    Product("Compression Set", "Sportswear", 99_00),
    Product("Wool Beanie", "Winter wear", 22_00),
    Product("Thermal Gloves", "Winter wear", 34_90),
    Product("Merino Base Layer", "Winter wear", 74_90),
    Product("Fleece Jacket", "Winter wear", 89_00),
    Product("Down Jacket", "Winter wear", 219_00),
    Product("Water Bottle", "Outdoor gear", 19_90),
    Product("Headlamp", "Outdoor gear", 39_90),
    Product("Trekking Poles", "Outdoor gear", 69_00),
    Product("Hiking Backpack", "Outdoor gear", 99_00),
    Product("Two-Person Tent", "Outdoor gear", 189_00),
    Product("Cast-Iron Pan", "Kitchen", 49_90),
    Product("Chef's Knife", "Kitchen", 59_00),
    Product("Espresso Maker", "Kitchen", 89_00),
    Product("Stand Mixer", "Kitchen", 279_00),
    Product("Scented Candle", "Home & living", 14_90),
    Product("Linen Cushion", "Home & living", 29_90),
    Product("Desk Lamp", "Home & living", 69_00),
    Product("Wool Throw", "Home & living", 79_00),
    Product("Phone Stand", "Electronics", 19_90),
    Product("Wireless Earbuds", "Electronics", 89_00),
    Product("Smart Speaker", "Electronics", 119_00),
    Product("Fitness Watch", "Electronics", 179_00),
    Product("Packing Cubes", "Travel", 29_00),
    Product("Toiletry Bag", "Travel", 34_90),
    Product("Weekender Bag", "Travel", 89_00),
    Product("Cabin Suitcase", "Travel", 159_00),
)
PRICES = np.array([product.cents for product in PRODUCTS])
CATEGORIES = tuple(dict.fromkeys(product.category for product in PRODUCTS))
CATEGORY_SIZES = np.array([sum(product.category == category for product in PRODUCTS) for category in CATEGORIES])
CATEGORY_STARTS = np.cumsum(CATEGORY_SIZES) - CATEGORY_SIZES

CATEGORY_APPEAL = {
    "Running shoes": 0.7,
    "Sportswear": 1.1,
    "Winter wear": 0.8,
    "Outdoor gear": 0.8,
    "Kitchen": 1.0,
    "Home & living": 1.2,
    "Electronics": 1.3,
    "Travel": 0.8,
}
INTEREST_APPEAL = {
    "running": {"Running shoes": 7.0, "Sportswear": 3.0},
    "fitness": {"Sportswear": 3.0, "Running shoes": 1.5},
    "yoga": {"Sportswear": 2.5},
    "hiking": {"Outdoor gear": 5.0},
    "skiing": {"Winter wear": 3.0},
    "cooking": {"Kitchen": 5.0},
    "travel": {"Travel": 4.0},
    "gaming": {"Electronics": 2.5},
    "technology": {"Electronics": 3.0},
    "gardening": {"Home & living": 1.8},
    "interior design": {"Home & living": 4.0},
    "wellness": {"Home & living": 1.8},
}
WINTER_APPEAL = {
    "Nordic": 5.0,
    "Continental": 3.5,
    "Oceanic": 1.3,
    "Mediterranean": 0.5,
    "Subtropical": 0.4,
    "Arid": 0.2,
    "Tropical": 0.1,
}
# Twelve months, January first.
SEASON_APPEAL = {
    "Winter wear": (2.2, 1.6, 0.9, 0.4, 0.3, 0.2, 0.2, 0.3, 0.7, 1.6, 2.4, 2.6),
    "Outdoor gear": (0.6, 0.7, 1.0, 1.3, 1.6, 1.7, 1.5, 1.3, 1.0, 0.8, 0.7, 0.9),
    "Running shoes": (1.3, 1.1, 1.3, 1.4, 1.2, 1.0, 0.9, 1.0, 1.2, 0.9, 0.8, 0.8),
    "Electronics": (0.9, 0.8, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 1.0, 1.0, 1.7, 1.7),
    "Travel": (1.0, 1.1, 1.2, 1.4, 1.5, 1.6, 1.4, 1.0, 0.9, 0.8, 0.7, 0.7),
}


def category_appeal(people: People) -> Floats:
    """How much each person (row) is drawn to each category (column), by interests and climate."""
    appeal = np.tile([CATEGORY_APPEAL[category] for category in CATEGORIES], (len(people), 1))
    for interest, factors in INTEREST_APPEAL.items():
        marked = people.interests[:, INTEREST_NAMES.index(interest)]
        for category, factor in factors.items():
            appeal[marked, CATEGORIES.index(category)] *= factor
    for climate, factor in WINTER_APPEAL.items():
        appeal[people.climate == climate, CATEGORIES.index("Winter wear")] *= factor
    return appeal


def draw_products(rng: np.random.Generator, appeal: Floats, months: Ints, incomes: Floats) -> Ints:
    """Row numbers of PRODUCTS: the category by appeal and month (0 is January), the place in it by income."""
    seasons = np.ones((12, len(CATEGORIES)))
    for category, factors in SEASON_APPEAL.items():
        seasons[:, CATEGORIES.index(category)] = factors
    categories = choose_by_row(rng, appeal * seasons[months])
    purse = np.clip(incomes / 48_000, 0.4, 2.5)
    places = (CATEGORY_SIZES[categories] * rng.random(len(categories)) ** (1 / purse)).astype(np.int64)
    products: Ints = CATEGORY_STARTS[categories] + places
    return products
