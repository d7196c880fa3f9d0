"""Agreeing key types → level of agreement per comparison, and back: what of a pair's true levels keys can show.

If NX.DX and DX.P agree, then name, date of birth and phone agree: a pair's level on a comparison is the best level one
of whose tags is part of an agreeing key type, or implied by one. A comparison with a visible bit ("has name", "has
id") is missing, −1, where one of the two records lacks it; elsewhere absent and different are one level.

Not every agreement shows: a key type must hold it together with others that agree too. `observable` lists, for every
true combination of levels, the combination that the keys show; the mixture (`em.py`) sums over what it cannot see.
No key and no weight is seen here. `levels_plain` works pair by pair, `levels_fast` once per distinct set of key types.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from linkage.schema import Comparison, Schema

Levels = NDArray[np.int16]  # (pairs, comparisons), −1 = missing
Visible = Mapping[str, NDArray[np.bool_]]  # bit name → per record


@dataclass(frozen=True, slots=True)
class Observable:
    """True level combinations int16[s, comparisons] and what keys show of each, `seen` of the same shape.

    `shows` bool[s]: False where no key type agrees, so that such a pair is no candidate.
    """

    true: Levels
    seen: Levels
    shows: NDArray[np.bool_]


def levels_plain(schema: Schema, agreeing: int) -> list[int]:
    """Levels of one pair from the bits of its agreeing key types, before the visible bits are looked at."""
    tags = {tag for bit, key_type in enumerate(schema.key_types) if agreeing >> bit & 1 for tag in key_type.tags}
    reached = schema.closure(tags)
    return [_outcome(comparison, reached) for comparison in schema.comparisons]


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


def observable(schema: Schema, bits: Sequence[str]) -> Observable:
    """Every true level combination of pairs whose records both have exactly the visible `bits`."""
    missing = [c.visible is not None and c.visible not in bits for c in schema.comparisons]
    choices = [[-1] if gone else range(c.size) for c, gone in zip(schema.comparisons, missing, strict=True)]
    true, seen, shows = [], [], []
    for levels in product(*choices):
        tags = schema.closure(
            tag for c, level in zip(schema.comparisons, levels, strict=True) for tag in _tags_of(c, level)
        )
        keys = [key_type.tags for key_type in schema.key_types if tags.issuperset(key_type.tags)]
        reached = schema.closure(tag for key in keys for tag in key)
        true.append(levels)
        shows.append(bool(keys))
        seen.append([-1 if gone else _outcome(c, reached) for c, gone in zip(schema.comparisons, missing, strict=True)])
    return Observable(np.array(true, dtype=np.int16), np.array(seen, dtype=np.int16), np.array(shows))


def _tags_of(comparison: Comparison, level: int) -> list[str]:
    if comparison.kind == "joint":
        return [
            tag for bit, each in enumerate(comparison.levels) if level >= 0 and level >> bit & 1 for tag in each.tags
        ]
    return list(comparison.levels[level].tags) if 0 <= level < len(comparison.levels) else []


def _outcome(comparison: Comparison, tags: frozenset[str]) -> int:
    agreeing = [not tags.isdisjoint(level.tags) for level in comparison.levels]
    if comparison.kind == "joint":
        return sum(1 << bit for bit, agrees in enumerate(agreeing) if agrees)
    return agreeing.index(True) if any(agreeing) else len(agreeing)
