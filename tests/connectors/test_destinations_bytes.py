"""The files of the sample shop stay the same to the byte, whatever becomes of how they are written."""

from __future__ import annotations

import hashlib
import threading
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from connectors.destinations import ExportOptions, export, people
from connectors.importing import load, plan_files
from connectors.sources.sample import write_sample
from segmentation.audience import Audience
from segmentation.jobs import Job, Quiet, State
from segmentation.workspace import Workspace

PEOPLE, BLOCK = 2_000, 300
OWN = (
    "customer_id",
    "email",
    "phone",
    "age",
    "income",
    "latitude",
    "birth_date",
    "interests",
    "email_consent",
    "last_login",
    "city",
)
CUSTOM = ("income", "latitude", "interests", "last_login", "email", "postal_code")

# SHA-256 of each file (of a workbook: of its sheet) with the receipt's notes, and its numbers: exported, no address, not consented, duplicate.
FILES: dict[str, tuple[dict[str, Any], str, tuple[int, int, int, int]]] = {
    "csv": ({"destination": "csv", "columns": OWN}, "38635f042543b44ca131ecf80014fd4a7cbb29fdb2b391991958bbc24a103d1e", (1294, 20, 386, 14)),
    "csv for spreadsheets": ({"destination": "csv", "columns": OWN, "spreadsheet_safe": True}, "9d37e508b3b68d19e1525d48887e140608ac4f967c5be9457164737a6619eadb", (1294, 20, 386, 14)),
    "csv of everybody": ({"destination": "csv", "columns": OWN, "consent": "ignore", "require_address": False}, "9872e688d7858fd60bce3d586657997cd238bd328523f862a2c5be5e17b8d628", (1714, 0, 0, 0)),
    "csv of one column": ({"destination": "csv", "columns": ("last_login",), "consent": "ignore", "require_address": False}, "0cd140e3d5e622d52ed2b2649ac218c3a51ae64aaa565c3138b533f1f81a5ff7", (1714, 0, 0, 0)),
    "excel": ({"destination": "excel", "columns": OWN}, "babda3912bcb9e04b1b1f6442a99f240b0e070137ca7efc4a235423e05330487", (1294, 20, 386, 14)),
    "mailchimp": ({"destination": "mailchimp", "columns": CUSTOM}, "26ce9f87ac92e598d4c33be94800834e055a93f6a75e5d9f7741c713378b7aba", (1177, 79, 444, 14)),
    "klaviyo": ({"destination": "klaviyo", "columns": CUSTOM}, "6d2c0cb508039f5bd5b3406f0b1472ff83901408114044fa435308e1fc2335c1", (1294, 20, 386, 14)),
    "hubspot": ({"destination": "hubspot", "columns": CUSTOM}, "6e7e4606eadfb12f6cdc832cd62c787479903893c8a3889b1cf1d523b857d46b", (1177, 79, 444, 14)),
    "brevo": ({"destination": "brevo", "columns": CUSTOM}, "e35c4702c4d3d17e3fe1de5fa82dc50b30b9365501c1778a86131152f0d63fb3", (1294, 20, 386, 14)),
    "klaviyo without a look at consent": ({"destination": "klaviyo", "consent": "ignore"}, "419fc670040844b68d75ab2e48e85a73fe3ff1558e8328b126b7e5434f3fd90f", (1671, 20, 0, 23)),
}  # fmt: skip


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audience]:
    folder = tmp_path_factory.mktemp("shop")
    space = Workspace(folder / "home")
    files = [(path.name, path) for path in write_sample(folder, anchor=date(2026, 1, 1), people=PEOPLE, events=1_000)]
    plan, problems = plan_files(files, space, Quiet())
    assert not problems
    load(plan, "Shop", space, Quiet())
    audience = Audience(next(entry.path for entry in space.audiences() if entry.path is not None))
    yield audience
    audience.close()


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_the_sample_shop_is_the_same_to_the_byte(
    shop: Audience, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(people, "BLOCK", BLOCK)
    options, digest, numbers = FILES[name]
    rows = np.delete(np.arange(shop.people, dtype=np.uint32), slice(None, None, 7))
    made = export(
        shop, shop.catalogue, rows, ExportOptions(**options), tmp_path, segment_name="VIPs, north", zone="Europe/Berlin",
        progress=Quiet(),
    )  # fmt: skip
    path = tmp_path / made.file_name
    written = zipfile.ZipFile(path).read("xl/worksheets/sheet1.xml") if path.suffix == ".xlsx" else path.read_bytes()
    assert (made.exported, made.no_address, made.not_consented, made.duplicate) == numbers
    assert hashlib.sha256(written + "\n".join(made.notes).encode()).hexdigest() == digest


def test_cancel_ends_a_running_export_and_leaves_nothing(
    shop: Audience, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "BLOCK", 1)
    rows = np.arange(shop.people, dtype=np.uint32)
    job = Job(
        "Writing",
        lambda progress: export(
            shop, shop.catalogue, rows, ExportOptions(**FILES["csv"][0]), tmp_path, segment_name="VIPs", zone="UTC",
            progress=progress,
        ),
    )  # fmt: skip
    while not job.share:
        assert job.state is State.RUNNING
    job.cancel()
    job.wait(20)
    assert job.state is State.CANCELLED
    assert list(tmp_path.iterdir()) == []
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("handpick-export")]
