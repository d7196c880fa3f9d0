"""What a job hands to clerical review: the pairs that clustering left apart although they may be one child.

A reviewer sees levels and weights; this is where numbers become words. It stores nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from linkage.flows.match_batches import Matches
from linkage.job_records import JobRecords
from linkage.matching.decide import for_review, thresholds
from linkage.matching.weights import weight_of
from linkage.review_words import MISSING
from linkage.store.review_rows import Compared, UnsurePair


def unsure_pairs(matches: Matches, staged: JobRecords) -> list[UnsurePair]:
    """All of them, in the order of records."""
    pairs, clusters = matches.pairs, matches.clusters
    wanted = np.flatnonzero(for_review(matches.weight, clusters[pairs.a] == clusters[pairs.b], thresholds()))
    agencies, source, handles = staged.agencies, staged.source(), staged.handles()
    size = np.bincount(clusters)
    patterns = dict(zip(found := np.unique(matches.pattern[wanted]), _compared(matches, found), strict=True))

    def side(row: int) -> tuple[str, bytes, str, int]:
        return agencies[source[row]], handles[row].tobytes(), str(clusters[row]), int(size[clusters[row]])

    return [
        UnsurePair(
            *side(pairs.a[at]), *side(pairs.b[at]), patterns[matches.pattern[at]], float(matches.weight[at])
        )
        for at in wanted
    ]  # fmt: skip


def _compared(matches: Matches, patterns: np.ndarray) -> Iterator[tuple[Compared, ...]]:
    """Each pattern in words, with the weight (log2) of every level between these two agencies."""
    model, table = matches.model, matches.patterns
    weights = [
        weight_of(model.match_levels(number), model.u[number][None, :]) for number in range(len(matches.comparisons))
    ]
    for pattern in patterns:
        stratum = table.stratum[table.cell[pattern]]
        yield tuple(
            Compared(comparison.name, MISSING, 0.0)
            if level < 0
            else Compared(comparison.name, comparison.labels()[level], round(float(weights[number][stratum, level]), 4))
            for number, (comparison, level) in enumerate(zip(matches.comparisons, table.levels[pattern], strict=True))
        )
