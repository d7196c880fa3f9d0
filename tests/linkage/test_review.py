"""Rules of clerical review, for every sequence of reviewers and verdicts."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.review import Decided, Seat, Verdict, may_decide, standing, urgency, value

_VERDICTS = st.sampled_from(list(Verdict))
_STEPS = st.lists(st.tuples(st.sampled_from("abcde"), _VERDICTS, st.booleans()), max_size=12)


@given(_STEPS)
def test_no_path_settles_a_pair_by_one_person_or_beyond_three_decisions(steps: list[tuple[str, Verdict, bool]]) -> None:
    """One person could settle a pair alone, or a settled pair could go on being asked."""
    decided: list[Decided] = []
    for reviewer, verdict, undo in steps:
        if undo:
            decided = [each for each in decided if each.reviewer != reviewer]
        elif may_decide(reviewer, decided, [], 0):
            decided.append(Decided(reviewer, verdict))
        found = standing(decided)
        assert len(decided) <= 3
        assert len({each.reviewer for each in decided}) == len(decided)
        assert (found.verdict is None) == (found.missing > 0)
        votes = Counter(each.verdict for each in decided)
        if found.verdict is not None and len(decided) == 2:
            assert votes == {found.verdict: 2}
        if len(decided) == 3:
            top, times = votes.most_common(1)[0]
            assert found.verdict == (top if times > 1 else Verdict.UNSURE)


@given(st.lists(st.sampled_from("abcdef"), max_size=30), st.integers(0, 2))
def test_no_more_seats_than_missing_decisions(wanting: list[str], given_already: int) -> None:
    """A pair could be decided by more people than are needed, of whom one works for nothing."""
    decided = [Decided(f"earlier-{at}", list(Verdict)[at]) for at in range(given_already)]
    seats: list[Seat] = []
    for at, reviewer in enumerate(wanting):
        if may_decide(reviewer, decided, seats, at):
            seats = [seat for seat in seats if seat.reviewer != reviewer] + [Seat(reviewer, at + 10)]
        live = {seat.reviewer for seat in seats if seat.until_ms > at}
        assert len(live) <= standing(decided).missing


def test_a_seat_ends() -> None:
    """A reviewer who goes home would keep a pair for ever."""
    seats = [Seat("a", 10), Seat("b", 10)]
    assert not may_decide("c", [], seats, 9)
    assert may_decide("c", [], seats, 10)


@given(st.floats(-1e6, 1e6), st.integers(1, 1000), st.integers(1, 1000))
def test_value_is_largest_where_nothing_is_known(weight: float, a: int, b: int) -> None:
    """The queue would put certain pairs first."""
    found = value(weight, a, b)
    assert 0 <= found <= value(0, a, b) == 0.5 * a * b
    assert found == pytest.approx(value(-weight, a, b))
    assert urgency(found, 1) >= urgency(found, 2)
