"""What the sample's customers do: baskets, mails, visits and app sessions, in an order that could have happened."""

import numpy as np

from connectors.sources.sample.baskets import draw_left_carts, draw_orders
from connectors.sources.sample.behaviours import BEHAVIOUR_NAMES
from connectors.sources.sample.draws import (
    ANCHOR_DAY,
    DAY_SECONDS,
    FIRST_EVENT_DAY,
    Calendar,
    Floats,
    Ints,
    choose_person,
    draw_seconds,
)
from connectors.sources.sample.log import (
    APP_SESSION,
    DEVICES,
    EMAIL_CLICKED,
    EMAIL_OPENED,
    EMAIL_SENT,
    FIRST_PRODUCT_PAGE,
    PAGE_VIEW,
    PRICING_PAGE,
    PURCHASE,
    Rows,
    campaigns,
    make_rows,
)
from connectors.sources.sample.people import People
from connectors.sources.sample.products import category_appeal, draw_products

# Shares of all rows; page views fill what is left.
SENT_SHARE = 0.17
SESSION_SHARE = 0.12
PRICING_SHARE = 0.0035
STRANGER_ROW_SHARE, STRANGER_SHARE, UNNAMED_ROW_SHARE = 1 / 5_000, 1 / 7_500, 1 / 7_500

OPENED_OF_SENT, CLICKED_OF_OPENED = 0.41, 0.29
# How often the pages of PAGES are visited; the last weight is for all product pages together.
PAGE_WEIGHTS = np.array([20, 3, 7, 6, 3, 2, 1, *[2.5] * 6, 42])
PLAN_ACTIVITY = np.array([0.7, 1.0, 1.6, 2.4])
DEVICE_SHARES = (0.44, 0.41, 0.10, 0.05)


def draw_actions(rng: np.random.Generator, calendar: Calendar, people: People, count: int) -> Rows:
    """Exactly `count` rows in the order of their time; some belong to ids the CRM lacks (from len(people) on), some to none (-1)."""
    appeal = category_appeal(people)
    parts = [
        *draw_orders(rng, calendar, people, appeal, count),
        *draw_left_carts(rng, calendar, people, appeal, count),
        *draw_mails(rng, calendar, people, count),
        draw_sessions(rng, calendar, people, count),
        draw_pricing_visits(rng, calendar, people, count),
    ]
    visits = draw_visits(rng, calendar, people, appeal, count - sum(map(len, parts)))
    lose_ids(rng, visits, len(people), count)
    rows = np.concatenate([*parts, visits])
    return rows[np.argsort(rows["second"], kind="stable")]


def draw_mails(rng: np.random.Generator, calendar: Calendar, people: People, count: int) -> tuple[Rows, ...]:
    """Campaigns to subscribers: mails sent, of those some opened, of those some clicked."""
    readers = people.behaviour == BEHAVIOUR_NAMES.index("newsletter reader")
    active = people.trait("opens") > 0
    subscribed = people.mailable & active & (readers | (rng.random(len(people)) < 0.5))
    subscribers = np.flatnonzero(subscribed)
    days = np.array([day for _, day in campaigns(calendar)])
    # The welcome mail goes out on the evening of the signup, so only to those who signed up within the time of the log.
    send_days = np.where(days >= 0, days, people.signup[subscribers][:, None])
    chances = np.where(readers[subscribers], 1.6, 1.0)[:, None] * (
        (people.first_day[subscribers][:, None] <= send_days) & (send_days <= people.last_day[subscribers][:, None])
    )
    chances *= np.where(days >= 0, 1.0, 3.0 * (people.signup[subscribers][:, None] >= FIRST_EVENT_DAY))
    chances *= count * SENT_SHARE / chances.sum()
    row, campaign = np.nonzero(rng.random(chances.shape) < chances)
    person, day = subscribers[row], send_days[row, campaign]
    hours = np.where(days[campaign] < 0, 20, 8)
    seconds = day * DAY_SECONDS + hours * 3600 + rng.integers(0, 1500, len(row))
    sent = make_rows(EMAIL_SENT, person, seconds, campaign=campaign)
    willing = people.trait("opens")[person]
    willing = np.clip(willing * (OPENED_OF_SENT / willing.mean()), 0.0, 0.95)
    opened = follow(rng, people, sent, EMAIL_OPENED, willing, 30 + rng.lognormal(9.0, 1.6, len(row)))
    clicks = np.full(len(opened), CLICKED_OF_OPENED)
    return sent, opened, follow(rng, people, opened, EMAIL_CLICKED, clicks, rng.uniform(4, 300, len(opened)))


def follow(rng: np.random.Generator, people: People, rows: Rows, event: int, chances: Floats, delays: Floats) -> Rows:
    """The rows' later event of the same person and campaign, for those who respond while they are still active."""
    second = rows["second"] + delays.astype(np.int64)
    in_time = second < (people.last_day[rows["person"]] + 1) * DAY_SECONDS
    responds = in_time & (rng.random(len(rows)) < chances)
    return make_rows(event, rows["person"][responds], second[responds], campaign=rows["campaign"][responds])


def draw_sessions(rng: np.random.Generator, calendar: Calendar, people: People, count: int) -> Rows:
    """Sessions in the app, by the two in five who have it."""
    devices = rng.choice(len(DEVICES), len(people), p=DEVICE_SHARES)
    weights = visiting(rng, people) * (rng.random(len(people)) < 0.4)
    person = choose_person(rng, weights, round(count * SESSION_SHARE))
    return make_rows(APP_SESSION, person, draw_moments(rng, calendar, people, person), device=devices[person])


def draw_pricing_visits(rng: np.random.Generator, calendar: Calendar, people: People, count: int) -> Rows:
    """Two looks at /pricing within 47 hours, by people who compare and do not buy."""
    curious = rng.permutation(np.flatnonzero(people.behaviour == BEHAVIOUR_NAMES.index("pricing visitor")))
    person = np.resize(curious, round(count * PRICING_SHARE))
    days = calendar.draw_days(rng, people.first_day[person], people.last_day[person] - 2)
    first = days * DAY_SECONDS + draw_seconds(rng, people.utc_offset[person])
    second = first + rng.integers(600, 47 * 3600, len(person))
    return make_rows(
        PAGE_VIEW, np.tile(person, 2), np.concatenate([first, second]), page=np.full(2 * len(person), PRICING_PAGE)
    )


def draw_visits(rng: np.random.Generator, calendar: Calendar, people: People, appeal: Floats, count: int) -> Rows:
    """Page views in visits of a few pages, `count` in all; whoever signs up visits on that day."""
    sizes = np.minimum(rng.geometric(0.36, count), 12)
    visit = np.repeat(np.arange(count), sizes)[:count]
    visits = int(visit[-1]) + 1
    joins = (people.signup >= FIRST_EVENT_DAY) & (people.trait("activity") > 0)
    newcomers = rng.permutation(np.flatnonzero(joins))[: visits // 2]
    person = np.concatenate([newcomers, choose_person(rng, visiting(rng, people), visits - len(newcomers))])
    begins = draw_moments(rng, calendar, people, person)
    begins[: len(newcomers)] += (people.signup[newcomers] - begins[: len(newcomers)] // DAY_SECONDS) * DAY_SECONDS
    # A visit takes less than twenty minutes, and ends on the last active day.
    begins = np.minimum(begins, (people.last_day[person] + 1) * DAY_SECONDS - 1200)
    places = np.arange(count) - (np.cumsum(sizes) - sizes)[visit]
    seconds = begins[visit] + 90 * places + rng.integers(0, 80, count)

    person = person[visit]
    pages = rng.choice(len(PAGE_WEIGHTS), count, p=PAGE_WEIGHTS / PAGE_WEIGHTS.sum())
    shown = np.flatnonzero(pages == FIRST_PRODUCT_PAGE)
    products = np.full(count, -1)
    months = calendar.months[seconds[shown] // DAY_SECONDS]
    products[shown] = draw_products(rng, appeal[person[shown]], months, people.income[person[shown]])
    pages[shown] += products[shown]
    return make_rows(PAGE_VIEW, person, seconds, page=pages, product=products)


def lose_ids(rng: np.random.Generator, rows: Rows, people: int, count: int) -> None:
    """Make a few rows those of strangers, whose ids (from `people` on) the CRM lacks, or of nobody (-1)."""
    from_strangers, unnamed = max(1, round(count * STRANGER_ROW_SHARE)), round(count * UNNAMED_ROW_SHARE)
    lost = rng.choice(len(rows), from_strangers + unnamed, replace=False)
    strangers = rng.integers(0, max(1, round(count * STRANGER_SHARE)), from_strangers)
    rows["person"][lost] = np.concatenate([people + strangers, np.full(unnamed, -1)])
    # One stranger comes at noon of the last day, so that even a small log reaches the anchor.
    rows["second"][lost[0]] = ANCHOR_DAY * DAY_SECONDS + DAY_SECONDS // 2


def visiting(rng: np.random.Generator, people: People) -> Floats:
    """Each person's weight among all visits: behaviour, plan, time and temper."""
    temper = rng.lognormal(0.0, 0.6, len(people))
    weights: Floats = people.trait("activity") * PLAN_ACTIVITY[people.plan] * people.presence * temper
    return weights


def draw_moments(rng: np.random.Generator, calendar: Calendar, people: People, person: Ints) -> Ints:
    """A second within the active days of each person."""
    days = calendar.draw_days(rng, people.first_day[person], people.last_day[person])
    return days * DAY_SECONDS + draw_seconds(rng, people.utc_offset[person])


def spent_cents(rows: Rows, people: int) -> Ints:
    """What each person has paid in all."""
    bought = rows[rows["event"] == PURCHASE]
    spent = np.zeros(people, dtype=np.int64)
    np.add.at(spent, bought["person"], bought["cents"])
    return spent


def last_seen(rows: Rows, people: int) -> Ints:
    """The second in which each person last did something themselves, -1 without any."""
    own = rows[(rows["event"] != EMAIL_SENT) & (rows["person"] >= 0) & (rows["person"] < people)]
    seen = np.full(people, -1, dtype=np.int64)
    np.maximum.at(seen, own["person"], own["second"])
    return seen
