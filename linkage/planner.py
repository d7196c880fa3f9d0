"""Choose a project's key types: the set that finds most while the entropy floor holds at the stated population.

Every key type of the schema is a candidate. What a set is worth comes from a table of how pairs of one child, of twins
and of siblings agree (`Worth`): the set shows of each pair the tags of its agreeing keys, and all pairs that look alike
are linked together when more of them are one child's than twins', siblings' or strangers'. Strangers are expected
through each key as the floor says. A deterministic greedy choice by net pairs per leakage and slot; then whatever does
not pay is dropped. It measures no data and knows no weights of a project: these come with its batches.

Steps: 1. leak of every candidate; 2. add the best until nothing fits or pays; 3. drop what does not pay, try again;
4. let candidates that did not fit take the place of what is worth less.

May touch: nothing
Sees:      nothing personal
Spec:      contracts section 2 (plan)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from linkage.errors import PlanError
from linkage.floor import FLOOR, Leak, Reference, leaks, total
from linkage.schema import KeyType, Schema

Kind = Literal["match", "twin", "sibling"]
Reason = Literal["leaks too much", "adds too little", "no slots left"]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

PLANNED: Final = 0.8 * FLOOR
"""A fifth is left for files whose own values leak more than the reference says (`encoding/leakage.py`)."""

MOST_KEY_TYPES: Final = 63  # the linkage unit keeps them as bits of one number
MOST_SLOTS: Final = 170  # of 16 bytes each, in every record
PAYS: Final = 5e-6  # share of true pairs that a slot must gain
LEAK_PRICE: Final = 5e-4  # share of true pairs that the whole floor is worth, at least
TRIFLE: Final = 0.01  # share of the floor that an unmeasured key type may take
ROUNDS: Final = 3


@dataclass(frozen=True, slots=True)
class WorthRow:
    """`pairs` per child of this kind that agree on exactly these tags (and what they imply), by visible bits."""

    kind: Kind
    visible: tuple[str, ...]
    agree: tuple[str, ...]
    pairs: float


@dataclass(frozen=True, slots=True)
class Worth:
    """How pairs of records agree, measured once and shipped with the schema."""

    rows: tuple[WorthRow, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A candidate that is not used, and why."""

    leak: Leak
    reason: Reason


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen key types in the schema's order, what they leak, and what was left out.

    `recall`: expected share of true pairs that show enough to be linked one by one; None without a table of worth.
    """

    used: tuple[Leak, ...]
    left_out: tuple[LeftOut, ...]
    recall: float | None

    @property
    def key_types(self) -> tuple[KeyType, ...]:
        return tuple(leak.key_type for leak in self.used)

    @property
    def leakage(self) -> float:
        """Σ N · 2^-H2."""
        return total(self.used)


def choose(
    schema: Schema, reference: Reference, worth: Worth | None, population: int, budget: float = PLANNED
) -> Choice:
    """The key types of a plan for `population` children; their leakage is at most `budget`.

    Raises PlanError when not even one candidate fits.
    """
    candidates = leaks(schema.key_types, schema, reference, population)
    if worth is None:
        chosen, recall = _least_leaky(candidates, budget), None
        pays = [True] * len(candidates)
    else:
        sight = _Sight(schema, candidates, worth)
        chosen = _swapped(sight, candidates, _search(sight, candidates, budget), budget)
        chosen = _unmeasured(candidates, chosen, sight.tags, budget)
        recall = sight.recall(chosen)
        missed = [sight.net(chosen | {i}) - sight.net(chosen) for i in range(len(candidates))]
        pays = [gain > _asked(leak, budget) for gain, leak in zip(missed, candidates, strict=True)]
    if not chosen:
        raise PlanError(
            f"no key type keeps the entropy floor of {budget:g} among {population:,} children",
            hint="state a smaller population, or add key types of more tags to the schema",
        )
    used = tuple(candidates[i] for i in sorted(chosen))
    left = [
        LeftOut(leak, _reason(leak, pays[i], budget - total(used)))
        for i, leak in enumerate(candidates)
        if i not in chosen
    ]
    return Choice(used, tuple(left), recall)


def _reason(leak: Leak, pays: bool, room: float) -> Reason:
    if not pays:
        return "adds too little"
    return "leaks too much" if leak.strangers > room else "no slots left"


def _least_leaky(candidates: tuple[Leak, ...], budget: float) -> frozenset[int]:
    """Without a table of worth: as many key types as fit, those that leak least first."""
    chosen: set[int] = set()
    for number in sorted(range(len(candidates)), key=lambda i: (candidates[i].strangers, i)):
        if _fits(candidates, [*chosen, number], budget):
            chosen.add(number)
    return frozenset(chosen)


def _unmeasured(
    candidates: tuple[Leak, ...], chosen: frozenset[int], seen: frozenset[str], budget: float
) -> frozenset[int]:
    """Add what the table cannot judge, tags that its data do not have: as many as fit, the least leaky first."""
    unknown = [i for i, leak in enumerate(candidates) if i not in chosen and not seen.issuperset(leak.key_type.tags)]
    for number in sorted(unknown, key=lambda i: (candidates[i].strangers, i)):
        if candidates[number].strangers <= TRIFLE * budget and _fits(candidates, [*chosen, number], budget):
            chosen |= {number}
    return chosen


def _fits(candidates: tuple[Leak, ...], chosen: Iterable[int], budget: float) -> bool:
    picked = [candidates[i] for i in chosen]
    slots = sum(leak.key_type.slots for leak in picked)
    return total(picked) <= budget and len(picked) <= MOST_KEY_TYPES and slots <= MOST_SLOTS


def _search(sight: _Sight, candidates: tuple[Leak, ...], budget: float) -> frozenset[int]:
    """Steps 2 and 3."""
    chosen: frozenset[int] = frozenset()
    for _ in range(ROUNDS):
        grown = _dropped(sight, candidates, _grown(sight, candidates, chosen, budget))
        if sight.net(grown) <= sight.net(chosen):
            break
        chosen = grown
    return chosen


def _grown(sight: _Sight, candidates: tuple[Leak, ...], chosen: frozenset[int], budget: float) -> frozenset[int]:
    """Add the candidate with the best gain for its price until none pays.

    Gains are looked at again only when they come up: what was worth little beside a smaller set seldom is worth more
    beside a larger one, and the next round of `_search` catches those that are.
    """
    price = [_price(leak, budget) for leak in candidates]
    value = sight.net(chosen)
    ratio = {i: float("inf") for i in range(len(candidates)) if i not in chosen}
    fresh: set[int] = set()
    while ratio:
        best = max(ratio, key=lambda i: (ratio[i], -i))
        if best not in fresh:
            gain = sight.net(chosen | {best}) - value
            ratio[best] = gain / price[best]
            fresh.add(best)
            continue
        pays = ratio[best] * price[best] > _asked(candidates[best], budget)
        if pays and _fits(candidates, [*chosen, best], budget):
            chosen |= {best}
            value = sight.net(chosen)
            fresh.clear()
        del ratio[best]
    return chosen


def _dropped(sight: _Sight, candidates: tuple[Leak, ...], chosen: frozenset[int]) -> frozenset[int]:
    """Without the key types whose absence costs less than they ask, dearest first."""
    budget = max(total(candidates[i] for i in chosen), 1e-12)
    for number in sorted(chosen, key=lambda i: (-candidates[i].strangers, i)):
        if sight.net(chosen) - sight.net(chosen - {number}) <= _asked(candidates[number], budget):
            chosen -= {number}
    return chosen


def _swapped(sight: _Sight, candidates: tuple[Leak, ...], chosen: frozenset[int], budget: float) -> frozenset[int]:
    """Step 4: put each candidate in, take out whatever loses least for its leak until all fits, keep what is better."""
    for _ in range(ROUNDS):
        before = chosen
        cost = _costs(sight, candidates, chosen)
        for number in sorted(set(range(len(candidates))) - chosen, key=lambda i: (-candidates[i].strangers, i)):
            trial = chosen | {number}
            if candidates[number].strangers > budget or sight.net(trial) <= sight.net(chosen) + PAYS:
                continue
            for out in sorted(cost, key=lambda i: (cost[i], i)):
                if _fits(candidates, trial, budget):
                    break
                trial -= {out}
            if _fits(candidates, trial, budget) and sight.net(trial) > sight.net(chosen) + PAYS:
                chosen = trial
                cost = _costs(sight, candidates, chosen)
        if chosen == before:
            break
        chosen = _dropped(sight, candidates, _grown(sight, candidates, chosen, budget))
    return chosen


def _costs(sight: _Sight, candidates: tuple[Leak, ...], chosen: frozenset[int]) -> dict[int, float]:
    """What taking a key type out loses, per share of the floor or of the slots that it frees."""
    whole = sight.net(chosen)
    leak = max(total(candidates[i] for i in chosen), 1e-12)
    return {i: (whole - sight.net(chosen - {i})) / _price(candidates[i], leak) for i in chosen}


def _price(leak: Leak, budget: float) -> float:
    """Share of the floor and of the slots."""
    return leak.strangers / budget + leak.key_type.slots / MOST_SLOTS


def _asked(leak: Leak, budget: float) -> float:
    """Share of true pairs that a key type must gain."""
    return PAYS * leak.key_type.slots + LEAK_PRICE * leak.strangers / budget


class _Sight:
    """What a set of key types shows of every row of the table, as arrays: rows × candidates."""

    def __init__(self, schema: Schema, candidates: tuple[Leak, ...], worth: Worth) -> None:
        bit = {tag: 1 << number for number, tag in enumerate(schema.tags)}
        bits = {name: 1 << number for number, name in enumerate(sorted({b for r in worth.rows for b in r.visible}))}
        rows = [row for row in worth.rows if set(row.agree) <= set(bit)]
        true = np.array([row.pairs if row.kind == "match" else 0.0 for row in rows])
        self._all = float(true.sum())
        visible = np.array([sum(bits[name] for name in row.visible) for row in rows], dtype=np.int64)
        shares = np.bincount(visible, true, minlength=1) / self._all
        self.tags = frozenset().union(*(schema.closure(row.agree) for row in rows))
        agree = [_mask(schema.closure(row.agree), bit) for row in rows]
        strangers = [_mask(schema.closure(leak.key_type.tags), bit) for leak in candidates]
        found = np.array([leak.strangers / 2 for leak in candidates])  # pairs per child
        seen = np.flatnonzero(shares)
        tags = np.array([*agree, *(mask for _ in seen for mask in strangers)], dtype=np.int64)
        self._visible = np.concatenate([visible, np.repeat(seen, len(candidates))])
        self._true = np.concatenate([true, np.zeros(len(seen) * len(candidates))])
        other = np.array([0.0 if row.kind == "match" else row.pairs for row in rows])
        self._other = np.concatenate([other, *(share * found for share in shares[seen])])
        self._shown = np.array(
            [
                _shown(tags, _mask(leak.key_type.tags, bit), mask)
                for leak, mask in zip(candidates, strangers, strict=True)
            ]
        )
        self._known: dict[frozenset[int], tuple[float, float]] = {}

    def net(self, chosen: frozenset[int]) -> float:
        """Linked true pairs less linked others, as a share of all true pairs."""
        return self._judged(chosen)[0]

    def recall(self, chosen: frozenset[int]) -> float:
        """Linked true pairs as a share of all."""
        return self._judged(chosen)[1]

    def _judged(self, chosen: frozenset[int]) -> tuple[float, float]:
        if chosen not in self._known:
            self._known[chosen] = self._judge(sorted(chosen))
        return self._known[chosen]

    def _judge(self, chosen: list[int]) -> tuple[float, float]:
        if not chosen:
            return 0.0, 0.0
        reached = np.bitwise_or.reduce(self._shown[chosen], axis=0)
        rows = np.flatnonzero(reached)
        look = np.unique(reached[rows] << 2 | self._visible[rows], return_inverse=True)[1]
        true = np.bincount(look, self._true[rows])
        other = np.bincount(look, self._other[rows])
        linked = true > other
        return float((true - other)[linked].sum()) / self._all, float(true[linked].sum()) / self._all


def _shown(tags: Ints, needed: int, reached: int) -> Ints:
    """What one key type shows of each row: all that its tags imply where they all agree, else nothing."""
    return np.where((tags & needed) == needed, reached, 0)


def _mask(tags: Iterable[str], bit: dict[str, int]) -> int:
    return sum(bit[tag] for tag in tags)
