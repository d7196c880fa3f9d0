"""The log's speed against floors measured in the same run: bare commits of the same database, with the same rows.

Signed appends are durable and covered by a durable signed checkpoint before they count: the signer runs as a process of
its own, PostgreSQL as a server of this run's own (SQLite beside it). Four figures an engine: appends a second of 256
callers in one process; time from call to receipt of 16 callers; of one caller, over a bare commit of one row; the same
rows committed bare in batches. Then the size of a proof in a log of 70,000 entries with two witnesses. Writes
bench/out/log.json. Run: `python -m bench.log [--seconds 5]`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from sqlalchemy import create_engine, text

from audit.checkpoint import Checkpoint
from audit.cosignature import cosign
from audit.drill_log import everyday_entry
from audit.entry import Entry
from audit.events import Book
from audit.keys import Ed25519Cosigner, Ed25519Signer, MlDsa44Signer
from audit.log import Log
from audit.merkle import inclusion_proof, leaf_hash, root_of, tree_root
from audit.note import sign_note, split_note, with_signatures
from audit.proof import TlogProof
from audit.recover import open_log
from audit.signer_client import SignerClient
from audit.store import Store, create_store
from bench.soak_log import Database

OUT = Path(__file__).parent / "out"
ORIGIN = "bench.example/linkage"
MANY, SOME = 256, 16
PROOF_ENTRIES = 70_000


@dataclass
class Figures:
    """One engine. Rates per second, times in ms; `bare` are the floors."""

    engine: str
    appends: float
    bare_batched: float
    p50_ms: float
    p99_ms: float
    one_ms: float
    bare_ms: float

    @property
    def one_over_bare(self) -> float:
        return self.one_ms / self.bare_ms


class Entries:
    """Everyday entries, none twice."""

    def __init__(self) -> None:
        self._number = 0

    def take(self, count: int) -> list[Entry]:
        self._number += count
        return [everyday_entry(number) for number in range(self._number - count, self._number)]


def measure(engine: str, url: str, folder: Path, seconds: float) -> Figures:
    create_store(url, ORIGIN, Book.LINKAGE)
    entries = Entries()
    with opened(url, folder) as log:
        asyncio.run(_callers(log, entries.take(2_000), MANY))  # warm
        appends, _ = _rate(log, entries, MANY, seconds)
        _, times = _rate(log, entries, SOME, seconds)
        one = [_timed(log, entry) for entry in entries.take(400)]
    batched, single = bare(url, seconds / 2)
    half, most = np.percentile(np.array(times) * 1000, (50, 99))
    return Figures(engine, appends, batched, float(half), float(most), float(np.median(one)) * 1000, single * 1000)


@contextmanager
def opened(url: str, folder: Path) -> Iterator[Log]:
    """The log with its signer as a process of its own."""
    folder.mkdir()
    key, pq_key, memory, socket = (folder / name for name in ("key", "pq-key", "memory", "socket"))
    Ed25519Signer.generate(ORIGIN).save(key)
    MlDsa44Signer.generate(ORIGIN).save(pq_key)
    command = [sys.executable, "-m", "audit.signer", "--key", key, "--pq-key", pq_key, "--memory", memory]
    signer = subprocess.Popen([*map(str, command), "--socket", str(socket), "--new"])
    try:
        while not socket.exists() and signer.poll() is None:
            time.sleep(0.01)
        log = open_log(Store.open(url), SignerClient(socket, ORIGIN))
        try:
            yield log
        finally:
            log.close()
    finally:
        signer.terminate()
        signer.wait()


def _rate(log: Log, entries: Entries, callers: int, seconds: float) -> tuple[float, list[float]]:
    """Receipts a second and the time of each, in seconds, with so many callers at once."""
    made = entries.take(callers * 200)  # encoding them is the caller's work and not the log's
    times: list[float] = []
    spent = 0.0
    while spent < seconds:
        started = time.perf_counter()
        times += asyncio.run(_callers(log, made, callers))
        spent += time.perf_counter() - started
        made = entries.take(callers * 200)
    return len(times) / spent, times


async def _callers(log: Log, entries: list[Entry], callers: int) -> list[float]:
    waiting = iter(entries)
    times: list[float] = []

    async def call() -> None:
        for entry in waiting:
            started = time.perf_counter()
            await log.append(entry)
            times.append(time.perf_counter() - started)

    await asyncio.gather(*(call() for _ in range(callers)))
    return times


def _timed(log: Log, entry: Entry) -> float:
    started = time.perf_counter()
    log.append_and_wait(entry)
    return time.perf_counter() - started


def bare(url: str, seconds: float) -> tuple[float, float]:
    """Floors of the same database: rows a second in commits of 256, and the median seconds of a commit of one row."""
    engine = create_engine(url)
    store = Store.open(url)  # for its durable session settings
    data = everyday_entry(0).encode()
    with engine.begin() as connection:
        kind = "bytea" if engine.dialect.name == "postgresql" else "blob"
        connection.exec_driver_sql(f"CREATE TABLE bare (idx bigint PRIMARY KEY, data {kind} NOT NULL)")
    engine.dispose()
    number, insert = 0, text("INSERT INTO bare (idx, data) VALUES (:idx, :data)")

    def commit(rows: int) -> float:
        nonlocal number
        values = [{"idx": number + at, "data": data} for at in range(rows)]
        number += rows
        started = time.perf_counter()
        with store.writing() as connection:
            connection.execute(insert, values)
        return time.perf_counter() - started

    one = [commit(1) for _ in range(200)]
    spent: list[float] = []
    while sum(spent) < seconds:
        spent.append(commit(MANY))
    store.close()
    return MANY * len(spent) / sum(spent), float(np.median(one))


def proof_bytes(entries: int) -> int:
    """Size of a `.tlog-proof` with the log's Ed25519 line and two witnesses' cosignatures."""
    leaves = [leaf_hash(b"%d" % number) for number in range(entries)]

    def hashes(level: int, index: int) -> bytes:
        return root_of(b"".join(leaves[index << level : (index + 1) << level]))

    body = Checkpoint(ORIGIN, entries, tree_root(hashes, entries)).to_text()
    note = sign_note(body, [Ed25519Signer.generate(ORIGIN)])
    witnesses = [Ed25519Cosigner.generate(f"witness-{name}.example") for name in ("court", "press")]
    lines = [*split_note(note)[1], *(cosign(body, witness, 1_760_000_000) for witness in witnesses)]
    path = inclusion_proof(hashes, entries // 3, entries)
    return len(TlogProof(entries // 3, tuple(path), with_signatures(body, lines)).to_text())


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, prog="python -m bench.log")
    options.add_argument("--seconds", type=float, default=5.0, help="time of each figure")
    given = options.parse_args()
    found: list[Figures] = []
    with tempfile.TemporaryDirectory(prefix="log-bench-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        folder.chmod(0o755)
        database = Database(folder / "pg")
        try:
            found.append(measure("PostgreSQL", database.url, folder / "pg-log", given.seconds))
        finally:
            database.stop()
        found.append(measure("SQLite", f"sqlite:///{folder / 'log.db'}", folder / "sqlite-log", given.seconds))
    size = proof_bytes(PROOF_ENTRIES)
    for each in found:
        print(
            f"{each.engine:10} {each.appends:9,.0f} signed appends/s ({each.appends / each.bare_batched:.2f} of bare "
            f"rows in commits of {MANY}); {SOME} callers p50 {each.p50_ms:.2f} p99 {each.p99_ms:.2f} ms; one caller "
            f"{each.one_ms:.2f} ms, {each.one_over_bare:.1f}x a bare commit ({each.bare_ms:.2f} ms)"
        )
    print(f"proof of one of {PROOF_ENTRIES:,} entries with two witnesses: {size:,} bytes")
    OUT.mkdir(exist_ok=True)
    rows = [{**asdict(each), "one_over_bare": each.one_over_bare} for each in found]
    (OUT / "log.json").write_text(json.dumps({"engines": rows, "proof_bytes": size}, indent=1))


if __name__ == "__main__":
    main()
