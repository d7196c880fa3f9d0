"""Graph matching of two similarity matrices: which encoded record is which plaintext record, from similarities alone.

The attacker holds what the linkage unit sees (similarities of encodings) and what he expects of his own list; he knows
no pair, no key and no truth, and chooses among his own attempts by their self-consistency. `judge` is not part of the
attack. Published attacks that embed nodes (Schäfer, Armknecht, Heng, ACSAC 2024) do better at partial overlap and on
tens of thousands of records; silence here is not proof.

How it goes:
1. Both matrices are centred and scaled, in full and cut to their top decile.
2. Starts: how alike the sorted rows of i and j are; and spectral ones for several η, U·[(UᵀJV) / ((λi − μj)² + η²)]·Vᵀ
   (GRAMPA; Fan, Mao, Wu, Xu 2019), rounded to pairs.
3. Rounds of "propagate, assign": the surest pairs so far say how alike i is to known neighbours and j to their
   partners, as a correlation of both rows, so that no row draws all others; more pairs count in every round.
4. Restarts: the surest of the best attempt's pairs alone seed step 3 anew, fewer or more of them.
5. The attempt with the highest correlation between both graphs over its pairs wins.

May touch: nothing
Sees:      similarities
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from scipy.optimize import linear_sum_assignment
from scipy.sparse.linalg import eigsh

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

ETAS: Final = (0.1, 0.3, 1.0)
ROUNDS: Final = 25
_WHOLE_SPECTRUM: Final = 2_000  # records up to which all eigenvectors are taken
_LEADING: Final = 600
_CANDIDATES: Final = 12  # best columns per row that compete in an assignment
_SEED_SHARES: Final = (0.05, 0.15, 0.4)
_EXACT: Final = 1_500  # records up to which pairs are assigned optimally and not greedily
_FIRST_SHARE, _NEXT_SHARE = 0.15, 0.1  # of the pairs that count in the first round, and more in each one after it
_FEWEST_PAIRS: Final = 30
_TOP_SIMILAR: Final = 40  # entries of a sorted row that are compared one by one; of the others, every few


@dataclass(frozen=True, slots=True)
class Assignment:
    """Encoded record `rows[i]` is said to be plaintext record `columns[i]`, with `confidence[i]`; rows are distinct.

    `consistency`: correlation of both graphs over the pairs, all that the attacker has to judge himself by.
    """

    rows: Ints = field(repr=False)
    columns: Ints = field(repr=False)
    confidence: Floats = field(repr=False)
    consistency: float


@dataclass(frozen=True, slots=True)
class GraphResult:
    """`identified`: share of the encoded records in the attacker's list whose child was named rightly.

    `sure` the same among the tenth of answers that the attacker trusts most, `chance` what guessing would give;
    `encoded` and `listed` records, `overlap` share of the encoded that is in the list.
    """

    identified: float
    sure: float
    chance: float
    consistency: float
    encoded: int
    listed: int
    overlap: float


def match_graphs(seen: Floats, expected: Floats) -> Assignment:
    """Match the n encoded records of `seen` (n, n) to the k listed ones of `expected` (k, k)."""
    a, b = _centred(seen), _centred(expected)
    best = Assignment(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32), -1.0)
    for start in _starts(seen, expected, a, b):
        best = _refined(a, b, start, best)
    order = np.argsort(-best.confidence, kind="stable")
    for share in _SEED_SHARES:
        surest = order[: max(3, int(share * len(order)))]
        seeds = Assignment(best.rows[surest], best.columns[surest], best.confidence[surest], -1.0)
        best = _refined(a, b, seeds, best)
    return best


def judge(found: Assignment, seen_child: Ints, listed_child: Ints) -> GraphResult:
    """Hold an assignment against the truth: the children of the encoded and of the listed records."""
    known = np.isin(seen_child, listed_child)
    right = seen_child[found.rows] == listed_child[found.columns]
    most = np.argsort(-found.confidence, kind="stable")[: max(1, len(right) // 10)]
    of_child = dict(zip(*np.unique(listed_child, return_counts=True), strict=True))
    by_luck = np.array([of_child.get(child, 0) / len(listed_child) for child in seen_child[known]])
    return GraphResult(
        identified=float(right.sum() / max(known.sum(), 1)),
        sure=float(right[most].mean()) if len(right) else 0.0,
        chance=float(by_luck.mean()) if len(by_luck) else 0.0,
        consistency=found.consistency,
        encoded=len(seen_child),
        listed=len(listed_child),
        overlap=float(known.mean()),
    )


def _starts(seen: Floats, expected: Floats, a: Floats, b: Floats) -> Iterator[Assignment]:
    """Sorted rows; then spectral starts, both matrices in full and cut to their top decile, for every η."""
    yield _assigned(_profile_likeness(seen, expected))
    for left, right in ((a, b), (_top_decile(seen), _top_decile(expected))):
        values_a, vectors_a = _spectrum(left)
        values_b, vectors_b = _spectrum(right)
        alike = np.outer(vectors_a.sum(axis=0), vectors_b.sum(axis=0))
        gap = (values_a[:, None] - values_b[None, :]) ** 2
        for eta in ETAS:
            core = (alike / (gap + eta * eta)).astype(np.float32)
            yield _assigned(vectors_a @ core @ vectors_b.T)


def _refined(a: Floats, b: Floats, start: Assignment, best: Assignment) -> Assignment:
    """Propagate and assign until all pairs count and agree no better; the better of the outcome and `best`."""
    now, last = start, -1.0
    for number in range(ROUNDS):
        found = _assigned(_standard(a[:, now.rows]) @ _standard(b[:, now.columns]).T)
        consistency = _consistency(a, b, found)
        if consistency > best.consistency:
            best = Assignment(found.rows, found.columns, found.confidence, consistency)
        share = min(1.0, _FIRST_SHARE + _NEXT_SHARE * number)
        if share == 1.0 and consistency <= last + 1e-4:
            break
        last = consistency
        now = _surest(found, share)
    return best


def _surest(found: Assignment, share: float) -> Assignment:
    """The pairs of highest confidence, `share` of them and never only a few."""
    kept = np.argsort(-found.confidence, kind="stable")[: max(_FEWEST_PAIRS, int(share * len(found.rows)))]
    return Assignment(found.rows[kept], found.columns[kept], found.confidence[kept], -1.0)


def _standard(rows: Floats) -> Floats:
    """Rows of mean 0 and length 1: a product of two is their correlation."""
    centred = rows - rows.mean(axis=1, keepdims=True)
    out: Floats = centred / (np.linalg.norm(centred, axis=1, keepdims=True) + np.float32(1e-9))
    return out


def _profile_likeness(seen: Floats, expected: Floats) -> Floats:
    """How alike the sorted similarities of i and of j are, float32 (n, k): who has near kin, and how near."""
    one, other = _profiles(seen, len(expected)), _profiles(expected, len(seen))
    squares = (one**2).sum(axis=1)[:, None] + (other**2).sum(axis=1)[None, :]
    out: Floats = (2 * one @ other.T - squares).astype(np.float32)
    return out


def _profiles(similarity: Floats, others: int) -> Floats:
    """Each row's sorted entries, in standard deviations of their place: the most similar one by one, quantiles below.

    As many columns for both matrices, whatever their sizes.
    """
    falling = -np.sort(-similarity, axis=1)[:, 1:]
    top = min(_TOP_SIMILAR, falling.shape[1], others - 1)
    rest = np.linspace(top, falling.shape[1] - 1, _TOP_SIMILAR).astype(np.int64)
    chosen = np.concatenate((falling[:, :top], falling[:, rest]), axis=1)
    out: Floats = (chosen - chosen.mean(axis=0)) / (chosen.std(axis=0) + np.float32(1e-9))
    return out


def _assigned(score: Floats) -> Assignment:
    """One column for each row and one row for each column: the best sum of scores, or for many rows the highest scores
    first among each row's best few.

    Confidence is a row's lead over its next best column, in standard deviations of its scores.
    """
    few = min(_CANDIDATES, score.shape[1])
    columns = np.argpartition(-score, few - 1, axis=1)[:, :few]
    values = np.take_along_axis(score, columns, axis=1)
    top = -np.sort(-values, axis=1)
    lead = (top[:, 0] - top[:, min(1, few - 1)]) / (score.std(axis=1) + 1e-9)
    if len(score) <= _EXACT:
        row_of, column_of = linear_sum_assignment(score, maximize=True)
    else:
        row_of, column_of = _greedy(columns, values, score.shape[1])
    return Assignment(row_of, column_of, lead[row_of].astype(np.float32), -1.0)


def _greedy(columns: Ints, values: Floats, width: int) -> tuple[Ints, Ints]:
    """Pairs by falling value, each row and column once."""
    n, few = columns.shape
    order = np.argsort(-values, axis=None, kind="stable")
    free_row, free_column = [True] * n, [True] * width
    rows: list[int] = []
    taken: list[int] = []
    for row, column in zip((order // few).tolist(), columns.ravel()[order].tolist(), strict=True):
        if free_row[row] and free_column[column]:
            free_row[row] = free_column[column] = False
            rows.append(row)
            taken.append(column)
    return np.array(rows, dtype=np.int64), np.array(taken, dtype=np.int64)


def _consistency(a: Floats, b: Floats, pairs: Assignment) -> float:
    x = a[np.ix_(pairs.rows, pairs.rows)].ravel()
    y = b[np.ix_(pairs.columns, pairs.columns)].ravel()
    return float(x @ y / np.sqrt(float(x @ x) * float(y @ y) + 1e-12)) * len(pairs.rows) / len(a)


def _centred(similarity: Floats) -> Floats:
    """Mean 0 and variance 1/n off the diagonal, 0 on it."""
    n = len(similarity)
    out = similarity.astype(np.float32, copy=True)
    np.fill_diagonal(out, 0.0)
    mean = out.sum() / (n * (n - 1))
    out -= np.float32(mean)
    np.fill_diagonal(out, 0.0)
    out *= np.float32(1.0 / (np.sqrt(float((out * out).mean())) * np.sqrt(n) + 1e-12))
    return out


def _top_decile(similarity: Floats) -> Floats:
    """1 where a pair is among the most similar tenth, centred."""
    n = len(similarity)
    sample = similarity[np.triu_indices(n, 1)] if n <= _WHOLE_SPECTRUM else similarity[:: max(1, n // 500)].ravel()
    return _centred((similarity > np.quantile(sample, 0.9)).astype(np.float32))


def _spectrum(matrix: Floats) -> tuple[Floats, Floats]:
    """Eigenvalues and eigenvectors, all of a small matrix and the largest in size of a big one."""
    if len(matrix) <= _WHOLE_SPECTRUM:
        values, vectors = eigh(matrix, overwrite_a=False, check_finite=False)
    else:
        values, vectors = eigsh(matrix, k=_LEADING, which="LM", v0=np.ones(len(matrix), dtype=matrix.dtype))
    return values.astype(np.float32), vectors.astype(np.float32)
