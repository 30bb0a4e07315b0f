"""How a column of a platform is filled: from the texts of the fields that play its roles, a block of people at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from segmentation import addresses
from segmentation.catalogue import Role

Fill = Callable[[Sequence[pa.Array], "Counter[str]"], pa.Array]
"""A column's texts from those of its roles, in their order, null where there is none; counts what it leaves out or changes."""


def as_is(texts: Sequence[pa.Array], tally: Counter[str]) -> pa.Array:
    """The text of the first role."""
    return texts[0]


def email(texts: Sequence[pa.Array], tally: Counter[str]) -> pa.Array:
    """Role e-mail: valid addresses with their domain in lower case."""
    found = addresses.emails(texts[0])
    tally["bad_email"] += _filled(texts[0]) - _filled(found)
    return found


def phone(texts: Sequence[pa.Array], tally: Counter[str]) -> pa.Array:
    """Roles phone and country: valid numbers as E.164; a country code is never invented."""
    regions = addresses.countries(texts[1])
    found = addresses.phones(texts[0], regions)
    bad = pc.and_(_is_filled(texts[0]), pc.is_null(found))
    national = pc.invert(pc.starts_with(pc.utf8_ltrim_whitespace(texts[0]), "+"))
    homeless = pc.and_(bad, pc.and_(national, pc.is_null(regions)).fill_null(False))
    tally["no_country_code"] += _count(homeless)
    tally["bad_phone"] += _count(bad) - _count(homeless)
    return found


def first_name(texts: Sequence[pa.Array], tally: Counter[str]) -> pa.Array:
    """Roles first, last and full name; where neither first nor last is known, the full one is split."""
    split = _unnamed(texts)
    tally["name_split"] += _count(split)
    return _split(texts, split, 0)


def last_name(texts: Sequence[pa.Array], tally: Counter[str]) -> pa.Array:
    """Roles last, first and full name, as `first_name`."""
    return _split(texts, _unnamed(texts), 1)


def _unnamed(texts: Sequence[pa.Array]) -> pa.Array:
    own, other, full = map(_is_filled, texts)
    return pc.and_(full, pc.invert(pc.or_(own, other)))


def _split(texts: Sequence[pa.Array], split: pa.Array, part: int) -> pa.Array:
    own, _, full = texts
    parts = [addresses.split_name(text)[part] or None for text in full.filter(split).to_pylist()]
    return pc.replace_with_mask(own, split, pa.array(parts, pa.string()))


def month_and_day(texts: Sequence[pa.Array], tally: Counter[str]) -> pa.Array:
    """Role birth date: MM/DD."""
    day = pc.extract_regex(texts[0], r"^\s*[0-9]{4}-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})(?:[T ].*)?$")
    tally["no_day"] += _filled(texts[0]) - _filled(day)
    return pc.binary_join_element_wise(pc.struct_field(day, 0), pc.struct_field(day, 1), "/")


def one_cell(texts: Sequence[pa.Array], tally: Counter[str]) -> pa.Array:
    """The parts of a postal address in one cell, split by two spaces; nothing without a street, the first part."""
    cell, *others = (pc.replace_substring_regex(pc.utf8_trim_whitespace(text), r"\s+", " ") for text in texts)
    cell = pc.if_else(pc.equal(cell, ""), pa.scalar(None, pa.string()), cell)
    for part in others:
        cell = pc.if_else(_is_filled(part), pc.binary_join_element_wise(cell, part, "  "), cell)
    return cell


def _is_filled(texts: pa.Array) -> pa.Array:
    return pc.not_equal(pc.utf8_trim_whitespace(texts), "").fill_null(False)


def _filled(texts: pa.Array) -> int:
    if pa.types.is_struct(texts.type):
        return int(len(texts) - texts.null_count)
    return _count(_is_filled(texts))


def _count(flags: pa.Array) -> int:
    return int(flags.true_count)


@dataclass(frozen=True)
class Column:
    """One column of a platform's file. Its own role comes first; the others help to fill it."""

    header: str
    roles: tuple[Role, ...] = ()
    fill: Fill = as_is
    tag: bool = False  # it holds the segment's name instead of a field
    lossy: bool = False  # it holds less than its field, which may be written once more as a custom column
