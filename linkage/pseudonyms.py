"""What one recipient's children are called: a random name for each cluster of its own records, kept from job to job.

A recipient's names come from its own records' share of the clusters and from nothing else; how clusters are numbered,
which other agency's records are in them and how many there are cannot be read from a name, nor from one that stays,
merges or splits. Names are drawn anew for every recipient and project, so no two of them can join what they hold.

1. Every old name goes to the new cluster that holds most of its records, the largest overlap first; each cluster gets
   one name at most. Overlaps of equal size go in the order of their first record handles.
2. Clusters that got none are named anew.
3. A cluster with records of several old names is reported as merged, an old name with records in several clusters as
   split.

May touch: nothing
Sees:      one agency's own record handles
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]

PSEUDONYM_BYTES: Final = 16
_WIDE: Final = np.dtype((np.void, PSEUDONYM_BYTES))


class ChangeKind(StrEnum):
    """What became of a name."""

    MERGED = "merged"  # it now holds records that were under the others
    SPLIT = "split"  # records that were under it are now under the others as well


@dataclass(frozen=True, slots=True)
class Change:
    """One name and the others that it concerns, in the order of bytes; for a split, `pseudonym` may stand no more."""

    kind: ChangeKind
    pseudonym: bytes
    others: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """One recipient's records by rising handle, uint8[n, 16], and the name of each one's cluster, uint8[n, 16]."""

    handles: Bytes
    pseudonyms: Bytes

    def __len__(self) -> int:
        return len(self.handles)


def nobody() -> Named:
    """Before any job."""
    empty = np.zeros((0, PSEUDONYM_BYTES), dtype=np.uint8)
    return Named(empty, empty)


def carry(before: Named, handles: Bytes, share: Ints, fresh: Callable[[int], Bytes]) -> tuple[Named, list[Change]]:
    """Names of the clusters `share` int64[n] of `handles` uint8[n, 16], each handle once. `fresh(k)` draws k names."""
    order = rising(handles)
    handles, group = handles[order], _by_first(share[order])
    met = _overlaps(before, handles, group)
    kept = _keep(met, int(group.max(initial=-1)) + 1)
    names = np.zeros((len(kept), PSEUDONYM_BYTES), dtype=np.uint8)
    names[kept >= 0] = met.names[kept[kept >= 0]]
    names[kept < 0] = fresh(int((kept < 0).sum()))
    return Named(handles, names[group]), _changes(met, names)


def rising(handles: Bytes) -> Ints:
    """The order in which records are listed: by the bytes of their handles."""
    return np.argsort(_codes(handles), kind="stable")


@dataclass(frozen=True, slots=True)
class _Overlaps:
    """Old groups (numbers into `names`) and new groups that share `count` records, in the order of the first ones."""

    names: Bytes
    old: Ints
    new: Ints
    count: Ints


def _overlaps(before: Named, handles: Bytes, group: Ints) -> _Overlaps:
    names, of = np.unique(_wide(before.pseudonyms), return_inverse=True)
    codes = _codes(np.concatenate([before.handles, handles]))
    _, at_old, at_new = np.intersect1d(
        codes[: len(before)], codes[len(before) :], assume_unique=True, return_indices=True
    )
    old, new = of[at_old].astype(np.int64), group[at_new]
    _, first, count = np.unique(old * max(len(handles), 1) + new, return_index=True, return_counts=True)
    order = np.argsort(first)
    first, count = first[order], count[order]
    return _Overlaps(names.view(np.uint8).reshape(-1, PSEUDONYM_BYTES), old[first], new[first], count)


def _keep(met: _Overlaps, groups: int) -> Ints:
    """Per new group the old one whose name it keeps, or −1."""
    kept = np.full(groups, -1, dtype=np.int64)
    gone = np.zeros(len(met.names), dtype=bool)
    for at in np.argsort(-met.count, kind="stable"):
        old, new = met.old[at], met.new[at]
        if kept[new] < 0 and not gone[old]:
            kept[new], gone[old] = old, True
    return kept


def _changes(met: _Overlaps, names: Bytes) -> list[Change]:
    merged = [
        Change(ChangeKind.MERGED, names[new].tobytes(), _others(met.names[met.old[rows]], names[new]))
        for new, rows in _several(met.new)
    ]
    split = [
        Change(ChangeKind.SPLIT, met.names[old].tobytes(), _others(names[met.new[rows]], met.names[old]))
        for old, rows in _several(met.old)
    ]
    return merged + split


def _several(group: Ints) -> list[tuple[int, Ints]]:
    """Groups that occur more than once, in the order of their first occurrence, with the places."""
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    runs = np.split(order, starts[1:]) if len(order) else []
    return sorted(((int(group[run[0]]), run) for run in runs if len(run) > 1), key=lambda each: int(each[1][0]))


def _others(found: Bytes, own: Bytes) -> tuple[bytes, ...]:
    return tuple(sorted({name.tobytes() for name in found} - {own.tobytes()}))


def _by_first(share: Ints) -> Ints:
    """The same groups numbered by their first members."""
    _, first, number = np.unique(share, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[number].astype(np.int64)


def _codes(rows: Bytes) -> Ints:
    """Numbers in the order of the rows' bytes."""
    return np.asarray(np.unique(_wide(rows), return_inverse=True)[1], dtype=np.int64)


def _wide(rows: Bytes) -> NDArray[Any]:
    return np.ascontiguousarray(rows).view(_WIDE).reshape(-1)
