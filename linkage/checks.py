"""The rules of "please check your own record": two custodians, each alone with its own record and a reason code.

1. Each half is asked once, and answered once or not at all until its day has passed.
2. When nothing is open any more, the pair goes back to the queue if anybody looked, and stays unsure if nobody did.
3. No answer, and no sign that there is another half, ever reaches the other custodian.

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

DAYS: Final = 14
DUE_MS: Final = DAYS * 24 * 3600 * 1000
"""How long a custodian has."""


class CheckState(StrEnum):
    """Where one half stands."""

    WAITING = "waiting"  # its entry is still to be written
    ASKED = "asked"
    CORRECTED = "corrected"
    CONFIRMED = "confirmed"
    DECLINED = "declined"  # the custodian cannot tell
    EXPIRED = "expired"


class Answer(StrEnum):
    """What a custodian may answer; the words of the log."""

    CORRECTED = "corrected"
    CONFIRMED = "confirmed"
    DECLINED = "declined"


class CheckReason(StrEnum):
    """What the custodian should look at. It says nothing about what another file holds."""

    RECORD = "record"
    NAME = "name"
    BIRTH_DATE = "birth-date"
    SEX = "sex"
    ID_NUMBER = "id-number"
    ADDRESS = "address"
    PHONE = "phone"


OPEN: Final = frozenset({CheckState.WAITING, CheckState.ASKED})


class Outcome(StrEnum):
    """What the halves of one pair amount to."""

    WAIT = "wait"
    AGAIN = "again"  # back to the queue, a new round
    NOTHING = "nothing"  # nobody looked: as unsure as before


def outcome(states: Sequence[CheckState]) -> Outcome:
    """Rule 2."""
    if any(state in OPEN for state in states):
        return Outcome.WAIT
    looked = any(state in (CheckState.CORRECTED, CheckState.CONFIRMED) for state in states)
    return Outcome.AGAIN if looked else Outcome.NOTHING
