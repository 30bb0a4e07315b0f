"""Addresses that somebody said no to: an opt-out belongs to the address, whoever of the audience else has it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from connectors.destinations.columns import Fill
from connectors.destinations.people import Expression, declined, matching
from segmentation.addresses import folded
from segmentation.audience import Audience
from segmentation.catalogue import Field, Role
from segmentation.plan import Progress


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
    start, end = shares
    first = next(iter(addresses.values()))
    said_no = " OR ".join(declined(field).sql for field in consents)
    found: list[pa.Array] = [pa.array([], pa.string())]
    done = 0
    for block in matching(audience, list(addresses.values()), f"({said_no}) AND ({first.sql}) IS NOT NULL", progress):
        keys = folded(fill(block, Counter()))
        found.append(pc.unique(keys.drop_null()))
        done += len(block[0])
        progress("Looking for addresses that said no", start + (end - start) * min(1.0, done / audience.people))
    return pc.unique(pa.chunked_array(found))
