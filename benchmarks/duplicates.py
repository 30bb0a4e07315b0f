"""How well similar people are found in data whose truth is known: pairwise precision and recall, and the time.

python benchmarks/duplicates.py [folder with febrl/ and splink_fake/; else ../shared/data]
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

import duckdb
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from segmentation.catalogue import Role
from segmentation.duplicates import groups
from segmentation.jobs import Quiet
from segmentation.repairs import MergeSimilar

FEBRL = {
    Role.FIRST_NAME: "given_name", Role.LAST_NAME: "surname", Role.ADDRESS: "address_1", Role.CITY: "suburb",
    Role.POSTAL_CODE: "postcode", Role.BIRTH_DATE: "date_of_birth",
}  # fmt: skip
SPLINK = {
    Role.FIRST_NAME: "first_name",
    Role.LAST_NAME: "surname",
    Role.CITY: "city",
    Role.BIRTH_DATE: "dob",
    Role.EMAIL: "email",
}
SETS = [
    ("febrl/dataset1.csv", FEBRL, "split_part(rec_id, '-', 2)"),
    ("febrl/dataset3.csv", FEBRL, "split_part(rec_id, '-', 2)"),
    ("splink_fake/fake_1000.csv", SPLINK, "cluster"),
]


def pairs(people: Counter[str] | Counter[int] | Counter[tuple[str, int]]) -> int:
    """How many pairs these groups have."""
    return sum(size * (size - 1) // 2 for size in people.values())


def measure(file: Path, fields: dict[Role, str], truth: str) -> tuple[float, float, float]:
    """Precision and recall over all pairs, and seconds."""
    with duckdb.connect() as connection:
        read = connection.read_csv(str(file), all_varchar=True, header=True).to_arrow_table()
        connection.register("read", read.rename_columns([name.strip() for name in read.column_names]))
        connection.execute("CREATE TABLE people AS SELECT (row_number() OVER () - 1)::UINTEGER AS _row, * FROM read")
        began = time.perf_counter()
        found: pa.Table = groups(connection, MergeSimilar(fields=tuple(fields.items())), Quiet())
        seconds = time.perf_counter() - began
        people = [str(row[0]) for row in connection.execute(f"SELECT {truth} FROM people ORDER BY _row").fetchall()]
    same = list(zip(found["_row"].to_pylist(), found["same"].to_pylist(), strict=True))
    right = pairs(Counter((people[row], group) for row, group in same))
    return right / pairs(Counter(group for _, group in same)), right / pairs(Counter(people)), seconds


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2] / "shared" / "data"
    for name, fields, truth in SETS:
        precision, recall, seconds = measure(folder / name, fields, truth)
        print(f"{name}: precision {precision:.4f}, recall {recall:.4f}, {seconds:.2f} s")
