"""The command that brings audiences up to date, by hand or from a timetable of the system."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from commands.codes import Code, code_of
from commands.printing import print_csv, print_json
from commands.questions import home_of
from connectors.opening import audience_of
from segmentation.errors import ChoiceError, HandpickError
from segmentation.renewal import Given, Report


def refresh(options: argparse.Namespace) -> Code:
    """Bring audiences up to date, and say what that did to each of their tables; the code is that of the first that failed."""
    from connectors.renewing import renew
    from segmentation.jobs import Quiet
    from segmentation.renewals import Renewals
    from segmentation.workspace import Workspace

    if options.due and (options.audience or options.file):
        raise ChoiceError("--due looks at every audience: leave out --audience and --file.")
    home = home_of(options)
    os.environ["HANDPICK_HOME"] = str(home)  # where secrets are looked up
    if options.due:
        workspace = Workspace(home)
        audiences: Iterable[str] = Renewals(workspace).due(datetime.now(UTC))
    else:
        workspace, entry = audience_of(home, options.audience)
        audiences = [entry.id]
    names = {entry.id: entry.name for entry in workspace.audiences()}
    given = Given(files=tuple((file.name, file) for file in options.file), accept=options.accept)
    codes, told = [], []
    for audience in audiences:
        try:
            renew(audience, given, workspace, Quiet())
        except HandpickError as error:
            print(f"handpick: {names[audience]}: {error}", file=sys.stderr)
            codes.append(code_of(error))
        report = Renewals(workspace).report(audience)
        told += [(audience, names[audience], report)] if report is not None else []
    _tell(told, options.format)
    return codes[0] if codes else Code.DONE


def _tell(told: Sequence[tuple[str, str, Report]], format: str) -> None:
    if format == "json":
        print_json(
            {"audiences": [{"id": a, "name": name, **report.model_dump(mode="json")} for a, name, report in told]}
        )
    elif format == "csv":
        header = ("audience", "table", "before", "read", "added", "updated", "after")
        print_csv(header, [(name, *table.model_dump().values()) for _, name, report in told for table in report.tables])
    else:
        for _, name, report in told:
            for t in report.tables:
                changes = f"{t.read} read, {t.added} added, {t.updated} updated"
                print(f"{name}: {t.table}: {t.before} rows before, {changes}, {t.after} now")
            for s in report.segments:
                print(f"{name}: “{s.name}”: {s.problem or f'{_people(s.before)} before, {_people(s.after)} now'}")


def _people(count: int | None) -> str:
    return "not counted" if count is None else f"{count} people"
