"""Frequency alignment: name encoded keys by how often they occur and by what they occur with.

For each key type the attacker ranks the encoded keys and his own plaintext's values by frequency and lays the ranks
side by side; values that stand out become anchors. From these he goes on as in the published match-key attack (Vidanage
et al. 2020): a key is named by the anchors that its records also hold. No secret and no known pair is used.
Single-field keys must fall to this; on keys that are as good as unique there is nothing to rank.

May touch: nothing
Sees:      names (the attacker's own)
Spec:      privacy.md section 1
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack

from linkage.attacks.plaintext import Ints, Plaintext
from linkage.attacks.unit_view import key_values, vocabulary_words
from linkage.schema import KeyType

MOST_KEYS: Final = 2_500  # most frequent keys of one type that are considered
_ANCHORS: Final = 1_500
_ROUNDS: Final = 6
_LIKE: Final = 0.5  # cosine from which a naming is believed
_MARGIN: Final = 0.1  # by which it must beat the next best
_TOP: Final = 20


@dataclass(frozen=True, slots=True)
class TypeNaming:
    """Of one key type: keys considered, named, rightly named; of the most frequent twenty, right by rank alone."""

    keys: int
    named: int
    right: int
    top_right: int
    top: int


@dataclass(frozen=True, slots=True)
class Naming:
    """`children` of the victim's file, `identified` share with at least two key values rightly named (or one of two).

    `precision` of all namings (1 without any); `chance`: a random value of the same type, averaged over namings.
    """

    children: int
    identified: float
    touched: float
    named: int
    precision: float
    chance: float
    types: Mapping[str, TypeNaming]


@dataclass(frozen=True, slots=True)
class _Table:
    """Keys of one type on one side, most frequent first: `words` uint64 as int64, `count`, and records × keys."""

    words: Ints
    count: Ints
    held: csr_array = field(repr=False)


def align_frequencies(victim: Plaintext, own: Plaintext, key_types: Sequence[KeyType]) -> Naming:
    """Name the keys of `victim`; only the judge compares words across the two sides."""
    theirs, mine = (_tables(side, key_types) for side in (victim, own))
    scale = len(victim) / max(len(own), 1)
    named = [
        _by_rank(a.count, np.asarray(b.count * scale, dtype=np.float64)) for a, b in zip(theirs, mine, strict=True)
    ]
    for _ in range(_ROUNDS):
        before = sum(int((names >= 0).sum()) for names in named)
        named = _by_company(theirs, mine, named)
        if sum(int((names >= 0).sum()) for names in named) <= before:
            break
    return _judged(victim, key_types, theirs, mine, named)


def _tables(side: Plaintext, key_types: Sequence[KeyType]) -> list[_Table]:
    words = {tag: vocabulary_words(side.tags[tag]) for key_type in key_types for tag in key_type.tags}
    out = []
    for key_type in key_types:
        parts = [side.tags[tag] for tag in key_type.tags]
        rows, values = key_values(parts, [words[tag] for tag in key_type.tags], key_type.slots)
        distinct, place, count = np.unique(values, return_inverse=True, return_counts=True)
        order = np.argsort(-count, kind="stable")[:MOST_KEYS]
        order = order[count[order] > 1]
        rank = np.full(len(distinct), -1, dtype=np.int64)
        rank[order] = np.arange(len(order))
        kept = rank[place] >= 0
        ones = np.ones(int(kept.sum()), dtype=np.float32)
        held = csr_array((ones, (rows[kept], rank[place[kept]])), shape=(len(side), len(order)))
        out.append(_Table(distinct[order], count[order], held))
    return out


def _by_rank(ours: Ints, his: NDArray[np.float64]) -> Ints:
    """The i-th most frequent key is the i-th most frequent value, where the frequency stands out on both sides."""
    named = np.full(len(ours), -1, dtype=np.int64)
    for i in range(min(len(ours), len(his), _TOP * 10)):
        gaps = [abs(counts[i] - counts[j]) for counts in (ours, his) for j in (i - 1, i + 1) if 0 <= j < len(counts)]
        slack = max(1.0, 0.5 * np.sqrt(float(ours[i])) if abs(ours[i] - his[i]) > 1e-9 else 1.0)
        if min(gaps, default=0.0) < slack:
            continue
        if abs(ours[i] - his[i]) <= 3 * np.sqrt(float(ours[i])):
            named[i] = i
    return named


def _by_company(theirs: Sequence[_Table], mine: Sequence[_Table], named: Sequence[Ints]) -> list[Ints]:
    """Name keys anew by the anchors on the same records."""
    anchors = [(t, k) for t, names in enumerate(named) for k in np.flatnonzero(names >= 0)]
    anchors = sorted(anchors, key=lambda at: -theirs[at[0]].count[at[1]])[:_ANCHORS]
    if not anchors:
        return list(named)
    by_type = [np.array([k for t, k in anchors if t == number], dtype=np.int64) for number in range(len(theirs))]
    held_v = _side_by_side([table.held[:, by_type[t]] for t, table in enumerate(theirs)])
    held_w = _side_by_side([table.held[:, named[t][by_type[t]]] for t, table in enumerate(mine)])
    owner = np.repeat(np.arange(len(theirs)), [len(found) for found in by_type])
    return [
        _alike(a.held.T @ held_v, b.held.T @ held_w, owner == t, named[t])
        for t, (a, b) in enumerate(zip(theirs, mine, strict=True))
    ]


def _alike(ours: csr_array, his: csr_array, own_type: NDArray[np.bool_], named: Ints) -> Ints:
    """Mutual best by cosine of the company they keep; a type's own anchors keep their names and do not vote."""
    out = named.copy()
    votes = ~own_type
    if not votes.any() or not ours.shape[0] or not his.shape[0]:
        return out
    rarity = 1 / np.sqrt(1.0 + np.asarray(ours.sum(axis=0)).ravel())
    a, b = (_unit_rows(np.asarray(side.todense())[:, votes] * rarity[votes]) for side in (ours, his))
    alike = a @ b.T
    best, back = alike.argmax(axis=1), alike.argmax(axis=0)
    top = alike.max(axis=1)
    second = np.partition(alike, -2, axis=1)[:, -2] if alike.shape[1] > 1 else np.zeros(len(alike))
    sure = (back[best] == np.arange(len(best))) & (top >= _LIKE) & (top - second >= _MARGIN)
    out[sure] = best[sure]
    return out


def _unit_rows(table: NDArray[np.float64]) -> NDArray[np.float32]:
    length = np.sqrt((table**2).sum(axis=1, keepdims=True))
    return np.asarray(table / np.where(length > 0, length, 1), dtype=np.float32)


def _side_by_side(parts: Sequence[csr_array]) -> csr_array:
    return csr_array(hstack(parts))


def _judged(
    victim: Plaintext, key_types: Sequence[KeyType], theirs: Sequence[_Table], mine: Sequence[_Table],
    named: Sequence[Ints],
) -> Naming:  # fmt: skip
    types: dict[str, TypeNaming] = {}
    told = np.zeros((len(victim), 2), dtype=np.int64)  # right names per record, names per record
    chances: list[float] = []
    for key_type, a, b, names in zip(key_types, theirs, mine, named, strict=True):
        claimed = np.flatnonzero(names >= 0)
        right = a.words[claimed] == b.words[names[claimed]]
        top = min(_TOP, len(a.words), len(b.words))
        types[key_type.name] = TypeNaming(
            len(a.words), len(claimed), int(right.sum()), int((a.words[:top] == b.words[:top]).sum()), top
        )
        chances += [1 / max(len(b.words), 1)] * len(claimed)
        for column, keys in ((0, claimed[right]), (1, claimed)):
            told[:, column] += np.asarray(a.held[:, keys].sum(axis=1)).ravel().astype(np.int64)
    best = np.zeros(int(victim.child.max(initial=-1)) + 1, dtype=np.int64)
    np.maximum.at(best, victim.child, told[:, 0])
    count = sum(one.named for one in types.values())
    right_count = sum(one.right for one in types.values())
    return Naming(
        victim.children, float((best >= 2).sum()) / max(victim.children, 1),
        float((best >= 1).sum()) / max(victim.children, 1), count, right_count / count if count else 1.0,
        float(np.mean(chances)) if chances else 0.0, types,
    )  # fmt: skip
