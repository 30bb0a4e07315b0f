"""JSON: an array of objects, or one object on each line; nested fields are opened as a.b, lists of values are kept."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Any, NamedTuple

import pyarrow as pa

from connectors.sources.columns import Column, writable
from connectors.sources.encoding import as_utf8
from connectors.sources.names import headers_of, mend_names
from connectors.sources.staging import Rejects, TableWriter, count_of, table_path
from segmentation.errors import SourceError
from segmentation.plan import Progress, StagedTable

CHUNK = 1 << 20
LONGEST = 256 << 20  # of one value
BATCH = 1_000
MOST_FIELDS = 5_000

BLANK = "blank"
TOO_DEEP = "its values are nested too deeply"
NO_OBJECT = "it has no named fields"


class Found(NamedTuple):
    """A value of the file and the line it stands on, or in place of a value why there is none."""

    line: int
    value: Any
    reason: str = ""
    text: str = ""


def stage_json(path: Path, name: str, into: Path, progress: Progress) -> list[StagedTable]:
    """Stage one JSON file; raises `SourceError` where it is damaged or holds no objects."""
    text, notes = as_utf8(path, name, into, progress)
    try:
        wrappers = _wrappers(text, name)
        several = len(wrappers) > 1
        return [
            _stage_objects(text, f"{name} – {wrapper}" if several else name, into, progress, notes, wrapper)
            for wrapper in wrappers
        ]
    finally:
        if text != path:
            text.unlink(missing_ok=True)


def _stage_objects(
    path: Path, name: str, into: Path, progress: Progress, notes: tuple[str, ...], wrapper: str
) -> StagedTable:
    columns: defaultdict[str, Column] = defaultdict(Column)
    target = table_path(into, name)
    with Rejects(target) as rejects:
        count = blank = 0
        values = _values(path, name, wrapper, progress, 0.0)
        while batch := list(islice(values, BATCH)):
            cells: defaultdict[str, list[object]] = defaultdict(list)
            for found in batch:
                if found.reason == BLANK:
                    blank += 1
                elif not isinstance(found.value, dict):
                    text = found.text or json.dumps(found.value, ensure_ascii=False)
                    rejects.add(found.line, found.reason or NO_OBJECT, writable(text))
                else:
                    count += 1
                    for key, value in opened(found.value):
                        cells[key].append(value)
            for key, known in cells.items():
                columns[key].learn(known)
            if len(columns) > MOST_FIELDS:
                raise SourceError(
                    f"{name} has more than {MOST_FIELDS:,} different fields: their names seem to be data."
                )
        if not count or not columns:
            raise SourceError(f"{name} holds no rows with named fields. Export it as a list of such rows, or as CSV.")
        written = [writable(key) for key in columns]
        names, mended = mend_names(written)
        schema = pa.schema([(column, kind.type) for column, kind in zip(names, columns.values(), strict=True)])
        with TableWriter(target, schema) as writer:
            values = _values(path, name, wrapper, progress, 0.5)
            objects = (dict(opened(found.value)) for found in values if isinstance(found.value, dict))
            while rows := list(islice(objects, BATCH)):
                arrays = [column.array([row.get(key) for row in rows]) for key, column in columns.items()]
                writer.write(pa.record_batch(arrays, schema=schema))
    if wrapper:
        notes += (f"The rows were taken from “{wrapper}”.",)
    if blank:
        notes += (f"{count_of(blank, 'blank line')} left out.",)
    return StagedTable(
        name=name,
        path=writer.path,
        columns=names,
        headers=headers_of(written, names),
        rows=writer.rows,
        rejected_rows=rejects.count,
        rejected=tuple(rejects.kept),
        rejects=rejects.path,
        notes=notes + mended,
    )


def opened(value: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    """The fields of an object, those of objects in it as a.b."""
    for key, inner in value.items():
        if isinstance(inner, dict):
            yield from opened(inner, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", inner


def _values(path: Path, name: str, wrapper: str, progress: Progress, share: float) -> Iterator[Found]:
    """Every value of the file, with progress from `share` on over half of the whole."""
    size = path.stat().st_size
    with path.open(encoding="utf-8-sig") as text:
        if wrapper:
            values: Iterator[Found] = (Found(0, value) for value in _inside(json.load(text), wrapper))
        else:
            values = _lines(text) if _is_lines(path) else _stream(text, name)
        for number, found in enumerate(values):
            if number % BATCH == 0:
                progress(f"Reading {name}", share + os.lseek(text.fileno(), 0, os.SEEK_CUR) / size / 2)
            yield found


def _first_line(path: Path) -> str:
    with path.open(encoding="utf-8-sig") as text:
        return next((line.strip() for line in iter(lambda: text.readline(CHUNK), "") if line.strip()), "")


def _is_lines(path: Path) -> bool:
    """Whether the first line that is not blank is a whole object: then every line is one."""
    line = _first_line(path)
    try:
        return line.startswith("{") and isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _wrappers(path: Path, name: str) -> list[str]:
    """Where the rows are in a file that is one object around them, as a.b; several lists are several tables, none is [""]."""
    if path.stat().st_size > LONGEST or not _first_line(path).startswith("{"):
        return [""]
    with path.open(encoding="utf-8-sig") as text:
        try:
            values = [found.value for found in islice(_stream(text, name), 2)]
        except SourceError:
            return [""]
    return [key for key, inner in opened(values[0]) if _is_rows(inner)] or [""] if len(values) == 1 else [""]


def _inside(value: Any, wrapper: str) -> list[Any]:
    """The list that stands there."""
    return next(inner for key, inner in opened(value) if key == wrapper and isinstance(inner, list))


def _is_rows(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _lines(text: IO[str]) -> Iterator[Found]:
    """One value on each line; a damaged line costs itself only."""
    for line, content in enumerate(text, start=1):
        if not content.strip():
            yield Found(line, None, BLANK)
            continue
        try:
            yield Found(line, json.loads(content))
        except RecursionError:
            yield Found(line, None, TOO_DEEP, content.strip())
        except ValueError:
            yield Found(line, None, "it is not whole JSON", content.strip())


def _stream(text: IO[str], name: str) -> Iterator[Found]:
    """The values of an array, or values one after the other, however they are broken into lines."""
    decoder = json.JSONDecoder()
    buffer, position, line, want = "", 0, 1, CHUNK
    array = began = False
    damage: ValueError | None = None
    while True:
        while position < len(buffer) and buffer[position] in " \t\r\n,":
            line += buffer[position] == "\n"
            position += 1
        if position < len(buffer) and not began:
            began, array = True, buffer[position] == "["
            position += array
            continue
        if array and position < len(buffer) and buffer[position] == "]":
            return
        end = -1
        if position < len(buffer):
            try:
                value, end = decoder.raw_decode(buffer, position)
            except RecursionError as error:
                raise SourceError(
                    f"{name} cannot be read: in line {line:,} {TOO_DEEP}. Export it as a plain table."
                ) from error
            except ValueError as error:
                damage = error
        if end >= 0 and (end < len(buffer) or isinstance(value, dict | list)):
            yield Found(line, value)
            line += buffer.count("\n", position, end)
            position, want = end, CHUNK
            continue
        more = text.read(want)
        if not more and position >= len(buffer):
            if array:
                raise SourceError(f"{name} is not whole: its list has no end. Export it again.")
            return
        if not more and end >= 0:
            yield Found(line, value)
            return
        if not more or len(buffer) - position > LONGEST:
            raise SourceError(f"{name} is damaged JSON in line {line:,}: {damage}. Export it again.")
        buffer, position, want = buffer[position:] + more, 0, want * 2
