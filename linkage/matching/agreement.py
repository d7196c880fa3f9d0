"""Agreeing key types → level of agreement per comparison.

If NX.DX and DX.P agree, then name, date of birth and phone agree: a pair's level on a comparison is the best level one
of whose tags is part of an agreeing key type. A comparison with a visible bit ("has name", "has id") is missing, −1,
where one of the two records lacks it; elsewhere absent and different are one level. No key and no weight is seen here.

Two versions stand side by side: `levels_plain` works pair by pair, `levels_fast` once per distinct set of key types.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from linkage.schema import Comparison, Schema

Levels = NDArray[np.int16]  # (pairs, comparisons), −1 = missing
Visible = Mapping[str, NDArray[np.bool_]]  # bit name → per record


def levels_plain(schema: Schema, agreeing: int) -> list[int]:
    """Levels of one pair from the bits of its agreeing key types, before the visible bits are looked at."""
    tags = {tag for bit, key_type in enumerate(schema.key_types) if agreeing >> bit & 1 for tag in key_type.tags}
    return [_outcome(comparison, tags) for comparison in schema.comparisons]


def levels_fast(schema: Schema, agreeing: NDArray[np.int64]) -> Levels:
    """`levels_plain` for many pairs: int64[p] → int16[p, comparisons]."""
    distinct, where = np.unique(agreeing, return_inverse=True)
    table = np.array([levels_plain(schema, int(bits)) for bits in distinct], dtype=np.int16)
    return table.reshape(len(distinct), len(schema.comparisons))[where]


def hide_missing(
    schema: Schema, levels: Levels, a: NDArray[np.int64], b: NDArray[np.int64], visible: Visible
) -> Levels:
    """Levels with −1 where a comparison's visible bit is off on either record."""
    out = levels.copy()
    for column, comparison in enumerate(schema.comparisons):
        if comparison.visible is not None:
            bit = visible[comparison.visible]
            out[~(bit[a] & bit[b]), column] = -1
    return out


def _outcome(comparison: Comparison, tags: set[str]) -> int:
    agreeing = [not tags.isdisjoint(level.tags) for level in comparison.levels]
    if comparison.kind == "joint":
        return sum(1 << bit for bit, agrees in enumerate(agreeing) if agrees)
    return agreeing.index(True) if any(agreeing) else len(agreeing)
