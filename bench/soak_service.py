"""A day of eight agencies, compressed: mixed load for half an hour while the worker is killed every minute.

Run: `.venv/bin/python -m bench.soak_service [--minutes 30] [--kill-every 60] [--engine postgresql]`. The service runs
in processes of its own, behind its real door; each agency is a thread with real keys that sends changes, deletes
records, starts jobs and reads results as chance has it, and keeps its own book of what the service acknowledged. At the
end, after one last job:

    - each agency's results hold exactly the records of its book, each once: nothing lost, nothing doubled
    - each acknowledged batch is listed once, and has one entry in the log
    - each job that was asked for has one end, and one entry for what it did
    - the published log is proven

Figures are counts; nothing is timed. Exit 1 names what was lost or doubled. Writes bench/out/soak_service.json.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from api.client import SealinkClient, ServiceError
from api.custody_folder import CustodyFolder
from api.run_log import verify_run_log
from api.service_demo import serving
from api.settings import Settings
from api.wiring import opened
from audit.crypto.hpke import SealingKey
from audit.entry import read
from bench.served import joined, unit_folder
from bench.throwaway import ENGINES, database
from linkage.encoded import Chunk, Header, read_batch, write_batch
from linkage.encoding.sealed_batch import seal_batch
from linkage.flows.manage_projects import plan_of_terms
from linkage.plan import Plan
from linkage.projects import Terms

OUT = Path(__file__).resolve().parent / "out"
PROJECT = "soak"
CHILDREN = 6_000
AGENCIES = tuple(f"agency-{number}" for number in range(8))
TERMS = Terms("cn-child-v1", "clk", 20_000, "soak", 10, "soak", "soak", "", 30, AGENCIES)
HONEST = {"no-records", "workers-lost"}
"""Failures that jobs may end with here: asked for before there is anything to match, or killed three times."""


@dataclass
class Agency:
    """One agency at work. `book` is what the service acknowledged: handles that stand; `did` counts its acts."""

    folder: CustodyFolder
    plan: Plan
    seed: int
    book: set[str] = field(default_factory=set)
    batches: list[str] = field(default_factory=list)
    did: Counter[str] = field(default_factory=Counter)
    broken: str = ""

    @property
    def code(self) -> str:
        return self.folder.path.name

    def work(self, address: str, until: float) -> None:
        chance = random.Random(self.seed)
        try:
            with SealinkClient(address, self.folder.credential()) as client:
                while time.monotonic() < until:
                    act = chance.choices((self.send, self.delete, self.start, self.look), (5, 2, 2, 2))[0]
                    act(client, chance)
                    time.sleep(chance.uniform(0.2, 1.5))
        except Exception as error:  # the thread's end must not pass unseen
            self.broken = f"{type(error).__name__}: {error}"

    def send(self, client: SealinkClient, chance: random.Random) -> None:
        children = chance.sample(range(CHILDREN), chance.randint(20, 200))
        handles = [(self.seed << 64 | child).to_bytes(16, "big") for child in children]
        filters = np.stack([self._filter(child) for child in children])
        visible = {name: np.ones(len(children), dtype=bool) for name in ("has_name", "has_id")}
        header = Header(
            "s", self.plan.fingerprint, "f" * 16, len(children), "clk", TERMS.normaliser, {}, {}, PROJECT, self.code, 1
        )  # fmt: skip
        rows = np.frombuffer(b"".join(handles), dtype=np.uint8).reshape(-1, 16)
        at = self.folder.project(PROJECT)
        write_batch(at / "s.batch", header, self.plan, [Chunk(rows, {"clk": filters}, visible)])
        unit = SealingKey.parse(self.folder.profile().unit_sealing)
        seal_batch(read_batch(at / "s.batch"), at / "s.sealed", unit, self.folder.signing_key())
        made = client.submit(PROJECT, at / "s.sealed", "changes")
        self.batches.append(made["batch"])
        self.book |= {handle.hex() for handle in handles}
        self.did["batches"] += 1
        self.did["records"] += len(handles)

    def delete(self, client: SealinkClient, chance: random.Random) -> None:
        if self.book:
            handle = chance.choice(sorted(self.book))
            client.delete_record(PROJECT, handle)
            self.book.discard(handle)
            self.did["deletions"] += 1

    def start(self, client: SealinkClient, chance: random.Random) -> None:
        try:
            client.start_job(PROJECT)
            self.did["jobs"] += 1
        except ServiceError as error:
            if error.status != 409:  # one job at a time
                raise
            self.did["jobs refused"] += 1

    def look(self, client: SealinkClient, chance: random.Random) -> None:
        try:
            rows = client.list_results(PROJECT)
        except ServiceError as error:
            if error.status != 404:  # before the first job
                raise
            return
        handles = [row["handle"] for row in rows]
        if len(handles) != len(set(handles)):
            raise AssertionError("a record stands twice in one agency's results")
        self.did["results read"] += 1

    def _filter(self, child: int) -> np.ndarray:
        bits = np.random.default_rng(child).random(1024) < 0.5
        noise = np.random.default_rng([child, self.seed]).random(1024) < 0.02
        return np.packbits(bits ^ noise)


def prepared(settings: Settings, address: str, root: Path) -> list[Agency]:
    """Eight agencies, registered and joined."""
    plan = plan_of_terms(TERMS)
    folders = joined(settings, address, root, PROJECT, TERMS)
    return [Agency(folder, plan, number + 1) for number, folder in enumerate(folders)]


def workers(log: Path) -> list[int]:
    """Process ids of the workers so far, in the order of their starts."""
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    return [
        line["pid"] for line in lines if line["event"] == "process started" and line["process"].startswith("worker")
    ]


def killed(log: Path) -> int:
    """Kill the worker that runs; 1 if there was one."""
    try:
        os.kill(workers(log)[-1], signal.SIGKILL)
    except (IndexError, ProcessLookupError):
        return 0
    return 1


def last_job(agency: Agency, address: str) -> None:
    """One job after everything, waited for."""
    with SealinkClient(address, agency.folder.credential()) as client:
        while True:
            try:
                made = client.start_job(PROJECT)
                break
            except ServiceError as error:
                if error.status != 409:
                    raise
                time.sleep(1)
        ended = client.wait_for_job(PROJECT, made["job"])
        assert ended["state"] == "done", ended


def lost_or_doubled(agencies: list[Agency], settings: Settings, address: str) -> list[str]:
    """Sentences about whatever differs from the agencies' books; none when all is well."""
    wrong = [f"{each.code} stopped: {each.broken}" for each in agencies if each.broken]
    for each in agencies:
        with SealinkClient(address, each.folder.credential()) as client:
            handles = [row["handle"] for row in client.list_results(PROJECT)]
            listed = [row["batch"] for row in client.list_batches(PROJECT)]
            jobs = client.list_jobs(PROJECT)
        if len(handles) != len(set(handles)):
            wrong.append(f"{each.code}: a record stands twice")
        if lost := each.book - set(handles):
            wrong.append(f"{each.code}: {len(lost)} acknowledged records are lost")
        if more := set(handles) - each.book:
            wrong.append(f"{each.code}: {len(more)} records stand that were deleted or never acknowledged")
        if Counter(listed) != Counter(each.batches):
            wrong.append(f"{each.code}: {len(listed)} batches stand, {len(each.batches)} were acknowledged")
    with opened(settings) as service:
        log = service.unit.log
        entries = [read(data) for data in log.entries(0, log.head().size)]
    received = sum(entry.event == "batch.receive" for entry in entries)
    if received != (sent := sum(len(each.batches) for each in agencies)):
        wrong.append(f"the log has {received} entries of received batches, {sent} were acknowledged")
    ended = Counter(job["state"] for job in jobs)
    if set(ended) - {"done", "failed", "cancelled"}:
        wrong.append(f"jobs without an end: {dict(ended)}")
    ran = sum(entry.event == "job.run" for entry in entries)
    if ran != ended["done"]:
        wrong.append(f"{ended['done']} jobs are done, {ran} entries say so")
    if odd := {job["failure"] for job in jobs if job["failure"]} - HONEST:
        wrong.append(f"jobs failed: {sorted(odd)}")
    return wrong


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--minutes", type=float, default=30)
    options.add_argument("--kill-every", type=float, default=60, help="seconds")
    options.add_argument("--engine", choices=ENGINES, default="sqlite")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name, database(given.engine, Path(name)) as url:
        root = Path(name)
        settings = unit_folder(root / "unit", url, processes={"lease_s": 20.0})
        log = root / "service.log"
        with serving(settings, log) as address:
            agencies = prepared(settings, address, root)
            until = time.monotonic() + 60 * given.minutes
            threads = [threading.Thread(target=each.work, args=(address, until)) for each in agencies]
            for thread in threads:
                thread.start()
            kills = 0
            while any(thread.is_alive() for thread in threads):
                threads[0].join(given.kill_every)
                if time.monotonic() < until:
                    kills += killed(log)
                    did = sum((each.did for each in agencies), Counter())
                    print(f"{kills} kills; {dict(did)}", flush=True)
            last_job(agencies[0], address)
            wrong = lost_or_doubled(agencies, settings, address)
            time.sleep(3 * settings.log.publish_every_s)
            proven = verify_run_log(settings.data)
    did = dict(sum((each.did for each in agencies), Counter()))
    OUT.mkdir(exist_ok=True)
    result = {"engine": given.engine, "minutes": given.minutes, "kills": kills, **did, "log": proven, "wrong": wrong}
    (OUT / "soak_service.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"{given.minutes:g} minutes, worker killed {kills} times, {did}; log: {proven}")
    print("\n".join(wrong) or "nothing lost, nothing doubled")
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()
