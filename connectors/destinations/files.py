"""Writing a segment's people as a file for a destination, with a receipt that accounts for everybody."""

from __future__ import annotations

import os
import re
import secrets
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from xlsxwriter.exceptions import XlsxWriterException

from connectors.destinations.gate import Admission, admit
from connectors.destinations.layout import Layout, lay_out
from connectors.destinations.people import blocks
from connectors.destinations.platforms import Destination, destination_named
from connectors.destinations.receipt import ExportOptions, Preview, Receipt, sentences
from segmentation.audience import Audience
from segmentation.catalogue import Catalogue, Role
from segmentation.errors import ExportError
from segmentation.jobs import QUIET
from segmentation.plan import Progress

PREVIEW_ROWS = 5
T = TypeVar("T")


def export(
    audience: Audience,
    catalogue: Catalogue,
    rows: NDArray[np.uint32],
    options: ExportOptions,
    into: Path,
    *,
    segment_name: str,
    zone: str,
    progress: Progress,
) -> Receipt:
    """Write the people in `rows` (ascending row numbers) into a new file of the folder `into`, whole or not at all; moments in `zone`.

    Raises `ExportError`, and `Cancelled`; both leave nothing behind.
    """
    destination = destination_named(options.destination)
    tally: Counter[str] = Counter()
    layout = lay_out(catalogue, destination, options, segment_name, zone)
    admission = admit(audience, catalogue, rows, destination, options, progress, tally)
    _check_limits(destination, layout, len(admission.rows))
    written_at = datetime.now(UTC)
    name = f"{slug(segment_name)}_{destination.name}_{written_at:%Y%m%dT%H%M%SZ}_{secrets.token_hex(3)}.{destination.extension}"
    with _written_beside(into / name) as path:
        safe = options.spreadsheet_safe and destination.is_own
        with destination.sheet(path, layout.headers, tally, safe=safe) as sheet:
            for made, done in _pages(audience, layout, admission, destination, progress, tally, sheet.made):
                sheet.write(made)
                progress("Writing the list", 0.5 + done / len(admission.rows) / 2)
        size = path.stat().st_size
    return Receipt(
        **_numbers(rows, admission),
        notes=(*sentences(tally), *_remarks(destination, options, layout, admission, size)),
        file_name=name,
        written_at=written_at,
        destination=destination.name,
        segment=segment_name,
    )


def preview(
    audience: Audience,
    catalogue: Catalogue,
    rows: NDArray[np.uint32],
    options: ExportOptions,
    *,
    segment_name: str = "",
    zone: str,
    progress: Progress = QUIET,
) -> Preview:
    """What `export` would write: all its numbers, and its first rows; notes only on those people who are left out."""
    destination = destination_named(options.destination)
    tally: Counter[str] = Counter()
    layout = lay_out(catalogue, destination, options, segment_name, zone, as_text=True)
    admission = admit(audience, catalogue, rows, destination, options, progress, tally)
    _check_limits(destination, layout, len(admission.rows))
    first = admission.first(PREVIEW_ROWS)
    pages = _pages(audience, layout, first, destination, progress, Counter(), lambda columns, _: columns)
    shown = [row for columns, _ in pages for row in zip(*(c.to_pylist() for c in columns), strict=True)]
    return Preview(
        **_numbers(rows, admission),
        notes=(*sentences(tally), *_remarks(destination, options, layout, admission, 0)),
        headers=layout.headers,
        personal=layout.personal,
        rows=tuple(tuple(text or "" for text in row) for row in shown),
    )


def slug(name: str) -> str:
    """A segment's name as part of a file name: small Latin letters, digits and hyphens, at most 40."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].rstrip("-") or "segment"


def _pages(
    audience: Audience,
    layout: Layout,
    admission: Admission,
    destination: Destination,
    progress: Progress,
    tally: Counter[str],
    made: Callable[[Sequence[pa.Array], Counter[str]], T],
) -> Iterator[tuple[T, int]]:
    """What is `made` of the columns of the file, a block of people at a time, and how many people that are with those before."""

    def page(part: slice, block: Sequence[pa.Array]) -> tuple[T, int, Counter[str]]:
        counted: Counter[str] = Counter()
        columns = layout.filled(block, admission, part, destination.cell_bytes, counted)
        return made(columns, counted), part.stop, counted

    for written, done, counted in blocks(audience, admission.rows, layout.expressions, progress, page):
        tally.update(counted)
        yield written, done


def _check_limits(destination: Destination, layout: Layout, people: int) -> None:
    if destination.most_columns is not None and len(layout.headers) > destination.most_columns:
        raise ExportError(
            f"{destination.label} takes {destination.most_columns:,} columns, and this list has {len(layout.headers):,}. "
            "Choose fewer."
        )
    if destination.most_rows is not None and people > destination.most_rows:
        raise ExportError(
            f"{destination.label}: a sheet holds {destination.most_rows:,} people, and this list has {people:,}. "
            "Choose “CSV file” instead, which takes any number."
        )


def _numbers(rows: NDArray[np.uint32], admission: Admission) -> dict[str, int]:
    return {
        "matched": len(rows),
        "exported": len(admission.rows),
        "no_address": admission.no_address,
        "not_consented": admission.not_consented,
        "duplicate": admission.duplicate,
    }


_UNASKED = {
    Role.EMAIL: "E-mail addresses are left empty, because no field says who agreed to e-mails. Give the field that does the use "
    "“E-mail consent” on the Fields page.",
    Role.PHONE: "Phone numbers are left empty, because no field says who agreed to text messages. Give the field that does the "
    "use “SMS consent” on the Fields page.",
}


def _remarks(
    destination: Destination, options: ExportOptions, layout: Layout, admission: Admission, size: int
) -> Iterator[str]:
    if options.consent == "ignore":
        yield "Consent was not looked at."
    yield from (words for role, words in _UNASKED.items() if role in admission.unasked and layout.holds(role))
    if destination.most_bytes is not None and size > destination.most_bytes:
        yield (
            f"The file has {size / 1e6:,.0f} MB, and {destination.label} takes up to {destination.most_bytes / 1e6:,.0f} MB: "
            "split the segment, or import the file in parts."
        )


@contextmanager
def _written_beside(path: Path) -> Iterator[Path]:
    """A path to write to, which becomes `path` by rename once all is written; only the owner may read it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".writing-", ignore_cleanup_errors=True) as folder:
            unfinished = Path(folder) / path.name
            unfinished.touch(mode=0o600)
            yield unfinished
            os.replace(unfinished, path)
    except (OSError, XlsxWriterException) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ExportError(
            f"The list cannot be written to {path.parent}: {reason}. Check the folder and the disk."
        ) from error
    except (pa.ArrowCapacityError, pa.ArrowMemoryError) as error:
        raise ExportError("The texts of this list are too long to be written. Choose fewer columns.") from error
