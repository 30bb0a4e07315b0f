"""A folder brought up to date: new, changed and removed files by every way, what is held, and what is left alone."""

import os
from collections.abc import Sequence
from copy import copy
from pathlib import Path
from typing import Any

import pytest

from connectors.importing import load, plan_files
from connectors.renewing import renew
from segmentation import replanning
from segmentation.errors import SourceError
from segmentation.jobs import Quiet
from segmentation.leftovers import leftovers
from segmentation.lending import about_of, attached
from segmentation.plan import TableRole
from segmentation.renewal import Given, Held, Reason, Renewal, TableRenewal, Way
from segmentation.renewals import Renewals
from segmentation.workspace import Workspace
from tests.connectors.restoring import Kept

HEADER = "order_id,customer_id,ordered_at,amount\n"
JANUARY = HEADER + "1,C1,2025-01-01 10:00,5\n2,C2,2025-01-02 10:00,6\n"
FEBRUARY = HEADER + "3,C1,2025-02-01 10:00,7\n"
PEOPLE = "id,email,age\nC1,a@x.org,30\nC2,b@x.org,40\n"


class Exports:
    """An audience of a folder of monthly files, and of one with its customers."""

    def __init__(self, home: Path, folder: Path) -> None:
        self.workspace, self.folder = Workspace(home), folder
        self.write("people.csv", PEOPLE)
        self.write("orders/1.csv", JANUARY)
        self.write("orders/2.csv", FEBRUARY)
        plan, _ = plan_files([(folder.name, folder)], self.workspace, Quiet())
        self.orders = next(i for i, table in enumerate(plan.tables) if table.role is TableRole.EVENTS)
        self.id = load(plan, "Shop", self.workspace, Quiet())

    def again(self) -> "Exports":
        """The same one, opened anew."""
        opened = copy(self)
        opened.workspace = Workspace(self.workspace.home)
        return opened

    def write(self, name: str, content: str) -> None:
        """Write a file that was not written at the same moment as any before."""
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        before = file.stat().st_mtime_ns if file.exists() else 0
        file.write_text(content, encoding="utf-8")
        os.utime(file, ns=(before + 10**9, before + 10**9))

    def bring(self, accept: bool = False, **way: Any) -> Sequence[tuple[int, int, int]]:
        """Bring it up to date; for the orders read, added and updated rows."""
        if way:
            kept = Renewals(self.workspace).of(self.id).with_table(self.orders, TableRenewal(**way))
            Renewals(self.workspace).keep(self.id, kept)
        renew(self.id, Given(accept=accept), self.workspace, Quiet())
        report = Renewals(self.workspace).report(self.id)
        assert report is not None
        return [(t.read, t.added, t.updated) for t in report.tables if t.table != "people.csv"]

    def held(self, **way: Any) -> list[tuple[Reason, str, tuple[str, ...]]]:
        before = self.workspace.current_version(self.id)
        with pytest.raises(Held) as held:
            self.bring(**way)
        assert self.workspace.current_version(self.id) == before
        return [(hold.reason, hold.message, hold.candidates) for hold in held.value.holds]

    def rows(self, sql: str = "SELECT count(*), sum(amount) FROM events") -> list[tuple[Any, ...]]:
        with attached(self.workspace.current_version(self.id), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def files(self) -> list[tuple[Any, ...]]:
        return self.rows("SELECT file, count(*) FROM events GROUP BY 1 ORDER BY 1")


@pytest.fixture(scope="module")
def kept_exports(tmp_path_factory: pytest.TempPathFactory) -> tuple[Kept, Exports]:
    kept = Kept(tmp_path_factory)
    return kept, kept.filled(lambda: Exports(kept.home, kept.files))


@pytest.fixture
def exports(kept_exports: tuple[Kept, Exports], monkeypatch: pytest.MonkeyPatch) -> Exports:
    kept, exports = kept_exports
    kept.restore(monkeypatch)
    return exports.again()


def test_a_folder_takes_the_place_of_what_was_read_from_it(exports: Exports) -> None:
    exports.write("orders/1.csv", JANUARY.replace(",5\n", ",50\n"))
    (exports.folder / "orders/2.csv").unlink()
    exports.write("orders/3.csv", HEADER + "4,C2,2025-03-01 10:00,8\n")
    exports.write("people.csv", PEOPLE + "C3,c@x.org,50\n")
    assert exports.bring() == [(3, 0, 0)]
    assert exports.rows() == [(3, 64)]
    assert exports.files() == [("orders/1.csv", 2), ("orders/3.csv", 1)]
    assert exports.rows("SELECT count(*) FROM people") == [(3,)]


def test_new_files_are_added_and_changed_ones_come_anew(exports: Exports) -> None:
    assert exports.bring(way=Way.APPEND) == [(0, 0, 0)], "nothing is new"
    exports.write("orders/3.csv", HEADER + "4,C2,2025-03-01 10:00,8\n")
    assert exports.bring() == [(1, 1, 0)]
    exports.write("orders/2.csv", FEBRUARY + "5,C1,2025-02-02 10:00,9\n")
    (exports.folder / "orders/1.csv").unlink()
    assert exports.bring() == [(2, 1, 0)]
    assert exports.rows() == [(5, 35)]
    assert exports.files() == [("orders/1.csv", 2), ("orders/2.csv", 2), ("orders/3.csv", 1)]
    assert exports.bring() == [(0, 0, 0)]


def test_known_rows_are_brought_up_to_date_by_their_number(exports: Exports) -> None:
    exports.write("orders/3.csv", HEADER + "1,C1,2025-01-01 10:00,55\n4,C2,2025-03-01 10:00,8\n")
    assert exports.bring(way=Way.UPSERT, key="order_id") == [(2, 1, 1)]
    assert exports.rows() == [(4, 76)]
    assert exports.bring() == [(0, 0, 0)]


def test_rows_that_could_not_be_read_come_and_go_with_their_file(exports: Exports) -> None:
    exports.write("orders/2.csv", FEBRUARY + "5,C1,2025-02-02 10:00,9,too,many\n")
    exports.bring(way=Way.APPEND)
    exports.write("orders/3.csv", HEADER + "6,C1,x,y,z,a\n7,C2,2025-03-01 10:00,8\n")
    exports.bring()

    def unread() -> list[str]:
        plan = about_of(exports.workspace.current_version(exports.id)).plan
        return [row.text for row in leftovers(plan, Quiet())]

    assert unread() == ["5,C1,2025-02-02 10:00,9,too,many", "6,C1,x,y,z,a"]
    exports.write("orders/2.csv", FEBRUARY + "5,C1,2025-02-02 10:00,9\n")
    exports.bring()
    assert unread() == ["6,C1,x,y,z,a"]
    assert exports.rows() == [(5, 35)]


@pytest.mark.parametrize("way", [Way.REPLACE, Way.APPEND])
def test_a_column_that_is_gone_from_a_new_file_is_held_and_mapped(exports: Exports, way: Way) -> None:
    exports.write("orders/3.csv", HEADER.replace("amount", "total_amount") + "4,C2,2025-03-01 10:00,8\n")
    [(reason, message, candidates)] = exports.held(way=way)
    assert (reason, candidates[0]) == (Reason.MISSING, "total_amount")
    assert "has no column “amount” any more. New there: “total_amount”" in message
    assert message.startswith("In orders/3.csv: ") == (way is Way.REPLACE)
    exports.bring(way=way, renamed={"amount": "total_amount"})
    assert exports.rows() == [(4, 26)]
    exports.bring()
    assert exports.rows() == [(4, 26)]


def test_a_file_that_belongs_to_no_source_is_held_until_it_is_known(exports: Exports) -> None:
    exports.write("weather.csv", "station,degrees\n1,20\n")
    exports.write("orders/3.csv", HEADER + "4,C2,2025-03-01 10:00,8\n")
    [(reason, message, _)] = exports.held()
    assert reason is Reason.STRANGE
    assert message.endswith("weather.csv continues none of the sources: its columns are others.")
    exports.bring(accept=True)
    assert exports.rows() == [(4, 26)]
    exports.bring()
    assert exports.rows() == [(4, 26)]


def test_a_table_that_is_left_out_keeps_its_files(exports: Exports) -> None:
    exports.write("weather.csv", "station,degrees\n1,20\n")
    plan, _ = plan_files([(exports.folder.name, exports.folder)], exports.workspace, Quiet())
    place = next(i for i, table in enumerate(plan.tables) if table.table.name == "weather.csv")
    plan = replanning.change_role(plan, place, TableRole.LEAVE_OUT)
    exports.id = load(plan, "Shop and weather", exports.workspace, Quiet())
    exports.write("weather.csv", "station,degrees\n1,21\n")
    exports.bring()


def test_a_folder_without_its_files_leaves_the_old_data(exports: Exports) -> None:
    (exports.folder / "orders/1.csv").write_bytes(b"%PDF-1.7")
    with pytest.raises(SourceError, match=r"^orders/1\.csv is not a text table"):
        exports.bring()
    for name in ("1.csv", "2.csv"):
        (exports.folder / "orders" / name).unlink()
    with pytest.raises(SourceError, match="is there any more"):
        exports.bring()
    assert exports.rows() == [(3, 18)]


def test_a_file_that_was_dropped_goes_on_in_a_folder(workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    exports = Exports(workspace, tmp_path_factory.mktemp("exports"))
    files = [
        (name, exports.folder / place) for name, place in (("people.csv", "people.csv"), ("1.csv", "orders/1.csv"))
    ]
    plan, _ = plan_files(files, exports.workspace, Quiet())
    exports.orders = next(i for i, table in enumerate(plan.tables) if table.role is TableRole.EVENTS)
    exports.id = load(plan, "Dropped", exports.workspace, Quiet())
    (exports.folder / "people.csv").unlink()
    way = TableRenewal(way=Way.APPEND, path=str(exports.folder / "orders"))
    Renewals(exports.workspace).keep(exports.id, Renewal().with_table(exports.orders, way))
    assert exports.bring() == [(3, 1, 0)]
    assert exports.rows() == [(3, 18)]
    exports.write("orders/1.csv", JANUARY.replace(",5\n", ",50\n"))
    assert exports.bring() == [(2, 0, 0)]
    assert exports.rows() == [(3, 63)]


def test_the_folder_of_handpick_itself_is_refused(exports: Exports) -> None:
    with pytest.raises(SourceError, match="belongs to Handpick itself"):
        exports.bring(path=str(exports.workspace.home))
