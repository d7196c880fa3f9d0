"""Whether the records of a batch all look alike: padding, visible bits, slots of real keys, order of the rows.

Every measure is something that a reader of the batch could compute as well, and compares it with what chance alone
would give. A faultless batch differs from chance by luck only; how much luck is allowed is said in `limits.py`.
Deviations are in standard deviations of chance ("z") unless a docstring says otherwise.

May touch: nothing
Sees:      match keys, visible bits
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.health.shared_keys import Ints, SharedKeys
from linkage.health.tails import binomial_at_least, hypergeometric_tails, normal_quantile_above

FEWEST: Final = 20
"""Records, pairs or keys below which a deviation from chance says nothing."""

_LEAST_TAIL: Final = 1e-300
_MOST_KEYS: Final = 50_000  # keys of one type whose bits are counted


@dataclass(frozen=True, slots=True)
class RecordShapes:
    """`patterns`: combination of visible bits that are on → records. None: too few records to say.

    `bit_z`: strongest preference of one of the 128 bits of a key. `slot_excess`: how far the share of shared keys in
    one slot lies from an even share beyond six standard deviations. `visible_order_z`, `key_order_z`, `near_z`: rows
    ordered by a visible bit, by the bytes of a slot, or records that share a key lying close together.
    """

    patterns: Mapping[str, int]
    slots: int
    zero_keys: int
    repeated_keys: int
    bit_z: float | None
    slot_excess: float | None
    visible_order_z: float | None
    key_order_z: float | None
    near_z: float | None


def visible_patterns(visible: Mapping[str, NDArray[np.bool_]]) -> dict[str, int]:
    """Combination of bits that are on, joined by " + " ("none" for none) → number of records."""
    names = list(visible)
    code = sum((visible[name].astype(np.int64) << bit for bit, name in enumerate(names)), np.int64(0))
    counts = np.bincount(np.atleast_1d(code), minlength=1 << len(names))
    labels = (" + ".join(n for bit, n in enumerate(names) if one >> bit & 1) or "none" for one in range(len(counts)))
    return {label: int(count) for label, count in zip(labels, counts, strict=True)}


def bit_preference(keys: NDArray[np.uint8], shared: SharedKeys) -> float | None:
    """Largest z of the 128 bits over the distinct keys of one type; keys uint8[n, slots, 16]."""
    firsts = shared.firsts[:: max(1, -(-len(shared.firsts) // _MOST_KEYS))]
    if len(firsts) < FEWEST:
        return None
    sample = keys.reshape(-1, 16)[firsts]
    ones = np.unpackbits(sample, axis=1).sum(axis=0, dtype=np.int64)
    return float(np.abs(2 * ones - len(sample)).max() / math.sqrt(len(sample)))


def slot_excess(shared: Iterable[SharedKeys]) -> float | None:
    """Where shared keys sit: largest distance of a slot's share from even, less six standard deviations."""
    worst: float | None = None
    for one in shared:
        total, slots = int(one.slot_counts.sum()), one.frequency.slots
        if slots > 1 and total >= FEWEST:
            even = 1 / slots
            allowed = 6 * math.sqrt(even * (1 - even) / total)
            excess = float(np.abs(one.slot_counts / total - even).max()) - allowed
            worst = excess if worst is None else max(worst, excess)
    return worst


def visible_order(visible: Mapping[str, NDArray[np.bool_]]) -> float | None:
    """Rows ordered by a visible bit: number of runs and correlation with the row number."""
    found = [z for bits in visible.values() for z in (_runs(bits), _trend(bits)) if z is not None]
    return max(found, default=None)


def key_order(keys: NDArray[np.uint8]) -> float | None:
    """Rows ordered by the bytes of one slot: count of rises from row to row; keys uint8[n, slots, 16]."""
    n = len(keys)
    if n < FEWEST:
        return None
    leading = np.ascontiguousarray(keys[:, :, :8]).view(">u8")[:, :, 0]
    rises = (leading[1:] > leading[:-1]).sum(axis=0) + 0.5 * (leading[1:] == leading[:-1]).sum(axis=0)
    return float(np.abs(rises - (n - 1) / 2).max(initial=0) / math.sqrt((n + 1) / 12))


def nearness(records: int, shared: Sequence[SharedKeys]) -> float | None:
    """Records that share a key lying within a hundredth of the file more often than by chance.

    Only records with exactly one partner are counted, so that the pairs are independent of each other.
    """
    packed = np.unique(np.concatenate([one.a * records + one.b for one in shared] or [np.zeros(0, dtype=np.int64)]))
    a, b = packed // max(records, 1), packed % max(records, 1)
    partners = np.bincount(np.concatenate((a, b)), minlength=records)
    lone: Ints = np.abs(a - b)[(partners[a] == 1) & (partners[b] == 1)]
    if len(lone) < FEWEST or records < 5 * FEWEST:
        return None
    width = max(1, records // 100)
    chance = width * (2 * records - width - 1) / (records * (records - 1))
    return _deviation(binomial_at_least(int((lone <= width).sum()), len(lone), chance))


def worst(values: Iterable[float | None]) -> float | None:
    """Largest of those that could be measured."""
    return max((value for value in values if value is not None), default=None)


def _runs(bits: NDArray[np.bool_]) -> float | None:
    """Too few or too many runs of ones; their number is hypergeometric when the order says nothing."""
    n, ones = len(bits), int(bits.sum())
    if min(ones, n - ones) < FEWEST:
        return None
    runs = int(bits[0]) + int((bits[1:] & ~bits[:-1]).sum())
    return _deviation(min(hypergeometric_tails(n, n - ones + 1, ones, runs)))


def _deviation(tail: float) -> float:
    """Standard deviations whose one-sided tail it is; 0 for half and more."""
    return normal_quantile_above(max(tail, _LEAST_TAIL)) if tail < 0.5 else 0.0


def _trend(bits: NDArray[np.bool_]) -> float | None:
    n, ones = len(bits), int(bits.sum())
    if min(ones, n - ones) < FEWEST:
        return None
    place = np.arange(n) - (n - 1) / 2
    covariance = float((place * (bits - ones / n)).sum())
    return abs(covariance) / math.sqrt(float((place**2).sum()) * ones * (n - ones) / (n * (n - 1)))
