"""A marketer of a shop has nothing but its order lines, half a million of them, and asks what she knows the answers of."""

from __future__ import annotations

import gzip
import shutil
import time
from pathlib import Path

import pytest

from tests.e2e.driver import Handpick


def test_half_a_million_order_lines_give_the_known_answers(
    marketer: Handpick, shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """She drops one file; people are derived from it; clicks count what the books say."""
    file = tmp_path / "online_retail.csv"
    packed = shared_data / "online_retail" / "online_retail_2010_2011.csv.gz"
    with gzip.open(packed) as source, file.open("wb") as target:
        shutil.copyfileobj(source, target)
    marketer.open()

    began = time.monotonic()
    marketer.choose_files(file)
    marketer.read_files()
    read = time.monotonic() - began
    marketer.sees("541,909 rows")
    marketer.look("01-recognised")
    resumed = time.monotonic()
    marketer.load("Online Retail")
    marketer.page.get_by_role("link", name="Build a segment").click()
    marketer.expect_total(4_372)
    waited = read + time.monotonic() - resumed
    with capsys.disabled():
        print(f"\nOnline Retail, from drop to first count: {waited:.1f} s, {read:.1f} of them until it was recognised")

    # not cancelled, of some quantity and price: by clicks
    marketer.settled()
    marketer.add("Purchase")
    marketer.expect_total(4_372)
    marketer.add_event_detail("Invoice no")
    marketer.compare("does not start with")
    marketer.enter("Text to compare Invoice no with", "C")
    marketer.add_event_detail("Quantity")
    marketer.compare("is more than")
    marketer.enter("Number to compare Quantity with", "0")
    marketer.add_event_detail("Unit price")
    marketer.compare("is more than")
    marketer.enter("Number to compare Unit price with", "0")
    marketer.expect_total(4_338)
    marketer.look("02-buyers")

    # repeat buyers
    marketer.choose("What is counted", "different")
    marketer.choose("Of which detail", "Invoice no")
    marketer.enter("Number", "2")
    marketer.expect_total(2_845)
    marketer.look("03-repeat-buyers")
