"""Which columns a list has: those of the platform, filled from fields by their roles, then the marketer's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from connectors.destinations.columns import Fill, as_is
from connectors.destinations.gate import Admission
from connectors.destinations.people import Expression, address_of, text_of
from connectors.destinations.platforms import Destination
from connectors.destinations.receipt import ExportOptions
from connectors.destinations.sheets import clipped
from segmentation.catalogue import PERSONAL, Catalogue, Field, Role
from segmentation.errors import ExportError, HandpickError

_CHANNELS = (Role.EMAIL, Role.PHONE)
_ADDRESSES = (*_CHANNELS, Role.COUNTRY)


@dataclass(frozen=True)
class _Source:
    """A field to read. `known_as` is the platform's address it fills, which stands in one row only.

    `judged`: the gate has looked at this very field, so that what may not be used of it is refused already.
    """

    expression: Expression
    role: Role
    known_as: Role | None = None
    judged: bool = False


@dataclass(frozen=True)
class _Laid:
    """A column of the file: the places of its sources (None: no field plays the role), or the same text for everybody."""

    header: str
    sources: tuple[int | None, ...] = ()
    fill: Fill = as_is
    text: str | None = None
    personal: bool = False


@dataclass(frozen=True)
class Layout:
    """The file's columns and what has to be read for them."""

    sources: tuple[_Source, ...]
    columns: tuple[_Laid, ...]

    @property
    def headers(self) -> tuple[str, ...]:
        """The header row."""
        return tuple(column.header for column in self.columns)

    @property
    def personal(self) -> tuple[bool, ...]:
        """For each column whether it holds what is masked on screen."""
        return tuple(column.personal for column in self.columns)

    def holds(self, role: Role) -> bool:
        """Whether a column is filled from a field of this role."""
        return any(source.role is role for source in self.sources)

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """What to read of each person."""
        return tuple(source.expression for source in self.sources)

    def filled(
        self,
        block: Sequence[pa.Array],
        admission: Admission,
        part: slice,
        cell_bytes: int | None,
        tally: Counter[str],
    ) -> list[pa.Array]:
        """The file's columns for a block of people; `part` is their place among the admitted."""
        size = len(block[0])
        read = [
            self._withheld(source, values, admission, part, tally)
            for source, values in zip(self.sources, block, strict=True)
        ]
        nothing = pa.nulls(size, pa.string())
        columns = []
        for column in self.columns:
            if column.text is not None:
                texts = pa.repeat(column.text, size)
            else:
                chosen = [nothing if place is None else read[place] for place in column.sources]
                texts = column.fill(chosen or [nothing], tally)
            columns.append(texts if cell_bytes is None else clipped(texts, cell_bytes, tally))
        return columns

    def _withheld(
        self,
        source: _Source,
        values: pa.Array,
        admission: Admission,
        part: slice,
        tally: Counter[str],
    ) -> pa.Array:
        withheld = (("refused", source.role, admission.refused), ("taken", source.known_as, admission.taken))
        for name, role, flags in withheld:
            if role is None or role not in flags or not flags[role][part].any():
                continue
            before = values.null_count
            values = pc.replace_with_mask(values, pa.array(flags[role][part]), pa.scalar(None, values.type))
            if role not in admission.unasked:  # that is said of all of them at once
                tally[f"{role.value}_{name}"] += values.null_count - before
        if not source.judged:
            values = self._declined(source, values, admission, part, tally)
        return values

    def _declined(
        self, source: _Source, values: pa.Array, admission: Admission, part: slice, tally: Counter[str]
    ) -> pa.Array:
        """Further columns with addresses, and ids that are e-mail addresses, without those that may not be used."""
        role = Role.EMAIL if source.role is Role.PERSON_ID else source.role
        hidden = admission.declined(role, values)
        if source.role is Role.PERSON_ID and role in admission.refused and pa.types.is_string(values.type):
            own = pc.and_(pc.match_substring(values, "@"), pa.array(admission.refused[role][part]))
            hidden = pc.or_(hidden, pc.fill_null(own, False))
        if not pc.any(hidden).as_py():
            return values
        tally[f"{role.value}_refused"] += pc.sum(pc.and_(hidden, values.is_valid())).as_py()
        return pc.replace_with_mask(values, hidden, pa.scalar(None, values.type))


def lay_out(
    catalogue: Catalogue,
    destination: Destination,
    options: ExportOptions,
    segment_name: str,
    zone: str,
    *,
    as_text: bool = False,
) -> Layout:
    """The columns for these options, moments in `zone`; `as_text` reads values as they are shown. Raises `ExportError` for unknown fields."""
    chosen = [_field(catalogue, name) for name in dict.fromkeys(options.columns)]
    if destination.is_own and not chosen:
        raise ExportError(f"No column is chosen for {destination.label}. Choose at least one field.")
    sources: list[_Source] = []
    places: dict[Role, int] = {}
    columns: list[_Laid] = []
    written: set[str] = set()  # fields that a column of the platform holds in full
    for column in destination.columns:
        fields = [catalogue.with_role(role) for role in column.roles]
        for role, field in zip(column.roles, fields, strict=True):
            if field is not None and role not in places:
                places[role] = len(sources)
                read = address_of(field) if role in _ADDRESSES else text_of(field, zone, destination.separator)
                sources.append(_Source(read, role, role, judged=role is not Role.PERSON_ID))
        if fields and fields[0] is not None and not column.lossy:
            written.add(fields[0].name)
        columns.append(
            _Laid(
                column.header,
                tuple(places.get(role) for role in column.roles),
                column.fill,
                segment_name.replace(",", " ") if column.tag else None,
                bool(PERSONAL & set(column.roles)),
            )
        )
    value = text_of if as_text else destination.sheet.value
    for field in chosen:
        if field.name in written:
            continue
        header = _unused(field, destination, zone, [column.header for column in columns])
        columns.append(_Laid(header, (len(sources),), personal=field.role in PERSONAL))
        judged = field.role in _CHANNELS and field == catalogue.with_role(field.role)
        sources.append(_Source(value(field, zone, destination.separator), field.role, judged=judged))
    return Layout(tuple(sources), tuple(columns))


def _field(catalogue: Catalogue, name: str) -> Field:
    try:
        return catalogue.field(name)
    except HandpickError as error:
        raise ExportError(str(error)) from error


def _unused(field: Field, destination: Destination, zone: str, used: Sequence[str]) -> str:
    """A header of the field's label that no other column has; platforms ignore the case of letters."""
    taken = {header.casefold() for header in used}
    number = 1
    while True:
        label = field.label if number == 1 else f"{field.label} ({number})"
        header = destination.sheet.header(destination.custom_header(label), field.kind, zone)
        if header.casefold() not in taken:
            return header
        number += 1
