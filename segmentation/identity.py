"""Records that are one person: joined by keys they share, transitively, with guard rails, and a reason for every link.

A key is a kind (“email”) and a value in its one form. Rules that a reader of the numbers needs:
- A key that more than `most` records have is a placeholder's or an office's: it links nobody, unless it is allowed.
- Two records of one source are two ids that somebody keeps apart. Only a `sure` key makes them one; any other key that two people of
  one source share says nothing about which of them a third record is, and links nobody.
- Records that are to stay apart do so whatever links them, also in a roundabout way.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

MOST = 10  # records
Numbers = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Rule:
    """What a kind of key may do: `sure` makes also two ids of one source one person; `most`: records that may share it."""

    sure: bool = True
    most: int = MOST


@dataclass(frozen=True)
class Refused:
    """A key that links nobody: its kind and value, how many records have it, and whether they are too many or of several people."""

    kind: str
    value: str
    records: int
    crowded: bool


@dataclass(frozen=True)
class Identified:
    """Who is who: for each record the first record of its person, why, and which keys were not used.

    `links` has a row for each used key and record: `one` < `other` (records), `kind`, `value`. `refused` come most frequent first.
    """

    person: Numbers
    links: pa.Table
    refused: tuple[Refused, ...]

    @property
    def people(self) -> int:
        """How many people the records are."""
        return int((self.person == np.arange(len(self.person))).sum())


def identified(
    records: int,
    keys: pa.Table,
    rules: Mapping[str, Rule],
    *,
    sources: NDArray[Any] | None = None,
    apart: Iterable[tuple[int, int]] = (),
    allowed: Collection[tuple[str, str]] = (),
) -> Identified:
    """The people that `records` (0 … records - 1) are.

    `keys` has a row for each key of a record: `record`, `kind`, `value` (text, null says nothing); the rules' order is that in which
    keys are believed. `sources`: that of each record; None: none has two ids of one person. `apart`: pairs of records that are two
    people. `allowed`: keys, as (kind, value), that are sure and may link however many records.
    """
    source = np.arange(records) if sources is None else np.unique(sources, return_inverse=True)[1].astype(np.int64)
    divided = [(min(pair), max(pair)) for pair in apart]
    shared = _Shared(keys, rules, allowed)
    sure = _joined(records, shared, shared.sure, source, divided, None)
    several = shared.several(sure, source) & ~shared.sure & shared.used
    shared.used &= ~several
    person = _joined(records, shared, shared.used, source, divided, sure)
    return Identified(person, shared.links(person), shared.refused(several))


class _Shared:
    """The keys that several records have: key k belongs to `record[start[k] : start[k + 1]]`, in ascending order."""

    def __init__(self, keys: pa.Table, rules: Mapping[str, Rule], allowed: Collection[tuple[str, str]]) -> None:
        self.kinds = list(rules)
        known = keys.filter(
            pc.and_(pc.is_valid(keys["value"]), pc.is_in(keys["kind"], value_set=pa.array(self.kinds, pa.string())))
        ).combine_chunks()
        kind = pc.index_in(known["kind"], value_set=pa.array(self.kinds, pa.string())).to_numpy().astype(np.int64)
        encoded = pc.dictionary_encode(known["value"]).combine_chunks()
        if isinstance(encoded, pa.ChunkedArray):
            encoded = encoded.chunk(0) if encoded.num_chunks else pa.array([], pa.string()).dictionary_encode()
        self.values = encoded.dictionary
        both = kind * (len(self.values) + 1) + encoded.indices.to_numpy()
        record = known["record"].to_numpy().astype(np.int64)
        order = np.lexsort((record, both))
        both, record = both[order], record[order]
        once = np.ones(len(both), dtype=bool)
        once[1:] = (both[1:] != both[:-1]) | (record[1:] != record[:-1])
        key, count = np.unique(both[once], return_counts=True)
        kept = count > 1
        self.key, self.count = key[kept], count[kept].astype(np.int64)
        self.record = record[once][np.repeat(kept, count)]
        self.start = np.concatenate([[0], np.cumsum(self.count)])
        self.kind, self.value = np.divmod(self.key, len(self.values) + 1)
        self.of = np.repeat(np.arange(len(self.key)), self.count)
        self.crowded = self.count > np.array([rules[name].most for name in self.kinds] or [0])[self.kind]
        allowed_places = self._places(allowed)
        self.crowded[allowed_places] = False
        self.used: Mask = ~self.crowded
        self.sure: Mask = self.used & np.array([rules[name].sure for name in self.kinds] or [False])[self.kind]
        self.sure[allowed_places] = True

    def _places(self, keys: Collection[tuple[str, str]]) -> list[int]:
        """Where these keys, as (kind, value), are; those that no two records have are nowhere."""
        found = []
        for kind, text in keys:
            value = pc.index(self.values, text).as_py()
            if kind in self.kinds and value >= 0:
                code = self.kinds.index(kind) * (len(self.values) + 1) + value
                place = int(np.searchsorted(self.key, code))
                found += [place] if place < len(self.key) and self.key[place] == code else []
        return found

    def named(self, place: int) -> tuple[str, str]:
        """The kind and value of a key."""
        return self.kinds[self.kind[place]], self.values[int(self.value[place])].as_py()

    def several(self, person: Numbers, source: Numbers) -> Mask:
        """The keys that two people of one source have."""
        found = np.zeros(len(self.key), dtype=bool)
        found[_several(self.of, source[self.record], person[self.record])] = True
        return found

    def edges(self, used: Mask) -> tuple[Numbers, Numbers, Numbers]:
        """The key, the first record that has it and each other one."""
        other = used[self.of]
        other[self.start[:-1]] = False
        of = self.of[other]
        return of, self.record[self.start[of]], self.record[other]

    def links(self, person: Numbers) -> pa.Table:
        """The used keys between records that are one person; what was torn apart is linked to the first that is left."""
        of, record = self.of[self.used[self.of]], self.record[self.used[self.of]]
        order = np.lexsort((record, person[record], of))
        of, record = of[order], record[order]
        new = np.ones(len(of), dtype=bool)
        new[1:] = (of[1:] != of[:-1]) | (person[record[1:]] != person[record[:-1]])
        first = record[np.maximum.accumulate(np.where(new, np.arange(len(of)), 0))] if len(of) else record
        one, other, of = first[~new], record[~new], of[~new]
        return pa.table(
            {
                "one": pa.array(one, pa.uint32()),
                "other": pa.array(other, pa.uint32()),
                "kind": pa.array(self.kinds, pa.string()).take(pa.array(self.kind[of])),
                "value": self.values.take(pa.array(self.value[of])),
            }
        )

    def refused(self, several: Mask) -> tuple[Refused, ...]:
        """The keys that are not used."""
        places = np.flatnonzero(self.crowded | several)
        ordered = places[np.argsort(-self.count[places], kind="stable")].tolist()
        return tuple(
            Refused(*self.named(place), int(self.count[place]), bool(self.crowded[place])) for place in ordered
        )


def _joined(
    records: int,
    shared: _Shared,
    used: Mask,
    source: Numbers,
    apart: list[tuple[int, int]],
    sure: Numbers | None,
) -> Numbers:
    """The first record of each record's person by these keys; where people would be put together who may not, key by key.

    `sure`: the people by sure keys, who are whole; what links them may not make two people of one source one.
    """
    _, one, other = shared.edges(used)
    if sure is not None:
        one, other = np.concatenate([one, sure]), np.concatenate([other, np.arange(records)])
    person = _components(records, one, other)
    contested = {int(person[left]) for left, right in apart if person[left] == person[right]}
    if sure is not None:
        contested |= set(_several(person, source, sure).tolist())
    if contested:
        among = np.isin(person, np.array(sorted(contested)))
        _one_by_one(person, among, shared, used, source, apart, sure)
    return person


def _several(group: Numbers, source: Numbers, person: Numbers) -> Numbers:
    """The groups in which one source has two people."""
    order = np.lexsort((person, source, group))
    group, source, person = group[order], source[order], person[order]
    again = (group[1:] == group[:-1]) & (source[1:] == source[:-1]) & (person[1:] != person[:-1])
    found: Numbers = group[1:][again]
    return found


def _components(records: int, one: Numbers, other: Numbers) -> Numbers:
    """The lowest record that each record is connected with."""
    lowest = np.arange(records)
    while True:
        left, right = lowest[one], lowest[other]
        differ = left != right
        if not differ.any():
            return lowest
        one, other, left, right = one[differ], other[differ], left[differ], right[differ]
        np.minimum.at(lowest, np.maximum(left, right), np.minimum(left, right))
        while (lowest[lowest] != lowest).any():
            lowest = lowest[lowest]


def _one_by_one(
    person: Numbers,
    among: Mask,
    shared: _Shared,
    used: Mask,
    source: Numbers,
    apart: list[tuple[int, int]],
    sure: Numbers | None,
) -> None:
    """Put the records `among` together anew, the most believed keys first, and nobody with whom he may not be."""
    records = np.flatnonzero(among).tolist()
    first = {record: record if sure is None else int(sure[record]) for record in records}
    members: dict[int, list[int]] = {}
    for record, top in first.items():
        members.setdefault(top, []).append(record)
    enemies: dict[int, set[int]] = {}
    for left, right in apart:
        enemies.setdefault(left, set()).add(right)
        enemies.setdefault(right, set()).add(left)

    def may(one: int, other: int) -> bool:
        theirs = set(members[other])
        if any(enemies.get(record, theirs) & theirs for record in members[one] if record in enemies):
            return False
        return sure is None or not {source[r] for r in members[one]} & {source[r] for r in theirs}

    for holders in _holders(shared, used, among):
        for known, record in combinations(holders, 2):
            one, other = sorted((first[known], first[record]))
            if one != other and may(one, other):
                for moved in members[other]:
                    first[moved] = one
                members[one] += members.pop(other)
    for record in records:
        person[record] = first[record]


def _holders(shared: _Shared, used: Mask, among: Mask) -> Iterator[list[int]]:
    """The records of each used key, as far as they are `among` these."""
    places = np.unique(shared.of[used[shared.of] & among[shared.record]])
    for place in places[np.argsort(shared.kind[places], kind="stable")].tolist():
        yield [r for r in shared.record[shared.start[place] : shared.start[place + 1]].tolist() if among[r]]
