"""Run anonlink's Dice comparison when asked: the peer's half of bench/dice.py, in the peer's own environment.

Started with two .npy files of bit-packed filters. Each line read is a threshold; each line written is a JSON object
with the seconds taken and the file that holds the pairs. Filters become bitarrays before any clock runs.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from bitarray import bitarray

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # anonlink imports pkg_resources
    from anonlink.similarities import dice_coefficient_accelerated


def as_bitarrays(path: str) -> list[bitarray]:
    out = []
    for row in np.load(path):
        bits = bitarray(endian="little")
        bits.frombytes(row.tobytes())
        out.append(bits)
    return out


def main() -> None:
    files = [as_bitarrays(path) for path in sys.argv[1:3]]
    pairs_path = Path(sys.argv[3])
    for line in sys.stdin:
        started = time.perf_counter()
        score, (rows_a, rows_b) = dice_coefficient_accelerated(files, float(line))
        seconds = time.perf_counter() - started
        np.savez(pairs_path, score=np.array(score), rows_a=np.array(rows_a), rows_b=np.array(rows_b))
        print(json.dumps({"seconds": seconds, "pairs": len(score)}), flush=True)


main()
