"""Draw a health report's figures as Vega-Lite specifications; nothing is rendered or counted here.

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

import altair as alt

from linkage.health.bit_patterns import BitPatterns
from linkage.health.key_graph import KeyGraph
from linkage.health.own_figures import Leakage
from linkage.health.report import KeyTypeFloor
from linkage.health.similarities import BINS, HISTOGRAM, Similarities
from linkage.report.drawing import FEWEST, ROW_HEIGHT, Spec, count_axis, inline, specification
from linkage.report.health_words import HEALTH

MOST_SIZES = 12
"""Component sizes that the axis shows even when no component has them."""


def floor_chart(key_types: tuple[KeyTypeFloor, ...], own: Leakage | None) -> Spec:
    """Strangers per key type by reference as bars, by the agency's own data as points, largest first."""
    ordered = sorted(key_types, key=lambda one: -one.strangers)
    names = [one.name for one in ordered]
    y = alt.Y("name:N", title=None, sort=names, axis=alt.Axis(labelLimit=150))
    title = str(HEALTH["strangers"])
    bars = (
        alt.Chart(inline([{"name": one.name, "strangers": one.strangers, "bits": one.bits} for one in ordered]))
        .mark_bar(color="var(--link)", height=ROW_HEIGHT * 0.55, cornerRadiusEnd=2, opacity=0.85)
        .encode(
            y=y,
            x=alt.X("strangers:Q", title=title),
            tooltip=[
                alt.Tooltip("name:N", title=str(HEALTH["key_type"])),
                alt.Tooltip("strangers:Q", title=str(HEALTH["by_reference"]), format=".2~g"),
                alt.Tooltip("bits:Q", title=str(HEALTH["h2"]), format=".1f"),
            ],
        )
    )
    layers: list[alt.Chart] = [bars]
    measured = [{"name": one.name, "measured": one.measured} for one in own.key_types] if own is not None else []
    if measured:
        layers.append(
            alt.Chart(inline(measured))
            .mark_point(color="var(--review)", filled=True, size=45)
            .encode(
                y=y,
                x="measured:Q",
                tooltip=[
                    alt.Tooltip("name:N", title=str(HEALTH["key_type"])),
                    alt.Tooltip("measured:Q", title=str(HEALTH["by_own_data"]), format=".2~g"),
                ],
            )
        )
    description = "各键类型的泄露预算。 Strangers per child through each key type, by reference and by own data."
    return specification(alt.layer(*layers), description, height=max(60, ROW_HEIGHT * len(names)))


def components_chart(graph: KeyGraph) -> Spec:
    """Components of children by size, single children left out, on a log scale."""
    rows = [{"size": size, "count": count} for size, count in graph.components]
    largest = max((size for size, _ in graph.components), default=2)
    places = sorted({*range(2, min(max(largest, 4), MOST_SIZES) + 1), *(size for size, _ in graph.components)})
    most = max((count for _, count in graph.components), default=1)
    chart = (
        alt.Chart(inline(rows))
        .mark_bar(color="var(--link)", cornerRadiusEnd=2)
        .encode(
            x=alt.X(
                "size:O",
                title=str(HEALTH["children_joined"]),
                scale=alt.Scale(domain=places),
                axis=alt.Axis(labelAngle=0, labelOverlap=True),
            ),
            y=alt.Y(
                "count:Q",
                title=str(HEALTH["components"]),
                scale=alt.Scale(type="log", domain=[FEWEST, max(10, most * 2)]),
                axis=count_axis(),
            ),
            y2=alt.datum(FEWEST),
            tooltip=[
                alt.Tooltip("size:O", title=str(HEALTH["children_joined"])),
                alt.Tooltip("count:Q", title=str(HEALTH["components"]), format=","),
            ],
        )
    )
    return specification(chart, "相连儿童的片。 Components of children by size.", height=200)


def bits_chart(bits: BitPatterns) -> Spec:
    """Share of filters that set each bit, in rising order, beside one half."""
    rows = [{"rank": rank, "share": share} for rank, share in enumerate(bits.frequencies)]
    line = (
        alt.Chart(inline(rows))
        .mark_area(color="var(--link)", opacity=0.25, line={"color": "var(--link)"})
        .encode(
            x=alt.X("rank:Q", title=str(HEALTH["bit_rank"]), axis=alt.Axis(labels=False, ticks=False, grid=False)),
            y=alt.Y("share:Q", title=str(HEALTH["set_share"]), scale=alt.Scale(domain=[0, 1])),
        )
    )
    half = alt.Chart(inline([{}])).mark_rule(color="var(--muted)", strokeDash=[5, 3]).encode(y=alt.datum(0.5))
    return specification(alt.layer(line, half), "比特频率。 Bit frequencies in rising order.", height=200)


def similarities_chart(similar: Similarities) -> Spec:
    """Pairs per share of equal bits on a log scale, with the noise line."""
    low, high = HISTOGRAM
    width = (high - low) / BINS
    rows = [
        {"left": low + number * width, "right": low + (number + 1) * width, "count": count}
        for number, count in enumerate(similar.histogram)
        if count
    ]
    most = max((row["count"] for row in rows), default=1)
    bars = (
        alt.Chart(inline(rows))
        .mark_bar(color="var(--no-link)", binSpacing=1)
        .encode(
            x=alt.X("left:Q", bin="binned", title=str(HEALTH["equal_bits"])),
            x2="right:Q",
            y=alt.Y(
                "count:Q",
                title=str(HEALTH["pairs_log"]),
                scale=alt.Scale(type="log", domain=[FEWEST, max(10, most * 2)]),
                axis=count_axis(),
            ),
            y2=alt.datum(FEWEST),
            tooltip=[
                alt.Tooltip("left:Q", title=str(HEALTH["equal_bits"]), format=".3f"),
                alt.Tooltip("count:Q", title=str(HEALTH["pairs_log"]), format=","),
            ],
        )
    )
    base = alt.Chart(inline([{"label": str(HEALTH["noise_line"])}])).encode(x=alt.datum(similar.noise_line))
    rule = base.mark_rule(color="var(--review)", strokeDash=[5, 3], strokeWidth=1.5)
    label = base.mark_text(align="left", baseline="top", dx=6, color="var(--review)", fontWeight="bold").encode(
        text="label:N", y=alt.value(0)
    )
    return specification(alt.layer(bars, rule, label), "相似度直方图。 Histogram of similarities.", height=200)
