"""Build the linkage report's one HTML file from a RunReport: tables, and specifications of its charts.

The page is complete in itself (`document.py`). It computes no figure; it holds what `model.py` can hold and nothing
else.

May touch: disk (writes one file)
Sees:      nothing personal
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from linkage.evaluation import Evaluation, PairScores
from linkage.report import charts, level_charts, waterfall_chart
from linkage.report.document import render
from linkage.report.model import RunReport
from linkage.report.words import WORDS
from linkage.whole_file import whole_file


def write_report(path: Path, report: RunReport) -> None:
    """Write the report to `path`; the file appears under its name only when it is whole."""
    page = render_report(report)
    with whole_file(path) as partial:
        partial.write_text(page, encoding="utf-8")


def render_report(report: RunReport) -> str:
    """The report as one HTML document."""
    return render(
        "template.html",
        chart_specs(report),
        report=report,
        words=WORDS,
        scores=_score_rows(report.quality) if report.quality is not None else [],
        waterfalls=[(one, waterfall_chart.waterfall_bars(one)) for one in report.waterfalls],
        total_seconds=sum(step.seconds for step in report.steps),
        longest_step=max((step.seconds for step in report.steps), default=0.0),
    )


def chart_specs(report: RunReport) -> dict[str, Any]:
    """Every drawing of the page by the name of its place."""
    specs: dict[str, Any] = {
        "histogram": charts.histogram_chart(report.histogram, report.cuts),
        "level-weights": level_charts.level_weights_chart(report.comparisons),
        "level-probabilities": level_charts.level_probabilities_chart(report.comparisons),
        "cluster-sizes": charts.cluster_sizes_chart(report.cluster_sizes),
    }
    if report.calibration is not None:
        specs["calibration"] = charts.calibration_chart(report.calibration)
    for number, waterfall in enumerate(report.waterfalls, start=1):
        specs[f"waterfall-{number}"] = waterfall_chart.waterfall_chart(waterfall, number, report.cuts)
    return specs


def _score_rows(quality: Evaluation) -> list[tuple[str, str, PairScores]]:
    """Chinese and English label and scores of every way of counting pairs."""
    rows = [(*WORDS[name], getattr(quality, name)) for name in ("across", "within", "all")]
    zh, en = WORDS["stratum"]
    rows += [(f"{zh} {one.stratum}", f"{en} {one.stratum}", one.pairs) for one in quality.strata]
    return rows
