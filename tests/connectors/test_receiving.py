"""The live way in over a real socket: Segment's own client, what is refused and why, and that nothing acknowledged is lost."""

import base64
import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from segment.analytics.client import Client

from connectors.opening import open_workspace
from connectors.receiving import Receiver
from segmentation import living
from segmentation.audience import Audience, version_paths
from segmentation.definition import Definition
from segmentation.endpoints import Endpoints
from segmentation.errors import AudienceError, SourceError
from segmentation.lending import about_of
from segmentation.living import begin
from segmentation.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30.0  # seconds


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    """A workspace with an audience that begins with nobody and is switched on."""
    workspace = Workspace(tmp_path)
    begin(workspace.audience_folder("site"), "Our site", "UTC")
    Endpoints(workspace).switch("site", True)
    return workspace


@pytest.fixture
def receiver(space: Workspace) -> Iterator[Receiver]:
    found = Receiver(space, port=0)
    found.follow()
    yield found
    found.close()


def key_of(space: Workspace) -> str:
    found = Endpoints(space).of("site")
    assert found is not None
    return found.key


def post(
    receiver: Receiver, path: str, body: object, key: str | None = None, packed: bool = False
) -> tuple[int, dict[str, Any]]:
    """What the endpoint answers: the status and the JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    if packed:
        data, headers["Content-Encoding"] = gzip.compress(data), "gzip"
    if key is not None:
        headers["Authorization"] = "Basic " + base64.b64encode(f"{key}:".encode()).decode()
    request = urllib.request.Request(f"{receiver.url}/v1/{path}", data, headers)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def followed(space: Workspace, messages: int) -> Audience:
    """The audience as soon as it has so many messages."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        newest = version_paths(space.audience_folder("site"))[-1]
        live = about_of(newest).live
        if live is not None and live.messages >= messages:
            return Audience(newest)
        time.sleep(0.05)
    raise AssertionError(f"The audience has not got {messages} messages within {PATIENCE:.0f} s.")


def test_segments_own_client_works_unchanged(space: Workspace, receiver: Receiver) -> None:
    packing = Client(key_of(space), host=receiver.url, gzip=True)
    packing.track("u1", "Order Completed", {"total": 20})
    packing.shutdown()
    client = Client(key_of(space), host=receiver.url, on_error=lambda error, batch: pytest.fail(str(error)))
    client.page(anonymous_id="visitor", name="Home")
    client.identify("u1", {"email": "ann@example.com", "plan": "pro"}, anonymous_id="visitor")
    client.track("u1", "Order Completed", {"total": 12.5})
    client.group("u1", "acme", {"name": "Acme"})
    client.screen("u1", name="Cart")
    client.alias("visitor2", "u1")
    client.shutdown()
    audience = followed(space, 7)
    assert (audience.people, audience.about.events) == (1, 4)
    assert {event.name for event in audience.catalogue.events} == {"Page viewed", "Order Completed", "Screen viewed"}
    assert {"email", "plan", "company_id", "company_name"} <= {field.name for field in audience.catalogue.fields}


def test_the_client_for_browsers_may_say_it_short_and_from_any_site(space: Workspace, receiver: Receiver) -> None:
    body = {"anonymousId": "a", "event": "bought", "writeKey": key_of(space)}
    assert post(receiver, "t", body)[0] == 200
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    request = urllib.request.Request(f"{receiver.url}/v1/t", headers=asked, method="OPTIONS")
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_the_commands_see_it_too(space: Workspace, receiver: Receiver) -> None:
    post(receiver, "track", {"userId": "u1", "event": "bought"}, key_of(space))
    followed(space, 1).close()
    asked = {"root": {"children": [{"type": "event", "events": ["bought"], "comparison": "at_least", "value": 1}]}}
    with open_workspace(space.home) as evaluation:
        assert evaluation.count(Definition.model_validate(asked)) == 1


def test_the_audience_has_an_event_within_two_seconds(space: Workspace, receiver: Receiver) -> None:
    key = key_of(space)
    post(receiver, "track", {"userId": "u1", "event": "warm"}, key)
    followed(space, 1).close()
    began = time.monotonic()
    post(receiver, "track", {"userId": "u1", "event": "bought"}, key)
    followed(space, 2).close()
    assert time.monotonic() - began < 4  # two on a quiet machine: benchmarks/live.py


def test_the_key_may_stand_in_the_body_and_is_not_kept(space: Workspace, receiver: Receiver) -> None:
    status, _ = post(receiver, "track", {"userId": "u1", "event": "bought", "writeKey": key_of(space)})
    assert status == 200
    assert key_of(space) not in (space.audience_folder("site") / "live" / "messages.log").read_text()
    assert key_of(space) not in repr(Endpoints(space).of("site"))


def test_without_the_key_nothing_is_taken(receiver: Receiver) -> None:
    for key in (None, "", "wrong"):
        status, said = post(receiver, "track", {"userId": "u1", "event": "bought"}, key)
        assert status == 401
        assert "write key" in said["message"]


REFUSED: list[tuple[str, object, int, str]] = [
    ("track", b"{", 400, "not JSON"),
    ("track", b"[" * 100_000, 400, "not JSON"),
    ("track", [1], 400, "not a JSON object"),
    ("tracks", {"userId": "u"}, 400, "There is no /v1/tracks"),
    ("track", {"userId": "u"}, 400, "name of its event"),
    ("track", {"event": "bought"}, 400, "needs a userId or an anonymousId"),
    ("track", {"userId": "u", "event": "x", "timestamp": "soon"}, 400, "not a date and time"),
    ("track", {"userId": "u", "event": "x", "properties": {"t": "y" * 40_000}}, 400, "larger than 32 kB"),
    ("identify", {"userId": "u", "traits": [1]}, 400, "traits is not a JSON object"),
    ("alias", {"userId": "u"}, 400, "previousId"),
    ("group", {"userId": "u"}, 400, "groupId"),
    ("batch", {"batch": 1}, 400, "list of messages"),
    ("batch", b" " * 600_000, 413, "larger than 500 kB"),
]  # fmt: skip


def test_what_is_refused_is_told_why(space: Workspace, receiver: Receiver) -> None:
    for path, body, status, sentence in REFUSED:
        found, said = post(receiver, path, body, key_of(space))
        assert (found, said["success"], sentence in said["message"]) == (status, False, True), (path, said)
    status, said = post(receiver, "batch", b" " * 50_000_000, key_of(space), packed=True)
    assert status == 413
    assert "unpacked" in said["message"]


def test_a_large_body_is_taken_and_a_head_without_end_is_not(space: Workspace, receiver: Receiver) -> None:
    batch = [{"type": "track", "userId": "u", "event": "bought", "properties": {"note": "x" * 30_000}}] * 15
    assert post(receiver, "batch", {"batch": batch}, key_of(space))[0] == 200
    with socket.create_connection(("127.0.0.1", receiver.port), timeout=PATIENCE) as sender:
        sender.sendall(b"POST /v1/track HTTP/1.1\r\nHost: live\r\nCookie: ")
        for _ in range(3):
            sender.sendall(b"x" * 30_000)
        assert sender.recv(100).startswith(b"HTTP/1.1 400")


def test_other_ways_of_asking_are_answered(receiver: Receiver) -> None:
    for method, path, status in (("GET", "/v1/track", 405), ("POST", "/other", 404)):
        with pytest.raises(urllib.error.HTTPError) as told:
            urllib.request.urlopen(urllib.request.Request(receiver.url + path, method=method), timeout=PATIENCE)
        with told.value as answer:
            assert answer.code == status


def test_of_a_batch_what_is_good_is_taken_and_the_rest_counted(space: Workspace, receiver: Receiver) -> None:
    batch = [{"type": "track", "userId": "u", "event": "bought"}, {"type": "track", "userId": "u"}, {"type": "odd"}]
    status, said = post(receiver, "batch", {"batch": batch}, key_of(space))
    assert (status, said["refused"]) == (200, 2)
    desk = receiver.desk("site")
    assert desk is not None
    assert desk.received == 1
    assert sum(desk.refused.values()) == 2


ALONE = "\ud800"  # half of a character, which JSON can write and UTF-8 cannot


def test_half_characters_are_kept_as_what_can_be_stored_and_hold_up_nobody(
    space: Workspace, receiver: Receiver
) -> None:
    said = {f"size{ALONE}": f"L{ALONE}", "tags": [ALONE], "inner": {ALONE: {"deep": ALONE}}}
    batch = [
        {"type": "track", "userId": "u1", "event": "bought"},
        {"type": "track", "userId": "u1", "event": "bought", "messageId": ALONE},
        {"type": "track", "userId": "u1", "event": "bought", "messageId": ALONE},
        {"type": "track", "userId": f"u{ALONE}", "event": f"sold{ALONE}", "properties": said},
        {"type": "identify", "userId": "u1", "anonymousId": ALONE, "traits": said},
        {"type": "page", "anonymousId": ALONE, "name": ALONE, "context": {"campaign": {"source": ALONE}}},
        {"type": "track", "userId": "u1", "event": "bought"},
    ]
    assert post(receiver, "batch", {"batch": batch, "sentAt": ALONE}, key_of(space)) == (200, {"success": True})
    desk = receiver.desk("site")
    assert desk is not None
    assert (desk.received, desk.repeated) == (6, 1)
    audience = followed(space, 6)
    assert (audience.people, audience.about.events) == (2, 5)
    assert {event.name: event.count for event in audience.catalogue.events} == {
        "bought": 3, "sold?": 1, "Page viewed": 1,
    }  # fmt: skip
    assert "size?" in [field.name for field in audience.catalogue.fields]
    audience.close()


def test_a_key_of_half_characters_is_no_key(space: Workspace, receiver: Receiver) -> None:
    message = {"userId": "u1", "event": "bought", "writeKey": key_of(space) + ALONE}
    assert post(receiver, "track", message)[0] == 401
    assert post(receiver, "batch", {"batch": [{"type": "track", **message}]})[0] == 401
    assert post(receiver, "track", {"userId": "u1", "event": "bought"}, "\x80")[0] == 401


def test_a_message_that_comes_again_counts_once_also_after_a_restart(space: Workspace) -> None:
    said = {"userId": "u1", "event": "bought", "messageId": "m1"}
    for repeated in (1, 2):
        receiver = Receiver(space, port=0)
        receiver.follow()
        for _ in range(2):
            assert post(receiver, "track", said, key_of(space))[0] == 200
        desk = receiver.desk("site")
        assert desk is not None
        assert (desk.received, desk.repeated) == (1, repeated)
        receiver.close()
    assert followed(space, 1).about.events == 1


def test_switched_off_it_is_closed(space: Workspace, receiver: Receiver) -> None:
    Endpoints(space).switch("site", False)
    receiver.follow()
    assert receiver.desk("site") is None
    with pytest.raises(OSError, match="refused"):
        post(receiver, "track", {"userId": "u", "event": "x"}, key_of(space))


def test_another_process_and_a_taken_port_are_told(space: Workspace, receiver: Receiver, tmp_path: Path) -> None:
    with pytest.raises(AudienceError, match="Another Handpick"):
        Receiver(space, port=0).follow()
    other = Workspace(tmp_path / "other")
    begin(other.audience_folder("site"), "Our site", "UTC")
    Endpoints(other).switch("site", True)
    second = Receiver(other, port=receiver.port)
    with pytest.raises(SourceError, match="--live-port"):
        second.follow()
    second.close()


def test_what_has_grown_large_over_the_base_becomes_a_new_one_beside(
    space: Workspace, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(living, "GROWN", 1)
    batch = [{"type": "track", "userId": f"u{n}", "event": "bought"} for n in range(10)]
    post(receiver, "batch", {"batch": batch}, key_of(space))
    before = followed(space, 10)
    until = time.monotonic() + PATIENCE
    while (after := followed(space, 10)).base == before.base and time.monotonic() < until:
        time.sleep(0.05)
    assert after.base != before.base
    assert (after.people, after.about.events) == (10, 10)
    assert after.catalogue == before.catalogue


SENDS = """
import sys
from pathlib import Path
from connectors.receiving import Receiver
from segmentation.workspace import Workspace
receiver = Receiver(Workspace(Path(sys.argv[1])), port=0)
receiver.follow()
print(receiver.url, flush=True)
sys.stdin.read()
"""


def test_kill_9_loses_nothing_that_was_acknowledged(space: Workspace) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SENDS, str(space.home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    acknowledged = 0
    try:
        for number in range(300):
            if number == 200:
                os.kill(process.pid, signal.SIGKILL)
            body = json.dumps({"userId": f"u{number}", "event": "bought", "writeKey": key_of(space)}).encode()
            with urllib.request.urlopen(urllib.request.Request(f"{url}/v1/track", body), timeout=PATIENCE) as answer:
                acknowledged += answer.status == 200
    except OSError:
        pass
    process.wait()
    assert acknowledged >= 200
    log = space.audience_folder("site") / "live" / "messages.log"
    with log.open("ab") as file:
        file.write(b'{"userId": "torn')
    receiver = Receiver(space, port=0)
    receiver.follow()
    desk = receiver.desk("site")
    assert desk is not None
    assert desk.received >= acknowledged
    audience = followed(space, acknowledged)
    receiver.close()
    assert audience.people == audience.about.events == desk.received
