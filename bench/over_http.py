"""100,000 x 100,000 records over HTTP: from the first byte of the upload to both agencies' results.

Run: `.venv/bin/python -m bench.over_http [--engine postgresql]`. A whole service in processes of its own, two agencies
with real keys, tokens and proofs, each with 100,000 records of a generated city, encoded and sealed outside the clock.
Within it: both files go up at once and are opened, checked and examined; the job matches; both agencies fetch their
results as one Arrow file; all entries of the log with it. It judges no links: how good they are says bench.quality.
Writes bench/out/over_http.json.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pyarrow as pa

from api.client import SealinkClient
from api.custody_folder import CustodyFolder
from api.service_demo import serving
from bench.city_batches import PROJECT, city_batches, terms_of
from bench.served import joined, sealed, unit_folder
from bench.throwaway import ENGINES, database
from linkage.encoded import read_batch

OUT: Final = Path(__file__).resolve().parent / "out"
AGENCIES: Final = ("hospital", "school")
RECORDS: Final = 100_000
CHILDREN: Final = 200_000
"""A city whose hospital and school both have that many records."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--engine", choices=ENGINES, default="sqlite")
    given = options.parse_args()
    batches = city_batches(CHILDREN, AGENCIES, most=RECORDS)
    with tempfile.TemporaryDirectory() as name, database(given.engine, Path(name)) as url:
        root = Path(name)
        settings = unit_folder(root / "unit", url)
        with serving(settings, root / "service.log") as address:
            folders = joined(settings, address, root, PROJECT, terms_of(AGENCIES))
            files = {each: _sealed(batches, each) for each in folders}
            before = os.getloadavg()[0]
            steps = measure(address, files)
        rows = [_rows(each.path / "results.arrow") for each in folders]
    assert rows == [RECORDS, RECORDS], rows
    size = sum(read.stat().st_size for read in batches.glob("*.batch")) / 1e6
    result = {"engine": given.engine, "megabytes": round(size), "load_before": round(before, 1), **steps}
    OUT.mkdir(exist_ok=True)
    (OUT / "over_http.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))
    print("at least 90 s; aim 45 s")


def measure(address: str, files: dict[CustodyFolder, Path]) -> dict[str, float]:
    """Seconds of each step and of all."""
    began = time.perf_counter()
    steps: dict[str, float] = {}

    def lap(name: str) -> None:
        steps[name] = round(time.perf_counter() - began - sum(steps.values()), 1)

    clients = {folder: SealinkClient(address, folder.credential(), timeout_s=300) for folder in files}
    with ThreadPoolExecutor(len(files)) as pool:
        list(pool.map(lambda folder: clients[folder].submit(PROJECT, files[folder]), files))
        lap("upload_and_check_s")
        first = clients[next(iter(files))]
        job = first.wait_for_job(PROJECT, first.start_job(PROJECT)["job"])
        assert job["state"] == "done", job
        lap("match_s")
        list(pool.map(lambda folder: clients[folder].save_results(PROJECT, folder.path / "results.arrow"), files))
        lap("results_s")
    for client in clients.values():
        client.close()
    return {**steps, "all_s": round(time.perf_counter() - began, 1)}


def _sealed(batches: Path, folder: CustodyFolder) -> Path:
    batch = read_batch(batches / f"{folder.path.name}.batch")
    assert batch.header.records == RECORDS, batch.header.records
    return sealed(batch, folder.project(PROJECT) / "s.sealed", folder)


def _rows(file: Path) -> int:
    with pa.OSFile(str(file)) as source:
        return int(pa.ipc.open_stream(source).read_all().num_rows)


if __name__ == "__main__":
    main()
