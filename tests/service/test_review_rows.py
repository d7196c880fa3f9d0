"""Items of clerical review across jobs and changes of records, on both engines."""

from __future__ import annotations

from review_pairs import JOB, PROJECT, enqueue, handle, pair
from service_site import ServiceSite

from linkage.review import Seat, State, Verdict
from linkage.store import decisions, review
from linkage.store.review_rows import DecidedPair, Decision, Item

LATER = "1" * 26


def _only(place: ServiceSite) -> Item:
    with place.unit.database.reading() as connection:
        found = review.queue(connection, PROJECT, "nobody", 0)
    assert len(found) == 1
    return found[0]


def _decide(place: ServiceSite, item: Item, *verdicts: Verdict) -> None:
    with place.unit.database.writing() as connection:
        for at, verdict in enumerate(verdicts):
            who = f"reviewer-{at}"
            decision = Decision(f"{item.id[:-1]}{at}", item.id, item.round, who, verdict, at, None)
            decisions.add_decision(connection, decision)
        decisions.settle(connection, item.id)


def _count(place: ServiceSite) -> dict[str, int]:
    with place.unit.database.reading() as connection:
        return review.count(connection, PROJECT)


def _decided(place: ServiceSite) -> list[DecidedPair]:
    with place.unit.database.reading() as connection:
        return review.decided_pairs(connection, PROJECT)


def test_a_decided_pair_is_not_asked_again(place: ServiceSite) -> None:
    """Reviewers would be asked the same after every job, or their work would be lost."""
    assert enqueue(place, pair(1, 2)) == 1
    _decide(place, _only(place), Verdict.SAME, Verdict.SAME)
    assert enqueue(place, pair(1, 2, weight=-1.0), job=LATER) == 0
    assert enqueue(place, job=LATER) == 0
    (found,) = _decided(place)
    assert found == DecidedPair("hospital", handle(2), "police", handle(1), same=True)


def test_sides_of_a_pair_have_one_order(place: ServiceSite) -> None:
    """A job that names the records the other way round would ask twice."""
    enqueue(place, pair(1, 2))
    one = pair(1, 2)
    a = (one.agency_a, one.handle_a, one.cluster_a, one.size_a)
    b = (one.agency_b, one.handle_b, one.cluster_b, one.size_b)
    assert enqueue(place, type(one)(*b, *a, one.pattern, one.weight)) == 1
    assert _count(place) == {State.OPEN: 1}


def test_changed_levels_ask_again(place: ServiceSite) -> None:
    """A decision on what is no longer to be seen would stand."""
    enqueue(place, pair(1, 2))
    _decide(place, _only(place), Verdict.SAME, Verdict.SAME)
    assert enqueue(place, pair(1, 2, level="surname"), job=LATER) == 1
    assert _decided(place) == []
    assert _only(place).round == 2


def test_a_changed_record_unbinds_until_it_is_looked_at_again(place: ServiceSite) -> None:
    """A correction that turns the record into another child would stay tied to the old one's cluster."""
    enqueue(place, pair(1, 2))
    _decide(place, _only(place), Verdict.DIFFERENT, Verdict.DIFFERENT)
    with place.unit.database.writing() as connection:
        review.record_changed(connection, PROJECT, "hospital", handle(1))  # of the other agency: nothing happens
    assert len(_decided(place)) == 1
    with place.unit.database.writing() as connection:
        review.record_changed(connection, PROJECT, "police", handle(1))
    assert _decided(place) == []
    assert _count(place) == {State.STALE: 1}
    assert enqueue(place, job=LATER) == 0
    assert _count(place) == {State.WITHDRAWN: 1}
    assert enqueue(place, pair(1, 2)) == 1
    assert _only(place).missing == 2


def test_a_deleted_record_leaves_nothing(place: ServiceSite) -> None:
    """Decisions about a deleted record would be kept."""
    enqueue(place, pair(1, 2), pair(3, 4))
    first = _only_of(place, 1)
    _decide(place, first, Verdict.SAME)
    with place.unit.database.writing() as connection:
        decisions.take_seat(connection, first.id, Seat("someone", 1))
        assert review.record_deleted(connection, PROJECT, "police", handle(1)) == 1
        assert decisions.decisions(connection, first.id) == []
        assert decisions.seats(connection, first.id) == []
    assert _count(place) == {State.OPEN: 1}


def _only_of(place: ServiceSite, number: int) -> Item:
    with place.unit.database.reading() as connection:
        return next(item for item in review.queue(connection, PROJECT, "nobody", 0) if item.handle_b == handle(number))


def test_a_pair_that_is_unsure_no_more_leaves_the_queue_and_keeps_its_decisions(place: ServiceSite) -> None:
    """Reviewers would decide what no job asks, or a pair that comes back would start anew."""
    enqueue(place, pair(1, 2))
    _decide(place, _only(place), Verdict.SAME)
    assert enqueue(place, job=LATER) == 0
    assert enqueue(place, pair(1, 2), job=JOB) == 1
    assert _only(place).missing == 1


def test_the_queue_puts_the_dearest_pair_first(place: ServiceSite) -> None:
    """Reviewers would spend their time on pairs that change little."""
    enqueue(place, pair(1, 2, weight=-3.0), pair(3, 4, weight=-0.1), pair(5, 6, weight=-3.0, sizes=(9, 9)))
    with place.unit.database.reading() as connection:
        found = review.queue(connection, PROJECT, "nobody", 0)
    assert [item.handle_b for item in found] == [handle(5), handle(3), handle(1)]


def test_records_in_review_are_known_by_agency(place: ServiceSite) -> None:
    """A new file would unbind nothing, or another agency's pairs."""
    enqueue(place, pair(1, 2), pair(3, 2))
    with place.unit.database.reading() as connection:
        assert review.handles_in_review(connection, PROJECT, "police") == {handle(1), handle(3)}
        assert review.handles_in_review(connection, PROJECT, "hospital") == {handle(2)}
        assert review.handles_in_review(connection, "p-two", "hospital") == set()
