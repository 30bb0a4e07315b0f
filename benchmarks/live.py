"""The live way in: events a second that are acknowledged over loopback, and how long after that an audience counts them.

    python run.py                                             # once, so that everything is installed
    .venv/bin/python benchmarks/live.py                       # over the sample shop: 20,000 people, 300,000 events
    .venv/bin/python benchmarks/live.py --millions 1          # over 1 M people and 10 M events of benchmarks/crowd.py
    .venv/bin/python benchmarks/live.py --senders 4 --batch 100 --seconds 5

Senders post batches (and then single messages) over connections that stay open, each waiting for its answer. Then one event at a
time is sent, and the time runs until a freshly opened version counts it. Prints events a second, and median and largest seconds.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
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


def persons(path: Path, most: int) -> list[str]:
    """Some people's ids."""
    with closing(Audience(path)) as opened:
        key = key_of(opened.about).name
        return [
            str(one)
            for (one,) in opened.cursor().execute(f"SELECT {quoted(key)} FROM people LIMIT ?", [most]).fetchall()
        ]


def send(url: str, key: str, people: list[str], size: int, seconds: float) -> int:
    """Post batches (of one: single messages) until the time is over; returns how many were acknowledged."""
    until = time.monotonic() + seconds
    connection = http.client.HTTPConnection(url.removeprefix("http://"))
    number = acknowledged = 0
    while time.monotonic() < until:
        messages = [
            {
                "type": "track",
                "userId": people[(number + i) % len(people)],
                "event": "page_view",
                "properties": {"page": f"p{i}"},
            }
            for i in range(size)
        ]
        number += size
        body = {"batch": messages, "writeKey": key} if size > 1 else {**messages[0], "writeKey": key}
        connection.request("POST", "/v1/batch" if size > 1 else "/v1/track", json.dumps(body))
        answer = connection.getresponse()
        answer.read()
        acknowledged += size if answer.status == 200 else 0
    return acknowledged


def rate(url: str, key: str, people: list[str], senders: int, size: int, seconds: float) -> float:
    """Acknowledged events a second; every sender is a process."""
    with ProcessPoolExecutor(senders, multiprocessing.get_context("spawn")) as pool:
        list(pool.map(time.sleep, [0.5] * senders))  # they have started
        taken = [pool.submit(send, url, key, people, size, seconds) for _ in range(senders)]
        return sum(one.result() for one in taken) / seconds


def newest(folder: Path) -> int:
    """Messages that the newest version has."""
    with closing(Audience(version_paths(folder)[-1])) as opened:
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
    parser.add_argument("--senders", type=int, default=4)
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=os.environ.get("HANDPICK_BENCH", None)) as home:
        space = Workspace(Path(home))
        if options.millions:
            path = crowd(options.millions)
            audience = space.audience_folder("crowd").name
            os.link(path, space.audience_folder("crowd") / path.name)
        else:
            audience = load_sample(datetime.now(UTC).date(), space, Quiet())
        folder = space.audience_folder(audience)
        people = persons(version_paths(folder)[-1], 500)
        key = Endpoints(space).switch(audience, True).key
        receiver = Receiver(space, port=0)
        receiver.follow()
        delay(receiver, folder, audience, key, people[0])
        found = [delay(receiver, folder, audience, key, person) for person in people[:20]]
        waits, counts = zip(*found, strict=True)
        print(f"one event: in the audience after {statistics.median(waits):.2f} s, at most {max(waits):.2f} s")
        print(f"its first count: {statistics.median(counts):.2f} s, at most {max(counts):.2f} s")
        for size in (options.batch, 1):
            per_second = rate(receiver.url, key, people, options.senders, size, options.seconds)
            began = time.monotonic()
            desk = receiver.desk(audience)
            assert desk is not None
            while newest(folder) < desk.received and not desk.problem:
                time.sleep(0.05)
            print(
                f"{options.senders} senders, {size} to a request: {per_second:,.0f} events/s acknowledged; "
                f"all in the audience {time.monotonic() - began:.1f} s later {desk.problem}"
            )
        found = [delay(receiver, folder, audience, key, person) for person in people[:10]]
        print(
            f"one event after that: {statistics.median([w for w, _ in found]):.2f} s, at most {max(w for w, _ in found):.2f} s"
        )
        receiver.close()


if __name__ == "__main__":
    main()
