"""The HTTP address at which messages of the Segment specification arrive, in a thread of its own beside the app.

`POST /v1/identify`, `track`, `page`, `screen`, `group`, `alias` and `batch`, with the write key as the user of basic authentication
or as `writeKey` in the body. An answer of 200 says that everything that was taken is on disk.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import os
import socket
import threading
import zlib
from collections import Counter
from collections.abc import Iterable
from typing import Any
from weakref import WeakKeyDictionary

import uvicorn
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from connectors.desk import MOST_REASONS, Desk
from segmentation.endpoints import Endpoint, Endpoints
from segmentation.errors import AudienceError, SourceError
from segmentation.inbox import Written
from segmentation.messages import KINDS, Refused
from segmentation.workspace import Workspace

PORT = 8502
ADDRESS = "127.0.0.1"
BACKLOG = 2048
MOST_AT_ONCE = 1000  # requests; more are asked to come again
MOST_HEAD = 64 << 10  # bytes of a request before its body
MOST_BYTES = 500 << 10  # of one request, packed and unpacked, as in the specification
PATHS = (*KINDS, "batch")
SHORT = {path[0]: path for path in PATHS}  # as Segment's client for browsers calls them
TAKEN = JSONResponse({"success": True})
UNKNOWN_KEY = "The write key is missing or not known here. Copy it from “Live” on the Data page."


class TooLarge(Refused):
    """A request has more bytes than are taken at once."""


class Unkeyed(Refused):
    """A request has no write key, or one that is not known."""


class Receiver:
    """The open desks of a workspace and their one address; safe to share between threads."""

    def __init__(self, workspace: Workspace, address: str | None = None, port: int | None = None) -> None:
        """Without `address` and `port`: as `HANDPICK_LIVE_ADDRESS` and `HANDPICK_LIVE_PORT` say, else this machine only."""
        self.address = address or os.environ.get("HANDPICK_LIVE_ADDRESS") or ADDRESS
        self.port = int(os.environ.get("HANDPICK_LIVE_PORT") or PORT) if port is None else port
        self.refused = Counter[str]()  # requests that found no desk
        self._workspace = workspace
        self._endpoints = Endpoints(workspace)
        self._open: dict[str, tuple[Endpoint, Desk]] = {}
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """What developers are told."""
        return f"http://{self.address}:{self.port}"

    def desk(self, audience: str) -> Desk | None:
        """Where messages for an audience arrive, None where it is off."""
        found = self._open.get(audience)
        return found[1] if found is not None else None

    def follow(self) -> None:
        """Be open for those audiences that are switched on, and for no others.

        Raises `SourceError` where the address is taken, `AudienceError` where another process receives for an audience.
        """
        with self._lock:
            wanted = {found.audience: found for found in self._endpoints.all() if found.on}
            for audience in self._open.keys() - wanted:
                self._open.pop(audience)[1].close()
            problems: list[AudienceError] = []
            for audience, endpoint in wanted.items():
                try:
                    desk = self.desk(audience) or Desk(audience, self._workspace)
                except AudienceError as error:
                    problems.append(error)
                else:
                    self._open[audience] = (endpoint, desk)
            if self._open and self._server is None:  # now that their keys are known
                self._listen()
            elif not self._open:
                self._stop()
            if problems:
                raise problems[0]

    def close(self) -> None:
        """Close everything; what was acknowledged is on disk."""
        with self._lock:
            self._stop()
            for _, desk in self._open.values():
                desk.close()
            self._open.clear()

    def _listen(self) -> None:
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        # Only of a socket that says TCP does asyncio send answers at once; else each waits 40 ms for the other side's sign of life.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((self.address, self.port))
            listener.listen(BACKLOG)
        except OSError as error:
            listener.close()
            raise SourceError(
                f"Nothing can come in live at {self.url}: {error.strerror}. Start Handpick with another --live-port or --live-address."
            ) from error
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(
            CORSMiddleware(
                Router([Route("/v1/{kind}", _Door(self), methods=["POST"])]),
                allow_origins=["*"],
                allow_methods=["POST"],
                allow_headers=["*"],
            ),
            http=_Http,
            ws="none",
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            lifespan="off",
            timeout_keep_alive=30,
            limit_concurrency=MOST_AT_ONCE,
        )
        server = uvicorn.Server(config)
        self._server = server
        self._thread = threading.Thread(target=server.run, args=([listener],), name="handpick-receiving", daemon=True)
        self._thread.start()

    def _stop(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(5)
            self._server = self._thread = None

    def found(self, keys: Iterable[str]) -> Desk:
        """The desk of a write key; raises `Unkeyed`."""
        for key in keys:
            for endpoint, desk in tuple(self._open.values()):
                if hmac.compare_digest(endpoint.key.encode(), key.encode(errors="surrogatepass")):
                    return desk
        raise Unkeyed(UNKNOWN_KEY)


class _Http(HttpToolsProtocol):
    """HTTP by httptools, which takes a third of h11's time and knows no end of a request's head by itself."""

    _head = 0  # bytes of a head that has not ended

    def data_received(self, data: bytes) -> None:
        self._head += len(data)
        super().data_received(data)
        if self._head > MOST_HEAD:
            self.send_400_response("The head of a request is larger than 64 kB.")

    def on_headers_complete(self) -> None:
        self._head = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._head = 0
        super().on_body(body)


class _Door:
    """What answers requests; all of them in the thread of the address."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._writes: WeakKeyDictionary[Written, asyncio.Future[OSError | None]] = WeakKeyDictionary()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self._answer(Request(scope, receive))
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        kind = SHORT.get(request.path_params["kind"], request.path_params["kind"])
        desk: Desk | None = None
        try:
            if kind not in PATHS:
                raise Refused(f"There is no /v1/{kind[:40]}. Possible: {', '.join(PATHS)}.")
            named = _basic(request.headers.get("authorization", ""))
            if named is not None:
                desk = self._receiver.found([named])
            said = _json(_unpacked(await _body(request), request.headers.get("content-encoding", "")))
            desk = desk or self._receiver.found(_keys(said, kind))
            return await self._taken(desk, said, kind)
        except Refused as error:
            refused = desk.refused if desk is not None else self._receiver.refused
            if str(error) in refused or len(refused) < MOST_REASONS:
                refused[str(error)] += 1
            status = 401 if isinstance(error, Unkeyed) else 413 if isinstance(error, TooLarge) else 400
            return JSONResponse({"success": False, "message": str(error)}, status)
        except AudienceError as error:
            return JSONResponse({"success": False, "message": str(error)}, 503)

    async def _taken(self, desk: Desk, said: dict[str, Any], kind: str) -> Response:
        raw = said.get("batch") if kind == "batch" else [said]
        if not isinstance(raw, list):
            raise Refused("A batch needs a list of messages called batch.")
        taken, reasons, written = desk.take(raw, None if kind == "batch" else kind, said.get("sentAt"))
        problem = await self._done(written)
        if problem is not None:
            desk.refuse("Messages could not be written to the disk; their senders were asked to send them again.")
            return JSONResponse(
                {"success": False, "message": "The disk cannot be written. Send this again later."}, 503
            )
        if reasons and not taken:
            return JSONResponse({"success": False, "message": reasons[0]}, 400)
        return JSONResponse({"success": True, "refused": len(reasons), "message": reasons[0]}) if reasons else TAKEN

    def _done(self, written: Written) -> asyncio.Future[OSError | None]:
        """The end of a write to wait for; one wakes all requests that share it."""
        found = self._writes.get(written)
        if found is None:
            found = self._writes[written] = asyncio.wrap_future(written)
        return found


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            raise TooLarge("A request is larger than 500 kB: send fewer messages at once.")
    return bytes(body)


def _unpacked(body: bytes, encoding: str) -> bytes:
    if encoding.strip().lower() not in ("gzip", "x-gzip"):
        return body
    unpacking = zlib.decompressobj(wbits=31)
    try:
        found = unpacking.decompress(body, MOST_BYTES + 1)
    except zlib.error as error:
        raise Refused("A request says that it is packed with gzip, and is not.") from error
    if len(found) > MOST_BYTES:
        raise TooLarge("A request is larger than 500 kB when unpacked: send fewer messages at once.")
    if not unpacking.eof:
        raise Refused("A request packed with gzip is not whole.")
    return found


def _json(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused("A request is not JSON.") from error
    if not isinstance(said, dict):
        raise Refused("A request is not a JSON object.")
    return said


def _basic(header: str) -> str | None:
    scheme, _, packed = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(packed, validate=True).decode().partition(":")[0]
    except ValueError:
        return ""


def _keys(said: dict[str, Any], kind: str) -> list[str]:
    """The write keys that a body names; a client for browsers puts one into each message of a batch."""
    batch = said.get("batch") if kind == "batch" else None
    first = batch[0] if isinstance(batch, list) and batch else None
    found = [said.get("writeKey"), first.get("writeKey") if isinstance(first, dict) else None]
    return [key for key in found if isinstance(key, str)]
