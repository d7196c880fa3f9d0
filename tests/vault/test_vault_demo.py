"""The second story of `make demo`: real processes for vault, witnesses and agents, desks from their folders."""

from __future__ import annotations

import json
from pathlib import Path

from api.vault.demo import tell_vault_story


def test_the_story_is_told(tmp_path: Path) -> None:
    """The programs would each work in tests of their own and not with each other."""
    said: list[str] = []
    tell_vault_story(tmp_path / "story", said.append)
    opened = tmp_path / "story" / "opened"
    meta = json.loads((opened / "view.json").read_text())
    assert meta["view"] == "judicial_extract"
    texts = [path.read_text() for path in opened.rglob("*.txt") if path.name != "WATERMARK.txt"]
    assert texts and all("沈小舟" not in text for text in texts)
    assert "prosecutor" in (opened / "WATERMARK.txt").read_text()
    vault = [path.read_bytes() for path in (tmp_path / "story" / "vault").rglob("*") if path.is_file()]
    logs = [path.read_bytes() for path in (tmp_path / "story").glob("*.log")]
    assert not any("沈小舟".encode() in data or "示例刑初".encode() in data for data in (*vault, *logs))
