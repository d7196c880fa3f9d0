"""Which records share a key: frequencies per key type, and the pairs of records that the matcher would see.

A *group* is all records that hold one key. It looks at one key type at a time and never at a value: a key is 16 bytes
that say nothing but "equal" or "not equal". What the sharing means is judged elsewhere (`key_graph.py`).

May touch: nothing
Sees:      match keys
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

GROUP_LIMIT: Final = 60
"""Records in one group beyond which the matcher leaves it out: no child is in one file so often."""

TOP: Final = 10
_CROWDED: Final = 20  # pairs per record of one key type beyond which pairs are no longer listed


@dataclass(frozen=True, slots=True)
class KeyFrequency:
    """How often the keys of one type occur in a file; `top` are the largest groups, `pairs` the pairs that share one.

    `oversized` counts groups above GROUP_LIMIT; their pairs are counted in `pairs` too.
    """

    name: str
    slots: int
    keys: int
    distinct: int
    once: int  # distinct keys that one record alone holds
    largest: int
    top: tuple[int, ...]
    pairs: int
    oversized: int

    @property
    def unique_share(self) -> float:
        """Share of all keys of this type, dummies included, that no other record holds."""
        return self.once / self.keys if self.keys else 1.0


@dataclass(frozen=True, slots=True)
class SharedKeys:
    """One key type of n records: its frequency, the sharing records and the slots where shared keys sit.

    `a` < `b` int64[p] are pairs of records; groups that are too large (or too many) give a chain of their members
    instead, in `chain_a`, `chain_b`, which keeps components whole. `slot_counts` int64[slots]: occurrences of shared
    keys per slot. `zeros`: keys of 16 zero bytes. `repeats`: keys that one record holds twice.
    """

    frequency: KeyFrequency
    a: Ints = field(repr=False)
    b: Ints = field(repr=False)
    chain_a: Ints = field(repr=False)
    chain_b: Ints = field(repr=False)
    slot_counts: Ints = field(repr=False)
    zeros: int
    repeats: int
    firsts: Ints = field(repr=False)  # place of one occurrence of each distinct key, record · slots + slot


def shared_keys(name: str, keys: NDArray[np.uint8]) -> SharedKeys:
    """Measure one key type; `keys` uint8[n, slots, 16]. Sorting is the cost: about n · slots · log."""
    n, slots, _ = keys.shape
    flat = np.ascontiguousarray(keys).reshape(n * slots, 16).view(np.uint64)
    order = np.argsort(flat[:, 0], kind="stable")
    high, low = flat[order, 0], flat[order, 1]
    starts = np.ones(len(order), dtype=bool)
    starts[1:] = (high[1:] != high[:-1]) | (low[1:] != low[:-1])
    first = np.flatnonzero(starts)
    size = np.diff(np.append(first, len(order)))
    member, repeats, group_of, group_size = _members(order // max(slots, 1), first, size)
    a, b, chain_a, chain_b = _pairs(member, group_of, group_size, _CROWDED * max(n, 1))
    occurrences = order[np.repeat(size > 1, size)]
    frequency = KeyFrequency(
        name, slots, n * slots, len(first), int((size == 1).sum()), int(group_size.max(initial=min(n, 1))),
        tuple(int(one) for one in np.sort(group_size)[::-1][:TOP]),
        int((group_size * (group_size - 1) // 2).sum()), int((group_size > GROUP_LIMIT).sum()),
    )  # fmt: skip
    zeros = int((~flat.any(axis=1)).sum())
    counts = np.bincount(occurrences % max(slots, 1), minlength=slots).astype(np.int64)
    return SharedKeys(frequency, a, b, chain_a, chain_b, counts, zeros, repeats, order[first])


def _members(records: Ints, first: Ints, size: Ints) -> tuple[Ints, int, Ints, Ints]:
    """(record of each member, repeats inside a record, group of each member, size of each group of two or more).

    Members are in order of group and record; a record that holds a key twice is one member.
    """
    wanted = size > 1
    inside = np.repeat(wanted, size)
    group = np.repeat(np.cumsum(wanted) - 1, size)[inside]
    found = records[inside]
    order = np.lexsort((found, group))
    found, group = found[order], group[order]
    again = np.zeros(len(found), dtype=bool)
    again[1:] = (found[1:] == found[:-1]) & (group[1:] == group[:-1])
    found, group = found[~again], group[~again]
    sizes = np.bincount(group, minlength=int(wanted.sum())).astype(np.int64)
    return found, int(again.sum()), group, sizes


def _pairs(member: Ints, group: Ints, size: Ints, most: int) -> tuple[Ints, Ints, Ints, Ints]:
    """All pairs inside each group of two to GROUP_LIMIT members, and chains through the other groups."""
    listed = (size >= 2) & (size <= GROUP_LIMIT)
    if int((size * (size - 1) // 2)[listed].sum()) > most:
        listed[:] = False
    whole = listed[group]
    left: list[Ints] = []
    right: list[Ints] = []
    inner, of = member[whole], group[whole]
    for step in range(1, GROUP_LIMIT):
        if len(inner) <= step:
            break
        same = of[step:] == of[:-step]
        if not same.any():
            break
        left.append(inner[:-step][same])
        right.append(inner[step:][same])
    outer, of = member[~whole], group[~whole]
    linked = of[1:] == of[:-1]
    return _joined(left), _joined(right), outer[:-1][linked], outer[1:][linked]


def _joined(parts: list[Ints]) -> Ints:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)
