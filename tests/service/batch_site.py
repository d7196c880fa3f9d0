"""A project with joined agencies and sealed batches, for tests of what agencies submit."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from service_site import ServiceSite, caller

from audit.crypto.hpke import OpeningKey
from audit.crypto.signatures import SigningKey
from linkage.batches import BatchKind
from linkage.encoded import Chunk, Header, read_batch, write_batch
from linkage.encoding.sealed_batch import seal_batch
from linkage.encoding.secret_passing import join
from linkage.flows.join_project import join_project
from linkage.flows.manage_projects import create_project, plan_of_terms
from linkage.flows.upload_batch import begin_upload, receiving_part
from linkage.projects import Terms
from linkage.sealed_batch import BodyForm

PROJECT = "p-one"
TERMS = Terms(
    "cn-child-v1", "clk", 1_000, "test", 10, "find missing children", "law-12", "", 30, ("hospital", "police")
)


def handle(number: int) -> bytes:
    return hashlib.sha256(b"%d" % number).digest()[:16]


@dataclass
class Agency:
    """An agency's program, as far as tests need it."""

    code: str
    signing: SigningKey = field(default_factory=SigningKey.generate)
    opening: OpeningKey = field(default_factory=OpeningKey.generate)

    def join(self, place: ServiceSite, project: str = PROJECT) -> None:
        accepted = join(project, self.code, 1, self.signing, self.opening)
        line = self.signing.verifying_key.to_text()
        join_project(place.unit, caller(self.code), project, accepted, line)

    def sealed(
        self, place: ServiceSite, folder: Path, numbers: list[int], *, seed: int = 1, form: BodyForm = BodyForm.ARROW,
        **header: object,
    ) -> bytes:  # fmt: skip
        """A sealed batch of the records of these numbers."""
        plan, n = plan_of_terms(TERMS), len(numbers)
        rng = np.random.default_rng(seed)
        handles = np.frombuffer(b"".join(map(handle, numbers)), dtype=np.uint8).reshape(n, 16)
        keys = {"clk": rng.integers(0, 256, (n, 128), dtype=np.uint8)}
        visible = {"has_name": rng.random(n) < 0.9, "has_id": rng.random(n) < 0.5}
        made = Header("s", plan.fingerprint, "f" * 16, n, "clk", "test", {}, {}, PROJECT, self.code, 1)
        write_batch(folder / "x.batch", replace(made, **header), plan, [Chunk(handles, keys, visible)])  # type: ignore[arg-type]
        unit = place.unit.keys.opening.sealing_key
        seal_batch(read_batch(folder / "x.batch"), folder / "x.sealed", unit, self.signing, form)
        return (folder / "x.sealed").read_bytes()

    def upload(self, place: ServiceSite, data: bytes, kind: BatchKind = BatchKind.CHANGES) -> str:
        """Begin and send it in two parts, uncommitted; the upload's id."""
        declared = hashlib.sha256(data).hexdigest()
        made = begin_upload(place.unit, caller(self.code), PROJECT, kind, len(data), declared)
        half = len(data) // 2
        for offset, part in ((0, data[:half]), (half, data[half:])):
            self.send(place, made.id, offset, part)
        return made.id

    def send(self, place: ServiceSite, upload: str, offset: int, part: bytes) -> None:
        digest = hashlib.sha256(part).digest()
        with receiving_part(place.unit, caller(self.code), PROJECT, upload, offset, digest) as open_part:
            open_part.write(part)


def make_project(place: ServiceSite) -> tuple[Agency, Agency]:
    place.know(*TERMS.members)
    create_project(place.unit, caller(), PROJECT, TERMS)
    agencies = Agency("police"), Agency("hospital")
    for agency in agencies:
        agency.join(place)
    return agencies
