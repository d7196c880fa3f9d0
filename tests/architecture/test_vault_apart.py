"""The vault's service, desks and agents have nothing of the linkage service in them, not even as code."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("program", ["serving", "desk_server", "desk_work", "seal_work", "agent_program", "rotating"])
def test_no_program_of_the_vault_loads_linkage(program: str) -> None:
    """One process would know both houses, whatever the import contracts say of their files."""
    said = (
        f"import sys, api.vault.{program};"
        "print(sorted(name for name in sys.modules if name.split('.')[0] == 'linkage' or name == 'api.wiring'))"
    )
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
