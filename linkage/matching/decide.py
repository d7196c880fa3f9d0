"""Match weights → decisions: two thresholds without truth, and the quality that the model states for them.

A pair links at a match probability of one half: with honest probabilities no other cut gives a higher expected F1 by
more than a trifle, and no truth is needed to find it. Pairs down to `REVIEW_PROBABILITY` that clustering left apart go
to clerical review. The stated figures come from the model alone; `linkage/evaluation.py` compares them with a truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.matching.weights import Floats, probability

LINK_PROBABILITY: Final = 0.5
REVIEW_PROBABILITY: Final = 0.1
APART_NAMELESS: Final = 0.0
"""Log2 odds of a pair of one cluster without a common key, one record lacking a name."""
APART_NAMED: Final = -1.0
"""The same, both having one; what ties them to the rest of the cluster makes a careless record likely."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Match weights (log2 odds): at or above `link` a pair links, from `review` to `link` a person looks."""

    link: float
    review: float


def thresholds() -> Thresholds:
    """The two cuts; they follow from the probabilities above and from nothing in the data."""
    link, review = (float(np.log2(p / (1 - p))) for p in (LINK_PROBABILITY, REVIEW_PROBABILITY))
    return Thresholds(link, review)


def for_review(weight: Floats, linked: NDArray[np.bool_], cuts: Thresholds) -> NDArray[np.bool_]:
    """Candidate pairs that clustering left apart although their weight reaches the review threshold."""
    return np.asarray((weight >= cuts.review) & ~linked)


def stated_precision(weight: Floats) -> float:
    """Mean match probability of the given pairs; 1.0 when there are none."""
    return float(probability(weight).mean()) if len(weight) else 1.0
