"""The auditor's verifier on a machine that has Python and `cryptography` and nothing of the services."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

ALONE = """
import sys

class Wall:
    def find_spec(self, name, path=None, target=None):
        room = name.partition(".")[0]
        if room in sys.stdlib_module_names or room in ("audit", "cryptography", "_cffi_backend", "cffi"):
            return None
        raise ModuleNotFoundError(f"not on an auditor's machine: {name}")

sys.meta_path.insert(0, Wall())
import audit.verifier.command
assert not [name for name in sys.modules if name.startswith(("sqlalchemy", "numpy", "api", "linkage", "vault"))]
print("alone")
"""


def test_the_verifier_needs_cryptography_alone() -> None:
    """An auditor would have to install, and trust, the very services that are audited."""
    done = subprocess.run([sys.executable, "-c", ALONE], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout == "alone\n", done.stderr
