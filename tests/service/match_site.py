"""A project of the match-key scheme with two agencies and a finished job, for tests of single records."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

import numpy as np
from batch_site import PROJECT, TERMS, Agency
from job_site import WORKER, run
from keyed_children import Children
from service_site import ServiceSite, caller

from linkage.batches import BatchKind
from linkage.encoded import Header
from linkage.encoding.sealed_batch import seal_batch
from linkage.flows.commit_upload import commit_upload
from linkage.flows.manage_projects import create_project, plan_of_terms
from linkage.sealed_batch import BodyForm

KEYED = replace(TERMS, scheme="match-keys", population=5_000, diffusion=0)
POLICE_FIRST, HOSPITAL_FIRST = 0, 10_000
"""Record numbers: the police's n is child n, the hospital's 10,000 + n is child n."""


def header(agency: str, records: int, **given: object) -> Header:
    plan = plan_of_terms(KEYED)
    made = Header("s", plan.fingerprint, "f" * 16, records, "match-keys", "test", {}, {}, PROJECT, agency, 1)
    return replace(made, **given)  # type: ignore[arg-type]


def send_children(
    place: ServiceSite, folder: Path, agency: Agency, first: int, children: range | list[int],
    kind: BatchKind = BatchKind.CHANGES,
) -> None:  # fmt: skip
    numbers = np.array(children, dtype=np.int64)
    made = Children(plan_of_terms(KEYED))
    batch = made.write(folder / "z.batch", header(agency.code, len(numbers)), numbers + first, numbers)
    seal_batch(batch, folder / "z.sealed", place.unit.keys.opening.sealing_key, agency.signing)
    upload = agency.upload(place, (folder / "z.sealed").read_bytes(), kind)
    commit_upload(place.unit, caller(agency.code), PROJECT, upload)


def fresh(
    place: ServiceSite, folder: Path, agency: Agency, record: int, child: int, *, spoilt: float = 0.03,
    form: BodyForm = BodyForm.ARROW, **given: object,
) -> bytes:  # fmt: skip
    """A sealed record of a child, as it is encoded at the door."""
    made = Children(plan_of_terms(KEYED))
    numbers = np.array([record]), np.array([child])
    batch = made.write(folder / "one.batch", header(agency.code, 1, **given), *numbers, spoilt)
    seal_batch(batch, folder / "one.sealed", place.unit.keys.opening.sealing_key, agency.signing, form)
    return (folder / "one.sealed").read_bytes()


def body(sealed: bytes) -> dict[str, str]:
    return {"record": base64.b64encode(sealed).decode()}


def matched(place: ServiceSite, folder: Path) -> tuple[Agency, Agency]:
    """The police know children 0 to 399, the hospital 200 to 599; a job has run."""
    place.know(*KEYED.members)
    create_project(place.unit, WORKER, PROJECT, KEYED)
    police, hospital = Agency("police"), Agency("hospital")
    for agency in (police, hospital):
        agency.join(place)
    send_children(place, folder, police, POLICE_FIRST, range(400))
    send_children(place, folder, hospital, HOSPITAL_FIRST, range(200, 600))
    run(place)
    return police, hospital
