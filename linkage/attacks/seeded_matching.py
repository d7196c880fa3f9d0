"""Seeded graph matching: spread from known pairs over two graphs that were drawn from different files.

The attacker rebuilds the graph of the children he holds and lays it beside the unit's. Candidates are pairs that stand
alone together in a colour class, and pairs whose neighbours are matched already; what speaks for each (witnesses, equal
key types, agencies, shapes, rarity) becomes a confidence by a logistic model that he has fitted on a city of his own,
where he knows the truth. Confident pairs join the known ones, and the next round begins. He never holds a secret and
never sees `same`; the judge counts.

May touch: nothing
Sees:      nothing personal
Spec:      match-keys.md section 5; privacy.md section 1 (graph matching)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from linkage.attacks.key_graph import KeyGraph
from linkage.attacks.logistic import Logistic, fit_logistic
from linkage.attacks.plaintext import Flags, Ints
from linkage.attacks.refinement import Words, refine

CONFIDENT: Final = 0.9
_ROUNDS: Final = 12
_MOST_PAIRS: Final = 400  # of neighbours' pairs around one known pair; denser places say little and cost much
_SMALL: Final = 2  # a class with up to so many children on each side still yields candidates
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Side:
    """One side's graph over children, and per child what shows of it: words from coarse to fine, uint64[nodes] each.

    `agencies` int64[nodes, agencies]: how many records each agency holds. `present`: children with a record.
    """

    graph: KeyGraph
    words: tuple[Words, ...] = field(repr=False)
    agencies: Ints = field(repr=False)
    present: Flags = field(repr=False)


@dataclass(frozen=True, slots=True)
class Match:
    """Pairs (v[i], w[i]) that the attacker is confident of, beyond those he knew; and his best guesses, sure or not."""

    v: Ints
    w: Ints
    confidence: Floats
    guess_v: Ints
    guess_w: Ints


@dataclass(frozen=True, slots=True)
class Outcome:
    """Shares of the victims whom the attacker did not know: named with confidence ≥ .9 and rightly so.

    `precision` of the confident pairs (1 without any), `guessed` right among best guesses at any confidence, `chance`
    what naming a random child of his file would give.
    """

    victims: int
    known: int
    identified: float
    claimed: int
    precision: float
    guessed: float
    chance: float


def learn_confidence(rounds: Sequence[tuple[Side, Side, Ints, Flags]]) -> Logistic:
    """Fit the attacker's confidence on cities where he knows the truth: (victim, own, same, known) each."""
    tables, right = [], []
    for victim, own, same, known in rounds:
        told = same.copy()
        told[~known] = -1
        for step in range(2):
            candidates = _candidates(victim, own, told)
            tables.append(candidates.features)
            right.append(same[candidates.v] == candidates.w)
            if step == 0:  # a later round: as if a tenth more had been found
                more = (same >= 0) & (np.arange(len(same)) % 10 == 0)
                told = np.where(more, same, told)
    return fit_logistic(np.concatenate(tables), np.concatenate(right))


def match_graphs(victim: Side, own: Side, known_v: Ints, known_w: Ints, confidence: Logistic) -> Match:
    """Spread from the known pairs until nobody new is found with confidence."""
    matched = np.full(len(victim.present), -1, dtype=np.int64)
    matched[known_v] = known_w
    sure: list[tuple[Ints, Ints, Floats]] = []
    guess_v, guess_w = known_v[:0], known_w[:0]
    for _ in range(_ROUNDS):
        found = _candidates(victim, own, matched)
        trust = _among_rivals(found, confidence.odds(found.features))
        v, w, sureness = _one_to_one(found.v, found.w, trust)
        guess_v, guess_w = v, w
        new = sureness >= CONFIDENT
        if not new.any():
            break
        matched[v[new]] = w[new]
        sure.append((v[new], w[new], sureness[new]))
    none = (known_v[:0], known_w[:0], np.zeros(0))
    v, w, trust = (np.concatenate(column) for column in zip(none, *sure, strict=True))
    return Match(v, w, trust, np.concatenate((v, guess_v)), np.concatenate((w, guess_w)))


def judge(match: Match, same: Ints, known: Flags, victims: int, held: int) -> Outcome:
    """Count what was right; `held` children are in the attacker's file."""
    right = same[match.v] == match.w
    unknown = max(victims - int(known.sum()), 1)
    guessed = int((same[match.guess_v] == match.guess_w).sum())
    return Outcome(
        victims, int(known.sum()), int(right.sum()) / unknown, len(right), float(right.mean()) if len(right) else 1.0,
        guessed / unknown, 1 / max(held, 1),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Candidates:
    v: Ints
    w: Ints
    features: Floats


def _candidates(victim: Side, own: Side, matched: Ints) -> _Candidates:
    free_v, free_w = victim.present & (matched < 0), own.present.copy()
    free_w[matched[matched >= 0]] = False
    levels = _levels(victim, own, matched)
    alone = [_class_pairs(a, b, free_v, free_w, most=1) for a, b in levels]
    few = [_class_pairs(a, b, free_v, free_w, most=_SMALL) for a, b in levels]
    near, witnesses, likeness = _witnessed(victim.graph, own.graph, matched, free_v, free_w)
    size = len(own.present)
    code = np.unique(np.concatenate([near, *few]))
    v, w = code // size, code % size
    place = np.searchsorted(code, near)
    seen, alike = np.zeros(len(code)), np.zeros(len(code))
    seen[place], alike[place] = witnesses, likeness
    degree_v, degree_w = _degree(victim.graph)[v], _degree(own.graph)[w]
    columns: list[NDArray[Any]] = [np.isin(code, together) for together in alone]
    columns += [a[v] == b[w] for a, b in levels]
    columns += [np.minimum(seen, 3), seen > 1, alike, np.minimum(alike, 1) ** 2]
    columns += [_rarity(victim)[v], -np.abs(victim.agencies[v] - own.agencies[w]).sum(axis=1)]
    columns += [np.minimum(degree_v, 4), -np.abs(degree_v - degree_w)]
    columns += [seen / np.maximum(np.maximum(degree_v, degree_w), 1)]
    return _Candidates(v, w, np.column_stack(columns).astype(np.float64))


def _levels(victim: Side, own: Side, matched: Ints) -> list[tuple[Ints, Ints]]:
    """Comparable colours of both sides: each attribute alone, refined, refined with key types; matched pairs fixed."""
    both = beside(victim.graph, own.graph)
    count = victim.graph.nodes
    pair = np.zeros(both.nodes, dtype=np.uint64)
    v = np.flatnonzero(matched >= 0)
    pair[v] = pair[count + matched[v]] = v.astype(np.uint64) + np.uint64(1)
    out = []
    for mine, his in zip(victim.words, own.words, strict=True):
        words = np.concatenate((mine, his)) + pair * np.uint64(0x9E3779B97F4A7C15)
        plain = np.unique(words, return_inverse=True)[1]
        refined = [refine(both, words, with_types=typed) for typed in (False, True)]
        out += [(colour[:count], colour[count:]) for colour in (plain, *refined)]
    return out


def beside(left: KeyGraph, right: KeyGraph) -> KeyGraph:
    """Both graphs as one, the right one's nodes after the left one's; hubs stay behind all nodes."""
    nodes = left.nodes + right.nodes

    def moved(graph: KeyGraph, ends: Ints, by: int, hubs: int) -> Ints:
        return np.where(ends < graph.nodes, ends + by, ends - graph.nodes + nodes + hubs)

    sides = ((left, 0, 0), (right, left.nodes, len(left.hub_sizes)))
    return KeyGraph(
        nodes,
        np.concatenate([moved(g, g.a, by, hubs) for g, by, hubs in sides]),
        np.concatenate([moved(g, g.b, by, hubs) for g, by, hubs in sides]),
        np.concatenate((left.types, right.types)),
        np.concatenate((left.hub_sizes, right.hub_sizes)),
        left.type_names,
    )


def _class_pairs(a: Ints, b: Ints, free_v: Flags, free_w: Flags, *, most: int) -> Ints:
    """Codes v·size + w of all pairs within classes that hold at most `most` free children on each side."""
    v, w = np.flatnonzero(free_v), np.flatnonzero(free_w)
    classes = 1 + max(int(a.max(initial=0)), int(b.max(initial=0)))
    in_v, in_w = (np.bincount(x, minlength=classes) for x in (a[v], b[w]))
    small = (in_v > 0) & (in_v <= most) & (in_w > 0) & (in_w <= most)
    v, w = v[small[a[v]]], w[small[b[w]]]
    left, right = _joined(a[v], b[w])
    return np.unique(v[left] * len(free_w) + w[right])


def _witnessed(ours: KeyGraph, his: KeyGraph, matched: Ints, free_v: Flags, free_w: Flags) -> tuple[Ints, Ints, Floats]:
    """Pairs of free children whose neighbours are matched: code, number of witnesses, sum of likeness of the edges."""
    known = np.flatnonzero(matched >= 0)
    back = np.full(his.nodes, -1, dtype=np.int64)
    back[matched[known]] = known
    s, v, types_v = _edges_from(ours, np.where(matched >= 0, np.arange(len(matched)), -1), free_v)
    t, w, types_w = _edges_from(his, back, free_w)
    left, right = _joined(s, t)
    shared = np.bitwise_count(types_v[left] & types_w[right]) / np.bitwise_count(types_v[left] | types_w[right])
    code, place = np.unique(v[left] * len(free_w) + w[right], return_inverse=True)
    witnesses = np.bincount(place, minlength=len(code)).astype(np.int64)
    return code, witnesses, np.asarray(np.bincount(place, shared, minlength=len(code)), dtype=np.float64)


def _edges_from(graph: KeyGraph, name: Ints, free: Flags) -> tuple[Ints, Ints, NDArray[np.uint64]]:
    """(common name of the matched end, free end, key types) of every edge between a matched and a free child."""
    direct = graph.b < graph.nodes
    start = np.concatenate((graph.a[direct], graph.b[direct]))
    end = np.concatenate((graph.b[direct], graph.a[direct]))
    types = np.tile(graph.types[direct], 2)
    keep = (name[start] >= 0) & free[end]
    return name[start[keep]], end[keep], types[keep]


def _joined(left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """Positions (i, j) with left[i] == right[j]; values that would give more than `_MOST_PAIRS` pairs are skipped."""
    order = np.argsort(right, kind="stable")
    low = np.searchsorted(right[order], left, side="left")
    count = np.searchsorted(right[order], left, side="right") - low
    own = np.unique(left, return_inverse=True, return_counts=True)
    crowd = own[2][own[1]] * count if len(left) else count
    count = np.where(crowd > _MOST_PAIRS, 0, count)
    i = np.repeat(np.arange(len(left)), count)
    step = np.arange(len(i)) - np.repeat(np.cumsum(count) - count, count)
    return i, order[low[i] + step]


def _rarity(side: Side) -> Floats:
    """−log of how many children are expected to be held by exactly these agencies, were agencies independent."""
    present = side.agencies[side.present]
    log_share = np.zeros(len(side.agencies))
    for agency in range(present.shape[1]):
        count = np.minimum(side.agencies[:, agency], 7)
        share = (np.bincount(np.minimum(present[:, agency], 7), minlength=8) + 0.5) / (len(present) + 4)
        log_share += np.log(share[count])
    return np.asarray(-np.maximum(log_share + np.log(max(len(present), 1)), -8.0))


def _degree(graph: KeyGraph) -> Ints:
    direct = graph.b < graph.nodes
    return np.bincount(np.concatenate((graph.a[direct], graph.b[direct])), minlength=graph.nodes)


def _among_rivals(found: _Candidates, odds: Floats) -> Floats:
    """Posterior of each candidate when at most one of its rivals, on either side, can be right."""
    if not len(odds):
        return odds
    rivals = np.maximum(np.bincount(found.v, odds)[found.v], np.bincount(found.w, odds)[found.w])
    return np.asarray(odds / (1 + rivals))


def _one_to_one(v: Ints, w: Ints, trust: Floats) -> tuple[Ints, Ints, Floats]:
    """Pairs that are each other's best."""
    order = np.argsort(-trust, kind="stable")
    first_v = np.unique(v[order], return_index=True)[1]
    first_w = np.unique(w[order], return_index=True)[1]
    best = order[np.intersect1d(first_v, first_w)]
    return v[best], w[best], trust[best]
