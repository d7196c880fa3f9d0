"""Draw how one pair came by its weight as a Vega-Lite specification; the pair has a number and no identifier.

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import Literal

import altair as alt

from linkage.report.drawing import ROW_HEIGHT, Spec, inline, sign_colour, specification, tip
from linkage.report.model import Cuts, Waterfall
from linkage.report.words import WORDS

PROBABILITY_MARKS = (
    (0.5, "50%"),
    (1e-6, "10⁻⁶"),
    (1 - 1e-6, "1−10⁻⁶"),
    (1e-3, "0.1%"),
    (0.999, "99.9%"),
    (0.1, "10%"),
    (0.9, "90%"),
    (1e-12, "10⁻¹²"),
    (1 - 1e-12, "1−10⁻¹²"),
)
"""Probabilities named on the upper axis, the most welcome first: later ones give way where room is short."""

NARROWEST = 0.17
"""Share of the axis that two names must stand apart."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar from `start` to `end` (match weights); a total runs from 0, every other bar from where it stood."""

    label: str
    weight: float
    start: float
    end: float
    sign: Literal["for", "against", "total"]


def waterfall_bars(waterfall: Waterfall) -> list[Bar]:
    """Prior, one bar per comparison, total, from the top."""
    parts = [(str(WORDS["prior"]), waterfall.prior)]
    parts += [(f"{step.comparison}: {step.level}", step.weight) for step in waterfall.steps]
    bars = []
    running = 0.0
    for label, weight in parts:
        bars.append(Bar(label, weight, running, running + weight, "for" if weight >= 0 else "against"))
        running += weight
    return [*bars, Bar(str(WORDS["total"]), running, 0.0, running, "total")]


def waterfall_chart(waterfall: Waterfall, number: int, cuts: Cuts) -> Spec:
    """From the prior, one bar per comparison, to the final weight; the upper axis gives the probability."""
    bars = waterfall_bars(waterfall)
    rows = [{**asdict(bar), "row": row, "right": max(bar.start, bar.end)} for row, bar in enumerate(bars)]
    low = min(cuts.review, *(min(bar.start, bar.end) for bar in bars))
    high = max(cuts.link, *(max(bar.start, bar.end) for bar in bars))
    room = max(1.0, (high - low) * 0.1)
    low, high = low - room, high + 2 * room  # the figures stand to the right of their bars
    scale = alt.Scale(domain=[low, high], nice=False)
    base = alt.Chart(inline(rows)).encode(y=_label_axis(bars))
    drawn = base.mark_bar(height=ROW_HEIGHT * 0.7, cornerRadius=2).encode(
        x=alt.X("start:Q", scale=scale, title=str(WORDS["weight_axis"]), axis=alt.Axis(tickCount=6)),
        x2="end:Q",
        color=sign_colour(),
        tooltip=[
            tip("step", "label:N"),
            tip("weight", "weight:Q", "+.2f"),
            tip("running", "end:Q", "+.2f"),
        ],
    )
    figures = base.mark_text(align="left", dx=5, fontSize=10.5, color="var(--ink)").encode(
        x=alt.X("right:Q", scale=scale, title=str(WORDS["weight_axis"])),
        text=alt.Text("weight:Q", format="+.1f"),
    )
    weights = alt.layer(*_threshold_rules(cuts), drawn, figures)
    chart = alt.layer(weights, _probability_axis(scale, low, high))
    description = f"第 {number} 对的权重瀑布图。 Waterfall of the match weight of pair {number}."
    return specification(chart.resolve_axis(x="independent"), description, height=len(bars) * (ROW_HEIGHT + 4))


def _threshold_rules(cuts: Cuts) -> list[alt.Chart]:
    return [
        alt.Chart(inline([{}])).mark_rule(color=colour, strokeDash=[4, 3]).encode(x=alt.datum(cut))
        for cut, colour in ((cuts.review, "var(--review)"), (cuts.link, "var(--link)"))
    ]


def _label_axis(bars: list[Bar]) -> alt.Y:
    labels = json.dumps([bar.label for bar in bars])
    last = len(bars) - 1
    return alt.Y(
        "row:O",
        title=None,
        axis=alt.Axis(
            labelExpr=f"{labels}[datum.value]",
            labelFontWeight={"condition": {"test": f"datum.value === {last}", "value": "bold"}, "value": "normal"},
            labelColor="var(--ink)",
            labelLimit=230,
            ticks=False,
            domain=False,
        ),
    )


def _probability_axis(scale: alt.Scale, low: float, high: float) -> alt.Chart:
    """An invisible mark that carries the upper axis: match weights named by the probability that they mean."""
    seen: dict[float, str] = {}
    for p, name in PROBABILITY_MARKS:
        weight = math.log2(p / (1 - p))
        if low <= weight <= high and all(abs(weight - other) >= NARROWEST * (high - low) for other in seen):
            seen[weight] = name
    names = json.dumps(list(seen.values()))
    axis = alt.Axis(
        orient="top",
        values=list(seen),
        labelExpr=f"{names}[indexof({json.dumps(list(seen))}, datum.value)]",
        title=str(WORDS["probability"]),
        grid=False,
        labelOverlap=False,
    )
    position = alt.X("weight:Q", scale=scale, axis=axis)
    return alt.Chart(inline([{"weight": 0}])).mark_point(opacity=0).encode(x=position)
