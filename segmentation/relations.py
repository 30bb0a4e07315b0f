"""How the tables of a loaded audience belong together: which row refers to what, and how many of them find it."""

from __future__ import annotations

from dataclasses import dataclass

from segmentation.audience import AudienceAbout
from segmentation.filling import NO_ID, NO_OWNER, UNIDENTIFIED, UNKNOWN
from segmentation.joining import people_tables, whose
from segmentation.plan import Link, LoadPlan, TableRole
from segmentation.visitors import NO_VISITOR


@dataclass(frozen=True)
class Relation:
    """Rows of the plan's table at the place `index` and the table that they refer to; `link` None: the customers, by their id.

    `rows` = `found` + `missing` + `blank`, all of them exact.
    """

    index: int
    other: int
    column: str
    rows: int
    found: int
    missing: int
    blank: int
    link: Link | None = None

    @property
    def is_whole(self) -> bool:
        """Whether nothing has to be looked into: all rows are found, or nobody has to have what is a list."""
        return not self.missing + self.blank or (self.link is not None and self.link.several)


def used(plan: LoadPlan) -> tuple[int, ...]:
    """The places of the tables that an audience is made of."""
    return tuple(place for place, table in enumerate(plan.tables) if table.role is not TableRole.LEAVE_OUT)


def relations(about: AudienceAbout) -> tuple[Relation, ...]:
    """Every relation between the tables of an audience, in their order, customers first."""
    plan = about.plan
    has_people = bool(people_tables(plan))
    found = []
    for index, (table, report) in enumerate(zip(plan.tables, about.reports, strict=True)):
        aside, rows = dict(report.set_aside), table.table.rows
        column = table.key or table.visitor
        if table.role in (TableRole.EVENTS, TableRole.VISITORS) and column is not None and has_people:
            blank = sum(aside.get(reason, 0) for reason in (NO_ID, NO_OWNER, NO_VISITOR))
            missing = aside.get(UNKNOWN, 0) + aside.get(UNIDENTIFIED, 0)
            found.append(Relation(index, whose(plan, index), column, rows, rows - blank - missing, missing, blank))
        for link in table.links:
            missing = link.filled - link.found
            found.append(Relation(index, link.table, link.column, rows, link.found, missing, rows - link.filled, link))
    return tuple(found)


def layers(plan: LoadPlan, found: tuple[Relation, ...]) -> list[list[int]]:
    """The tables from top to bottom: customers, what they did, and what is looked up, each below all that refer to it."""
    depths: dict[int, int] = {}
    for index in used(plan):
        depths[index] = 0 if plan.tables[index].role is TableRole.PEOPLE else 1
    parts = {r.index: r.other for r in found if plan.tables[r.other].role is TableRole.EVENTS}
    for _ in depths:  # links never lead back, so that this ends
        for index, whole in parts.items():
            depths[index] = max(depths[index], depths[whole] + 1)
        for relation in found:
            if plan.tables[relation.other].role is TableRole.LOOKUP:
                depths[relation.other] = max(depths[relation.other], depths[relation.index] + 1)
    return [[i for i in depths if depths[i] == depth] for depth in sorted(set(depths.values()))]
