"""docs/case-bundle.md: its example is a manifest that is read, and every field stands in it."""

from __future__ import annotations

import re
from pathlib import Path

from vault.bundle import read_bundle
from vault.eligibility import MustSeal, judge
from vault.law.rules import load_rules
from vault.manifest import parse_manifest
from vault.vocabulary import CaseOutcome, View

PAGE = (Path(__file__).resolve().parents[2] / "docs/case-bundle.md").read_text("utf-8")
EXAMPLE = PAGE.split("```toml\n")[1].split("```")[0]


def test_the_example_is_a_bundle_that_must_be_sealed(tmp_path: Path) -> None:
    """Whoever copies the page would be refused."""
    manifest = parse_manifest(EXAMPLE.encode())
    for path in manifest.paths():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(b"%PDF-1.7" if path.endswith("pdf") else "沈某某".encode())
    (tmp_path / "case.toml").write_text(EXAMPLE, encoding="utf-8")
    bundle = read_bundle(tmp_path)
    assert judge(load_rules("cn-2026-01-01"), bundle.manifest.facts) == MustSeal(("L1",))


def test_the_page_names_every_outcome_view_and_field() -> None:
    """A new field or outcome would be known to the code alone."""
    assert all(outcome.value in EXAMPLE for outcome in CaseOutcome)
    assert all(f"`{view.value}`" in PAGE for view in View)
    source = (Path(__file__).resolve().parents[2] / "vault/manifest.py").read_text("utf-8")
    fields = set(
        re.findall(r'(?:table|top)\.(?:text|texts|code|codes|word|words|day|flag|whole|table|tables)\("(\w+)"', source)
    )
    fields |= set(re.findall(r'_paths?\((?:table|top), "(\w+)"\)', source))
    assert len(fields) > 25
    assert not {field for field in fields if not re.search(rf"\b{field}\b", EXAMPLE)}
