"""CLK scheme: what the bits of a batch show: repeats of whole filters, frequency of bits, bits that go together.

A diffused filter should look like fair coins. A bit that is set too often or too rarely, or two bits that go together,
give pattern mining its start. Nothing is undone or guessed here.

May touch: nothing
Sees:      diffused CLKs
Source:    privacy.md section 3, groups 1 to 3
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

Filters = NDArray[np.uint64]

_SAMPLE: Final = 5_000  # records whose bits are correlated


@dataclass(frozen=True, slots=True)
class BitPatterns:
    """Bits of n filters of m bits. `fill` mean share of set bits, `low` and `high` the rarest and commonest bit.

    `entropy` mean bits per bit (1 is best), `gini` of the bit frequencies (0 is best), `weight_spread` standard
    deviation of the filters' weights over that of fair coins, `together` the largest correlation of two bits and
    `together_by_chance` what luck alone gives for so many pairs of bits and records.
    """

    records: int
    bits: int
    unique_share: float
    largest: int  # records that hold the same filter
    top: tuple[int, ...]
    fill: float
    low: float
    high: float
    entropy: float
    gini: float
    weight_spread: float
    together: float
    together_by_chance: float
    frequencies: tuple[float, ...] = field(repr=False)  # sorted, at most 128 of them, evenly spaced


def bit_patterns(filters: Filters) -> BitPatterns:
    """Measure uint64[n, m / 64]."""
    n, m = len(filters), 64 * filters.shape[1]
    _, counts = np.unique(filters, axis=0, return_counts=True)
    frequency = _frequencies(filters)
    together, by_chance = _correlation(filters)
    weight = np.bitwise_count(filters).sum(axis=1, dtype=np.int64)
    ordered = np.sort(frequency)
    return BitPatterns(
        records=n,
        bits=m,
        unique_share=float((counts == 1).sum() / max(n, 1)),
        largest=int(counts.max(initial=0)),
        top=tuple(int(one) for one in np.sort(counts[counts > 1])[::-1][:10]),
        fill=float(frequency.mean()),
        low=float(ordered[0]),
        high=float(ordered[-1]),
        entropy=float(_entropy(frequency).mean()),
        gini=_gini(ordered),
        weight_spread=float(weight.std() / math.sqrt(m / 4)),
        together=together,
        together_by_chance=by_chance,
        frequencies=tuple(float(one) for one in ordered[:: max(1, m // 128)]),
    )


def unpacked(filters: Filters) -> NDArray[np.uint8]:
    """Bits as uint8[n, m]."""
    return np.unpackbits(filters.astype("<u8").view(np.uint8), axis=1, bitorder="little")


def evenly(filters: Filters, most: int) -> Filters:
    """At most so many filters, evenly spaced over the file (whose rows are shuffled)."""
    rows = np.unique(np.linspace(0, max(len(filters) - 1, 0), min(most, len(filters))).astype(np.int64))
    return filters[rows]


def _frequencies(filters: Filters) -> NDArray[np.float64]:
    total = np.zeros(64 * filters.shape[1], dtype=np.int64)
    for start in range(0, len(filters), 20_000):
        total += unpacked(filters[start : start + 20_000]).sum(axis=0, dtype=np.int64)
    return np.asarray(total / max(len(filters), 1), dtype=np.float64)


def _correlation(filters: Filters) -> tuple[float, float]:
    """Largest correlation of two bits over distinct filters, and the expected largest of independent bits."""
    bits = np.unique(unpacked(evenly(filters, _SAMPLE)), axis=0).astype(np.float32)
    n, m = bits.shape
    if n < 3:
        return 0.0, 1.0
    bits -= bits.mean(axis=0)
    spread = np.sqrt((bits**2).sum(axis=0))
    bits /= np.where(spread > 0, spread, 1.0)
    product = np.abs(bits.T @ bits)
    np.fill_diagonal(product, 0.0)
    return float(product.max()), min(1.0, math.sqrt(2 * math.log(m * m / 2) / n))


def _entropy(frequency: NDArray[np.float64]) -> NDArray[np.float64]:
    p = np.clip(frequency, 1e-12, 1 - 1e-12)
    return np.asarray(-(p * np.log2(p) + (1 - p) * np.log2(1 - p)))


def _gini(ordered: NDArray[np.float64]) -> float:
    m, total = len(ordered), float(ordered.sum())
    return float((2 * np.arange(1, m + 1) - m - 1) @ ordered / (m * total)) if total else 0.0
