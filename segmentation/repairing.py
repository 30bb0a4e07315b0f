"""The repairs of an audience, done while it is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import duckdb

from segmentation.audience import version_paths
from segmentation.catalogue import Kind, Role
from segmentation.errors import AudienceError
from segmentation.filling import Stored
from segmentation.lending import about_of
from segmentation.plan import Progress
from segmentation.repairs import (
    Change,
    EmptyOutside,
    Fill,
    KeepApart,
    Merge,
    MergeSame,
    Repair,
    Step,
    in_order,
    looked_at,
    sentence,
)
from segmentation.survivors import kept_apart, merge_people, note_apart

FROM_EVENTS = "The customers of this audience come from their events, so that they cannot be merged."


def kept_repairs(folder: Path) -> tuple[Step, ...]:
    """The repairs of an audience: those of the newest version in its folder that can be opened."""
    for path in reversed(version_paths(folder)):
        with suppress(AudienceError):
            return about_of(path).repairs
    return ()


def repair_people(
    connection: duckdb.DuckDBPyConnection,
    steps: Sequence[Step],
    fields: Sequence[Stored],
    progress: Progress,
    *,
    mergeable: bool = True,
) -> tuple[Step, ...]:
    """Do the steps to the table `people`, in their order; returns them with what they did.

    `mergeable`: the table `handpick_keys` tells whose events are whose. Raises `Cancelled`.
    """
    done: list[Step] = []
    labels = {stored.name: stored.plan.label for stored in fields}
    for number, step in enumerate(in_order(steps)):
        step = Step(repair=step.repair, on=step.on)
        if step.on:
            progress(f"Repairing: {sentence(step.repair, labels)}", number / len(steps))
            problem = _problem(step.repair, fields)
            if problem or (isinstance(step.repair, Merge | KeepApart) and not mergeable):
                step = step.model_copy(update={"problem": problem or FROM_EVENTS})
            elif isinstance(step.repair, KeepApart):
                step = step.model_copy(update={"changed": 2 if kept_apart(connection, [step]) else 0})
            elif isinstance(step.repair, Merge):
                from segmentation.duplicates import groups  # brings the rules of addresses, which a start does without

                found = groups(connection, step.repair, progress, kept_apart(connection, steps))
                progress.on_cancel(connection.interrupt)
                gone = merge_people(connection, found, step.repair.keep, fields)
                step = step.model_copy(update={"changed": gone})
            else:
                from segmentation.mending import mend  # brings the rules of addresses, which a start does without

                step = step.model_copy(update={"changed": mend(connection, step.repair)})
        done.append(step)
    if mergeable and (apart := kept_apart(connection, steps)):
        note_apart(connection, apart)
    return tuple(done)


def notes(steps: Sequence[Step], fields: Sequence[Stored]) -> tuple[str, ...]:
    """What the repairs did, in sentences."""
    labels = {stored.name: stored.plan.label for stored in fields}
    return tuple(
        f"Repaired: {sentence(step.repair, labels)}: {step.problem or f'{step.changed:,} people.'}"
        for step in steps
        if step.on
    )


def _problem(repair: Repair, fields: Sequence[Stored]) -> str:
    """Why a repair does not fit this load; "" if it does."""
    known = {stored.name: stored for stored in fields}
    missing = next((name for name in _named(repair) if name not in known), None)
    if missing is not None:
        return f"There is no field “{missing}” in this load; the repair waits until it comes back."
    if isinstance(repair, Change):
        field = known[repair.field]
        if field.plan.role is Role.PERSON_ID:
            return f"“{field.plan.label}” is the customer id, which is never changed."
        texts = not isinstance(repair, EmptyOutside | Fill)
        if texts and field.kind is not Kind.TEXT:
            return f"“{field.plan.label}” is not read as text any more; the repair waits."
        if isinstance(repair, EmptyOutside) and field.kind not in (Kind.NUMBER, Kind.DATE, Kind.MOMENT):
            return f"“{field.plan.label}” is not read as a number or date any more; the repair waits."
        if isinstance(repair, Fill) and known[repair.other].type != field.type:
            return f"“{field.plan.label}” and “{known[repair.other].plan.label}” do not hold the same kind of values."
    return ""


def _named(repair: Repair) -> list[str]:
    """The fields a repair needs."""
    if isinstance(repair, Change):
        return sorted(looked_at(repair))
    if isinstance(repair, KeepApart):
        return []
    return [repair.field] if isinstance(repair, MergeSame) else [name for _, name in repair.fields]
