"""What all charts of the report share: their look, their axes, and how a chart becomes a specification.

Colours are CSS variables of the page (`var(--link)`), so that one drawing serves light, dark and paper; they work
because the page renders to SVG. Nothing is rendered here.

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from linkage.report.words import WORDS

Spec = dict[str, Any]

ROW_HEIGHT = 18
"""Pixels of one row in a chart whose rows are labelled."""

FEWEST = 0.7
"""Where bars on a log scale start, so that a count of one still shows."""

FONT = (
    'system-ui, -apple-system, "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", '
    '"Noto Sans SC", sans-serif'
)

CONFIG: dict[str, Any] = {
    "font": FONT,
    "background": None,
    "view": {"stroke": None},
    "axis": {
        "labelColor": "var(--muted)",
        "titleColor": "var(--muted)",
        "titleFontWeight": "normal",
        "labelFontSize": 11,
        "titleFontSize": 11.5,
        "titlePadding": 10,
        "gridColor": "var(--line)",
        "gridOpacity": 0.6,
        "domainColor": "var(--line)",
        "tickColor": "var(--line)",
    },
    "axisY": {"domain": False, "ticks": False},
    "axisYBand": {"grid": False},
    "legend": {
        "orient": "top",
        "direction": "horizontal",
        "labelColor": "var(--ink)",
        "labelFontSize": 11.5,
        "symbolSize": 80,
        "columnPadding": 18,
    },
    "text": {"color": "var(--ink)", "fontSize": 11},
}


def specification(chart: alt.Chart | alt.LayerChart, description: str, *, height: int) -> Spec:
    """The chart as a Vega-Lite dict, as wide as its place on the page and `height` pixels high.

    `description` becomes the drawing's label for screen readers.
    """
    sized = chart.properties(width="container", height=height, description=description)
    spec: Spec = sized.to_dict()
    spec["config"] = CONFIG
    spec["autosize"] = {"type": "fit-x", "contains": "padding"}
    return spec


def inline(rows: Sequence[dict[str, Any]]) -> alt.InlineData:
    """Rows as data inside the specification."""
    return alt.InlineData(values=list(rows))


def tip(word: str, shorthand: str, format_: str | None = None) -> alt.Tooltip:
    """A tooltip line titled with a phrase of `words.py`."""
    if format_ is None:
        return alt.Tooltip(shorthand, title=str(WORDS[word]))
    return alt.Tooltip(shorthand, title=str(WORDS[word]), format=format_)


def count_axis() -> alt.Axis:
    """Powers of ten in plain digits."""
    return alt.Axis(format=",d", values=[10**power for power in range(10)])


def sign_colour() -> alt.Color:
    """Evidence for, evidence against, and their total."""
    return alt.Color(
        "sign:N",
        legend=None,
        scale=alt.Scale(domain=["for", "against", "total"], range=["var(--link)", "var(--against)", "var(--ink)"]),
    )
