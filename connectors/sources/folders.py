"""A folder of files: those with the same columns are one table, with the file's name beside each row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from connectors.sources.files import EXTENSIONS, stage_file
from connectors.sources.names import mend_names
from connectors.sources.staging import COMPRESSION, Rejects, literal, run, table_path
from segmentation.audience import quoted
from segmentation.errors import NotFound, SourceError
from segmentation.leftovers import unread
from segmentation.plan import FilePart, Origin, Progress, StagedTable
from segmentation.scratch import scratch
from segmentation.staged import Part, exactly

ALIKE = 0.8  # of all columns of two files are in both
TOLD = 20  # notes of single files
FILE = "file"


def stage_path(path: Path, name: str, into: Path, progress: Progress) -> list[StagedTable]:
    """Stage a file or a folder under its shown `name`; raises `NotFound`, `SourceError` and `Cancelled`."""
    if path.is_dir():
        return stage_folder(path, name, into, progress)
    if not path.exists():
        raise NotFound(f"There is no file or folder {path}.")
    return stage_file(path, name, into, progress)


def files_in(folder: Path) -> list[Path]:
    """The files of a folder and of those in it that can be read by their names, in order."""
    found = (path for path in folder.rglob("*") if not any(p.startswith(".") for p in path.relative_to(folder).parts))
    return sorted(path for path in found if path.suffix.lower().removeprefix(".") in EXTENSIONS and path.is_file())


def state_of(file: Path) -> str:
    """What changes with a file: its size in bytes and when it was written."""
    about = file.stat()
    return f"{about.st_size} {about.st_mtime_ns}"


@dataclass(frozen=True)
class Read:
    """A table of a file of a folder, and the note of what was read."""

    part: FilePart
    table: StagedTable


def read_files(
    folder: Path, files: Sequence[Path], into: Path, progress: Progress
) -> tuple[list[Read], dict[str, str]]:
    """Stage files of a folder; with a sentence for each that is damaged, by its name in the folder."""
    found: list[Read] = []
    problems: dict[str, str] = {}
    for place, file in enumerate(files):
        shown = file.relative_to(folder).as_posix()
        part = Part(progress, place / len(files), (place + 1) / len(files))
        try:
            state = state_of(file)
            tables = stage_file(file, shown, into, part)
        except (SourceError, OSError) as problem:
            problems[shown] = str(problem)
            continue
        for table in tables:
            told = shown if len(tables) == 1 else f"{shown} – {table.name.removeprefix(f'{shown} – ')}"
            found.append(Read(FilePart(file=shown, state=state, name=told, columns=table.columns), table))
    return found, problems


def stage_folder(folder: Path, name: str, into: Path, progress: Progress) -> list[StagedTable]:
    """Stage every file of a folder; a damaged one is named in a note. Raises `SourceError` where none can be read."""
    files = files_in(folder)
    if not files:
        raise SourceError(f"There is no file in {name} that can be read. Possible: {', '.join(EXTENSIONS)}.")
    read_at = datetime.now(UTC)
    groups: list[list[Read]] = []
    found, problems = read_files(folder, files, into, progress)
    for read in found:
        group = next((group for group in groups if _are_alike(group[0].table, read.table)), None)
        if group is None:
            groups.append([read])
        else:
            group.append(read)
    if not groups:
        raise SourceError(" ".join([f"No file in {name} can be read.", *list(problems.values())[:5]]))
    tables: list[StagedTable] = []
    for group in groups:
        more = f"{group[0].table.name} and {len(group) - 1:,} more"
        whole = join(group, name if len(groups) == 1 else more, into, progress) if len(group) > 1 else None
        if whole is not None:
            tables.append(_from(folder, read_at, whole, group, whole.columns[-1]))
        else:  # one alone, or columns that hold things that do not go together
            tables += (_from(folder, read_at, read.table, [read], "") for read in group)
    notes = tuple(f"Left out: {problem}" for problem in problems.values())
    return [tables[0].model_copy(update={"notes": (*tables[0].notes, *notes)}), *tables[1:]]


def _from(folder: Path, read_at: datetime, table: StagedTable, reads: Sequence[Read], column: str) -> StagedTable:
    settings: dict[str, str | int] = {"path": str(folder.resolve())}
    parts = tuple(read.part for read in reads)
    origin = Origin(settings=settings, parts=parts, part_column=column, read_at=read_at)
    return table.model_copy(update={"origin": origin})


def _are_alike(one: StagedTable, other: StagedTable) -> bool:
    """Whether the two have the same columns, or nearly all: programs add a column now and then."""
    left, right = ({column.casefold() for column in table.columns} for table in (one, other))
    return len(left & right) >= ALIKE * len(left | right)


def join(reads: Sequence[Read], name: str, into: Path, progress: Progress, column: str = FILE) -> StagedTable | None:
    """One table of all, whose last column tells the part; None where their columns hold things that do not go together."""
    tables = [read.table for read in reads]
    known = {column.casefold(): column for table in reversed(tables) for column in table.columns}
    order = dict.fromkeys(known[column.casefold()] for table in tables for column in table.columns)
    columns, _ = mend_names([*order, column])
    target = table_path(into, name)
    parts = (
        f"SELECT *, $name{i} AS {quoted(columns[-1])} FROM read_parquet($path{i}) AS t ({', '.join(map(quoted, table.columns))})"
        for i, table in enumerate(tables)
    )
    select = f"SELECT {', '.join(map(quoted, columns))} FROM ({' UNION ALL BY NAME '.join(parts)})"
    parameters = {f"name{i}": read.part.name for i, read in enumerate(reads)}
    parameters |= {f"path{i}": exactly(table.path) for i, table in enumerate(tables)}
    sql = f"COPY ({select}) TO {literal(target)} (FORMAT parquet, COMPRESSION {COMPRESSION})"
    try:
        with scratch() as connection:
            rows = run(connection, sql, parameters, progress, f"Joining the files of {name}")
        with Rejects(target) as rejects:
            for read in reads:
                for left in unread(read.table):
                    rejects.add(left.line or 0, f"{read.part.name}: {left.reason}", left.text)
    except BaseException as error:
        target.unlink(missing_ok=True)
        if not isinstance(error, duckdb.Error):
            raise
        return None
    for file in (file for table in tables for file in table.files):
        file.unlink()
    return StagedTable(
        name=name,
        path=target,
        columns=columns,
        headers=tables[0].headers and (*tables[0].headers, *columns[len(tables[0].headers) :]),
        rows=rows,
        rejected_rows=rejects.count,
        rejected=tuple(rejects.kept),
        rejects=rejects.path,
        notes=tuple(_notes(reads, columns[-1])),
    )


def _notes(reads: Sequence[Read], file_column: str) -> Iterator[str]:
    """What became one table, and what was said of the single files."""
    names = [read.part.name for read in reads]
    if len(names) > 1:
        yield f"{len(names):,} files are one table; “{file_column}” says which: {', '.join(names[:5])}{' …' if len(names) > 5 else ''}."
    of_files = [f"{read.part.name}: {note}" for read in reads for note in read.table.notes]
    yield from of_files[:TOLD]
    if len(of_files) > TOLD:
        yield f"{len(of_files) - TOLD:,} more notes about single files."
