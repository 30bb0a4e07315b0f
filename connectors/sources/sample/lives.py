"""How people live: household, work, income, interests, lifestyle and values, each following from the ones before."""

from typing import NamedTuple

import numpy as np

from connectors.sources.sample.draws import Bools, Floats, Ints, Texts, choose_by_row


class Job(NamedTuple):
    """A job, what it pays a year in Germany in mid-career, its usual schooling, and how many do it between which ages."""

    name: str
    industry: str
    pay: int
    schooling: int
    share: float
    youngest: int = 18
    oldest: int = 67


class Interest(NamedTuple):
    """An interest, the share of 44-year-olds who have it, and how that grows (+) or shrinks (-) with age."""

    name: str
    share: float
    tilt: float


EDUCATIONS = np.array(["Secondary", "Vocational", "Bachelor", "Master", "Doctorate"], dtype=object)
JOBS = (
    Job("Student", "Education", 9_500, 0, 26, 18, 27),
    Job("Retired", "Retired", 26_000, 1, 160, 62, 90),
    Job("Software Engineer", "Technology", 68_000, 3, 6, 21),
    Job("Product Manager", "Technology", 74_000, 3, 3, 26),
    Job("Data Analyst", "Technology", 58_000, 3, 3, 22),
    Job("IT Administrator", "Technology", 50_000, 1, 3, 20),
    Job("Nurse", "Healthcare", 41_000, 1, 6, 20),
    Job("Doctor", "Healthcare", 96_000, 4, 2, 27),
    Job("Pharmacist", "Healthcare", 55_000, 3, 2, 25),
    Job("Physiotherapist", "Healthcare", 38_000, 2, 2, 22),
    Job("Teacher", "Education", 52_000, 3, 7, 24),
    Job("Researcher", "Education", 60_000, 4, 2, 26),
    Job("Accountant", "Finance", 54_000, 2, 4, 22),
    Job("Financial Advisor", "Finance", 66_000, 2, 2, 24),
    Job("Bank Manager", "Finance", 88_000, 3, 1, 32),
    Job("Sales Representative", "Retail", 44_000, 1, 6),
    Job("Shop Assistant", "Retail", 27_000, 0, 6),
    Job("Store Manager", "Retail", 46_000, 1, 2, 25),
    Job("Marketing Manager", "Media", 62_000, 3, 4, 24),
    Job("Graphic Designer", "Media", 42_000, 2, 3, 20),
    Job("Journalist", "Media", 46_000, 2, 2, 22),
    Job("Mechanical Engineer", "Manufacturing", 64_000, 3, 4, 23),
    Job("Electrician", "Construction", 39_000, 1, 4),
    Job("Carpenter", "Construction", 36_000, 1, 3),
    Job("Architect", "Construction", 57_000, 3, 2, 25),
    Job("Project Manager", "Manufacturing", 69_000, 2, 4, 26),
    Job("Office Administrator", "Public sector", 37_000, 1, 6),
    Job("Civil Servant", "Public sector", 48_000, 2, 5, 21),
    Job("Lawyer", "Legal", 92_000, 3, 2, 26),
    Job("Chef", "Hospitality", 33_000, 1, 3),
    Job("Hotel Manager", "Hospitality", 51_000, 2, 1, 27),
    Job("Truck Driver", "Transport", 34_000, 0, 3, 21),
    Job("Pilot", "Transport", 115_000, 2, 0.5, 25),
    Job("Freelance Consultant", "Consulting", 78_000, 3, 3, 28),
    Job("Managing Director", "Consulting", 135_000, 3, 1, 35),
)
JOB_NAMES = np.array([job.name for job in JOBS], dtype=object)
JOB_INDUSTRIES = np.array([job.industry for job in JOBS], dtype=object)
STUDENT, RETIRED = 0, 1

HOUSEHOLD_AGES = (26, 35, 50, 62)
HOUSEHOLD_SHARES = np.array(
    [[34, 34, 19, 10, 3], [30, 38, 18, 11, 3], [17, 25, 22, 26, 10], [24, 44, 18, 11, 3], [38, 54, 5, 2, 1]],
    dtype=float,
)

INTERESTS = (
    Interest("running", 0.22, -0.4),
    Interest("fitness", 0.24, -0.5),
    Interest("hiking", 0.22, 0.2),
    Interest("skiing", 0.10, -0.1),
    Interest("yoga", 0.13, -0.2),
    Interest("cooking", 0.30, 0.1),
    Interest("travel", 0.36, 0.0),
    Interest("gaming", 0.14, -1.0),
    Interest("reading", 0.26, 0.3),
    Interest("gardening", 0.15, 0.7),
    Interest("music", 0.25, -0.2),
    Interest("photography", 0.13, 0.0),
    Interest("fashion", 0.16, -0.5),
    Interest("interior design", 0.13, 0.2),
    Interest("technology", 0.20, -0.3),
    Interest("wellness", 0.15, 0.2),
)
INTEREST_NAMES = tuple(interest.name for interest in INTERESTS)
OUTDOOR_INTERESTS = [INTEREST_NAMES.index(name) for name in ("running", "hiking", "skiing")]

LIFESTYLES = np.array(
    [
        *("Urban professional", "Young family", "Outdoor active", "Budget planner"),
        *("Empty nester", "Student life", "Homebody", "Connoisseur"),
    ],
    dtype=object,
)
VALUES = ("sustainability", "family", "status", "security", "adventure", "health", "tradition", "creativity", "thrift")
# One row for each lifestyle, one column for each value.
VALUE_SHARES = np.array(
    [
        [0.30, 0.15, 0.45, 0.15, 0.25, 0.30, 0.05, 0.30, 0.08],
        [0.30, 0.80, 0.10, 0.45, 0.08, 0.30, 0.15, 0.10, 0.25],
        [0.50, 0.15, 0.08, 0.10, 0.65, 0.50, 0.05, 0.15, 0.10],
        [0.20, 0.30, 0.04, 0.45, 0.08, 0.20, 0.20, 0.10, 0.75],
        [0.25, 0.45, 0.12, 0.45, 0.15, 0.40, 0.45, 0.15, 0.15],
        [0.45, 0.12, 0.20, 0.08, 0.45, 0.20, 0.03, 0.45, 0.40],
        [0.20, 0.40, 0.08, 0.45, 0.05, 0.20, 0.35, 0.25, 0.30],
        [0.20, 0.20, 0.60, 0.20, 0.25, 0.25, 0.25, 0.35, 0.03],
    ]
)


def draw_ages(rng: np.random.Generator, count: int) -> Ints:
    """Ages from 18 to 88, most between 28 and 58."""
    return (18 + 71 * rng.beta(1.7, 2.7, count)).astype(np.int64)


def draw_households(rng: np.random.Generator, ages: Ints) -> Ints:
    """Persons in the household, one to five."""
    return choose_by_row(rng, HOUSEHOLD_SHARES[np.searchsorted(HOUSEHOLD_AGES, ages, side="right")]) + 1


def draw_jobs(rng: np.random.Generator, ages: Ints) -> Ints:
    """Row numbers of JOBS that people of these ages do."""
    youngest = np.array([job.youngest for job in JOBS])
    oldest = np.array([job.oldest for job in JOBS])
    fits = (youngest <= ages[:, None]) & (ages[:, None] <= oldest)
    return choose_by_row(rng, fits * np.array([job.share for job in JOBS]))


def draw_educations(rng: np.random.Generator, jobs: Ints) -> Texts:
    """The job's usual schooling, for some a step more or less."""
    usual = np.array([job.schooling for job in JOBS])[jobs]
    steps = rng.choice([-1, 0, 1], len(jobs), p=[0.18, 0.62, 0.20])
    educations: Texts = EDUCATIONS[np.clip(usual + steps, 0, len(EDUCATIONS) - 1)]
    return educations


def draw_incomes(rng: np.random.Generator, jobs: Ints, ages: Ints, pay: Floats) -> Floats:
    """Income a year in euros, in whole hundreds, from the job, the career so far and the country's pay."""
    career = 0.72 + 0.5 * np.clip((ages - 20) / 25, 0.0, 1.0)
    career[(jobs == STUDENT) | (jobs == RETIRED)] = 1.0
    income = np.array([job.pay for job in JOBS])[jobs] * pay * career * rng.lognormal(0.0, 0.22, len(jobs))
    return np.round(income / 100) * 100


def draw_interests(rng: np.random.Generator, ages: Ints) -> Bools:
    """One row for each person, one column for each of INTERESTS."""
    shares = np.array([interest.share for interest in INTERESTS])
    tilts = np.array([interest.tilt for interest in INTERESTS])
    chances = np.clip(shares * np.exp(tilts * (ages[:, None] - 44) / 20), 0.01, 0.8)
    marks: Bools = rng.random(chances.shape) < chances
    return marks


def draw_lifestyles(
    rng: np.random.Generator, ages: Ints, households: Ints, jobs: Ints, incomes: Floats, interests: Bools
) -> Ints:
    """Row numbers of LIFESTYLES that suit the age, the household, the purse and the interests."""
    working = (jobs != STUDENT) & (jobs != RETIRED)
    small = households <= 2
    weights = np.column_stack(
        [
            0.1 + 3.0 * (working & small & (ages >= 24) & (ages <= 53)),
            6.0 * ((households >= 3) & (ages >= 24) & (ages <= 47)),
            0.1 + 0.8 * interests[:, OUTDOOR_INTERESTS].sum(axis=1),
            0.4 + 1.5 * (incomes < 28_000),
            4.0 * (small & (ages >= 54)),
            8.0 * (jobs == STUDENT),
            np.full(len(ages), 0.6),
            0.05 + 1.5 * (incomes > 80_000),
        ]
    )
    return choose_by_row(rng, weights)


def draw_values(rng: np.random.Generator, lifestyles: Ints) -> Bools:
    """One row for each person, one column for each of VALUES."""
    chances = VALUE_SHARES[lifestyles]
    marks: Bools = rng.random(chances.shape) < chances
    return marks


def join_marked(marks: Bools, names: tuple[str, ...]) -> Texts:
    """For each row the names of its marked columns as one text, 'running;travel', or None without any."""
    texts = np.empty(len(marks), dtype=object)
    texts[:] = [
        ";".join(name for name, marked in zip(names, row, strict=True) if marked) or None for row in marks.tolist()
    ]
    return texts
