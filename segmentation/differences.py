"""What is more and what is less frequent in a segment than in the whole base, where that cannot be chance."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from decimal import Decimal
from itertools import pairwise
from math import sqrt
from typing import Any

from segmentation.audience import Audience, quoted
from segmentation.bins import number_words, place_in
from segmentation.catalogue import PERSONAL, Catalogue, Field, Kind, Role
from segmentation.jobs import QUIET
from segmentation.membership import Membership
from segmentation.plan import Progress
from segmentation.values import COUNTED, JOINED, asked, asked_once, rows_of

MOST_SHOWN = 15
MOST_DISTINCT = 200
NUMBERS_AS_VALUES = 10  # a number with no more distinct values is compared value by value
SUPPORT, SUPPORT_SHARE = 30, 0.01
LEAST_EXPECTED = 5
LEAST_Z = 3.0
_LEFT_OUT = PERSONAL | {Role.PERSON_ID, Role.LATITUDE, Role.LONGITUDE}


@dataclass(frozen=True)
class Difference:
    """A value that is more or less frequent in a segment than in the base; `value` None is “no value”.

    `index` is share in the segment ÷ share in the base × 100, the index number of media planning: 100 is average, 150 half
    as much again (https://www.mediapost.com/publications/article/337729/so-you-think-you-know-what-index-means.html).
    `z` compares the segment with the rest of the base, see `z_score`.
    """

    field: str
    label: str
    value: str | None
    in_segment: int
    in_base: int
    share_segment: float
    share_base: float
    index: float
    z: float


@dataclass(frozen=True)
class Differences:
    """The most telling differences of a segment, the strongest first."""

    over: tuple[Difference, ...] = ()
    under: tuple[Difference, ...] = ()


def differences(
    audience: Audience,
    catalogue: Catalogue,
    members: Membership,
    limit: int = MOST_SHOWN,
    exclude: frozenset[str] = frozenset(),
    progress: Progress = QUIET,
) -> Differences:
    """What is over- and under-represented in the segment, at most `limit` of each, whatever cannot be chance.

    Looked at: texts of up to 200 values, yes/no, items of lists, and numbers by quarters of the base; not the fields named
    in `exclude` (those that define the segment), hidden ones and those of single people. Shown is what concerns at least
    30 people or 1 % of the segment, with |z| ≥ 3, and at least 5 people expected in all four cells of the comparison
    (W. Cochran, “Some methods for strengthening the common χ² tests”, Biometrics 10 (1954)).
    """
    segment, base = members.count, audience.people
    if segment in (0, base):
        return Differences()
    found: list[tuple[float, Difference]] = []
    for field, value, n, k in _compared(audience, catalogue, members, exclude, progress):
        common = n / base
        if min(segment, base - segment) * min(common, 1 - common) < LEAST_EXPECTED:
            continue
        in_question = max(k, segment * common)
        z = z_score(k, segment, n - k, base - segment)
        if abs(z) >= LEAST_Z and in_question >= min(SUPPORT, SUPPORT_SHARE * segment):
            own = k / segment
            difference = Difference(field.name, field.label, value, k, n, own, common, own / common * 100, z)
            found.append((_strength(difference, segment), difference))
    found.sort(key=lambda entry: (-entry[0], entry[1].label, entry[1].value or ""))
    over = tuple(difference for _, difference in found if difference.z > 0)
    under = tuple(difference for _, difference in found if difference.z < 0)
    return Differences(over[:limit], under[:limit])


def z_score(hits: int, size: int, other_hits: int, other_size: int) -> float:
    """How many standard errors the first share lies above the second; 0 where neither group can differ.

    The two-proportion z-test with pooled variance (NIST/SEMATECH e-Handbook of Statistical Methods, 7.3.3,
    https://www.itl.nist.gov/div898/handbook/prc/section3/prc33.htm).
    """
    if not size or not other_size:
        return 0.0
    pooled = (hits + other_hits) / (size + other_size)
    error = sqrt(pooled * (1 - pooled) * (1 / size + 1 / other_size))
    return (hits / size - other_hits / other_size) / error if error else 0.0


def _strength(difference: Difference, segment: int) -> float:
    """Absolute times relative change of the share, so that neither trifles nor commonplaces lead.

    The JLH score of Elasticsearch's significant terms, turned round for under-representation, where nobody counts as half
    a person (https://www.elastic.co/docs/reference/aggregations/search-aggregations-bucket-significantterms-aggregation).
    """
    own, common = difference.share_segment, difference.share_base
    if own >= common:
        return (own - common) * own / common
    return (common - own) * common / max(own, 0.5 / segment)


@dataclass(frozen=True)
class _Compared:
    """A field as an SQL column of few values with its parameters, and how such a value reads; None is left out."""

    field: Field
    column: str
    words: Callable[[str], str | None] = str
    parameters: Mapping[str, Any] = dataclass_field(default_factory=dict)


def _compared(
    audience: Audience, catalogue: Catalogue, members: Membership, exclude: frozenset[str], progress: Progress
) -> Iterator[tuple[Field, str | None, int, int]]:
    """(field, value, people in the base, in the segment); of yes and no only yes, for no says the same."""
    fields = [f for f in catalogue.fields if f.name not in exclude and f.role not in _LEFT_OUT and not f.hidden]
    for place, field in enumerate(fields):
        progress(f"Comparing {field.label}", place / len(fields))
        column = _column(audience, field, progress)
        if column is None:
            continue
        for value, n, k in _counted(audience, members, column, progress):
            said = None if value is None else column.words(value)
            if value is None or said is not None:
                yield field, said, n, k


def _column(audience: Audience, field: Field, progress: Progress) -> _Compared | None:
    match field.kind:
        case Kind.YES_NO:
            return _Compared(field, quoted(field.name), {"true": "yes", "false": None}.get)
        case Kind.LIST:
            return _Compared(field, quoted(field.name))
        case Kind.NUMBER if field.distinct > NUMBERS_AS_VALUES:
            return _quarters(audience, field, progress)
        case Kind.NUMBER | Kind.TEXT if field.distinct <= MOST_DISTINCT:
            return _Compared(field, quoted(field.name), _number if field.kind == Kind.NUMBER else str)
    return None


def _number(text: str) -> str:
    return number_words(Decimal(text)) if Decimal(text).is_finite() else text


def _quarters(audience: Audience, field: Field, progress: Progress) -> _Compared | None:
    """A number by the quarters of the base it falls into; equal quartiles make fewer."""
    name = quoted(field.name)
    quartiles = f"SELECT quantile_disc({name}, [0, 0.25, 0.5, 0.75]) FILTER (isfinite({name})) FROM people"
    ((found,),) = asked_once(audience, quartiles, progress)
    if found is None:
        return None
    edges = sorted(set(found[1:]))
    place, parameters = place_in(name, edges, "<=")
    return _Compared(field, place, _quarter_words(found[0], edges), parameters)


def _quarter_words(lowest: Any, edges: Sequence[Any]) -> Callable[[str], str]:
    """How the bands between quartiles read, each with its upper edge in."""
    shown = [number_words(edge) for edge in edges]
    words = [shown[0] if lowest == edges[0] else f"up to {shown[0]}"]
    for (low, high), (low_words, high_words) in zip(pairwise(edges), pairwise(shown), strict=True):
        if not isinstance(low, int):
            words.append(f"over {low_words} to {high_words}")
        else:
            words.append(high_words if low + 1 == high else f"{number_words(low + 1)} to {high_words}")
    words.append(f"over {shown[-1]}")
    return lambda place: words[int(place)]


def _counted(
    audience: Audience, members: Membership, compared: _Compared, progress: Progress
) -> list[tuple[str | None, int, int]]:
    """(value, people in the base, in the segment)."""
    grouped = f"SELECT c, {COUNTED} FROM (SELECT {compared.column} AS c FROM people) {JOINED} GROUP BY c"
    value = "CAST(c AS VARCHAR)"
    if compared.field.kind == Kind.LIST:  # equal lists were counted together: that is faster by far
        value = "unnest(coalesce(list_distinct(c), [NULL]))"
    statement = f"SELECT value, sum(n)::BIGINT, sum(k)::BIGINT FROM (SELECT {value} AS value, n, k FROM ({grouped})) GROUP BY value"
    return rows_of(asked(audience, statement, compared.parameters, members, progress))
