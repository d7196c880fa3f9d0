"""An agency's questions of the last hour, as this process remembers them: only what came since is read each time.

Within the hour questions only ever become more (they go with their project, which is asked nothing then), so an equal
number is the same questions; any other number (another process, a clock that was set) means that all are read anew.

May touch: database (the connection at hand)
Sees:      parts of keys
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from sqlalchemy import Connection

from linkage.quotas import Asked
from linkage.store import matches

MOST_REMEMBERED: Final = 512
_BEFORE: Final[dict[tuple[Path, str, str], Asked]] = {}


def asked_before(connection: Connection, folder: Path, project: str, agency: str, from_ms: int) -> Asked:
    """The agency's questions in the project after that moment. `folder` tells one unit's from another's."""
    of = (folder, project, agency)
    held = _after(_BEFORE.get(of), from_ms)
    last = int(held.at_ms.max(initial=from_ms))
    asked = _joined(held, matches.asked_since(connection, project, agency, last))
    if len(asked.sketches) != matches.count_since(connection, project, agency, from_ms):
        asked = matches.asked_since(connection, project, agency, from_ms)
    if of not in _BEFORE and len(_BEFORE) >= MOST_REMEMBERED:
        _BEFORE.clear()
    _BEFORE[of] = asked
    return asked


def _after(held: Asked | None, from_ms: int) -> Asked:
    if held is None:
        return Asked(np.zeros(0, dtype=np.int64), [])
    stands = np.flatnonzero(held.at_ms > from_ms)
    if len(stands) == len(held.at_ms):
        return held
    return Asked(held.at_ms[stands], [held.sketches[at] for at in stands.tolist()])


def _joined(held: Asked, more: Asked) -> Asked:
    if not len(more.at_ms):
        return held
    return Asked(np.concatenate((held.at_ms, more.at_ms)), [*held.sketches, *more.sketches])
