"""What the worker does about questions on single records: forget those older than a day, and blocks that have ended.

May touch: database
Sees:      parts of keys
"""

from __future__ import annotations

from linkage.store import matches
from linkage.unit import Unit


def forget_questions(unit: Unit) -> int:
    """How many went."""
    with unit.database.writing() as connection:
        return matches.forget(connection, unit.now_ms())
