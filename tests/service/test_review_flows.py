"""Clerical review as it happens, entries included, on both engines."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from review_pairs import PROJECT, enqueue, handle, pair
from service_site import ServiceSite, caller

from api.auth.permissions import Role
from audit.entry import Entry, read
from linkage.caller import Caller
from linkage.checks import DUE_MS, Answer, CheckReason, CheckState
from linkage.flows.answer_check import answer_check
from linkage.flows.ask_custodians import ask_custodians
from linkage.flows.decide_pair import decide_pair
from linkage.flows.follow_checks import follow_checks
from linkage.flows.read_checks import list_checks, read_check
from linkage.flows.review_figures import own_figures, review_figures
from linkage.flows.take_pair import take_pair
from linkage.flows.undo_decision import reopen_pair, undo_decision
from linkage.refusals import Refused, Why
from linkage.review import SEAT_MS, Verdict
from linkage.store import checks, review

SAME, DIFFERENT, UNSURE = Verdict


def reviewer(name: str) -> Caller:
    return caller(role=Role.REVIEWER, subject=name)


def take(place: ServiceSite, name: str) -> dict[str, Any] | None:
    released = take_pair(place.unit, reviewer(name), PROJECT)
    return None if released is None else json.loads(released.data)


def decide(place: ServiceSite, name: str, verdict: Verdict) -> str:
    shown = take(place, name)
    assert shown is not None
    return decide_pair(place.unit, reviewer(name), PROJECT, shown["item"], shown["seen"], verdict)


def decided(place: ServiceSite) -> list[bool]:
    with place.unit.database.reading() as connection:
        return [each.same for each in review.decided_pairs(connection, PROJECT)]


def entries(place: ServiceSite) -> list[Entry]:
    log = place.unit.log
    return [read(data) for data in log.entries(0, log.head().size)]


def refused(why: Why) -> Any:
    return pytest.raises(Refused, check=lambda error: error.why is why)


def test_two_agree_and_the_pair_binds(place: ServiceSite) -> None:
    """A pair could be settled by one person, or bind without an entry for each decision."""
    enqueue(place, pair(1, 2))
    decide(place, "ann", SAME)
    assert decided(place) == []
    assert take(place, "ann") is None
    decide(place, "ben", SAME)
    assert decided(place) == [True]
    assert take(place, "cat") is None
    found = [(entry.event, entry.actor.pseudonym) for entry in entries(place)]
    assert found == [
        ("review.read", "ann"),
        ("review.decide", "ann"),
        ("review.read", "ben"),
        ("review.decide", "ben"),
    ]


def test_a_third_decides_between_two(place: ServiceSite) -> None:
    """A disagreement would be settled by whoever came first, or by one of the two."""
    enqueue(place, pair(1, 2))
    decide(place, "ann", SAME)
    decide(place, "ben", DIFFERENT)
    assert decided(place) == []
    assert take(place, "ann") is None
    assert take(place, "ben") is None
    decide(place, "cat", DIFFERENT)
    assert decided(place) == [False]
    figures = review_figures(place.unit, PROJECT)
    assert (figures.thirds, figures.cohen.n, figures.cohen.observed) == (1, 1, 0.0)
    assert figures.verdicts == {"same": 1, "different": 2, "unsure": 0}


def test_what_was_undone_counts_for_nothing(place: ServiceSite) -> None:
    """A mistake could not be taken back, or would go on binding."""
    enqueue(place, pair(1, 2))
    first = decide(place, "ann", SAME)
    second = decide(place, "ben", SAME)
    with refused(Why.NOT_FOUND):
        undo_decision(place.unit, reviewer("ben"), PROJECT, first)
    undo_decision(place.unit, reviewer("ben"), PROJECT, second)
    assert decided(place) == []
    with refused(Why.WRONG_STATE):
        undo_decision(place.unit, reviewer("ben"), PROJECT, second)
    assert entries(place)[-1].prev == second
    latest = own_figures(place.unit, reviewer("ann"), PROJECT).latest
    assert latest is not None
    assert latest.id == first
    decide(place, "ben", DIFFERENT)
    decide(place, "cat", SAME)
    assert decided(place) == [True]


def test_an_operator_reopens_for_two_again(place: ServiceSite) -> None:
    """A settled pair could not be repaired once its reviewers have left."""
    enqueue(place, pair(1, 2))
    item = take(place, "ann")
    assert item is not None
    with refused(Why.WRONG_STATE):
        reopen_pair(place.unit, caller(), PROJECT, item["item"])
    decide(place, "ann", SAME)
    decide(place, "ben", SAME)
    reopen_pair(place.unit, caller(), PROJECT, item["item"])
    assert decided(place) == []
    decide(place, "ann", DIFFERENT)
    decide(place, "ben", DIFFERENT)
    assert decided(place) == [False]


def test_seats_are_no_more_than_missing_decisions(place: ServiceSite) -> None:
    """Three people would work on a pair that needs two; or one who left would block it."""
    enqueue(place, pair(1, 2))
    assert take(place, "ann") is not None
    assert take(place, "ben") is not None
    assert take(place, "cat") is None
    place.shift_ms[0] += SEAT_MS
    shown = take(place, "cat")
    assert shown is not None
    with refused(Why.WRONG_STATE):
        decide_pair(place.unit, reviewer("ann"), PROJECT, shown["item"], shown["seen"], SAME)


def test_seats_hold_when_all_come_at_once(place: ServiceSite) -> None:
    """Two workers of the service could give the same last seat to two people."""
    enqueue(place, *(pair(at, at + 100) for at in range(3)))
    with ThreadPoolExecutor(8) as pool:
        shown = list(pool.map(lambda at: take(place, f"person-{at}"), range(8)))
    taken = [each["item"] for each in shown if each]
    assert len(taken) == 6
    assert all(taken.count(item) == 2 for item in taken)


def test_a_reviewer_decides_what_he_saw(place: ServiceSite) -> None:
    """A job between looking and deciding would change what the decision is about."""
    enqueue(place, pair(1, 2))
    shown = take(place, "ann")
    assert shown is not None
    enqueue(place, pair(1, 2, level="surname"), job="1" * 26)
    with refused(Why.STALE):
        decide_pair(place.unit, reviewer("ann"), PROJECT, shown["item"], shown["seen"], SAME)
    again = take(place, "ann")
    assert again is not None
    assert again["item"] == shown["item"]
    decide_pair(place.unit, reviewer("ann"), PROJECT, again["item"], again["seen"], SAME)
    with refused(Why.SAME_PERSON):
        decide_pair(place.unit, reviewer("ann"), PROJECT, again["item"], again["seen"], SAME)


def test_the_second_sees_what_the_first_saw(place: ServiceSite) -> None:
    """The second reviewer could tell that there was a first, or what he said."""
    enqueue(place, pair(1, 2))
    first = take(place, "ann")
    decide(place, "ann", UNSURE)
    second = take(place, "ben")
    assert first is not None
    assert second is not None
    assert {**first, "until_ms": 0} == {**second, "until_ms": 0}


def _unsure(place: ServiceSite) -> str:
    enqueue(place, pair(1, 2))
    decide(place, "ann", UNSURE)
    decide(place, "ben", UNSURE)
    with place.unit.database.reading() as connection:
        return review.settled(connection, PROJECT, UNSURE, "", 9)[0].id


def test_both_custodians_check_their_own(place: ServiceSite) -> None:
    """An unsure pair would stay unsure for ever, or a custodian would learn of the other's record."""
    item = _unsure(place)
    assert decided(place) == []
    ask_custodians(place.unit, caller(), PROJECT, item, CheckReason.BIRTH_DATE)
    with refused(Why.WRONG_STATE):
        ask_custodians(place.unit, caller(), PROJECT, item, CheckReason.BIRTH_DATE)
    (police,) = list_checks(place.unit, caller("police"), PROJECT, "", 9)
    (hospital,) = list_checks(place.unit, caller("hospital"), PROJECT, "", 9)
    assert (police.handle, hospital.handle) == (handle(1), handle(2))
    with refused(Why.NOT_FOUND):
        read_check(place.unit, caller("hospital"), PROJECT, police.id)
    with refused(Why.NOT_FOUND):
        answer_check(place.unit, caller("hospital"), PROJECT, police.id, police.version, Answer.CONFIRMED)
    assert take(place, "cat") is None
    answer_check(place.unit, caller("police"), PROJECT, police.id, police.version, Answer.CORRECTED)
    assert read_check(place.unit, caller("hospital"), PROJECT, hospital.id) == hospital
    with refused(Why.STALE):
        answer_check(place.unit, caller("hospital"), PROJECT, hospital.id, 7, Answer.CONFIRMED)
    assert take(place, "cat") is None
    answer_check(place.unit, caller("hospital"), PROJECT, hospital.id, hospital.version, Answer.CONFIRMED)
    shown = take(place, "ann")
    assert shown is not None
    assert shown["custodians"] == {"corrected": 1, "confirmed": 1, "declined": 0}
    changes = [entry.facts["change"] for entry in entries(place) if entry.event == "check.change"]
    assert changes == ["asked", "asked", "corrected", "confirmed"]


def _both_answer(place: ServiceSite, answer: Answer) -> None:
    for agency in ("police", "hospital"):
        (check,) = [each for each in list_checks(place.unit, caller(agency), PROJECT, "", 9) if each.state == "asked"]
        answer_check(place.unit, caller(agency), PROJECT, check.id, check.version, answer)


def test_a_correction_while_asked_waits_for_the_next_job(place: ServiceSite) -> None:
    """Reviewers would decide on levels that the correction has changed, or the custodians' answers would be lost."""
    item = _unsure(place)
    ask_custodians(place.unit, caller(), PROJECT, item, CheckReason.NAME)
    with place.unit.database.writing() as connection:
        review.record_changed(connection, PROJECT, "police", handle(1))
    _both_answer(place, Answer.CORRECTED)
    assert take(place, "cat") is None
    enqueue(place, pair(1, 2, level="same characters"), job="1" * 26)
    shown = take(place, "ann")
    assert shown is not None
    assert shown["custodians"]["corrected"] == 2


@pytest.mark.parametrize("answer", Answer)
def test_a_job_while_asked_changes_nothing_for_the_custodians(place: ServiceSite, answer: Answer) -> None:
    """A job between question and answer would orphan the question."""
    item = _unsure(place)
    ask_custodians(place.unit, caller(), PROJECT, item, CheckReason.NAME)
    enqueue(place, pair(1, 2, level="same characters"), job="1" * 26)
    assert take(place, "cat") is None
    _both_answer(place, answer)
    shown = take(place, "ann")  # other levels: whoever decided before decides anew
    assert shown is not None
    assert shown["custodians"][str(answer)] == 2


def test_silence_leaves_the_pair_as_unsure_as_it_was(place: ServiceSite) -> None:
    """A pair would wait for ever for a custodian who does not answer."""
    item = _unsure(place)
    ask_custodians(place.unit, caller(), PROJECT, item, CheckReason.RECORD)
    assert follow_checks(place.unit, caller()) == 0
    place.shift_ms[0] += DUE_MS
    assert follow_checks(place.unit, caller()) == 2
    assert follow_checks(place.unit, caller()) == 0
    with place.unit.database.reading() as connection:
        assert [each.id for each in review.settled(connection, PROJECT, UNSURE, "", 9)] == [item]
    assert take(place, "cat") is None
    ask_custodians(place.unit, caller(), PROJECT, item, CheckReason.NAME)


def test_a_half_that_a_crash_left_waiting_is_asked(place: ServiceSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that dies between two entries would leave a pair with one custodian for ever."""
    item = _unsure(place)
    enter, calls = type(place.unit).enter, []

    def die_at_the_second(*args: Any, **parts: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return enter(*args, **parts)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(type(place.unit), "enter", die_at_the_second)
        ask_custodians(place.unit, caller(), PROJECT, item, CheckReason.RECORD)
    with place.unit.database.reading() as connection:
        assert len(checks.waiting(connection)) == 1
    assert follow_checks(place.unit, caller()) == 1
    with place.unit.database.reading() as connection:
        found = review.find(connection, PROJECT, item)
        assert found is not None
        assert checks.states(connection, item, found.round) == {CheckState.ASKED: 2}
