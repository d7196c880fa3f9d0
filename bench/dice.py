"""1024-bit Dice comparisons, one core: Sealink's kernel against anonlink, interleaved in one run, pairs compared.

Run: `bench/peers/setup && .venv/bin/python -m bench.dice`. Files: CLKs of FEBRL4-like rows at three thresholds, and the
same behind diffusion at one just above its noise. A comparison counts as done when it is decided, however early.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from bench.encode_clk import filters_of
from bench.febrl_rows import febrl_rows
from linkage.encoding.diffusion import diffuse, similarity_noise_line
from linkage.matching.dice import DicePairs, Filters
from linkage.matching.kernels import dice_pairs

ROOT = Path(__file__).resolve().parent.parent
PEER = ROOT / ".venv-peers-anonlink" / "bin" / "python"
OUT = ROOT / "bench" / "out" / "dice.json"
SEED = bytes(range(32))


@dataclass(frozen=True, slots=True)
class Line:
    filters: str
    fill: float
    threshold: float
    pairs: int
    equal: bool
    anonlink: float  # M comparisons per second
    sealink: float
    ratio: float
    sealink_two_threads: float


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--records", type=int, default=10_000)
    options.add_argument("--rounds", type=int, default=3)
    given = options.parse_args()
    if not PEER.exists():
        raise SystemExit("no peer environment: run bench/peers/setup first")
    plain = [filters_of(febrl_rows(given.records, seed)) for seed in (1, 2)]
    plain[1][: given.records // 5] = spoilt(plain[0][: given.records // 5])
    mixed = [diffuse(filters, SEED, 6) for filters in plain]
    noise = round(similarity_noise_line(1024, 4.2), 4)
    lines = [line for threshold in (0.6, 0.7, 0.8) for line in measured("CLK", plain, threshold, given.rounds)]
    lines += measured("diffused, t=6", mixed, noise, given.rounds)
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps([asdict(line) for line in lines], indent=1))
    print_table(lines)


def spoilt(filters: Filters) -> Filters:
    """Copies with 4 % of the bits flipped, so that there are true pairs to find."""
    rng = np.random.default_rng(3)
    noise = np.packbits(rng.random((len(filters), 1024)) < 0.04, axis=1, bitorder="little")
    return filters ^ noise.view(np.uint64)


def measured(name: str, files: list[Filters], threshold: float, rounds: int) -> list[Line]:
    a, b = files
    comparisons = len(a) * len(b) / 1e6
    dice_pairs(a[:64], b[:64], threshold)  # compiled before the clock runs
    peer, ours, two = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{side}.npy" for side in "ab"]
        for path, filters in zip(paths, files, strict=True):
            np.save(path, filters.view(np.uint8))
        found_path = Path(folder) / "pairs.npz"
        command = [PEER, ROOT / "bench" / "peers" / "anonlink_dice.py", *paths, found_path]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdin is not None and process.stdout is not None
            for _ in range(rounds):
                print(threshold, file=process.stdin, flush=True)
                peer.append(comparisons / json.loads(process.stdout.readline())["seconds"])
                ours.append(comparisons / seconds_of(a, b, threshold, 1))
                two.append(comparisons / seconds_of(a, b, threshold, 2))
            process.stdin.close()
        pairs = dice_pairs(a, b, threshold)
        equal = same_pairs(pairs, found_path)
    fill = float(np.bitwise_count(a).sum() / (len(a) * 1024))
    best = max(ours) / max(peer)
    return [Line(name, fill, threshold, len(pairs.score), equal, max(peer), max(ours), best, max(two))]


def seconds_of(a: Filters, b: Filters, threshold: float, threads: int) -> float:
    started = time.perf_counter()
    dice_pairs(a, b, threshold, threads)
    return time.perf_counter() - started


def same_pairs(pairs: DicePairs, path: Path) -> bool:
    """Whether anonlink found the same pairs with the same scores, to the last bit."""
    with np.load(path) as found:
        order = np.lexsort((found["rows_b"], found["rows_a"]))
        return all(np.array_equal(getattr(pairs, name), found[name][order]) for name in DicePairs._fields)


def print_table(lines: list[Line]) -> None:
    print("M comparisons/s, best of the rounds   fill  threshold    pairs  equal  anonlink  sealink  ratio  2 threads")
    for line in lines:
        print(
            f"{line.filters:36}  {line.fill:.3f}  {line.threshold:9.4f}  {line.pairs:7}  {line.equal!s:5}  "
            f"{line.anonlink:8.0f}  {line.sealink:7.0f}  {line.ratio:4.1f}x  {line.sealink_two_threads:9.0f}"
        )


if __name__ == "__main__":
    main()
