"""Moments for people: Unix milliseconds as date and time in Beijing, where the deadlines are counted.

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

_BEIJING = timezone(timedelta(hours=8))


def day(moment_ms: int) -> str:
    """Such as `2026-12-18 00:00`."""
    return datetime.fromtimestamp(moment_ms / 1000, _BEIJING).strftime("%Y-%m-%d %H:%M")
