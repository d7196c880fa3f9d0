"""Rules of subjects' requests: deadlines, what may be answered, what may show."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from linkage.subjects import (
    Refusal,
    RequestState,
    Right,
    TaskAnswer,
    TaskState,
    Terms,
    contradiction,
    due_ms,
    ended,
    progress,
)

_STATES = st.lists(st.sampled_from(TaskState), min_size=1, max_size=6)


def _ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def test_fifteen_working_days() -> None:
    """Agencies would be held to another day than the one they were told."""
    assert due_ms(_ms("2026-11-26T10:00:00+08:00"), Terms()) == _ms("2026-12-18T00:00:00+08:00")
    assert due_ms(_ms("2026-11-26T23:59:59+08:00"), Terms(1)) == _ms("2026-11-28T00:00:00+08:00")
    assert due_ms(_ms("2026-11-27T00:00:00+08:00"), Terms(1)) == _ms("2026-12-01T00:00:00+08:00")
    week = frozenset(date(2026, 10, day) for day in range(1, 8))
    worked = frozenset({date(2026, 10, 10)})
    assert due_ms(_ms("2026-09-30T09:00:00+08:00"), Terms(3, week, worked)) == _ms("2026-10-11T00:00:00+08:00")


@given(
    st.integers(0, 4_000_000_000_000),
    st.integers(1, 40),
    st.sets(st.integers(0, 60), max_size=20),
    st.sets(st.integers(0, 60), max_size=20),
)
def test_a_deadline_leaves_its_working_days(opened: int, days: int, free: set[int], worked: set[int]) -> None:
    """A holiday would be counted against the agency, or a worked weekend left out."""
    first = (datetime.fromtimestamp(opened / 1000, UTC) + timedelta(hours=8)).date()
    terms = Terms(
        days,
        frozenset(first + timedelta(days=each) for each in free),
        frozenset(first + timedelta(days=each) for each in worked),
    )
    end = (datetime.fromtimestamp(due_ms(opened, terms) / 1000, UTC) + timedelta(hours=8)).date()
    between = [first + timedelta(days=each) for each in range(1, (end - first).days)]
    working = [day for day in between if day not in terms.holidays and (day.weekday() < 5 or day in terms.workdays)]
    assert len(working) == days
    assert between[-1] == working[-1]


def test_what_cannot_be_true_is_not_taken() -> None:
    """A request could be closed as done while the record stands."""
    for right, answer, reason, stands in product(Right, TaskAnswer, (None, *Refusal), (True, False)):
        wrong = contradiction(right, answer, reason, stands)
        if (answer is TaskAnswer.REFUSED) != (reason is not None):
            assert wrong
        elif answer is TaskAnswer.REFUSED:
            assert wrong is None
        elif stands:
            assert (wrong is None) == (answer is TaskAnswer.DONE and right is not Right.DELETION)
        else:
            assert wrong is None


@given(_STATES, st.sampled_from(RequestState), st.integers(0, 20))
def test_progress_tells_nothing_of_others_where_it_may_not(
    states: list[TaskState], state: RequestState, now: int
) -> None:
    """An agency could read from its request whether, or how many, others know the child."""
    shown = progress(state, states, 10, now, elsewhere_may_show=False)
    assert (shown.open, shown.answered) == (None, None)
    if now <= 10:
        assert (shown.state, shown.overdue) == (RequestState.OPEN, False)
    full = progress(state, states, 10, now, elsewhere_may_show=True)
    assert full.open is not None
    assert full.answered is not None
    assert full.open + full.answered == len(states)
    assert full.overdue == (not ended(states) and now > 10)
