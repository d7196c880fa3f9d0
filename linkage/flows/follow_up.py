"""What the worker does for reviews, subjects and webhooks, again and again beside its jobs.

1. Checks: ask halves that a crash left waiting, end those whose day has passed.
2. Subjects' requests: forward tasks and close requests that a crash left behind.
3. Webhooks: send what is due; forget messages that ended a month ago.

Each part is safe to run in several workers, and one that fails does not keep the others from their turn.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from linkage.caller import Caller
from linkage.flows.deliver_webhooks import deliver_due
from linkage.flows.follow_checks import follow_checks
from linkage.flows.follow_subjects import follow_subjects
from linkage.store import deliveries
from linkage.unit import Unit
from linkage.webhooks.sending import Http

KEPT_MS: Final = 30 * 24 * 3600 * 1000
"""How long an ended message can be looked at and sent again."""


def follow_up(unit: Unit, caller: Caller, http: Http) -> int:
    """One round; returns how much was done, so that an idle worker can wait. Raises the first part's error, last."""
    parts: tuple[Callable[[], int], ...] = (
        partial(follow_checks, unit, caller),
        partial(follow_subjects, unit, caller),
        partial(deliver_due, unit, caller, http),
    )
    done = 0
    errors: list[Exception] = []
    for part in parts:
        try:
            done += part()
        except Exception as error:
            errors.append(error)
    with unit.database.writing() as connection:
        deliveries.forget_before(connection, unit.now_ms() - KEPT_MS)
    if errors:
        raise errors[0]
    return done
