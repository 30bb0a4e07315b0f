"""The repairs of an audience, done again to what is told live of its people: what stands there is as after a load of the same values.

`handpick_told` (`_row`, `field`, `cell`, `said`): the values that repairs look at, of those who were told of, before any repair; not
`said` are those of the base, which has repaired them. In a version over a base it is a view of the base's and of `touched.told`.
A value, or one that it depends on, may come in any later version: then the repairs begin again from these.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set

import duckdb
import pyarrow as pa

from segmentation.arriving import Column
from segmentation.audience import BASE, quoted
from segmentation.catalogue import Kind
from segmentation.identities import with_arrived
from segmentation.repairs import Change, Step, in_order, looked_at

TOLD = "handpick_told"


class Remending:
    """The repairs of the people of a version that is being written."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        steps: Sequence[Step],
        people: Mapping[str, Column],
        fixed: Set[str],
        of_base: Set[str],
    ) -> None:
        """`people` are the columns of people, `fixed` those that nobody tells, `of_base` the tables of the base."""
        done = [step.repair for step in in_order(steps) if step.on and not step.problem]
        self._changes = [one for one in done if isinstance(one, Change) and looked_at(one) <= people.keys() - fixed]
        self.fields = {name for change in self._changes for name in looked_at(change)}
        self._connection = connection
        self._people = people
        if self._changes:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS touched.told (_row UINTEGER, field VARCHAR, cell VARCHAR[], said BOOLEAN)"
            )
            older = f" UNION ALL SELECT * FROM {BASE}.main.{TOLD} ANTI JOIN touched.told USING (_row, field)"
            connection.execute(
                f"CREATE OR REPLACE VIEW {TOLD} AS SELECT * FROM touched.told{older if TOLD in of_base else ''}"
            )

    def note(self, field: str, rows: Sequence[int], cells: Sequence[str | list[str] | None]) -> None:
        """Keep what is told of a field that repairs look at."""
        listed = [[cell] if isinstance(cell, str) else cell for cell in cells]
        told = pa.table(
            {
                "_row": pa.array(rows, pa.uint32()),
                "field": pa.array([field] * len(rows), pa.string()),
                "cell": pa.array(listed, pa.list_(pa.string())),
            }
        )
        same = "(_row, field) IN (SELECT (_row, field) FROM arrived)"
        with_arrived(self._connection, told, f"DELETE FROM touched.told WHERE {same}")
        with_arrived(self._connection, told, "INSERT INTO touched.told SELECT *, true FROM arrived")

    def mend(self, rows: Collection[int]) -> set[str]:
        """Do the repairs to these people, of whom something was noted; returns the fields that they may have changed."""
        run = self._connection.execute
        self._connection.register("mended", pa.table({"_row": pa.array(rows, pa.uint32())}))
        run(f"CREATE TEMP TABLE told AS SELECT * FROM {TOLD} SEMI JOIN mended USING (_row)")
        for name in self.fields:
            column = self._people[name]
            field, a_list = quoted(name), column.named.kind is Kind.LIST
            cell = field if a_list else f"CASE WHEN {field} IS NOT NULL THEN [{field}::VARCHAR] END"
            run(
                f"INSERT INTO told SELECT _row, $field, {cell}, false FROM touched.people SEMI JOIN mended USING (_row) "
                "ANTI JOIN (SELECT _row FROM told WHERE field = $field) USING (_row)",
                {"field": name},
            )
            run(
                f"UPDATE touched.people SET {field} = told.cell{'' if a_list else f'[1]::{column.type}'} FROM told "
                "WHERE told.field = $field AND told._row = people._row",
                {"field": name},
            )
        run("DELETE FROM touched.told WHERE _row IN (SELECT _row FROM mended)")
        run("INSERT INTO touched.told SELECT * FROM told")
        for change in self._changes:
            self._mend(change)
        run("DROP TABLE temp.told")
        self._connection.unregister("mended")
        return {change.field for change in self._changes}

    def _mend(self, change: Change) -> None:
        from segmentation.mending import mend  # brings the rules of addresses, which a start does without

        run, field = self._connection.execute, quoted(change.field)
        names = sorted(looked_at(change))
        # A temporary table goes before the view of the same name.
        run(
            f"CREATE TEMP TABLE people AS SELECT _row, {', '.join(map(quoted, names))} FROM touched.people WHERE _row IN "
            "(SELECT _row FROM told WHERE said AND list_contains($names, field))",
            {"names": names},
        )
        mend(self._connection, change)
        run(
            f"UPDATE touched.people SET {field} = anew.{field} FROM temp.people AS anew WHERE anew._row = touched.people._row"
        )
        run("DROP TABLE temp.people")
