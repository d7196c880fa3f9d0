"""Every pair of 1024-bit CLKs whose Dice coefficient reaches a threshold: the fast kernel.

Gives exactly what `dice.py` gives, in the same order. It does not block, sample or approximate: a pair is left early
only when its remaining bits could not lift it to the threshold. No floating point enters the inner loop.

How it goes:
1. The threshold becomes an integer ratio that divides all possible Dice values at the same place (`_ratio`).
2. Records of the second file are taken in tiles of 256, small enough to stay in the first-level cache, laid out so
   that one 512-bit vector holds the same word of eight records.
3. A row of the first file meets eight records at once: 16 × (AND, population count, ADD), then one comparison.
4. After the first `prefix` words, eight records that cannot reach the threshold any more are left. `_best_prefix`
   chooses the place from a small, evenly spaced sample; its choice changes the speed and never the pairs.

May touch: nothing
Sees:      CLKs
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from linkage.matching.dice import DicePairs, Filters, check_filters, check_threshold, dice_scores, popcounts

WORDS: Final = 16
TILE: Final = 256  # records: 32 KiB
_LANES: Final = 8
_SHIFT: Final = 24
_NEVER: Final = np.uint64(1 << 62)  # no count, shifted by _SHIFT, gets there
_SAMPLE: Final = 64


def dice_pairs(a: Filters, b: Filters, threshold: float, threads: int = 1) -> DicePairs:
    """Pairs (i, j) of a row of `a` and a row of `b` with Dice ≥ `threshold`; equals `dice_pairs_plain`.

    `a` is uint64 (n, 16), `b` uint64 (k, 16), 0 < threshold ≤ 1. Besides the result it needs 24 bytes for each pair
    and record. Raises ValueError.
    """
    return _pairs(a, b, threshold, threads, within=False)


def dice_pairs_within(a: Filters, threshold: float, threads: int = 1) -> DicePairs:
    """Pairs (i, j), i < j, of two rows of `a` with Dice ≥ `threshold`; equals `dice_pairs_within_plain`."""
    return _pairs(a, a, threshold, threads, within=True)


def _pairs(a: Filters, b: Filters, threshold: float, threads: int, within: bool) -> DicePairs:
    check_filters(a, b)
    check_threshold(threshold)
    if a.shape[1] != WORDS:
        raise ValueError(f"the kernel compares filters of {64 * WORDS} bits")
    if threads < 1:
        raise ValueError("at least one thread")
    a, b = np.ascontiguousarray(a), np.ascontiguousarray(b)
    count_a, count_b = popcounts(a), popcounts(b)
    ratio = _ratio(threshold)
    prefix = _best_prefix(a, b, count_a, count_b, ratio)
    sides = (
        count_a.astype(np.uint64) * ratio,
        np.where(count_b > 0, count_b.astype(np.uint64) * ratio, _NEVER),
        popcounts(a[:, prefix:]).astype(np.uint64),
        popcounts(b[:, prefix:]).astype(np.uint64),
    )

    def work(first: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        space = (_aligned(TILE * WORDS), _aligned(TILE), _aligned(TILE), _aligned(TILE))
        found: tuple[NDArray[np.int64], NDArray[np.int64]] = _scan(a, b, *sides, prefix, within, first, threads, *space)
        return found

    if threads == 1:
        return _canonical([work(0)], count_a, count_b)
    with ThreadPoolExecutor(threads) as pool:
        return _canonical(list(pool.map(work, range(threads))), count_a, count_b)


def _canonical(
    found: list[tuple[NDArray[np.int64], NDArray[np.int64]]],
    count_a: NDArray[np.int64],
    count_b: NDArray[np.int64],
) -> DicePairs:
    """Sort pairs, packed as row_a · 2³² + row_b, and turn their common bits into scores."""
    packed = np.concatenate([pairs for pairs, _ in found])
    order = np.argsort(packed, kind="stable")
    packed = packed[order]
    rows_a, rows_b = packed >> 32, packed & 0xFFFFFFFF
    common = np.concatenate([bits for _, bits in found])[order]
    score = dice_scores(common, count_a[rows_a] + count_b[rows_b])
    return DicePairs(rows_a.astype(np.int32), rows_b.astype(np.int32), score)


def _ratio(threshold: float) -> np.uint64:
    """The integer r with: float64(2c / s) ≥ threshold ⇔ c · 2²⁴ ≥ r · s, for all counts of 1024-bit filters.

    Dice values are fractions of a denominator of at most 2048, so two of them lie at least 2⁻²² apart, further than
    any rounding. The smallest such fraction that reaches the threshold, cut to 23 bits, is therefore above the next
    lower fraction.
    """
    below = np.arange(1, 2 * 64 * WORDS + 1, dtype=np.int64)
    above = np.ceil(threshold * below).astype(np.int64)
    above -= (above - 1) / below >= threshold
    above += above / below < threshold
    best = int(np.argmin(above / below))
    return np.uint64((int(above[best]) << (_SHIFT - 1)) // int(below[best]))


def _best_prefix(
    a: Filters, b: Filters, count_a: NDArray[np.int64], count_b: NDArray[np.int64], ratio: np.uint64
) -> int:
    """The number of words (4, 8, 12; 16: never) after which a look at the bound saves most, by a sample of pairs."""
    if not len(a) or not len(b):
        return WORDS
    rows, columns = _evenly(len(a), _SAMPLE), _evenly(len(b), _SAMPLE)
    words = np.bitwise_count(a[rows][:, None, :] & b[columns][None, :, :]).astype(np.int64)
    need = (count_a[rows][:, None] + count_b[columns][None, :]).astype(np.uint64) * ratio
    costs = {WORDS: float(WORDS)}
    for prefix in (4, 8, 12):
        rest = np.minimum(popcounts(a[rows, prefix:])[:, None], popcounts(b[columns, prefix:])[None, :])
        bound = (words[:, :, :prefix].sum(axis=2) + rest).astype(np.uint64) << np.uint64(_SHIFT)
        alive = 1.0 - (1.0 - float((bound >= need).mean())) ** _LANES
        branch = 10.0 * min(alive, 1.0 - alive)  # a mispredicted branch costs about as much as ten words
        costs[prefix] = prefix + 1.0 + alive * (WORDS - prefix) + branch
    return min(costs, key=lambda prefix: costs[prefix])


def _evenly(length: int, most: int) -> NDArray[np.int64]:
    return np.linspace(0, length - 1, min(length, most)).astype(np.int64)


def _aligned(words: int) -> NDArray[np.uint64]:
    """Uninitialised words on a cache-line boundary; vectors that straddle one cost a fifth of the speed."""
    memory = np.empty(words + _LANES, dtype=np.uint64)
    start = (-memory.ctypes.data % 64) // 8
    return memory[start : start + words]


# --- eight records at a time -------------------------------------------------------------------------------------
# The compiler's own vectoriser stays at 256 bits on these processors, so the vectors are spelled out. Where a
# machine has no 512-bit registers, LLVM splits them. Loads are marked as aligned to 8 bytes only, so that a caller's
# array can never fault.

_WORD: Final = ir.IntType(64)
_VECTOR: Final = ir.VectorType(_WORD, _LANES)


def _splat(builder: Any, word: Any) -> Any:
    undefined = ir.Constant(_VECTOR, ir.Undefined)
    one = builder.insert_element(undefined, word, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(one, undefined, ir.Constant(ir.VectorType(ir.IntType(32), _LANES), [0] * _LANES))


def _pointer(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), _VECTOR.as_pointer())


def _load(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    vector = builder.load(_pointer(context, builder, array_type, array, index))
    vector.align = 8
    return vector


def _popcount(builder: Any, vector: Any) -> Any:
    kind = ir.FunctionType(_VECTOR, [_VECTOR])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, f"llvm.ctpop.v{_LANES}i64"), [vector])


def _counter(fresh: bool) -> Any:
    """Make `count(common, j, tile, start, a0, a1, a2, a3)`: bits that four words share with records j … j+7.

    Sets common[j:j+8] when `fresh`, else adds to it. `start` is where the first of the four words lies in the tile.
    """

    def count(typing_context, common, j, tile, start, a0, a1, a2, a3):  # type: ignore[no-untyped-def]
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            out, at, source, first, *words = values
            out_type, _, source_type, *_ = signature.args
            total = None if fresh else _load(context, builder, out_type, out, at)
            for number, word in enumerate(words):
                index = builder.add(first, ir.Constant(first.type, number * _LANES))
                other = _load(context, builder, source_type, source, index)
                bits = _popcount(builder, builder.and_(_splat(builder, word), other))
                total = bits if total is None else builder.add(total, bits)
            builder.store(total, _pointer(context, builder, out_type, out, at)).align = 8
            return context.get_dummy_value()

        return types.void(common, j, tile, start, a0, a1, a2, a3), generate

    return intrinsic(count)


_count_first = _counter(fresh=True)
_count_more = _counter(fresh=False)


@intrinsic
def _reach(typing_context, common, j, rest_b, rest_a, need_b, need_a):  # type: ignore[no-untyped-def]
    """Of records j … j+7, a bit for each with common + min(rest) ≥ need, all counts shifted by _SHIFT."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        counts, at, rests, rest, needs, need = values
        kinds = signature.args
        other = _load(context, builder, kinds[2], rests, at)
        own = _splat(builder, rest)
        least = builder.select(builder.icmp_unsigned("<", own, other), own, other)
        reached = builder.add(_load(context, builder, kinds[0], counts, at), least)
        reached = builder.shl(reached, ir.Constant(_VECTOR, [_SHIFT] * _LANES))
        needed = builder.add(_load(context, builder, kinds[4], needs, at), _splat(builder, need))
        return builder.bitcast(builder.icmp_unsigned(">=", reached, needed), ir.IntType(_LANES))

    return types.uint8(common, j, rest_b, rest_a, need_b, need_a), generate


@njit(cache=True, nogil=True)
def _grown(array):  # type: ignore[no-untyped-def]
    larger = np.empty(2 * len(array), dtype=array.dtype)
    larger[: len(array)] = array
    return larger


@njit(cache=True, nogil=True)
def _lay_out(b, first, need_b, rest_b, tile, need, rest):  # type: ignore[no-untyped-def]
    """Copy records first … first+255 so that tile[(j // 8) · 128 + w · 8 + j % 8] is word w of record j."""
    tile[:], rest[:], need[:] = 0, 0, _NEVER
    for j in range(min(TILE, len(b) - first)):
        need[j] = need_b[first + j]
        rest[j] = rest_b[first + j]
        start = (j // _LANES) * WORDS * _LANES + j % _LANES
        for w in range(WORDS):
            tile[start + w * _LANES] = b[first + j, w]


@njit(cache=True, nogil=True)
def _scan(a, b, need_a, need_b, rest_a, rest_b, prefix, within, first, step, tile, need, rest, common):  # type: ignore[no-untyped-def]
    """Pairs, packed, and their common bits, of all rows of `a` with every `step`-th tile of `b` from `first` on."""
    pairs, bits = np.empty(4 * TILE, np.int64), np.empty(4 * TILE, np.int64)
    size = 0
    none = np.uint64(0)
    for low in range(first * TILE, len(b), step * TILE):
        _lay_out(b, low, need_b, rest_b, tile, need, rest)
        for i in range(min(len(a), low + TILE) if within else len(a)):
            if size + TILE > len(pairs):
                pairs, bits = _grown(pairs), _grown(bits)
            needed, left = need_a[i], rest_a[i]
            a0, a1, a2, a3 = a[i, 0], a[i, 1], a[i, 2], a[i, 3]
            a4, a5, a6, a7 = a[i, 4], a[i, 5], a[i, 6], a[i, 7]
            a8, a9, a10, a11 = a[i, 8], a[i, 9], a[i, 10], a[i, 11]
            a12, a13, a14, a15 = a[i, 12], a[i, 13], a[i, 14], a[i, 15]
            for j in range(0, TILE, _LANES):
                start = j * WORDS
                _count_first(common, j, tile, start, a0, a1, a2, a3)
                if prefix == 4 and not _reach(common, j, rest, left, need, needed):
                    continue
                _count_more(common, j, tile, start + 4 * _LANES, a4, a5, a6, a7)
                if prefix == 8 and not _reach(common, j, rest, left, need, needed):
                    continue
                _count_more(common, j, tile, start + 8 * _LANES, a8, a9, a10, a11)
                if prefix == 12 and not _reach(common, j, rest, left, need, needed):
                    continue
                _count_more(common, j, tile, start + 12 * _LANES, a12, a13, a14, a15)
                hits = _reach(common, j, rest, none, need, needed)
                if not hits:
                    continue
                for lane in range(_LANES):
                    column = low + j + lane
                    if (hits >> lane) & 1 and not (within and column <= i):
                        pairs[size] = (np.int64(i) << 32) | column
                        bits[size] = common[j + lane]
                        size += 1
    return pairs[:size].copy(), bits[:size].copy()
