"""Shared by the vault's tests: PKCS#11 tokens of the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from soft_token import SoftTokens, soft_tokens


@pytest.fixture
def tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SoftTokens:
    """An empty folder of tokens."""
    return soft_tokens(tmp_path / "softhsm", monkeypatch)
