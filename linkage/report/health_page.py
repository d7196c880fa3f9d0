"""Write a health report as NAME.health.json and NAME.health.html: one canonical text, one self-contained page.

The page is made to be attached to an impact assessment: purpose, method, who sees what, figures, checks with reasons,
limits in plain words. It computes no figure and can hold what `linkage/health/report.py` can hold, nothing else.

May touch: disk (writes two files)
Sees:      nothing personal
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from linkage.health.limits import Form
from linkage.health.report import HealthReport
from linkage.health.verdict import Check
from linkage.report import figures, health_charts
from linkage.report.document import render
from linkage.report.health_words import HEALTH, NOT_PROTECTED, WHO
from linkage.whole_file import whole_file

GROUPS = ("parameters", "shapes", "sharing", "bits", "own")


def write_health(folder: Path, report: HealthReport) -> Path:
    """Write both files into `folder`, each whole or not at all; returns the page's path."""
    page = folder / f"{report.source}.health.html"
    texts = {folder / f"{report.source}.health.json": report.to_json(), page: render_health(report)}
    for path, text in texts.items():
        with whole_file(path) as partial:
            partial.write_text(text, encoding="utf-8")
    return page


def render_health(report: HealthReport) -> str:
    """The report as one HTML document."""
    return render(
        "health.html",
        health_specs(report),
        report=report,
        words=HEALTH,
        who=WHO,
        not_protected=NOT_PROTECTED,
        groups=[(name, rows) for name in GROUPS if (rows := _rows(report, name))],
        passed=sum(check.outcome == "passed" for check in report.checks),
        frequencies=_frequencies(report),
    )


def health_specs(report: HealthReport) -> dict[str, Any]:
    """Every drawing of the page by the name of its place."""
    measures, own = report.measures, report.own
    specs: dict[str, Any] = {}
    if report.plan.key_types:
        specs["floor"] = health_charts.floor_chart(report.plan.key_types, own.leakage if own else None)
    if measures.graph is not None:
        specs["components"] = health_charts.components_chart(measures.graph)
    if measures.bits is not None:
        specs["bits"] = health_charts.bits_chart(measures.bits)
    if measures.similar is not None:
        specs["similar"] = health_charts.similarities_chart(measures.similar)
    return specs


def figure(value: float | None, form: Form) -> str:
    """One measured figure or limit as people read it."""
    if value is None or not math.isfinite(value):
        return figures.UNDEFINED
    if form in ("count", "days"):
        return figures.count(round(value))
    if form == "share":
        return f"{100 * value:.2f}%"
    return f"{value:.1f}σ" if form == "deviation" else f"{value:.3g}"


def _rows(report: HealthReport, group: str) -> list[tuple[Check, str, str]]:
    """Check, measured and limit as text."""
    rows = []
    for check in report.checks:
        if check.rule.group == group:
            sign = "≥" if check.at_least else "≤"
            form = check.rule.form
            rows.append((check, figure(check.measured, form), f"{sign} {figure(check.limit, form)}"))
    return rows


def _frequencies(report: HealthReport) -> list[dict[str, Any]]:
    """One row per key type: how often its keys occur, and which children they join."""
    graph = report.measures.graph
    joined = {one.name: one for one in graph.key_types} if graph is not None else {}
    return [{"keys": one, "graph": joined[one.name]} for one in report.measures.frequencies]
