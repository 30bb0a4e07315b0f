"""The last gate before anything leaves: who has a usable address, who agreed, and who stands in the list already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from connectors.destinations.columns import Fill, email, phone
from connectors.destinations.optouts import opted_out
from connectors.destinations.people import Expression, address_of, agreed, blocks
from connectors.destinations.platforms import CHANNEL_CONSENT, Destination, destination_named
from connectors.destinations.receipt import ExportOptions
from segmentation.addresses import folded
from segmentation.audience import Audience
from segmentation.catalogue import Catalogue, Field, Role
from segmentation.errors import ExportError
from segmentation.plan import Progress

Flags = NDArray[np.bool_]

_READ: dict[Role, tuple[Fill, tuple[Role, ...]]] = {
    Role.EMAIL: (email, (Role.EMAIL,)),
    Role.PHONE: (phone, (Role.PHONE, Role.COUNTRY)),
}
"""How each address is read, and from which roles."""

_WORDS = {
    Role.EMAIL: "an e-mail address",
    Role.PHONE: "a phone number",
    Role.EMAIL_CONSENT: "E-mail consent",
    Role.SMS_CONSENT: "SMS consent",
    Role.ADS_CONSENT: "Ads consent",
}


@dataclass(frozen=True)
class Admission:
    """Who is let through, in file order, and how many were not; each flag array is as long as `rows`."""

    rows: NDArray[np.uint32]
    no_address: int
    not_consented: int
    duplicate: int
    refused: Mapping[Role, Flags]  # the address of this role must stay empty: its owner did not agree to its use
    unasked: frozenset[Role]  # no field says who agreed to the use of these addresses, so all of them stay empty
    taken: Mapping[Role, Flags]  # the address of this role stands in an earlier row
    said_no: Mapping[Role, pa.Array] = field(
        default_factory=dict
    )  # addresses of this role, as `folded`, that somebody declined

    def declined(self, role: Role, values: pa.Array) -> pa.Array:
        """Which of these texts are addresses of this role that somebody of the audience said no to."""
        if role not in self.said_no or not pa.types.is_string(values.type):
            return pa.repeat(False, len(values))
        fill, roles = _READ[role]
        without = [pa.nulls(len(values), pa.string())] * (len(roles) - 1)
        keys = folded(fill([values, *without], Counter()))
        if keys.null_count == len(keys):  # looking up alone takes its time, as all who said no are hashed for it
            return pa.repeat(False, len(values))
        return pc.is_in(keys, value_set=self.said_no[role])

    def first(self, people: int) -> Admission:
        """The same, with the first people only."""
        cut = slice(people)
        refused, taken = ({role: flags[cut] for role, flags in kept.items()} for kept in (self.refused, self.taken))
        return replace(self, rows=self.rows[cut], refused=refused, taken=taken)


def consent_fields(catalogue: Catalogue, destination: str | None = None) -> tuple[Field, ...]:
    """The fields that say who agreed: those that a destination looks at, or all."""
    known = set(CHANNEL_CONSENT.values()) | {Role.ADS_CONSENT}
    if destination is not None:
        row = destination_named(destination)
        known = {row.consent[role] for role in row.reach}
    return tuple(field for field in catalogue.fields if field.role in known)


def admit(
    audience: Audience,
    catalogue: Catalogue,
    rows: NDArray[np.uint32],
    destination: Destination,
    options: ExportOptions,
    progress: Progress,
    tally: Counter[str],
) -> Admission:
    """Send people through the gate; everybody is counted once: no usable address, not consented, duplicate.

    With several kinds of addresses, each is used only where its own consent says yes (every field with that role; missing is
    no) and nobody else of the audience with the same address said no; the first kind that a person has tells people apart.
    Raises `ExportError` where a needed field is not there.
    """
    gated = options.require_address or not destination.is_own
    fields = {role: field for role in destination.reach if (field := catalogue.with_role(role))} if gated else {}
    if gated and not fields:
        wanted = " or ".join(_WORDS[role] for role in destination.reach)
        raise ExportError(
            f"{destination.label} needs {wanted}, and no field of this audience is used as one. "
            "Choose it under “Used as” on the Fields page, or load a table that has one."
        )
    consents = (
        _consents(catalogue, destination, list(fields) or list(destination.reach))
        if options.consent == "respect"
        else None
    )

    optouts = _optouts(audience, catalogue, consents or {}, progress) if len(rows) else {}
    read = tuple(role for role in CHANNEL_CONSENT if role in fields or role in optouts)
    found = _look(audience, catalogue, rows, read, tuple(fields), consents or {}, progress, tally)
    everybody = np.ones(len(rows), dtype=bool)
    nobody = ~everybody
    allowed = {
        role: everybody if consents is None else found.agreed[role] if consents[role] else nobody
        for role in CHANNEL_CONSENT
    }
    elsewhere = {role: allowed[role] & _among(found.keys[role], said_no) for role, said_no in optouts.items()}
    allowed |= {role: allowed[role] & ~flags for role, flags in elsewhere.items()}
    tally["no_elsewhere"] += int(np.count_nonzero(np.logical_or.reduce([nobody, *elsewhere.values()])))
    refused = {role: ~flags for role, flags in allowed.items() if consents is not None}
    usable = np.logical_or.reduce([found.usable[role] for role in fields]) if gated else everybody
    held = {role: found.usable[role] & allowed[role] for role in fields}
    admitted = np.logical_or.reduce(list(held.values()) if gated else [allowed[role] for role in destination.reach])
    written = {role: found.usable[role] & admitted & ~refused.get(role, nobody) for role in fields}
    duplicate, taken = _duplicates(held, written, found.keys, len(rows))

    kept = admitted & ~duplicate
    return Admission(
        rows[kept],
        int(np.count_nonzero(~usable)),
        int(np.count_nonzero(usable & ~admitted)),
        int(np.count_nonzero(admitted & duplicate)),
        {role: flags[kept] for role, flags in refused.items()},
        frozenset() if consents is None else frozenset(role for role, asked in consents.items() if not asked),
        {role: flags[kept] for role, flags in taken.items()},
        optouts,
    )


def _consents(catalogue: Catalogue, destination: Destination, reach: Sequence[Role]) -> dict[Role, tuple[Field, ...]]:
    fields = {
        role: tuple(field for field in catalogue.fields if field.role is destination.consent[role])
        for role in CHANNEL_CONSENT
    }
    if not any(fields[role] for role in reach):
        wanted = " or ".join(dict.fromkeys(f"“{_WORDS[destination.consent[role]]}”" for role in reach))
        through = "" if destination.is_own else f" through {destination.label}"
        raise ExportError(
            f"No field of this audience says who agreed to be contacted{through}. Set “Used as” "
            f"of the field that does to {wanted} on the Fields page, or choose to export without looking at consent."
        )
    return fields


def _optouts(
    audience: Audience, catalogue: Catalogue, consents: Mapping[Role, Sequence[Field]], progress: Progress
) -> dict[Role, pa.Array]:
    """For each kind of address those that somebody of the audience said no to; kinds without any are left out."""
    asked = [role for role, fields in consents.items() if fields and catalogue.with_role(role)]
    found = {}
    for place, role in enumerate(asked):
        fill, roles = _READ[role]
        addresses = {needed: _of_role(catalogue, needed) for needed in roles}
        shares = place / len(asked) / 10, (place + 1) / len(asked) / 10
        found[role] = opted_out(audience, fill, addresses, consents[role], progress, shares)
    return {role: keys for role, keys in found.items() if len(keys)}


def _among(keys: pa.ChunkedArray, said_no: pa.Array) -> Flags:
    return np.asarray(pc.is_in(keys, value_set=said_no).to_numpy(), dtype=bool)


@dataclass(frozen=True)
class _Found:
    """What the gate saw of people: usable addresses with what they are compared by, and consents."""

    usable: dict[Role, Flags]
    keys: dict[Role, pa.ChunkedArray]  # of a single block: an array
    agreed: dict[Role, Flags]


def _look(
    audience: Audience,
    catalogue: Catalogue,
    rows: NDArray[np.uint32],
    kinds: Sequence[Role],
    reach: Sequence[Role],
    consents: Mapping[Role, Sequence[Field]],
    progress: Progress,
    tally: Counter[str],
) -> _Found:
    """Read the addresses of these `kinds` and all consents; who cannot be reached by any of `reach` is looked at for why."""
    read = [needed for role in kinds for needed in _READ[role][1]]
    expressions = [_of_role(catalogue, role) for role in read]
    asked = [(role, agreed(field)) for role, asked in consents.items() for field in asked]
    columns = [*expressions, *(expression for _, expression in asked)]

    def look(part: slice, block: Sequence[pa.Array]) -> tuple[_Found, int, Counter[str]]:
        texts = dict(zip(read, block, strict=False))
        counted: Counter[str] = Counter()
        usable: dict[Role, Flags] = {}
        keys: dict[Role, pa.Array] = {}
        for role in kinds:
            fill, roles = _READ[role]
            found = fill([texts[r] for r in roles], Counter())
            usable[role] = found.is_valid().to_numpy(zero_copy_only=False)
            keys[role] = folded(found)
        lost = ~np.logical_or.reduce([np.zeros(len(block[0]), dtype=bool), *(usable[role] for role in reach)])
        for role in reach:
            fill, roles = _READ[role]
            fill([texts[r].filter(pa.array(lost)) for r in roles], counted)
        said: dict[Role, Flags] = {}
        for (role, _), answer in zip(asked, block[len(read) :], strict=True):
            said[role] = said.get(role, True) & answer.to_numpy(zero_copy_only=False)
        return _Found(usable, keys, said), part.stop, counted

    parts: list[_Found] = []
    for found, done, counted in blocks(audience, rows, columns, progress, look) if columns else ():
        parts.append(found)
        tally.update(counted)
        progress("Checking addresses and consent", 0.1 + done / len(rows) * 0.4)
    return _Found(
        {role: _joined([part.usable[role] for part in parts]) for role in kinds},
        {role: pa.chunked_array([part.keys[role] for part in parts], pa.string()) for role in kinds},
        {role: _joined([part.agreed[role] for part in parts]) for role, _ in asked},
    )


def _of_role(catalogue: Catalogue, role: Role) -> Expression:
    field = catalogue.with_role(role)
    return address_of(field) if field else Expression("CAST(NULL AS VARCHAR)")


def _joined(parts: Sequence[Flags]) -> Flags:
    return np.concatenate([np.zeros(0, dtype=bool), *parts])


def _duplicates(
    held: Mapping[Role, Flags], written: Mapping[Role, Flags], keys: Mapping[Role, pa.ChunkedArray], people: int
) -> tuple[Flags, dict[Role, Flags]]:
    """Whose first address stands in an earlier row, and whose further addresses do.

    `held`: may be used to reach the person; `written`: would stand in the file.
    """
    duplicate = np.zeros(people, dtype=bool)
    identified = np.zeros(people, dtype=bool)
    taken: dict[Role, Flags] = {}
    for role, holders in held.items():
        candidates = written[role] & ~duplicate
        again = candidates & ~_first_of_each(keys[role], candidates)
        identity = holders & ~identified
        duplicate |= again & identity
        taken[role] = again & ~identity
        identified |= holders
    return duplicate, taken


def _first_of_each(keys: pa.ChunkedArray, holding: Flags) -> Flags:
    coded = keys.filter(pa.array(holding)).dictionary_encode()  # codes are given in the order of their first rows
    codes = np.concatenate([np.zeros(0, dtype=np.int32), *(chunk.indices.to_numpy() for chunk in coded.chunks)])
    before = np.maximum.accumulate(np.concatenate([[-1], codes]))[:-1]
    first = np.zeros(len(holding), dtype=bool)
    first[np.flatnonzero(holding)[codes > before]] = True
    return first
