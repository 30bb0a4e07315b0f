"""Texts in any encoding become UTF-8: told by a byte order mark, by zero bytes in turn, by what is valid, or by its words."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from connectors.sources.codepages import WESTERN, code_page
from connectors.sources.content import is_binary
from connectors.sources.staging import count_of, temporary
from segmentation.errors import SourceError
from segmentation.plan import Progress

CHUNK = 1 << 20

MARKS: tuple[tuple[bytes, str, str], ...] = (
    (b"\xef\xbb\xbf", "utf-8", "UTF-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le", "UTF-32"),
    (b"\x00\x00\xfe\xff", "utf-32-be", "UTF-32"),
    (b"\xff\xfe", "utf-16-le", "UTF-16"),
    (b"\xfe\xff", "utf-16-be", "UTF-16"),
)
"""Byte order marks, longer before shorter."""

SAMPLE = 64 * 1024
LEFT_OUT = {0: None, 0xFEFF: None}
"""What no table means: zero bytes, and byte order marks within the text."""
ESCAPED = re.compile("[\udc80-\udcff]")
AS_WESTERN = {0xDC00 + byte: bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0x100)}
"""Bytes kept aside by `surrogateescape`, as Windows-1252 has them (its five gaps as browsers read them)."""


def as_utf8(path: Path, name: str, into: Path, progress: Progress) -> tuple[Path, tuple[str, ...]]:
    """The file itself if it is clean UTF-8, else a copy in `into`, and notes that say how it was read.

    Raises `SourceError` where the bytes are no text.
    """
    with path.open("rb") as file:
        head = file.read(64 * 1024)
    codec, label = _wide(head)
    if codec:
        copy, zeros, marks = temporary(into), 0, 0
        with copy.open("w", encoding="utf-8", newline="") as out:
            for text in _decoded(path, codec, "replace", progress, f"Converting {name}"):
                zeros += text.count("\0")
                marks += text.count("\ufeff")
                out.write(text.translate(LEFT_OUT))
        return copy, (f"Read as {label}.", *_left_out(zeros, marks))
    if is_binary(head):
        raise SourceError(f"{name} is not a text table: what is in it is no text. Export it as CSV or Excel.")
    try:
        good, bad, zeros, marks = _survey(path, name, progress, "strict")
    except UnicodeDecodeError:
        good, bad, zeros, marks = _survey(path, name, progress, "surrogateescape")
    if not bad and not zeros and not marks:
        return path, ()
    notes = []
    codec = "utf-8"
    if bad > good:
        codec, label = code_page(_beyond_ascii(path, name, progress))
        notes.append(f"Read as {label}.")
    elif bad:
        notes.append(f"{count_of(bad, 'character')} not UTF-8 like the rest and read as {WESTERN}.")
    copy = temporary(into)
    with copy.open("w", encoding="utf-8", newline="") as out:
        for text in _decoded(path, codec, "surrogateescape", progress, f"Converting {name}"):
            out.write((text.translate(AS_WESTERN) if ESCAPED.search(text) else text).translate(LEFT_OUT))
    return copy, (*notes, *_left_out(zeros, marks))


def _left_out(zeros: int, marks: int) -> tuple[str, ...]:
    counts = [(zeros, "empty character"), (marks, "invisible file mark")]
    return tuple(f"{count_of(count, what)} left out." for count, what in counts if count)


def _wide(head: bytes) -> tuple[str, str]:
    """The codec of UTF-16 and UTF-32, or "" for texts of single bytes."""
    for mark, codec, label in MARKS:
        if head.startswith(mark):
            return ("", "") if codec == "utf-8" else (codec, label)
    pairs = len(head) // 2
    even, odd = head[0 : 2 * pairs : 2].count(0), head[1 : 2 * pairs : 2].count(0)
    if odd > pairs * 0.4 and even < pairs * 0.1:
        return "utf-16-le", "UTF-16"
    if even > pairs * 0.4 and odd < pairs * 0.1:
        return "utf-16-be", "UTF-16"
    return "", ""


def _beyond_ascii(path: Path, name: str, progress: Progress) -> bytes:
    """The first lines with bytes beyond ASCII, about `SAMPLE` bytes of them; whole ones, as characters may have several bytes."""
    found = bytearray()
    with path.open("rb") as file:
        while len(found) < SAMPLE and (lines := file.read(CHUNK) + file.readline(CHUNK)):
            if not lines.isascii():
                found += b"".join(line for line in lines.splitlines(keepends=True) if not line.isascii())
            progress(f"Checking {name}")
    return bytes(found[: found.find(b"\n", SAMPLE) + 1] or found)


def _survey(path: Path, name: str, progress: Progress, errors: str) -> tuple[int, int, int, int]:
    """How many characters beyond ASCII are valid UTF-8 (at most), how many bytes are not, how many are zero, and how many
    byte order marks stand within the text, as where files were joined.
    """
    decoder = codecs.getincrementaldecoder("utf-8")(errors)
    good = bad = zeros = marks = done = 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(CHUNK)
            done += len(chunk)
            zeros += chunk.count(0) if 0 in chunk else 0  # finding none is much quicker than counting
            if not chunk or decoder.getstate()[0] or not chunk.isascii():
                text = decoder.decode(chunk, final=not chunk)
                marks += text.count("\ufeff", 1 if done == len(chunk) else 0)
                good += max(len(chunk) - len(text), 0)
                bad += len(ESCAPED.findall(text)) if errors != "strict" else 0
            if not chunk:
                return good, bad, zeros, marks
            if done % (32 * CHUNK) == 0:
                progress(f"Checking {name}")


def _decoded(path: Path, codec: str, errors: str, progress: Progress, message: str) -> Iterator[str]:
    """The file's text in pieces, without a byte order mark."""
    decoder = codecs.getincrementaldecoder(codec)(errors)
    with path.open("rb") as file:
        first = True
        while chunk := file.read(CHUNK):
            text = decoder.decode(chunk)
            yield text.removeprefix("\ufeff") if first else text
            first = False
            progress(message)
        yield decoder.decode(b"", final=True)
