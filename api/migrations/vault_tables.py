"""Bring a database of the vault service to the tables of this version, or back. It knows no table of another service.

May touch: database
Sees:      nothing personal
"""

from __future__ import annotations

from typing import Final

from api.migrations.tree import Tree
from vault.models import METADATA

VAULT: Final = Tree("vault", (METADATA,))
