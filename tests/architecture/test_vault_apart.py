"""The vault's service process has nothing of the linkage service in it, not even as code."""

from __future__ import annotations

import subprocess
import sys


def test_the_service_loads_no_linkage() -> None:
    """One process would know both houses, whatever the import contracts say of their files."""
    said = (
        "import sys, api.vault.serving;"
        "print(sorted(name for name in sys.modules if name.split('.')[0] == 'linkage' or name == 'api.wiring'))"
    )
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
