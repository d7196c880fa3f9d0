"""The standing index: which records share keys with one fresh record, found in milliseconds among millions.

A job writes one flat file of sorted arrays, and every web process maps it: per key type the first 64 bits of all keys
(dummies among them, as in the batches) with their records; per record its visible bits, its agency and its cluster;
per cluster its records. Half of a key stands for all of it: in 10^9 records a fresh key meets another one's half with
probability 10^-9. A key that more than `GROUP_LIMIT` records hold cannot be one child's and is left out, as in a job.
It finds candidates; what they weigh says `one.py`.

May touch: disk
Sees:      keys, clusters
Spec:      contracts section 2 (Batch)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.matching.candidates import GROUP_LIMIT, KeyColumn

Ints = NDArray[np.int64]
Halves = NDArray[np.uint64]
Lane = tuple[Halves, NDArray[np.uint32]]

ALIGNED: Final = 64
_VISIBLE: Final = np.uint8


@dataclass(frozen=True, slots=True)
class Shape:
    """What fixes the layout: records, clusters, and the slots of each key type."""

    records: int
    clusters: int
    slots: tuple[int, ...]

    def parts(self) -> Iterator[tuple[str, np.dtype[np.generic], int]]:
        """Every array in the file's order: name, type, length."""
        for number, slots in enumerate(self.slots):
            yield f"keys-{number}", np.dtype(np.uint64), slots * self.records
            yield f"rows-{number}", np.dtype(np.uint32), slots * self.records
        yield "visible", np.dtype(_VISIBLE), self.records
        yield "source", np.dtype(np.uint16), self.records
        yield "cluster", np.dtype(np.uint32), self.records
        yield "members", np.dtype(np.uint32), self.records
        yield "starts", np.dtype(np.uint32), self.clusters + 1


@dataclass(frozen=True, slots=True)
class Found:
    """Records that share keys with the fresh one, in rising order, and the bits of the key types that agree."""

    rows: Ints
    agreeing: Ints


class StandingIndex:
    """A mapped index. Safe to share among threads."""

    def __init__(self, path: Path, shape: Shape) -> None:
        flat = np.asarray(np.memmap(path, dtype=np.uint8, mode="r"))  # a plain array, which is cut faster
        arrays, at = {}, 0
        for name, kind, length in shape.parts():
            arrays[name] = flat[at : at + kind.itemsize * length].view(kind)
            at = _aligned(at + kind.itemsize * length)
        if at != len(flat):
            raise ValueError("index: not of this shape")
        self.shape = shape
        self._lanes = [(arrays[f"keys-{n}"], arrays[f"rows-{n}"]) for n in range(len(shape.slots))]
        self.visible: NDArray[np.uint8] = arrays["visible"]
        self.source: NDArray[np.uint16] = arrays["source"]
        self.cluster: NDArray[np.uint32] = arrays["cluster"]
        self._members, self._starts = arrays["members"], arrays["starts"]

    def find(self, keys: Sequence[Halves]) -> Found:
        """Candidates for a record's halves, uint64[slots] per key type in the plan's order."""
        rows: list[NDArray[np.uint32]] = []
        bits: list[int] = []
        for number, (fresh, (lane, held)) in enumerate(zip(keys, self._lanes, strict=True)):
            low = lane.searchsorted(fresh)
            known = low[lane.take(low, mode="clip") == fresh] if len(lane) else low[:0]
            for first, last in zip(known, lane.searchsorted(lane[known], "right"), strict=True):
                if 0 < last - first < GROUP_LIMIT:  # with the fresh record itself at most the limit
                    rows.append(held[first:last])
                    bits += [number] * int(last - first)
        if not rows:
            return Found(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
        distinct, of = np.unique(np.concatenate(rows), return_inverse=True)
        agreeing = np.zeros(len(distinct), dtype=np.int64)
        np.bitwise_or.at(agreeing, of, np.int64(1) << np.array(bits, dtype=np.int64))
        return Found(distinct.astype(np.int64), agreeing)

    def members(self, cluster: int) -> Ints:
        """Records of a cluster."""
        return self._members[self._starts[cluster] : self._starts[cluster + 1]].astype(np.int64)


def halves(keys: NDArray[np.uint8]) -> Halves:
    """The first 64 bits of keys uint8[n, 16]."""
    return np.ascontiguousarray(keys).view(np.uint64).reshape(-1, 2)[:, 0].copy()


def index_pieces(
    columns: Iterable[KeyColumn],
    shape: Shape,
    visible: NDArray[np.uint8],
    source: Ints,
    clusters: Ints,
    *,
    threads: int = 2,
    progress: Callable[[int], None] = lambda done: None,
) -> Iterator[bytes | memoryview]:
    """The file's bytes in order. `columns` per key type; `visible` bits, `source` and `clusters` per record."""
    order = np.argsort(clusters, kind="stable")
    starts = np.concatenate(([0], np.cumsum(np.bincount(clusters, minlength=shape.clusters))))
    rest: Mapping[str, NDArray[np.generic]] = {
        "visible": visible, "source": source, "cluster": clusters, "members": order, "starts": starts,
    }  # fmt: skip
    parts = iter(shape.parts())
    waiting = iter(columns)
    with ThreadPoolExecutor(threads) as pool:
        lanes = [pool.submit(_sorted, column) for column in islice(waiting, threads)]
        done = 0
        while lanes:
            for array in lanes.pop(0).result():
                _, kind, length = next(parts)
                yield from _piece(array, kind, length)
            done += 1
            progress(done)
            lanes += [pool.submit(_sorted, column) for column in islice(waiting, 1)]
    for name, kind, length in parts:
        yield from _piece(rest[name], kind, length)


def _sorted(column: KeyColumn) -> Lane:
    """A key type's halves in rising order, with their records."""
    keys = np.concatenate([part[:, :, 0].reshape(-1) for part in column])
    slots = column[0].shape[1]
    order = np.argsort(keys)
    return keys[order], (order // slots).astype(np.uint32)


def _piece(array: NDArray[np.generic], kind: np.dtype[np.generic], length: int) -> Iterator[bytes | memoryview]:
    assert len(array) == length, "index: an array is not of the stated length"
    data = np.ascontiguousarray(array, dtype=kind).view(np.uint8)
    yield data.data
    yield bytes(_aligned(data.nbytes) - data.nbytes)


def _aligned(size: int) -> int:
    return -(-size // ALIGNED) * ALIGNED
