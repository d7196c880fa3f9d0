"""The demo's second part: a served unit, three agencies, their results, a proven log."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from api.service_demo import AGENCIES, told_story


def no_bar(_: str) -> Callable[[int, int], None]:
    return lambda done, total: None


def test_three_agencies_read_what_they_sent(tmp_path: Path) -> None:
    """`make demo` would end before its story, or tell agencies of children who are known nowhere else."""
    said: list[str] = []
    with told_story(tmp_path / "story", 400, no_bar, said.append) as (table, address):
        console = Console(width=160, record=True)
        console.print(table)
        shown = console.export_text()
    assert address.startswith("http://127.0.0.1:") and len(said) == 6
    assert "verified" in shown
    names = []
    for agency in AGENCIES:
        with (tmp_path / "story" / f"{agency}.csv").open(encoding="utf-8") as rows:
            names += sorted({row["pseudonym"] for row in csv.DictReader(rows)})
        figures = next(line for line in shown.splitlines() if line.strip().startswith(agency)).split()
        assert float(figures[4]) > 0.95 and float(figures[5]) > 0.8
    assert len(names) == len(set(names))
