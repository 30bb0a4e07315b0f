"""Charts: what they hold, that labels stay data, and that nobody, everybody and nothing can be drawn."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import altair as alt
import pytest

from pages.parts.charts import (
    DARK,
    EVERYBODY,
    LIGHT,
    LONGEST_LABEL,
    SEGMENT,
    difference_chart,
    distribution_chart,
    funnel_chart,
    over_time_chart,
    register_theme,
)
from segmentation.catalogue import Field, Kind, Theme
from segmentation.differences import Difference
from segmentation.insights import Bar, Distribution, Interval, OverTime

NAUGHTY = (
    "a.b[0]", "datum.value", "image", "title", "x:Q", "<img src=x onerror=alert(1)>", "{{1+1}}", "'", '"', "\\", "\n", "",
    "\u202eolleh", "😀" * 400, "null", "https://example.com/a.png",
)  # fmt: skip


@pytest.fixture(autouse=True)
def theme() -> Iterator[None]:
    active = alt.theme.active
    register_theme()
    yield
    alt.theme.enable(active)


def bar(label: str, in_segment: int, in_base: int, segment: int = 10, base: int = 40) -> Bar:
    own = in_segment / segment if segment else 0.0
    return Bar(label, label, in_segment, in_base, own, in_base / base if base else 0.0)


def drawn(kind: Kind, bars: list[Bar], other: Bar | None = None, label: str = "Field") -> dict[str, Any]:
    field = Field(name="f", label=label, kind=kind, theme=Theme.DEMOGRAPHIC)
    found = Distribution(field, 10, 40, tuple(bars), other, bar("no value", 1, 2))
    return distribution_chart(found).to_dict()


def difference(label: str, value: str | None, index: float) -> Difference:
    return Difference("f", label, value, 3, 4, 0.3, 0.1, index, 4.0 if index > 100 else -4.0)


def interval(month: int, complete: bool = True) -> Interval:
    return Interval(date(2025, month, 1), date(2025, month + 1, 1), f"month {month}", 1, 4, 0.1, 0.1, complete)


def records(spec: dict[str, Any]) -> list[dict[str, Any]]:
    (found,) = spec["datasets"].values()
    return found


def test_a_texts_values_other_and_missing_in_their_order() -> None:
    spec = drawn(Kind.TEXT, [bar("Oslo", 5, 10), bar("Berlin", 2, 20)], bar("other", 2, 8))
    assert [record["label"] for record in records(spec)] == ["Oslo", "Berlin", "other", "no value"]
    first = records(spec)[0]
    assert (first["segment"], first["base"], first["written"]) == (0.5, 0.25, "50 %")
    assert first["segment_words"] == "5 people (50 %)"
    assert spec["title"]["text"] == ["Field in the segment"]


def test_values_that_read_alike_stay_apart() -> None:
    bars = [bar("no value", 5, 10), bar("other", 2, 20), bar("a  b", 1, 2), bar("a b", 1, 2)]
    labels = [record["label"] for record in records(drawn(Kind.LIST, bars, bar("other", 2, 8)))]
    assert len(set(labels)) == len(labels) == 6
    assert [label.strip("\u200b") for label in labels] == ["no value", "other", "a b", "a b", "other", "no value"]


@pytest.mark.parametrize("kind", [Kind.NUMBER, Kind.DATE, Kind.MOMENT])
def test_bins_are_columns_and_missing_is_a_sentence(kind: Kind) -> None:
    spec = drawn(kind, [bar("20 to 29", 5, 10), bar("30 to 39", 2, 20)])
    assert len(records(spec)) == 2
    assert spec["title"]["subtitle"] == ["No value: 10 % (everybody 5.0 %)"]
    assert spec["layer"][0]["encoding"]["x"]["sort"] is None


def test_the_segment_stands_before_everybody_in_the_same_colours() -> None:
    spec = drawn(Kind.TEXT, [bar("Oslo", 5, 10)])
    first, second = spec["layer"][:2]
    assert [layer["transform"][0]["calculate"] for layer in (first, second)] == [f"'{EVERYBODY}'", f"'{SEGMENT}'"]
    assert first["encoding"]["color"]["scale"]["range"] == [LIGHT.segment, LIGHT.base]


def test_differences_run_from_100() -> None:
    found = [difference("City", "Oslo", 250.4), difference("City", "Rome", 1_900), difference("Plan", None, 0)]
    spec = difference_chart(found).to_dict()
    shown = [(record["label"], record["index"], record["written"], record["over"]) for record in records(spec)]
    assert shown == [
        ("City: Oslo", 250.4, "250", True),
        ("City: Rome", 400, "1,900", True),
        ("Plan: no value", 0, "0", False),
    ]
    assert spec["layer"][0]["encoding"]["x2"] == {"datum": 100}


def test_over_time_the_incomplete_end_is_dashed() -> None:
    found = OverTime("month", 10, 40, (interval(1), interval(2), interval(3, complete=False)))
    spec = over_time_chart(found, "When they joined").to_dict()
    assert [(record["complete"], record["dashed"]) for record in records(spec)] == [
        (True, False),
        (True, True),
        (False, True),
    ]
    assert records(spec)[-1]["name"] == "Month 3 (not complete)"
    assert records(spec)[0]["start"] == "2025-01-01T00:00:00"
    assert any(layer.get("mark", {}).get("strokeDash") for layer in spec["layer"])
    complete = over_time_chart(OverTime("month", 10, 40, (interval(1),)), "When they joined").to_dict()
    assert not any(layer.get("mark", {}).get("strokeDash") for layer in complete["layer"])


def test_the_funnel_starts_with_everybody() -> None:
    spec = funnel_chart([("Age is between 25 and 40", 5_000), ("Country is “NO”", 12)], 20_000).to_dict()
    assert [(record["label"], record["written"]) for record in records(spec)] == [
        ("Everybody", "20,000 · 100 %"),
        ("Age is between 25 and 40", "5,000 · 25 %"),
        ("Country is “NO”", "12 · 0.06 %"),
    ]
    assert "Country is “NO”: 12 people, 0.06 %" in spec["description"]


def test_nobody_everybody_and_nothing() -> None:
    assert records(drawn(Kind.TEXT, [bar("Oslo", 0, 0, 0)]))
    assert records(drawn(Kind.NUMBER, [bar("1", 0, 10, 0)]))
    for spec in (
        drawn(Kind.TEXT, []),
        drawn(Kind.NUMBER, []),
        difference_chart(()).to_dict(),
        over_time_chart(OverTime("month", 0, 0), "When they joined").to_dict(),
    ):
        assert spec["title"]["subtitle"] == [records(spec)[0]["said"]]
    assert [record["share"] for record in records(funnel_chart([("x", 0)], 0).to_dict())] == ["0 %", "0 %"]


def test_labels_stay_data() -> None:
    labels = [f"{naughty}#mark" for naughty in NAUGHTY]
    bars = [bar(label, 1, 2) for label in labels]
    specs = [
        drawn(Kind.TEXT, bars, label=labels[0]),
        difference_chart([difference(label, label, 200) for label in labels]).to_dict(),
        over_time_chart(OverTime("month", 1, 1, (interval(1),)), labels[0]).to_dict(),
        funnel_chart([(label, 1) for label in labels], 2).to_dict(),
        *(drawn(Kind.NUMBER, bars, label=label) for label in labels),
    ]
    for spec in specs:
        words = {spec.pop("description"), *spec.pop("title")["text"]}
        assert words
        data = spec.pop("datasets")
        assert "#mark" not in json.dumps(spec)
        assert all(
            len(str(value)) <= 2 * LONGEST_LABEL for rows in data.values() for row in rows for value in row.values()
        )


def test_no_tooltip_is_called_what_vega_would_draw_as_a_picture() -> None:
    for spec in (
        drawn(Kind.TEXT, [bar("a", 1, 2)]),
        difference_chart([difference("a", "b", 200)]).to_dict(),
        over_time_chart(OverTime("month", 1, 1, (interval(1),)), "a").to_dict(),
        funnel_chart([("a", 1)], 2).to_dict(),
    ):
        titles = {tip["title"] for layer in spec["layer"] for tip in layer["encoding"].get("tooltip", [])}
        assert titles
        assert not titles & {"title", "image"}


def test_every_chart_says_what_it_shows_and_fits_its_container() -> None:
    spec = drawn(Kind.TEXT, [bar("Oslo", 5, 10)])
    assert spec["description"].startswith("Field in the segment. Oslo: 5 people (50 %), everybody 10 people (25 %)")
    assert "width" not in spec
    assert spec["config"]["axis"]["labelFontSize"] == 12


def test_the_dark_appearance_has_colours_of_its_own() -> None:
    text = json.dumps(funnel_chart([("a", 1)], 2, dark=True).to_dict())
    assert DARK.segment in text
    assert LIGHT.segment not in text
