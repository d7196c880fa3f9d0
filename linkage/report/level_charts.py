"""Draw the model's agreement levels as Vega-Lite specifications: their weights, and their m and u probabilities.

Both drawings share one list of rows (a bold row per comparison, then its levels), so that they read as one table.

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator

import altair as alt

from linkage.report.drawing import ROW_HEIGHT, Spec, inline, sign_colour, specification, tip
from linkage.report.model import ComparisonWeights, LevelWeights
from linkage.report.words import WORDS

FLOOR = 1e-9
"""Probabilities below it are drawn at it: a log scale has no zero."""

POWERS = {1e-8: "10⁻⁸", 1e-6: "10⁻⁶", 1e-4: "10⁻⁴", 1e-2: "0.01", 1.0: "1"}
"""Probabilities named on the axis."""

CLASSES = (
    ("class_m", "m", "var(--link)", "circle"),
    ("class_u", "u", "var(--muted)", "diamond"),
    ("class_twin", "twin", "var(--against)", "triangle-up"),
    ("class_sibling", "sibling", "var(--review)", "square"),
)
"""Word, attribute of `LevelWeights`, colour and shape of every class of pairs."""


def level_weights_chart(comparisons: tuple[ComparisonWeights, ...]) -> Spec:
    """One bar per agreement level: its match weight, for (right) or against (left)."""
    rows = [
        {"row": number, "label": label, "weight": level.weight, "sign": _sign(level.weight)}
        for number, (label, level) in enumerate(_level_rows(comparisons))
        if level is not None and math.isfinite(level.weight)
    ]
    bars = (
        alt.Chart(inline(rows))
        .mark_bar(height=ROW_HEIGHT * 0.6, cornerRadiusEnd=2)
        .encode(
            y=_row_axis(comparisons),
            x=alt.X("weight:Q", title=str(WORDS["weight_axis"])),
            color=sign_colour(),
            tooltip=[tip("level", "label:N"), tip("weight", "weight:Q", "+.2f")],
        )
    )
    zero = alt.Chart(inline([{}])).mark_rule(color="var(--muted)").encode(x=alt.datum(0))
    description = "各级别的匹配权重。 Match weight of each agreement level, by comparison."
    return specification(alt.layer(bars, zero), description, height=_height(comparisons))


def level_probabilities_chart(comparisons: tuple[ComparisonWeights, ...]) -> Spec:
    """m, u, twin and sibling probabilities of each agreement level on a log scale."""
    rows = [
        {"row": number, "label": label, "class": str(WORDS[word]), "p": max(p, FLOOR), "exact": p}
        for number, (label, level) in enumerate(_level_rows(comparisons))
        for word, name, _, _ in CLASSES
        if level is not None and (p := getattr(level, name)) is not None
    ]
    lowest = min((row["p"] for row in rows), default=0.1) / 2
    x = alt.X(
        "p:Q",
        title=str(WORDS["probability_log"]),
        scale=alt.Scale(type="log", domain=[min(lowest, 0.1), 1.3], nice=False),
        axis=alt.Axis(
            values=list(POWERS),
            labelExpr=f"{json.dumps(list(POWERS.values()))}[indexof({json.dumps(list(POWERS))}, datum.value)]",
        ),
    )
    base = alt.Chart(inline(rows)).encode(y=_row_axis(comparisons))
    span = base.mark_rule(color="var(--line)", strokeWidth=2).encode(
        x=alt.X("min(p):Q", title=str(WORDS["probability_log"])), x2="max(p):Q"
    )
    present = [one for one in CLASSES if any(row["class"] == str(WORDS[one[0]]) for row in rows)]
    names = [str(WORDS[word]) for word, _, _, _ in present]
    colours = [colour for _, _, colour, _ in present]
    shapes = [shape for _, _, _, shape in present]
    legend = alt.Legend(orient="bottom", columns=2)
    points = base.mark_point(filled=True, size=55, opacity=0.95).encode(
        x=x,
        color=alt.Color("class:N", title=None, legend=legend, scale=alt.Scale(domain=names, range=colours)),
        shape=alt.Shape("class:N", title=None, legend=legend, scale=alt.Scale(domain=names, range=shapes)),
        tooltip=[
            tip("level", "label:N"),
            alt.Tooltip("class:N", title=str(WORDS["class"])),
            tip("probability_plain", "exact:Q", ".3~g"),
        ],
    )
    description = "各级别的概率。 Probability of each level among matches, random pairs, twins and siblings."
    return specification(alt.layer(span, points), description, height=_height(comparisons))


def _sign(weight: float) -> str:
    return "for" if weight >= 0 else "against"


def _level_rows(comparisons: tuple[ComparisonWeights, ...]) -> Iterator[tuple[str, LevelWeights | None]]:
    """Label and level of every row from the top; the title row of a comparison has no level."""
    for comparison in comparisons:
        yield comparison.name, None
        for level in comparison.levels:
            yield level.label, level


def _row_axis(comparisons: tuple[ComparisonWeights, ...]) -> alt.Y:
    rows = list(_level_rows(comparisons))
    titles = [number for number, (_, level) in enumerate(rows) if level is None]
    labels = json.dumps([label for label, _ in rows])
    is_title = f"indexof({json.dumps(titles)}, datum.value) >= 0"
    return alt.Y(
        "row:O",
        title=None,
        scale=alt.Scale(domain=list(range(len(rows)))),
        axis=alt.Axis(
            labelExpr=f"{labels}[datum.value]",
            labelFontWeight={"condition": {"test": is_title, "value": "bold"}, "value": "normal"},
            labelColor={"condition": {"test": is_title, "value": "var(--ink)"}, "value": "var(--muted)"},
            labelLimit=210,
            ticks=False,
            domain=False,
        ),
    )


def _height(comparisons: tuple[ComparisonWeights, ...]) -> int:
    return ROW_HEIGHT * sum(1 for _ in _level_rows(comparisons))
