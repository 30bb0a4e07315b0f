"""What a run costs without a browser, and would not cost in the app itself, is left out; what a run does stays as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from unittest.mock import MagicMock

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.runtime.scriptrunner_utils import script_run_context
from streamlit.runtime.state.safe_session_state import SafeSessionState
from streamlit.testing.v1 import app_test, local_script_runner
from streamlit.testing.v1.element_tree import Block, Node
from streamlit.testing.v1.local_script_runner import LocalScriptRunner, require_widgets_deltas

from pages.parts import numbers


def lighten(patch: pytest.MonkeyPatch) -> None:
    """Have all runs of a session so."""
    # No browser waits for the number, so it is not sent ahead, and nothing else waits for the browser.
    patch.setattr(numbers, "AHEAD", 0)
    patch.setattr(numbers, "send_now", lambda: None)
    # The app has no other package's components; each AppTest would look for them anew.
    patch.setattr(manifest_scanner, "scan_component_manifests", list)
    # The app compiles a page once; an AppTest would do so in each run, and imitate a whole server.
    for module in (app_test, local_script_runner):
        patch.setattr(module, "ScriptCache", cache(ScriptCache))
    patch.setattr(app_test, "MagicMock", cache(MagicMock))
    # Each box looks for one key, for which Streamlit copies all of them: a tenth of a run.
    patch.setattr(SafeSessionState, "filtered_state", property(_Kept))
    # All that is on a page is gone through by each look at it, and each piece would be handed up from level to level.
    patch.setattr(Block, "__iter__", _all_below)
    # No browser keeps messages to be named by their hash.
    patch.setattr(script_run_context, "populate_hash_if_needed", lambda message: None)
    # The end of a run would be asked for a thousand times a second.
    patch.setattr(local_script_runner, "require_widgets_deltas", _await)


class _Kept(Mapping[str, Any]):
    """What is kept of a session, looked up where it is."""

    def __init__(self, state: SafeSessionState) -> None:
        self._state = state

    def __getitem__(self, key: str) -> Any:
        with self._state._lock:
            return self._state._state[key]

    def _all(self) -> dict[str, Any]:
        with self._state._lock:
            return self._state._state.filtered_state

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


def _all_below(block: Block) -> Iterator[Node]:
    found: list[Node] = []
    waiting: list[Node] = [block]
    while waiting:
        node = waiting.pop()
        found.append(node)
        if isinstance(node, Block):
            waiting.extend(reversed(node.children.values()))
    return iter(found)


def _await(runner: LocalScriptRunner, timeout: float = 3) -> None:
    assert runner._script_thread is not None
    runner._script_thread.join(timeout)
    require_widgets_deltas(runner, 1 if runner.script_stopped() else 0)
