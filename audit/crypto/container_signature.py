"""The end of a sealed container: one signature of the sender, over the digests of all containers it signed together.

    signed\\n   digests   signature   1 byte: how many digests

Views of one record are sealed together and signed once, because a post-quantum signature costs more than everything
else about a small container. Each carries the whole list, so it is verified alone. The list is signed: a digest can
neither be added nor taken out, and who holds one container knows the digests of the others, nothing more. This file
does not know what a digest covers: `container_binding.statement` says it.

May touch: nothing (a stream that the caller opened)
Sees:      digests
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final, Self

from audit import canonical
from audit.crypto.errors import ForgedContainerError, MalformedContainerError, UnsignedContainerError
from audit.crypto.signatures import SigningKey, VerifyingKey
from audit.crypto.signed_object import Kind, message
from audit.crypto.suites import Suite, suite

MOST_TOGETHER: Final = 64
_TRAILER: Final = b"signed\n"


@dataclass(frozen=True, slots=True)
class ContainerSignature:
    """What the sender signed, and the signature."""

    together: tuple[bytes, ...]
    """Digests of the containers that were signed together, each once."""
    value: bytes

    def __post_init__(self) -> None:
        if not 0 < len(self.together) <= MOST_TOGETHER or len(set(self.together)) != len(self.together):
            raise MalformedContainerError("container: its signature names no containers, too many, or one twice")

    @classmethod
    def make(cls, sender: SigningKey, together: Sequence[bytes]) -> Self:
        """Sign containers by their digests; MalformedContainerError for none, for more than 64 and for one twice."""
        signature = cls(tuple(together), b"")
        return cls(signature.together, sender.sign(signature._signed()))

    def to_bytes(self) -> bytes:
        """What follows the body."""
        return _TRAILER + b"".join(self.together) + self.value + bytes([len(self.together)])

    @classmethod
    def read(cls, stream: BinaryIO, start: int, chosen: Suite) -> tuple[Self, int]:
        """(the signature at the stream's end, where the body ends); UnsignedContainerError if there is none."""
        size = stream.seek(0, 2)
        stream.seek(max(start, size - 1))
        count = int.from_bytes(stream.read(1), "big")
        digests = count * chosen.hash_bytes
        end = size - 1 - chosen.signing.signature_bytes - digests - len(_TRAILER)
        if not count or end < start:
            raise UnsignedContainerError("container: no sender's signature at its end")
        stream.seek(end)
        said = stream.read(size - end)
        if said[: len(_TRAILER)] != _TRAILER or len(said) != size - end:
            raise UnsignedContainerError("container: no sender's signature at its end")
        listed = said[len(_TRAILER) : len(_TRAILER) + digests]
        together = (listed[at : at + chosen.hash_bytes] for at in range(0, digests, chosen.hash_bytes))
        return cls(tuple(together), said[len(_TRAILER) + digests : -1]), end

    def check(self, sender: VerifyingKey, digest: bytes) -> None:
        """ForgedContainerError unless the sender signed a container of this digest."""
        if len(digest) != suite(sender.suite).hash_bytes or digest not in self.together:
            raise ForgedContainerError("container: the sender's signature does not cover it")
        if not sender.is_signed(self._signed(), self.value):
            raise ForgedContainerError("container: the sender's signature does not cover it")

    def _signed(self) -> bytes:
        return message(Kind.CONTAINER, canonical.dumps({"containers": [digest.hex() for digest in self.together]}))
