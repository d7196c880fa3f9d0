"""linkage/report/health_page.py: whole in itself, bilingual, and every check on it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from linkage.encoded import Chunk, Header, read_batch, write_batch
from linkage.health.examine import examine
from linkage.health.own_figures import FieldFigures, Leakage, OwnFigures
from linkage.health.report import HealthReport
from linkage.plan import Plan
from linkage.report import document
from linkage.report.health_page import figure, render_health, write_health
from linkage.schema import load_schema


def report(folder: Path, scheme: str = "match-keys") -> HealthReport:
    schema = load_schema("cn-child-v1")
    plan = Plan(replace(schema, key_types=schema.key_types[:3]), scheme, 50_000, "test/1", diffusion=10)  # type: ignore[arg-type]
    rng, n = np.random.default_rng(1), 150
    keys = {one.name: rng.integers(0, 256, (n, one.slots, 16), dtype=np.uint8) for one in plan.schema.key_types}
    if scheme == "clk":
        keys = {"clk": rng.integers(0, 256, (n, 128), dtype=np.uint8)}
    else:
        keys[plan.schema.key_types[0].name][:100, 0] = 0
    visible = {name: rng.random(n) < 0.5 for name in ("has_name", "has_id")}
    header = Header("school", plan.fingerprint, "0" * 16, n, scheme, plan.normaliser, {})
    write_batch(folder / "x.batch", header, plan, [Chunk(rng.integers(0, 256, (n, 16), dtype=np.uint8), keys, visible)])
    own = OwnFigures((FieldFigures("phones", 0.4, 0.1),), (), 0.0, 1.0, Leakage(0.1, 0.1, 0.2, True))
    return examine(read_batch(folder / "x.batch"), plan, "2026-11-24", own)


@pytest.fixture(autouse=True)
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "chart_bundle", lambda: "window.vegaEmbed = null;")


@pytest.mark.parametrize("scheme", ["match-keys", "clk"])
def test_every_check_stands_on_the_page_in_both_languages(scheme: str, tmp_path: Path) -> None:
    """An assessor would sign for a check that the page left out, or could not read it."""
    made = report(tmp_path, scheme)
    page = document.Markup(render_health(made)).unescape()
    for check in made.checks:
        assert check.rule.title.zh in page and check.rule.title.en in page and check.reason.zh in page
        if check.outcome == "failed":
            assert check.rule.remedy.zh in page and check.rule.remedy.en in page
    assert "第五十五" in page and "2026-11-24" in page


def test_the_page_contacts_nobody(tmp_path: Path) -> None:
    """A report on an office's machine would tell a stranger's server that it was read."""
    page = render_health(report(tmp_path))
    assert "default-src 'none'" in page
    assert not re.findall(r"""(?:src|href|action)\s*=\s*["']?\s*(?:https?:)?//""", page)


def test_a_name_from_a_batch_is_text_and_never_markup(tmp_path: Path) -> None:
    """The unit opens reports on headers that strangers wrote."""
    page = render_health(replace(report(tmp_path), source="<img src=x onerror=alert(1)>"))
    assert "<img" not in page


def test_both_files_appear_whole(tmp_path: Path) -> None:
    """A custodian would attach half a report."""
    made = report(tmp_path)
    out = tmp_path / "out"
    out.mkdir()
    assert write_health(out, made) == out / "school.health.html"
    assert {path.name for path in out.iterdir()} == {"school.health.json", "school.health.html"}


def test_figures_read_as_people_write_them() -> None:
    """Shares, deviations and counts would look alike."""
    assert [figure(0.1234, "share"), figure(3.21, "deviation"), figure(1234, "count"), figure(None, "number")] == [
        "12.34%", "3.2σ", "1,234", "–",
    ]  # fmt: skip
