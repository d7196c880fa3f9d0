"""One record at the door: matched against 1,000,000 standing records over HTTP, beside a bare audited append.

Run: `.venv/bin/python -m bench.match_one [--children 594000] [--calls 1000] [--engine postgresql]`. A whole service in
processes of its own, four agencies with real keys, tokens and proofs, the encoded files of a generated city sent and
matched before. Every agency asks about so many children, one after the other: every other one stands with an agency,
the rest lives in another city; they are sealed outside the clock. Timed is a call as the agency's program makes it,
from asking to the answer, the entry `match.one` covered by a signed checkpoint within it. The floor, by turns in the
same run and on the same database and log, is the same entry without any match, from a process beside the service.
Quotas of a minute and a day are lifted, else a run would last a day. Writes bench/out/match_one.json.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from api.client import SealinkClient
from api.custody_folder import CustodyFolder
from api.service_demo import serving
from api.settings import Settings
from api.wiring import console_caller, opened
from audit.events import Reason
from audit.shapes import Fact
from bench.city_batches import AGENCIES, PROJECT, city_batches, one_row, terms_of
from bench.served import joined, sealed, unit_folder
from bench.throwaway import ENGINES, database
from linkage.encoded import read_batch
from linkage.unit import Unit

OUT: Final = Path(__file__).resolve().parent / "out"
WARM: Final = 20
TURN: Final = 100
QUOTAS: Final = {"matches_per_day": 1_000_000, "matches_per_minute": 1_000_000, "requests_per_minute": 1_000_000}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--children", type=int, default=594_000, help="594,000 have about a million records")
    options.add_argument("--calls", type=int, default=1_000, help="of each of the four agencies")
    options.add_argument("--engine", choices=ENGINES, default="sqlite")
    given = options.parse_args()
    batches = city_batches(given.children, strangers=10_000)
    with tempfile.TemporaryDirectory() as name, database(given.engine, Path(name)) as url:
        root = Path(name)
        settings = unit_folder(root / "unit", url, limits=QUOTAS)
        with serving(settings, root / "service.log") as address:
            folders = joined(settings, address, root, PROJECT, terms_of(AGENCIES))
            result = measure(settings, address, folders, batches, given.calls)
    result = {"engine": given.engine, **result}
    OUT.mkdir(exist_ok=True)
    (OUT / "match_one.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))
    print("at least: p50 15 ms, p99 50 ms; aim: 6 and 20 ms")


def measure(
    settings: Settings, address: str, folders: list[CustodyFolder], batches: Path, calls: int
) -> dict[str, object]:
    """Standing records and a job, then calls and bare entries by turns."""
    records = sum(send(address, folder, batches) for folder in folders)
    with SealinkClient(address, folders[0].credential()) as client:
        job = client.wait_for_job(PROJECT, client.start_job(PROJECT)["job"])
        assert job["state"] == "done", job
    print(f"{records:,} records stand", flush=True)
    took: list[float] = []
    bare: list[float] = []
    known: Counter[str] = Counter()
    before = os.getloadavg()[0]
    with opened(settings) as service:
        for number, folder in enumerate(folders):
            other = AGENCIES[number - 1]
            questions = fresh(folder, batches, other, number, calls + WARM)
            with SealinkClient(address, folder.credential()) as client:

                def call(question: bytes, client: SealinkClient = client) -> None:
                    known[client.match_one(PROJECT, question)["known"]] += 1

                for question in questions[:WARM]:
                    call(question)
                for at in range(WARM, len(questions), TURN):
                    took += [timed(lambda: call(each)) for each in questions[at : at + TURN]]  # noqa: B023
                    bare += [timed(lambda: append(service.unit)) for _ in range(TURN // 4)]
    return {
        "records": records, "calls": len(took), "load": [round(each, 1) for each in (before, os.getloadavg()[0])],
        "known": dict(known), **spread("call", took), **spread("bare_append", bare),
        "p50_ratio": round(float(np.median(took) / np.median(bare)), 2),
    }  # fmt: skip


def send(address: str, folder: CustodyFolder, batches: Path) -> int:
    """The agency's file of the city; how many records."""
    file = sealed(read_batch(batches / f"{folder.path.name}.batch"), folder.project(PROJECT) / "s.sealed", folder)
    with SealinkClient(address, folder.credential(), timeout_s=600) as client:
        found = client.submit(PROJECT, file)
    file.unlink()
    return int(found["records"])


def fresh(folder: CustodyFolder, batches: Path, other: str, seed: int, count: int) -> list[bytes]:
    """Sealed single records: by turns of a child that the other agency has, and of one who lives elsewhere."""
    rng = np.random.default_rng(seed)
    standing, strangers = read_batch(batches / f"{other}.batch"), read_batch(batches / "stranger.batch")
    here = rng.choice(standing.header.records, count, replace=False)
    elsewhere = rng.choice(strangers.header.records, count, replace=False)
    at, found = folder.project(PROJECT) / "one.sealed", []
    for number in range(count):
        batch, row = (standing, here[number]) if number % 2 else (strangers, elsewhere[number])
        found.append(sealed(one_row(batch, int(row), folder.path.name), at, folder).read_bytes())
    return found


def append(unit: Unit) -> None:
    """The same entry without a match: what an audited answer costs at least."""
    facts: dict[str, Fact] = {
        "project": PROJECT, "model": "0" * 64, "threshold_millionths": 0, "score_bucket": 0, "quota_left": 0,
    }  # fmt: skip
    allowed = unit.allow(Reason.MEMBER, Reason.WITHIN_QUOTA)
    unit.let_go(console_caller(), "match.one", facts, b"{}", 0, decision=allowed, input="0" * 64)


def timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def spread(name: str, seconds: Sequence[float]) -> dict[str, float]:
    p50, p99 = np.percentile(np.array(seconds) * 1000, (50, 99))
    return {f"{name}_p50_ms": round(float(p50), 2), f"{name}_p99_ms": round(float(p99), 2)}


if __name__ == "__main__":
    main()
