"""A folder of files: those with the same columns are one table, with the file's name beside each row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb

from connectors.sources.files import EXTENSIONS, stage_file
from connectors.sources.names import mend_names
from connectors.sources.staging import COMPRESSION, Rejects, literal, run, table_path
from segmentation.audience import quoted
from segmentation.errors import NotFound, SourceError
from segmentation.leftovers import unread
from segmentation.plan import Progress, StagedTable
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


def stage_folder(folder: Path, name: str, into: Path, progress: Progress) -> list[StagedTable]:
    """Stage every file of a folder; a damaged one is named in a note. Raises `SourceError` where none can be read."""
    files = files_in(folder)
    if not files:
        raise SourceError(f"There is no file in {name} that can be read. Possible: {', '.join(EXTENSIONS)}.")
    groups: list[list[StagedTable]] = []
    problems: list[str] = []
    for place, file in enumerate(files):
        shown = file.relative_to(folder).as_posix()
        try:
            tables = stage_file(file, shown, into, Part(progress, place / len(files), (place + 1) / len(files)))
        except SourceError as problem:
            problems.append(str(problem))
            continue
        for table in tables:
            group = next((group for group in groups if _are_alike(group[0], table)), None)
            if group is None:
                groups.append([table])
            else:
                group.append(table)
    if not groups:
        raise SourceError(" ".join([f"No file in {name} can be read.", *problems[:5]]))
    tables = [table for group in groups for table in _joined(group, name if len(groups) == 1 else "", into, progress)]
    notes = tuple(f"Left out: {problem}" for problem in problems)
    return [tables[0].model_copy(update={"notes": (*tables[0].notes, *notes)}), *tables[1:]]


def _are_alike(one: StagedTable, other: StagedTable) -> bool:
    """Whether the two have the same columns, or nearly all: programs add a column now and then."""
    left, right = ({column.casefold() for column in table.columns} for table in (one, other))
    return len(left & right) >= ALIKE * len(left | right)


def _joined(tables: Sequence[StagedTable], name: str, into: Path, progress: Progress) -> list[StagedTable]:
    """One table of all; the tables themselves where their columns hold things that do not go together."""
    if len(tables) == 1:
        return [tables[0]]
    name = name or f"{tables[0].name} and {len(tables) - 1:,} more"
    known = {column.casefold(): column for table in reversed(tables) for column in table.columns}
    order = dict.fromkeys(known[column.casefold()] for table in tables for column in table.columns)
    columns, _ = mend_names([*order, FILE])
    target = table_path(into, name)
    parts = (f"SELECT *, $name{i} AS {quoted(columns[-1])} FROM read_parquet($path{i})" for i in range(len(tables)))
    select = f"SELECT {', '.join(map(quoted, columns))} FROM ({' UNION ALL BY NAME '.join(parts)})"
    parameters = {f"name{i}": table.name for i, table in enumerate(tables)}
    parameters |= {f"path{i}": exactly(table.path) for i, table in enumerate(tables)}
    sql = f"COPY ({select}) TO {literal(target)} (FORMAT parquet, COMPRESSION {COMPRESSION})"
    try:
        with scratch() as connection:
            rows = run(connection, sql, parameters, progress, f"Joining the files of {name}")
        with Rejects(target) as rejects:
            for table in tables:
                for left in unread(table):
                    rejects.add(left.line or 0, f"{table.name}: {left.reason}", left.text)
    except BaseException as error:
        target.unlink(missing_ok=True)
        if not isinstance(error, duckdb.Error):
            raise
        return list(tables)
    for file in (file for table in tables for file in table.files):
        file.unlink()
    return [
        StagedTable(
            name=name,
            path=target,
            columns=columns,
            headers=tables[0].headers and (*tables[0].headers, *columns[len(tables[0].headers) :]),
            rows=rows,
            rejected_rows=rejects.count,
            rejected=tuple(rejects.kept),
            rejects=rejects.path,
            notes=tuple(_notes(tables, columns[-1])),
        )
    ]


def _notes(tables: Sequence[StagedTable], file_column: str) -> Iterator[str]:
    """What became one table, and what was said of the single files."""
    names = [table.name for table in tables]
    yield f"{len(names):,} files are one table; “{file_column}” says which: {', '.join(names[:5])}{' …' if len(names) > 5 else ''}."
    of_files = [f"{table.name}: {note}" for table in tables for note in table.notes]
    yield from of_files[:TOLD]
    if len(of_files) > TOLD:
        yield f"{len(of_files) - TOLD:,} more notes about single files."
