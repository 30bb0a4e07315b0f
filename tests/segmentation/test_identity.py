"""Records are joined by shared keys, guard rails keep strangers apart, and every link has its reason."""

import numpy as np
import pyarrow as pa
import pytest

from segmentation.identity import Identified, Rule, identified

RULES = {"id": Rule(), "email": Rule(), "phone": Rule(sure=False)}
Keys = dict[str, str]


def who(
    *people: tuple[str, Keys],
    apart: tuple[tuple[int, int], ...] = (),
    allowed: tuple[tuple[str, str], ...] = (),
    rules: dict[str, Rule] = RULES,
) -> Identified:
    """The people that records, each a source and its keys, are."""
    rows = [(row, kind, value) for row, (_, keys) in enumerate(people) for kind, value in keys.items()]
    record, kind, value = zip(*rows, strict=True) if rows else ((), (), ())
    keys = pa.table({"record": pa.array(record, pa.uint32()), "kind": pa.array(kind, pa.string()), "value": pa.array(value, pa.string())})  # fmt: skip
    sources = np.array([source for source, _ in people])
    return identified(len(people), keys, rules, sources=sources, apart=apart, allowed=allowed)


def test_keys_join_transitively_and_each_link_is_explained() -> None:
    found = who(
        ("crm", {"id": "17", "email": "anna@x.org"}),
        ("shop", {"email": "anna@x.org", "phone": "+491701234567"}),
        ("news", {"phone": "+491701234567"}),
        ("news", {"email": "bo@x.org"}),
    )
    assert found.person.tolist() == [0, 0, 0, 3]
    assert found.people == 2
    assert found.links.to_pylist() == [
        {"one": 0, "other": 1, "kind": "email", "value": "anna@x.org"},
        {"one": 1, "other": 2, "kind": "phone", "value": "+491701234567"},
    ]


def test_the_same_value_of_another_kind_joins_nobody() -> None:
    assert who(("crm", {"id": "17"}), ("shop", {"phone": "17"})).people == 2


@pytest.mark.parametrize("records", [0, 1, 3])
def test_records_without_keys_are_people_of_their_own(records: int) -> None:
    assert who(*[("crm", {})] * records).person.tolist() == list(range(records))


def test_a_crowded_key_joins_nobody_until_it_is_allowed() -> None:
    people = [(f"source {row}", {"email": "info@firm.de"}) for row in range(12)]
    found = who(*people)
    assert found.people == 12
    assert [(r.kind, r.value, r.records, r.crowded) for r in found.refused] == [("email", "info@firm.de", 12, True)]
    assert who(*people, allowed=(("email", "info@firm.de"),)).people == 1


def test_two_ids_of_one_source_are_not_one_by_phone_alone() -> None:
    couple = (("crm", {"phone": "+491"}), ("crm", {"phone": "+491"}), ("shop", {"phone": "+491"}))
    found = who(*couple)
    assert found.person.tolist() == [0, 1, 2]  # nothing tells which of them has the account
    assert [(r.kind, r.records, r.crowded) for r in found.refused] == [("phone", 3, False)]
    assert who(*couple, rules=RULES | {"phone": Rule()}).people == 1


def test_two_ids_of_one_source_are_one_by_email_and_then_share_a_phone() -> None:
    found = who(
        ("crm", {"email": "a@x.org", "phone": "+491"}),
        ("crm", {"email": "a@x.org", "phone": "+491"}),
        ("shop", {"phone": "+491"}),
    )
    assert found.person.tolist() == [0, 0, 0]


def test_a_roundabout_way_by_phones_does_not_make_two_ids_of_one_source_one() -> None:
    found = who(("crm", {"phone": "+491"}), ("crm", {"phone": "+492"}), ("shop", {"phone": "+491", "id": "9"}), ("news", {"phone": "+492", "id": "9"}))  # fmt: skip
    assert found.person.tolist() == [0, 1, 0, 0]


def test_those_kept_apart_stay_so_in_a_roundabout_way_and_others_stay_joined() -> None:
    people = [(name, {"email": "a@x.org"}) for name in ("crm", "shop", "news", "web")]
    found = who(*people, apart=((0, 1),))
    assert found.person.tolist() == [0, 1, 0, 0]
    assert [(link["one"], link["other"]) for link in found.links.to_pylist()] == [(0, 2), (0, 3)]


def test_random_records_are_joined_as_by_hand() -> None:
    rng = np.random.default_rng(7)
    for _ in range(50):
        people = [("s", {"id": str(rng.integers(12)), "email": str(rng.integers(12))}) for _ in range(15)]
        together = [{row} for row in range(15)]
        for one, (_, left) in enumerate(people):
            for other, (_, right) in enumerate(people):
                if left.items() & right.items():
                    joined = together[one] | together[other]
                    for row in joined:
                        together[row] = joined
        assert who(*people).person.tolist() == [min(group) for group in together]


def test_records_with_keys_drawn_at_random_are_joined_and_refused() -> None:
    rng = np.random.default_rng(1)
    records = 30_000
    keys = pa.table(
        {
            "record": pa.array(np.tile(np.arange(records), 2), pa.uint32()),
            "kind": pa.array(["email"] * records + ["phone"] * records),
            "value": pa.array(rng.integers(0, 20_000, 2 * records)).cast(pa.string()),
        }
    )
    found = identified(records, keys, RULES, sources=rng.integers(0, 3, records))
    assert 0 < found.people < records
