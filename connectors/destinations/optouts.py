"""Addresses that somebody said no to: an opt-out belongs to the address, whoever of the audience else has it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from weakref import WeakKeyDictionary

import pyarrow as pa
import pyarrow.compute as pc

from connectors.destinations.columns import Fill
from connectors.destinations.people import Expression, blocks, declined, matching
from segmentation.addresses import folded
from segmentation.audience import Audience
from segmentation.catalogue import Field, Role
from segmentation.plan import Progress

_Question = tuple[tuple[str, ...], tuple[str, ...]]

# Every look at the Export page asks again, and an audience version never changes. Of each kind of address only the latest answer stays.
_ANSWERS: WeakKeyDictionary[Audience, dict[Role, tuple[_Question, pa.Array]]] = WeakKeyDictionary()


def opted_out(
    audience: Audience,
    fill: Fill,
    addresses: Mapping[Role, Expression],
    consents: Sequence[Field],
    progress: Progress,
    shares: tuple[float, float],
) -> pa.Array:
    """What the addresses are compared by (as `folded`), each once, of all people of the audience with a no in `consents`.

    `addresses`: what `fill` reads, the address first. `shares`: where this part of the work begins and ends.
    """
    said_no = tuple(declined(field).sql for field in consents)
    question = tuple(expression.sql for expression in addresses.values()), said_no
    answers = _ANSWERS.setdefault(audience, {})
    role = next(iter(addresses))
    known, keys = answers.get(role, (None, None))
    if known != question:
        keys = _read(audience, fill, list(addresses.values()), said_no, progress, shares)
        answers[role] = question, keys
    return keys


def _read(
    audience: Audience,
    fill: Fill,
    addresses: Sequence[Expression],
    said_no: Sequence[str],
    progress: Progress,
    shares: tuple[float, float],
) -> pa.Array:
    start, end = shares
    rows = matching(audience, f"({' OR '.join(said_no)}) AND ({addresses[0].sql}) IS NOT NULL", progress)

    def keys(part: slice, block: Sequence[pa.Array]) -> tuple[pa.Array, int]:
        return pc.unique(folded(fill(block, Counter())).drop_null()), part.stop

    found: list[pa.Array] = [pa.array([], pa.string())]
    for unique, done in blocks(audience, rows, addresses, progress, keys):
        found.append(unique)
        progress("Looking for addresses that said no", start + (end - start) * done / len(rows))
    return pc.unique(pa.chunked_array(found))
