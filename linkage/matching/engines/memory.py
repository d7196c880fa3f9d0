"""Runs the plan of `matching/candidates.py` in memory, compiled: one machine, no database.

The same pairs as the DuckDB engine, bit for bit and in the same order, which a test holds together. Per key type two
bitmaps single out the keys that may occur twice (most are dummies or meet nobody), those are sorted, groups of equal
keys give pairs, and a hash table collects each pair's agreeing key types. It never spills to disk: a file beyond
memory belongs to the DuckDB engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import numpy as np
from numba import njit
from numpy.typing import NDArray

from linkage.matching.candidates import GROUP_LIMIT, KeyColumn, Pairs

Ints = NDArray[np.int64]


def find_pairs(
    key_columns: Iterable[KeyColumn], *, threads: int = 2, progress: Callable[[int], None] = lambda done: None
) -> Pairs:
    """All pairs of records that share a key, with the bits of the key types that agree; see `duckdb.find_pairs`."""
    codes: list[Ints] = []
    oversized: list[int] = []
    columns = iter(key_columns)  # as many key types at once as there are threads
    with ThreadPoolExecutor(threads) as pool:
        waiting = [pool.submit(_key_type_pairs, keys) for keys in islice(columns, threads)]
        while waiting:
            found, left_out = waiting.pop(0).result()
            codes.append(found)
            oversized.append(left_out)
            progress(len(codes))
            waiting += [pool.submit(_key_type_pairs, keys) for keys in islice(columns, 1)]
    pair, agreeing = _collect(codes)
    order = np.argsort(pair)
    pair = pair[order]
    return Pairs(pair >> 32, pair & 0xFFFFFFFF, agreeing[order], tuple(oversized))


def _key_type_pairs(parts: KeyColumn) -> tuple[Ints, int]:
    """Pairs of one key type as a << 32 | b, repeats possible, and the number of groups left out."""
    total = sum(part.shape[0] * part.shape[1] for part in parts)
    bits = max(16, (8 * total).bit_length())
    once = np.zeros(1 << (bits - 6), dtype=np.uint64)
    twice = np.zeros_like(once)
    shift = np.uint64(64 - bits)
    for part in parts:
        _mark(part, shift, once, twice)
    held, first = [], 0
    for part in parts:
        held.append(_maybe_shared(part, shift, twice, first))
        first += len(part)
    high, low, record = (np.concatenate(column) for column in zip(*held, strict=True))
    pairs, oversized = _group_pairs(high, low, record, np.argsort(high), GROUP_LIMIT)
    return pairs, int(oversized)


@njit(cache=True, nogil=True)
def _mark(keys, shift, once, twice):  # type: ignore[no-untyped-def]
    """Set a bit in `once` for the first bits of every key, and in `twice` where it was set before."""
    low = np.uint64(63)
    for row in range(keys.shape[0]):
        for slot in range(keys.shape[1]):
            at = keys[row, slot, 0] >> shift
            bit = np.uint64(1) << (at & low)
            word = at >> np.uint64(6)
            if once[word] & bit:
                twice[word] |= bit
            else:
                once[word] |= bit


@njit(cache=True, nogil=True)
def _maybe_shared(keys, shift, twice, first):  # type: ignore[no-untyped-def]
    """Keys whose first bits occur again: no shared key is missed, one in eight of the others comes along."""
    mask = np.uint64(63)
    room = keys.shape[0] * keys.shape[1]
    high, low = np.empty(room, dtype=np.uint64), np.empty(room, dtype=np.uint64)
    record = np.empty(room, dtype=np.int32)
    count = 0
    for row in range(keys.shape[0]):
        for slot in range(keys.shape[1]):
            at = keys[row, slot, 0] >> shift
            if (twice[at >> np.uint64(6)] >> (at & mask)) & np.uint64(1):
                high[count], low[count] = keys[row, slot, 0], keys[row, slot, 1]
                record[count] = first + row
                count += 1
    return high[:count].copy(), low[:count].copy(), record[:count].copy()


@njit(cache=True, nogil=True)
def _group_pairs(high, low, record, order, limit):  # type: ignore[no-untyped-def]
    """Pairs of each run of equal keys; `order` sorts by the first half only, so the second half is compared too."""
    n = len(order)
    room = max(n, 16)
    out = np.empty(room, dtype=np.int64)
    count = 0
    oversized = 0
    start = 0
    while start < n:
        stop = start + 1
        mixed = False
        while stop < n and high[order[stop]] == high[order[start]]:
            mixed |= low[order[stop]] != low[order[start]]
            stop += 1
        if mixed:  # keys that share 64 bits: sort the run by its second half, take one key of it now
            order[start:stop] = order[start:stop][np.argsort(low[order[start:stop]])]
            end = start + 1
            while end < stop and low[order[end]] == low[order[start]]:
                end += 1
            stop = end
        size = stop - start
        if size > limit:
            oversized += 1
        elif size > 1:
            if count + size * (size - 1) // 2 > room:
                room = 2 * room + size * size
                grown = np.empty(room, dtype=np.int64)
                grown[:count] = out[:count]
                out = grown
            for i in range(start, stop):
                for j in range(i + 1, stop):
                    x, y = np.int64(record[order[i]]), np.int64(record[order[j]])
                    if x != y:
                        out[count] = min(x, y) << 32 | max(x, y)
                        count += 1
        start = stop
    return out[:count].copy(), oversized


def _collect(codes: list[Ints]) -> tuple[Ints, Ints]:
    """Distinct pairs and the bits of the key types (positions in `codes`) that they occur under."""
    bits = 20
    pair, agreeing = np.full(1 << bits, -1, dtype=np.int64), np.zeros(1 << bits, dtype=np.int64)
    used = 0
    for number, found in enumerate(codes):
        while 2 * (used + len(found)) > len(pair):
            bits += 1
            wider, wider_agreeing = np.full(1 << bits, -1, dtype=np.int64), np.zeros(1 << bits, dtype=np.int64)
            held = pair >= 0
            _insert(wider, wider_agreeing, pair[held], agreeing[held], bits)
            pair, agreeing = wider, wider_agreeing
        used += _insert(pair, agreeing, found, np.full(1, 1 << number), bits)
    held = pair >= 0
    return pair[held], agreeing[held]


@njit(cache=True)
def _insert(pair, agreeing, found, marks, bits):  # type: ignore[no-untyped-def]
    """Open addressing with linear steps; `marks` is one value for all, or one for each. Returns how many were new."""
    mask = np.uint64(len(pair) - 1)
    shift = np.uint64(64 - bits)
    new = 0
    for i in range(len(found)):
        mark = marks[i if len(marks) > 1 else 0]
        at = (np.uint64(found[i]) * np.uint64(0x9E3779B97F4A7C15)) >> shift
        while pair[at] != -1 and pair[at] != found[i]:
            at = (at + np.uint64(1)) & mask
        if pair[at] == -1:
            pair[at] = found[i]
            new += 1
        agreeing[at] |= mark
    return new
