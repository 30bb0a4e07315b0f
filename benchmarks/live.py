"""The live way in: events a second that are acknowledged over loopback, and how long after that an audience counts them.

    python run.py                                             # once, so that everything is installed
    .venv/bin/python benchmarks/live.py                       # over the sample shop: 20,000 people, 300,000 events
    .venv/bin/python benchmarks/live.py --millions 1          # over 1 M people and 10 M events of benchmarks/crowd.py
    .venv/bin/python benchmarks/live.py --connections 32 --batch 100 --seconds 5

One process sends batches (and then single messages) over connections that stay open, each waiting for its answer; what it uses of a
processor is printed beside, so that it is seen not to be the limit. Then one event at a time is sent, and the time runs until a
freshly opened version counts it; at the end also while much is new: 20,000 people touched at once, three times. Prints events a
second, and median and largest seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import itertools
import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.crowd import crowd  # noqa: E402
from connectors.importing import load_sample  # noqa: E402
from connectors.receiving import Receiver  # noqa: E402
from segmentation.audience import Audience, quoted, version_paths  # noqa: E402
from segmentation.clock import Clock  # noqa: E402
from segmentation.definition import Definition, EventCondition, Group  # noqa: E402
from segmentation.endpoints import Endpoints  # noqa: E402
from segmentation.engine import Engine  # noqa: E402
from segmentation.jobs import Quiet  # noqa: E402
from segmentation.overlay import key_of  # noqa: E402
from segmentation.workspace import Workspace  # noqa: E402

MANY = 20_000  # people touched at once


def persons(path: Path, most: int) -> list[str]:
    """Some people's ids."""
    with closing(Audience(path)) as opened:
        key = key_of(opened.about).name
        return [
            str(one)
            for (one,) in opened.cursor().execute(f"SELECT {quoted(key)} FROM people LIMIT ?", [most]).fetchall()
        ]


class Sender(asyncio.Protocol):
    """A connection that sends the next request as soon as the last is answered, until there is none or the time is over."""

    def __init__(self, requests: Iterator[tuple[int, bytes]], until: float, over: asyncio.Future[None]) -> None:
        """`requests`: how many events each holds, and its bytes."""
        self.acknowledged = 0
        self._requests, self._until, self.over = requests, until, over
        self._came = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        """Count a whole answer, and go on."""
        self._came += data
        head, ended, body = self._came.partition(b"\r\n\r\n")
        if ended and len(body) >= int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0]):
            self.acknowledged += self._size if head.startswith(b"HTTP/1.1 200") else 0
            self._came = b""
            self._next()

    def _next(self) -> None:
        self._size, request = next(self._requests, (0, b"")) if time.monotonic() < self._until else (0, b"")
        if request:
            self._transport.write(request)
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over, also where the server let go."""
        if not self.over.done():
            self.over.set_result(None)


def requests(key: str, people: list[str], size: int) -> Iterator[tuple[int, bytes]]:
    """Requests without end, of so many events each (of one: single messages)."""
    for start in itertools.count(0, size):
        messages = [
            {"type": "track", "userId": people[number % len(people)], "event": "page_view", "messageId": str(uuid.uuid4()),
             "timestamp": "2026-05-01T10:00:00Z", "properties": {"page": f"p{number % 100}"}}
            for number in range(start, start + size)
        ]  # fmt: skip
        said = {"batch": messages, "writeKey": key} if size > 1 else {**messages[0], "writeKey": key}
        body = json.dumps(said).encode()
        path = "batch" if size > 1 else "track"
        yield size, f"POST /v1/{path} HTTP/1.1\r\nHost: live\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def send(
    port: int, key: str, people: list[str], connections: int, size: int, seconds: float, most: int | None = None
) -> tuple[float, float]:
    """Send until the time is over, or at most so many requests; events acknowledged a second, and the share of a processor it took."""

    async def sent() -> int:
        loop = asyncio.get_running_loop()
        shared = itertools.islice(requests(key, people, size), most)
        until = time.monotonic() + seconds
        senders = [Sender(shared, until, loop.create_future()) for _ in range(connections)]
        for sender in senders:
            await loop.create_connection(lambda sender=sender: sender, "127.0.0.1", port)
        await asyncio.gather(*(sender.over for sender in senders))
        return sum(sender.acknowledged for sender in senders)

    began, worked = time.monotonic(), time.process_time()
    acknowledged = asyncio.run(sent())
    took = time.monotonic() - began
    return acknowledged / took, (time.process_time() - worked) / took


def newest(folder: Path) -> int:
    """Messages that the newest version has."""
    return messages(version_paths(folder)[-1])


@cache
def messages(version: Path) -> int:
    """Messages that a version has."""
    with closing(Audience(version)) as opened:
        return opened.about.live.messages if opened.about.live is not None else 0


def delay(receiver: Receiver, folder: Path, audience: str, key: str, person: str) -> tuple[float, float]:
    """Seconds until a version has one more event; seconds of its first count."""
    desk = receiver.desk(audience)
    assert desk is not None
    connection = http.client.HTTPConnection(receiver.url.removeprefix("http://"))
    began = time.monotonic()
    connection.request("POST", "/v1/track", json.dumps({"userId": person, "event": "page_view", "writeKey": key}))
    connection.getresponse().read()
    while newest(folder) < desk.received:
        time.sleep(0.02)
    there = time.monotonic()
    with closing(Audience(version_paths(folder)[-1])) as opened:
        asked = EventCondition(events=("page_view",), comparison="at_least", value=3)
        Engine(opened).answer(Definition(root=Group(children=(asked,))), Clock(datetime.now(UTC), "UTC"))
    return there - began, time.monotonic() - there


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--millions", type=float)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(dir=os.environ.get("HANDPICK_BENCH", None)) as home,
        ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as beside,
    ):
        space = Workspace(Path(home))
        if options.millions:
            path = crowd(options.millions)
            audience = space.audience_folder("crowd").name
            os.link(path, space.audience_folder("crowd") / path.name)
        else:
            audience = load_sample(datetime.now(UTC).date(), space, Quiet())
        folder = space.audience_folder(audience)
        people = persons(version_paths(folder)[-1], 3 * MANY)
        few = people[:500]
        key = Endpoints(space).switch(audience, True).key
        receiver = Receiver(space, port=0)
        receiver.follow()
        desk = receiver.desk(audience)
        assert desk is not None

        def one_by_one(when: str) -> None:
            found = [delay(receiver, folder, audience, key, person) for person in few[:20]]
            waits, counts = zip(*found, strict=True)
            print(f"one event {when}: in the audience after {told(waits)}; its first count {told(counts)}")

        def brought_in() -> float:
            began = time.monotonic()
            while newest(folder) < desk.received and not desk.problem:
                time.sleep(0.05)
            return time.monotonic() - began

        delay(receiver, folder, audience, key, people[0])
        one_by_one("by itself")
        for size in (options.batch, 1):
            asked = receiver.port, key, few, options.connections, size, options.seconds
            beside.submit(send, *asked[:-1], 0.1).result()  # the process has started
            per_second, share = beside.submit(send, *asked).result()
            print(
                f"{options.connections} connections, {size} to a request: {per_second:,.0f} events/s acknowledged "
                f"(the sender took {share:.0%} of a processor); all in the audience {brought_in():.1f} s later {desk.problem}"
            )
        for start in range(0, len(people), MANY):
            some = people[start : start + MANY]
            beside.submit(send, receiver.port, key, some, 1, options.batch, 600.0, MANY // options.batch).result()
            print(f"{MANY:,} people at once: in the audience {brought_in():.1f} s later")
            one_by_one("after that")
        receiver.close()


def told(seconds: Sequence[float]) -> str:
    """Median and largest, in words."""
    return f"{statistics.median(seconds):.2f} s, at most {max(seconds):.2f} s"


if __name__ == "__main__":
    main()
