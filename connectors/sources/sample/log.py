"""The log of the sample's actions: rows of numbers while they are drawn, names when they are written."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from connectors.sources.sample.draws import ANCHOR_DAY, FIRST_EVENT_DAY, Calendar, Ints
from connectors.sources.sample.people import customer_ids
from connectors.sources.sample.products import PRODUCTS

Rows = NDArray[np.void]

EVENTS = "page_view add_to_cart checkout_started purchase email_sent email_opened email_clicked app_session".split()
PAGE_VIEW, ADD_TO_CART, CHECKOUT_STARTED, PURCHASE, EMAIL_SENT, EMAIL_OPENED, EMAIL_CLICKED, APP_SESSION = range(8)

# Every column is a number: a place in a list of names, cents, seconds, or a rank of the orders by time; -1 is a blank.
ROW_COLUMNS = "person event second page product cents quantity campaign device order".split()
ROW = np.dtype([(column, np.int64) for column in ROW_COLUMNS])

PAGES = (
    *("/home", "/pricing", "/sale", "/account", "/help", "/about", "/contact"),
    *("/blog/first-marathon", "/blog/packing-light", "/blog/winter-layers"),
    *("/blog/knife-skills", "/blog/sleep-better", "/blog/small-flats"),
    *(f"/product/{product.name.lower().translate({32: '-', 39: None})}" for product in PRODUCTS),
)
FIRST_PRODUCT_PAGE = len(PAGES) - len(PRODUCTS)
PRICING_PAGE = PAGES.index("/pricing")
DEVICES = ("iPhone", "Android phone", "iPad", "Android tablet")
SEASONAL_CAMPAIGNS = {
    (1, 3): "New Year Sale",
    (2, 10): "Valentine",
    (3, 20): "Spring Start",
    (5, 8): "Mother's Day",
    (6, 25): "Summer Sale",
    (9, 5): "Back to Routine",
    (11, 24): "Black Friday",
    (12, 8): "Christmas Gifts",
}


def make_rows(event: int, person: Ints, second: Ints, **filled: Ints) -> Rows:
    """Rows of one event, blank in every column that is not filled."""
    rows = np.full(len(person), -1, dtype=ROW)
    rows["event"], rows["person"], rows["second"] = event, person, second
    for column, values in filled.items():
        rows[column] = values
    return rows


def campaigns(calendar: Calendar) -> list[tuple[str, int]]:
    """Every campaign with its day: the welcome mail (-1: its own for everybody), a monthly newsletter, the seasons' sales."""
    found = [("Welcome", -1)]
    for number in range(FIRST_EVENT_DAY, ANCHOR_DAY + 1):
        day: date = calendar.dates[number].item()
        if day.weekday() == 1 and day.day <= 7:
            found.append((f"Newsletter {day:%Y-%m}", number))
        if (day.month, day.day) in SEASONAL_CAMPAIGNS:
            found.append((f"{SEASONAL_CAMPAIGNS[day.month, day.day]} {day.year}", number))
    return found


def events_table(calendar: Calendar, people: int, rows: Rows) -> pa.Table:
    """The rows of events.csv."""
    strangers = np.arange(people, max(people, int(rows["person"].max()) + 1))
    ids = customer_ids(np.concatenate([np.arange(people), strangers + 1_000]))
    orders = [f"O{100_001 + rank}" for rank in range(int(rows["order"].max()) + 1)]
    cents = pa.array(rows["cents"], mask=rows["cents"] < 0).cast(pa.decimal128(19, 0))
    return pa.table(
        {
            "customer_id": labelled(rows["person"], ids),
            "event": labelled(rows["event"], EVENTS),
            "time": pa.array(calendar.times(rows["second"])),
            "page": labelled(rows["page"], PAGES),
            "product": labelled(rows["product"], [product.name for product in PRODUCTS]),
            "category": labelled(rows["product"], [product.category for product in PRODUCTS]),
            "amount": pc.multiply(cents, pa.scalar("0.01").cast(pa.decimal128(3, 2))),
            "quantity": pa.array(rows["quantity"], mask=rows["quantity"] < 0),
            "campaign": labelled(rows["campaign"], [name for name, _ in campaigns(calendar)]),
            "device": labelled(rows["device"], DEVICES),
            "order_id": labelled(rows["order"], orders),
        }
    )


def labelled(codes: Ints, labels: Sequence[str]) -> pa.Array:
    """A text column: the label of each code, blank for -1."""
    return pa.array(list(labels)).take(pa.array(codes.astype(np.int32), mask=codes < 0))
