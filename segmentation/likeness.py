"""People who are probably the same: similar names and addresses, compared inside small blocks.

The score adds up what each part says, as in Fellegi and Sunter's record linkage (1969), with fixed weights: a part that agrees adds
`agree`, one that differs adds `differ`, in between in proportion; a missing part says nothing. Two people are taken for one when
- the score is at least `ENOUGH`, first and last name are similar (at one home or e-mail address: one of them), and of street, place, birth date and e-mail address at least two agree;
- the first names are not different: only with the same birth date may they be misspelt; so families stay several people;
- the birth dates are not different, but for a slip of the pen.
benchmarks/duplicates.py measures it on data whose truth is known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.process import cpdist

from segmentation.catalogue import Role
from segmentation.identity import MOST
from segmentation.mailboxes import flawed
from segmentation.plan import Progress
from segmentation.repairs import Flaw
from segmentation.scratch import scratch

ENOUGH = 7.0
CROWD = 20  # people; a block with more says too little about them
CHUNK = 200_000  # pairs
Numbers = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Part:
    """What a part of a person says: points where it agrees and where it differs, and from which to which likeness (0–1).

    From a likeness of `agrees` on it is a witness.
    """

    agree: float
    differ: float
    low: float
    high: float
    agrees: float
    likeness: Callable[..., float]


_WORDS, _DIGITS = JaroWinkler.normalized_similarity, OSA.normalized_similarity
PARTS = {
    Role.FIRST_NAME: Part(4, -3, 0.7, 0.95, 0.9, _WORDS),
    Role.LAST_NAME: Part(5, -3, 0.7, 0.95, 0.9, _WORDS),
    Role.ADDRESS: Part(5, -2, 0.7, 0.95, 0.9, _WORDS),
    Role.CITY: Part(3.5, -1.5, 0.7, 0.95, 0.9, _WORDS),
    Role.POSTAL_CODE: Part(4, -2, 0.5, 1, 1, _DIGITS),
    Role.BIRTH_DATE: Part(6, -4, 0.6, 1, 1, _DIGITS),
    Role.EMAIL: Part(6, -0.5, 0.8, 0.95, 0.9, _DIGITS),  # many people have several: another one says little
}
DIFFERENT_NAMES = 0.75  # likeness of first names below which they are not the same name
OTHER_NAMES = 0.4  # … below which not even the same birth date makes them one
OTHER_BIRTH_DATES = 0.5
BESIDE_STREET = 0.6  # likeness that is enough of a witness for those who live in the same street
SIMILAR = 0.8  # likeness that is worth telling
SIMILAR_NAMES = 0.85  # likeness of both names that is asked for where the home is not the same

# People are compared who share one of these; each letter stands for a part, with how many of its first letters.
_SHORT = {"f": Role.FIRST_NAME, "l": Role.LAST_NAME, "a": Role.ADDRESS, "c": Role.CITY, "z": Role.POSTAL_CODE, "b": Role.BIRTH_DATE, "e": Role.EMAIL}  # fmt: skip
BLOCKS = (
    "b+f2 b+l2 b+z f+l l+z f+z z+a c+l2 c+f2 a+f2 a+l2 a6+f2 a6+l2 a6+z a6+c3 b+a3 b+c e e6+f2 e6+l2 e6+b e6+c".split()
)

_NAMED = {
    Role.FIRST_NAME: "first name", Role.LAST_NAME: "last name", Role.ADDRESS: "address", Role.CITY: "city",
    Role.POSTAL_CODE: "postal code", Role.BIRTH_DATE: "birth date", Role.EMAIL: "e-mail address",
}  # fmt: skip


def comparable(fields: Mapping[Role, str]) -> bool:
    """Whether fields of these roles are enough to compare people: their names, and two of street, place, birth date and e-mail."""
    place = bool({Role.CITY, Role.POSTAL_CODE} & fields.keys())
    named = {Role.FIRST_NAME, Role.LAST_NAME} <= fields.keys()
    return named and sum(role in fields for role in (Role.ADDRESS, Role.BIRTH_DATE, Role.EMAIL)) + place >= 2


def similar_pairs(people: pa.Table, progress: Progress) -> pa.Table:
    """Pairs of people who are probably one: `one` < `other` (row numbers) and `why` in words.

    `people` has the column `_row` and one column of text for each role, named after it; raises `Cancelled`.
    """
    known = [role for role in PARTS if role.value in people.column_names]
    if not comparable({role: role.value for role in known}):
        return _pairs([], [], [])
    texts = _folded(people, known)
    one, other = _candidates(texts, progress)
    found: list[tuple[Numbers, Numbers, list[str]]] = []
    for start in range(0, len(one), CHUNK):
        progress("Comparing similar people", start / len(one))
        left, right = one[start : start + CHUNK], other[start : start + CHUNK]
        same, why = _judged(texts, known, left, right)
        found.append((left[same], right[same], why))
    rows = people.column("_row").to_numpy()
    empty = np.array([], dtype=np.int64)
    firsts = np.concatenate([part[0] for part in found]) if found else empty
    seconds = np.concatenate([part[1] for part in found]) if found else empty
    return _pairs(rows[firsts], rows[seconds], [words for part in found for words in part[2]])


def _pairs(one: Any, other: Any, why: list[str]) -> pa.Table:
    return pa.table(
        {"one": pa.array(one, pa.uint32()), "other": pa.array(other, pa.uint32()), "why": pa.array(why, pa.string())}
    )


def _folded(people: pa.Table, known: list[Role]) -> pa.Table:
    """The parts as they are compared: small letters without accents and signs, "" where missing; named by their letters."""
    letters = {role: letter for letter, role in _SHORT.items()}
    if Role.EMAIL in known:
        people = _with_own_addresses(people)
    picks = ", ".join(
        f"trim(regexp_replace(lower(strip_accents(coalesce({role.value}, ''))), '[^\\pL\\pN]+', ' ', 'g')) AS {letters[role]}"
        for role in known
    )
    with scratch() as connection:
        connection.register("persons", people)
        return connection.sql(f"SELECT {picks} FROM persons").to_arrow_table()


def _with_own_addresses(people: pa.Table) -> pa.Table:
    """The people without e-mail addresses that are an office's or too many people's to be somebody's own."""
    texts = pc.utf8_lower(pc.utf8_trim_whitespace(people.column(Role.EMAIL.value).combine_chunks()))
    counts = pc.value_counts(texts)
    crowded = counts.filter(pc.greater(counts.field("counts"), MOST)).field("values")
    nobodys = pc.or_(pc.is_in(texts, value_set=crowded.drop_null()), pc.fill_null(flawed(texts, Flaw.OFFICE), False))
    own = pc.if_else(nobodys, pa.scalar(None, pa.string()), texts)
    return people.set_column(people.column_names.index(Role.EMAIL.value), Role.EMAIL.value, own)


def _candidates(texts: pa.Table, progress: Progress) -> tuple[Numbers, Numbers]:
    """Pairs of places in `texts` that share a block."""
    blocks = []
    for block in BLOCKS:
        parts = [(part[0], part[1:]) for part in block.split("+")]
        if all(letter in texts.column_names for letter, _ in parts):
            keys = [f"left({letter}, {length})" if length else letter for letter, length in parts]
            filled = " AND ".join(f"{key} <> ''" for key in keys)
            blocks.append(f"SELECT place, {' || chr(0) || '.join(keys)} AS key FROM texts WHERE {filled}")
    with scratch() as connection:
        progress.on_cancel(connection.interrupt)
        try:
            connection.register("given", texts.append_column("place", pa.array(range(len(texts)), pa.int32())))
            connection.execute("CREATE TEMP TABLE texts AS SELECT * FROM given")
            connection.execute("CREATE TEMP TABLE pairs (one INTEGER, other INTEGER)")
            for number, block in enumerate(blocks):
                progress("Looking for similar people", number / len(blocks))
                connection.execute(
                    f"INSERT INTO pairs SELECT a, b FROM (SELECT unnest(places) AS a, places FROM (SELECT list(place) AS places "
                    f"FROM ({block}) GROUP BY key HAVING count(*) BETWEEN 2 AND {CROWD})), unnest(places) AS o(b) WHERE a < b"
                )
            found = connection.execute("SELECT DISTINCT one, other FROM pairs ORDER BY ALL").fetchnumpy()
        finally:
            progress.on_cancel(None)
    return found["one"], found["other"]


def _judged(texts: pa.Table, known: list[Role], one: Numbers, other: Numbers) -> tuple[Numbers, list[str]]:
    """The places of the pairs that are one person, and for each of them why."""
    letters = {role: letter for letter, role in _SHORT.items()}
    cells = {role: (_cells(texts, letters[role], one), _cells(texts, letters[role], other)) for role in known}
    alike = {role: _alike(PARTS[role], *cells[role]) for role in known}
    first, last = cells[Role.FIRST_NAME], cells[Role.LAST_NAME]
    swapped = [_alike(PARTS[Role.FIRST_NAME], *pair) for pair in ((first[0], last[1]), (last[0], first[1]))]
    better = (
        np.nan_to_num(swapped[0] + swapped[1]) > np.nan_to_num(alike[Role.FIRST_NAME] + alike[Role.LAST_NAME]) + 0.2
    )
    for role, crossed in zip((Role.FIRST_NAME, Role.LAST_NAME), swapped, strict=True):
        alike[role] = np.where(better, crossed, alike[role])
    score = np.zeros(len(one))
    for role, values in alike.items():
        part = PARTS[role]
        share = np.clip((values - part.low) / (part.high - part.low), 0, 1)
        score += np.where(np.isnan(values), 0, share * (part.agree - part.differ) + part.differ)
    agrees = {role: np.nan_to_num(values) >= PARTS[role].agrees for role, values in alike.items()}
    nobody = np.zeros(len(one), dtype=bool)
    street = agrees.get(Role.ADDRESS, nobody)
    for role in (Role.CITY, Role.POSTAL_CODE, Role.BIRTH_DATE):
        if role in agrees:
            agrees[role] |= street & (np.nan_to_num(alike[role]) >= BESIDE_STREET)
    place = agrees.get(Role.CITY, nobody) | agrees.get(Role.POSTAL_CODE, nobody)
    address = agrees.get(Role.EMAIL, nobody)
    witnesses = street.astype(int) + agrees.get(Role.BIRTH_DATE, nobody) + place + address
    names = np.nan_to_num(alike[Role.FIRST_NAME], nan=1)
    births = alike.get(Role.BIRTH_DATE, np.full(len(one), np.nan))
    misspelt = (names < DIFFERENT_NAMES) & ~(births == 1)
    other_person = misspelt | (names < OTHER_NAMES) | (np.nan_to_num(births, nan=1) < OTHER_BIRTH_DATES)
    likest = np.fmax(alike[Role.FIRST_NAME], alike[Role.LAST_NAME])
    least = np.nan_to_num(np.minimum(alike[Role.FIRST_NAME], alike[Role.LAST_NAME]))
    home = street | address | (agrees.get(Role.CITY, nobody) & agrees.get(Role.POSTAL_CODE, nobody))
    named = np.where(home, likest >= SIMILAR, least >= SIMILAR_NAMES)
    same = np.flatnonzero((score >= ENOUGH) & named & (witnesses >= 2) & ~other_person)
    return same, [_why(alike, place) for place in same.tolist()]


def _why(alike: Mapping[Role, Numbers], place: int) -> str:
    """What two people share, in words: “same last name and postal code, similar first name”."""
    likeness = {_NAMED[role]: values[place] for role, values in alike.items()}
    same = [name for name, value in likeness.items() if value == 1]
    similar = [name for name, value in likeness.items() if SIMILAR <= value < 1]
    said = ([f"same {_listed(same)}"] if same else []) + ([f"similar {_listed(similar)}"] if similar else [])
    return ", ".join(said)


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _cells(texts: pa.Table, letter: str, places: Numbers) -> list[str]:
    cells: list[str] = texts.column(letter).take(pa.array(places)).to_pylist()
    return cells


def _alike(part: Part, left: list[str], right: list[str]) -> Numbers:
    """Likeness 0–1, NaN where one is missing."""
    found = cpdist(left, right, scorer=part.likeness, dtype=np.float32)
    missing = np.fromiter((not (a and b) for a, b in zip(left, right, strict=True)), bool, len(left))
    return np.where(missing, np.nan, found)
