"""What makes a report one self-contained HTML file: templates, the Vega bundle, and the hashes of its only scripts.

A page forbids every connection by its content policy, and only the two scripts whose hashes it names may run. What a
page says is not decided here (`page.py`, `health_page.py`).

May touch: disk (the package's own templates)
Sees:      nothing personal
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any, Final

import altair as alt
import vl_convert
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from linkage.report import figures

VEGA_LITE: Final = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
"""The version that Altair writes specifications for, and that the bundle must therefore draw."""

DRAW_CHARTS: Final = """
for (const place of document.querySelectorAll(".chart")) {
  const drawing = JSON.parse(document.getElementById(place.dataset.spec).textContent);
  vegaEmbed(place, drawing, {actions: false, renderer: "svg", tooltip: {theme: "custom"}});
}
"""


def render(template: str, specs: dict[str, Any], **figures_and_words: Any) -> str:
    """One HTML document from a template of this package, its drawings in `specs` by the name of their place.

    About 1 MB, most of it the bundle that draws the charts.
    """
    bundle = chart_bundle()
    return (
        _environment()
        .get_template(template)
        .render(
            specs=specs,
            bundle=_script(bundle),
            draw_charts=_script(DRAW_CHARTS),
            script_hashes=[_content_hash(script) for script in (bundle, DRAW_CHARTS)],
            **figures_and_words,
        )
    )


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
