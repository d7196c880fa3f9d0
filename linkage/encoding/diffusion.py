"""Hide graded similarity of CLKs behind a linear layer: every output bit is the XOR of t input bits.

Which input bits meet is drawn from a seed that is *not* the position key and that the linkage unit never sees. The
layer is a dial and not a lock: it is linear, so whoever holds the seed may undo it, and a t that is too small for the
population is broken (privacy margins: `docs/`, attacks: `linkage/attacks/`). Choosing t is not done here, and t = 1
means no diffusion at all: the filters come back as they are.

Two filters that differ in d of m bits agree, after diffusion, in (1 + (1 − 2d/m)^t) / 2 of the output bits on average:
small errors keep some similarity, unrelated records keep none.

Source: Armknecht, Heng, Schnell, "Strengthening Privacy-Preserving Record Linkage using Diffusion", PoPETs 2023(2).

May touch: nothing
Sees:      CLKs, diffusion seed
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

Filters = NDArray[np.uint64]

MOST_INPUTS: Final = 64
SEED_BYTES: Final = 32
_BLOCK: Final = 512  # records that are mixed in step, one bit each of eight words
_LABEL: Final = b"sealink/v1/clk-diffusion"


def diffuse(filters: Filters, seed: bytes, t: int) -> Filters:
    """Diffused filters, uint64 (n, w) → (n, w); equals `diffuse_plain`. Raises ValueError as `wiring` does."""
    inputs = wiring(seed, t, 64 * filters.shape[1])
    return filters.copy() if t == 1 else _mixed(np.ascontiguousarray(filters), inputs)


def diffuse_plain(filters: Filters, seed: bytes, t: int) -> Filters:
    """The same, one XOR of unpacked bits after the other."""
    inputs = wiring(seed, t, 64 * filters.shape[1])
    bits = np.unpackbits(filters.astype("<u8").view(np.uint8), axis=1, bitorder="little")
    mixed = np.zeros_like(bits)
    for row in inputs:
        mixed ^= bits[:, row]
    packed = np.ascontiguousarray(np.packbits(mixed, axis=1, bitorder="little"))
    return packed.view("<u8").astype(np.uint64)


def wiring(seed: bytes, t: int, m: int) -> NDArray[np.int64]:
    """Input bits of each output bit, shape (t, m): t permutations of 0 … m−1, no input twice in one column.

    So each input bit is used exactly t times. Another t or m gives an unrelated wiring: two encodings of one file
    under two settings say nothing together that they do not say apart. For t = 1 it is the identity. Raises
    ValueError for a seed that is not 32 bytes, t outside 1 … 64, or m not above 2t.
    """
    if len(seed) != SEED_BYTES:
        raise ValueError(f"a diffusion seed has {SEED_BYTES} bytes")
    if not 1 <= t <= MOST_INPUTS:
        raise ValueError(f"diffusion takes 1 to {MOST_INPUTS} input bits per output bit")
    if m <= 2 * t:
        raise ValueError("the filter is too short for so many input bits")
    if t == 1:
        return np.arange(m, dtype=np.int64)[None, :]
    numbers = _numbers(seed, t, m)
    inputs = np.empty((t, m), dtype=np.int64)
    for row in range(t):
        ranks = np.fromiter((next(numbers) for _ in range(m)), dtype=np.uint64, count=m)
        inputs[row] = np.argsort(ranks, kind="stable")
        _part_repeats(inputs, row, numbers)
    return inputs


def similarity_noise_line(m: int, z: float) -> float:
    """Dice above which two unrelated diffused filters of m bits come only as `z` standard deviations allow."""
    return 0.5 + z / math.sqrt(4 * m)


def _numbers(seed: bytes, t: int, m: int) -> Iterator[int]:
    """Endless 64-bit numbers from SHAKE256 over seed, setting and a counter."""
    counter = 0
    while True:
        fixed = b"".join(value.to_bytes(8, "big") for value in (t, m, counter))
        stream = hashlib.shake_256(_LABEL + fixed + seed).digest(8192)
        yield from (int.from_bytes(stream[i : i + 8], "big") for i in range(0, len(stream), 8))
        counter += 1


def _part_repeats(inputs: NDArray[np.int64], row: int, numbers: Iterator[int]) -> None:
    """Swap inputs of the last permutation until no column of rows 0 … row holds one twice."""
    earlier, last = inputs[:row], inputs[row]
    for column in np.flatnonzero((earlier == last).any(axis=0)):
        while last[column] in earlier[:, column]:
            other = next(numbers) % len(last)
            if last[other] not in earlier[:, column] and last[column] not in earlier[:, other]:
                last[column], last[other] = last[other], last[column]


@njit(cache=True, nogil=True)
def _mixed(filters, inputs):  # type: ignore[no-untyped-def]
    """Block by block: turn bits of records into records of bits, XOR these, turn back."""
    n, words = filters.shape
    t, m = inputs.shape
    lanes = _BLOCK // 64
    out = np.empty_like(filters)
    slices = np.empty((m, lanes), dtype=np.uint64)
    mixed = np.empty((m, lanes), dtype=np.uint64)
    square = np.empty(64, dtype=np.uint64)
    for low in range(0, n, _BLOCK):
        for lane in range(lanes):
            first = low + 64 * lane
            for w in range(words):
                for i in range(64):
                    square[i] = filters[first + i, w] if first + i < n else np.uint64(0)
                _transpose(square)
                for i in range(64):
                    slices[64 * w + i, lane] = square[i]
        for bit in range(m):
            for lane in range(lanes):
                mixed[bit, lane] = slices[inputs[0, bit], lane]
            for row in range(1, t):
                for lane in range(lanes):
                    mixed[bit, lane] ^= slices[inputs[row, bit], lane]
        for lane in range(lanes):
            first = low + 64 * lane
            for w in range(words):
                for i in range(64):
                    square[i] = mixed[64 * w + i, lane]
                _transpose(square)
                for i in range(min(64, n - first)):
                    out[first + i, w] = square[i]
    return out


@njit(cache=True, nogil=True)
def _transpose(square):  # type: ignore[no-untyped-def]
    """Transpose 64 × 64 bits in place: swap off-diagonal blocks of 32, 16, … 1 bits."""
    width = 32
    mask = np.uint64(0x00000000FFFFFFFF)
    while width:
        shift = np.uint64(width)
        for start in range(0, 64, 2 * width):
            for k in range(start, start + width):
                swap = ((square[k] >> shift) ^ square[k + width]) & mask
                square[k + width] ^= swap
                square[k] ^= swap << shift
        width //= 2
        mask ^= mask << np.uint64(width)
