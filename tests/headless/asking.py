"""Small files and definitions, and the ways in which tests ask about them."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cli import parser
from commands.answers import run
from connectors.importing import load, plan_files
from connectors.opening import Columns, open_files
from segmentation.definition import Definition
from segmentation.fitting import Said
from segmentation.jobs import Quiet
from segmentation.settings import Settings
from segmentation.workspace import Workspace

AS_OF = "2026-03-31T12:00:00+00:00"
Rows = Sequence[Mapping[str, Any]]


def field(name: str, operator: str, value: Any = None, **more: Any) -> dict[str, Any]:
    """A field filter as JSON."""
    return {"type": "field", "field": name, "operator": operator, "value": value, **more}


def did(*events: str, where: Sequence[dict[str, Any]] = (), **more: Any) -> dict[str, Any]:
    """An event filter as JSON."""
    inside = {"where": {"type": "group", "children": list(where)}} if where else {}
    return {"type": "event", "events": list(events), **inside, **more}


def definition(*nodes: dict[str, Any], match: str = "all") -> dict[str, Any]:
    """A whole definition as JSON."""
    return {"version": 1, "root": {"type": "group", "match": match, "children": list(nodes)}}


def read(data: dict[str, Any]) -> Definition:
    """A definition as the product has it."""
    return Definition.model_validate(data)


def write(folder: Path, name: str, rows: Any) -> Path:
    """Rows as a JSON, NDJSON or Parquet file, texts as they are; by the name's ending."""
    path = folder / name
    if isinstance(rows, str):
        path.write_text(rows, encoding="utf-8")
    elif path.suffix == ".parquet":
        pq.write_table(rows if isinstance(rows, pa.Table) else pa.Table.from_pylist(list(rows)), path)
    elif path.suffix == ".ndjson":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    else:
        path.write_text(json.dumps(rows), encoding="utf-8")
    return path


def members(people: Path, *nodes: dict[str, Any], match: str = "all", **more: Any) -> list[str]:
    """The ids of those who are in."""
    [found] = _answers(people, [read(definition(*nodes, match=match))], **more)
    return found


def each(people: Path, *nodes: dict[str, Any], **more: Any) -> list[list[str]]:
    """The ids of those whom each of these filters finds alone, of files that are read once for all of them."""
    return _answers(people, [read(definition(node)) for node in nodes], **more)


def _answers(
    people: Path,
    asked: Sequence[Definition],
    *,
    events: Sequence[Path] = (),
    columns: Columns | None = None,
    said: Said | None = None,
    as_of: str = AS_OF,
    zone: str = "UTC",
    **more: Any,
) -> list[list[str]]:
    with open_files(
        people, events, definitions=asked, columns=columns, said=said, as_of=as_of, zone=zone, **more
    ) as evaluation:
        return [evaluation.members(one) for one in asked]


_parser = cache(parser)


def command(*arguments: object) -> int:
    """A command in this process; returns its exit code."""
    return int(run(_parser().parse_args([str(argument) for argument in arguments])))


def kept(home: Path, *files: Path) -> list[object]:
    """The options of every command for these files, loaded into a workspace once for all that are asked of it."""
    space = Workspace(home)
    space.set_settings(Settings(zone="UTC"))
    plan, _ = plan_files([(path.name, path) for path in files], space, Quiet())
    load(plan, "Kept", space, Quiet())
    return ["--home", home, "--as-of", AS_OF]
