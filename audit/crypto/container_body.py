"""The body of a sealed container: 64 KiB chunks, each sealed for its own place, and read sixteen at a time.

The format knows chunks only; a block of sixteen is how many are handled at once, because a hash takes large pieces
faster. This file knows neither header nor signature: it is told key, associated data and where the body lies.

May touch: nothing (streams that the caller opened)
Sees:      plaintext, content keys
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final, Protocol, cast

from cryptography.exceptions import InvalidTag

from audit.crypto.container_binding import nonce
from audit.crypto.errors import DamagedBodyError
from audit.crypto.suites import Aead, Suite

CHUNK: Final = 64 * 1024


class _Readable(Protocol):
    """What `BinaryIO` does not promise and every file and `BytesIO` has."""

    def readinto(self, memory: memoryview, /) -> int | None: ...


_CHUNKS_AT_ONCE: Final = 16


def seal_blocks(chosen: Suite, cipher: Aead, aad: bytes, body: Iterable[bytes]) -> Iterator[memoryview]:
    """The sealed body, a block at a time, each in the same memory as the one before: use it before the next."""
    block, filled = memoryview(bytearray(_block_bytes(chosen))), 0
    for number, is_last, chunk in numbered(body):
        end = filled + len(chunk) + chosen.tag_bytes
        cipher.encrypt_into(nonce(chosen, number, is_last), chunk, aad, block[filled:end])
        filled = end
        if is_last or filled == len(block):
            yield block[:filled]
            filled = 0


def numbered(body: Iterable[bytes]) -> Iterator[tuple[int, bool, bytes]]:
    """(number, is it the last, plaintext): full chunks, the last perhaps shorter, and empty for an empty body.

    A full chunk is held back until more has come: whether it is the last is part of its nonce.
    """
    number, full, partial = 0, b"", bytearray()
    for piece in body:
        at = 0
        while at < len(piece):
            if full:
                yield number, False, full
                number, full = number + 1, b""
            taken = piece[at : at + CHUNK - len(partial)]
            at += len(taken)
            if len(taken) == CHUNK:
                full = bytes(taken)  # the common case: nothing is copied
                continue
            partial += taken
            if len(partial) == CHUNK:
                full = bytes(partial)
                partial.clear()
    yield number, True, full or bytes(partial)


def read_blocks(stream: BinaryIO, start: int, length: int, chosen: Suite) -> Iterator[memoryview]:
    """The sealed body as it lies in the stream, a block at a time, each in the same memory as the one before.

    DamagedBodyError if the stream is shorter.
    """
    block = memoryview(bytearray(min(_block_bytes(chosen), length)))
    readable = cast("_Readable", stream)
    stream.seek(start)
    while length:
        block = block[: min(len(block), length)]
        if readable.readinto(block) != len(block):
            raise DamagedBodyError("container: the body is cut short")
        yield block
        length -= len(block)


def open_blocks(chosen: Suite, cipher: Aead, aad: bytes, blocks: Iterable[memoryview], length: int) -> Iterator[bytes]:
    """Plaintext of every chunk of a sealed body of so many bytes; DamagedBodyError for a wrong chunk or a stump.

    Only an empty body has an empty chunk: else one body could be written in two forms.
    """
    number, sealed_bytes, tag_bytes = 0, CHUNK + chosen.tag_bytes, chosen.tag_bytes
    for block in blocks:
        for at in range(0, len(block), sealed_bytes):
            sealed = block[at : at + sealed_bytes]
            length -= len(sealed)
            if len(sealed) < tag_bytes + bool(number):
                raise DamagedBodyError("container: the last chunk is too short")
            try:
                plain = cipher.decrypt(nonce(chosen, number, not length), sealed, aad)
            except InvalidTag:
                raise DamagedBodyError("container: a chunk does not authenticate") from None
            if plain:
                yield plain
            number += 1
    if not number:
        raise DamagedBodyError("container: the last chunk is too short")


class Marks:
    """What a reader remembers of the blocks of a first reading, to know them again in the second.

    One authenticator (GMAC, NIST SP 800-38D) a block, under a key that is drawn for this reading and never leaves it:
    whoever swaps a block in between, even with the content key in hand, cannot make one that fits. A second hash says
    the same at three times the cost.
    """

    def __init__(self, chosen: Suite) -> None:
        self._chosen = chosen
        self._cipher = chosen.aead(secrets.token_bytes(chosen.aead_key_bytes))
        self._marks: list[bytes] = []

    def remember(self, block: memoryview) -> None:
        """The next block of the first reading."""
        self._marks.append(self._mark(len(self._marks), block))

    def recognised(self, blocks: Iterable[memoryview]) -> Iterator[memoryview]:
        """The blocks of the second reading, each once it is the very one of the first; DamagedBodyError otherwise."""
        number = 0
        for number, block in enumerate(blocks, 1):
            if number > len(self._marks) or not hmac.compare_digest(
                self._mark(number - 1, block), self._marks[number - 1]
            ):
                raise DamagedBodyError("container: the body changed while it was being read")
            yield block
        if number != len(self._marks):
            raise DamagedBodyError("container: the body changed while it was being read")

    def _mark(self, number: int, block: memoryview) -> bytes:
        return self._cipher.encrypt(nonce(self._chosen, number, False), b"", block)


def _block_bytes(chosen: Suite) -> int:
    return _CHUNKS_AT_ONCE * (CHUNK + chosen.tag_bytes)
