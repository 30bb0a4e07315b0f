"""From files or a database to a plan the marketer confirms, and from the confirmed plan to an audience."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, date, datetime
from pathlib import Path

from connectors.sources.databases import Database, TableOffer, read_tables
from connectors.sources.folders import stage_path
from connectors.sources.offers import with_rows
from segmentation.additions import new_among
from segmentation.catalogue import Model
from segmentation.errors import NotFound, SourceError
from segmentation.guessing import guess_plan
from segmentation.loading import build_audience
from segmentation.plan import LoadPlan, Origin, Progress, StagedTable
from segmentation.renewals import Renewals
from segmentation.repairing import kept_repairs
from segmentation.repairs import Step
from segmentation.workspace import Workspace

SAMPLE_NAME = "Sample shop"


def plan_for(
    tables: Sequence[StagedTable], workspace: Workspace, progress: Progress, before: LoadPlan | None = None
) -> LoadPlan:
    """The guessed plan for staged tables, beside those of a plan `before`."""
    if not tables:
        raise SourceError("There is no table with rows in what was chosen.")
    if before is not None:
        tables = new_among(tables, before, progress)
    return guess_plan(tables, zone=workspace.settings().zone, progress=progress, before=before)


def plan_files(
    files: Sequence[tuple[str, Path]], workspace: Workspace, progress: Progress, before: LoadPlan | None = None
) -> tuple[LoadPlan, tuple[str, ...]]:
    """Read files and folders, given as (name, path), and guess what they are; with a sentence for each that cannot be read.

    With a plan `before` they come beside its tables. Raises `SourceError` with all these sentences where none can.
    """
    folder = workspace.staging_folder()
    tables: list[StagedTable] = []
    problems: list[str] = []
    try:
        for name, path in files:
            try:
                read_at = datetime.now(UTC)
                tables += (
                    table.model_copy(update={"origin": table.origin or Origin(read_at=read_at)})
                    for table in stage_path(path, name, folder, progress)
                )
            except (SourceError, NotFound) as error:
                problems.append(str(error))
        if problems and not tables:
            raise SourceError("\n".join(problems))
        return plan_for(tables, workspace, progress, before), tuple(problems)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def plan_tables(
    database: Database,
    settings: Model,
    offers: Sequence[TableOffer],
    workspace: Workspace,
    progress: Progress,
    before: LoadPlan | None = None,
) -> LoadPlan:
    """Read tables of a database and guess what they are, beside those of a plan `before`; raises `SourceError`."""
    folder = workspace.staging_folder()
    try:
        staged = read_tables(database, settings, offers, folder, progress)
        return plan_for(with_rows(staged), workspace, progress, before)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def load(
    plan: LoadPlan,
    name: str,
    workspace: Workspace,
    progress: Progress,
    audience: str | None = None,
    repairs: Sequence[Step] | None = None,
) -> str:
    """Build and publish an audience (a new version where `audience` is given); returns its id. `repairs`: None for those it has.

    Raises `LoadError`, `Cancelled`, and `AudienceError` where somebody else is bringing that audience up to date.
    """
    with Renewals(workspace).alone(audience) if audience else nullcontext():
        return publish(plan, name, workspace, progress, audience, repairs)


def publish(
    plan: LoadPlan,
    name: str,
    workspace: Workspace,
    progress: Progress,
    audience: str | None,
    repairs: Sequence[Step] | None = None,
) -> str:
    """`load` for whoever has the audience for himself.

    What was read for it is kept beside the audience only, so that it goes with it.
    """
    audience_id = audience or workspace.new_audience_id(name)
    adopted = workspace.adopt_sources(plan, audience_id)
    folder = workspace.audience_folder(audience_id)
    if repairs is None:
        repairs = kept_repairs(folder)
    try:
        zone = workspace.settings().zone
        build_audience(adopted, folder, name=name, zone=zone, progress=progress, repairs=repairs)
    except BaseException:
        if audience is None:
            workspace.drop_unused(audience_id, None)
        raise
    workspace.drop_unused(audience_id, adopted)
    workspace.drop_staged(plan)
    return audience_id


def load_sample(anchor: date, workspace: Workspace, progress: Progress) -> str:
    """Make the sample data up to `anchor` and load it the way files are loaded; returns the audience's id."""
    scratch = workspace.staging_folder()
    try:
        progress("Making up 20,000 customers and what they did", 0.05)
        from connectors.sources.sample import write_sample  # the app's start does without

        paths = write_sample(scratch, anchor=anchor)
        plan, _ = plan_files([(path.name, path) for path in paths], workspace, progress)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return load(plan, SAMPLE_NAME, workspace, progress)
