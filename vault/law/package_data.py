"""The one place of the law that reads files: what this package ships under `rules/` and `holidays/`, and nothing else.

No path comes from a caller.

May touch: this package's own files
Sees:      nothing personal
"""

from __future__ import annotations

from importlib.resources import files
from typing import Literal


def shipped(shelf: Literal["rules", "holidays"]) -> list[tuple[str, bytes]]:
    """Name and bytes of each TOML file on that shelf, by name."""
    found = [item for item in files("vault.law").joinpath(shelf).iterdir() if item.name.endswith(".toml")]
    return sorted((item.name, item.read_bytes()) for item in found)
