"""Lay findings out as a terminal table; it attacks nothing, and printing is the caller's.

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from rich import box
from rich.table import Table

if TYPE_CHECKING:
    from linkage.attacks.finding import Finding, Unit

_COLOUR: Final = {"holds": "green", "broken": "bold red", "stated": "dim"}


def findings_table(attack: str, scheme: str, findings: Sequence[Finding]) -> Table:
    """One row per finding; what was tried is said once for the rows that share it."""
    table = Table(box=box.SIMPLE_HEAD, title_justify="left", caption_justify="left")
    table.title = f"attack {attack} on {scheme}"
    table.caption = "stated: no limit is set for this figure. A weak scheme is here to be broken."
    for heading in ("tried", "shows"):
        table.add_column(heading, overflow="fold")
    for heading in ("measured", "at most", "aim", "verdict"):
        table.add_column(heading, justify="right", no_wrap=True)
    last = ""
    for finding in findings:
        if last and finding.tried != last:
            table.add_section()
        limit = finding.limit
        table.add_row(
            finding.tried if finding.tried != last else "",
            finding.shows,
            written(finding.value, finding.unit),
            written(limit.most, finding.unit) if limit else "",
            written(limit.aim, finding.unit) if limit else "",
            f"[{_COLOUR[finding.verdict]}]{finding.verdict}[/]",
        )
        last = finding.tried
    return table


def written(value: float, unit: Unit) -> str:
    """A figure as people read it."""
    if unit == "share":
        return f"{100 * value:.2f} %"
    if unit == "seconds":
        return _duration(value)
    if unit == "figure":
        return f"{value:.4g}"
    return f"{value:,.0f}" + ("/s" if unit == "rate" else "")


def _duration(seconds: float) -> str:
    for size, name in ((86_400.0, "days"), (3_600.0, "hours"), (60.0, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {name}"
    return f"{seconds:.1f} seconds"
