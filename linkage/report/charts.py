"""Draw match weights, cluster sizes and calibration as Vega-Lite specifications; nothing is rendered or counted here.

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

import altair as alt

from linkage.calibration import Calibration
from linkage.report.drawing import FEWEST, Spec, count_axis, inline, specification, tip
from linkage.report.histogram import OUTCOMES, HistogramBin
from linkage.report.model import ClusterSize, Cuts
from linkage.report.words import WORDS

MOST_PLACES = 40
"""Largest cluster size up to which the axis shows every size."""


def histogram_chart(bins: tuple[HistogramBin, ...], cuts: Cuts) -> Spec:
    """Pairs per match weight on a log scale, coloured by outcome, both thresholds as rules."""
    labels = {outcome: str(WORDS[outcome]) for outcome in OUTCOMES}
    rows = [{"left": b.left, "right": b.right, "outcome": labels[b.outcome], "count": b.count} for b in bins]
    most = max((b.count for b in bins), default=1)
    colour = alt.Color(
        "outcome:N",
        title=None,
        scale=alt.Scale(
            domain=[labels[outcome] for outcome in reversed(OUTCOMES)],
            range=["var(--link)", "var(--review)", "var(--no-link)"],
        ),
    )
    bars = (
        alt.Chart(inline(rows))
        .mark_bar(opacity=0.85, binSpacing=1)
        .encode(
            x=alt.X("left:Q", bin="binned", title=str(WORDS["weight_axis"])),
            x2="right:Q",
            y=alt.Y(
                "count:Q",
                stack=None,
                title=str(WORDS["pairs_log"]),
                scale=alt.Scale(type="log", domain=[FEWEST, max(10, most * 2)]),
                axis=count_axis(),
            ),
            y2=alt.datum(FEWEST),
            color=colour,
            tooltip=[
                tip("outcome", "outcome:N"),
                tip("from", "left:Q"),
                tip("to", "right:Q"),
                tip("pairs", "count:Q", ","),
            ],
        )
    )
    description = "对的匹配权重直方图。 Histogram of match weights by outcome, with both thresholds."
    return specification(alt.layer(bars, *_threshold_rules(cuts)), description, height=300)


def cluster_sizes_chart(sizes: tuple[ClusterSize, ...]) -> Spec:
    """Number of clusters per size on a log scale."""
    rows = [{"size": one.size, "count": one.count} for one in sizes]
    largest = max((one.size for one in sizes), default=1)
    # A size that no cluster has keeps its place, unless one runaway cluster would make the axis mostly empty.
    places = list(range(1, largest + 1)) if largest <= MOST_PLACES else sorted(one.size for one in sizes)
    most = max((one.count for one in sizes), default=1)
    chart = (
        alt.Chart(inline(rows))
        .mark_bar(color="var(--link)", cornerRadiusEnd=2)
        .encode(
            x=alt.X(
                "size:O",
                title=str(WORDS["cluster_size"]),
                scale=alt.Scale(domain=places),
                axis=alt.Axis(labelAngle=0, labelOverlap=True),
            ),
            y=alt.Y(
                "count:Q",
                title=str(WORDS["clusters_log"]),
                scale=alt.Scale(type="log", domain=[FEWEST, max(10, most * 2)]),
                axis=count_axis(),
            ),
            y2=alt.datum(FEWEST),
            tooltip=[tip("cluster_size", "size:O"), tip("cluster_count", "count:Q", ",")],
        )
    )
    return specification(chart, "聚类大小分布。 Number of clusters by the number of records in them.", height=240)


def calibration_chart(measured: Calibration) -> Spec:
    """Stated probability against the true share, one point per bin, sized by its pairs."""
    rows = [{"stated": b.stated, "true": b.true, "pairs": b.pairs} for b in measured.bins]
    diagonal = (
        alt.Chart(inline([{"stated": 0, "true": 0}, {"stated": 1, "true": 1}]))
        .mark_line(color="var(--muted)", strokeDash=[4, 3])
        .encode(x="stated:Q", y="true:Q")
    )
    unit = alt.Scale(domain=[0, 1])
    points = (
        alt.Chart(inline(rows))
        .mark_circle(color="var(--link)", opacity=0.85)
        .encode(
            x=alt.X("stated:Q", title=str(WORDS["stated"]), scale=unit, axis=alt.Axis(format="%")),
            y=alt.Y("true:Q", title=str(WORDS["true_share"]), scale=unit, axis=alt.Axis(format="%")),
            size=alt.Size("pairs:Q", legend=None, scale=alt.Scale(type="log", range=[40, 500])),
            tooltip=[
                tip("stated", "stated:Q", ".4f"),
                tip("true_share", "true:Q", ".4f"),
                tip("pairs", "pairs:Q", ","),
            ],
        )
    )
    return specification(alt.layer(diagonal, points), "概率校准图。 Stated probability against true share.", height=240)


def _threshold_rules(cuts: Cuts) -> list[alt.LayerChart]:
    """A dashed line with its name for each threshold; the names lean away from each other."""
    layers = []
    for word, cut, colour, align in (
        ("review_threshold", cuts.review, "var(--review)", "right"),
        ("link_threshold", cuts.link, "var(--link)", "left"),
    ):
        base = alt.Chart(inline([{"label": str(WORDS[word])}])).encode(x=alt.datum(cut))
        rule = base.mark_rule(color=colour, strokeDash=[5, 3], strokeWidth=1.5)
        label = base.mark_text(
            align=align, baseline="top", dx=-6 if align == "right" else 6, color=colour, fontWeight="bold"
        ).encode(text="label:N", y=alt.value(0))
        layers.append(alt.layer(rule, label))
    return layers
