"""Canaries: what the vault's operator must never hold is looked for wherever the operator could look.

The whole story of `make demo` runs with real processes; the desks and agents reach the vault through a recorder on
loopback. While everything still runs, name, resident id, case numbers, texts, halves, view keys, private keys and the
passphrase are looked for in the vault's folder, every log, the memory of the vault's process, all that crossed the
wire, and the arguments of every process. What was never written in any of the forms below is not looked for.
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from api.free_port import free_port
from api.vault import demo, demo_site
from api.vault.agent_folder import open_agent, opener_of
from api.vault.demo import tell_vault_story
from api.vault.demo_site import HOLDS, PEOPLE
from api.vault.desk_folder import open_desk
from api.vault.roster_keeper import open_keeper
from audit.crypto.keystore import Effort
from vault.halves import RecordId, SealedHalves, ViewId, content_key, open_halves
from vault.vocabulary import Holder, View

RESIDENT_ID = "320684200905100016"
WORDS = {
    "name": "沈小舟",
    "resident id": RESIDENT_ID,
    "case number": "(2026)示例刑初1号",
    "receiving case number": "(2026)示例检刑诉9号",
    "need": "另案办理需要",
    "plaintext": "承认拿走自行车一辆",
    "redacted plaintext": "被告人犯盗窃罪,判处有期徒刑六个月".replace(",", "，"),
    "charge": "盗窃罪",
}


class Recorder:
    """A port of loopback that hands every byte on to another, both ways, and keeps them."""

    def __init__(self, port: int, to: int) -> None:
        self.seen = bytearray()
        self._to, self._lock = to, threading.Lock()
        self._listening = socket.create_server(("127.0.0.1", port), backlog=64)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._serve, args=(self._listening.accept()[0],), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        with near, self._far() as far:
            back = threading.Thread(target=self._pump, args=(far, near), daemon=True)
            back.start()
            self._pump(near, far)
            back.join()

    def _far(self) -> socket.socket:
        until = time.monotonic() + 30
        while True:
            try:
                return socket.create_connection(("127.0.0.1", self._to))
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while part := source.recv(65_536):
                with self._lock:
                    self.seen += part
                sink.sendall(part)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


@dataclass
class Seen:
    """Everything that was looked at while the story still ran."""

    out: Path
    canaries: dict[str, bytes] = field(default_factory=dict, repr=False)
    request: str = ""
    wire: bytes = field(default=b"", repr=False)
    memory: dict[str, int] = field(default_factory=dict)
    """Canaries that were found in the vault's memory, by name."""
    remembers_request: bool = False
    arguments: list[bytes] = field(default_factory=list, repr=False)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    found = Seen(tmp_path_factory.mktemp("canaries") / "story")
    processes: list[subprocess.Popen[Any]] = []
    recorders: list[Recorder] = []
    make_folder, answers, popen = demo_site.make_vault_folder, demo_site.answers, subprocess.Popen

    def behind_recorder(folder: Path, *, port: int, **more: Any) -> Path:
        to = free_port()
        recorders.append(Recorder(port, to))
        # The recorder answers before the vault does.
        patch.setattr(demo_site, "answers", lambda asked: answers(to if asked == port else asked))
        return make_folder(folder, port=to, **more)

    class Watched(popen):  # type: ignore[misc,valid-type]
        def __init__(self, *words: Any, **more: Any) -> None:
            super().__init__(*words, **more)
            processes.append(self)

    def look(out: Path) -> str:
        found.canaries = _canaries(out)
        vault = next(one for one in processes if "vault" in one.args and "serve" in one.args)
        _look_into(found, vault.pid)
        found.arguments = [_arguments(pid) for pid in _family([one.pid for one in processes])]
        found.wire = bytes(recorders[0].seen)
        return "looked at"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Effort.__init__, "__defaults__", (19 * 1024, 2, 1))  # the least that a keystore takes
        patch.setattr(demo_site, "make_vault_folder", behind_recorder)
        patch.setattr(demo_site.subprocess, "Popen", Watched)
        patch.setattr(demo, "_proven", look)
        assert RESIDENT_ID in demo._CASE
        tell_vault_story(found.out, lambda said: _note(found, said))
    for recorder in recorders:
        recorder.close()
    yield found


def _note(found: Seen, said: str) -> None:
    if match := re.search(r"request ([0-7][0-9A-Z]{25})", said):
        found.request = match[1]


def _canaries(out: Path) -> dict[str, bytes]:
    """Name and bytes of everything that the vault must not hold; it is read from the owners' own folders."""
    phrase = (out / "passphrase").read_bytes().strip()
    found = {"passphrase": phrase} | {name: word.encode() for name, word in WORDS.items()}
    agents = {holder: open_agent(out / f"agent-{holder.value}", phrase) for holder in Holder}
    stores = {f"desk {person}": open_desk(out / person, phrase).keystore for person in PEOPLE}
    stores |= {f"agent {holder.value}": agent.keystore for holder, agent in agents.items()}
    stores |= {f"keeper {agency}": open_keeper(out / f"keeper-{agency}", phrase).keystore for agency in HOLDS}
    found |= {f"{name}: {key.name}": key.seed for name, store in stores.items() for key in store.keys}
    halves: dict[ViewId, dict[Holder, bytes]] = {}
    for sealed in _sealed_halves(out):
        for view, half in open_halves(sealed, opener_of(agents[sealed.holder], sealed)).of_view.items():
            halves.setdefault(sealed.id.view(view), {})[sealed.holder] = half.secret
            found[f"half {view.value} {sealed.holder.value}"] = half.secret
    for id, both in halves.items():
        key = content_key(both[Holder.COURT], both[Holder.PROCURATORATE], id)
        found[f"view key {id.view.value}"] = key.secret
    assert len(halves) == len(View)
    return found


def _sealed_halves(out: Path) -> list[SealedHalves]:
    database = next(path for path in (out / "vault").rglob("*.sqlite") if b"vault_half" in path.read_bytes())
    with contextlib.closing(sqlite3.connect(database)) as connection:
        rows = connection.execute(
            "SELECT record, version, agency, epoch, suite, holder, key, sealed FROM vault_half"
        ).fetchall()
    return [
        SealedHalves(RecordId(record, version, agency, epoch, suite), Holder(holder), key, sealed)
        for record, version, agency, epoch, suite, holder, key, sealed in rows
    ]


def _forms(name: str, canary: bytes) -> set[bytes]:
    """A canary as it could stand somewhere: as it is, in hex, in base64, escaped in JSON, as Python keeps text."""
    found = {canary, canary.hex().encode(), base64.b64encode(canary).rstrip(b"=")[:-1]}
    if name in WORDS:
        text = WORDS[name]
        found |= {json.dumps(text)[1:-1].encode(), text.encode("utf-16-le")}
    return found


def _found(canaries: dict[str, bytes], data: bytes) -> list[str]:
    return [name for name, canary in canaries.items() if any(form in data for form in _forms(name, canary))]


def _look_into(found: Seen, pid: int) -> None:
    """Search every region that the process can write: whatever it was told lies there."""
    needles = [(name, form) for name, canary in found.canaries.items() for form in _forms(name, canary)]
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, rights = line.split()[:2]
            begin, end = (int(part, 16) for part in span.split("-"))
            if not rights.startswith("rw"):
                continue
            try:
                memory.seek(begin)
                data = memory.read(end - begin)
            except (OSError, OverflowError, ValueError):
                continue  # a region of the kernel's own
            found.remembers_request |= found.request.encode() in data
            for name, form in needles:
                if form in data:
                    found.memory[name] = begin


def _family(pids: list[int]) -> list[int]:
    """These processes and all below them."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            parents[int(path.parent.name)] = int(fields[1])
    family = list(pids)
    for pid in family:
        family += [child for child, parent in parents.items() if parent == pid and child not in family]
    return family


def _arguments(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def test_the_search_finds_what_is_there(seen: Seen) -> None:
    """A search that finds nothing anywhere would pass whatever the vault held."""
    assert len(seen.canaries) > 30 and seen.request
    assert seen.remembers_request
    assert seen.request.encode() in seen.wire and b"judicial_extract" in seen.wire
    case = b"".join(path.read_bytes() for path in (seen.out / "case").rglob("*") if path.is_file())
    assert {"name", "resident id", "case number", "plaintext"} <= set(_found(seen.canaries, case))
    assert sum(b"vault" in words for words in seen.arguments) >= 1 and len(seen.arguments) >= 5


def test_no_canary_on_the_vaults_disk(seen: Seen) -> None:
    """A stolen disk or a curious administrator would read what the law seals: database, envelopes, log, settings."""
    looked = 0
    for path in (seen.out / "vault").rglob("*"):
        if path.is_file():
            looked += 1
            assert _found(seen.canaries, path.read_bytes()) == [], path.name
    assert looked > 8


def test_no_canary_in_any_log(seen: Seen) -> None:
    """What is written for operators is read by many: no program may write there of a case or a key."""
    logs = list(seen.out.glob("*.log"))
    assert len(logs) >= 5
    for path in logs:
        assert _found(seen.canaries, path.read_bytes()) == [], path.name


def test_no_canary_in_the_vaults_memory(seen: Seen) -> None:
    """Whoever dumps the service's memory would get a plaintext, a half or a key that it should never have held."""
    assert seen.memory == {}


def test_no_canary_on_the_wire(seen: Seen) -> None:
    """Whoever listens between the parts would learn it, and so would the vault."""
    assert len(seen.wire) > 100_000
    assert _found(seen.canaries, seen.wire) == []


def test_no_canary_in_arguments(seen: Seen) -> None:
    """Every user of a machine may list the arguments of every process."""
    assert _found(seen.canaries, b"\0".join(seen.arguments)) == []
