"""What a file is by its first bytes, whatever its name says."""

from __future__ import annotations

import re
import zipfile
from enum import StrEnum
from pathlib import Path

HEAD = 64 * 1024


class Content(StrEnum):
    """What Handpick can open; everything that is not told by its first bytes is text."""

    TEXT = "text"
    JSON = "JSON"
    WORKBOOK = "an Excel workbook"
    PARQUET = "Parquet"
    ZIP = "a zip archive"
    GZIP = "a gzip archive"
    FOREIGN = "foreign"  # known, and not a table


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # old Excel, and also old Word and Outlook

SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"RIFF", "a picture or recording (RIFF)"),
    (b"%PDF", "a document (PDF)"),
    (b"{\\rtf", "a document (RTF)"),
    (b"MZ", "a program (EXE)"),
    (b"\x7fELF", "a program (ELF)"),
    (b"SQLite format 3\x00", "an SQLite database; add it as a database instead"),
    (b"Rar!", "an archive (RAR)"),
    (b"7z\xbc\xaf", "an archive (7-Zip)"),
    (b"BZh", "an archive (bzip2)"),
    (b"\xfd7zXZ", "an archive (xz)"),
    (b"\x28\xb5\x2f\xfd", "an archive (Zstandard)"),
    (b"ARROW1", "an Arrow file"),
    (b"Obj\x01", "an Avro file"),
    (b"ORC", "an ORC file"),
)
"""First bytes of what people rename or upload by mistake; text that begins like a short one is told apart by `is_binary`."""

PAGE = re.compile(rb"\s*<(!doctype html|html|head|body|table|\?xml)", re.IGNORECASE)
JSON_OBJECT = re.compile(rb'(\[\s*)?\{\s*("(?:[^"\\]|\\.)*"\s*:|\})')


def is_binary(head: bytes) -> bool:
    """Whether bytes that are no wide text have too many control characters for a text, but for two that separate cells."""
    controls = len(re.findall(rb"[\x00\x02-\x08\x0e-\x19\x1c-\x1e]", head))
    return controls >= 32 and controls > len(head) / 50


def recognise(path: Path) -> tuple[Content, str]:
    """What the file holds, and for a foreign one what it looks like in words."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zipped(path)
    if head.startswith(OLE):
        return Content.WORKBOOK, ""
    if head.startswith(b"PAR1"):
        return Content.PARQUET, ""
    if head.startswith(b"\x1f\x8b"):
        return Content.GZIP, ""
    for start, what in SIGNATURES:
        if head.startswith(start) and (len(start) > 4 or is_binary(head) or start[0] in b"%{"):
            return Content.FOREIGN, what
    if head[257:262] == b"ustar":
        return Content.FOREIGN, "an archive (tar)"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if PAGE.match(text):
        return Content.FOREIGN, "a web page (HTML or XML)"
    if JSON_OBJECT.match(text):
        return Content.JSON, ""
    return Content.TEXT, ""


def _zipped(path: Path) -> tuple[Content, str]:
    """Workbooks of today and many documents are zip archives inside."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            kind = archive.read("mimetype")[:100] if "mimetype" in names else b""
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError):
        return Content.FOREIGN, "a damaged zip archive or Excel workbook"
    if names & {"xl/workbook.xml", "xl/workbook.bin"} or b"spreadsheet" in kind:
        return Content.WORKBOOK, ""
    if "word/document.xml" in names or b"opendocument.text" in kind:
        return Content.FOREIGN, "a document (Word)"
    if "ppt/presentation.xml" in names or b"presentation" in kind:
        return Content.FOREIGN, "a presentation (PowerPoint)"
    if "Index/Document.iwa" in names:
        return Content.FOREIGN, "an Apple Numbers or Pages document"
    return Content.ZIP, ""
