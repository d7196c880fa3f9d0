"""Fuzz the whole API by its own description: 10,000 requests, none answered 5xx, every answer a described one.

Run: `.venv/bin/python -m bench.fuzz_api [--examples 10000] [--engine postgresql] [--seed 1]`. The service runs in this
process on a real database; callers are named by a header, so that every role is reached (credentials have tests of
their own). Half of the requests break the description. Writes bench/out/fuzz_api.json; exit 1 if anything broke.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import structlog

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "bench" / "out"
sys.path[:0] = [str(ROOT / "tests" / "service"), str(ROOT / "tests" / "audit")]

from api_fuzzing import fuzzer_of  # noqa: E402  (found by the line above)
from schemathesis.core.failures import FailureGroup  # noqa: E402
from service_site import build_site  # noqa: E402

from api.http.description import describe  # noqa: E402
from api.linkage.routers import ROUTERS  # noqa: E402
from bench.throwaway import ENGINES, database  # noqa: E402
from linkage.job_clusters import JobClusters  # noqa: E402
from linkage.standing_records import StandingRecords  # noqa: E402


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--examples", type=int, default=10_000)
    options.add_argument("--engine", choices=ENGINES, default="postgresql")
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    with tempfile.TemporaryDirectory() as folder, database(given.engine, Path(folder)) as url:
        broken, found = _fuzz(url, Path(folder), given.examples, given.seed)
    found |= {"engine": given.engine, "seed": given.seed}
    OUT.mkdir(exist_ok=True)
    (OUT / "fuzz_api.json").write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))
    for label, error in broken.items():
        print(f"\n{label}\n{error}", file=sys.stderr)
    raise SystemExit(1 if broken else 0)


def _fuzz(url: str, folder: Path, examples: int, seed: int) -> tuple[dict[str, BaseException], dict[str, object]]:
    place = build_site(url, folder)
    app = place.app(*ROUTERS)
    app.state.least_free_bytes = 0
    app.state.subject_records = StandingRecords(JobClusters())
    fuzzer = fuzzer_of(place, app, describe(ROUTERS))
    broken: dict[str, BaseException] = {}
    began = time.perf_counter()
    with fuzzer.http:
        operations = list(fuzzer.operations())
        while (missing := examples - sum(fuzzer.answers.values())) > 0 and not broken:  # some have few different ones
            for operation in operations:
                try:
                    fuzzer.run(operation, -(-missing // len(operations)), seed)
                except (Exception, FailureGroup) as error:
                    broken[operation.label] = error
            seed += 1
    took = time.perf_counter() - began
    place.close()
    answers = fuzzer.answers
    return broken, {
        "requests": sum(answers.values()),
        "operations": len(operations),
        "operations_that_succeeded": len(fuzzer.reached),
        "statuses": dict(sorted(answers.items())),
        "server_errors": sum(count for status, count in answers.items() if status >= 500),
        "operations_that_broke": sorted(broken),
        "seconds": round(took, 1),
    }


if __name__ == "__main__":
    main()
