"""Build the report's one HTML file from a RunReport: template, tables, chart specifications and the Vega bundle.

The page is complete in itself: its content policy forbids every connection, and only the two scripts whose hashes it
names may run. It computes no figure; it holds what `model.py` can hold and nothing else.

May touch: disk (writes one file)
Sees:      nothing personal
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any, Final

import altair as alt
import vl_convert
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from linkage.encoded import whole_file
from linkage.evaluation import Evaluation, PairScores
from linkage.report import charts, figures, level_charts, waterfall_chart
from linkage.report.model import RunReport
from linkage.report.words import WORDS

VEGA_LITE: Final = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
"""The version that Altair writes specifications for, and that the bundle must therefore draw."""

DRAW_CHARTS: Final = """
for (const place of document.querySelectorAll(".chart")) {
  const drawing = JSON.parse(document.getElementById(place.dataset.spec).textContent);
  vegaEmbed(place, drawing, {actions: false, renderer: "svg", tooltip: {theme: "custom"}});
}
"""


def write_report(path: Path, report: RunReport) -> None:
    """Write the report to `path`; the file appears under its name only when it is whole."""
    page = render_report(report)
    with whole_file(path) as partial:
        partial.write_text(page, encoding="utf-8")


def render_report(report: RunReport) -> str:
    """The report as one HTML document, about 1 MB, most of it the bundle that draws the charts."""
    bundle = chart_bundle()
    template = _environment().get_template("template.html")
    return template.render(
        report=report,
        words=WORDS,
        specs=chart_specs(report),
        scores=_score_rows(report.quality) if report.quality is not None else [],
        waterfalls=[(one, waterfall_chart.waterfall_bars(one)) for one in report.waterfalls],
        total_seconds=sum(step.seconds for step in report.steps),
        longest_step=max((step.seconds for step in report.steps), default=0.0),
        bundle=_script(bundle),
        draw_charts=_script(DRAW_CHARTS),
        script_hashes=[_content_hash(script) for script in (bundle, DRAW_CHARTS)],
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


def chart_bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script that sets `vegaEmbed` and nothing else."""
    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version=VEGA_LITE)
    return bundle


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("linkage.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["spec"] = _spec_json
    for form in (
        figures.count,
        figures.score,
        figures.certainty,
        figures.percent,
        figures.probability,
        figures.weight,
        figures.seconds,
        figures.grouped,
    ):
        environment.filters[f"as_{form.__name__}"] = form
    return environment


def _spec_json(spec: Any) -> Markup:
    """JSON that cannot end its script element: `<` never stands in it."""
    text = json.dumps(spec, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704 - escaped for a script element just above


def _script(code: str) -> Markup:
    """Code as it must stand in its element, byte for byte as hashed; refuses code that would end it early."""
    if "</script" in code.lower() or "<!--" in code:
        raise ValueError("a script of the report would end its own element")
    return Markup(code)  # noqa: S704 - our own script or the bundle, checked just above


def _content_hash(script: str) -> str:
    digest = hashlib.sha256(script.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def _score_rows(quality: Evaluation) -> list[tuple[str, str, PairScores]]:
    """Chinese and English label and scores of every way of counting pairs."""
    rows = [(*WORDS[name], getattr(quality, name)) for name in ("across", "within", "all")]
    zh, en = WORDS["stratum"]
    rows += [(f"{zh} {one.stratum}", f"{en} {one.stratum}", one.pairs) for one in quality.strata]
    return rows
