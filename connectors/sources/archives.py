"""Zip and gzip archives, unpacked with a limit, so that a small file cannot fill the disk."""

from __future__ import annotations

import gzip
import re
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from connectors.sources.staging import temporary
from segmentation.errors import SourceError
from segmentation.plan import Progress

CHUNK = 1 << 20
MOST = 50 << 30
MOST_TIMES = 100
FLOOR = 100 << 20  # what unpacks to less than this harms nobody, however well it was packed
MOST_CELLS = 20_000_000  # between the first and the last filled cell of a sheet: its reader takes 32 bytes for each, filled or not
SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
FILLED = re.compile(rb'<c (?:[^>]*? )?r="([A-Z]{1,3})(\d{1,7})"[^>/]*>')


def unpack_gzip(path: Path, name: str, into: Path, progress: Progress) -> Iterator[tuple[str, Path]]:
    """The one file inside, under its name without .gz; it is removed when the next is asked for."""
    target = temporary(into)
    try:
        with gzip.open(path) as packed:
            _copy(packed, target, name, path.stat().st_size, 0, progress)
        yield (name[:-3] if name.lower().endswith(".gz") else name), target
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise SourceError(f"{name} is damaged: it cannot be unpacked. Pack it or export it again.") from error
    finally:
        target.unlink(missing_ok=True)


def unpack_zip(path: Path, name: str, into: Path, progress: Progress) -> Iterator[tuple[str, Path]]:
    """Each file inside under its own name without folder; it is removed when the next is asked for."""
    size = path.stat().st_size
    target = temporary(into)
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if _is_file(member)]
            refuse_bomb(name, size, sum(member.file_size for member in members))
            unpacked = 0
            for member in members:
                inner = PurePosixPath(member.filename.replace("\\", "/")).name
                if shutil.disk_usage(into).free < member.file_size:
                    raise SourceError(f"There is too little space on the disk to unpack {inner} of {name}.")
                with archive.open(member) as packed:
                    unpacked += _copy(packed, target, name, size, unpacked, progress)
                yield inner, target
    except RuntimeError as error:  # what zipfile raises where a password is needed
        raise SourceError(f"{name} is protected with a password. Unpack it and add the files themselves.") from error
    except NotImplementedError as error:
        raise SourceError(f"{name} is packed in a way that is not known here. Unpack it and add the files.") from error
    except (zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise SourceError(f"{name} is damaged: it cannot be unpacked. Pack it or export it again.") from error
    finally:
        target.unlink(missing_ok=True)


def refuse_bomb(name: str, packed: int, unpacked: int) -> None:
    """Raise `SourceError` where unpacking would take more than 50 GB, or more than 100 times the packed size."""
    if unpacked > MOST or (unpacked > FLOOR and unpacked > packed * MOST_TIMES):
        raise SourceError(
            f"{name} was not opened: it unpacks to more than {MOST_TIMES} times its size or {MOST >> 30} GB, as harmful "
            "archives do. If you trust it, unpack it yourself and add the files."
        )


def refuse_workbook_bomb(path: Path, name: str, progress: Progress) -> None:
    """The same for a workbook, which is a zip archive inside unless it is an old one, and for a sheet that is nearly all blank."""
    if not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            refuse_bomb(name, path.stat().st_size, sum(member.file_size for member in archive.infolist()))
            for member in archive.infolist():
                if SHEET.fullmatch(member.filename):
                    _refuse_far_cell(archive, member, name, progress)
    except (zipfile.BadZipFile, EOFError, zlib.error, RuntimeError, NotImplementedError) as error:
        raise SourceError(
            f"{name} is damaged: it cannot be opened as an Excel workbook. Save it again as .xlsx."
        ) from error


def _refuse_far_cell(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, progress: Progress) -> None:
    """Raise `SourceError` where a cell stands so far from all others that the sheet would fill the memory with nothing."""
    column, row, rest = "A", 1, b""
    with archive.open(member) as sheet:
        while chunk := sheet.read(CHUNK):
            progress(f"Opening {name}")
            cut = (rest + chunk).rfind(b"<")
            text, rest = (rest + chunk)[:cut], (rest + chunk)[cut:]
            cells = FILLED.findall(text)
            column = max({column, *(letters.decode() for letters, _ in cells)}, key=_column_number)
            row = max(row, max((int(number) for _, number in cells), default=1))
    if row * _column_number(column) > max(MOST_CELLS, member.file_size):
        raise SourceError(
            f"{name} was not opened: something stands far from the table in it, down to row {row:,} or out to column {column}. "
            "Delete what is there and save it again, or save the table as CSV."
        )


def _column_number(letters: str) -> int:
    """1 for A, 27 for AA."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _is_file(member: zipfile.ZipInfo) -> bool:
    """Whether it is a file that people packed, not a folder or what macOS adds."""
    parts = PurePosixPath(member.filename.replace("\\", "/")).parts
    return not member.is_dir() and bool(parts) and parts[0] != "__MACOSX" and not parts[-1].startswith(".")


def _copy(
    packed: IO[bytes] | gzip.GzipFile, target: Path, name: str, size: int, before: int, progress: Progress
) -> int:
    """Unpack one file; the real size is watched, as what an archive says of itself may be wrong."""
    done = 0
    with target.open("wb") as out:
        while chunk := packed.read(CHUNK):
            done += len(chunk)
            refuse_bomb(name, size, before + done)
            out.write(chunk)
            if done % (16 * CHUNK) == 0:
                progress(f"Unpacking {name}: {done >> 20:,} MB")
    return done
