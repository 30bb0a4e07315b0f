"""The files themselves: CSV for import or for spreadsheets, and Excel workbooks in which every text is only a text."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xlsxwriter

from connectors.destinations.people import Expression, holds_any, text_of, value_of
from segmentation.catalogue import Field, Kind

# A cell is a formula to a spreadsheet if, after blanks, it begins with one of these or their full-width forms (OWASP's list).
_FORMULA_SIGNS = "-=+@\t\r＝＋－＠"  # noqa: RUF001
_FORMULA = rf"^[\s\v\pZ\x{{200B}}\x{{2060}}\x{{FEFF}}]*[{_FORMULA_SIGNS}]"
_NUMBER = r"^[+-]?[0-9][0-9 ()./,-]*$"  # "+49 170 1234567" and "-5.20" are not


class Sheet(ABC):
    """A file that is written a block of people at a time; use it with `with`. It is complete when `with` ends well."""

    extension: ClassVar[str]
    mime: ClassVar[str]

    @abstractmethod
    def __init__(self, path: Path, headers: Sequence[str], tally: Counter[str], *, safe: bool) -> None:
        """Begin the file with its header row; `safe`: no cell may be a formula to a spreadsheet."""

    @staticmethod
    @abstractmethod
    def value(field: Field, zone: str, separator: str) -> Expression:
        """How a field of the marketer's own choice is read for its cells."""

    @staticmethod
    def header(label: str, kind: Kind, zone: str) -> str:
        """The heading of such a field."""
        return label

    @abstractmethod
    def made(self, columns: Sequence[pa.Array], tally: Counter[str]) -> Any:
        """What `write` takes of these people: one array for each column, of one length. Several threads may ask at a time."""

    @abstractmethod
    def write(self, made: Any) -> None:
        """Add people."""

    @abstractmethod
    def _finish(self) -> None: ...

    @abstractmethod
    def _abandon(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._finish()
        finally:
            self._abandon()


def inert(texts: pa.Array, tally: Counter[str]) -> pa.Array:
    """Texts that no spreadsheet takes for a formula: a leading ' before those that one would."""
    if not holds_any(texts, _FORMULA_SIGNS):
        return texts
    formulas = pc.and_(
        pc.match_substring_regex(texts, _FORMULA), pc.invert(pc.match_substring_regex(texts, _NUMBER))
    ).fill_null(False)
    tally["made_safe"] += formulas.true_count
    return pc.if_else(formulas, pc.binary_join_element_wise("'", texts, ""), texts)


def clipped(texts: pa.Array, most: int, tally: Counter[str]) -> pa.Array:
    """Texts of at most so many bytes, cut between two characters."""
    long = pc.greater(pc.binary_length(texts), most).fill_null(False)
    tally["clipped"] += long.true_count
    short = [text.encode()[:most].decode(errors="ignore") for text in texts.filter(long).to_pylist()]
    return pc.replace_with_mask(texts, long, pa.array(short, pa.string()))


def csv_lines(columns: Sequence[pa.Array]) -> memoryview:
    """Rows as RFC 4180 says, in UTF-8: quotes only where they are needed, CRLF after each row, nothing for what is missing."""
    cells = [_quoted(column) for column in columns]
    if len(cells) == 1:  # a wholly empty line would be no row to most readers
        cells = [pc.if_else(pc.equal(cells[0], ""), '""', cells[0])]
    cells[-1] = pc.binary_join_element_wise(cells[-1], "", "\r\n")
    lines = pc.binary_join_element_wise(*cells, ",")
    _, offsets, data = lines.buffers()
    ends = np.frombuffer(offsets, dtype=np.int32)[lines.offset :]
    return memoryview(data)[int(ends[0]) : int(ends[len(lines)])]


_QUOTED_SIGNS = '",\r\n'


def _quoted(texts: pa.Array) -> pa.Array:
    filled = texts.fill_null("")
    if not holds_any(filled, _QUOTED_SIGNS):
        return filled
    needs = pc.match_substring_regex(filled, f"[{_QUOTED_SIGNS}]")
    return pc.if_else(needs, pc.binary_join_element_wise('"', pc.replace_substring(filled, '"', '""'), '"', ""), filled)


class CsvSheet(Sheet):
    """A CSV file; one for spreadsheets begins with a byte order mark, without which Excel does not read UTF-8."""

    extension = "csv"
    mime = "text/csv"

    def __init__(self, path: Path, headers: Sequence[str], tally: Counter[str], *, safe: bool) -> None:
        """See `Sheet`."""
        self._file = path.open("wb")
        self._safe = safe
        if safe:
            self._file.write(b"\xef\xbb\xbf")
        self.write(self.made([pa.array([header], pa.string()) for header in headers], tally))

    @staticmethod
    def value(field: Field, zone: str, separator: str) -> Expression:
        """See `Sheet`: as text."""
        return text_of(field, zone, separator)

    def made(self, columns: Sequence[pa.Array], tally: Counter[str]) -> memoryview:
        """See `Sheet`: the lines of the file."""
        return csv_lines([inert(texts, tally) for texts in columns] if self._safe else columns)

    def write(self, made: memoryview) -> None:
        """See `Sheet`."""
        self._file.write(made)

    def _finish(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())

    def _abandon(self) -> None:
        self._file.close()


class ExcelSheet(Sheet):
    """An Excel workbook with one sheet: numbers and days are real, texts are neither formulas nor links nor numbers."""

    extension = "xlsx"
    mime = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    _slice = 5_000  # rows as Python objects at a time
    _longest = 32_767  # UTF-16 units of a cell
    _first_day = date(1900, 1, 1)
    _digits = 15  # what a double keeps

    def __init__(self, path: Path, headers: Sequence[str], tally: Counter[str], *, safe: bool) -> None:
        """See `Sheet`; a workbook is always safe."""
        self._path = path
        self._tally = tally
        self._row = 0
        self._book = xlsxwriter.Workbook(
            str(path),
            {
                "constant_memory": True,
                "tmpdir": str(path.parent),
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        self._book.use_zip64()
        self._sheet = self._book.add_worksheet()
        self._sheet.freeze_panes(1, 0)
        self._bold = self._book.add_format({"bold": True})
        self._plain = self._book.add_format()
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._moment = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for place, header in enumerate(headers):
            self._sheet.set_column(place, place, min(max(len(header) + 2, 12), 40))
            self._text(place, header, self._bold)
        self._row = 1

    @staticmethod
    def value(field: Field, zone: str, separator: str) -> Expression:
        """See `Sheet`: numbers, days and moments as such."""
        return value_of(field, zone, separator)

    @staticmethod
    def header(label: str, kind: Kind, zone: str) -> str:
        """The label; that of a moment with the zone of its clock time, which a cell cannot hold."""
        return f"{label} ({zone})" if kind is Kind.MOMENT else label

    def made(self, columns: Sequence[pa.Array], tally: Counter[str]) -> Sequence[pa.Array]:
        """See `Sheet`: the columns as they are."""
        return columns

    def write(self, made: Sequence[pa.Array]) -> None:
        """See `Sheet`."""
        for start in range(0, len(made[0]), self._slice):
            for row in zip(*(column.slice(start, self._slice).to_pylist() for column in made), strict=True):
                for place, value in enumerate(row):
                    if value is not None:
                        self._cell(place, value)
                self._row += 1

    def _cell(self, place: int, value: object) -> None:
        if isinstance(value, str):
            self._text(place, value)
        elif isinstance(value, int | float | Decimal):
            self._number(place, value)
        elif isinstance(value, datetime) and value.date() >= self._first_day:
            self._sheet.write_datetime(self._row, place, value, self._moment)
        elif isinstance(value, date) and not isinstance(value, datetime) and value >= self._first_day:
            self._sheet.write_datetime(self._row, place, value, self._day)
        else:
            self._text(place, str(value))

    def _number(self, place: int, value: int | float | Decimal) -> None:
        if isinstance(value, float):
            if np.isfinite(value):
                self._sheet.write_number(self._row, place, value)
            return
        if len(Decimal(value).normalize().as_tuple().digits) > self._digits:
            self._tally["long_number"] += 1
            self._text(place, str(value))
        else:
            self._sheet.write_number(self._row, place, value)

    def _text(self, place: int, text: str, style: object = None) -> None:
        if len(text) > self._longest // 2 and len(units := text.encode("utf-16-le")) > 2 * self._longest:
            self._tally["clipped"] += 1
            text = units[: 2 * self._longest].decode("utf-16-le", errors="ignore")
        if text.startswith("<r>") and text.endswith("</r>"):
            # xlsxwriter takes such a text for its own mark-up and writes it as it is; in pieces it is a text again.
            self._sheet.write_rich_string(self._row, place, text[0], self._plain, text[1:], style or self._plain)
        else:
            self._sheet.write_string(self._row, place, text, style)

    def _finish(self) -> None:
        self._book.close()
        with self._path.open("rb") as file:
            os.fsync(file.fileno())

    def _abandon(self) -> None:
        self._sheet._opt_close()  # its part of the file, which close() alone would end
