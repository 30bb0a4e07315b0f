"""What stands in a file is what is compared and what comes out: ids, kinds, lists, nested properties, missing values, moments."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from connectors.opening import Columns, open_files
from segmentation.catalogue import Kind
from segmentation.errors import ChoiceError, DefinitionError, NotFound
from segmentation.fitting import Said
from segmentation.plan import Format
from tests.headless.asking import AS_OF, definition, did, each, field, members, read, write

IDS = ["00012", "12", "9007199254740993", "9007199254740992", "007", "1e5", "+49", "a b"]


@pytest.mark.parametrize("name", ["p.json", "p.ndjson", "p.parquet", "p.csv"])
def test_ids_survive_in_and_out(tmp_path: Path, name: str) -> None:
    rows: Any = [{"id": each, "n": place} for place, each in enumerate(IDS)]
    text = "id,n\n" + "".join(f"{row['id']},{row['n']}\n" for row in rows)
    people = write(tmp_path, name, text if name.endswith("csv") else rows)
    two = ["00012", "9007199254740993"]
    assert each(people, field("n", "at_least", 0), field("id", "is_any_of", two)) == [IDS, two]


@pytest.mark.parametrize("name", ["p.json", "p.parquet"])
def test_whole_numbers_as_ids_are_exact_beyond_floating_point(tmp_path: Path, name: str) -> None:
    people = write(tmp_path, name, [{"id": 9007199254740993}, {"id": 9007199254740992}, {"id": 9223372036854775807}])
    events = write(
        tmp_path, f"events-{name}", [{"user": 9007199254740993, "event": "buy", "time": "2026-03-01T00:00:00Z"}]
    )
    columns = Columns(person="id", event_person="user", event_time="time", event_name="event")
    assert members(people, did("buy"), events=[events], columns=columns) == ["9007199254740993"]


def test_ids_of_a_csv_stay_as_written_even_with_decimals(tmp_path: Path) -> None:
    people = write(tmp_path, "p.csv", "id,n\n1.0,1\n2.0,2\n")
    assert members(people, field("n", "at_least", 1)) == ["1.0", "2.0"]


def test_a_person_who_stands_twice_is_one_person_and_the_later_row_holds(tmp_path: Path) -> None:
    people = write(tmp_path, "p.json", [{"id": "a", "n": 1}, {"id": "b", "n": 1}, {"id": "a", "n": 2}])
    asked = read(definition(field("n", "at_least", 2)))
    with open_files(people, definitions=[asked], as_of=AS_OF) as evaluation:
        answer = evaluation.answer(asked)
        assert (answer.total, answer.base) == (1, 2)
        assert evaluation.members(asked) == ["a"]


def test_people_who_mostly_stand_twice_are_still_people(tmp_path: Path) -> None:
    rows = [{"user_id": f"u{n % 10}", "signup": f"2026-01-{n % 28 + 1:02}T10:00:00Z", "n": n} for n in range(100)]
    assert len(members(write(tmp_path, "p.json", rows), field("n", "at_least", 0))) == 10


# Missing values


MISSING = [
    {"id": "null", "x": None},
    {"id": "empty", "x": ""},
    {"id": "absent"},
    {"id": "blank", "x": " "},
    {"id": "a", "x": "a"},
]


@pytest.mark.parametrize("name", ["p.json", "p.ndjson", "p.parquet"])
def test_null_empty_and_absent_are_missing_and_a_blank_is_not(tmp_path: Path, name: str) -> None:
    people = write(tmp_path, name, MISSING)
    assert each(
        people,
        field("x", "is_missing"),
        field("x", "is_known"),
        field("x", "is_not", "a"),
        field("x", "is_not", "a", leave_out_missing=True),
    ) == [["null", "empty", "absent"], ["blank", "a"], ["null", "empty", "absent", "blank"], ["blank"]]


def test_zero_and_no_are_known(tmp_path: Path) -> None:
    people = write(tmp_path, "p.json", [{"id": "a", "n": 0, "b": False}, {"id": "b", "n": None, "b": None}])
    assert each(
        people, field("n", "is_known"), field("b", "is_no"), field("b", "is_missing"), field("n", "less_than", 1)
    ) == [["a"], ["a"], ["b"], ["a"]]


def test_a_field_that_nobody_has_can_be_asked_for_by_any_operator(tmp_path: Path) -> None:
    people = write(tmp_path, "p.json", [{"id": "a", "n": None, "l": [], "d": None}])
    assert each(
        people,
        field("n", "at_least", 1),
        field("l", "has_none_of", ["x"]),
        field("d", "not_in_last", {"amount": 1, "unit": "days"}),
    ) == [[], ["a"], ["a"]]


# Kinds


def test_json_keeps_its_types_and_operators_decide_the_rest(tmp_path: Path) -> None:
    people = write(
        tmp_path,
        "p.json",
        [
            {"id": "a", "zip": "10115", "age": 34, "score": "10", "flag": "yes", "code": 7, "list": "x;y"},
            {"id": "b", "zip": "20095", "age": 4.5, "score": "9", "flag": "no", "code": 8, "list": "y"},
        ],
    )
    assert each(
        people,
        field("zip", "is", "10115"),  # a text of digits is a text …
        field("score", "more_than", 9),  # … unless it is compared as a number
        field("flag", "is", "yes"),
        field("code", "is_any_of", ["7"]),  # a number compared as text is as it is written
        field("age", "equals", 4.5),
        field("list", "is", "x;y"),  # a text with separators is one text
    ) == [["a"], ["a"], ["a"], ["a"], ["b"], ["a"]]
    assert each(people, field("score", "is", "9"), field("flag", "is_yes"), field("age", "is", "4.5")) == [
        ["b"],
        ["a"],
        ["b"],
    ]
    with open_files(people, as_of=AS_OF) as evaluation:
        kinds = {f.name: f.kind for f in evaluation.catalogue.fields}
    assert (kinds["zip"], kinds["age"], kinds["score"], kinds["flag"], kinds["list"]) == (
        Kind.TEXT, Kind.NUMBER, Kind.TEXT, Kind.TEXT, Kind.TEXT,
    )  # fmt: skip


def test_numbers_and_texts_of_numbers_in_one_field(tmp_path: Path) -> None:
    people = write(tmp_path, "p.json", [{"id": "a", "n": 10}, {"id": "b", "n": "20"}, {"id": "c", "n": 3.5}])
    assert members(people, field("n", "at_least", 10)) == ["a", "b"]
    assert members(people, field("n", "is", "10")) == ["a"]


def test_a_text_that_is_no_number_is_not_compared_as_one(tmp_path: Path) -> None:
    people = write(tmp_path, "p.json", [{"id": "a", "n": 10}, {"id": "b", "n": "ten"}])
    with pytest.raises(DefinitionError, match="“N” is text, which cannot be compared by “is at least”"):
        members(people, field("n", "at_least", 10))
    assert members(people, field("n", "at_least", 10), said=Said({"n": Kind.NUMBER})) == ["a"]


@pytest.mark.parametrize("operators", [("is", "at_least"), ("is_yes", "at_least")])
def test_operators_that_contradict_each_other_are_a_problem(tmp_path: Path, operators: tuple[str, str]) -> None:
    people = write(tmp_path, "p.json", [{"id": "a", "n": "1"}])
    values = {"is": "1", "at_least": 1, "is_yes": None}
    with pytest.raises(DefinitionError, match="cannot be compared"):
        members(people, *(field("n", operator, values[operator]) for operator in operators))


def test_true_is_not_the_number_1(tmp_path: Path) -> None:
    people = write(tmp_path, "p.json", [{"id": "a", "b": True}, {"id": "b", "b": False}])
    assert members(people, field("b", "is_yes")) == ["a"]
    assert members(people, field("b", "is", "true")) == ["a"]
    with pytest.raises(DefinitionError):
        members(people, field("b", "equals", 1))


def test_zero_and_one_are_numbers_unless_asked_for_yes(tmp_path: Path) -> None:
    people = write(tmp_path, "p.csv", "id,v\na,1\nb,0\n")
    assert members(people, field("v", "equals", 1)) == ["a"]
    assert members(people, field("v", "is_yes")) == ["a"]
    assert members(people, field("v", "is", "1")) == ["a"]


def test_decimals_compare_exactly(tmp_path: Path) -> None:
    people = write(tmp_path, "p.json", [{"id": "a", "n": 0.1}, {"id": "b", "n": 0.3}, {"id": "c", "n": 1e-9}])
    assert members(people, field("n", "equals", 0.3)) == ["b"]
    events = write(
        tmp_path, "e.json", [{"user_id": "a", "event": "x", "time": "2026-03-01T00:00:00Z", "n": n} for n in (0.1, 0.2)]
    )
    total = did("x", measure={"function": "sum", "property": "n"}, comparison="exactly", value=0.3)
    assert members(people, total, events=[events], columns=Columns(person="id")) == ["a"]


def test_64_bit_numbers_are_told_apart(tmp_path: Path) -> None:
    people = write(tmp_path, "p.json", [{"id": "a", "n": 9007199254740993}, {"id": "b", "n": 9007199254740992}])
    assert members(people, field("n", "equals", 9007199254740993)) == ["a"]
    with open_files(people, as_of=AS_OF) as evaluation:
        everybody = read(definition(field("id", "is_known")))
        assert list(evaluation.people(everybody, ["n"])) == [["a", 9007199254740993], ["b", 9007199254740992]]


# Lists


def test_lists_of_json_and_parquet_keep_their_items(tmp_path: Path) -> None:
    rows = [
        {"id": "a", "tags": ["x;y", " z ", "X"]},
        {"id": "b", "tags": ["z"]},
        {"id": "c", "tags": []},
        {"id": "d", "tags": None},
    ]
    for name in ("p.json", "p.parquet"):
        people = write(tmp_path, name, rows)
        assert each(
            people,
            field("tags", "has_any_of", ["x;y"]),
            field("tags", "has_any_of", ["y"]),
            field("tags", "has_any_of", ["z"]),
            field("tags", "has_none_of", ["z"]),
            field("tags", "items_at_least", 3),
            field("tags", "is_missing"),
        ) == [["a"], [], ["b"], ["a", "c", "d"], ["a"], ["c", "d"]]


def test_lists_of_numbers_are_compared_as_they_are_written(tmp_path: Path) -> None:
    people = write(tmp_path, "p.json", [{"id": "a", "n": [1, 2]}, {"id": "b", "n": [3]}])
    assert members(people, field("n", "has_any_of", ["2"])) == ["a"]


@pytest.mark.parametrize(("sign", "format"), [(";", Format.SEMICOLON), ("|", Format.PIPE), (",", Format.COMMA)])
def test_lists_of_a_csv_are_split_at_the_separator_said(tmp_path: Path, sign: str, format: Format) -> None:
    people = write(tmp_path, "p.csv", f'id,tags,n\na,"x{sign}y",1\nb,y,2\nc,,3\n')
    asked = field("tags", "has_any_of", ["x"])
    assert members(people, asked, said=Said({"tags": Kind.LIST}, separator=format)) == ["a"]
    assert members(people, field("tags", "has_all_of", ["y"]), said=Said(separator=format)) == ["a", "b"]


def test_an_operator_for_lists_makes_a_column_of_a_csv_a_list(tmp_path: Path) -> None:
    people = write(tmp_path, "p.csv", "id,tags,n\na,x;y,1\nb,y,2\nc,,3\n")
    assert members(people, field("tags", "has_any_of", ["x"])) == ["a"]
    assert members(people, field("tags", "is", "x;y")) == ["a"]
    json_cells = write(tmp_path, "j.csv", 'id,tags\na,"[""x"", ""y;z""]"\nb,[]\n')
    assert members(json_cells, field("tags", "has_any_of", ["y;z"])) == ["a"]


# Nested


def test_nested_attributes_and_properties_are_opened(tmp_path: Path) -> None:
    people = write(
        tmp_path,
        "p.ndjson",
        [
            {"id": "1", "traits": {"city": "Berlin", "address": {"zip": "00100"}}, "orders": {}},
            {"id": "2", "traits": {"city": None}},
            {"id": "3"},
        ],
    )
    events = write(
        tmp_path,
        "e.ndjson",
        [
            {"user_id": "1", "event": "Order Completed", "timestamp": "2026-03-20T10:00:00Z",
             "properties": {"amount": 60.5, "tags": ["a", "b"], "item": {"sku": "007"}}},
            {"user_id": "2", "event": "Order Completed", "timestamp": "2026-03-20T10:00:00Z", "properties": {"amount": None}},
            {"user_id": "3", "event": "login", "timestamp": "2026-03-20T10:00:00Z"},
        ],
    )  # fmt: skip
    total = {"measure": {"function": "sum", "property": "properties.amount"}, "comparison": "at_most", "value": 0}
    assert each(
        people,
        field("traits.city", "is", "berlin"),
        field("traits.address.zip", "is", "00100"),
        did("Order Completed", where=[field("properties.amount", "at_least", 60.5)]),
        did("Order Completed", where=[field("properties.amount", "is_missing")]),
        did("Order Completed", where=[field("properties.item.sku", "is", "007")]),
        did("Order Completed", where=[field("properties.tags", "has_any_of", ["b"])]),
        did("Order Completed", **total),
        events=[events],
        columns=Columns(person="id"),
    ) == [["1"], ["1"], ["1"], ["2"], ["1"], ["1"], ["2", "3"]]


def test_structs_of_parquet_are_opened(tmp_path: Path) -> None:
    table = pa.table({"id": ["1", "2"], "traits": [{"city": "Rome", "zip": "01"}, {"city": None, "zip": "1"}]})
    people = write(tmp_path, "p.parquet", table)
    assert each(people, field("traits.zip", "is", "01"), field("traits.city", "is_missing")) == [["1"], ["2"]]


def test_names_hold_exactly_as_the_file_has_them(tmp_path: Path) -> None:
    people = write(
        tmp_path,
        "p.json",
        [{"id": "a", "City": "x", "city": "y", " a  b ": "1", "_time": "t", "Größe": 3, 'q"x': "z", "e mail": "m"}],
    )
    held = {"City": "x", "city": "y", " a  b ": "1", "a b": "1", "_time": "t", 'q"x': "z"}
    asked = [*(field(name, "is", value) for name, value in held.items()), field("Größe", "equals", 3)]
    assert each(people, *asked) == [["a"]] * 7
    with pytest.raises(DefinitionError, match="no field “CITY”"):
        members(people, field("CITY", "is", "x"))


# Moments


def test_moments_with_offsets_with_z_and_without(tmp_path: Path) -> None:
    people = write(
        tmp_path,
        "p.json",
        [
            {"id": "z", "t": "2026-03-30T22:30:00Z"},  # the 31st in Berlin
            {"id": "offset", "t": "2026-03-31T00:30:00+02:00"},  # the same instant
            {"id": "none", "t": "2026-03-31T00:30:00"},  # in the zone said
            {"id": "fraction", "t": "2026-03-30T21:59:59.999999Z"},
        ],
    )
    on = field("t", "on", "2026-03-31")
    assert members(people, on) == ["none"]
    instant = field("t", "between_times", ["2026-03-30T22:30:00Z", "2026-03-30T22:30:00.000001Z"])
    assert each(people, on, instant, zone="Europe/Berlin") == [["z", "offset", "none"]] * 2


def test_a_moment_at_midnight_is_no_day(tmp_path: Path) -> None:
    rows = [{"id": "a", "t": "2026-03-24T00:00:00Z"}, {"id": "b", "t": "2026-03-25T00:00:00Z"}]
    for name in ("p.json", "p.csv"):
        text = "id,t\n" + "".join(f"{row['id']},{row['t']}\n" for row in rows)
        people = write(tmp_path, name, text if name.endswith("csv") else rows)
        last = field("t", "in_last", {"amount": 7, "unit": "days"})
        assert members(people, last, as_of="2026-03-31T12:00:00Z") == ["b"]  # a day would be in on the 24th too
    days = write(tmp_path, "d.json", [{"id": "a", "t": "2026-03-24"}])
    assert members(days, field("t", "in_last", {"amount": 7, "unit": "days"}), as_of="2026-03-31T12:00:00Z") == ["a"]


def test_moments_of_parquet_with_and_without_zone(tmp_path: Path) -> None:
    stamps = pa.array([1774909800000000, None], pa.timestamp("us", tz="Europe/Berlin"))  # 2026-03-30T22:30Z
    local = pa.array([1774917000000000, None], pa.timestamp("us"))  # 2026-03-31 00:30 on the clock
    people = write(tmp_path, "p.parquet", pa.table({"id": ["a", "b"], "zoned": stamps, "local": local}))
    both = [field(name, "on", "2026-03-31") for name in ("zoned", "local")]
    assert each(people, *both, zone="Europe/Berlin") == [["a"], ["a"]]
    assert members(people, field("zoned", "on", "2026-03-30")) == ["a"]


def test_as_of_around_a_change_of_clocks(tmp_path: Path) -> None:
    people = write(
        tmp_path,
        "p.json",
        [{"id": "in", "t": "2026-03-22T13:00:00+01:00"}, {"id": "out", "t": "2026-03-22T12:59:59+01:00"}],
    )
    week = field("t", "in_last", {"amount": 7, "unit": "days"})
    as_of = "2026-03-29T14:00:00"  # summer time since 2:00: 7 × 24 hours before it, the clock showed 13:00
    assert members(people, week, as_of=as_of, zone="Europe/Berlin") == ["in"]
    month = field("t", "on", "2026-03-29")
    long_day = write(
        tmp_path, "q.json", [{"id": "a", "t": "2026-03-28T23:00:00Z"}, {"id": "b", "t": "2026-03-29T22:00:00Z"}]
    )
    assert members(long_day, month, zone="Europe/Berlin") == ["a"]  # that day has 23 hours


# Events


EVENTS = [
    {"user_id": "a", "event": "buy", "timestamp": "2026-03-31T12:00:00Z"},  # now
    {"user_id": "b", "event": "buy", "timestamp": "2026-03-31T12:00:01Z"},  # later than now
    {"user_id": "stranger", "event": "buy", "timestamp": "2026-03-01T00:00:00Z"},
    {"user_id": None, "event": "buy", "timestamp": "2026-03-01T00:00:00Z"},
]


def test_later_events_strangers_and_people_without_events(tmp_path: Path) -> None:
    people = write(tmp_path, "p.json", [{"user_id": each} for each in "abc"])
    events = write(tmp_path, "e.ndjson", EVENTS)
    never, once = did("buy", comparison="never"), did("buy", comparison="at_most", value=1)
    assert each(people, did("buy"), never, once, events=[events]) == [["a"], ["b", "c"], ["a", "b", "c"]]
    later = "2026-04-01T00:00:00Z"
    assert members(people, did("buy"), events=[events], as_of=later) == ["a", "b"]


@pytest.mark.parametrize("content", ["", "[]", "\n", "user_id,event,timestamp,amount\n"])
def test_an_events_file_without_rows_says_that_nothing_happened(tmp_path: Path, content: str) -> None:
    people = write(tmp_path, "p.json", [{"user_id": "a"}, {"user_id": "b"}])
    events = write(tmp_path, "e.csv" if "user" in content else "e.json", content)
    where = [field("amount", "at_least", 1), field("tags", "has_any_of", ["x"])]
    never, total = did("buy", where=where, comparison="never"), {"function": "sum", "property": "amount"}
    assert each(people, never, did("buy", measure=total), events=[events]) == [["a", "b"], []]


def test_an_event_that_no_file_has_is_a_problem_unless_it_is_said(tmp_path: Path) -> None:
    people = write(tmp_path, "p.json", [{"user_id": "a"}])
    events = write(tmp_path, "e.json", EVENTS)
    never = did("refund", comparison="never")
    with pytest.raises(DefinitionError, match="no event “refund”"):
        members(people, never, events=[events])
    assert members(people, never, events=[events], known_events=["refund"]) == ["a"]
    assert members(people, never, events=[events], unseen_events=True) == ["a"]


def test_nobody_is_in_a_file_without_people(tmp_path: Path) -> None:
    people = write(tmp_path, "p.json", "[]")
    asked = read(definition(field("age", "at_least", 1)))
    with open_files(people, definitions=[asked], as_of=AS_OF) as evaluation:
        assert (evaluation.count(asked), evaluation.answer(asked).base) == (0, 0)


def test_several_event_files_with_names_of_their_own(tmp_path: Path) -> None:
    people = write(tmp_path, "users.csv", "id,n\n1,5\n2,6\n")
    orders = write(
        tmp_path,
        "orders.csv",
        "order_id,user_id,ordered_at,amount\nx,1,2026-03-01T10:00:00Z,5\ny,1,2026-03-02T10:00:00Z,7\n",
    )
    logins = write(
        tmp_path, "e.ndjson", [{"user_id": 2, "event": "login", "timestamp": "2026-03-01T10:00:00Z", "Amount": 1}]
    )
    login = did("login", where=[field("Amount", "equals", 1)])
    columns = Columns(person="id", event_person="user_id")
    assert each(people, did("order"), login, events=[orders, logins], columns=columns) == [["1"], ["2"]]


def test_what_cannot_be_guessed_is_asked_for(tmp_path: Path) -> None:
    people = write(tmp_path, "p.json", [{"alpha": "a", "n": 1}])
    events = write(tmp_path, "e.json", [{"alpha": "a", "what": "x", "moment": "2026-03-01T00:00:00Z"}])
    with pytest.raises(ChoiceError, match="Say which column holds the customer id"):
        members(people, did("x"), events=[events])
    columns = Columns(person="alpha", event_name="what", event_time="moment")
    assert members(people, did("x"), events=[events], columns=columns) == ["a"]
    with pytest.raises(NotFound, match=r"p.json has no column “beta”. It has: alpha, n."):
        members(people, did("x"), events=[events], columns=Columns(person="beta"))


def test_a_hundred_thousand_values_and_a_megabyte_of_json(tmp_path: Path) -> None:
    people = write(tmp_path, "p.ndjson", [{"id": f"{n:07}", "n": n} for n in range(0, 200_000, 200)])
    wanted = [f"{n:07}" for n in range(100_000)]
    asked = definition(field("id", "is_any_of", wanted))
    assert len(json.dumps(asked)) > 1_000_000
    assert len(members(people, *asked["root"]["children"])) == 500
