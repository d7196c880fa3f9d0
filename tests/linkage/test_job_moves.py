"""The rules of jobs, beside any order of claims, renewals, lost workers, cancellations and ends."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from linkage import jobs
from linkage.jobs import ATTEMPTS, LEASE_MS, WHOLE, Failure, Figures, Job, JobKind, JobState, LeaseLostError, Phase

FOUND = Figures(3, 2, 1, 0)
HOLDERS = st.sampled_from(["a", "b", "c"])


class Machine(RuleBasedStateMachine):
    """One job, three workers, a clock. `owner` is who a correct service believes holds it."""

    def __init__(self) -> None:
        super().__init__()
        self.job = Job("0" * 26, "p", JobKind.MATCH, "", 0)
        self.now = 0
        self.owner = ""
        self.ends = 0
        self.told = [self.job]

    def move(self, after: Job) -> None:
        assert after.version == self.job.version + 1
        self.ends += after.state.is_end
        if after.told != self.job.told:
            assert after.told == self.job.told + 1
            self.told.append(after)
        self.job = after

    @rule(passed=st.integers(1, LEASE_MS))
    def time_passes(self, passed: int) -> None:
        self.now += passed

    @rule(holder=HOLDERS)
    def claim(self, holder: str) -> None:
        free = self.job.state is JobState.QUEUED or (
            self.job.state is JobState.RUNNING and self.now >= self.job.until_ms
        )
        assert jobs.may_claim(self.job, self.now) is free
        if not free:
            with pytest.raises(jobs.WrongMoveError):
                jobs.claim(self.job, holder, self.now)
            return
        lost = self.job.attempts == ATTEMPTS
        self.move(jobs.claim(self.job, holder, self.now))
        assert self.job.state is (JobState.FAILED if lost else JobState.RUNNING)
        self.owner = "" if lost else holder

    @rule(holder=HOLDERS, phase=st.sampled_from(list(Phase)), fraction=st.floats(-1, 2))
    def renew(self, holder: str, phase: Phase, fraction: float) -> None:
        if self.owner != holder:
            with pytest.raises(LeaseLostError):
                jobs.renew(self.job, holder, self.now, phase, fraction)
            return
        self.move(jobs.renew(self.job, holder, self.now, phase, fraction))
        assert self.job.until_ms == self.now + LEASE_MS

    @rule(holder=HOLDERS, well=st.booleans())
    def end(self, holder: str, well: bool) -> None:
        def act() -> Job:
            if well:
                return jobs.finish(self.job, holder, self.now, FOUND, "files", "a" * 64)
            return jobs.fail(self.job, holder, self.now, Failure.FAULT)

        if self.owner != holder:
            with pytest.raises(LeaseLostError):
                act()
            return
        self.move(act())
        self.owner = ""
        assert (self.job.figures is not None) is well and (self.job.failure is None) is well

    @rule(holder=HOLDERS)
    def give_back(self, holder: str) -> None:
        if self.owner == holder:
            attempts = self.job.attempts
            self.move(jobs.give_back(self.job, holder))
            self.owner = ""
            assert self.job.attempts == attempts - 1

    @precondition(lambda self: self.now > 5 * LEASE_MS)
    @rule()
    def cancel(self) -> None:
        if self.job.state.is_end:
            with pytest.raises(jobs.WrongMoveError):
                jobs.cancel(self.job, self.now)
            return
        self.move(jobs.cancel(self.job, self.now))
        self.owner = ""

    @invariant()
    def one_holder_and_one_end(self) -> None:
        assert (self.job.state is JobState.RUNNING) is bool(self.owner) and self.job.holder == self.owner
        assert self.ends <= 1 and 0 <= self.job.attempts <= ATTEMPTS
        assert (self.job.ended_ms is not None) is self.job.state.is_end

    @invariant()
    def what_is_told_never_falls(self) -> None:
        assert all(before.done <= after.done for before, after in pairwise(self.told))


TestMachine = Machine.TestCase
TestMachine.__doc__ = "Two workers would end one job, a cancelled one would yield results, or progress would run back."


@given(st.sampled_from(list(Phase)), st.floats(0, 1), st.sampled_from(list(Phase)), st.floats(0, 1))
def test_later_is_more(one: Phase, a: float, other: Phase, b: float) -> None:
    """A bar would run backwards from one phase to the next."""
    order = list(Phase)
    if (order.index(one), a) <= (order.index(other), b):
        assert 0 <= jobs.share(one, a) <= jobs.share(other, b) <= WHOLE
