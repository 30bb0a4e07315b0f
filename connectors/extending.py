"""Further tables loaded into an audience that is there: its sources stay as they are, and nothing changes unless all goes well."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime

from connectors.comparing import held, segments_since
from connectors.importing import publish
from segmentation.errors import LoadError
from segmentation.lending import about_of
from segmentation.plan import LoadPlan, Progress, TableRole
from segmentation.renewal import Report, TableNews
from segmentation.renewals import Renewals
from segmentation.workspace import Workspace


def extend(audience: str, plan: LoadPlan, kept: int, name: str, workspace: Workspace, progress: Progress) -> str:
    """Publish a plan, whose first `kept` tables are those of the audience, as its new version, with a report; returns its id.

    Raises `LoadError`, also where the audience has been brought up to date since the plan was made, `AudienceError` and `Cancelled`.
    """
    renewals = Renewals(workspace)
    with renewals.alone(audience), ExitStack() as opened:
        version = workspace.current_version(audience)
        began, about = datetime.now(UTC), about_of(version)
        if [table.table for table in about.plan.tables] != [table.table for table in plan.tables[:kept]]:
            raise LoadError(
                f"{about.name} has been brought up to date since you began, so nothing was added. Add it once more."
            )
        before = opened.enter_context(held(version, audience, workspace))
        try:
            publish(plan, name, workspace, progress, audience)
        except BaseException:
            now = about_of(workspace.current_version(audience))  # the new version where only tidying up failed
            workspace.drop_unused(audience, now.plan)
            raise
        added = [table.table for table in plan.tables[kept:] if table.role is not TableRole.LEAVE_OUT]
        tables = (
            TableNews(table=table.name, before=0, read=table.rows, added=table.rows, updated=0, after=table.rows)
            for table in added
        )
        segments = segments_since(before, audience, workspace, progress)
        renewals.note(audience, Report(at=began, tables=tuple(tables), segments=segments))
    return audience
