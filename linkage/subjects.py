"""The rules of subjects' requests: access, correction, deletion, followed to the end at every agency concerned.

1. A request becomes one task for each record of the cluster; an agency sees its own handle and nothing of the others.
2. A task is answered once: done, refused for a reason of the list, or no such record. What cannot be true is not
   taken: neither "deleted" nor "no such record" while the record stands.
3. A request is closed when every task is answered. It never closes because time passes; what is late is listed.
4. Who asked learns how far it is only as far as the project lets agencies know that a child is known elsewhere.

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from typing import Final

_BEIJING: Final = timezone(timedelta(hours=8))
_SATURDAY: Final = 5


class Right(StrEnum):
    """What the subject asks for (PIPL articles 45 to 47)."""

    ACCESS = "access"
    CORRECTION = "correction"
    DELETION = "deletion"


class TaskState(StrEnum):
    """Where one agency's part stands."""

    WAITING = "waiting"  # its entry is still to be written
    OPEN = "open"
    DONE = "done"
    REFUSED = "refused"
    NO_RECORD = "no-record"


class TaskAnswer(StrEnum):
    """What an agency may answer."""

    DONE = "done"
    REFUSED = "refused"
    NO_RECORD = "no-record"


class Refusal(StrEnum):
    """Why an agency may refuse."""

    IDENTITY_UNPROVEN = "identity-unproven"
    LEGAL_RETENTION = "legal-retention"  # a law or a term still running forbids it
    STATUTORY_DUTY = "statutory-duty"  # telling would hinder a duty under law
    CONFIDENTIAL_BY_LAW = "confidential-by-law"
    NOT_SHOWN_WRONG = "not-shown-wrong"  # a correction whose ground was not shown


class RequestState(StrEnum):
    """Where the whole stands."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Terms:
    """Deadlines as data. `days` working days; `holidays` fall out, `workdays` are weekends that are worked."""

    days: int = 15
    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Progress:
    """How a request is shown to who opened it; `open` and `answered` are None where they would tell too much."""

    state: RequestState
    overdue: bool
    open: int | None
    answered: int | None


def due_ms(opened_ms: int, terms: Terms) -> int:
    """The end, Beijing time, of the last working day; the day of opening does not count."""
    day = datetime.fromtimestamp(opened_ms / 1000, UTC).astimezone(_BEIJING).date()
    left = terms.days
    while left:
        day += timedelta(days=1)
        weekend = day.weekday() >= _SATURDAY and day not in terms.workdays
        left -= not weekend and day not in terms.holidays
    end = datetime(day.year, day.month, day.day, tzinfo=_BEIJING) + timedelta(days=1)
    return int(end.timestamp() * 1000)


def ended(tasks: Iterable[TaskState]) -> bool:
    """Rule 3."""
    return not any(state in (TaskState.WAITING, TaskState.OPEN) for state in tasks)


def contradiction(right: Right, answer: TaskAnswer, reason: Refusal | None, stands: bool) -> str | None:
    """Rule 2: why this answer cannot be taken, or None. `stands`: does the record still stand at the unit?"""
    if (answer is TaskAnswer.REFUSED) != (reason is not None):
        return "answer: a reason goes with a refusal, and only with it"
    if stands and answer is TaskAnswer.NO_RECORD:
        return "answer: the record stands; delete it, or answer otherwise"
    if stands and answer is TaskAnswer.DONE and right is Right.DELETION:
        return "answer: the record stands; delete it first"
    return None


def progress(
    state: RequestState, tasks: Sequence[TaskState], due: int, now_ms: int, *, elsewhere_may_show: bool
) -> Progress:
    """Rule 4. Where it may not show that others hold records, a request looks open until its day has come: when it
    closed would tell whether anybody else had to answer."""
    still = sum(each in (TaskState.WAITING, TaskState.OPEN) for each in tasks)
    if elsewhere_may_show:
        return Progress(state, bool(still) and now_ms > due, still, len(tasks) - still)
    late = now_ms > due
    return Progress(state if late else RequestState.OPEN, bool(still) and late, None, None)
