"""The ways of being a customer, and how many people follow each."""

from typing import NamedTuple

import numpy as np

from connectors.sources.sample.draws import ANCHOR_DAY, FIRST_EVENT_DAY, Calendar, Ints


class Behaviour(NamedTuple):
    """A way of being a customer.

    `joined` and `quiet` are ranges in days before the anchor: of the signup, and of the last sign of life. `activity`, `more_orders`
    and `carts` weigh a person's share of all visits, of the orders beyond the first `orders`, and of the carts left behind.
    `opens` is the chance that a mail is opened; `plans` weigh Free, Basic, Plus and Premium.
    """

    name: str
    share: float
    joined: tuple[int, int]
    quiet: tuple[int, int]
    activity: float
    orders: int
    more_orders: float
    carts: float
    opens: float
    plans: tuple[int, int, int, int]


BEHAVIOURS = (
    Behaviour("loyal", 0.060, (1826, 240), (0, 0), 5.0, 4, 8.0, 1.5, 0.50, (20, 30, 28, 22)),
    Behaviour("occasional buyer", 0.085, (1826, 120), (0, 0), 2.5, 2, 1.0, 1.0, 0.40, (40, 32, 19, 9)),
    Behaviour("one-time buyer", 0.125, (1826, 20), (0, 200), 0.9, 1, 0.0, 0.4, 0.30, (62, 26, 9, 3)),
    Behaviour("lapsed", 0.055, (1826, 560), (183, 365), 2.5, 1, 1.0, 0.6, 0.30, (55, 28, 12, 5)),
    Behaviour("new lead", 0.120, (110, 0), (0, 0), 2.0, 0, 0.0, 0.6, 0.35, (85, 11, 3, 1)),
    Behaviour("cart abandoner", 0.075, (1500, 45), (0, 0), 2.0, 0, 0.0, 5.0, 0.30, (60, 27, 9, 4)),
    Behaviour("pricing visitor", 0.050, (1100, 30), (0, 0), 1.6, 0, 0.0, 0.0, 0.35, (88, 9, 2, 1)),
    Behaviour("newsletter reader", 0.080, (1826, 60), (0, 0), 0.5, 0, 0.0, 0.0, 0.85, (70, 22, 6, 2)),
    Behaviour("visitor", 0.200, (1826, 10), (0, 300), 1.0, 0, 0.0, 0.15, 0.20, (72, 20, 6, 2)),
    Behaviour("silent", 0.150, (1826, 200), (0, 0), 0.0, 0, 0.0, 0.0, 0.0, (85, 12, 2, 1)),
)
BEHAVIOUR_NAMES = tuple(behaviour.name for behaviour in BEHAVIOURS)


def draw_behaviours(rng: np.random.Generator, calendar: Calendar, count: int) -> tuple[Ints, Ints, Ints]:
    """Deal out the behaviours in their exact shares: behaviour, day of signup and last active day, in the order of the signups."""
    ends = np.cumsum([behaviour.share for behaviour in BEHAVIOURS])
    behaviour = rng.permutation(np.searchsorted(ends / ends[-1], (np.arange(count) + 0.5) / count))
    earliest, latest = np.array([behaviour.joined for behaviour in BEHAVIOURS])[behaviour].T
    signup = calendar.draw_days(rng, ANCHOR_DAY - earliest, ANCHOR_DAY - latest)
    shortest, longest = np.array([behaviour.quiet for behaviour in BEHAVIOURS])[behaviour].T
    last_day = np.maximum(ANCHOR_DAY - rng.integers(shortest, longest + 1), np.maximum(signup, FIRST_EVENT_DAY))
    order = np.argsort(signup, kind="stable")
    return behaviour[order], signup[order], last_day[order]
