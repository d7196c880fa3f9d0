"""The standing index of a project's last job, with the model that it weighs by: written by the job, mapped by each
web process, checked against the digests of the job's list once. A process holds the last index of each project and
lets go of the one before: a file that is mapped takes up the disk even after it was swept away.

It holds the records that stood when the job began. Those that were deleted since are left out by whoever asks
(`last_numbers`); what came since is found from the next job on.

May touch: disk
Sees:      keys and clusters of all agencies
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.encoded import VISIBLE
from linkage.job_files import check_file, own_file, own_table, write_pieces
from linkage.job_records import JobRecords
from linkage.job_results import CLUSTERS, fixed_bytes
from linkage.jobs import Job
from linkage.matching.candidates import KeyColumn
from linkage.matching.index import Shape, StandingIndex, index_pieces
from linkage.matching.kept import keep, take_up
from linkage.matching.one import Weigher
from linkage.plan import Plan
from linkage.unit import Unit

Ints = NDArray[np.int64]

INDEX: Final = "index.bin"
MODEL: Final = "model.npz"


@dataclass(frozen=True, slots=True)
class JobIndex:
    """An index at work. `secret` and `plan` are the fingerprints that a fresh record must have been made under.

    `last_numbers`: number of each agency's last deletion before the job. `handles` uint8[n, 16].
    """

    index: StandingIndex
    weigher: Weigher
    model_sha256: str
    agencies: tuple[str, ...]
    secret: str
    plan: str
    last_numbers: Mapping[str, int]
    handles: NDArray[np.uint8]

    def name_of(self, row: int) -> tuple[str, bytes]:
        """Agency and handle of a row's record."""
        return self.agencies[self.index.source[row]], self.handles[row].tobytes()


def write_index(
    unit: Unit,
    folder: str,
    staged: JobRecords,
    plan: Plan,
    columns: Iterable[KeyColumn],
    weigher: Weigher,
    clusters: Ints,
    threads: int,
    progress: Callable[[float], None],
) -> dict[str, str]:
    """Names and digests of what was written."""
    slots = tuple(key_type.slots for key_type in plan.schema.key_types)
    shape = Shape(len(staged), int(clusters.max(initial=-1)) + 1, slots)
    visible = np.zeros(len(staged), dtype=np.uint8)
    for bit, name in enumerate(VISIBLE):
        visible |= np.concatenate([each.visible(name) for each in staged.batches]).astype(np.uint8) << bit
    pieces = index_pieces(
        columns, shape, visible, staged.source(), clusters, threads=threads,
        progress=lambda done: progress(done / len(slots)),
    )  # fmt: skip
    about = {
        "agencies": staged.agencies,
        "secret": staged.batches[0].header.secret,
        "plan": plan.fingerprint,
        "records": shape.records,
        "clusters": shape.clusters,
        "slots": list(slots),
        "last_numbers": {agency: max(found.values(), default=0) for agency, found in staged.deleted.items()},
    }
    return {
        INDEX: write_pieces(unit, f"{folder}/{INDEX}", pieces),
        MODEL: write_pieces(unit, f"{folder}/{MODEL}", [keep(weigher, about)]),
    }


def open_index(unit: Unit, job: Job) -> JobIndex:
    """The index that this job wrote, mapped; BatchError when it is not what was written."""
    with _OPENING:
        held = _OPEN.get((unit.folder, job.project))
        if held is not None and held[0] == job.files:
            return held[1]
        opened = _opened(unit, job)
        _OPEN[unit.folder, job.project] = (job.files, opened)
        return opened


def is_open(unit: Unit, job: Job) -> bool:
    """Whether this process holds it."""
    return _OPEN.get((unit.folder, job.project), ("", None))[0] == job.files


def let_go(unit: Unit, projects: Container[str]) -> None:
    """Of the indexes of all projects but these."""
    for folder, project in list(_OPEN):
        if folder == unit.folder and project not in projects:
            _OPEN.pop((folder, project), None)


_OPENING: Final = Lock()
"""Reading two gigabytes once is enough, however many ask meanwhile."""
_OPEN: Final[dict[tuple[Path, str], tuple[str, JobIndex]]] = {}


def _opened(unit: Unit, job: Job) -> JobIndex:
    (index, digest), (model, model_digest) = (own_file(unit, job, name) for name in (INDEX, MODEL))
    check_file(index, digest)
    check_file(model, model_digest)
    weigher, about = take_up(model.read_bytes())
    shape = Shape(about["records"], about["clusters"], tuple(about["slots"]))
    return JobIndex(
        StandingIndex(index, shape), weigher, model_digest, tuple(about["agencies"]), about["secret"], about["plan"],
        about["last_numbers"], fixed_bytes(own_table(unit, job, CLUSTERS)["handle"]),
    )  # fmt: skip
