"""Whose messages are whose, in their order."""

from collections.abc import Mapping, Sequence
from typing import Any

from segmentation.folding import Fold, Folded


def fold(*messages: Mapping[str, Any], by_email: bool = False, before: Folded | None = None) -> Folded:
    """What these come to, after what was folded before."""
    known = before or Folded()

    def kept(identity: str) -> Sequence[Mapping[str, Any]]:
        return known.waiting.get(identity, [])

    found = Fold(by_email, known.bound.get, kept)
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


def test_an_alias_renames_a_user_from_then_on_through_every_alias() -> None:
    found = fold(
        {"type": "alias", "previousId": "u0", "userId": "u1"}, {"type": "alias", "previousId": "u1", "userId": "u2"},
        track("a", userId="u0"),
    )  # fmt: skip
    assert told(found) == [("u2", "a")]


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
