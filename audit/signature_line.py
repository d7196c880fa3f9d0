"""One signature line of a signed note, and how the key behind it is identified. It verifies nothing.

    — <key name> base64(key id (4 bytes) || payload)

A key id is the head of SHA-256(name, newline, kind, public key): it identifies and does not protect.

May touch: nothing
Spec:      https://c2sp.org/signed-note
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256

from audit.errors import MalformedError

DASH = "\u2014 "


class Kind(IntEnum):
    """Signature types that are read here; the byte stands in front of the public key in a verifier key."""

    ED25519 = 0x01
    COSIGNATURE_V1 = 0x04
    ML_DSA_44 = 0x06


def key_id(name: str, kind: Kind, public_key: bytes) -> int:
    """The 32-bit id of a key under this name and for this kind of signature."""
    return int.from_bytes(sha256(name.encode() + b"\n" + bytes([kind]) + public_key).digest()[:4])


def is_key_name(name: str) -> bool:
    """Whether this may name a key: not empty, no plus sign, no space or control character of any script."""
    return name != "" and name.isprintable() and not any(char.isspace() or char == "+" for char in name)


def decode_base64(text: str) -> bytes:
    """Bytes of standard, padded Base 64 in its one spelling; MalformedError otherwise."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise MalformedError("not Base 64") from None
    if base64.b64encode(data) != text.encode():
        raise MalformedError("not the one Base 64 form of its bytes")
    return data


@dataclass(frozen=True, slots=True)
class Signature:
    """A line's content; what the payload must be is the kind's affair (see audit.cosignature)."""

    name: str
    key_id: int
    payload: bytes

    def to_line(self) -> str:
        """The line with its newline."""
        return f"{DASH}{self.name} {base64.b64encode(self.key_id.to_bytes(4) + self.payload).decode()}\n"

    @classmethod
    def parse(cls, line: str) -> Signature:
        """Read a line, given without its newline; MalformedError otherwise."""
        if not line.startswith(DASH):
            raise MalformedError("a signature line does not begin with a dash and a space")
        name, space, blob = line.removeprefix(DASH).partition(" ")
        if not space or not is_key_name(name):
            raise MalformedError("a signature line has no proper key name")
        data = decode_base64(blob)
        if len(data) < 5:
            raise MalformedError("a signature line has no signature")
        return cls(name, int.from_bytes(data[:4]), data[4:])
