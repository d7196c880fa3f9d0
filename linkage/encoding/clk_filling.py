"""Fill up thin CLKs with random positions, so that neither their weight nor their likeness tells what a record lacks.

A record without ID, guardian and phone makes a thin filter, and two thin filters are alike for no other reason: of all
that diffusion must hide, this is the most. Each record therefore gets further positions of its own, as if it had more
tokens, until `target` of the bits are set on average. They come from a secret of the agency and the record's id: the
same record gives the same filter again, and another agency's record of the same child gets others. It sets bits and
never clears one; fuller filters stay as they are.

May touch: nothing
Sees:      CLKs, per-record secrets
Source:    privacy.md section 5 (random filling)
"""

from __future__ import annotations

import hashlib
from typing import Final

import numpy as np
from numpy.typing import NDArray

Filters = NDArray[np.uint64]

_LABEL: Final = b"sealink/v1/clk-filling"


def fill_up(filters: Filters, seeds: NDArray[np.uint8], target: float) -> Filters:
    """Filters with at least about `target` of their bits set, uint64 (n, w) → (n, w).

    `seeds` uint8 (n, s) are secret and differ from record to record. A filter with a share f < `target` of bits gets
    m·ln((1 − f) / (1 − target)) positions, rounded, with repeats as chance has it. Raises ValueError unless
    0 ≤ target < 1 and there is one seed per filter.
    """
    if not 0.0 <= target < 1.0:
        raise ValueError("a share of bits from 0 to below 1 can be asked for")
    if len(seeds) != len(filters):
        raise ValueError("one seed per filter is needed")
    m = 64 * filters.shape[1]
    share = np.bitwise_count(filters).sum(axis=1, dtype=np.int64) / m
    extra = np.rint(m * np.log(np.maximum(1.0 - share, 0.5 / m) / (1.0 - target))).astype(np.int64).clip(0)
    rows = np.repeat(np.arange(len(filters)), extra)
    drawn = [_positions(seeds[row].tobytes(), int(extra[row]), m) for row in np.flatnonzero(extra)]
    places = np.concatenate(drawn) if drawn else np.zeros(0, dtype=np.int64)
    out = filters.copy()
    np.bitwise_or.at(out, (rows, places >> 6), np.uint64(1) << (places & 63).astype(np.uint64))
    return out


def _positions(seed: bytes, count: int, m: int) -> NDArray[np.int64]:
    """`count` positions below m, a power of two up to 65,536, from SHAKE256."""
    stream = hashlib.shake_256(_LABEL + seed).digest(2 * count)
    return (np.frombuffer(stream, dtype=">u2") & (m - 1)).astype(np.int64)
