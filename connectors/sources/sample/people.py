"""Who the sample's customers are: how they behave, and what the CRM knows about them, with the gaps and slips of a CRM."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from connectors.sources.sample.behaviours import BEHAVIOUR_NAMES, BEHAVIOURS, draw_behaviours
from connectors.sources.sample.contacts import Mailboxes, draw_emails, draw_phones, draw_postal_codes
from connectors.sources.sample.draws import (
    ANCHOR_DAY,
    DAY_SECONDS,
    FIRST_EVENT_DAY,
    Bools,
    Calendar,
    Floats,
    Ints,
    Texts,
    Times,
    choose_by_row,
)
from connectors.sources.sample.lives import (
    INTEREST_NAMES,
    JOB_INDUSTRIES,
    JOB_NAMES,
    LIFESTYLES,
    VALUES,
    draw_ages,
    draw_educations,
    draw_households,
    draw_incomes,
    draw_interests,
    draw_jobs,
    draw_lifestyles,
    draw_values,
    join_marked,
)
from connectors.sources.sample.names import NAMES
from connectors.sources.sample.places import CITIES, COUNTRIES

PLANS = np.array(["Free", "Basic", "Plus", "Premium"], dtype=object)
CHANNELS = np.array(["Search", "Social", "Referral", "Store", "Partner"], dtype=object)
GENDERS = np.array(["male", "female", "non-binary"], dtype=object)
GERMANY_SPELLINGS = np.array(["Germany", "Deutschland", "DE"], dtype=object)
IMPOSSIBLE_AGES = np.array([0, 199, 150, 1])
IMPOSSIBLE_AGE_SHARE = 0.0006
PADDED_SHARE = 0.0016
DOUBLED_SHARE = 0.00125
CITY_SHARES = np.array([city.share for city in CITIES])
LANGUAGES = tuple(NAMES)

COLUMNS = tuple(
    (
        "customer_id first_name last_name email phone age birth_date gender job industry income education "
        "household_size country city latitude longitude climate language postal_code interests values "
        "lifestyle email_consent sms_consent ads_consent plan signup_date acquisition_channel loyalty_points "
        "last_login"
    ).split()
)


@dataclass(frozen=True)
class People:
    """The customers in the order of their signups: what decides their actions, and the columns the CRM holds."""

    behaviour: Ints
    signup: Ints
    first_day: Ints
    last_day: Ints
    plan: Ints
    income: Floats
    interests: Bools
    climate: Texts
    utc_offset: Ints
    mailable: Bools
    columns: dict[str, pa.Array]

    def __len__(self) -> int:
        return len(self.behaviour)

    def trait(self, name: str) -> Floats:
        """A numeric attribute of everybody's behaviour."""
        return np.array([getattr(behaviour, name) for behaviour in BEHAVIOURS], dtype=float)[self.behaviour]

    @property
    def presence(self) -> Floats:
        """The part of the log's time in which each person is active, at least a little."""
        return 0.08 + (self.last_day - self.first_day + 1) / (ANCHOR_DAY - FIRST_EVENT_DAY + 1)


def customer_ids(numbers: Ints) -> list[str]:
    """The ids by which the CRM knows people: 'C000001' is the first who signed up."""
    return [f"C{number + 1:06d}" for number in numbers.tolist()]


def draw_people(rng: np.random.Generator, calendar: Calendar, count: int) -> People:
    """Draw customers and everything about them that does not depend on their actions."""
    behaviour, signup, last_day = draw_behaviours(rng, calendar, count)
    mailboxes = Mailboxes.draw(rng, count)
    person = np.arange(count)
    person[mailboxes.again] = mailboxes.originals

    cities = rng.choice(len(CITIES), count, p=CITY_SHARES / CITY_SHARES.sum())[person]
    homes = [CITIES[number] for number in cities.tolist()]
    second = np.array([home.second_share for home in homes]) > rng.random(count)
    locales = [home.second_locale if other else home.locale for home, other in zip(homes, second.tolist(), strict=True)]
    genders = rng.choice(len(GENDERS), count, p=[0.482, 0.506, 0.012])[person]
    firsts, families = draw_names(rng, locales, genders, person)
    ages = draw_ages(rng, count)[person]
    births = draw_birth_dates(rng, calendar, ages)[person]

    households = draw_households(rng, ages)
    jobs = draw_jobs(rng, ages)
    incomes = draw_incomes(rng, jobs, ages, np.array([COUNTRIES[home.country].pay for home in homes]))
    interests = draw_interests(rng, ages)
    lifestyles = draw_lifestyles(rng, ages, households, jobs, incomes, interests)
    plans = draw_plans(rng, behaviour, incomes)

    emails = draw_emails(rng, mailboxes, firsts, families, births.astype("datetime64[Y]").astype(np.int64) + 1970)
    reads = behaviour == BEHAVIOUR_NAMES.index("newsletter reader")
    email_consent = reads | (rng.random(count) < 0.72)
    mailable = email_consent.copy()
    mailable[np.concatenate([mailboxes.missing, mailboxes.broken])] = False

    age_column, birth_column = show_ages(rng, ages, births)
    city_known = rng.random(count) >= 0.02
    job_known = rng.random(count) >= 0.03
    return People(
        behaviour=behaviour,
        signup=signup,
        first_day=np.maximum(signup, FIRST_EVENT_DAY),
        last_day=last_day,
        plan=plans,
        income=incomes,
        interests=interests,
        climate=np.array([home.climate for home in homes], dtype=object),
        utc_offset=np.array([home.utc_offset for home in homes]),
        mailable=mailable,
        columns={
            "customer_id": pa.array(customer_ids(np.arange(count))),
            "first_name": pa.array(firsts),
            "last_name": pa.array(families),
            "email": pa.array(emails),
            "phone": pa.array(draw_phones(rng, cities)),
            "age": age_column,
            "birth_date": birth_column,
            "gender": known(GENDERS[genders], rng.random(count) >= 0.03),
            "job": known(pad_some(rng, JOB_NAMES[jobs]), job_known),
            "industry": known(JOB_INDUSTRIES[jobs], job_known),
            "income": known(incomes.astype(np.int64), rng.random(count) >= 0.08),
            "education": known(draw_educations(rng, jobs), rng.random(count) >= 0.05),
            "household_size": pa.array(households),
            "country": pa.array(spell_countries(rng, [home.country for home in homes])),
            "city": known(np.array([home.name for home in homes]), city_known),
            "latitude": known(np.array([home.latitude for home in homes]), city_known),
            "longitude": known(np.array([home.longitude for home in homes]), city_known),
            "climate": known(np.array([home.climate for home in homes]), city_known),
            "language": pa.array(locales),
            "postal_code": known(draw_postal_codes(rng, cities), city_known),
            "interests": known(join_marked(interests, INTEREST_NAMES), rng.random(count) >= 0.04),
            "values": pa.array(join_marked(draw_values(rng, lifestyles), VALUES)),
            "lifestyle": pa.array(LIFESTYLES[lifestyles]),
            "email_consent": yes_no(email_consent),
            "sms_consent": yes_no(rng.random(count) < 0.31),
            "ads_consent": yes_no(rng.random(count) < 0.44),
            "plan": pa.array(PLANS[plans]),
            "signup_date": pa.array(calendar.dates[signup]),
            "acquisition_channel": pa.array(CHANNELS[draw_channels(rng, ages)]),
        },
    )


def draw_names(rng: np.random.Generator, locales: list[str], genders: Ints, person: Ints) -> tuple[Texts, Texts]:
    """First and family names in the language of the locale; one in twelve people came from elsewhere with other names."""
    native = np.array([LANGUAGES.index(locale[:2]) for locale in locales])
    newcomer = rng.random(len(locales)) < 1 / 12
    languages = np.where(newcomer, rng.integers(0, len(LANGUAGES), len(locales)), native)
    women = np.array([NAMES[language].women for language in LANGUAGES], dtype=object)
    men = np.array([NAMES[language].men for language in LANGUAGES], dtype=object)
    families = np.array([NAMES[language].families for language in LANGUAGES], dtype=object)
    popular_first = (women.shape[1] * rng.random(len(locales)) ** 1.3).astype(np.int64)
    popular_family = (families.shape[1] * rng.random(len(locales)) ** 1.3).astype(np.int64)
    female = np.where(genders == 2, rng.random(len(locales)) < 0.5, genders == 1)
    firsts = np.where(female, women[languages, popular_first], men[languages, popular_first])
    return firsts[person], families[languages, popular_family][person]


def draw_birth_dates(rng: np.random.Generator, calendar: Calendar, ages: Ints) -> Times:
    """Dates of birth that make people exactly so old on the anchor day."""
    anchor = calendar.dates[-1]
    month = anchor.astype("datetime64[M]")
    birth_months = month - ages * np.timedelta64(12, "M")
    days_in_month = ((birth_months + 1).astype("datetime64[D]") - birth_months.astype("datetime64[D]")).astype(np.int64)
    day_of_month = np.minimum((anchor - month.astype("datetime64[D]")).astype(np.int64), days_in_month - 1)
    birthdays: Times = birth_months.astype("datetime64[D]") + day_of_month - rng.integers(0, 365, len(ages))
    return birthdays


def show_ages(rng: np.random.Generator, ages: Ints, births: Times) -> tuple[pa.Array, pa.Array]:
    """The columns of ages and birth dates, with gaps; a few ages are impossible, and have no birth date to correct them."""
    shown, age_known, birth_known = ages.copy(), rng.random(len(ages)) >= 0.04, rng.random(len(ages)) >= 0.12
    impossible = rng.choice(len(ages), round(len(ages) * IMPOSSIBLE_AGE_SHARE), replace=False)
    shown[impossible] = np.resize(IMPOSSIBLE_AGES, len(impossible))
    age_known[impossible], birth_known[impossible] = True, False
    return known(shown, age_known), known(births, birth_known)


def pad_some(rng: np.random.Generator, texts: Texts) -> Texts:
    """The texts, a few with a blank behind."""
    return np.where(rng.random(len(texts)) < PADDED_SHARE, texts + " ", texts)


def draw_plans(rng: np.random.Generator, behaviour: Ints, incomes: Floats) -> Ints:
    """Row numbers of PLANS; higher incomes lean to the paid ones."""
    weights = np.array([behaviour.plans for behaviour in BEHAVIOURS], dtype=float)[behaviour]
    return choose_by_row(
        rng, weights * (np.clip(incomes / 48_000, 0.4, 2.5)[:, None] ** np.array([0.0, 0.2, 0.6, 1.0]))
    )


def draw_channels(rng: np.random.Generator, ages: Ints) -> Ints:
    """Row numbers of CHANNELS; social media bring the young, stores the old."""
    old = ages / 44
    even = np.ones(len(ages))
    return choose_by_row(rng, np.column_stack([36 * even, 26 / old**1.5, 14 * even, 14 * old**1.5, 8 * even]))


def spell_countries(rng: np.random.Generator, countries: list[str]) -> Texts:
    """The countries' names, Germany in three spellings as after years of imports."""
    spelled = np.array(countries, dtype=object)
    german = np.flatnonzero(spelled == "Germany")
    spelled[german] = rng.choice(GERMANY_SPELLINGS, len(german), p=[0.88, 0.075, 0.045])
    return spelled


def known(values: NDArray[Any], mask: Bools) -> pa.Array:
    """A column that is blank where the mask is false."""
    return pa.array(values, mask=~mask)


def yes_no(flags: Bools) -> pa.Array:
    """A column of 'yes' and 'no'."""
    return pa.array(np.where(flags, "yes", "no"))


def customers_table(
    rng: np.random.Generator, calendar: Calendar, people: People, spent: Ints, last_seen: Ints
) -> pa.Table:
    """The rows of customers.csv, from the cents people spent and the second they were last seen (-1: never).

    A few customers stand twice: in their place as they were some time ago, and at the end as they are now.
    """
    since = rng.integers(people.signup, np.maximum(people.signup + 1, FIRST_EVENT_DAY))
    seconds = rng.integers(0, DAY_SECONDS, len(people))
    logins = np.where((last_seen < 0) & (people.signup < FIRST_EVENT_DAY), since * DAY_SECONDS + seconds, last_seen)
    logged_in = (logins >= 0) & (rng.random(len(people)) >= 0.03)
    points = 50 + spent // 100 + rng.integers(0, 1 + np.maximum(FIRST_EVENT_DAY - people.signup, 0) // 4)
    now = pa.table(
        people.columns | {"loyalty_points": pa.array(points), "last_login": known(calendar.times(logins), logged_in)}
    ).select(COLUMNS)

    doubled = np.sort(rng.choice(len(people), round(len(people) * DOUBLED_SHARE), replace=False))
    is_doubled = np.isin(np.arange(len(people)), doubled)
    before = now
    for name, values in (
        ("loyalty_points", pa.array(np.where(is_doubled, points * 3 // 5, points))),
        ("plan", pa.array(np.where(is_doubled, PLANS[0], PLANS[people.plan]))),
        ("last_login", known(calendar.times(logins), logged_in & ~is_doubled)),
    ):
        before = before.set_column(COLUMNS.index(name), name, values)
    return pa.concat_tables([before, now.take(pa.array(doubled))])
