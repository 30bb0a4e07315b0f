"""Files of every kind, told by what they hold rather than by their names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from connectors.sources.archives import refuse_workbook_bomb, unpack_gzip, unpack_zip
from connectors.sources.content import Content, recognise
from connectors.sources.delimited import stage_delimited
from connectors.sources.excel import stage_workbook
from connectors.sources.json_records import stage_json
from connectors.sources.parquet import stage_parquet
from segmentation.errors import SourceError
from segmentation.plan import Progress, StagedTable
from segmentation.staged import no_room

Stage = Callable[[Path, str, Path, Progress], list[StagedTable]]


def stage_file(path: Path, name: str, into: Path, progress: Progress) -> list[StagedTable]:
    """Stage one file under its shown `name` as Parquet in `into`: a workbook gives one table per sheet, an archive one per file.

    Raises `SourceError` with what would work where it holds no table, and `Cancelled`.
    """
    try:
        return _stage(path, name, into, progress, FILE_KINDS)
    except OSError as error:
        if no_room(error):
            raise SourceError(f"There is no room on the disk to read {name}. Make room, then read it again.") from error
        raise SourceError(
            f"{name} could not be read: {error.strerror or error}. Look whether it is still there."
        ) from error


def _stage(path: Path, name: str, into: Path, progress: Progress, kinds: tuple[FileKind, ...]) -> list[StagedTable]:
    if not path.stat().st_size:
        raise SourceError(f"{name} is empty.")
    content, what = recognise(path)
    if content == Content.FOREIGN:
        raise SourceError(f"{name} is not a text table: it looks like {what}. Export it as CSV or Excel.")
    suffix = PurePath(name).suffix.lower().removeprefix(".")
    named = next((kind for kind in FILE_KINDS if suffix in kind.extensions), None)
    if content == Content.TEXT and named is not None and named.content == Content.JSON:
        content = Content.JSON
    kind = next((kind for kind in kinds if kind.content == content), None)
    if kind is None:
        raise SourceError(f"{name} is {content} inside an archive. Unpack it and add it by itself.")
    tables = kind.stage(path, name, into, progress)
    if named is not None and named.content != content and content not in (Content.ZIP, Content.GZIP):
        note = f"Its name says {named.label}, but it was read as {kind.label}, which it is."
        tables = [table.model_copy(update={"notes": (note, *table.notes)}) for table in tables]
    return tables


def _stage_workbook(path: Path, name: str, into: Path, progress: Progress) -> list[StagedTable]:
    refuse_workbook_bomb(path, name, progress)
    return stage_workbook(path, name, into, progress)


def _stage_gzip(path: Path, name: str, into: Path, progress: Progress) -> list[StagedTable]:
    return _stage_members(unpack_gzip(path, name, into, progress), into, progress, name)


def _stage_zip(path: Path, name: str, into: Path, progress: Progress) -> list[StagedTable]:
    return _stage_members(unpack_zip(path, name, into, progress), into, progress, name)


def _stage_members(members: Iterator[tuple[str, Path]], into: Path, progress: Progress, name: str) -> list[StagedTable]:
    """Stage what an archive holds; what is no table is named in a note, and an archive without any is refused."""
    tables: list[StagedTable] = []
    problems: list[str] = []
    packed = tuple(kind for kind in FILE_KINDS if kind.content not in (Content.ZIP, Content.GZIP))
    try:
        for inner, path in members:
            try:
                tables += _stage(path, inner, into, progress, packed)
            except SourceError as problem:
                problems.append(str(problem))
    except BaseException:
        for file in (file for table in tables for file in table.files):
            file.unlink(missing_ok=True)
        raise
    if not tables:
        raise SourceError(problems[0] if len(problems) == 1 else " ".join([f"{name} holds no table.", *problems[:5]]))
    notes = tuple(f"Left out: {problem}" for problem in problems)
    return [tables[0].model_copy(update={"notes": (*tables[0].notes, *notes)}), *tables[1:]]


@dataclass(frozen=True)
class FileKind:
    """A kind of file that can be read: extensions in lower case without dot, its name for people, what stages it."""

    extensions: tuple[str, ...]
    label: str
    content: Content
    stage: Stage


FILE_KINDS: tuple[FileKind, ...] = (
    FileKind(("csv", "tsv", "tab", "txt"), "CSV or another text table", Content.TEXT, stage_delimited),
    FileKind(("xlsx", "xlsm", "xlsb", "xls", "ods"), "an Excel workbook", Content.WORKBOOK, _stage_workbook),
    FileKind(("parquet", "pq"), "Parquet", Content.PARQUET, stage_parquet),
    FileKind(("json", "jsonl", "ndjson"), "JSON", Content.JSON, stage_json),
    FileKind(("zip",), "a zip archive", Content.ZIP, _stage_zip),
    FileKind(("gz",), "a gzip archive", Content.GZIP, _stage_gzip),
)
"""A further kind is one more row, and its first bytes in `content`."""

EXTENSIONS: tuple[str, ...] = tuple(extension for kind in FILE_KINDS for extension in kind.extensions)
"""What a page offers to choose, in the order of the table."""
