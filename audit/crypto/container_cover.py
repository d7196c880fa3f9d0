"""A container's cover: its header, the hash and length of its body, and the sender's signature, without the body.

Who must know that a container was made by a trusted sender, and what its header says, need not fetch the body. Whether
some body fits the cover, `container` says when it reads one. The digest is the same as the container's.

May touch: nothing (the stream that it is taken from)
Sees:      public ids and figures
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from audit import canonical
from audit.crypto.container import VerifiedContainer
from audit.crypto.container_binding import statement
from audit.crypto.container_header import Header, Purpose, parse_header
from audit.crypto.container_signature import ContainerSignature
from audit.crypto.errors import (
    KeyFormError,
    MalformedContainerError,
    UnknownSenderError,
    WrongPurposeError,
)
from audit.crypto.key_text import strict_base64
from audit.crypto.signatures import VerifyingKey
from audit.crypto.suites import suite
from audit.errors import MalformedError

_FIELDS = {"header", "body", "bytes", "together", "signature"}


@dataclass(frozen=True, slots=True)
class VerifiedCover:
    """A cover that its sender signed."""

    header: Header
    sender: VerifyingKey
    digest: bytes
    """The container's name in requests and in the log."""
    length: int
    """Bytes of the sealed body."""


def cover_of(container: VerifiedContainer) -> bytes:
    """The cover of a verified container, as canonical JSON."""
    return canonical.dumps({
        "header": base64.b64encode(container.header.raw).decode(),
        "body": container.body_hash.hex(),
        "bytes": container.length,
        "together": [digest.hex() for digest in container.signature.together],
        "signature": base64.b64encode(container.signature.value).decode(),
    })  # fmt: skip


def verify_cover(
    data: bytes, *, senders: Iterable[VerifyingKey], purpose: Purpose, ids: Mapping[str, str | int]
) -> VerifiedCover:
    """What the cover says, once a trusted sender signed it for this purpose and exactly these ids.

    Raises a ContainerError or UnknownSuiteError.
    """
    header, body, length, signature = _parse(data)
    if header.purpose is not purpose or dict(header.ids) != dict(ids):
        raise WrongPurposeError("container cover: about something else than expected")
    sender = next((key for key in senders if key.id == header.sender and key.suite == header.suite), None)
    if sender is None:
        raise UnknownSenderError("container cover: its sender is not one that the reader trusts")
    chosen = suite(header.suite)
    digest = chosen.hash(statement(chosen, header, body, length))
    signature.check(sender, digest)
    return VerifiedCover(header, sender, digest, length)


def _parse(data: bytes) -> tuple[Header, bytes, int, ContainerSignature]:
    try:
        value = canonical.loads(data)
        if not isinstance(value, dict) or set(value) != _FIELDS:
            raise ValueError
        length = value["bytes"]
        if not isinstance(length, int) or isinstance(length, bool) or length < 0:
            raise ValueError
        together = value["together"]
        if not isinstance(together, list):
            raise ValueError
        raw, signature = strict_base64(str(value["header"])), strict_base64(str(value["signature"]))
        signed = ContainerSignature(tuple(bytes.fromhex(str(digest)) for digest in together), signature)
        return parse_header(raw), bytes.fromhex(str(value["body"])), length, signed
    except (MalformedError, KeyFormError, ValueError):
        raise MalformedContainerError("container cover: not of its form") from None
