"""`sealink agent run`: a release agent at court or procuratorate. It polls outward and has no inbound port.

Each turn is one call and one more for each release: newest rosters are taken (never older ones again), locks read, then
every authorised request whose half is not released yet is checked by the agent's own rules and, if everything holds,
released. What stops one request is told and does not keep the others. Its memory is a folder: a file for each release,
durable before it is given out.

May touch: network (the vault), disk (its own folder), clock
Sees:      one half at a time
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api.client.calls import ServiceError
from api.vault.client import VaultClient, Waiting, read_dossier
from api.vault.rosters_kept import KeptRosters
from audit.crypto.whole_file import whole_file
from audit.errors import AuditError
from audit.shapes import is_ulid
from vault.agent import Agent, release_half
from vault.errors import VaultError
from vault.forms import open_form
from vault.halves import ViewId
from vault.locking import counted, is_locked, read_lock
from vault.requests import Decision
from vault.rosters import Rosters
from vault.vocabulary import Holder

LOCAL_LOCK: Final = "locked"
"""A file of this name in the agent's folder stops every release, whatever the vault says."""


NOTED_MS: Final = 5_000
"""The clock is noted again after so long: much less than it may be off, since each note is forced to disk."""


class FolderMemory:
    """An agent's memory on disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "releases").mkdir(parents=True, exist_ok=True, mode=0o700)

    def step_clock(self, now_ms: int) -> int:
        path = self._folder / "latest"
        before = int(path.read_text()) if path.exists() else 0
        if now_ms >= before + NOTED_MS:
            with whole_file(path) as out:
                out.write(str(now_ms).encode())
        return before

    def released(self, request: str) -> bytes | None:
        path = self._path(request)
        return path.read_bytes() if path.exists() else None

    def remember(self, request: str, release: bytes) -> None:
        with whole_file(self._path(request), may_replace=False) as out:
            out.write(release)

    def _path(self, request: str) -> Path:
        assert is_ulid(request)
        return self._folder / "releases" / request


@dataclass(frozen=True, slots=True)
class FetchedLocks:
    """The vault's locks as verified by the agent, and the agency's own lock on this machine."""

    rosters: Rosters
    locks: list[bytes]
    folder: Path
    now_ms: int

    def is_locked(self) -> bool:
        """One that does not verify counts as a lock: whoever broke it may have meant to hide it."""
        if (self.folder / LOCAL_LOCK).exists():
            return True
        try:
            found = [counted(data, self.rosters, self.now_ms) for data in self.locks]
        except VaultError:
            return True
        return is_locked(found, {holder: self.rosters.pins.holder(holder).code for holder in Holder}, self.now_ms)


@dataclass(frozen=True, slots=True)
class Turn:
    """What a turn did: requests released, and (request, why) of those that stopped."""

    released: tuple[str, ...]
    stopped: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class AgentProgram:
    """An agent with its folder and its connection."""

    agent: Agent
    client: VaultClient
    rosters: KeptRosters
    folder: Path
    now_ms: Callable[[], int]

    def turn(self) -> Turn:
        """One round over everything that is authorised; ServiceError when the vault cannot be reached."""
        released: list[str] = []
        stopped: list[tuple[str, str]] = []
        after: str | None = ""
        while after is not None:
            work = self.client.work(self.rosters.digest(), after)
            rosters = self.rosters.fetched(work.rosters or (), self.now_ms())
            locks = FetchedLocks(rosters, self._locks(work.locks, rosters), self.folder, self.now_ms())
            for one in work.waiting:
                try:
                    self._release(one, rosters, locks)
                    released.append(one.request)
                except (VaultError, ServiceError, AuditError) as error:
                    stopped.append((one.request, str(error)))
            after = work.after if work.after is not None and work.after > after else None  # never round in a circle
        return Turn(tuple(released), tuple(stopped))

    def _release(self, one: Waiting, rosters: Rosters, locks: FetchedLocks) -> None:
        if one.dossier is None or not is_ulid(one.request):
            raise ServiceError(0, "no-dossier", one.stopped or "the vault names no request")
        dossier = read_dossier(one.dossier, lambda data: decided_view(data, rosters), self.agent.holder)
        memory = FolderMemory(self.folder)
        release = release_half(self.agent, dossier, rosters, memory, locks, self.now_ms())
        self.client.act(one.request, "release", release)

    def _locks(self, sent: list[bytes], rosters: Rosters) -> list[bytes]:
        """What the vault sends, and every lock that was ever verified here: leaving one out takes none back."""
        folder = self.folder / "locks"
        folder.mkdir(exist_ok=True, mode=0o700)
        found = {hashlib.sha256(data).hexdigest(): data for data in sent}
        for name, data in found.items():
            with contextlib.suppress(VaultError):
                read_lock(data, rosters, self.now_ms())
                if not (folder / name).exists():
                    with whole_file(folder / name) as out:
                        out.write(data)
        kept = [path.read_bytes() for path in folder.iterdir() if path.name not in found and path.name[0] != "."]
        return [*found.values(), *kept]


def decided_view(decision: bytes, rosters: Rosters) -> ViewId:
    """The ids that a signed decision names; good for fetching, every check comes after."""
    people = [person.verify for roster in rosters.known() for person in roster.people]
    return open_form(Decision, decision, people).form.view_id
