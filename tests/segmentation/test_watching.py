"""A statement that takes long: how far it is, and how it ends."""

import duckdb
import pytest

from segmentation.errors import Cancelled
from segmentation.jobs import QUIET, Quiet
from segmentation.watching import watched

LONG = "SELECT count(*) FROM range(100000) AS a, range(1000000) AS b WHERE hash(a.range + b.range) = 1"


class Told(Quiet):
    """Notes what it is told, and cancels at the call `last`."""

    def __init__(self, last: int = 1_000) -> None:
        self.last = last
        self.shares: list[float] = []

    def __call__(self, message: str, share: float | None = None) -> None:
        assert message == "Counting"
        assert share is not None
        self.shares.append(share)
        if len(self.shares) == self.last:
            raise Cancelled


def test_it_answers_with_the_rows_and_tells_at_once() -> None:
    told = Told()
    with duckdb.connect() as connection:
        assert watched(connection, "SELECT ? + 1 UNION ALL SELECT 7", [1], told, "Counting") == [(2,), (7,)]
    assert told.shares[0] == 0.0


@pytest.mark.parametrize("call", [1, 3])
def test_cancel_ends_it_at_once_and_the_connection_goes_on(call: int) -> None:
    told = Told(call)
    with duckdb.connect() as connection:
        with pytest.raises(Cancelled):
            watched(connection, LONG, {}, told, "Counting")
        assert len(told.shares) == call
        assert told.shares == sorted(told.shares)
        assert watched(connection, "SELECT 1", {}, QUIET, "Counting") == [(1,)]


def test_what_the_database_refuses_is_raised() -> None:
    with duckdb.connect() as connection, pytest.raises(duckdb.CatalogException):
        watched(connection, "SELECT * FROM nowhere", {}, QUIET, "Counting")
