"""The import contracts: kept as the tree stands, and broken by each forbidden import that somebody might add."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT = Path(sys.executable).with_name("lint-imports")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [LINT, "--config", folder / ".importlinter", "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tree")
    for room in ("api", "linkage", "vault", "audit"):
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".importlinter", folder)
    return folder


def test_the_tree_keeps_its_contracts(tree: Path) -> None:
    """The copy that the mutations start from would be broken already and they would prove nothing."""
    done = lint(tree)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("module", "added"),
    [
        ("linkage/matching/em.py", "import linkage.encoding.keys"),
        ("linkage/flows/match_batches.py", "import linkage.encoding.normalise.name"),
        ("linkage/encoding/batch.py", "import linkage.matching.em"),
        ("linkage/plan.py", "import api.rehearsal"),
        ("vault/__init__.py", "import linkage.schema"),
        ("linkage/schema.py", "import vault"),
        ("audit/__init__.py", "import linkage.errors"),
        ("api/vault/app.py", "import linkage.errors"),
        ("api/vault/serving.py", "import api.wiring"),
        ("vault/agent.py", "import sqlalchemy"),
        ("vault/checks.py", "import socket"),
        ("linkage/matching/clusters.py", "import duckdb"),
        ("linkage/matching/weights.py", "import socket"),
        ("linkage/encoding/cn_tags.py", "import linkage.synthetic.city"),
        ("linkage/health/verdict.py", "import linkage.encoding.keys"),
        ("linkage/margin.py", "import sqlalchemy"),
        ("audit/verifier/trust.py", "import audit.store"),
        ("audit/merkle.py", "import subprocess"),
        ("linkage/flows/join_project.py", "import linkage.models.projects"),
        ("api/linkage/unit_routes.py", "import api.models"),
        ("api/linkage/unit_routes.py", "import api.auth.models"),
        ("api/linkage/unit_routes.py", "import linkage.store.projects"),
        ("api/linkage/app.py", "import api.settings"),
        ("api/http/problems.py", "import linkage.encoding.keys"),
        ("api/auth/guard.py", "import linkage.encoding.prf"),
        ("api/serving/worker.py", "import linkage.attacks.finding"),
        ("linkage/store/projects.py", "import linkage.encoding.keys"),
        ("api/ordinary_check/answers.py", "import vault.vocabulary"),
        ("api/ordinary_check/index.py", "import linkage.schema"),
        ("api/ordinary_check/app.py", "import api.http.metrics"),
        ("api/ordinary_check/app.py", "import api.settings"),
        ("api/ordinary_check/__main__.py", "import audit.crypto.keystore"),
        ("api/http/bodies.py", "import vault"),
        ("vault/keys/nested.py", "import subprocess"),
    ],
)
def test_each_forbidden_import_is_caught(tree: Path, module: str, added: str) -> None:
    """The linkage unit could be given the encoder, or the vault the linkage side, and nobody would be told."""
    path = tree / module
    before = path.read_text(encoding="utf-8")
    path.write_text(f"{before}\n{added}\n", encoding="utf-8")
    try:
        assert lint(tree).returncode != 0
    finally:
        path.write_text(before, encoding="utf-8")
