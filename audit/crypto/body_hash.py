"""The hash of a container's sealed body: of its segments, side by side, then of their hashes in order.

A segment is sixteen chunks (the last one may have fewer). Hashing segments apart lets the machine's second core do it
while the first encrypts or decrypts; one long hash would cost as much as the cipher. `plain_body_hash` is the same in
three lines. Whose signature covers the result, `container` says.

May touch: threads of its own, which end with `digest` or `close`
Sees:      ciphertext
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from audit.crypto.suites import Suite

CHUNKS_IN_SEGMENT: Final = 16
_LABEL: Final = b"sealink/v1/container/body\n"
_WORKERS: Final = 2
_MOST_WAITING: Final = 3
"""Segments that wait to be hashed: memory stays bounded when the disk is faster than the hash."""


class BodyHash:
    """Fed chunk by chunk. Bodies of one segment use no thread."""

    def __init__(self, suite: Suite) -> None:
        self._suite = suite
        self._segment: list[bytes] = []
        self._hashes: list[Future[bytes]] = []
        self._waiting: deque[Future[bytes]] = deque()
        self._workers: ThreadPoolExecutor | None = None

    def add(self, chunk: bytes) -> None:
        """Take the next sealed chunk."""
        if len(self._segment) == CHUNKS_IN_SEGMENT:
            self._send()
        self._segment.append(chunk)

    def digest(self) -> bytes:
        """The hash of everything that was added; ends the threads."""
        last = _of_segment(self._suite, self._segment)
        try:
            parts = [future.result() for future in self._hashes]
        finally:
            self.close()
        return self._suite.hash(_LABEL + b"".join([*parts, last]))

    def close(self) -> None:
        """End the threads without a result."""
        if self._workers is not None:
            self._workers.shutdown(cancel_futures=True)
            self._workers = None

    def _send(self) -> None:
        if self._workers is None:
            self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="body-hash")
        if len(self._waiting) == _MOST_WAITING:
            self._waiting.popleft().result()
        future = self._workers.submit(_of_segment, self._suite, self._segment)
        self._hashes.append(future)
        self._waiting.append(future)
        self._segment = []


def plain_body_hash(suite: Suite, chunks: Iterable[bytes]) -> bytes:
    """The same, one after the other."""
    all_chunks = list(chunks)
    groups = [all_chunks[at : at + CHUNKS_IN_SEGMENT] for at in range(0, len(all_chunks), CHUNKS_IN_SEGMENT)]
    return suite.hash(_LABEL + b"".join(_of_segment(suite, group) for group in groups or [[]]))


def _of_segment(suite: Suite, chunks: list[bytes]) -> bytes:
    hasher = suite.hasher()
    for chunk in chunks:
        hasher.update(chunk)
    return hasher.digest()
