"""What visitors did before somebody knew who they are counts for the person; those nobody knows are counted, or kept if wanted."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from segmentation import replanning
from segmentation.audience import Audience
from segmentation.filling import NO_ID, UNIDENTIFIED, UNKNOWN
from segmentation.guessing import guess_plan
from segmentation.jobs import Quiet
from segmentation.leftovers import leftovers
from segmentation.loading import build_audience
from segmentation.plan import LoadPlan, TableRole
from tests.segmentation.audiences import attached
from tests.segmentation.staging import stage

Columns = Mapping[str, Sequence[Any]]
PEOPLE: Columns = {"customer_id": ["1", "2", "3"], "email": ["a@x.org", "b@x.org", "c@x.org"]}
VISITS: Columns = {  # a: customer 1, who was v1 before; v2 is a tablet of 1 and 2; v9 is nobody
    "anonymous_id": ["v1", "v1", "v1", "v2", "v2", "v2", "v2", "v2", "v9", "v9", "", "v8"],
    "customer_id": ["", "1", "", "", "1", "", "2", "", "", "", "", "99"],
    "event": ["view"] * 12,
    "time": [f"2024-01-{day:02}" for day in range(1, 13)],
}
LOGINS: Columns = {"anonymous_id": ["v9", "", "v7", "v6"], "customer_id": ["3", "1", "", "77"]}


def planned(folder: Path, **tables: Columns) -> LoadPlan:
    plan = guess_plan([stage(folder, name, columns) for name, columns in tables.items()], zone="UTC", progress=Quiet())
    assert plan.problems == ()
    return plan


def load(folder: Path, plan: LoadPlan) -> Audience:
    return attached(build_audience(plan, folder / "a", name="Shop", zone="UTC", progress=Quiet()))


def days(audience: Audience, key: str = "customer_id") -> dict[str, list[int]]:
    """The days of January on which each person did something."""
    with audience.cursor() as cursor:
        found = cursor.execute(
            f'SELECT "{key}", list(day(_time) ORDER BY _time) FROM events JOIN people USING (_row) GROUP BY 1 ORDER BY 1'
        )
        return dict(found.fetchall())


def counted_as_leftovers(audience: Audience) -> bool:
    """Whether every row that is set aside can be looked at, with its reason."""
    found = Counter((row.table, row.reason) for row in leftovers(audience.about.plan, Quiet()))
    return found == Counter({(r.table, reason): n for r in audience.about.reports for reason, n in r.set_aside})


def test_events_before_and_after_the_identification_are_the_persons(tmp_path: Path) -> None:
    plan = planned(tmp_path, customers=PEOPLE, visits=VISITS)
    assert (plan.tables[1].key, plan.tables[1].visitor) == ("customer_id", "anonymous_id")
    audience = load(tmp_path, plan)
    assert days(audience) == {"1": [1, 2, 3, 4, 5], "2": [6, 7, 8]}
    report = audience.about.reports[1]
    assert dict(report.set_aside) == {NO_ID: 1, UNIDENTIFIED: 2, UNKNOWN: 1}
    assert report.rows == report.loaded + sum(n for _, n in report.set_aside) == 12
    assert report.notes[-1] == "2 events of 1 visitor nobody has identified yet."
    assert counted_as_leftovers(audience)


def test_a_table_of_logins_tells_who_visitors_are(tmp_path: Path) -> None:
    plan = planned(tmp_path, customers=PEOPLE, visits=VISITS, logins=LOGINS)
    assert [table.role for table in plan.tables] == [TableRole.PEOPLE, TableRole.EVENTS, TableRole.VISITORS]
    audience = load(tmp_path, plan)
    assert days(audience) == {"1": [1, 2, 3, 4, 5], "2": [6, 7, 8], "3": [9, 10]}
    assert audience.about.reports[2].loaded == 1
    assert counted_as_leftovers(audience)


PAGES: Columns = {
    "anonymous_id": ["v1", "v1", "v2", "v9"], "url": ["/a", "/b", "/a", "/a"],
    "time": [f"2024-01-0{day}" for day in range(1, 5)],
}  # fmt: skip


def test_page_views_beside_a_table_of_logins_are_events(tmp_path: Path) -> None:
    logins = {**LOGINS, "login_time": ["2024-01-09"] * 4, "anonymous_id": ["v1", "v2", "v7", "v6"]}
    plan = planned(tmp_path, customers=PEOPLE, page_views=PAGES, identify=logins)
    assert [(t.role, t.key, t.visitor) for t in plan.tables[1:]] == [
        (TableRole.EVENTS, None, "anonymous_id"), (TableRole.VISITORS, "customer_id", "anonymous_id"),
    ]  # fmt: skip
    audience = load(tmp_path, plan)
    assert days(audience) == {"1": [3], "3": [1, 2]}
    assert counted_as_leftovers(audience)


def test_page_views_and_logins_alone_make_the_people(tmp_path: Path) -> None:
    pages = {**PAGES, "anonymous_id": ["v1", "v2", "v3", "v4"]}  # each visitor once, as people are
    logins = {"anonymous_id": ["v1", "v2"], "user_id": ["7", "8"], "time": ["2024-01-09"] * 2}
    plan = planned(tmp_path, page_views=pages, identifies=logins)
    assert [table.role for table in plan.tables] == [TableRole.EVENTS, TableRole.VISITORS]
    assert days(load(tmp_path, plan), "user_id") == {"7": [1], "8": [2]}


def test_page_views_alone_need_a_customer_id(tmp_path: Path) -> None:
    logins = {"anonymous_id": ["v1", "v2"], "customer_id": ["7", "8"]}
    plan = planned(tmp_path, page_views=PAGES, identifications=logins)
    alone = replanning.change_role(plan, 1, TableRole.LEAVE_OUT)
    for kept in (False, True):
        asking = replanning.change_keep_visitors(alone, 0, kept)
        assert asking.problems == ("page_views: Say which column holds the customer id.",)
        answered = replanning.change_key(asking, 0, "anonymous_id")
        assert days(load(tmp_path, answered), "anonymous_id") == {"v1": [1, 2], "v2": [3], "v9": [4]}


def test_customers_whose_visitor_is_known_tell_who_it_is(tmp_path: Path) -> None:
    users = {"user_id": ["1", "2", "3"], "email": ["a@x.org", "b@x.org", ""], "anonymous_id": ["v1", "v2", ""]}
    plan = planned(tmp_path, users=users, page_views=PAGES)
    assert [(t.role, t.visitor) for t in plan.tables] == [
        (TableRole.PEOPLE, "anonymous_id"), (TableRole.EVENTS, "anonymous_id"),
    ]  # fmt: skip
    audience = load(tmp_path, plan)
    assert days(audience, "user_id") == {"1": [1, 2], "2": [3]}
    assert counted_as_leftovers(audience)


def test_events_that_know_their_customers_tell_who_visitors_are(tmp_path: Path) -> None:
    signups = {
        "anonymous_id": ["v1", "v2"], "customer_id": ["1", "2"], "plan": ["pro", "free"], "time": ["2024-01-09"] * 2,
    }  # fmt: skip
    plan = planned(tmp_path, customers=PEOPLE, signup_events=signups, page_views=PAGES)
    assert plan.tables[1].visitor == "anonymous_id"
    assert days(load(tmp_path, plan)) == {"1": [1, 2, 9], "2": [3, 9]}


def test_a_column_that_is_merely_called_device_tells_nobody(tmp_path: Path) -> None:
    users = {"user_id": ["1", "2"], "email": ["a@x.org", "b@x.org"], "device": ["phone", "tablet"]}
    plan = guess_plan(
        [stage(tmp_path, "users", users), stage(tmp_path, "page_views", PAGES)], zone="UTC", progress=Quiet()
    )
    assert [(t.role, t.visitor) for t in plan.tables] == [(TableRole.PEOPLE, None), (TableRole.LEAVE_OUT, None)]


def test_visitors_nobody_knows_are_people_if_wanted(tmp_path: Path) -> None:
    people = {"customer_id": ["1", "2", "v9"], "email": ["a@x.org", "b@x.org", "c@x.org"]}
    plan = replanning.change_keep_visitors(planned(tmp_path, customers=people, visits=VISITS), 1, True)
    audience = load(tmp_path, plan)
    assert days(audience)["visitor v9"] == [9, 10]
    assert audience.people == 4
    with audience.cursor() as cursor:
        anonymous = cursor.execute("SELECT customer_id FROM people WHERE anonymous_visitor").fetchall()
    assert anonymous == [("visitor v9",)]
    assert audience.catalogue.field("anonymous_visitor").label == "Anonymous visitor"
    assert counted_as_leftovers(audience)


def test_without_a_table_of_people_visitors_are_identified_too(tmp_path: Path) -> None:
    plan = planned(tmp_path, visits=VISITS)
    assert days(load(tmp_path, plan)) == {"1": [1, 2, 3, 4, 5], "2": [6, 7, 8], "99": [12]}
    kept = load(tmp_path, replanning.change_keep_visitors(plan, 0, True))
    assert days(kept)["v9"] == [9, 10]
    assert kept.people == 4


def test_a_machine_that_many_use_tells_nothing(tmp_path: Path) -> None:
    people = {"customer_id": [str(n) for n in range(8)], "email": [f"{n}@x.org" for n in range(8)]}
    visits = {
        "anonymous_id": ["kiosk"] * 9,
        "customer_id": [*map(str, range(8)), ""],
        "event": ["view"] * 9,
        "time": [f"2024-01-{day:02}" for day in range(1, 10)],
    }
    audience = load(tmp_path, planned(tmp_path, customers=people, visits=visits))
    assert dict(audience.about.reports[1].set_aside) == {UNIDENTIFIED: 1}
    assert counted_as_leftovers(audience)
