"""Signed objects: a first line that says the kind, one line of canonical JSON, and one line for each signature.

    sealink/v1/request
    {"basis":"…","case_no":"…"}
    sig 3f0c… BASE64

The signature covers the first two lines without the last line break, exactly as stored: a verifier never writes the
JSON anew. An object of one kind can never pass for another. Several people may sign the same object; the caller says
whose keys it trusts and then asks `signers` who did. This file does not know who may sign what, nor when.

Reading, in numbered steps:
  1. split into first line, JSON and signature lines, each of strict form;
  2. the kind is the one that the caller expects;
  3. every signature by a trusted key verifies, and there is at least one; lines by other keys count for nothing;
  4. only then is the JSON parsed and handed out.

May touch: nothing
Sees:      whatever the object says
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from audit import canonical
from audit.canonical import JsonValue
from audit.crypto.errors import KeyFormError, MalformedSignedObjectError, SignatureRefusedError, WrongKindError
from audit.crypto.key_text import is_key_id, strict_base64
from audit.crypto.signatures import SigningKey, VerifyingKey
from audit.crypto.suites import suite
from audit.errors import MalformedError

PREFIX = "sealink/v1/"
LONGEST = 4 * 1024 * 1024
"""Bytes of a whole signed object; a roster of a large city stays far below."""
MOST_SIGNATURES = 16


class Kind(StrEnum):
    """Every kind of object that anybody signs; there is no other."""

    PLAN = "plan"  # a project's parameters, by the operator
    INVITE = "invite"  # a custodian offers the linkage secret
    ACCEPT = "accept"  # a custodian joins
    BATCH = "batch"  # a custodian submits
    RESULT = "result"  # the unit answers
    GRANT = "grant"  # a right given by one party to another
    ROSTER = "roster"  # an agency's people, devices and keys
    CALL = "call"  # a person or program of an agency calls the vault
    SEALING = "sealing"  # a sealer hands a sealed record over
    REQUEST = "request"  # an officer asks for a sealed record
    UNDERTAKING = "undertaking"  # the officer's confidentiality promise
    DECISION = "decision"  # the sealing agency allows
    APPROVAL = "approval"  # a half-holding agency allows
    REFUSAL = "refusal"  # either of them does not
    PROPOSAL = "proposal"  # the sealing agency proposes to unseal, seal again or shred a record
    AGREEMENT = "agreement"  # a half-holding agency agrees to it
    RELEASE = "release"  # a release agent re-sealed its half
    DELIVERY = "delivery"  # the officer opened what was released
    NOTICE = "notice"  # a sealing notice to an agency that holds a part
    RECEIPT = "receipt"  # that agency did what the notice asks
    LOCK = "lock"  # one agency stops every release
    ROTATION = "rotation"  # a release agent sealed its halves to its new key
    RETURN = "return"  # what was released was given back or destroyed
    FINDING = "finding"  # a person answers what no program can: main acts, a consent, a cause of unsealing
    CORRECTION = "correction"  # the procuratorate tells an agency to put a fault of sealing right
    CORRECTED = "corrected"  # that agency answers
    CERTIFICATE = "certificate"  # a sealing agency's desk issued a no-record certificate
    CEREMONY = "ceremony"  # a root key was split or recovered
    RESTORE = "restore"  # two people name the range that a restored log lost
    CONTAINER = "container"  # the sender's signature of a sealed container


@dataclass(frozen=True, slots=True)
class SignedObject:
    """A verified object. `digest` is the hash of the signed bytes in the first signer's suite; others refer to it."""

    kind: Kind
    payload: dict[str, JsonValue]
    signed_bytes: bytes = field(repr=False)
    signers: tuple[str, ...]
    """Ids of the trusted keys that signed, in the order of their lines."""
    digest: bytes


def message(kind: Kind, json_text: bytes) -> bytes:
    """The bytes that are signed."""
    return f"{PREFIX}{kind.value}\n".encode() + json_text


def sign_object(kind: Kind, payload: Mapping[str, JsonValue], *keys: SigningKey) -> bytes:
    """A signed object by one or more different keys; CanonicalError if the payload has no canonical form."""
    if not keys:
        raise MalformedSignedObjectError("signed object: nobody signs it")
    signed = message(kind, canonical.dumps(dict(payload)))
    data = signed + b"\n"
    for key in keys:
        data = _with_line(data, signed, key)
    return _bounded(data)


def add_signature(data: bytes, kind: Kind, key: SigningKey) -> bytes:
    """The same object with one more signature. The caller has read and understood what it signs."""
    signed, signatures = _split(data, kind)
    if key.id in dict(signatures):
        raise MalformedSignedObjectError("signed object: this key signed already")
    if len(signatures) == MOST_SIGNATURES:
        raise MalformedSignedObjectError("signed object: too many signatures")
    return _bounded(_with_line(data, signed, key))


def open_object(data: bytes, kind: Kind, trusted: Iterable[VerifyingKey]) -> SignedObject:
    """Verify `data` as an object of `kind` signed by at least one of the `trusted` keys.

    Raises MalformedSignedObjectError, WrongKindError or SignatureRefusedError. The caller still owes: that `signers`
    are the people who had to sign, and that the payload says what it must.
    """
    signed, signatures = _split(data, kind)
    keys = {key.id: key for key in trusted}
    signers = []
    for key_id, signature in signatures:
        if key_id not in keys:
            continue
        if not keys[key_id].is_signed(signed, signature):
            raise SignatureRefusedError("signed object: a trusted key's signature does not verify")
        signers.append(key_id)
    if not signers:
        raise SignatureRefusedError("signed object: no trusted key signed it")
    payload = _payload(signed)
    return SignedObject(kind, payload, signed, tuple(signers), suite(keys[signers[0]].suite).hash(signed))


def _payload(signed: bytes) -> dict[str, JsonValue]:
    try:
        payload = canonical.loads(signed.partition(b"\n")[2])
    except MalformedError as error:
        raise MalformedSignedObjectError(f"signed object: {error}") from None
    if not isinstance(payload, dict):
        raise MalformedSignedObjectError("signed object: one JSON object expected")
    return payload


def claimed_signers(data: bytes, kind: Kind) -> tuple[str, ...]:
    """Ids that the signature lines name, unverified: good for looking a key up, for nothing else."""
    return tuple(key_id for key_id, _ in _split(data, kind)[1])


def claimed_payload(data: bytes, kind: Kind) -> dict[str, JsonValue]:
    """What the object says, unverified: good for looking up what belongs to it, for nothing else."""
    return _payload(_split(data, kind)[0])


def _with_line(data: bytes, signed: bytes, key: SigningKey) -> bytes:
    return data + f"sig {key.id} {base64.b64encode(key.sign(signed)).decode()}\n".encode()


def _bounded(data: bytes) -> bytes:
    if len(data) > LONGEST:
        raise MalformedSignedObjectError("signed object: too long")
    return data


def _split(data: bytes, kind: Kind) -> tuple[bytes, list[tuple[str, bytes]]]:
    """Steps 1 and 2: the signed bytes, and (key id, signature) of each line."""
    lines = _bounded(data).split(b"\n")
    if len(lines) < 4 or lines[-1] or not lines[0].startswith(PREFIX.encode()):
        raise MalformedSignedObjectError("signed object: first line, JSON and signatures expected")
    if lines[0] != PREFIX.encode() + kind.value.encode():
        raise WrongKindError(f"signed object: not a {kind.value}")
    signatures = [_signature(line) for line in lines[2:-1]]
    if len(signatures) > MOST_SIGNATURES:
        raise MalformedSignedObjectError("signed object: too many signatures")
    if len(dict(signatures)) != len(signatures):
        raise MalformedSignedObjectError("signed object: one key signed twice")
    return b"\n".join(lines[:2]), signatures


def _signature(line: bytes) -> tuple[str, bytes]:
    try:
        word, key_id, text = line.decode("ascii").split(" ")
        if word == "sig" and is_key_id(key_id):
            return key_id, strict_base64(text)
    except (ValueError, KeyFormError):
        pass
    raise MalformedSignedObjectError("signed object: a signature line is not 'sig KEY-ID BASE64'")
