"""What is signed about a checkpoint, by the log and by witnesses (C2SP signed-note and tlog-cosignature).

Three kinds: a plain Ed25519 note signature (no time); cosignature/v1, Ed25519 over the time and the text; and ML-DSA-44
over a structure with the cosigner's name, the time, the origin, the size and the root. The keys themselves live in
audit.keys. A time is POSIX seconds; zero on an ML-DSA line means "no statement about time", which a log may say and a
witness may not. ML-DSA-44 lines do not cover extension lines, so a checkpoint with any is refused under that kind.

May touch: nothing
Spec:      https://c2sp.org/tlog-cosignature
"""

from __future__ import annotations

from typing import Protocol

from audit.checkpoint import Checkpoint
from audit.errors import MalformedError, SignatureError
from audit.signature_line import Kind, Signature

_LATEST = 2**63 - 1


class Cosigner(Protocol):
    """A private key that may sign about checkpoints."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> Kind: ...
    @property
    def key_id(self) -> int: ...
    def sign_message(self, message: bytes) -> bytes:
        """Bare signature over exactly these bytes."""


class PublicKey(Protocol):
    """A public key under its name."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> Kind: ...
    @property
    def key_id(self) -> int: ...
    def is_signed(self, message: bytes, signature: bytes) -> bool:
        """Whether the bare signature over exactly these bytes holds."""


def cosign(text: bytes, signer: Cosigner, timestamp: int) -> Signature:
    """Cosignature of a checkpoint's text at a time in seconds.

    The caller still owes the check that makes it true: the tree is consistent with every tree cosigned before.
    """
    if signer.kind is Kind.ED25519:
        raise ValueError("a plain Ed25519 key cannot cosign: its signature states no time")
    signature = signer.sign_message(message_of(signer.kind, signer.name, text, timestamp))
    return Signature(signer.name, signer.key_id, timestamp.to_bytes(8) + signature)


def verify_cosignature(text: bytes, signature: Signature, key: PublicKey) -> int:
    """Time at which the text was cosigned; SignatureError unless the line is this key's and holds.

    Raises MalformedError when an ML-DSA-44 line stands under a text that is no checkpoint.
    """
    if key.kind is Kind.ED25519:
        raise SignatureError("a plain Ed25519 key does not cosign")
    if (signature.name, signature.key_id) != (key.name, key.key_id):
        raise SignatureError("a cosignature is of another key")
    timestamp = int.from_bytes(signature.payload[:8])
    if len(signature.payload) <= 8 or timestamp > _LATEST:
        raise SignatureError("a cosignature has no proper time")
    if not key.is_signed(message_of(key.kind, key.name, text, timestamp), signature.payload[8:]):
        raise SignatureError("a cosignature does not hold")
    return timestamp


def message_of(kind: Kind, name: str, text: bytes, timestamp: int) -> bytes:
    """The exact bytes under a signature of this kind; MalformedError when the kind cannot sign such a text."""
    if not 0 <= timestamp <= _LATEST:
        raise ValueError("a time is POSIX seconds below 2^63")
    if kind is Kind.ED25519:
        return text
    if kind is Kind.COSIGNATURE_V1:
        return b"cosignature/v1\ntime %d\n" % timestamp + text
    return _subtree_message(name, Checkpoint.parse(text), timestamp)


def _subtree_message(name: str, head: Checkpoint, timestamp: int) -> bytes:
    if head.extensions:
        raise MalformedError("checkpoint: extension lines, which ML-DSA-44 would not cover")
    start = 0
    numbers = (start.to_bytes(8), head.size.to_bytes(8))
    parts = (b"subtree/v1\n\0", _short(name), timestamp.to_bytes(8), _short(head.origin), *numbers, head.root)
    return b"".join(parts)


def _short(text: str) -> bytes:
    data = text.encode()
    if not 1 <= len(data) <= 255:
        raise MalformedError("a name or origin is not 1 to 255 bytes long")
    return bytes([len(data)]) + data
