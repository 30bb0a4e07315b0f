"""Repairs and joined tables outlive what happens to an audience: segments, a cancelled Apply, and new data."""

from contextlib import closing
from copy import copy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.importing import load, plan_files
from connectors.renewing import renew
from segmentation.audience import Audience, AudienceAbout
from segmentation.clock import Clock
from segmentation.definition import Definition, FieldCondition, Group
from segmentation.engine import Engine
from segmentation.errors import Cancelled
from segmentation.jobs import Quiet
from segmentation.leftovers import leftovers
from segmentation.lending import about_of, attached
from segmentation.library import Library
from segmentation.renewal import Given
from segmentation.renewals import Renewals
from segmentation.repairs import KeepApart, Known, MergeSame, Repair, Step, WriteCountries
from segmentation.workspace import Workspace
from tests.connectors.restoring import Kept

PEOPLE = "id,email,country\n1,a@x.org,Deutschland\n2,A@x.org,Germany\n3,c@x.org,Deutschland\n4,d@x.org,France\n"
ORDERS = "customer_id,ordered_at,amount\n" + "".join(f"{n % 4 + 1},2025-01-0{n + 1} 10:00,5\n" for n in range(8))
SHOP = "account_id,mail\nA1,A@X.ORG\nA2,z@x.org\n"
REPAIRS = (WriteCountries(field="country"), MergeSame(field="email"))
GERMANS = Definition(
    root=Group(id="n1", children=(FieldCondition(id="n2", field="country", operator="is", value="Germany"),))
)


class Shop:
    """An audience of files, and what becomes of it."""

    def __init__(self, home: Path, folder: Path, **files: str) -> None:
        self.workspace, self.folder = Workspace(home), folder
        plan, _ = plan_files([self.file(name, text) for name, text in files.items()], self.workspace, Quiet())
        self.id = load(plan, "Shop", self.workspace, Quiet())

    def again(self) -> "Shop":
        """The same one, opened anew."""
        opened = copy(self)
        opened.workspace = Workspace(self.workspace.home)
        return opened

    def file(self, name: str, text: str) -> tuple[str, Path]:
        path = self.folder / f"{name}.csv"
        path.write_text(text, encoding="utf-8")
        return path.name, path

    def about(self) -> AudienceAbout:
        return about_of(self.workspace.current_version(self.id))

    def apply(self, *repairs: Repair, progress: Any = None) -> None:
        plan = self.about().plan
        steps = tuple(Step(repair=repair) for repair in repairs)
        load(plan, "Shop", self.workspace, progress or Quiet(), self.id, steps)

    def renew(self, **files: str) -> None:
        renew(self.id, Given(files=tuple(self.file(*file) for file in files.items())), self.workspace, Quiet())

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with attached(self.workspace.current_version(self.id), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def germans(self) -> int | None:
        with closing(Audience(self.workspace.current_version(self.id))) as now:
            return Engine(now).answer(GERMANS, Clock(datetime.now(UTC), "UTC")).total


class CancelledAt(Quiet):
    """She presses Cancel when the work says this."""

    def __init__(self, words: str) -> None:
        self.words = words

    def __call__(self, message: str, share: float | None = None) -> None:
        if self.words in message:
            raise Cancelled


@pytest.fixture(scope="module")
def kept_shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Kept, Shop]:
    kept = Kept(tmp_path_factory)
    return kept, kept.filled(lambda: Shop(kept.home, kept.files, customers=PEOPLE, orders=ORDERS))


@pytest.fixture
def shop(kept_shop: tuple[Kept, Shop], monkeypatch: pytest.MonkeyPatch) -> Shop:
    kept, shop = kept_shop
    kept.restore(monkeypatch)
    return shop.again()


def test_a_saved_segment_is_counted_on_the_repaired_customers(shop: Shop) -> None:
    saved = Library(shop.workspace).save_new(shop.id, "Germans", GERMANS)
    assert shop.germans() == 1
    shop.apply(WriteCountries(field="country"))
    assert shop.germans() == 3
    shop.apply(*REPAIRS)
    assert shop.germans() == 2
    assert Library(shop.workspace).get(saved.id).definition == GERMANS
    shop.apply()
    assert shop.germans() == 1


@pytest.mark.parametrize("words", ["Repairing: Country", "Repairing: Merge", "Loading the events", "Publishing"])
def test_an_apply_that_is_cancelled_half_way_changes_nothing(shop: Shop, words: str) -> None:
    shop.apply(WriteCountries(field="country"))
    before = shop.workspace.current_version(shop.id)
    there = sorted(path.name for path in before.parent.rglob("*") if path.is_file())
    with pytest.raises(Cancelled):
        shop.apply(*REPAIRS, progress=CancelledAt(words))
    assert shop.workspace.current_version(shop.id) == before
    assert sorted(path.name for path in before.parent.rglob("*") if path.is_file()) == there
    assert [step.repair for step in shop.about().repairs] == [WriteCountries(field="country")]
    assert shop.germans() == 3


def test_new_data_is_repaired_as_the_old_was_and_segments_are_compared_on_repaired_customers(shop: Shop) -> None:
    Library(shop.workspace).save_new(shop.id, "Germans", GERMANS)
    shop.apply(*REPAIRS)
    shop.renew(customers=PEOPLE + "5,e@x.org,Deutschland\n6,E@x.org,Allemagne\n")
    assert shop.rows("SELECT id, country FROM people ORDER BY _row") == [
        ("2", "Germany"), ("3", "Germany"), ("4", "France"), ("6", "Germany"),
    ]  # fmt: skip
    assert shop.rows("SELECT count(*) FROM events") == [(8,)]
    report = Renewals(shop.workspace).report(shop.id)
    assert report is not None
    assert [(s.name, s.before, s.after) for s in report.segments] == [("Germans", 2, 3)]
    assert [(step.repair, step.changed) for step in shop.about().repairs] == list(zip(REPAIRS, (4, 2), strict=True))


def test_joined_tables_stay_joined_and_kept_apart_when_new_data_comes(workspace: Path, tmp_path: Path) -> None:
    shop = Shop(workspace, tmp_path, crm_customers=PEOPLE, shop_accounts=SHOP)
    assert shop.rows("SELECT id FROM people ORDER BY _row") == [("1",), ("3",), ("4",), ("A2",)]
    shop.apply(KeepApart(people=(Known(table=0, id="1"), Known(table=1, id="A1"))), KeepApart(people=(Known(table=0, id="1"), Known(table=0, id="2"))))  # fmt: skip
    assert shop.rows("SELECT id FROM people ORDER BY _row") == [("1",), ("2",), ("3",), ("4",), ("A2",)]
    shop.renew(shop_accounts_may=SHOP + "A3,d@x.org\nA4,new@x.org\n,lost@x.org\n")
    assert shop.rows("SELECT id, account_id FROM people ORDER BY _row") == [
        ("1", None), ("2", "A1"), ("3", None), ("4", "A3"), ("A2", "A2"), ("A4", "A4"),
    ]  # fmt: skip
    found = [(row.table, row.reason) for row in leftovers(shop.about().plan, Quiet())]
    assert found == [("shop_accounts.csv", "no customer id")]
