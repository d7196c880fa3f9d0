"""linkage/report/{charts,level_charts,waterfall_chart}.py: the figures that reach the drawings."""

from __future__ import annotations

import itertools
import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from run_reports import full_report

from linkage.report.charts import cluster_sizes_chart, histogram_chart
from linkage.report.level_charts import FLOOR, level_probabilities_chart, level_weights_chart
from linkage.report.model import ClusterSize, ComparisonWeights, Cuts, LevelWeights, Waterfall, WaterfallStep
from linkage.report.page import chart_specs
from linkage.report.waterfall_chart import waterfall_bars, waterfall_chart

WEIGHTS = st.floats(-60, 60)


def values(spec: dict[str, Any], having: str) -> list[dict[str, Any]]:
    """All inline rows of a specification that have this field."""
    return [row for rows in spec["datasets"].values() for row in rows if having in row]


@settings(deadline=None)
@given(WEIGHTS, st.lists(WEIGHTS, max_size=7))
def test_waterfall_bars_touch_and_add_up(prior: float, weights: list[float]) -> None:
    """A gap between two bars, or a total that is not their sum, tells a reviewer a false story of a pair."""
    waterfall = Waterfall(prior, tuple(WaterfallStep("name", "same", weight) for weight in weights))
    *steps, total = waterfall_bars(waterfall)
    assert len(steps) == len(weights) + 1
    assert steps[0].start == 0.0
    assert all(after.start == before.end for before, after in itertools.pairwise(steps))
    assert all(bar.end - bar.start == pytest.approx(bar.weight, abs=1e-9) for bar in steps)
    assert (total.start, total.end, total.sign) == (0.0, steps[-1].end, "total")
    assert total.end == pytest.approx(waterfall.weight, abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(WEIGHTS, st.lists(WEIGHTS, max_size=7))
def test_names_on_the_probability_axis_stand_at_their_weights(prior: float, weights: list[float]) -> None:
    """The upper axis is a relabelled weight axis; a name at the wrong place misstates a pair's probability."""
    steps = tuple(WaterfallStep("name", "same", weight) for weight in weights)
    text = json.dumps(waterfall_chart(Waterfall(prior, steps), 1, Cuts(-3.17, 0.0)))
    axis = next(axis for axis in find(json.loads(text), "axis") if axis and axis.get("orient") == "top")
    names = json.loads(axis["labelExpr"].split("[indexof")[0])
    assert len(names) == len(axis["values"])
    assert dict(zip(names, axis["values"], strict=True)).get("50%", 0.0) == 0.0
    assert "99.9%" not in names or axis["values"][names.index("99.9%")] == pytest.approx(math.log2(999))


def find(tree: Any, key: str) -> list[Any]:
    """Every value under `key`, at any depth."""
    found = []
    if isinstance(tree, dict):
        found += [tree[key]] if key in tree else []
        tree = list(tree.values())
    if isinstance(tree, list):
        found += [value for item in tree for value in find(item, key)]
    return found


def test_the_histogram_draws_every_bin_and_both_thresholds() -> None:
    """A threshold drawn elsewhere than it was applied misleads whoever judges the cut."""
    report = full_report()
    spec = histogram_chart(report.histogram, report.cuts)
    assert sum(row["count"] for row in values(spec, "count")) == sum(b.count for b in report.histogram)
    assert {-3.17, 0.0} <= {datum for datum in find(spec, "datum") if isinstance(datum, float | int)}


def test_levels_without_bound_or_class_do_not_break_the_drawings() -> None:
    """m = 0 gives a weight of minus infinity, which JSON cannot carry; an absent twin class has no dot."""
    level = LevelWeights("never", m=0.0, u=0.5, weight=-math.inf)
    comparisons = (ComparisonWeights("sex", (level,)),)
    assert values(level_weights_chart(comparisons), "weight") == []
    dots = values(level_probabilities_chart(comparisons), "p")
    assert [(dot["p"], dot["exact"]) for dot in dots] == [(FLOOR, 0.0), (0.5, 0.5)]


def test_a_size_that_no_cluster_has_keeps_its_place() -> None:
    """Without its empty place, a cluster of nine would stand beside one of two as if next to it."""
    spec = cluster_sizes_chart((ClusterSize(2, 5), ClusterSize(9, 1)))
    assert spec["encoding"]["x"]["scale"]["domain"] == list(range(1, 10))
    runaway = cluster_sizes_chart((ClusterSize(2, 5), ClusterSize(5000, 1)))
    assert runaway["encoding"]["x"]["scale"]["domain"] == [2, 5000]


def test_specifications_are_strict_json() -> None:
    """NaN or infinity in a specification would leave the page without any chart."""
    json.dumps(chart_specs(full_report()), allow_nan=False)
