"""Encode a CSV with clkhash in one process: the peer's half of bench/encode_clk.py, in the peer's own environment.

Same columns, q-grams, filter length and bits per token as Sealink's half. Validation and the progress bar are off,
which is to the peer's advantage. Prints a JSON object with the seconds from opening the file to the last filter.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from clkhash.clk import generate_clk_from_csv
from clkhash.schema import from_json_dict


def feature(name: str, q: int, positional: bool, k: int) -> dict[str, Any]:
    return {
        "identifier": name,
        "format": {"type": "string", "encoding": "utf-8"},
        "hashing": {
            "comparison": {"type": "ngram", "n": q, "positional": positional},
            "strategy": {"bitsPerToken": k},
            "hash": {"type": "blakeHash"},
        },
    }


def main() -> None:
    path, k = Path(sys.argv[1]), int(sys.argv[2])
    columns = [("given_name", 2), ("surname", 2), ("date_of_birth", 1), ("suburb", 2), ("postcode", 1)]
    schema = from_json_dict(
        {
            "version": 3,
            "clkConfig": {"l": 1024, "kdf": {"type": "HKDF", "hash": "SHA256", "keySize": 64}},
            "features": [feature(name, q, q == 1, k) for name, q in columns],
        }
    )
    started, cpu = time.perf_counter(), time.process_time()
    with path.open(encoding="utf-8") as file:
        filters = generate_clk_from_csv(
            file, "a secret for the benchmark", schema, validate=False, progress_bar=False, max_workers=1
        )
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    bits = sum(bits.count() for bits in filters)
    print(json.dumps({"seconds": seconds, "cpu": cpu, "records": len(filters), "fill": bits / (1024 * len(filters))}))


main()
