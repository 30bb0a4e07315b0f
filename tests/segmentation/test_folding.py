"""Whose messages are whose, in their order."""

from collections.abc import Mapping, Sequence
from typing import Any

from segmentation.folding import Fold, Folded


def fold(*messages: Mapping[str, Any], by_email: bool = False, before: Folded | None = None) -> Folded:
    """What these come to, after what was folded before."""
    known = before or Folded()

    def kept(identity: str) -> Sequence[Mapping[str, Any]]:
        return known.waiting.get(identity, [])

    found = Fold(by_email, known.bound.get, kept, known.traits.__contains__)
    for said in messages:
        found.take({"receivedAt": "2026-06-01T12:00:00Z", **said})
    return found.folded


def track(event: str, **who: str) -> dict[str, Any]:
    return {"type": "track", "event": event, **who}


def identify(traits: Mapping[str, Any] | None = None, **who: str) -> dict[str, Any]:
    return {"type": "identify", "traits": dict(traits or {}), **who}


def told(folded: Folded) -> list[tuple[str, str]]:
    return [(event.person, event.name) for event in folded.events]


def test_what_came_before_the_identification_comes_along() -> None:
    found = fold(track("a", anonymousId="v"), identify(userId="u", anonymousId="v"), track("b", anonymousId="v"))
    assert told(found) == [("u", "a"), ("u", "b")]
    assert not found.waiting


def test_it_does_so_over_versions() -> None:
    first = fold(track("a", anonymousId="v"))
    assert told(first) == []
    assert told(fold(identify(userId="u", anonymousId="v"), before=first)) == [("u", "a")]


def test_a_shared_device_belongs_to_each_from_their_identification_on() -> None:
    found = fold(
        track("a", anonymousId="v"), identify(userId="u1", anonymousId="v"), track("b", anonymousId="v"),
        identify(userId="u2", anonymousId="v"), track("c", anonymousId="v"),
    )  # fmt: skip
    assert told(found) == [("u1", "a"), ("u1", "b"), ("u2", "c")]


def test_traits_of_a_visitor_wait_too() -> None:
    found = fold(identify({"plan": "pro"}, anonymousId="v"), track("a", userId="u", anonymousId="v"))
    assert found.traits == {"u": {"plan": "pro"}}


def alias(previous: str, user: str) -> dict[str, Any]:
    return {"type": "alias", "previousId": previous, "userId": user}


def test_an_alias_gives_a_known_person_another_id_and_all_of_them_lead_there() -> None:
    first = fold(track("a", userId="u0"))
    found = fold(
        alias("u0", "u1"), alias("u1", "u2"), *(track(user, userId=user) for user in ("u0", "u1", "u2")), before=first
    )
    assert told(found) == [("u0", "u0"), ("u0", "u1"), ("u0", "u2")]
    assert not found.unjoined


def test_two_who_are_both_known_stay_two_and_only_what_comes_later_moves() -> None:
    first = fold(track("a", userId="u0"), track("b", userId="u1"))
    found = fold(alias("u0", "u1"), track("c", userId="u0"), alias("u0", "u1"), before=first)
    assert told(found) == [("u1", "c")]
    assert found.unjoined == [("u0", "u1")]


def test_by_email_an_alias_of_a_known_address_stays_with_it() -> None:
    first = fold(track("a", userId="ann@x.org"), by_email=True)
    found = fold(
        alias("Ann@x.org", "new@x.org"), track("b", userId="17"), alias("ann@x.org", "17"), by_email=True, before=first
    )
    assert told(found) == [("ann@x.org", "b")]


def test_aliases_in_a_circle_end() -> None:
    circle = [{"type": "alias", "previousId": a, "userId": b} for a, b in (("x", "y"), ("y", "x"))]
    assert len(told(fold(*circle, track("a", userId="x")))) == 1


def test_where_people_are_known_by_email_a_user_waits_for_it_with_all_its_devices() -> None:
    found = fold(
        track("a", anonymousId="v"), track("b", userId="u", anonymousId="v"), track("c", anonymousId="w"),
        identify({"email": "Ann@X.org"}, userId="u"), track("d", userId="u"), track("e", userId="bob@x.org", anonymousId="w"),
        by_email=True,
    )  # fmt: skip
    assert sorted(told(found)) == [
        ("ann@x.org", "a"), ("ann@x.org", "b"), ("ann@x.org", "d"), ("bob@x.org", "c"), ("bob@x.org", "e"),
    ]  # fmt: skip
