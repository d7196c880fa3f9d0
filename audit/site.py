"""One service's log on its machine: its folder, keys and database made once, its signer kept running, its log opened.

    <folder>/log/          what anybody may verify: `checkpoint`, `tile/…`, `vkeys`
    <folder>/.log/         the signer's: `key`, `pq-key`, `memory`; `origin`, written last when a log is made;
                           `officers`, verifier keys of those who may sign a restore; `log.sqlite` by default

Any number of processes may open one site, at once and one after another. They share one signer: whoever finds none
starts it and starts it again when it dies; it ends with the process that started it, and then the next one does the
same. A signer under a user of its own (`python -m audit.signer`) is found answering and used as it is. It publishes
nothing (`publisher.py` does) and repairs nothing: what `recover.open_log` refuses is opened read-only.

May touch: disk, database, a local socket, a process of its own (the signer)
Sees:      keys of the log, hashes
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from audit.ceremony import Remembered
from audit.errors import AuditError
from audit.events import Book
from audit.keys import Ed25519Signer, MlDsa44Signer, Verifier
from audit.log import Log
from audit.merkle import Frontier
from audit.policy import Policy
from audit.publish import CHECKPOINT
from audit.recover import Memory, open_log, remembered_by
from audit.refusals import StoreError
from audit.signer import memory_payload
from audit.signer_client import SignerClient
from audit.signer_keeper import SignerKeeper
from audit.signer_memory import SignerMemory
from audit.store import DEADLINE_S, Store, create_store
from audit.witness_client import witness_memories

_LONGEST_SOCKET: Final = 100
"""Bytes; the kernel takes 107 and other systems less."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where everything of a site lies."""

    folder: Path

    @property
    def published(self) -> Path:
        return self.folder / "log"

    @property
    def state(self) -> Path:
        return self.folder / ".log"

    @property
    def origin(self) -> Path:
        return self.state / "origin"

    @property
    def key(self) -> Path:
        return self.state / "key"

    @property
    def pq_key(self) -> Path:
        return self.state / "pq-key"

    @property
    def memory(self) -> Path:
        return self.state / "memory"

    @property
    def officers(self) -> Path:
        return self.state / "officers"

    @property
    def default_url(self) -> str:
        return f"sqlite:///{self.state / 'log.sqlite'}"

    @property
    def socket(self) -> Path:
        """In the state folder; for a path that is too long for a socket, in a folder of this user's own."""
        path = self.state.absolute() / "signer"
        if len(os.fsencode(path)) <= _LONGEST_SOCKET:
            return path
        name = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
        folder = Path(tempfile.gettempdir()) / f"sealink-{os.getuid()}-{name}"
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        if folder.is_symlink() or found.st_uid != os.getuid() or found.st_mode & 0o077:
            raise StoreError(f"{folder}: others may use the folder of the signer's socket")
        return folder / "signer"


@dataclass(frozen=True, slots=True)
class Site:
    """An open site. `keys` are the log's verifier keys, its Ed25519 key first."""

    place: Place
    log: Log
    keys: tuple[Verifier, ...]
    policy: Policy | None = None

    @property
    def published_keys(self) -> tuple[Verifier, ...]:
        """The log's keys, then the witnesses': what the `vkeys` file lists."""
        return self.keys if self.policy is None else (*self.keys, *(known.key for known in self.policy.witnesses))

    @property
    def vkeys(self) -> tuple[str, ...]:
        """The same as lines, as the `vkeys` file has them."""
        return tuple(key.vkey for key in self.published_keys)


def create_site(folder: Path, book: Book, *, database_url: str | None = None, origin: str | None = None) -> Place:
    """Make keys, tables and the signer's memory; does nothing to a site that is there, and finishes one half made.

    `database_url` logs in as the owner of the schema. `origin` is the log's public name, for example
    ``haimen.example/linkage``; by default a random one. Raises `StoreError` when the database holds entries whose
    signer's memory is not here: such a log goes on by a restore, never by a new memory.
    """
    place = Place(folder)
    place.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _locked(place.state / "making"):
        if place.origin.exists():
            return place
        if not place.key.exists():
            Ed25519Signer.generate(origin or f"sealink.local/{book}/{secrets.token_hex(8)}").save(place.key)
        name = Ed25519Signer.load(place.key).name
        if not place.pq_key.exists():
            MlDsa44Signer.generate(name).save(place.pq_key)
        url = database_url or place.default_url
        create_store(url, name, book)
        store = Store.open(url)
        try:
            size = _checked(store, name, book).head().size
        finally:
            store.close()
        if not place.memory.exists():
            if size:
                raise StoreError("the database holds entries, and the memory of their signer is not here")
            SignerMemory.create(place.memory, memory_payload(name, Frontier())).close()
        _write_durably(place.origin, name + "\n")
    return place


@contextmanager
def open_site(
    folder: Path,
    book: Book,
    database_url: str | None = None,
    *,
    origin: str | None = None,
    policy: Policy | None = None,
    deadline_s: float = DEADLINE_S,
) -> Iterator[Site]:
    """The log of this folder, made when there is none, for as long as the block lasts.

    The database is compared with the signer, the published folder and the witnesses of `policy` that can be reached.
    Raises `AuditError`; a log that lost entries comes with `log.read_only` set.
    """
    place = create_site(folder, book, database_url=database_url, origin=origin)
    keys = (Ed25519Signer.load(place.key).verifier, MlDsa44Signer.load(place.pq_key).verifier)
    with SignerKeeper(place.key, place.pq_key, place.memory, place.socket, place.officers):
        store = Store.open(database_url or place.default_url, deadline_s=deadline_s)
        try:
            _checked(store, keys[0].name, book)
            signer = SignerClient(place.socket, keys[0].name, timeout_s=deadline_s / 2)
            known: list[Memory] = [lambda: memory_of_export(place, keys)]
            if policy is not None:
                known += witness_memories(policy, keys)
            log = open_log(store, signer, known, deadline_s=deadline_s)
        except BaseException:
            store.close()
            raise
        try:
            yield Site(place, log, keys, policy)
        finally:
            log.close()


def memory_of_export(place: Place, keys: Sequence[Verifier]) -> Remembered | None:
    """What the published folder shows. A checkpoint that the log did not sign remembers nothing; publishing says so."""
    try:
        return remembered_by("export", (place.published / CHECKPOINT).read_bytes(), keys)
    except (OSError, AuditError):
        return None


def _checked(store: Store, origin: str, book: Book) -> Store:
    if (store.origin, store.book) != (origin, book):
        raise StoreError("the database holds another log than the one whose key is here")
    return store


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write_durably(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
