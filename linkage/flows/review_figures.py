"""Figures of a project's clerical review: for the operator how it goes and how far reviewers agree, for a reviewer
his own count. No decision, pair or other person is named."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from linkage.caller import Caller
from linkage.kappa import Agreement, cohen, fleiss, table
from linkage.review import WANTED, Verdict
from linkage.store import decisions, review
from linkage.store.review_rows import Decision
from linkage.unit import Unit

_VERDICTS = [str(verdict) for verdict in Verdict]


@dataclass(frozen=True, slots=True)
class Figures:
    """`items` by state; agreement of first and second decisions; how many pairs needed a third."""

    items: dict[str, int]
    cohen: Agreement
    fleiss: float | None
    thirds: int
    verdicts: dict[str, int]


@dataclass(frozen=True, slots=True)
class OwnFigures:
    """What a reviewer may know: his decisions that stand, the last one, and whether something waits for him."""

    decided: int
    latest: Decision | None
    waiting: bool


def review_figures(unit: Unit, project: str) -> Figures:
    """For the operator."""
    with unit.database.reading() as connection:
        rounds = decisions.judged_by_round(connection, project)
        items = review.count(connection, project)
    twice = [each[:WANTED] for each in rounds if len(each) >= WANTED]
    pairs = [(str(first.verdict), str(second.verdict)) for first, second in twice]
    by_subject = np.array([[pair.count(word) for word in _VERDICTS] for pair in pairs], dtype=np.int64)
    verdicts = Counter(str(given.verdict) for each in rounds for given in each)
    return Figures(
        items=items,
        cohen=cohen(table(pairs, _VERDICTS)),
        fleiss=fleiss(by_subject),
        thirds=sum(len(each) > WANTED for each in rounds),
        verdicts={word: verdicts[word] for word in _VERDICTS},
    )


def own_figures(unit: Unit, caller: Caller, project: str) -> OwnFigures:
    """For a reviewer."""
    reviewer = caller.actor.pseudonym
    with unit.database.reading() as connection:
        return OwnFigures(
            decided=decisions.given_by(connection, project, reviewer),
            latest=decisions.latest_of(connection, project, reviewer),
            waiting=bool(review.queue(connection, project, reviewer, unit.now_ms(), limit=1)),
        )
