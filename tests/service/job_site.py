"""Two agencies that know some of the same children, and a worker, for tests of jobs and what comes of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from batch_site import PROJECT, Agency, handle
from service_site import ServiceSite, caller

from linkage.encoded import Chunk, Header, read_batch, write_batch
from linkage.encoding.sealed_batch import seal_batch
from linkage.flows.commit_upload import commit_upload
from linkage.flows.manage_projects import find_project, plan_of_project
from linkage.flows.run_job import Worker, run_next_job
from linkage.flows.start_job import start_job
from linkage.jobs import Job, JobKind, JobState
from linkage.store import jobs

WORKER = caller(subject="worker")
ALONE = {n: n for n in range(200, 260)}
"""Records of children whom nobody else knows: the model needs strangers."""


def send(place: ServiceSite, folder: Path, agency: Agency, children: Mapping[int, int]) -> str:
    """Submit records (number → child). The batch's id."""
    upload = agency.upload(place, sealed_children(place, folder, agency, children))
    return commit_upload(place.unit, caller(agency.code), PROJECT, upload).id


def sealed_children(place: ServiceSite, folder: Path, agency: Agency, children: Mapping[int, int]) -> bytes:
    """A sealed batch of records; those of one child have nearly the same filter."""
    with place.unit.database.reading() as connection:
        plan = plan_of_project(find_project(connection, caller(), PROJECT))
    n = len(children)
    handles = np.frombuffer(b"".join(map(handle, children)), dtype=np.uint8).reshape(n, 16)
    filters = np.stack([_filter(agency.code, record, child) for record, child in children.items()])
    visible = {name: np.ones(n, dtype=bool) for name in ("has_name", "has_id")}
    header = Header("s", plan.fingerprint, "f" * 16, n, "clk", "test", {}, {}, PROJECT, agency.code, 1)
    write_batch(folder / "y.batch", header, plan, [Chunk(handles, {"clk": filters}, visible)])
    unit = place.unit.keys.opening.sealing_key
    seal_batch(read_batch(folder / "y.batch"), folder / "y.sealed", unit, agency.signing)
    return (folder / "y.sealed").read_bytes()


def run(place: ServiceSite, kind: JobKind = JobKind.MATCH) -> Job:
    """A job from its request to its end."""
    made = start_job(place.unit, caller(), PROJECT, kind)
    assert run_next_job(place.unit, WORKER, Worker()) == 1
    with place.unit.database.reading() as connection:
        found = jobs.find(connection, PROJECT, made.id)
    assert found is not None and found.state is JobState.DONE, found
    return found


def _filter(agency: str, record: int, child: int) -> np.ndarray:
    bits = np.random.default_rng(child).random(1024) < 0.5
    noise = np.random.default_rng([record, len(agency)]).random(1024) < 0.02
    return np.packbits(bits ^ noise)
