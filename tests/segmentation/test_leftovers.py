"""The rows that are not in an audience: every one that a report counts can be seen, with its place and its reason."""

from collections import Counter
from pathlib import Path

from connectors.destinations.leftovers import write_leftovers
from connectors.importing import load, plan_files
from segmentation.audience import Audience, AudienceAbout
from segmentation.jobs import Quiet
from segmentation.leftovers import Leftover, first_unread, leftovers
from segmentation.preview import HIDDEN
from segmentation.workspace import Workspace

PEOPLE = """Customers of today
customer_id,name,e-mail
1,Anna,a@example.org
2,"Bob, Jr",b@example.org
,Nobody,c@example.org
1,Anna again,a2@example.org
3,Eva,e@example.org,too,many
# end
"""
EVENTS = """customer_id,ordered_at,amount
1,2024-01-01 10:00,5
9,2024-01-02 10:00,6
,2024-01-03 10:00,7
2,never,8
""" + "".join(f"2,2024-01-{day:02} 10:00,9\n" for day in range(1, 29))


def loaded(tmp_path: Path, files: dict[str, str]) -> AudienceAbout:
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    space = Workspace(tmp_path / "home")
    plan, _ = plan_files([(name, tmp_path / name) for name in files], space, Quiet())
    audience = Audience(space.current_version(load(plan, "Shop", space, Quiet())))
    audience.close()
    return audience.about


def test_every_row_that_is_not_loaded_is_there_with_its_reason(tmp_path: Path) -> None:
    about = loaded(tmp_path, {"customers.csv": PEOPLE, "orders.csv": EVENTS})
    found = list(leftovers(about.plan, Quiet()))
    assert found == [
        Leftover("customers.csv", 1, None, "above the table's header", "Customers of today"),
        Leftover(
            "customers.csv",
            7,
            None,
            "it has 5 cells, and the table has 3 columns",
            "3,Eva,e@example.org,too,many",
        ),
        Leftover("customers.csv", 8, None, "a comment, not a row", "# end"),
        Leftover("customers.csv", None, 1, "same customer id as a later row", "1,Anna,a@example.org"),
        Leftover("customers.csv", None, 3, "no customer id", ",Nobody,c@example.org"),
        Leftover("orders.csv", None, 2, "belongs to a customer who is not in the people table", "9,2024-01-02 10:00,6"),
        Leftover("orders.csv", None, 3, "no customer id", ",2024-01-03 10:00,7"),
        Leftover("orders.csv", None, 4, "no time", "2,never,8"),
    ]
    for report in about.reports:
        assert report.rows == report.loaded + sum(row.table == report.table for row in found)
        told = Counter(row.reason for row in found if row.table == report.table and row.line is None)
        assert told == {reason: rows for reason, rows in report.set_aside if reason != "could not be read"}


def test_rows_that_are_not_loaded_are_there_without_passwords(tmp_path: Path) -> None:
    users = "user_id,user_pass,name\n1,s3cret1,Ann\n1,,Ann\n,s3cret3,Bob\n2,s3cret4,Cid\n2,s3cret5,Cid,s3cret6\n"
    about = loaded(tmp_path, {"users.csv": users})
    found = [(row.line, row.row, row.text) for row in leftovers(about.plan, Quiet())]
    assert found == [(6, None, HIDDEN), (None, 1, f"1,{HIDDEN},Ann"), (None, 3, f",{HIDDEN},Bob")]
    (table,) = about.plan.tables
    assert [(row.line, row.text) for row in first_unread(table.table)] == [(6, HIDDEN)]


def test_events_without_people_are_looked_through_as_well(tmp_path: Path) -> None:
    about = loaded(tmp_path, {"orders.csv": EVENTS})
    assert [(row.row, row.reason) for row in leftovers(about.plan, Quiet())] == [(3, "no customer id"), (4, "no time")]


def test_they_are_written_whole_and_without_formulas(tmp_path: Path) -> None:
    long = "x" * 2_000
    rows = [Leftover("a.csv", n, None, "why, so", f"=1+{n},{long}") for n in range(1, 1_001)]
    written = write_leftovers(iter(rows), tmp_path / "rows.csv")
    lines = written.path.read_text(encoding="utf-8-sig").splitlines()
    assert (written.rows, len(written.first), len(lines)) == (1_000, 200, 1_001)
    assert lines[:2] == ["Table,Line in the file,Row of the table,Why,Text", f'a.csv,1,,"why, so","\'=1+1,{long}"']
    assert len(written.first[0].text) == 500
