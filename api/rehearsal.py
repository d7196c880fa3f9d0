"""A linkage on one machine, from agencies' files to links, through the code that agencies and linkage unit run apart.

Every source is encoded under its own agency key and a linkage secret made for this run; the matcher then opens the
batches alone. Only here do the private maps of all sources meet, so that a rehearsal can name record ids; apart, each
agency resolves its own. Nothing is stored but the results, and those only when all of them are whole.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow as pa

from linkage.encoded import Batch, read_batch
from linkage.encoding.batch import read_private
from linkage.encoding.custody import Custody, encode_file, plan_of
from linkage.encoding.keys import AgencyKey, LinkageSecret
from linkage.encoding.project import Project, Source
from linkage.flows.match_batches import Matches, Rules, match_batches
from linkage.plan import Plan
from linkage.results import Naming

Bar = Callable[[str], Callable[[int, int], None]]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Everything that the result files and the report are made from; `seconds` per step."""

    project: Project
    plan: Plan
    custody: dict[str, Custody]
    batches: list[Batch]
    matches: Matches
    naming: Naming
    seconds: dict[str, float]


def rehearse(project: Project, work: Path, bar: Bar, *, workers: int = 2) -> Rehearsal:
    """Encode every source into `work`, match the batches, and name the records again."""
    plan = plan_of(project)
    seconds: dict[str, float] = {}
    started = time.perf_counter()
    custody = _encode_all(project, plan, work, bar, workers)
    seconds["read, normalise and encode"] = time.perf_counter() - started
    started = time.perf_counter()
    batches = [read_batch(_batch_path(work, source)) for source in project.sources]
    bars: dict[str, Callable[[int, int], None]] = {}

    def progress(step: str, done: int, total: int) -> None:
        if step not in bars:
            bars[step] = bar(step)
        bars[step](done, total)

    rules = Rules(project.within_sources, project.one_to_one)
    matches = match_batches(batches, plan, rules, threads=workers, scratch=work, progress=progress)
    seconds["match"] = time.perf_counter() - started
    ids = [read_private(_private_path(work, source)) for source in project.sources]
    naming = Naming(
        [source.name for source in project.sources],
        matches.source,
        pa.array([i for part in ids for i in part]),
        "record",
    )
    return Rehearsal(project, plan, custody, batches, matches, naming, seconds)


def working_folder(out: Path) -> tempfile.TemporaryDirectory[str]:
    """A private folder beside the results, removed whatever happens."""
    out.parent.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent, ignore_cleanup_errors=True)


def publish(made: Path, out: Path) -> None:
    """Move finished result files into `out`, replacing older ones one by one."""
    out.mkdir(parents=True, exist_ok=True)
    for file in sorted(made.iterdir()):
        shutil.move(file, out / file.name)


def _encode_all(project: Project, plan: Plan, work: Path, bar: Bar, workers: int) -> dict[str, Custody]:
    secret = LinkageSecret.generate()
    jobs = {
        source.name: (
            source,
            plan,
            secret,
            AgencyKey.generate(),
            _batch_path(work, source),
            _private_path(work, source),
        )
        for source in project.sources
    }
    advance = bar("sources encoded")
    advance(0, len(jobs))
    largest_first = sorted(project.sources, key=lambda source: -source.file.stat().st_size)
    custody: dict[str, Custody] = {}
    with ProcessPoolExecutor(min(workers, len(jobs)), mp_context=get_context("forkserver")) as pool:
        running = {source.name: pool.submit(encode_file, *jobs[source.name]) for source in largest_first}
        for done, source in enumerate(largest_first, 1):
            custody[source.name] = running[source.name].result()
            advance(done, len(jobs))
    return {source.name: custody[source.name] for source in project.sources}


def _batch_path(work: Path, source: Source) -> Path:
    return work / f"{source.name}.batch"


def _private_path(work: Path, source: Source) -> Path:
    return work / f"{source.name}.private"


def count_sizes(clusters: np.ndarray) -> list[tuple[int, int]]:
    """(cluster size, number of clusters), smallest first."""
    size, count = np.unique(np.bincount(clusters), return_counts=True)
    return [(int(s), int(c)) for s, c in zip(size, count, strict=True)]
