"""The audit log of linkages run on this machine: one entry a run, durable and signed before the results appear.

A run's entry holds hashes of its inputs, its parameters and its results, and counts; no name, no key. The log lies
beside the results: `log/` is what anybody may verify (`sealink audit verify OUT/log --keys OUT/log/vkeys`), `.log/`
its database, key and signer's memory. It is one person's log on one machine: it has no witness.

May touch: disk, a process of its own (the signer), clock
Sees:      bytes of inputs and results, to hash them
"""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

from api.outcome import Outcome
from api.rehearsal import Rehearsal
from audit import canonical
from audit.commitments import hash_output
from audit.entry import Actor, Entry, Output
from audit.events import Book
from audit.keys import parse_vkeys
from audit.publish import publish
from audit.receipt import Receipt
from audit.release import Release, release
from audit.request_id import new_request_id
from audit.site import open_site
from audit.verifier.sources import Folder
from audit.verifier.trust import Trust
from audit.verifier.whole_log import verify_log

MANIFEST: Final = "manifest.json"
SALT: Final = "manifest.salt"  # with it, anybody who holds the manifest can find its hash in the log
_LOCAL: Final = Actor("operator", "local", "operator", "none", "this-machine")


@dataclass(frozen=True, slots=True)
class Run:
    """What one run was. `inputs`: SHA-256 of each source file; `parameters`: SHA-256 of plan and rules, in hex."""

    inputs: tuple[str, ...]
    parameters: str
    records: int
    links: int
    clusters: int
    reviews: int


def run_of(rehearsal: Rehearsal, outcome: Outcome) -> Run:
    """What the log keeps of a rehearsal."""
    project = rehearsal.project
    inputs = tuple(sorted(file_sha256(source.file) for source in project.sources))
    rules = {"within_sources": project.within_sources, "one_to_one": project.one_to_one}
    parameters = canonical.dumps({"plan": rehearsal.plan.fingerprint, **rules})
    parameters_hash = hashlib.sha256(parameters).hexdigest()
    return Run(inputs, parameters_hash, outcome.records, outcome.links, outcome.clusters, outcome.review)


def log_run(run: Run, results: Path, out: Path) -> Release:
    """Write the manifest of `results`, enter the run into the log of `out`, publish it, and let the manifest go.

    Raises `AuditError` when the log refuses; then nothing of `results` may be moved to `out`.
    """
    manifest = canonical.dumps({file.name: file_sha256(file) for file in sorted(results.iterdir())})
    salt = secrets.token_bytes(32)
    with open_site(out, Book.RUN) as site:
        entry = _entry(run, manifest, salt)
        receipt: Receipt = site.log.append_and_wait(entry)
        let_go = release(receipt, entry, manifest, salt)
        (results / MANIFEST).write_bytes(let_go.data)
        (results / SALT).write_text(let_go.salt.hex())
        publish(site.log, site.place.published, site.keys)
    return let_go


def verify_run_log(out: Path) -> str:
    """Prove the published log of a results folder as an auditor would; raises `AuditError` with the first bad thing."""
    keys = parse_vkeys((out / "log" / "vkeys").read_text(), "vkeys")
    proven = verify_log(Folder(out / "log"), Trust(tuple(keys)), int(time.time()))
    return f"{proven.head.size} entries, root {proven.head.root.hex()[:16]}…"


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _entry(run: Run, manifest: bytes, salt: bytes) -> Entry:
    now = time.time_ns() // 1_000_000
    return Entry(
        event="run",
        ts_ms=now,
        req=new_request_id(now),
        actor=_LOCAL,
        output=Output(hash_output(manifest, salt), run.records, salted=True),
        facts={
            "command": "link",
            "version": version("sealink"),
            "inputs": run.inputs,
            "parameters": run.parameters,
            "records": run.records,
            "links": run.links,
            "clusters": run.clusters,
            "reviews": run.reviews,
        },
    )
