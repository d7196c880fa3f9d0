"""Judge links against the truth: pairs counted, B-cubed averages, recall per stratum.

It compares two tables that already exist; it links, decides, reads and prints nothing.
A record that the truth does not hold is an error with its line, never a pair silently left out: leaving it
out would flatter whoever invented it.

May touch: nothing
Sees:      record ids and entities of the truth (test data or an agency's own check file)
Words:     pairwise scores count pairs of records; B-cubed averages over records (Bagga & Baldwin 1998), with
           the connected components of the links as clusters: a chain of wrong links costs every record in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from linkage.evaluation_index import NamedTable, TruthIndex, index_truth, linked_rows, stratum_rows

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class PairScores:
    """Counts of pairs of records: `true` in the truth, `found` by the links, `correct` in both."""

    true: int
    found: int
    correct: int

    @property
    def precision(self) -> float | None:
        """Share of the found pairs that are true; None when nothing was found."""
        return self.correct / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        """Share of the true pairs that were found; None when there is nothing to find."""
        return self.correct / self.true if self.true else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall; None when there are neither true nor found pairs."""
        either = self.true + self.found
        return 2 * self.correct / either if either else None

    def to_json_dict(self) -> dict[str, Any]:
        """Counts and scores; an undefined score is null."""
        return {
            "true": self.true,
            "found": self.found,
            "correct": self.correct,
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
        }


@dataclass(frozen=True, slots=True)
class BcubedScores:
    """Averages over all records of the truth, between 0 and 1; a record without a link is its own cluster."""

    precision: float
    recall: float
    f1: float

    def to_json_dict(self) -> dict[str, Any]:
        """The three averages."""
        return {"precision": self.precision, "recall": self.recall, "f1": self.f1}


@dataclass(frozen=True, slots=True)
class StratumScores:
    """Scores of the pairs that touch at least one of the `records` flagged with `stratum`."""

    stratum: str
    records: int
    pairs: PairScores

    def to_json_dict(self) -> dict[str, Any]:
        """Name, number of flagged records and the pair scores."""
        return {"stratum": self.stratum, "records": self.records, **self.pairs.to_json_dict()}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What the links are worth: pairs across sources, within sources and all, clusters, and every stratum.

    `repeated` counts rows of the links that name a pair again, in either order; each pair counts once.
    """

    records: int
    entities: int
    clusters: int
    repeated: int
    across: PairScores
    within: PairScores
    all: PairScores
    bcubed: BcubedScores
    strata: tuple[StratumScores, ...] = ()

    def to_json_dict(self) -> dict[str, Any]:
        """Plain numbers, strings and nulls only, ready for `json.dumps`."""
        return {
            "records": self.records,
            "entities": self.entities,
            "clusters": self.clusters,
            "repeated": self.repeated,
            "pairs": {
                "across": self.across.to_json_dict(),
                "within": self.within.to_json_dict(),
                "all": self.all.to_json_dict(),
            },
            "bcubed": self.bcubed.to_json_dict(),
            "strata": [stratum.to_json_dict() for stratum in self.strata],
        }


def evaluate(links: NamedTable, truth: NamedTable, strata: NamedTable | None = None) -> Evaluation:
    """Score `links` (source_a, record_a, source_b, record_b) against `truth` (source, record, entity).

    `strata` (source, record, stratum; one row per flag) adds scores per stratum, in alphabetical order.
    Raises EvaluationError, naming table, line and rule, for a missing column, an empty value, a record that
    the truth holds twice or not at all, and a record linked with itself.
    """
    index = index_truth(truth)
    linked = linked_rows(links, index)
    a, b = linked.row_a, linked.row_b
    correct = index.entity[a] == index.entity[b]
    same_source = index.source[a] == index.source[b]
    everything = PairScores(_pairs_within_groups(index.entity), len(a), int(np.count_nonzero(correct)))
    within = PairScores(
        _pairs_within_groups(_joint(index.entity, index.source)),
        int(np.count_nonzero(same_source)),
        int(np.count_nonzero(same_source & correct)),
    )
    across = PairScores(
        everything.true - within.true, everything.found - within.found, everything.correct - within.correct
    )
    cluster = connected_components(index.records, a, b)
    return Evaluation(
        records=index.records,
        entities=index.entities,
        clusters=len(np.unique(cluster)),
        repeated=linked.repeated,
        across=across,
        within=within,
        all=everything,
        bcubed=_bcubed(cluster, index.entity),
        strata=_strata_scores(strata, index, a, b, correct) if strata is not None else (),
    )


def connected_components(records: int, row_a: IntArray, row_b: IntArray) -> IntArray:
    """Label each of `records` rows with the lowest row that the pairs (row_a[i], row_b[i]) join it to.

    Roots hook onto the lowest root next to them, then paths are shortened to their root, until no pair joins
    two roots. Labels only ever fall, so it ends.
    """
    label = np.arange(records, dtype=np.int64)
    while True:
        row_a, row_b = label[row_a], label[row_b]
        apart = row_a != row_b
        if not apart.any():
            return label
        row_a, row_b = row_a[apart], row_b[apart]
        np.minimum.at(label, np.maximum(row_a, row_b), np.minimum(row_a, row_b))
        while not np.array_equal(shorter := label[label], label):
            label = shorter


def _bcubed(cluster: IntArray, entity: IntArray) -> BcubedScores:
    """Average over records of the shares that a record's cluster and its entity have in common."""
    if not len(entity):
        return BcubedScores(1.0, 1.0, 1.0)
    _, first, overlap = np.unique(_joint(cluster, entity), return_index=True, return_counts=True)
    squares = overlap.astype(np.float64) ** 2
    cluster_size = np.bincount(cluster)[cluster[first]]
    entity_size = np.bincount(entity)[entity[first]]
    precision = float((squares / cluster_size).sum() / len(entity))
    recall = float((squares / entity_size).sum() / len(entity))
    return BcubedScores(precision, recall, 2 * precision * recall / (precision + recall))


def _strata_scores(
    strata: NamedTable, index: TruthIndex, a: IntArray, b: IntArray, correct: BoolArray
) -> tuple[StratumScores, ...]:
    """Pairs touching a stratum = all pairs of an entity less those among its records outside the stratum."""
    size = np.bincount(index.entity, minlength=index.entities)
    scores = []
    for stratum, rows in stratum_rows(strata, index):
        flagged = np.zeros(index.records, dtype=np.bool_)
        flagged[rows] = True
        outside = size - np.bincount(index.entity[flagged], minlength=index.entities)
        true = int((_choose_two(size) - _choose_two(outside)).sum())
        touching = flagged[a] | flagged[b]
        pairs = PairScores(true, int(np.count_nonzero(touching)), int(np.count_nonzero(touching & correct)))
        scores.append(StratumScores(stratum, int(np.count_nonzero(flagged)), pairs))
    return tuple(scores)


def _joint(high: IntArray, low: IntArray) -> IntArray:
    """One code per combination of two codes; both are below the number of records: 64 bits hold it."""
    return high * (int(low.max(initial=0)) + 1) + low


def _pairs_within_groups(group: IntArray) -> int:
    """Number of unordered pairs of rows that carry the same group code."""
    _, size = np.unique(group, return_counts=True)
    return int(_choose_two(size).sum())


def _choose_two(size: IntArray) -> IntArray:
    return size * (size - 1) // 2
