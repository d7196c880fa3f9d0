"""The signer's own memory: the largest tree that it ever signed, durable before each signature leaves.

One file with two places, written in turn; each holds a counter, the payload and a hash over both. A torn write can
only spoil the place that was about to be replaced. Rewriting in place costs one fdatasync, where replacing the file
would cost three flushes; nothing but the last state is kept. It knows nothing about trees.

May touch: disk
Sees:      hashes
"""

from __future__ import annotations

import fcntl
import os
from hashlib import sha256
from pathlib import Path
from typing import Final, Self

from audit.refusals import SignerMemoryError

_PLACE: Final = 4_096
_MAGIC: Final = b"sealink signer memory v1\n"
_HEADER: Final = len(_MAGIC) + 8 + 4 + 32
MOST_BYTES: Final = _PLACE - _HEADER


class SignerMemory:
    """Durable storage of one payload of at most `MOST_BYTES`. One process at a time: the file is locked."""

    def __init__(self, descriptor: int, counter: int, payload: bytes) -> None:
        self._descriptor, self._counter, self._payload = descriptor, counter, payload

    @classmethod
    def create(cls, path: Path, payload: bytes) -> Self:
        """Make the file, 0600. Raises `SignerMemoryError` if there is one: forgetting is never done in passing."""
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise SignerMemoryError(f"{path}: cannot be made: {error.strerror}") from None
        made = cls(descriptor, 0, b"")
        made._lock(path)
        os.ftruncate(descriptor, 2 * _PLACE)
        made.remember(payload)
        made.remember(payload)
        os.fsync(descriptor)
        _fsync_folder(path.parent)
        return made

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read the newer of the two places. Raises `SignerMemoryError` when neither is whole or another runs on it."""
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except OSError as error:
            raise SignerMemoryError(f"{path}: cannot be opened: {error.strerror}") from None
        found = max(filter(None, (_read(descriptor, place) for place in (0, 1))), default=None)
        if found is None:
            os.close(descriptor)
            raise SignerMemoryError(f"{path}: damaged in both places")
        made = cls(descriptor, *found)
        made._lock(path)
        return made

    @property
    def payload(self) -> bytes:
        return self._payload

    def remember(self, payload: bytes) -> None:
        """Replace the payload; durable when this returns. Raises OSError when the disk refuses; the old one stands."""
        if len(payload) > MOST_BYTES:
            raise ValueError("the payload does not fit into one place")
        counter = self._counter + 1
        head = _MAGIC + counter.to_bytes(8) + len(payload).to_bytes(4)
        data = head + sha256(head + payload).digest() + payload
        os.pwrite(self._descriptor, data, counter % 2 * _PLACE)
        os.fdatasync(self._descriptor)
        self._counter, self._payload = counter, payload

    def close(self) -> None:
        os.close(self._descriptor)

    def _lock(self, path: Path) -> None:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._descriptor)
            raise SignerMemoryError(f"{path}: another signer runs on it") from None


def _read(descriptor: int, place: int) -> tuple[int, bytes] | None:
    data = os.pread(descriptor, _PLACE, place * _PLACE)
    head, digest = data[: _HEADER - 32], data[_HEADER - 32 : _HEADER]
    length = int.from_bytes(head[-4:])
    payload = data[_HEADER : _HEADER + length]
    if not head.startswith(_MAGIC) or length > MOST_BYTES or sha256(head + payload).digest() != digest:
        return None
    return int.from_bytes(head[-12:-4]), payload


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
