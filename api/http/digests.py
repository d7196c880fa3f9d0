"""Content-Digest: what a body must hash to, as its sender says, and holding what arrives to it.

Only SHA-256 and SHA-512 are taken; other algorithms beside them are passed over, as the RFC asks.

May touch: nothing
Sees:      digests
Spec:      RFC 9530, RFC 8941 (dictionary of byte sequences)
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from typing import Final

from linkage.refusals import Refused, Why

WANTED: Final = "sha-256=10, sha-512=3"
"""For `Want-Content-Digest` of a refusal."""
LONGEST: Final = 500

_MEMBER: Final = re.compile(r"([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/]*={0,2}):")
_SIZES: Final = {"sha-256": 32, "sha-512": 64}


def parse_digests(header: str) -> dict[str, bytes]:
    """The digests of a `Content-Digest` header that we know; Refused MALFORMED unless there is one."""
    if len(header) > LONGEST:
        raise Refused(Why.MALFORMED, "Content-Digest: too long")
    found: dict[str, bytes] = {}
    for part in header.split(","):
        member = _MEMBER.fullmatch(part.strip(" \t"))
        if member is None:
            raise Refused(Why.MALFORMED, "Content-Digest: not as RFC 9530 writes it")
        name, text = member.groups()
        if name in _SIZES:
            found[name] = _bytes(text, _SIZES[name])
    if not found:
        raise Refused(Why.MALFORMED, "Content-Digest: sha-256 or sha-512 expected")
    return found


def sha256_of(header: str) -> bytes:
    """The SHA-256 of a `Content-Digest` header, which must have one."""
    found = parse_digests(header)
    if "sha-256" not in found:
        raise Refused(Why.MALFORMED, "Content-Digest: sha-256 expected")
    return found["sha-256"]


def content_digest(data: bytes) -> str:
    """The header for these bytes."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(data).digest()).decode()}:"


class Check:
    """Hash a stream as it passes, and compare at its end."""

    def __init__(self, header: str) -> None:
        self._wanted = parse_digests(header)
        self._hashes = {name: hashlib.new(name.replace("-", "")) for name in self._wanted}

    def update(self, block: bytes) -> None:
        for each in self._hashes.values():
            each.update(block)

    def close(self) -> None:
        """Refused WRONG_DIGEST unless every digest fits."""
        for name, wanted in self._wanted.items():
            if not hmac.compare_digest(self._hashes[name].digest(), wanted):
                raise Refused(Why.WRONG_DIGEST, "body: its bytes are not those of Content-Digest")


def _bytes(text: str, size: int) -> bytes:
    try:
        found = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Refused(Why.MALFORMED, "Content-Digest: not base64") from None
    if len(found) != size:
        raise Refused(Why.MALFORMED, "Content-Digest: a digest of the wrong length")
    return found
