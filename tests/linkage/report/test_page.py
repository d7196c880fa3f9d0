"""linkage/report/page.py: one file, no connection, no foreign text as markup."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import vl_convert
from run_reports import full_report

from linkage.report import document
from linkage.report.document import VEGA_LITE
from linkage.report.model import ComparisonWeights, LevelWeights, RunReport, Waterfall, WaterfallStep
from linkage.report.page import chart_specs, render_report, write_report

HOSTILE = '</script><script>alert(1)</script><b title="x" & \''


class Elements(HTMLParser):
    """Collects every element with its attributes, and the text of scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append((dict(attrs), ""))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            attributes, text = self.scripts[-1]
            self.scripts[-1] = (attributes, text + data)


def parsed(html: str) -> Elements:
    """The page's elements, checked for balance."""
    elements = Elements()
    elements.feed(html)
    elements.close()
    assert elements.open == []
    return elements


@pytest.fixture(scope="module")
def html() -> str:
    """The full page, rendered once."""
    return render_report(full_report())


def test_the_page_asks_for_nothing_outside_itself(html: str) -> None:
    """A report opened at an agency must not tell any host that it was opened."""
    elements = parsed(html).elements
    assert not [attributes for _, attributes in elements if attributes.keys() & {"src", "href", "srcset", "action"}]
    assert not [tag for tag, _ in elements if tag in ("link", "iframe", "img", "object", "form", "base")]
    policy = next(a["content"] for t, a in elements if t == "meta" and a.get("http-equiv"))
    assert policy is not None and policy.startswith("default-src 'none'; ")
    styles = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    assert not any("url(" in style or "@import" in style for style in styles)


def test_only_the_two_hashed_scripts_may_run(html: str) -> None:
    """If a hash drifts from its script, the browser refuses to draw; if a third script slips in, it must not run."""
    found = parsed(html)
    policy = next(a["content"] for t, a in found.elements if t == "meta" and a.get("http-equiv"))
    running = [text for attributes, text in found.scripts if "type" not in attributes]
    assert policy is not None and len(running) == 2
    for text in running:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert "script-src 'unsafe-inline'" not in policy


def test_names_from_project_files_are_text_and_never_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    """Source, level and key type names come from files that somebody sent; none may become script or markup."""
    monkeypatch.setattr(document, "chart_bundle", lambda: "window.vegaEmbed = null;")
    hostile = hostile_report()
    found = parsed(render_report(hostile))
    assert len([1 for attributes, _ in found.scripts if "type" not in attributes]) == 2
    assert not [1 for _, attributes in found.elements if attributes.get("title")]
    specs = [json.loads(text) for attributes, text in found.scripts if "type" in attributes]
    assert any(HOSTILE in json.dumps(spec, ensure_ascii=False).replace('\\"', '"') for spec in specs)


def hostile_report() -> RunReport:
    """Every free text of the report holds markup."""
    report = full_report()
    level = LevelWeights(HOSTILE, 0.9, 0.1, 3.17)
    return dataclasses.replace(
        report,
        title=HOSTILE,
        started_at=HOSTILE,
        plan=dataclasses.replace(report.plan, schema=HOSTILE, fingerprint=HOSTILE),
        steps=tuple(dataclasses.replace(step, name=HOSTILE) for step in report.steps),
        sources=tuple(dataclasses.replace(one, name=HOSTILE, kind=HOSTILE) for one in report.sources),
        key_types=tuple(dataclasses.replace(one, name=HOSTILE, tags=(HOSTILE,)) for one in report.key_types),
        comparisons=(ComparisonWeights(HOSTILE, (level,)),),
        waterfalls=(Waterfall(-1.0, (WaterfallStep(HOSTILE, HOSTILE, 2.0),)),),
    )


def test_a_script_that_would_end_its_element_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A later bundle holding "</script" would spill half of itself onto the page as text."""
    monkeypatch.setattr(document, "chart_bundle", lambda: 'const end = "</Script>";')
    with pytest.raises(ValueError, match="would end its own element"):
        render_report(full_report())


def test_every_chart_has_a_place_a_description_and_a_table_nearby(html: str) -> None:
    """Somebody who cannot see the drawings must find the same figures in words and tables."""
    found = parsed(html)
    specs = chart_specs(full_report())
    places = [a["data-spec"] for _, a in found.elements if a.get("class") == "chart"]
    assert sorted(places, key=str) == sorted(f"spec-{name}" for name in specs)
    assert all(spec["description"] for spec in specs.values())
    assert len([1 for tag, _ in found.elements if tag == "details"]) >= len(specs) - 1


@pytest.mark.parametrize("name", sorted(chart_specs(full_report())))
def test_every_chart_compiles_in_the_bundled_version(name: str) -> None:
    """Altair and the bundle are separate packages; a specification that one writes must be drawn by the other."""
    svg = vl_convert.vegalite_to_svg(chart_specs(full_report())[name], vl_version=VEGA_LITE)
    assert svg.count("<path") > 5


def test_a_run_that_found_nothing_still_has_a_report() -> None:
    """Two files without a common child are a result, not a crash."""
    report = dataclasses.replace(
        full_report(),
        histogram=(),
        waterfalls=(),
        cluster_sizes=(),
        key_types=(),
        comparisons=(),
        steps=(),
        sources=(),
        quality=None,
        calibration=None,
    )
    html = render_report(report)
    assert "与真值对照" not in html
    parsed(html)


def test_the_file_appears_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupted run must not leave half a page under the report's name."""
    monkeypatch.setattr(document, "chart_bundle", lambda: "window.vegaEmbed = null;")
    path = tmp_path / "report.html"
    write_report(path, full_report())
    assert path.read_text(encoding="utf-8").endswith("</html>")
    assert list(tmp_path.iterdir()) == [path]
