"""What `sealink` loads before it knows which verb was asked for."""

from __future__ import annotations

import subprocess
import sys

HEAVY = (
    "altair",
    "duckdb",
    "fastapi",
    "narwhals",
    "numba",
    "numpy",
    "opencc",
    "pyarrow",
    "pypinyin",
    "scipy",
    "sqlalchemy",
)


def test_no_verb_pays_for_anothers_libraries() -> None:
    """`sealink --help`, an officer's desk and an agent that starts would wait for charts and matrices."""
    said = f"import sys, api.cli.main; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
