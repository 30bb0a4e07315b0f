"""Polluted text tables by the thousand: drawn from a seed, with what is in them known before they are written.

Every record carries a mark of its own, so that one which is lost, doubled or run into another shows.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

WORDS = (
    "Anna Łukasz José Zoë Müller Straße naïve O'Neil Doe crème Øre shop, Ltd; a|b 5\" €uro 日本 tab\tbed {x} #1".split(
        " "
    )
)
WESTERN_WORDS = [word for word in WORDS if word.encode("cp1252", "ignore").decode("cp1252") == word]
ENCODINGS = ("utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1")
DELIMITERS = (",", ",", ";", ";", "\t", "|")


@dataclass
class Record:
    """A line (or several, where cells hold line breaks) that is not blank; `regular` ones are to be loaded as they stand."""

    mark: str
    cells: list[str] | None = None  # None where it is no row of the table: a title, a comment, a row of another table
    text: str = ""  # as written, without its line break
    line: int = 0
    regular: bool = True
    blank: bool = False


@dataclass
class Polluted:
    """A file, and the truth about it."""

    seed: int
    pollutions: list[str] = field(default_factory=list)
    delimiter: str = ","
    quote: str = '"'
    escape: str = '"'
    quote_all: bool = False
    line_ends: tuple[str, ...] = ("\n",)
    encoding: str = "utf-8"
    header: list[str] = field(default_factory=list)
    has_header: bool = True
    has_known_header: bool = True
    records: list[Record] = field(default_factory=list)  # without the header
    content: bytes = b""

    @property
    def rows(self) -> list[Record]:
        """All that have to be loaded or rejected."""
        return [record for record in self.records if not record.blank]


class Draw:
    """One file, step by step."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.file = Polluted(seed)
        self.marks = 0
        self.before: list[Record] = []
        self.body: list[Record] = []

    def mark(self) -> str:
        self.marks += 1
        letters = string.ascii_lowercase
        number, text = self.marks, ""
        for _ in range(4):
            number, place = divmod(number, len(letters))
            text = letters[place] + text
        return f"mk{text}"

    def words(self, least: int = 1, most: int = 4) -> str:
        known = WESTERN_WORDS if self.file.encoding in ("cp1252", "latin-1") else WORDS
        text = " ".join(self.random.choices(known, k=self.random.randint(least, most)))
        if self.file.encoding == "latin-1":
            text = text.replace("€", "E")
        if not self.quotes_allowed:
            for character in (*"\"'\t;,|", self.file.delimiter):
                text = text.replace(character, "-")
        return text

    @property
    def quotes_allowed(self) -> bool:
        return "plain" not in self.file.pollutions

    def number(self) -> str:
        value = self.random.uniform(0, 99_999)
        if "decimal comma" in self.file.pollutions:
            return f"{value:,.2f}".translate(str.maketrans(",.", ".,"))
        return f"{value:.2f}"

    def columns(self) -> list[tuple[str, Callable[[str], str]]]:
        random = self.random
        kinds: list[tuple[str, Callable[[str], str]]] = [
            ("e-mail", lambda mark: f"{mark}@example.org"),
            ("amount", lambda _: self.number()),
            ("name", lambda _: self.words()),
            ("signed up", lambda _: f"{random.randint(2019, 2024)}-{random.randint(1, 12):02}-{random.randint(1, 28):02}"),
            ("city", lambda _: random.choice(["Köln", "Rome", "Paris", "Oslo"])),
            ("note", lambda _: random.choice(["", "", self.words(2, 8)])),
            ("zip", lambda _: f"{random.randint(0, 99_999):05}"),
            ("opted in", lambda _: random.choice(["yes", "no", ""])),
            ("phone", lambda _: f"+49 {random.randint(100, 999)} {random.randint(10_000, 99_999)}"),
            ("day", lambda _: f"{random.randint(1, 28):02}.{random.randint(1, 12):02}.2024"),
        ]  # fmt: skip
        chosen = random.sample(kinds[1:], random.randint(1, len(kinds) - 1))
        chosen.insert(random.randint(0, len(chosen)), kinds[0])
        number = iter(range(1_000, 100_000))
        return [("id", lambda _: str(next(number))), *chosen]

    # Writing

    def cell(self, text: str) -> str:
        file = self.file
        needs = file.quote_all or any(c in text for c in (file.delimiter, file.quote, "\n", "\r"))
        needs = needs or (text != text.strip() and text != "")
        if not file.quote or not (needs and self.quotes_allowed):
            return text
        if file.escape == "\\":
            text = text.replace("\\", "\\\\")
        return file.quote + text.replace(file.quote, file.escape + file.quote) + file.quote

    @property
    def joint(self) -> str:
        return self.file.delimiter + " " * ("spaced" in self.file.pollutions)

    def line(self, cells: Sequence[str]) -> str:
        text = self.joint.join(map(self.cell, cells))
        return text + self.file.delimiter * ("trailing delimiters" in self.file.pollutions)

    def row(self, cells: list[str], mark: str) -> Record:
        return Record(mark, cells, self.line(cells))

    def odd(self, text: str, mark: str) -> Record:
        return Record(mark, None, text, regular=False)

    # Pollutions: what the body of a file can suffer

    def place(self) -> int:
        return self.random.randint(1, len(self.body))

    def preamble(self) -> None:
        delimiter, width = self.file.delimiter, len(self.file.header)
        padded = self.random.random() < 0.3 and width > 3
        for _ in range(self.random.randint(1, 4)):
            mark = self.mark()
            kind = self.random.randint(0, 2)
            text = [f"Report {mark}", f"Exported by {mark} 2024-05-01 10:15", f"Account: {mark}"][kind]
            if padded:
                text += delimiter * (width - 1)
            self.before.append(self.odd(text, mark))
        if self.random.random() < 0.5:
            self.before.append(Record("", text=delimiter * (width - 1) if padded else "", blank=not padded))
            if padded:
                self.before.pop()

    def footer(self) -> None:
        delimiter, width = self.file.delimiter, len(self.file.header)
        for _ in range(self.random.randint(1, 3)):
            mark = self.mark()
            texts = [
                f"Total {mark}{delimiter * (width - 1)}",
                f"({mark} rows affected)",
                f"Generated on 2024-05-01 by {mark}",
                f"Total{delimiter}{mark}",
            ]
            self.body.append(self.odd(self.random.choice(texts), mark))

    def short_rows(self) -> None:
        for record in self.random.sample(self.body, max(1, len(self.body) // 8)):
            if record.regular and record.cells and len(record.cells) > 2:
                kept = self.random.randint(1, len(record.cells) - 1)
                cells = [*record.cells[:kept]]
                if not any(record.mark in cell for cell in cells):
                    cells[-1] = record.mark
                    record.regular = kept > 1  # alone, it does not look like an id
                record.cells, record.text = cells, self.line(cells)

    def long_rows(self) -> None:
        for record in self.random.sample(self.body, max(1, len(self.body) // 8)):
            if record.regular and record.cells:
                extra = [*record.cells, *["extra"] * self.random.randint(1, 3)]
                record.text, record.cells, record.regular = self.line(extra), None, False

    def second_table(self) -> None:
        self.body.append(Record("", blank=True))
        width, length = self.random.randint(2, 6), self.random.randint(2, 6)
        if width * length >= len(self.file.header) * (len(self.body) - 1):
            self.file.has_known_header = False  # nobody knows which of the two tables is meant
            for record in self.body:
                record.regular = False
        for place in range(length):
            mark = self.mark()
            cells = [
                f"head {mark}" if place == 0 else mark,
                *(f"h{n}" if place == 0 else str(n) for n in range(1, width)),
            ]
            self.body.append(self.odd(self.line(cells), mark))

    def line_breaks_in_cells(self) -> None:
        for record in self.random.sample(self.body, max(1, len(self.body) // 4)):
            if record.regular and record.cells:
                broken = self.random.choice(["first\nsecond", "one\n\nthree, four", 'a "quoted"\nline', "x\n1001,2,3"])
                if self.file.line_ends == ("\r",):
                    broken = broken.replace("\n", "\r")
                record.cells[-1] = f"{record.mark} {broken}"
                record.text = self.line(record.cells)

    def quotes_in_cells(self) -> None:
        for record in self.body:
            if record.regular and record.cells and self.random.random() < 0.3:
                record.cells[-1] = f"say {self.file.quote}{record.mark}{self.file.quote} now"
                record.text = self.line(record.cells)

    def stray_quotes(self) -> None:
        for record in self.random.sample(self.body, max(1, len(self.body) // 10)):
            if record.regular and record.cells:
                mark = record.mark
                stray = self.random.choice(
                    [f'5" x {mark}', f'{mark} "so" called', f'{mark}"', f'"{mark}" so called', f'x"{mark}']
                )
                record.text = self.file.delimiter.join([*map(self.cell, record.cells[:-1]), stray])
                record.text += self.file.delimiter * ("trailing delimiters" in self.file.pollutions)
                record.regular = len(record.cells) == len(self.file.header)
                record.cells[-1] = stray

    def unclosed_quote(self) -> None:
        last = self.body[-1]
        if last.regular and last.cells:
            before = [*map(self.cell, last.cells[:-1]), ""]
            last.text = f'{self.joint.join(before)}"{last.mark} never closed'
            last.cells, last.regular = None, False

    def blank_lines(self) -> None:
        for _ in range(self.random.randint(1, 5)):
            self.body.insert(self.place(), Record("", text=self.random.choice(["", "", "   "]), blank=True))

    def comments(self) -> None:
        sign = self.random.choice(["#", "//", "--"])
        for _ in range(self.random.randint(1, 3)):
            mark = self.mark()
            self.body.insert(self.place(), self.odd(f"{sign} a comment {mark}", mark))

    def units(self) -> None:
        mark = self.mark()
        cells = [f"({mark})", *self.random.choices(["", "EUR", "[text]", "yyyy-mm-dd"], k=len(self.file.header) - 1)]
        self.body.insert(0, self.odd(self.line(cells), mark))

    def zero_bytes(self) -> None:
        for record in self.random.sample(self.body, max(1, len(self.body) // 10)):
            if record.text:
                at = self.random.randint(0, len(record.text))
                record.text = f"{record.text[:at]}\0{record.text[at:]}"

    def long_cells(self) -> None:
        record = self.random.choice([record for record in self.body if record.regular and record.cells])
        record.cells[-1] = f"{record.mark} " + "long text, and more; " * self.random.choice([500, 5_000, 15_000])
        record.cells[-1] = record.cells[-1].strip()
        record.text = self.line(record.cells)

    def other_delimiter(self) -> None:
        for _ in range(self.random.randint(1, 2)):
            mark = self.mark()
            other = self.random.choice([d for d in ";|" if d != self.file.delimiter])
            self.body.insert(
                self.place(), self.odd(other.join(["77", mark, *"xyz"[: len(self.file.header) - 2]]), mark)
            )

    def separator_named(self) -> None:
        self.before.insert(0, self.odd(f"sep={self.file.delimiter}", ""))

    def header_again(self) -> None:
        self.body.insert(self.place(), Record("", None, self.line(self.file.header), regular=False))

    def draw(self) -> Polluted:
        random, file = self.random, self.file
        file.encoding = random.choice(ENCODINGS)
        file.delimiter = random.choice(DELIMITERS)
        file.line_ends = random.choice([("\n",), ("\n",), ("\r\n",), ("\r\n",), ("\r",)])
        file.quote_all = random.random() < 0.25
        chosen = random.sample([*POLLUTIONS], random.choice([0, 1, 1, 2, 2, 3]))
        file.pollutions = [*chosen, *(name for name in SETTINGS if random.random() < 0.12)]
        if "mixed line ends" in file.pollutions:
            file.line_ends = ("\n", "\r\n") if random.random() < 0.7 else ("\n", "\r\n", "\r")
        for one, other in EXCLUSIVE:
            if one in file.pollutions and other in file.pollutions:
                file.pollutions.remove(other)
        if "backslashes" in file.pollutions:
            file.escape = "\\"
        if "single quotes" in file.pollutions:
            file.quote = file.escape = "'"
            file.quote_all = True
        if "spaced" in file.pollutions and file.delimiter == "\t":
            file.delimiter = ","
        if "plain" in file.pollutions:
            file.quote_all = False
        columns = self.columns()
        file.header = [name for name, _ in columns]
        if "double names" in file.pollutions:
            file.header[-1] = file.header[1]
        file.has_header = "no header" not in file.pollutions
        for _ in range(random.choice([4, 8, 15, 40, 40, 150])):
            mark = self.mark()
            self.body.append(self.row([value(mark) for _, value in columns], mark))
        for name, pollute in POLLUTIONS.items():
            if name in file.pollutions:
                pollute(self)
        self.write()
        return file

    def write(self) -> None:
        file, random = self.file, self.random
        header = [Record("", list(file.header), self.line(file.header))] if file.has_header else []
        records = [*self.before, *header, *self.body]
        parts, line = [], 1
        for place, record in enumerate(records):
            end = random.choice(file.line_ends)
            if place == len(records) - 1 and (
                "no last break" in file.pollutions or "unclosed quote" in file.pollutions
            ):
                end = ""
            if parts and parts[-1].endswith("\r") and not record.text and end == "\n":
                end = "\r"  # or the two would be one line break
            record.line = line
            parts.append(record.text + end)
            line += 1 + record.text.count("\n") + (record.text.count("\r") if "\r" in file.line_ends else 0)
        file.records = [*self.before, *self.body]
        text = "".join(parts)
        file.content = text.encode(file.encoding)


POLLUTIONS: dict[str, Callable[[Draw], None]] = {
    "quotes in cells": Draw.quotes_in_cells,
    "line breaks in cells": Draw.line_breaks_in_cells,
    "short rows": Draw.short_rows,
    "long rows": Draw.long_rows,
    "stray quotes": Draw.stray_quotes,
    "long cells": Draw.long_cells,
    "unclosed quote": Draw.unclosed_quote,
    "units": Draw.units,
    "comments": Draw.comments,
    "blank lines": Draw.blank_lines,
    "header again": Draw.header_again,
    "footer": Draw.footer,
    "second table": Draw.second_table,
    "zero bytes": Draw.zero_bytes,
    "other delimiter": Draw.other_delimiter,
    "preamble": Draw.preamble,
    "separator named": Draw.separator_named,
}
"""In the order in which they befall a file."""

SETTINGS = (
    "decimal comma", "trailing delimiters", "mixed line ends", "no last break", "double names", "no header",
    "backslashes", "single quotes", "plain", "spaced",
)  # fmt: skip

EXCLUSIVE = (
    ("no header", "preamble"), ("no header", "separator named"), ("spaced", "separator named"),
    ("no header", "units"), ("no header", "header again"), ("no header", "double names"), ("no header", "second table"),
    ("single quotes", "stray quotes"), ("single quotes", "unclosed quote"), ("single quotes", "backslashes"),
    ("plain", "quotes in cells"), ("plain", "line breaks in cells"), ("plain", "long cells"), ("plain", "decimal comma"),
    ("plain", "single quotes"), ("plain", "backslashes"), ("plain", "stray quotes"), ("plain", "unclosed quote"),
    ("unclosed quote", "footer"), ("unclosed quote", "second table"), ("unclosed quote", "trailing delimiters"),
    ("backslashes", "stray quotes"), ("backslashes", "unclosed quote"), ("spaced", "stray quotes"),
    ("mixed line ends", "line breaks in cells"),
)  # fmt: skip
"""What would make a file that nobody, not even a person, can tell the truth about."""


def polluted(seed: int) -> Polluted:
    """The file of this seed."""
    return Draw(seed).draw()
