"""Candidate pairs and their agreeing key types, as a relational plan: two equi-joins and one aggregation.

The plan is written once, as SQL that DuckDB and Spark both read, over tables that an engine provides. A *group* is all
records that hold one key; a group larger than `GROUP_LIMIT` cannot be one child, is left out and counted. This module
opens no database and reads no file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

GROUP_LIMIT: Final = 60

# Keys of one key type, all records in order, in consecutive parts of uint64[records, slots, 2].
KeyColumn = Sequence[NDArray[np.uint64]]

# keys(hi, lo, record): the 128-bit keys of one key type, dummies included
SHARED_KEYS: Final = """
SELECT hi, lo, COUNT(*) AS records FROM keys GROUP BY hi, lo HAVING COUNT(*) > 1
"""

# shared(hi, lo, records): the result of SHARED_KEYS
AGREEING_PAIRS: Final = """
SELECT DISTINCT a.record AS a, b.record AS b
FROM (SELECT keys.hi, keys.lo, keys.record FROM keys JOIN shared USING (hi, lo) WHERE records <= {limit}) AS a
JOIN (SELECT keys.hi, keys.lo, keys.record FROM keys JOIN shared USING (hi, lo) WHERE records <= {limit}) AS b
  ON a.hi = b.hi AND a.lo = b.lo AND a.record < b.record
"""

# agreements(a, b, agreeing): one row per pair and key type, `agreeing` having the key type's bit
PAIR_PATTERNS: Final = """
SELECT a, b, BIT_OR(agreeing) AS agreeing FROM agreements GROUP BY a, b ORDER BY a, b
"""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Candidate pairs in canonical order: records a < b (int64[p]) and the bits of their agreeing key types."""

    a: NDArray[np.int64]
    b: NDArray[np.int64]
    agreeing: NDArray[np.int64]
    oversized: tuple[int, ...] = ()  # per key type, groups left out

    def __len__(self) -> int:
        return len(self.a)

    def keep(self, wanted: NDArray[np.bool_]) -> Pairs:
        return Pairs(self.a[wanted], self.b[wanted], self.agreeing[wanted], self.oversized)
