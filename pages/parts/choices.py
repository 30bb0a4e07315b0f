"""Boxes to choose from, without a label on screen (screen readers have one), and the lines they stand in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar
from zlib import crc32

import streamlit as st

T = TypeVar("T")
Stored = Callable[..., None]
LABELS = 76
"""Pixels of the small word before a line."""


@contextmanager
def line(label: str, help: str | None = None) -> Iterator[None]:
    """One line of a filter: a small word on the left, what belongs to it beside it, wrapping among itself."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(f":small[:gray[{label}]]", width=LABELS, help=help)
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", width="stretch"):
            yield


@contextmanager
def together() -> Iterator[None]:
    """Words and inputs that are never torn apart by the end of a line."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", width="content"):
        yield


def fitting(text: str, least: int = 90, most: int = 330) -> int:
    """The width in pixels of a box that shows this text whole."""
    return min(max(round(len(text) * 7.2) + 62, least), most)


def told_apart(labels: Mapping[T, str]) -> dict[T, str]:
    """The same labels; those that occur more than once with the name behind: a browser sends labels, not names."""
    often = Counter(labels.values())

    def name_of(key: object) -> object:
        return key[-1] if isinstance(key, tuple) else key

    return {key: f"{label} ({name_of(key)})" if often[label] > 1 else label for key, label in labels.items()}


def known_by(key: str, labels: Mapping[T, str]) -> str:
    """A widget's key that is another when a label means something else: the browser goes on sending the label it holds."""
    return f"{key}/{crc32(repr(list(labels.items())).encode()):x}"


def choose_one(
    label: str,
    options: Mapping[T, str],
    chosen: T | None,
    key: str,
    on_change: Stored,
    *args: object,
    placeholder: str = "",
    width: int = 0,
) -> None:
    """One of several; what is chosen stays in view where it is not offered. `on_change` gets `args` and the widget's key."""
    known = told_apart(options)
    key = known_by(key, known)
    shown = known if chosen is None or chosen in known else {chosen: str(chosen), **known}
    st.selectbox(
        label,
        list(shown),
        index=list(shown).index(chosen) if chosen is not None else None,
        format_func=lambda name: shown.get(name, str(name)),
        key=key,
        label_visibility="collapsed",
        placeholder=placeholder or None,
        on_change=on_change,
        args=(*args, key),
        width=width or fitting(shown[chosen] if chosen is not None else placeholder),
    )


def choose_some(
    label: str,
    options: Mapping[T, str],
    chosen: Sequence[T],
    key: str,
    on_change: Stored,
    *args: object,
    placeholder: str,
    width: int | None = None,
) -> None:
    """Several of many, likewise."""
    known = told_apart(options)
    key = known_by(key, known)
    shown = {**known, **{name: str(name) for name in chosen if name not in known}}
    st.multiselect(
        label,
        list(shown),
        default=list(dict.fromkeys(chosen)),
        format_func=lambda name: shown.get(name, str(name)),
        key=key,
        label_visibility="collapsed",
        placeholder=placeholder,
        on_change=on_change,
        args=(*args, key),
        width=width or "stretch",
    )
