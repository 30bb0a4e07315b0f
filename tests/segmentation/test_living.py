"""What comes in live, from messages to numbers: every reader of a version over a base sees what is in both."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from segmentation import living, publishing
from segmentation.audience import Audience, AudienceAbout, version_paths
from segmentation.catalogue import EventProperty, Kind, Role
from segmentation.cataloguing import summaries
from segmentation.clock import Clock
from segmentation.definition import Definition
from segmentation.engine import Engine
from segmentation.guessing import guess_plan
from segmentation.inbox import Inbox, log_path, read
from segmentation.jobs import QUIET
from segmentation.lending import about_of, attached
from segmentation.living import begin, bring_in, rebase
from segmentation.loading import build_audience
from segmentation.messages import admitted
from segmentation.preview import events_of, page_of, person
from segmentation.recounting import recounted
from segmentation.repairs import (
    Case,
    Change,
    EmptyEmails,
    EmptyOutside,
    Fill,
    Flaw,
    MapValues,
    Step,
    Trim,
    WriteCountries,
    WriteLetters,
    WritePhones,
)
from segmentation.values import field_values
from tests.segmentation.audiences import write_audience
from tests.segmentation.staging import stage

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
CLOCK = Clock(NOW, "UTC")
AT = datetime(2026, 5, 1, tzinfo=UTC).replace(tzinfo=None)
SENT = datetime(2026, 6, 1, 11, tzinfo=UTC).replace(tzinfo=None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A shop of three people and three events, published as a first version."""
    path = tmp_path / "shop" / "v000001.duckdb"
    write_audience(
        path,
        {"id": Kind.TEXT, "name": Kind.TEXT, "plan": Kind.TEXT, "points": Kind.NUMBER, "tags": Kind.LIST},
        [
            {"id": "1", "name": "Ann", "plan": "free", "points": 5, "tags": ["a"]},
            {"id": "2", "name": "Bob", "plan": "pro", "points": 7.25},
            {"id": "3", "name": "Cid", "plan": "free"},
        ],
        {"total": Kind.NUMBER},
        [
            {"_row": 0, "_name": "bought", "_time": AT, "total": 10},
            {"_row": 1, "_name": "bought", "_time": AT, "total": 20},
            {"_row": 1, "_name": "opened", "_time": AT},
        ],
    ).close()
    _count_details(path)
    return path.parent


def _count_details(path: Path) -> None:
    """Have the catalogue say what the details hold, as that of a loaded audience does."""
    with attached(path) as connection:
        ((text,),) = connection.execute("SELECT about FROM handpick_audience").fetchall()
        about = AudienceAbout.model_validate_json(text)
        found = summaries(connection, "events", [(p.name, p.kind, "") for p in about.catalogue.properties], QUIET)
        counted = tuple(
            one.model_copy(update={name: getattr(found[one.name], name) for name in ("filled", "top", "low", "high")})
            for one in about.catalogue.properties
        )
        catalogue = about.catalogue.model_copy(update={"properties": counted})
        told = about.model_copy(update={"catalogue": catalogue}).model_dump_json()
        connection.execute("UPDATE handpick_audience SET about = ?", [told])


class Sender:
    """Someone who sends messages to an audience, and has them brought in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.inbox = Inbox(folder)

    def send(self, kind: str, **said: Any) -> "Sender":
        """One message, at noon of the first of June unless it says otherwise."""
        said = {"timestamp": "2026-06-01T11:00:00Z"} | said
        self.inbox.append([admitted(json.loads(json.dumps(said)), kind, NOW)])
        return self

    def brought_in(self) -> Audience:
        """The version that has it all."""
        self.inbox.close()
        bring_in(self.folder)
        self.inbox = Inbox(self.folder)
        return Audience(version_paths(self.folder)[-1])


@pytest.fixture
def sender(folder: Path) -> Iterator[Sender]:
    found = Sender(folder)
    yield found
    found.inbox.close()


def count(audience: Audience, *conditions: dict[str, Any]) -> int:
    definition = Definition.model_validate({"root": {"children": list(conditions)}})
    answer = Engine(audience).answer(definition, CLOCK)
    assert answer.counted, answer.unfinished
    assert not answer.unfinished
    return answer.total


def did(event: str, **more: Any) -> dict[str, Any]:
    return {"type": "event", "events": [event], "comparison": "at_least", "value": 1} | more


def is_(field: str, value: object) -> dict[str, Any]:
    return {"type": "field", "field": field, "operator": "is", "value": value}


def test_an_event_of_a_known_person_counts(sender: Sender) -> None:
    audience = sender.send("track", userId="3", event="bought", properties={"total": 12.5}).brought_in()
    assert count(audience, did("bought")) == 3
    assert audience.about.events == 4
    assert audience.about.newest_event == datetime(2026, 6, 1, 11, tzinfo=UTC)
    assert audience.catalogue.event_property("total").filled == 3


def test_traits_change_fields_and_new_ones_appear(sender: Sender) -> None:
    audience = (
        sender.send("identify", userId="1", traits={"plan": "pro", "vip": True, "address": {"city": "Oslo"}})
        .send("identify", userId="9", traits={"plan": "free", "visits": 3})
        .brought_in()
    )
    assert audience.people == 4
    assert count(audience, is_("plan", "pro")) == 2
    assert count(audience, is_("plan", "free")) == 2
    assert count(audience, is_("address_city", "Oslo")) == 1
    assert audience.catalogue.field("vip").kind is Kind.YES_NO
    assert audience.catalogue.field("visits").kind is Kind.NUMBER
    plan = audience.catalogue.field("plan")
    assert (plan.filled, plan.distinct, [(v.value, v.count) for v in plan.top]) == (4, 2, [("free", 2), ("pro", 2)])
    assert person(audience, 0, "UTC")["name"] == "Ann"


def test_a_new_event_with_new_details_can_be_asked_for(sender: Sender) -> None:
    sender.send("track", userId="2", event="Order Completed", properties={"coupon": "MAY", "products": [{"sku": "x"}]})
    audience = sender.brought_in()
    where = {"children": [{"type": "field", "field": "coupon", "operator": "is", "value": "MAY"}]}
    assert count(audience, did("Order Completed", where=where)) == 1
    assert audience.catalogue.event_property("products_sku").kind is Kind.LIST
    assert audience.catalogue.event_property("coupon").events == ("Order Completed",)


def test_page_screen_and_group_have_their_places(sender: Sender) -> None:
    audience = (
        sender.send("page", userId="1", name="Home", properties={"url": "https://shop.example/"})
        .send("screen", userId="1", name="Cart")
        .send("group", userId="2", groupId="acme", traits={"name": "Acme"})
        .brought_in()
    )
    assert count(audience, did("Page viewed")) == count(audience, did("Screen viewed")) == 1
    assert count(audience, is_("company_id", "acme")) == 1
    assert count(audience, is_("company_name", "Acme")) == 1


def test_what_a_visitor_did_counts_when_it_is_known_who_that_was(sender: Sender) -> None:
    audience = sender.send("track", anonymousId="a", event="viewed").brought_in()
    assert audience.people == 3
    assert audience.about.events == 3
    assert audience.about.live is not None
    assert audience.about.live.waiting == 1
    audience = sender.send("identify", userId="2", anonymousId="a").brought_in()
    assert count(audience, did("viewed")) == 1
    assert audience.about.live is not None
    assert audience.about.live.waiting == 0
    audience = sender.send("track", anonymousId="a", event="bought").brought_in()
    assert rows(audience, did("bought")) == [0, 1]
    assert len(events_of(audience, 1, "UTC")) == 4


def rows(audience: Audience, *conditions: dict[str, Any]) -> list[int]:
    definition = Definition.model_validate({"root": {"children": list(conditions)}})
    return Engine(audience).answer(definition, CLOCK).members.rows().tolist()


def test_an_alias_brings_a_visitor_to_a_person(sender: Sender) -> None:
    sender.send("track", anonymousId="a", event="viewed").send("alias", userId="3", previousId="a")
    assert rows(sender.brought_in(), did("viewed")) == [2]


def test_an_alias_of_a_known_person_keeps_all_that_person_did(sender: Sender) -> None:
    audience = (
        sender.send("alias", userId="db-17", previousId="2").send("track", userId="db-17", event="paid").brought_in()
    )
    assert (audience.people, rows(audience, did("paid"), did("opened"))) == (3, [1])
    audience = sender.send("alias", userId="3", previousId="1").send("track", userId="1", event="paid").brought_in()
    assert (audience.people, rows(audience, did("paid")), rows(audience, did("bought"))) == (3, [1, 2], [0, 1])
    assert audience.about.live is not None
    assert audience.about.live.unjoined == 1


def test_preview_values_and_facts_see_both(sender: Sender) -> None:
    audience = (
        sender.send("identify", userId="3", traits={"plan": "gold"})
        .send("identify", userId="7", traits={"plan": "gold", "name": "Gil"})
        .brought_in()
    )
    members = (
        Engine(audience).answer(Definition.model_validate({"root": {"children": [is_("plan", "gold")]}}), CLOCK).members
    )
    offered = field_values(audience, audience.catalogue.field("plan"), "", beside=members, zone="UTC")
    assert [(v.value, v.count, v.beside) for v in offered] == [("gold", 2, 2), ("free", 1, 0), ("pro", 1, 0)]
    shown = page_of(audience, members, [audience.catalogue.field("name")], zone="UTC", page=1, size=10)
    assert shown.column("Name").to_pylist() == ["Cid", "Gil"]


def test_larger_and_finer_numbers_widen_their_column(sender: Sender) -> None:
    audience = sender.send("identify", userId="1", traits={"points": 1234567890123.125}).brought_in()
    assert str(person(audience, 0, "UTC")["points"]) == "1234567890123.125"
    assert count(audience, {"type": "field", "field": "points", "operator": "at_least", "value": 7.25}) == 2


def test_values_that_do_not_fit_are_missing_and_counted(sender: Sender) -> None:
    audience = sender.send("identify", userId="1", traits={"points": "many", "plan": None}).brought_in()
    assert audience.about.live is not None
    assert audience.about.live.misfits == (("Points", 1),)
    assert person(audience, 0, "UTC")["plan"] is None


def test_versions_over_versions_and_a_new_base_say_the_same(sender: Sender, folder: Path) -> None:
    first = sender.send("track", userId="3", event="bought", properties={"total": 1}).send(
        "track", anonymousId="v", event="seen"
    )
    first.brought_in().close()
    second = first.send("identify", userId="8", traits={"plan": "pro", "tags": ["a", "b"]}).brought_in()
    told = _told(second)
    made = rebase(folder)
    sender.send("track", userId="8", event="bought").brought_in().close()
    bring_in(folder, rebased=made)
    over = Audience(version_paths(folder)[-1])
    assert over.base == made.file
    assert _told(over)[0] == told[0]
    assert count(over, did("bought")) == 4
    after = sender.send("identify", userId="2", anonymousId="v").brought_in()
    assert rows(after, did("seen")) == [1]


def _told(audience: Audience) -> tuple[object, ...]:
    catalogue = audience.catalogue
    return catalogue.fields, catalogue.events, catalogue.properties


def test_a_new_base_of_data_that_was_replaced_is_not_used(sender: Sender, folder: Path) -> None:
    sender.send("track", userId="3", event="bought").brought_in().close()
    made = rebase(folder)
    other = version_paths(folder)[0]
    (folder / "v000099.duckdb").write_bytes(other.read_bytes())
    published = bring_in(folder, rebased=made)
    assert published is not None
    assert published.about.events == 4
    assert not made.file.exists()


def test_what_came_meanwhile_is_brought_in_all_the_same(sender: Sender, folder: Path) -> None:
    sender.send("track", userId="3", event="bought").brought_in().close()
    made, again = rebase(folder), rebase(folder)
    bring_in(folder, rebased=made)
    sender.send("track", userId="3", event="bought").inbox.close()
    published = bring_in(folder, rebased=again)
    sender.inbox = Inbox(folder)
    assert published is not None
    assert published.about.events == 5


def test_an_audience_may_begin_with_nobody(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    begin(folder, "Our site", "UTC")
    sender = Sender(folder)
    sender.send("identify", userId="u1", traits={"email": "ann@example.com"}).send("track", userId="u1", event="bought")
    audience = sender.brought_in()
    sender.inbox.close()
    assert (audience.people, audience.about.events) == (1, 1)
    assert audience.catalogue.with_role(Role.EMAIL) is not None
    assert person(audience, 0, "UTC") == {
        "user_id": "u1", "first_seen": SENT, "last_seen": SENT, "events": 1,
        "email": "ann@example.com",
    }  # fmt: skip


def test_people_known_by_email_are_found_by_its_trait(tmp_path: Path) -> None:
    path = tmp_path / "mail" / "v000001.duckdb"
    fields = {"email": Kind.TEXT}
    write_audience(path, fields, [{"email": "Ann@example.com"}], roles={"email": Role.EMAIL}).close()
    sender = Sender(path.parent)
    first = sender.send("track", userId="u1", anonymousId="a", event="viewed").brought_in()
    assert first.about.live is not None
    assert first.about.live.waiting == 1
    (
        sender.send("track", anonymousId="a", event="clicked")
        .send("identify", userId="u1", traits={"email": "ann@example.com"})
        .send("track", anonymousId="a", event="bought")
    )
    audience = sender.brought_in()
    sender.inbox.close()
    assert audience.people == 1
    assert [rows(audience, did(event)) for event in ("viewed", "clicked", "bought")] == [[0], [0], [0]]


def loaded(folder: Path, columns: dict[str, list[str | None]]) -> Sender:
    """Someone who sends messages to an audience that was loaded as any file is."""
    plan = guess_plan([stage(folder / "staged", "subs.csv", columns)], zone="UTC", progress=QUIET)
    build_audience(plan, folder / "subs", name="Subs", zone="UTC", progress=QUIET)
    return Sender(folder / "subs")


def cities(audience: Audience, key: str) -> dict[str, str]:
    """The city of each person by key."""
    return {one[key]: one["city"] for row in range(audience.people) if (one := person(audience, row, "UTC"))}


@pytest.mark.parametrize("key", ["email", "customer_id"])
def test_people_of_a_file_that_are_known_by_email_are_found_by_its_trait(tmp_path: Path, key: str) -> None:
    addresses: list[str | None] = [f"P{number}@x.com" for number in range(40)]
    sender = loaded(tmp_path, {key: addresses, "city": ["Bonn"] * 40})
    audience = (
        sender.send("identify", userId="u1", traits={"email": "p1@x.com", "city": "Rome"})
        .send("track", userId="u1", event="bought")
        .send("track", userId="p2@X.com", event="bought")
        .send("identify", userId="u9", traits={"email": "New@x.com", "city": "Oslo"})
        .brought_in()
    )
    assert audience.people == 41
    assert rows(audience, did("bought")) == [1, 2]
    found = cities(audience, key)
    assert (found["P1@x.com"], found["new@x.com"]) == ("Rome", "Oslo")
    assert Counter(found.values()) == {"Bonn": 39, "Rome": 1, "Oslo": 1}


def test_where_people_are_known_by_email_an_alias_keeps_all_under_either_address(tmp_path: Path) -> None:
    sender = loaded(tmp_path, {"email": ["Ann@x.com", "bob@x.com", "cid@x.com"], "city": ["Bonn"] * 3})
    sender.send("alias", previousId="ANN@x.com", userId="Ann.Smith@x.com").brought_in().close()
    audience = (
        sender.send("track", userId="ann.smith@X.com", event="bought")
        .send("identify", userId="u7", traits={"email": "ann.smith@x.com", "city": "Rome"})
        .send("alias", previousId="u7", userId="u8")
        .send("track", userId="u8", event="opened")
        .send("alias", previousId="bob@x.com", userId="cid@x.com")
        .brought_in()
    )
    assert audience.people == 3
    assert (rows(audience, did("bought")), rows(audience, did("opened"))) == ([0], [0])
    assert cities(audience, "email")["Ann@x.com"] == "Rome"
    assert audience.about.live is not None
    assert audience.about.live.unjoined == 1


def test_people_of_a_file_that_are_known_by_an_id_are_found_by_it(tmp_path: Path) -> None:
    columns: dict[str, list[str | None]] = {
        "customer_id": ["1", "2"], "email": ["a@x.com", "b@x.com"], "city": ["Bonn", "Bonn"],
    }  # fmt: skip
    audience = (
        loaded(tmp_path, columns).send("identify", userId="2", traits={"email": "a@x.com", "city": "Rome"}).brought_in()
    )
    assert cities(audience, "customer_id") == {"1": "Bonn", "2": "Rome"}


def test_nothing_new_is_no_new_version(sender: Sender, folder: Path) -> None:
    sender.send("track", userId="3", event="bought").brought_in().close()
    assert bring_in(folder) is None
    about = about_of(version_paths(folder)[-1])
    assert isinstance(about, AudienceAbout)
    assert about.live is not None
    assert about.live.messages == 1


def test_over_a_large_base_its_kernels_answer_and_the_touched_are_asked_anew(sender: Sender, folder: Path) -> None:
    sender.send("track", userId="3", event="bought", properties={"total": 30}).send("track", userId="9", event="opened")
    audience = sender.send("identify", userId="1", traits={"plan": "pro", "new": "x"}).brought_in()
    top = {"type": "rank", "measure": {"function": "sum", "property": "total"}, "events": ["bought"], "amount": 1}
    asked: list[list[dict[str, Any]]] = [
        [did("bought")],
        [did("opened")],
        [did("bought", comparison="never", value=None)],
        [is_("plan", "pro")],
        [is_("new", "x")],
        [{"type": "field", "field": "plan", "operator": "is_not", "value": "pro"}],
        [top],
    ]
    for conditions in asked:
        definition = Definition.model_validate({"root": {"children": conditions}})
        plain, quick = (Engine(audience, kernels=k).answer(definition, CLOCK) for k in (False, True))
        assert plain.counted, plain.unfinished
        assert quick.members == plain.members
        assert quick.base == 4


PEOPLE = {"customer_id": ["1", "2", "3"], "city": ["Oslo", "Bergen", ""], "points": ["5", "7.25", ""]}
BOUGHT = {
    "customer_id": ["1", "2", "2", "1"], "event": ["bought", "bought", "opened", "bought"],
    "time": ["2026-05-01T10:00:00Z", "2026-05-02T10:00:00Z", "2026-05-03T10:00:00Z", "2026-06-01T11:00:00Z"],
    "total": ["10", "20.5", "", "3"],
}  # fmt: skip


def test_live_or_loaded_the_catalogue_is_the_same_to_the_last_count(tmp_path: Path) -> None:
    def built(name: str, people: dict[str, list[str]], events: dict[str, list[str]]) -> Path:
        tables = [stage(tmp_path / name, "customers.csv", people), stage(tmp_path / name, "actions.csv", events)]
        plan = guess_plan(tables, zone="UTC", progress=QUIET)
        return build_audience(plan, tmp_path / name / "audience", name=name, zone="UTC", progress=QUIET)

    whole = about_of(
        built("whole", {k: [*v, new] for (k, v), new in zip(PEOPLE.items(), ("9", "Oslo", "1"), strict=True)}, BOUGHT)
    )
    folder = built("live", PEOPLE, {name: values[:-1] for name, values in BOUGHT.items()}).parent
    sender = Sender(folder)
    sender.send("identify", userId="9", traits={"City": "Oslo", "points": 1}).send(
        "track", userId="1", event="bought", properties={"total": 3}
    )
    audience = sender.brought_in()
    sender.inbox.close()
    assert audience.catalogue == whole.catalogue
    assert (audience.about.people, audience.about.events) == (whole.people, whole.events)
    assert audience.about.newest_event == whole.newest_event
    again = build_audience(audience.about.plan, folder, name="live", zone="UTC", progress=QUIET)
    assert again != audience.path
    assert about_of(again).catalogue == whole.catalogue


REPAIRS: tuple[Change, ...] = (
    Trim(field="name"), WriteLetters(field="name", case=Case.TITLE), MapValues(field="town", values=(("a", "b"), ("b", "a"))),
    WriteCountries(field="country"), WritePhones(field="phone", country="country", region="US"), Fill(field="town", other="city"),
    EmptyEmails(field="email", flaw=Flaw.INVALID), EmptyOutside(field="age", low="0", high="120"),
)  # fmt: skip
UNTIDY = {
    "customer_id": ["1", "2", "3"], "name": ["ANN ", "Bob", "Cid"], "town": ["a", "", "Ulm"], "city": ["x", "y", ""],
    "country": ["Germany", "", "UK"], "phone": ["0170 1234567", "0170 1234568", ""], "email": ["ann@x.org", "bob", ""], "age": ["20", "199", ""],
}  # fmt: skip
SAID: list[dict[str, Any]] = [  # in turn; the first two versions do not know yet whose country it is
    {"customer_id": "9", "name": "  DORA  may", "phone": "0170 1234569", "age": 130, "town": "a"},
    {"customer_id": "2", "town": "b", "city": "z", "email": "bob@x.org"},
    {"customer_id": "9", "country": "Deutschland", "email": "dora", "city": "Rom"},
    {"customer_id": "2", "country": "DE", "town": "", "age": 30},
    {"customer_id": "3", "city": "Bonn", "phone": "020 7946 0958"},
]


def test_what_comes_live_is_repaired_as_when_it_is_loaded_and_loaded_again(tmp_path: Path) -> None:
    def built(folder: Path, rows: dict[str, dict[str, Any]]) -> Path:
        columns = {name: [str(row.get(name) or "") for row in rows.values()] for name in UNTIDY}
        plan = guess_plan([stage(folder, "customers.csv", columns)], zone="UTC", progress=QUIET)
        steps = [Step(repair=repair) for repair in REPAIRS]
        return build_audience(plan, folder / "a", name="a", zone="UTC", progress=QUIET, repairs=steps)

    rows = {id: {name: UNTIDY[name][place] for name in UNTIDY} for place, id in enumerate(UNTIDY["customer_id"])}
    folder = built(tmp_path / "live", rows).parent
    for number, said in enumerate(SAID):
        rows[said["customer_id"]] = rows.get(said["customer_id"], {}) | said
        sender = Sender(folder)
        traits = {name: value for name, value in said.items() if name != "customer_id"}
        audience = sender.send("identify", userId=said["customer_id"], traits=traits).brought_in()
        sender.inbox.close()
        if number == 2:
            bring_in(folder, rebased=rebase(folder))
    again = build_audience(
        audience.about.plan, folder, name="a", zone="UTC", progress=QUIET, repairs=audience.about.repairs
    )
    loaded = Audience(built(tmp_path / "whole", rows))
    expected = [person(loaded, row, "UTC") for row in range(4)]
    assert expected[3]["phone"] == "+491701234569"
    assert [person(audience, row, "UTC") for row in range(4)] == expected
    assert [person(Audience(again), row, "UTC") for row in range(4)] == expected
    assert audience.catalogue == loaded.catalogue == about_of(again).catalogue


def test_details_that_are_brought_up_to_date_are_as_if_all_was_counted_anew(
    sender: Sender, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: set[str] = set()  # details of which what came told all

    def spied(
        connection: duckdb.DuckDBPyConnection, detail: EventProperty, type: str, came: str
    ) -> EventProperty | None:
        found = recounted(connection, detail, type, came)
        told.update([detail.name] if found is not None else [])
        return found

    monkeypatch.setattr(living, "recounted", spied)
    draw = Random(7)
    for size in (1, 40, 400, 3):
        told.clear()
        for _ in range(size):
            said = {
                "page": f"p{min(draw.randrange(90), draw.randrange(90))}", "few": draw.choice(["b", "a", "ä", "B"]),
                "total": draw.randrange(400) / 4, "count": draw.randrange(120), "amount": draw.choice([1, 2.5, 10, 9]), "paid": draw.random() < 0.5,
                "day": f"2026-05-{draw.randrange(1, 31):02}", "at": f"2026-05-01T10:{draw.randrange(60):02}:00Z",
                "tags": draw.sample(["x", "y", "z"], 2), **({"fine": draw.choice([10**21, 0.125])} if size > 40 else {"fine": 7}),
            }  # fmt: skip
            sender.send("track", userId="1", event="seen", properties=draw.choice([said, {}, {"page": "p1"}]))
        audience = sender.brought_in()
        asked = [(detail.name, detail.kind, "") for detail in audience.catalogue.properties]
        whole = summaries(audience.cursor(), "events", asked, QUIET)
        for detail in audience.catalogue.properties:
            counted = whole[detail.name]
            assert (detail.filled, detail.top, detail.low, detail.high) == (
                counted.filled, counted.top, counted.low, counted.high,
            ), detail.name  # fmt: skip
        audience.close()
        assert told >= ({"page", "few", "paid", "day", "at"} if size > 1 else {"page"})
        assert "tags" not in told  # of the items of lists only counting all events tells
        if size == 40:
            bring_in(folder, rebased=rebase(folder))


def test_what_waited_keeps_its_numbers(sender: Sender) -> None:
    sender.send("track", anonymousId="v", event="seen", properties={"price": 12.5}).brought_in().close()
    audience = sender.send("identify", userId="1", anonymousId="v").brought_in()
    assert audience.catalogue.event_property("price").kind is Kind.NUMBER
    assert audience.catalogue.event_property("price").high == "12.5"


def test_large_and_then_fine_numbers_of_one_new_field_fit(sender: Sender, folder: Path) -> None:
    sender.send("identify", userId="1", traits={"n": 9_000_000_000_000_000_000}).send(
        "identify", userId="2", traits={"n": 0.125}
    )
    for batch in read(log_path(folder), most=1):
        assert len(batch.messages) == 1
    audience = sender.brought_in()
    assert count(audience, {"type": "field", "field": "n", "operator": "less_than", "value": 1}) == 1


def test_any_name_of_a_trait_or_detail_is_only_a_name(sender: Sender) -> None:
    names = ["_row", "rowid", "_time", 'a"b', "select", "ä ö", "  ", ""]
    sender.send("identify", userId="1", traits=dict.fromkeys(names, "x"))
    sender.send("track", userId="1", event='select "x', properties=dict.fromkeys(names, "y"))
    audience = sender.brought_in()
    assert count(audience, did('select "x')) == 1
    assert len(events_of(audience, 0, "UTC")) == 2
    assert [value for name, value in person(audience, 0, "UTC").items() if value == "x"] == ["x"] * 6


def test_a_detail_under_two_spellings_is_one_and_loses_nothing(sender: Sender) -> None:
    sender.send("track", userId="1", event="paid", properties={"orderId": "a"})
    audience = sender.send("track", userId="1", event="paid", properties={"order_id": "b"}).brought_in()
    assert audience.catalogue.event_property("orderId").filled == 2


def test_versions_and_bases_that_nobody_needs_go(sender: Sender, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "KEPT_LIVE", 3)
    for _ in range(4):
        sender.send("track", userId="1", event="bought").brought_in().close()
    orphan = folder / "base-orphan.duckdb"
    orphan.write_bytes(b"")
    bring_in(folder, rebased=rebase(folder))
    bases = sorted(folder.glob("base-*.duckdb"))
    assert len(version_paths(folder)) == 3
    assert len(bases) == 3
    monkeypatch.setattr(publishing, "GRACE", -60)
    monkeypatch.setattr(publishing, "UNUSED", -60)
    newest = sender.send("track", userId="1", event="bought").brought_in()
    assert [*folder.glob("base-*.duckdb")] == [newest.base]
