"""Pairs of records of one file that agree on tags although nothing says that they are one child or one family.

Agreeing pairs are counted from the sizes of groups, never listed: a value shared by everybody costs no more than any
other. Taken off are the pairs that may be kin: they share a household value that few others have, or an identifier,
or name and date with nothing against it. It knows no reference rates and judges nothing.

May touch: nothing
Sees:      tags, as numbers
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numba import njit
from numpy.typing import NDArray

from linkage.encoding.tag_columns import TagColumn
from linkage.floor import Reference

Ints = NDArray[np.int64]
_FAMILY = 12  # records of one file that one family may fill
_ONE_CHILD = 30  # the same of one child


@dataclass(frozen=True, slots=True)
class Count:
    """`pairs` of strangers that agree, and `spread`, the standard deviation that chance gives that number."""

    pairs: float
    spread: float


@dataclass(frozen=True, slots=True)
class Strangers:
    """A file's tag columns and its pairs of records that may be kin, to count all others that agree.

    `why` has a bit for each household tag, in the reference's order, and one above them for "one child".
    """

    columns: Mapping[str, TagColumn] = field(repr=False)
    household: tuple[str, ...]
    a: Ints = field(repr=False)
    b: Ints = field(repr=False)
    why: Ints = field(repr=False)

    def count(self, tags: Sequence[str]) -> Count:
        """Pairs that agree on all these tags. A household tag among them is no evidence of kin for this count."""
        size = group_sizes(self.columns, tags)
        total = float((size * (size - 1)).sum() / 2)
        ignored = sum(1 << bit for bit, tag in enumerate(self.household) if tag in tags)
        kin = self.why & ~ignored != 0
        shared = np.ones(int(kin.sum()), dtype=np.int64)
        for tag in tags:
            column = self.columns[tag]
            shared *= _shared(column.indptr, column.codes, self.a[kin], self.b[kin])
        pairs = max(total - float(shared.sum()), 0.0)
        return Count(pairs, _spread(size, total, pairs, self.records))

    @property
    def records(self) -> int:
        return len(next(iter(self.columns.values())))


def find_strangers(columns: Mapping[str, TagColumn], reference: Reference) -> Strangers:
    """List the pairs that may be kin. Groups larger than a family or a child are evidence of neither."""
    household = tuple(tag for tag in reference.household if tag in columns)
    found = [(*_pairs_of(columns, [tag], _FAMILY), 1 << bit) for bit, tag in enumerate(household)]
    for one_child in reference.one_child:
        tags = one_child.split(".")
        if all(tag in columns for tag in tags):
            a, b = _pairs_of(columns, tags, _ONE_CHILD)
            alike = ~_contradicted(columns, reference, a, b)
            found.append((a[alike], b[alike], 1 << len(household)))
    return Strangers(columns, household, *_merged(found, len(next(iter(columns.values())))))


def group_sizes(columns: Mapping[str, TagColumn], tags: Sequence[str]) -> NDArray[np.float64]:
    """How many records share each combination of the tags' values that any has."""
    _, combined = combinations_of(columns, tags)
    return np.unique(combined, return_counts=True)[1].astype(np.float64)


def combinations_of(columns: Mapping[str, TagColumn], tags: Sequence[str]) -> tuple[Ints, NDArray[np.uint64]]:
    """Row and 64-bit mix of every combination of values that a record has."""
    rows = np.arange(len(columns[tags[0]]))
    mixed = np.zeros(len(rows), dtype=np.uint64)
    for tag in tags:
        column = columns[tag]
        size = np.diff(column.indptr)[rows]
        first = column.indptr[rows] - np.cumsum(size) + size
        codes = column.codes[np.repeat(first, size) + np.arange(int(size.sum()))]
        rows, mixed = np.repeat(rows, size), np.repeat(mixed, size)
        mixed = _mix(mixed + codes.astype(np.uint64) + np.uint64(1))
    return rows, mixed


def _mix(value: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Sebastiano Vigna's splitmix64 finaliser: equal stays equal, different stays different."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


def _pairs_of(columns: Mapping[str, TagColumn], tags: Sequence[str], most: int) -> tuple[Ints, Ints]:
    """Pairs of rows that share a combination held by at most `most` records."""
    rows, mixed = combinations_of(columns, tags)
    order = np.argsort(mixed, kind="stable")
    rows, mixed = rows[order], mixed[order]
    start = np.flatnonzero(np.concatenate(([True], mixed[1:] != mixed[:-1]))) if len(mixed) else np.zeros(0, np.int64)
    size = np.diff(np.append(start, len(mixed)))
    later = np.repeat(start + size, size) - np.arange(len(mixed)) - 1
    later[np.repeat(size > most, size)] = 0
    a = np.repeat(np.arange(len(mixed)), later)
    b = a + 1 + np.arange(len(a)) - np.repeat(np.cumsum(later) - later, later)
    return np.minimum(rows[a], rows[b]), np.maximum(rows[a], rows[b])


def _contradicted(columns: Mapping[str, TagColumn], reference: Reference, a: Ints, b: Ints) -> NDArray[np.bool_]:
    """Both records have an identifier, and not the same one."""
    column = columns.get(reference.identifier)
    if column is None:
        return np.zeros(len(a), dtype=bool)
    has = np.diff(column.indptr) > 0
    return np.asarray(has[a] & has[b] & (_shared(column.indptr, column.codes, a, b) == 0))


def _merged(found: list[tuple[Ints, Ints, int]], records: int) -> tuple[Ints, Ints, Ints]:
    """Each pair once, with all its reasons."""
    if not found:
        none = np.zeros(0, dtype=np.int64)
        return none, none, none
    pair = np.concatenate([a * records + b for a, b, _ in found])
    bit = np.concatenate([np.full(len(a), why, dtype=np.int64) for a, _, why in found])
    order = np.argsort(pair, kind="stable")
    pair, bit = pair[order], bit[order]
    start = np.flatnonzero(np.diff(pair, prepend=-1))
    why = np.bitwise_or.reduceat(bit, start) if len(start) else bit
    return pair[start] // max(records, 1), pair[start] % max(records, 1), why


def _spread(size: NDArray[np.float64], total: float, pairs: float, records: int) -> float:
    """Pairs of one group come together: their number varies like the pairs and like what pairs share a record."""
    paths = float((size * (size - 1) * (size - 2)).sum())
    together = max(paths - 4 * total * total / max(records, 1), 0.0)
    return float(np.sqrt(pairs + together + 1.0))


@njit(cache=True)
def _shared(indptr, codes, a, b):  # type: ignore[no-untyped-def]
    out = np.zeros(len(a), dtype=np.int64)
    for pair in range(len(a)):
        for i in range(indptr[a[pair]], indptr[a[pair] + 1]):
            for j in range(indptr[b[pair]], indptr[b[pair] + 1]):
                out[pair] += codes[i] == codes[j]
    return out
