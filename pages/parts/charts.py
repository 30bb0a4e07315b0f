"""Charts of what sets a segment apart: the segment in green, everybody in warm grey, in every one of them.

A function takes what `segmentation.insights` found and gives an Altair chart that fits the width it is put in, from a side
panel on. Data never becomes part of a specification: columns have fixed names, and labels are values in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

import altair as alt

from pages.parts.words import number, people, percent, shortened
from segmentation.catalogue import Kind
from segmentation.differences import Difference
from segmentation.insights import Bar, Distribution, OverTime

SEGMENT, EVERYBODY = "The segment", "Everybody"
LONGEST_LABEL, LONGEST_DESCRIPTION = 200, 1_000  # letters
TITLE_LINE, SUBTITLE_LINE = 40, 46  # letters that fit a side panel of 300 px
ROW = 36  # px: a line of text and its bar
HIGHEST_INDEX = 400  # a bar ends here, its number is written beside it
FIELD_BEFORE_VALUE = 24  # letters, so that the value behind it can be read in a side panel
MOST_DOTS = 36
Record = dict[str, Any]


@dataclass(frozen=True)
class Palette:
    """The colours of one appearance of the app."""

    segment: str
    base: str
    under: str
    text: str
    faint: str
    page: str


LIGHT = Palette("#0f766e", "#c8c3b8", "#b45309", "#1f2b28", "#6c746f", "#fcfaf5")
DARK = Palette("#4fbf9f", "#5b5a52", "#efb04d", "#ece9e1", "#a9b2ac", "#121917")


def register_theme() -> None:
    """Give all charts their quiet look; call once. Fonts and the colours of axes stay Streamlit's."""
    alt.theme.register("handpick", enable=True)(_theme)


def _theme() -> alt.theme.ThemeConfig:
    return {
        "config": {
            "background": "transparent",
            "view": {"stroke": None},
            "title": {"anchor": "start", "fontSize": 14, "subtitleFontSize": 12, "subtitlePadding": 4, "offset": 10},
            "axis": {
                "labelFontSize": 12,
                "titleFontSize": 12,
                "labelPadding": 6,
                "labelLimit": 130,
                "ticks": False,
                "domain": False,
                "gridOpacity": 0.6,
                "gridDash": [2, 3],
            },
            "legend": {"labelFontSize": 12, "padding": 0, "layout": {"top": {"anchor": "end"}}},
            "text": {"fontSize": 12},
        }
    }


def palette(dark: bool) -> Palette:
    """The colours of the light or the dark appearance."""
    return DARK if dark else LIGHT


def _drawn(
    layers: Sequence[alt.Chart],
    records: Iterable[Record],
    title: str,
    subtitle: str = "",
    *,
    dark: bool,
    height: int | alt.Step = 260,
) -> alt.LayerChart:
    """The layers over these records, with their sentences `said` for screen readers."""
    found = list(records)
    description = ". ".join([title, *([subtitle] if subtitle else []), *(record["said"] for record in found)])
    lines = wrap(shortened(title, LONGEST_LABEL), TITLE_LINE), wrap(subtitle, SUBTITLE_LINE)
    return alt.LayerChart(
        layer=list(layers),
        data=alt.InlineData(values=found),
        title=alt.TitleParams(text=lines[0], subtitle=lines[1], subtitleColor=palette(dark).faint),
        description=shortened(description, LONGEST_DESCRIPTION),
        height=height,
    )


def _nothing(title: str, sentence: str, dark: bool) -> alt.LayerChart:
    nothing = alt.Chart().mark_point(opacity=0).encode(description="said:N")
    return _drawn([nothing], [{"said": sentence}], title, sentence, dark=dark, height=70)


def _distinct(labels: Iterable[str]) -> list[str]:
    """Labels short enough for a chart; equal ones are told apart by what nobody sees, as Vega-Lite takes them for one."""
    found: list[str] = []
    for label in labels:
        unique = shortened(" ".join(label.split()), LONGEST_LABEL)
        while unique in found:
            unique += "\u200b"
        found.append(unique)
    return found


def _of(chart: alt.Chart, who: str, colours: Palette, symbol: str = "square") -> alt.Chart:
    """The chart in the colour of the segment or of everybody, named in the legend."""
    scale = alt.Scale(domain=[SEGMENT, EVERYBODY], range=[colours.segment, colours.base])
    colour = alt.Color("who:N", scale=scale, legend=alt.Legend(title=None, orient="top", symbolType=symbol))
    return chart.transform_calculate(who=f"'{who}'").encode(color=colour)


def _share(column: str, records: Sequence[Record]) -> alt.Y:
    """A share upwards, on a scale that both groups fit on."""
    axis = alt.Axis(title=None, labelExpr="format(datum.value * 100, '~r') + ' %'", tickCount=4)
    return alt.Y(column, axis=axis, scale=alt.Scale(domain=[0, max(r["longer"] for r in records) or 1], nice=True))


def _tooltip(first: str) -> list[alt.Tooltip]:
    """What stands under the mouse. Its titles are fixed: vega-tooltip draws what is called “image” as one."""
    return [
        alt.Tooltip("name:N", title=first),
        alt.Tooltip("segment_words:N", title=SEGMENT),
        alt.Tooltip("base_words:N", title=EVERYBODY),
    ]


def _compared(name: str, label: str, part: Any) -> Record:
    """A record of anything with counts and shares of segment and base."""
    segment = f"{people(part.in_segment)} ({percent(part.share_segment)})"
    base = f"{people(part.in_base)} ({percent(part.share_base)})"
    return {
        "name": shortened(name, LONGEST_LABEL),
        "label": label,
        "segment": part.share_segment,
        "base": part.share_base,
        "longer": max(part.share_segment, part.share_base),
        "written": percent(part.share_segment),
        "segment_words": segment,
        "base_words": base,
        "said": f"{shortened(name, LONGEST_LABEL)}: {segment}, everybody {base}",
    }


def distribution_chart(distribution: Distribution, *, dark: bool = False) -> alt.LayerChart:
    """A field's values as bars to the right, or its bins as columns: each the segment's share before everybody's."""
    colours = palette(dark)
    field = distribution.field
    title = f"{field.label} in the segment"
    if not distribution.bars:
        return _nothing(title, "Nobody has a value.", dark)
    if field.kind in (Kind.NUMBER, Kind.DATE, Kind.MOMENT):
        labels = _distinct(bar.tick for bar in distribution.bars)
        records = [_compared(bar.label, label, bar) for bar, label in zip(distribution.bars, labels, strict=True)]
        axis = alt.Axis(title=None, labelAngle=0, labelOverlap="parity", labelSeparation=6, grid=False)
        if field.kind == Kind.NUMBER:
            axis.bandPosition = 0  # a number stands at the left edge of its column
        base = alt.Chart().encode(
            x=alt.X("label:N", sort=None, axis=axis, scale=alt.Scale(paddingInner=0, paddingOuter=0)),
            tooltip=_tooltip("Value"),
            description="said:N",
        )
        layers = [
            _of(base.mark_bar(width={"band": 0.92}).encode(y=_share("base:Q", records)), EVERYBODY, colours),
            _of(base.mark_bar(width={"band": 0.5}).encode(y=_share("segment:Q", records)), SEGMENT, colours),
        ]
        return _drawn(layers, records, title, _without(distribution.missing), dark=dark)
    bars = [bar for bar in (*distribution.bars, distribution.other, distribution.missing) if bar and bar.in_base]
    records = [_compared(b.label, label, b) for b, label in zip(bars, _distinct(b.label for b in bars), strict=True)]
    base = alt.Chart().encode(
        y=alt.Y("label:N", sort=None, axis=alt.Axis(title=None, labelLimit=130, grid=False)),
        tooltip=_tooltip("Value"),
        description="said:N",
    )
    free = alt.Scale(domain=[0, max(record["longer"] for record in records) * 1.25 or 1])
    layers = [
        _of(base.mark_bar(height={"band": 0.82}).encode(x=alt.X("base:Q", axis=None, scale=free)), EVERYBODY, colours),
        _of(base.mark_bar(height={"band": 0.42}).encode(x="segment:Q"), SEGMENT, colours),
        base.mark_text(align="left", dx=5, color=colours.text).encode(x=alt.X("longer:Q"), text="written:N"),
    ]
    return _drawn(layers, records, title, dark=dark, height=alt.Step(24))


def _without(missing: Bar) -> str:
    if not missing.in_base:
        return ""
    return f"No value: {percent(missing.share_segment)} (everybody {percent(missing.share_base)})"


def _rows(
    bars: Sequence[alt.Chart], tooltip: Sequence[alt.Tooltip], colours: Palette, number_width: int
) -> list[alt.Chart]:
    """Rows numbered by `place`: the `label` at the left and a `written` number at the right, the bars below them."""
    base = alt.Chart().encode(y=alt.Y("place:O", axis=None), tooltip=list(tooltip), description="said:N")
    label = base.mark_text(align="left", dy=-7, color=colours.text, limit={"expr": f"width - {number_width}"})
    written = base.mark_text(align="right", dy=-7, color=colours.text)
    return [
        *(bar.encode(y=alt.Y("place:O", axis=None), tooltip=list(tooltip), description="said:N") for bar in bars),
        label.encode(x=alt.value(0), text="label:N"),
        written.encode(x=alt.value("width"), text="written:N"),
    ]


def difference_chart(differences: Sequence[Difference], *, dark: bool = False) -> alt.LayerChart:
    """Index bars: to the right of 100 what is more frequent in the segment than in everybody, to the left what is less."""
    title = "What sets the segment apart"
    if not differences:
        return _nothing(title, "No difference that could not be chance.", dark)
    colours = palette(dark)
    records = []
    for place, difference in enumerate(differences):
        value = "no value" if difference.value is None else difference.value
        name = f"{difference.label}: {value}"
        (label,) = _distinct([f"{shortened(difference.label, FIELD_BEFORE_VALUE)}: {value}"])
        index = round(difference.index)
        said = f"{label}, index {number(index)}"
        drawn = {
            "place": place,
            "index": min(difference.index, HIGHEST_INDEX),
            "over": difference.index >= 100,
            "average": 100,
        }
        records.append(
            _compared(name, label, difference)
            | drawn
            | {"written": number(index), "index_words": number(index), "said": said}
        )
    highest = max(200, *(record["index"] for record in records))
    scale = alt.Scale(domain=[0, highest], nice=False)
    axis = alt.Axis(title=None, orient="top", values=[0, 100, 200, 300, 400], grid=False)
    bars = alt.Chart().mark_bar(height=8, yOffset=9, cornerRadius=2)
    bars = bars.encode(
        x=alt.X("index:Q", scale=scale, axis=axis),
        x2=alt.X2Datum(100),
        color=alt.condition("datum.over", alt.value(colours.segment), alt.value(colours.under)),
    )
    average = alt.Chart().mark_tick(
        orient="vertical", size=16, thickness=1.5, yOffset=9, color=colours.faint, opacity=1
    )
    average = average.encode(x=alt.X("average:Q"))
    tooltip = [*_tooltip("Value"), alt.Tooltip("index_words:N", title="Index")]
    subtitle = "Index 100: as frequent as among everybody"
    return _drawn(
        _rows([bars, average], tooltip, colours, 50), records, title, subtitle, dark=dark, height=alt.Step(ROW)
    )


def over_time_chart(over_time: OverTime, title: str, *, dark: bool = False) -> alt.LayerChart:
    """The segment's share in every period beside everybody's; a period whose data are not complete is dashed."""
    colours = palette(dark)
    if not over_time.intervals:
        return _nothing(title, "Nothing to show over time.", dark)
    records = []
    for interval in over_time.intervals:
        name = interval.label if interval.complete else f"{interval.label} (not complete)"
        clock = {
            "start": f"{interval.start}T00:00:00",
            "end": f"{interval.end}T00:00:00",
            "complete": interval.complete,
        }
        records.append(_compared(name[:1].upper() + name[1:], "", interval) | clock)
    records = [record | {"dashed": place >= len(records) - 2} for place, record in enumerate(records)]
    starts = [interval.start for interval in over_time.intervals]
    months = 3 if len(starts) <= 24 else 6  # quarters or half-years, so that what is left of them is regular
    days = {"year": "%Y", "quarter": "%b %Y", "month": "%b %Y"}.get(over_time.by, "%-d %b %Y")
    named = {day for day in starts if over_time.by != "month" or len(starts) <= 12 or day.month % months == 1}
    values = [alt.DateTime(year=day.year, month=day.month, date=day.day) for day in sorted(named)]
    axis = alt.Axis(
        title=None, grid=False, format=days, values=values, labelAngle=0, labelOverlap="parity", labelSeparation=8
    )
    x = alt.X("start:T", axis=axis)
    base = alt.Chart().encode(x=x, description="said:N")
    layers = []
    dots = {"size": 24} if len(records) <= MOST_DOTS else False
    for who, column, width in ((EVERYBODY, "base:Q", 4), (SEGMENT, "segment:Q", 2.5)):
        line = _of(base.encode(y=_share(column, records)), who, colours, "stroke")
        layers.append(line.transform_filter("datum.complete").mark_line(strokeWidth=width, point=dots))
        if not over_time.intervals[-1].complete:
            end = line.transform_filter("datum.dashed")
            layers.append(end.mark_line(strokeWidth=width, strokeDash=[3, 3], point=dots))
    under_the_mouse = base.mark_bar(opacity=0).encode(x2="end:T", tooltip=_tooltip("Period"))
    return _drawn([*layers, under_the_mouse], records, title, dark=dark)


def funnel_chart(steps: Sequence[tuple[str, int]], base: int, *, dark: bool = False) -> alt.LayerChart:
    """Who is left (or gathered) after each filter, from everybody on; steps are (label, people) in their order."""
    colours = palette(dark)
    records = []
    for place, (name, count) in enumerate([(EVERYBODY, base), *steps]):
        (label,) = _distinct([name])
        share = percent(count / base if base else 0.0)
        record = {"place": place, "name": label, "label": label, "count": count, "count_words": people(count)}
        records.append(
            record
            | {"written": f"{number(count)} · {share}", "share": share, "said": f"{label}: {people(count)}, {share}"}
        )
    whole = alt.Scale(domain=[0, base or 1], nice=False)
    rail = alt.Chart().mark_bar(height=10, yOffset=9, cornerRadius=2, color=colours.base, opacity=0.45)
    bars = alt.Chart().mark_bar(height=10, yOffset=9, cornerRadius=2)
    colour = alt.condition("datum.place == 0", alt.value(colours.base), alt.value(colours.segment))
    bars = bars.encode(x=alt.X("count:Q", axis=None, scale=whole), color=colour)
    tooltip = [
        alt.Tooltip("name:N", title="Filter"),
        alt.Tooltip("count_words:N", title="People"),
        alt.Tooltip("share:N", title="Of everybody"),
    ]
    drawn = _rows([rail.encode(x=alt.value(0), x2=alt.value("width")), bars], tooltip, colours, 110)
    return _drawn(drawn, records, "How many people pass each filter", dark=dark, height=alt.Step(ROW))
