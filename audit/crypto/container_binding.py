"""What ties the parts of a sealed container together: which bytes each key, nonce and signature depends on.

Everything here is a fixed function of suite, content key and header. Change one and no container written before opens.

May touch: nothing
Sees:      content keys
"""

from __future__ import annotations

from audit import canonical
from audit.crypto.container_header import COMMITMENT_BYTES, Header, Purpose
from audit.crypto.suites import Suite

MAGIC = b"sealink/v1/container\n"
"""First line of every container."""


def wrap_aad(purpose: Purpose, sender: str, committed: bytes) -> bytes:
    """Associated data of a sealed content key: copied into another container's header it does not open."""
    return f"{purpose.value}\n{sender}\n{committed.hex()}\n".encode()


def commitment(suite: Suite, secret: bytes) -> bytes:
    """32 bytes that only one content key has, and that say nothing about it."""
    # GCM does not commit to its key: without this, one file could open differently for two recipients.
    return suite.derive(secret, b"sealink/v1/container/commitment", COMMITMENT_BYTES)


def body_key(suite: Suite, secret: bytes) -> bytes:
    """The AEAD key of the chunks."""
    return suite.derive(secret, b"sealink/v1/container/body", suite.aead_key_bytes)


def header_hash(suite: Suite, header: Header) -> bytes:
    """Associated data of every chunk: a chunk under another header does not authenticate."""
    return suite.hash(MAGIC + header.raw)


def nonce(suite: Suite, number: int, is_last: bool) -> bytes:
    """Big-endian number of the chunk, then the last-chunk flag."""
    return number.to_bytes(suite.nonce_bytes - 1, "big") + bytes([is_last])


def statement(suite: Suite, header: Header, body_hash: bytes, length: int) -> bytes:
    """What the digest is the hash of: the hashes of header and sealed body, and the body's length in bytes."""
    said = {"body": body_hash.hex(), "bytes": length, "header": header_hash(suite, header).hex()}
    return MAGIC + canonical.dumps(said)
