"""Clerical review under whatever reviewers do, against a model that keeps every rule in a few lines."""

from __future__ import annotations

import random

import pytest
from review_pairs import PROJECT, enqueue, pair
from service_site import ServiceSite
from test_review_flows import entries, reviewer, take

from linkage.flows.decide_pair import decide_pair
from linkage.flows.undo_decision import undo_decision
from linkage.refusals import Refused
from linkage.review import SEAT_MS, Decided, Verdict, standing
from linkage.store import decisions, review

_PEOPLE = ["ann", "ben", "cat", "dan"]
_SAME = [Verdict.SAME, Verdict.SAME, Verdict.DIFFERENT, Verdict.UNSURE]


@pytest.mark.parametrize("seed", range(8))
def test_no_order_of_acts_breaks_the_rules(place_sqlite: ServiceSite, seed: int) -> None:
    """Some order of taking, deciding, undoing and waiting could settle a pair by fewer people than two, let somebody
    decide twice, bind what was undone, or lose what was decided."""
    place, chance = place_sqlite, random.Random(seed)
    enqueue(place, *(pair(at, at + 100) for at in range(3)))
    model: dict[str, list[tuple[str, Decided]]] = {}
    for _ in range(60):
        person = chance.choice(_PEOPLE)
        act = chance.random()
        if act < 0.65:
            shown = take(place, person)
            if shown is None:
                continue
            item, verdict = shown["item"], chance.choice(_SAME)
            given = model.setdefault(item, [])
            assert person not in [each.reviewer for _, each in given]
            assert standing([each for _, each in given]).missing > 0
            decision = decide_pair(place.unit, reviewer(person), PROJECT, item, shown["seen"], verdict)
            given.append((decision, Decided(person, verdict)))
        elif act < 0.85:
            own = [(item, each) for item, given in model.items() for each in given if each[1].reviewer == person]
            if own:
                item, each = chance.choice(own)
                undo_decision(place.unit, reviewer(person), PROJECT, each[0])
                model[item].remove(each)
        elif act < 0.95:
            take(place, person)
        else:
            place.shift_ms[0] += SEAT_MS
        with place.unit.database.reading() as connection:
            bound = {(each.handle_b, each.same) for each in review.decided_pairs(connection, PROJECT)}
            expected = set()
            for item, given in model.items():
                found = review.find(connection, PROJECT, item)
                assert found is not None
                wanted = standing([each for _, each in given])
                assert (found.missing, found.verdict) == (wanted.missing, wanted.verdict)
                seats = decisions.seats(connection, item)
                assert sum(seat.until_ms > place.unit.now_ms() for seat in seats) <= max(wanted.missing, 1)
                if wanted.verdict in (Verdict.SAME, Verdict.DIFFERENT):
                    expected.add((found.handle_b, wanted.verdict is Verdict.SAME))
            assert bound == expected
    written = [each.event for each in entries(place)]
    standing_now = sum(len(given) for given in model.values())
    assert written.count("review.decide") - written.count("review.undo") == standing_now


def test_one_cannot_decide_without_having_taken(place_sqlite: ServiceSite) -> None:
    """Reviewers could pick the pairs that they decide."""
    enqueue(place_sqlite, pair(1, 2))
    shown = take(place_sqlite, "ann")
    assert shown is not None
    with pytest.raises(Refused):
        decide_pair(place_sqlite.unit, reviewer("ben"), PROJECT, shown["item"], shown["seen"], Verdict.SAME)
