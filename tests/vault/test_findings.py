"""Signed findings: only a decider's, about this matter, and one answer to one question."""

from __future__ import annotations

import pytest
from vault_cast import DAY, NOW, Cast

from audit.request_id import new_request_id
from vault.errors import MalformedFormError, StateError, VaultError
from vault.findings import Finding, Question, matter_of, verified_answers

MATTER = matter_of("court-a", "(2026)少刑初1号")


def signed(cast: Cast, who: str = "decider-court", **changes: object) -> bytes:
    human = cast.people[who]
    said: dict[str, object] = {
        "finding": new_request_id(NOW),
        "question": Question.MAIN_ACTS_BEFORE_18.value,
        "answer": True,
        "matter": MATTER,
        "document": "d" * 64,
        "person": human.person,
        "agency": human.agency,
        "found_ms": NOW - DAY,
    }
    return Finding(**(said | changes)).sign(human.signer)  # type: ignore[arg-type]


def test_a_deciders_answer_counts() -> None:
    """No case on both sides of 18 could ever be sealed."""
    cast = Cast()
    found = verified_answers([signed(cast)], MATTER, "court-a", cast.rosters(), NOW)
    assert found == {Question.MAIN_ACTS_BEFORE_18: True}


def test_what_is_not_a_deciders_answer_about_this_matter_is_refused() -> None:
    """The sealer could answer the question himself, or use an answer given for another case."""
    cast = Cast()
    rosters = cast.rosters()
    wrong = [
        signed(cast, "sealer-court"),
        signed(cast, "decider-police"),
        signed(cast, "decider-court", person="decider-police"),
        signed(cast, agency="police-a"),
        signed(cast, matter="0" * 64),
        signed(cast, found_ms=NOW + DAY),
        signed(cast).replace(b"true", b"false"),
        b"",
    ]
    for data in wrong:
        with pytest.raises(VaultError):
            verified_answers([data], MATTER, "court-a", rosters, NOW)


def test_two_answers_to_one_question_are_refused() -> None:
    """The sealer could pick the answer he likes."""
    cast = Cast()
    with pytest.raises(StateError, match="two answers"):
        verified_answers([signed(cast), signed(cast, answer=False)], MATTER, "court-a", cast.rosters(), NOW)


def test_an_unknown_question_has_no_form() -> None:
    """Anything could be called a finding."""
    with pytest.raises(MalformedFormError):
        signed(Cast(), question="release-it")
