"""The staging file of an upload: one writer at a time, each part durable before its offset counts.

A part is taken whole or not at all: its digest covers all of it, so what arrived of a part that was cut cannot be
checked and is overwritten by the next. Hence nothing is sent twice but the open part. The lock is the operating
system's and dies with its holder.

May touch: disk
Sees:      sealed bytes
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from linkage.refusals import Refused, Why
from linkage.unit import Unit

BLOCK: Final = 1024 * 1024


def staging_path(unit: Unit, upload: str) -> Path:
    return unit.folder / "uploads" / f"{upload}.part"


@contextmanager
def sole_writer(path: Path) -> Iterator[BinaryIO]:
    """The staging file, locked; Refused WRONG_STATE while another connection writes or commits it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "r+b", buffering=0) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            rule = "upload: another connection is writing it"
            raise Refused(Why.WRONG_STATE, rule, retry_after_s=1) from None
        yield file


class Part:
    """One part being written at `offset`; at most `room` bytes."""

    def __init__(self, file: BinaryIO, offset: int, room: int) -> None:
        self._file, self._offset, self._room = file, offset, room
        self._hash = hashlib.sha256()
        self.size = 0
        file.seek(offset)

    def write(self, block: bytes | bytearray) -> None:
        """TOO_LARGE beyond the room. The disk begins at once, so that `close` waits for little more than the end."""
        start = self._offset + self.size
        self.size += len(block)
        if self.size > self._room:
            raise Refused(Why.TOO_LARGE, "part: longer than a part may be, or than the upload's declared length")
        view = memoryview(block)
        while view:
            view = view[self._file.write(view) :]
        _begin_write_back(self._file.fileno(), start, len(block))
        self._hash.update(block)

    def close(self, sha256: bytes) -> None:
        """Durable and of that digest, or WRONG_DIGEST."""
        if self._hash.digest() != sha256:
            raise Refused(Why.WRONG_DIGEST, "part: its bytes are not those of Content-Digest")
        os.fdatasync(self._file.fileno())


def _begin_write_back(descriptor: int, start: int, length: int) -> None:
    """Ask for the pages to be written without waiting; they stay in memory until they are, and commit reads them."""
    if hasattr(os, "posix_fadvise"):  # a hint: what makes a part durable is `close`
        os.posix_fadvise(descriptor, start, length, os.POSIX_FADV_DONTNEED)


def file_sha256(file: BinaryIO) -> str:
    """SHA-256 of the whole file."""
    file.seek(0)
    found = hashlib.sha256()
    while block := file.read(BLOCK):
        found.update(block)
    return found.hexdigest()
