"""A million records, encoded batches to clusters, beside plaintext Splink 5 on the same records; and files to links.

Run: `bench/peers/setup splink && .venv/bin/python -m bench.scale`. The generated city, its encoding and the peer's
plaintext table are made outside the clock and kept in bench/out/scale/ until the plan or the size changes. Then each
tool runs alone in a process of its own, one after the other: Sealink from opening the batches to clusters, Splink from
its loaded table to clusters (its training is timed too, and its ratio stands beside). Peak memory is what the kernel
says of each process, file pages that it mapped included. Writes bench/out/scale.json.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bench.peers.splink_rows import write_rows
from linkage.encoded import read_batch
from linkage.encoding.batch import read_private
from linkage.encoding.custody import encode_file, plan_of
from linkage.encoding.keys import AgencyKey, LinkageSecret
from linkage.encoding.project import Project, load_project
from linkage.flows.match_batches import Rules, match_batches
from linkage.schema import load_schema
from linkage.synthetic.city import build_city
from linkage.synthetic.files import write_city

ROOT = Path(__file__).resolve().parent.parent
PEER = ROOT / ".venv-peers-splink" / "bin" / "python"
OUT = ROOT / "bench" / "out"
RECORDS_PER_CHILD = 1.683
SEED = 101

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Run:
    """One tool's run: seconds by step, peak memory of its process in bytes, pairs across sources judged."""

    tool: str
    seconds: dict[str, float]
    peak_bytes: int
    precision: float
    recall: float
    f1: float

    @property
    def total(self) -> float:
        return sum(self.seconds.values())


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--records", type=int, default=1_000_000)
    options.add_argument("--files-children", type=int, default=50_000, help="size of files to links; 0 leaves it out")
    options.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.work:
        print(json.dumps(match_folder(given.work)))
        return
    result: dict[str, Any] = {}
    if given.files_children:
        result["files_to_links"] = files_to_links(given.files_children)
    if given.records:
        result |= side_by_side(given.records)
    OUT.mkdir(exist_ok=True)
    (OUT / "scale.json").write_text(json.dumps(result, indent=1))


def side_by_side(records: int) -> dict[str, Any]:
    """Both tools on one city of about so many records; prints as it goes."""
    folder = OUT / "scale" / str(records)
    prepare(folder, round(records / RECORDS_PER_CHILD))
    runs = [run_sealink(folder)]
    show(runs[-1])
    ratios = {}
    if PEER.exists():
        runs.append(run_splink(folder))
        show(runs[-1])
        ratios = compare(*runs)
    else:
        print("Splink left out: run bench/peers/setup splink first")
    count = len(np.load(folder / "entity.npy"))
    return {"records": count, "runs": [asdict(run) for run in runs], **ratios}


def compare(ours: Run, peer: Run) -> dict[str, float]:
    answered = peer.seconds["predict"] + peer.seconds["cluster"]
    ratios = {
        "ratio_predict_cluster": ours.total / answered,
        "ratio_all": ours.total / peer.total,
        "ratio_memory": ours.peak_bytes / peer.peak_bytes,
        "peak_gb": ours.peak_bytes / 1e9,
    }
    print(
        f"Sealink / Splink: {ratios['ratio_predict_cluster']:.2f}x the time of predict + cluster, "
        f"{ratios['ratio_all']:.2f}x with load and training; {ratios['ratio_memory']:.2f}x the memory"
    )
    return ratios


def prepare(folder: Path, children: int) -> None:
    """City, batches, plaintext table and truth in `folder`; nothing is done when they are there for this plan."""
    stamp = folder / "made.json"
    if stamp.exists() and json.loads(stamp.read_text()) == made_for(folder, children):
        print(f"{folder.name} records: made before")
        return
    shutil.rmtree(folder, ignore_errors=True)
    started = time.perf_counter()
    project_file = write_city(build_city(children, SEED), folder)
    started = lap(f"{children:,} children generated", started)
    project = load_project(project_file, lambda name: load_schema(name).fields)
    encode(project, folder)
    started = lap("encoded", started)
    truth = write_rows(project_file, folder / "rows.parquet")
    np.savez(folder / "rows_truth.npz", source=truth.source, entity=truth.entity)
    np.save(folder / "entity.npy", entities_of_batches(project, folder))
    lap("plaintext table written", started)
    stamp.write_text(json.dumps(made_for(folder, children)))


def made_for(folder: Path, children: int) -> dict[str, Any]:
    project = load_project(folder / "project.toml", lambda name: load_schema(name).fields)
    return {"children": children, "seed": SEED, "plan": plan_of(project).fingerprint}


def lap(step: str, started: float) -> float:
    now = time.perf_counter()
    print(f"{step}: {now - started:.0f} s", flush=True)
    return now


def encode(project: Project, folder: Path) -> None:
    """Every source under one secret that is thrown away, two processes, largest file first."""
    plan, secret = plan_of(project), LinkageSecret.generate()
    sources = sorted(project.sources, key=lambda source: -source.file.stat().st_size)
    with ProcessPoolExecutor(2, mp_context=get_context("forkserver")) as pool:
        jobs = {
            source.name: pool.submit(
                encode_file, source, plan, secret, AgencyKey.generate(),
                folder / f"{source.name}.batch", folder / f"{source.name}.private",
            )
            for source in sources
        }  # fmt: skip
        for name, job in jobs.items():
            print(f"  {name}: {job.result().encoded.records:,} records encoded", flush=True)


def entities_of_batches(project: Project, folder: Path) -> Ints:
    """True entity of every batch row, batches in the project's order."""
    with (folder / "truth.csv").open(encoding="utf-8") as file:
        known = {(row["source"], row["record"]): int(row["entity"][1:]) for row in csv.DictReader(file)}
    rows = [(s.name, record) for s in project.sources for record in read_private(folder / f"{s.name}.private")]
    return np.array([known[row] for row in rows])


def match_folder(folder: Path) -> dict[str, float]:
    """Sealink's own process: batches to clusters, seconds by step."""
    project = load_project(folder / "project.toml", lambda name: load_schema(name).fields)
    plan = plan_of(project)
    seconds: dict[str, float] = {}
    at = "open batches"
    started = time.perf_counter()

    def progress(step: str, done: int, total: int) -> None:
        nonlocal at, started
        if step != at:
            now = time.perf_counter()
            seconds[at] = now - started
            at, started = step, now
        if done % 10 == 0 or done == total:
            print(f"  {step} {done}/{total}", file=sys.stderr, flush=True)

    batches = [read_batch(folder / f"{source.name}.batch") for source in project.sources]
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        matches = match_batches(
            batches,
            plan,
            Rules(project.within_sources, project.one_to_one),
            threads=2,
            scratch=Path(scratch),
            progress=progress,
        )
    seconds[at] = time.perf_counter() - started
    np.savez(folder / "sealink.npz", cluster=matches.clusters, source=matches.source)
    return seconds


def run_sealink(folder: Path) -> Run:
    seconds, peak = measured([sys.executable, "-m", "bench.scale", "--work", folder])
    with np.load(folder / "sealink.npz") as found:
        scores = judged(found["cluster"], found["source"], np.load(folder / "entity.npy"))
    return Run("Sealink", seconds, peak, *scores)


def run_splink(folder: Path) -> Run:
    out = folder / "splink"
    out.mkdir(exist_ok=True)
    script = ROOT / "bench" / "peers" / "splink_link.py"
    seconds, peak = measured([PEER, script, "city", folder / "rows.parquet", "--out", out, "--keep", "0.9"])
    seconds.pop("peak_bytes")
    clusters = pq.read_table(out / "clusters.parquet")
    with np.load(folder / "rows_truth.npz") as truth:
        label = np.empty(len(truth["entity"]), dtype=np.int64)
        label[clusters["record"].to_numpy()] = np.unique(clusters["cluster"].to_numpy(), return_inverse=True)[1]
        scores = judged(label, truth["source"], truth["entity"])
    return Run("Splink", seconds, peak, *scores)


def judged(cluster: Ints, source: Ints, entity: Ints) -> tuple[float, float, float]:
    """Precision, recall and F1 of pairs across sources, counted from group sizes: no pair is ever listed."""
    found = pairs_across([cluster], source)
    true = pairs_across([entity], source)
    right = pairs_across([cluster, entity], source)
    return right / max(found, 1), right / max(true, 1), 2 * right / max(found + true, 1)


def pairs_across(labels: Sequence[Ints], source: Ints) -> int:
    """Pairs of rows that agree on all labels and differ in source."""

    def pairs(*columns: Ints) -> int:
        size = np.unique(np.column_stack(columns), axis=0, return_counts=True)[1]
        return int((size * (size - 1) // 2).sum())

    return pairs(*labels) - pairs(*labels, source)


def measured(command: list[str | Path]) -> tuple[dict[str, float], int]:
    """Run a process that prints a JSON object; its answer and its peak resident memory in bytes."""
    with tempfile.TemporaryFile("w+") as answer, subprocess.Popen(command, stdout=answer, cwd=ROOT) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{Path(command[-1]).name}: the measured process failed")
        answer.seek(0)
        return json.load(answer), usage.ru_maxrss * 1024


def files_to_links(children: int) -> dict[str, float]:
    """Wall clock of `sealink link` on a generated city: four CSVs to links, review, clusters and report.

    A small city goes first, so that kernels are compiled before the clock runs, as they are after a first use.
    """
    link_city(300)
    seconds = link_city(children)
    print(f"{children:,} children, files to links and report, 2 cores: {seconds:.1f} s", flush=True)
    return {"children": children, "seconds": seconds}


def link_city(children: int) -> float:
    command = Path(sys.executable).with_name("sealink")
    with tempfile.TemporaryDirectory() as work:
        project = write_city(build_city(children, SEED), Path(work))
        started = time.perf_counter()
        subprocess.run([command, "link", project, "--out", Path(work) / "out"], check=True, capture_output=True)
        return time.perf_counter() - started


def show(run: Run) -> None:
    steps = ", ".join(f"{step} {seconds:.1f}" for step, seconds in run.seconds.items())
    print(
        f"{run.tool:8} {run.total:7.1f} s ({steps})  peak {run.peak_bytes / 1e9:.2f} GB  "
        f"P {run.precision:.4f} R {run.recall:.4f} F1 {run.f1:.4f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
