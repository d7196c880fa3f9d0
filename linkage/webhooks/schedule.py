"""When a message is tried again: soon at first, then ever more rarely, for about three days.

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

from typing import Final

_S: Final = 1000
_MIN: Final = 60 * _S
_H: Final = 60 * _MIN

PAUSES_MS: Final = (5 * _S, 5 * _MIN, 30 * _MIN, 2 * _H, 5 * _H, 10 * _H, 14 * _H, 20 * _H, 24 * _H)
"""Before the second try, the third …"""
TRIES: Final = len(PAUSES_MS) + 1


def next_try(tries: int, now_ms: int, chance: float, asked_s: int | None = None) -> int | None:
    """When to try after `tries` failures, or None when it is time to give up.

    `chance` in [0, 1) spreads the tries by a tenth, so that an outage does not end in a stampede. A receiver may ask
    for a longer pause (Retry-After), up to a day.
    """
    if tries >= TRIES:
        return None
    pause = PAUSES_MS[tries - 1] * (1 + 0.1 * chance)
    asked = min(asked_s or 0, 24 * 3600) * _S
    return now_ms + int(max(pause, asked))
