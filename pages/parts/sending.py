"""How a run's messages reach the browser: few at a time, and the number that a click changes by itself and first.

A browser draws the page anew for each piece that it gets, and marks everything as out of date as soon as it is told that a run has
begun; with 80 elements either takes longer than all counts together. So what a part of the page draws goes out in one piece, or where it
asks for that with `send_now`, and what is only known to be under way is said after the number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

if TYPE_CHECKING:
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
    from streamlit.runtime.app_session import AppSession
    from streamlit.runtime.runtime import Runtime

HOLD = 0.1  # seconds at most


@dataclass
class _Run:
    """A run of a part of the page, until the browser knows of it; `begun` is the message that says so."""

    session: AppSession
    held: bool = True
    begun: ForwardMsg | None = None


_RUNS: dict[str, _Run] = {}  # by the session's id


def send_now() -> None:
    """Have the browser draw what this run of a part of the page has drawn so far."""
    context = get_script_run_ctx()
    if context is not None and runtime.exists():  # what is drawn comes to the loop in order, and so does this
        loop = runtime.get_instance()._get_async_objs().eventloop
        loop.call_soon_threadsafe(_release, context.session_id)


def send_in_batches() -> None:
    """Have Streamlit send as it is described above, and its sender wake once for many messages.

    It is woken anew for each of a page's 80, though it sends every 10 ms, and each time takes the interpreter from the script.
    """
    from streamlit.runtime.app_session import AppSession
    from streamlit.runtime.runtime import Runtime

    AppSession._enqueue_forward_msg = _enqueue  # type: ignore[method-assign]
    Runtime._enqueued_some_message = _wake_sender  # type: ignore[method-assign]


def _enqueue(session: AppSession, message: ForwardMsg) -> None:
    kind = message.WhichOneof("type")
    run = _RUNS.get(session.id)
    if run is not None and run.held and kind == "session_status_changed":
        run.begun = message
        return
    if run is not None and (not run.held or kind in ("new_session", "script_finished")):
        _tell(run)
        run = None
    session._browser_queue.enqueue(message)
    if kind == "new_session" and message.metadata.run.fragment_ids:
        run = _RUNS[session.id] = _Run(session)
        session._event_loop.call_soon_threadsafe(session._event_loop.call_later, HOLD, _tell, run)
    if run is None:
        _wake(session)


def _release(session: str) -> None:
    run = _RUNS.get(session)
    if run is not None:
        run.held = False
        _wake(run.session)


def _tell(run: _Run) -> None:
    """Send all that is there, and that the run has begun."""
    if _RUNS.get(run.session.id) is run:
        del _RUNS[run.session.id]
        if run.begun is not None:
            run.session._browser_queue.enqueue(run.begun)
        _wake(run.session)


def _wake(session: AppSession) -> None:
    if session._message_enqueued_callback is not None:
        session._message_enqueued_callback()


def _wake_sender(runtime: Runtime) -> None:
    shared = runtime._get_async_objs()
    if not shared.need_send_data.is_set():
        shared.eventloop.call_soon_threadsafe(shared.need_send_data.set)
