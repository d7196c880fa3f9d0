"""CLK encoding from a CSV file, one process and one thread each: Sealink against clkhash on the same file.

Run: `bench/peers/setup && .venv/bin/python -m bench.encode_clk`. Both read the file, cut the same q-grams (padded
bigrams of names and suburb, positional digits of date and postcode), set the same number of bits per token and give
filters of 1024 bits. Neither normalises: the rows are lower-case ASCII. A third line shows Sealink with its own
normalisers and tokens, for which clkhash has no counterpart. The hash differs (clkhash: keyed BLAKE2, each token;
Sealink: HMAC-SHA-256, each distinct token). Times run from opening the file to the last filter, after imports and,
for Sealink, after its compiled code has been loaded; the wall clock of the whole process stands beside, and so does
processor time, which a busy machine blurs less.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

from linkage.encoding.clk import ClkKeys, FieldTokens, encode_fields
from linkage.encoding.clk_tokens import clk_columns
from linkage.encoding.mapping import Records
from linkage.encoding.qgrams import TokenTable, bigram_table, character_table
from linkage.matching.dice import Filters

ROOT = Path(__file__).resolve().parent.parent
PEER = ROOT / ".venv-peers-anonlink" / "bin" / "python"
OUT = ROOT / "bench" / "out" / "encode_clk.json"
KEYS = ClkKeys(bytes(range(32)))
BITS_PER_TOKEN = 15


CUT: dict[str, Callable[[list[str]], TokenTable]] = {
    "given_name": bigram_table,
    "surname": bigram_table,
    "date_of_birth": character_table,
    "suburb": bigram_table,
    "postcode": character_table,
}


def encode_csv(file: Path | io.BytesIO) -> Filters:
    """All text columns, one thread, each distinct value cut once."""
    table = read_table(file)
    return encode_fields([column_tokens(name, table[name]) for name in CUT], KEYS)


def encode_normalised(file: Path | io.BytesIO) -> Filters:
    """What an agency's encoder does with the same file: person-v1 normalisers and tokens."""
    table = read_table(file)
    schema_fields = {"locality" if name == "suburb" else name: table[name] for name in CUT}
    fields = {name: (as_dictionary(column),) for name, column in schema_fields.items()}
    return encode_fields(clk_columns(Records(table[0].combine_chunks(), fields), "person"), KEYS)


def filters_of(rows: list[list[str]]) -> Filters:
    """The same for rows in memory, columns in the order of CUT."""
    columns = zip(*rows, strict=True)
    named = zip(CUT, columns, strict=True)
    return encode_fields([column_tokens(name, pa.chunked_array([list(cells)])) for name, cells in named], KEYS)


def read_table(file: Path | io.BytesIO) -> pa.Table:
    return pa.csv.read_csv(
        file,
        read_options=pa.csv.ReadOptions(use_threads=False),
        convert_options=pa.csv.ConvertOptions(column_types=dict.fromkeys(CUT, pa.string())),
    )


def as_dictionary(column: pa.ChunkedArray) -> pa.DictionaryArray:
    return column.dictionary_encode().unify_dictionaries().combine_chunks()


def column_tokens(name: str, column: pa.ChunkedArray) -> FieldTokens:
    encoded = as_dictionary(column)
    codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int32)
    return FieldTokens(name, codes, CUT[name](encoded.dictionary.to_pylist()), BITS_PER_TOKEN)


def work(path: Path, encode: Callable[[Path | io.BytesIO], Filters]) -> None:
    """Sealink's own process: once on one row, to load compiled code, then on the file."""
    encode(io.BytesIO(",".join(CUT).encode() + b"\nann,b,20010203,c,2000\n"))
    started, cpu = time.perf_counter(), time.process_time()
    filters = encode(path)
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    fill = float(np.bitwise_count(filters).sum() / (1024 * len(filters)))
    print(json.dumps({"seconds": seconds, "cpu": cpu, "records": len(filters), "fill": fill}))


def measured(command: list[str | Path]) -> dict[str, float]:
    one_thread = {**os.environ, "NUMBA_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    started = time.perf_counter()
    run = subprocess.run(command, capture_output=True, text=True, check=True, env=one_thread)
    return {**json.loads(run.stdout), "wall": time.perf_counter() - started}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=200_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    options.add_argument("--normalise", action="store_true", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.work:
        return work(given.work, encode_normalised if given.normalise else encode_csv)
    if not PEER.exists():
        raise SystemExit("no peer environment: run bench/peers/setup first")
    from bench.febrl_rows import febrl_rows, write_rows

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        rows = febrl_rows(given.rows, seed=1)
        write_rows(path, rows)
        distinct = {name: len(set(cells)) for name, cells in zip(CUT, zip(*rows, strict=True), strict=True)}
        commands: dict[str, list[str | Path]] = {
            "clkhash": [PEER, ROOT / "bench" / "peers" / "clkhash_encode.py", path, str(BITS_PER_TOKEN)],
            "sealink": [sys.executable, "-m", "bench.encode_clk", "--work", path],
            "normalised": [sys.executable, "-m", "bench.encode_clk", "--normalise", "--work", path],
        }
        rounds = [{name: measured(command) for name, command in commands.items()} for _ in range(given.rounds)]
    best = {name: min((turn[name] for turn in rounds), key=lambda run: run["seconds"]) for name in commands}
    ratio = best["clkhash"]["seconds"] / best["sealink"]["seconds"]
    wall = best["clkhash"]["wall"] / best["sealink"]["wall"]
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps({"distinct": distinct, "rounds": rounds, "ratio": ratio, "wall_ratio": wall}, indent=1))
    print(f"{given.rows:,} rows; distinct values: {', '.join(f'{name} {n:,}' for name, n in distinct.items())}")
    print("            records/s     seconds  processor s  whole process   fill")
    for name, run in best.items():
        rate = run["records"] / run["seconds"]
        print(
            f"{name:10} {rate:11,.0f} {run['seconds']:11.2f} {run['cpu']:12.2f} {run['wall']:14.2f}  {run['fill']:.3f}"
        )
    cpu, normalised = (best["clkhash"]["cpu"] / best[name]["cpu"] for name in ("sealink", "normalised"))
    print(
        f"ratio: {ratio:.1f}x from opening the file to the last filter ({cpu:.1f}x in processor time), "
        f"{wall:.1f}x for the whole process"
    )
    print(f"with person-v1 normalisers and tokens, for which clkhash has nothing: {normalised:.1f}x in processor time")
    return None


if __name__ == "__main__":
    main()
