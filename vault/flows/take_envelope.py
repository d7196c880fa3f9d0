"""Take an envelope's bytes in parts, resumably, and keep it once it is whole and signed by a sealer of its agency.

Nothing happens by it: an envelope counts when a sealing names it. Parts that nobody finished and envelopes that no
sealing named are swept away after a day. Bytes are
durable before an offset is told, and no more than the stated length is ever stored.

May touch: disk (ciphertext), database
Sees:      ciphertext
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from audit.crypto.container import verify_container
from audit.crypto.container_cover import cover_of
from audit.crypto.container_header import Purpose
from audit.crypto.errors import CryptoError
from vault.caller import Caller
from vault.checks import sealers_of
from vault.house import Vault
from vault.refusals import Refused, Why, need
from vault.store import envelope_rows
from vault.vocabulary import Role

LONGEST: Final = 8 * 1024**3
MOST_UNFINISHED: Final = 32
"""Uploads of one agency that may lie about: a full disk stops everybody's releases."""
COVER: Final = ".cover"
_UNFINISHED_MS: Final = 24 * 3600 * 1000
NAMED_WITHIN_MS: Final = 12 * 3600 * 1000
"""A sealing names its envelopes by then, or its sealer sends them again: half a day before any sweep would take one."""
_EVERY_MS: Final = 3600 * 1000
_PLACING: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class Kept:
    """An envelope that is here whole."""

    digest: str
    cover: bytes
    size: int


def offset_of(vault: Vault, caller: Caller, upload: str) -> int:
    """How many bytes of an upload are durable."""
    _need_sealer(caller)
    path = _part(vault, caller, upload)
    return path.stat().st_size if path.exists() else 0


def take_part(vault: Vault, caller: Caller, upload: str, offset: int, data: bytes) -> int:
    """Append a part; returns the new offset. Refused (wrong offset) names nothing of what is there."""
    _need_sealer(caller)
    path = _part(vault, caller, upload)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        sweep(vault)
        sweep_unnamed(vault)
        has_room = sum(1 for _ in path.parent.iterdir()) < MOST_UNFINISHED
        need(has_room, Why.QUOTA_SPENT, "envelope: too many unfinished uploads of this agency")
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    with os.fdopen(handle, "r+b") as out:
        size = out.seek(0, 2)
        need(size == offset, Why.WRONG_OFFSET, "envelope: go on at the offset that the vault has")
        need(size + len(data) <= LONGEST, Why.TOO_LARGE, "envelope: longer than 8 GiB")
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    return size + len(data)


def finish(vault: Vault, caller: Caller, upload: str) -> Kept:
    """Verify the whole and keep it under its digest; Refused if it is no envelope of the caller's agency."""
    _need_sealer(caller)
    path = _part(vault, caller, upload)
    need(path.exists(), Why.NOT_FOUND, "envelope: nothing was uploaded under this name")
    with vault.database.reading() as connection:
        sealers = sealers_of(vault.rosters(connection).of(caller.agency, vault.now_ms()))
    try:
        with path.open("rb") as stream:
            verified = verify_container(stream, senders=sealers, purpose=Purpose.ENVELOPE)
            cover = cover_of(verified)
    except CryptoError as error:
        path.unlink()
        raise Refused(Why.MALFORMED, f"envelope: {error}") from None
    if verified.header.ids.get("agency") != caller.agency:
        path.unlink()
        raise Refused(Why.NOT_ENTITLED, "envelope: names another agency than the caller's")
    vault.envelopes.mkdir(parents=True, exist_ok=True, mode=0o700)
    size = path.stat().st_size
    now_s = vault.now_ms() / 1000
    os.utime(path, (now_s, now_s))
    with _PLACING:
        path.replace(envelope_path(vault, verified.digest.hex()))
    cover_path(vault, verified.digest.hex()).write_bytes(cover)
    return Kept(verified.digest.hex(), cover, size)


def envelope_path(vault: Vault, digest: str) -> Path:
    """Where the envelope of a digest (64 hex digits, checked by the caller) lies."""
    return vault.envelopes / digest


def cover_path(vault: Vault, digest: str) -> Path:
    """Where its cover lies."""
    return vault.envelopes / f"{digest}{COVER}"


def sweep(vault: Vault) -> int:
    """Remove unfinished uploads that nobody touched for a day; returns how many."""
    gone = 0
    for path in (vault.folder / "uploads").glob("*/*"):
        if path.stat().st_mtime * 1000 < vault.now_ms() - _UNFINISHED_MS:
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def sweep_unnamed(vault: Vault) -> int:
    """Remove envelopes that are whole and that no sealing named for a day, once an hour at most; returns how many."""
    mark, now = vault.folder / "uploads" / ".swept", vault.now_ms()
    if mark.exists() and mark.stat().st_mtime * 1000 > now - _EVERY_MS:
        return 0
    mark.touch()
    old = [
        path
        for path in vault.envelopes.glob("*")
        if not path.name.endswith(COVER) and path.stat().st_mtime * 1000 < now - _UNFINISHED_MS
    ]
    with vault.database.reading() as connection:
        named = envelope_rows.named(connection, [path.name for path in old])
    gone = 0
    for path in old:
        with _PLACING:  # sent again meanwhile, it is as new, and a sealing may be naming it
            if path.name not in named and not is_fresh(vault, path.name):
                path.unlink(missing_ok=True)
                cover_path(vault, path.name).unlink(missing_ok=True)
                gone += 1
    return gone


def is_fresh(vault: Vault, digest: str) -> bool:
    """Whether an envelope is here and young enough to be named: no sweep can be about to take it."""
    try:
        return envelope_path(vault, digest).stat().st_mtime * 1000 > vault.now_ms() - NAMED_WITHIN_MS
    except FileNotFoundError:
        return False


def _need_sealer(caller: Caller) -> None:
    need(Role.SEALER in caller.roles, Why.NOT_ENTITLED, "envelope: only a sealer hands envelopes over")


def _part(vault: Vault, caller: Caller, upload: str) -> Path:
    """`upload` is a ULID, checked by the edge; every agency has a folder of its own."""
    return vault.folder / "uploads" / caller.agency / upload
