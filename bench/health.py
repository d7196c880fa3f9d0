"""Time of the health report beside encoding the same file: one agency's records of a generated city.

Run: `.venv/bin/python -m bench.health [--records 50000] [--scheme match-keys|clk]`. Encoding, examination and
the writing of both report files are timed apart, in one process, after a small file has warmed the compiled code.
Writes bench/out/health.json.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from linkage.encoded import read_batch
from linkage.encoding.custody import encode_unchecked, plan_of
from linkage.encoding.keys import AgencyKey, LinkageSecret
from linkage.encoding.project import load_project
from linkage.health.examine import examine
from linkage.report.health_page import write_health
from linkage.schema import load_schema
from linkage.synthetic.city import build_city
from linkage.synthetic.files import write_city

OUT = Path(__file__).resolve().parent / "out"
RECORDS_PER_CHILD = 0.7  # of the school's file
SEED = 131
POPULATION = 2_000_000


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--records", type=int, default=50_000)
    options.add_argument("--scheme", choices=("match-keys", "clk"), default="match-keys")
    given = options.parse_args()
    measure(300, given.scheme)
    result = measure(round(given.records / RECORDS_PER_CHILD), given.scheme)
    print(
        f"{result['records']:,} records, {given.scheme}: encode {result['encode']:.1f} s, examine "
        f"{result['examine']:.1f} s, write report {result['write']:.1f} s; report / encoding "
        f"{(result['examine'] + result['write']) / result['encode']:.2f}"
    )
    OUT.mkdir(exist_ok=True)
    (OUT / "health.json").write_text(json.dumps({"scheme": given.scheme, **result}, indent=1))


def measure(children: int, scheme: str) -> dict[str, float]:
    """Seconds of each step for the school's file of a city."""
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        project = load_project(write_city(build_city(children, SEED), folder), lambda name: load_schema(name).fields)
        project = replace(project, population=POPULATION, scheme=scheme)  # type: ignore[arg-type]
        plan = plan_of(project)
        source = next(one for one in project.sources if one.name == "school")
        batch, private = folder / "school.batch", folder / "school.private"
        times = [time.perf_counter()]
        encoded, _ = encode_unchecked(source, plan, LinkageSecret.generate(), AgencyKey.generate(), batch, private)
        times.append(time.perf_counter())
        report = examine(read_batch(batch), plan, "2026-11-24", encoded.own)
        times.append(time.perf_counter())
        write_health(folder, report)
        times.append(time.perf_counter())
    steps = [later - sooner for sooner, later in pairwise(times)]
    return {"records": encoded.records, "encode": steps[0], "examine": steps[1], "write": steps[2]}


if __name__ == "__main__":
    main()
