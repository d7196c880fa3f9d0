"""Sealed containers: a body of any length for named recipients, from a sender who signed it.

Used for batches, results, envelopes and backups. Layout:

    sealink/v1/container\\n   4-byte length   header   chunks   signature

The header is canonical JSON (`container_header`). Each chunk is 64 KiB under the suite's AEAD and a key that serves
this container only; its nonce is chunk number and last-chunk flag, its associated data the hash of the header
(`container_body`). The digest is the hash of the hashes of header and chunks and of the body's length; the sender signs
it (`container_signature`). Every place follows from the lengths, so cutting, adding or moving bytes breaks something.
HPKE and AEADs authenticate no sender (whoever can open could also forge), hence an unsigned container is refused, and
the signature is checked over the whole body before the first byte of plaintext leaves.

Opening, in numbered steps:
  1. first line, form of the header, suite; purpose and ids that the reader expects;
  2. the sender is trusted and its signature covers header and body (first reading of the stream);
  3. the reader is a recipient, its sealed content key opens and is the one that the header commits to;
  4. each block is the very one of the first reading; its chunks are authenticated, then handed out (second reading);
  5. `is_complete` turns true when the last chunk is out.
What the caller still owes: to act on nothing before step 5, and to know whose the sender's key is.

May touch: nothing (streams that the caller opened)
Sees:      plaintext, content keys
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from audit.canonical import JsonValue
from audit.crypto.container_binding import MAGIC, body_key, commitment, header_hash, statement, wrap_aad
from audit.crypto.container_body import Marks, open_blocks, read_blocks, seal_blocks
from audit.crypto.container_header import LONGEST, Header, Purpose, Wrap, make_header, parse_header
from audit.crypto.container_signature import ContainerSignature
from audit.crypto.errors import (
    DamagedBodyError,
    KeyCommitmentError,
    MalformedContainerError,
    UnknownRecipientError,
    UnknownSenderError,
    WrongPurposeError,
)
from audit.crypto.hpke import OpeningKey, SealingKey, open_key, seal_key
from audit.crypto.signatures import SigningKey, VerifyingKey
from audit.crypto.suites import suite

_LENGTH_BYTES = 4
_INFO = b"sealink/v1/container"


@dataclass(frozen=True, slots=True)
class ContentKey:
    """A content key that the caller made or recovered itself, for example from two halves."""

    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class UnsignedContainer:
    """A container whose header and body are written; it is none before `sign_together` ends it."""

    sender: SigningKey
    digest: bytes
    _out: BinaryIO = field(repr=False)


def seal_container(
    out: BinaryIO,
    body: Iterable[bytes],
    *,
    purpose: Purpose,
    ids: Mapping[str, str | int],
    sender: SigningKey,
    recipients: Sequence[SealingKey],
    facts: Mapping[str, JsonValue] | None = None,
    content_key: ContentKey | None = None,
) -> bytes:
    """Write a container to `out`, which need not be seekable, in bounded memory; returns its digest.

    `body` are pieces of any length. Without `content_key` a fresh one is drawn, and there must be a recipient. A given
    one must be fresh as well: a content key used for two bodies betrays both. All keys must be of the sender's suite.
    If anything raises, what was written so far is no container: `sealed_file` keeps such pieces off the disk.
    """
    written = write_unsigned(
        out, body, purpose=purpose, ids=ids, sender=sender, recipients=recipients, facts=facts, content_key=content_key
    )
    sign_together([written])
    return written.digest


def write_unsigned(
    out: BinaryIO,
    body: Iterable[bytes],
    *,
    purpose: Purpose,
    ids: Mapping[str, str | int],
    sender: SigningKey,
    recipients: Sequence[SealingKey],
    facts: Mapping[str, JsonValue] | None = None,
    content_key: ContentKey | None = None,
) -> UnsignedContainer:
    """`seal_container` without the signature: for containers that are signed together."""
    if not recipients and content_key is None:
        raise MalformedContainerError("container: nobody could open it")
    if any(recipient.suite != sender.suite for recipient in recipients):
        raise MalformedContainerError("container: sender and recipients use different suites")
    chosen = suite(sender.suite)
    secret = content_key.secret if content_key else secrets.token_bytes(chosen.aead_key_bytes)
    committed = commitment(chosen, secret)
    aad = wrap_aad(purpose, sender.id, committed)
    wraps = tuple(Wrap(recipient.id, seal_key(recipient, secret, _INFO, aad)) for recipient in recipients)
    header = make_header(sender.suite, purpose, ids, facts or {}, sender.id, wraps, committed)

    out.write(MAGIC + len(header.raw).to_bytes(_LENGTH_BYTES, "big") + header.raw)
    hasher, length = chosen.body_hasher(), 0
    cipher = chosen.aead(body_key(chosen, secret))
    for block in seal_blocks(chosen, cipher, header_hash(chosen, header), body):
        hasher.update(block)
        length += len(block)
        out.write(block)
    return UnsignedContainer(sender, chosen.hash(statement(chosen, header, hasher.digest(), length)), out)


def sign_together(written: Sequence[UnsignedContainer]) -> None:
    """End containers of one sender with one signature over all their digests."""
    sender = written[0].sender
    if any(one.sender.id != sender.id for one in written):
        raise MalformedContainerError("container: signed together by different senders")
    signature = ContainerSignature.make(sender, [one.digest for one in written]).to_bytes()
    for one in written:
        one._out.write(signature)


def read_header(stream: BinaryIO) -> Header:
    """The header as it claims to be, unverified; the stream is left at the first chunk."""
    if _read(stream, len(MAGIC)) != MAGIC:
        raise MalformedContainerError("container: first line is not that of version 1")
    length = int.from_bytes(_read(stream, _LENGTH_BYTES), "big")
    if length > LONGEST:
        raise MalformedContainerError("container: header too long")
    return parse_header(_read(stream, length))


def verify_container(
    stream: BinaryIO,
    *,
    senders: Iterable[VerifyingKey],
    purpose: Purpose,
    ids: Mapping[str, str | int] | None = None,
) -> VerifiedContainer:
    """Steps 1 and 2, for everybody who carries or reads a container; `stream` must be seekable and stay open.

    `ids`, if given, must be exactly the header's. Raises a ContainerError or UnknownSuiteError.
    """
    stream.seek(0)
    header = read_header(stream)
    chosen = suite(header.suite)
    if header.purpose is not purpose:
        raise WrongPurposeError(f"container: not a {purpose.value}")
    if ids is not None and dict(ids) != dict(header.ids):
        raise WrongPurposeError("container: about something else than expected")
    sender = next((key for key in senders if key.id == header.sender and key.suite == header.suite), None)
    if sender is None:
        raise UnknownSenderError("container: its sender is not one that the reader trusts")

    start = stream.tell()
    signature, end = ContainerSignature.read(stream, start, chosen)
    hasher, marks = chosen.body_hasher(), Marks(chosen)
    for block in read_blocks(stream, start, end - start, chosen):
        hasher.update(block)
        marks.remember(block)
    body_hash = hasher.digest()
    digest = chosen.hash(statement(chosen, header, body_hash, end - start))
    signature.check(sender, digest)
    return VerifiedContainer(header, sender, digest, body_hash, signature, stream, start, end, marks)


def open_container(
    stream: BinaryIO,
    opener: OpeningKey | ContentKey,
    *,
    senders: Iterable[VerifyingKey],
    purpose: Purpose,
    ids: Mapping[str, str | int] | None = None,
) -> OpenContainer:
    """Steps 1 to 3; steps 4 and 5 happen while `OpenContainer.chunks` is read."""
    return verify_container(stream, senders=senders, purpose=purpose, ids=ids).open(opener)


@dataclass(frozen=True, slots=True)
class VerifiedContainer:
    """A container whose sender signed exactly these bytes; still sealed."""

    header: Header
    sender: VerifyingKey
    digest: bytes
    """What the sender signed: the name of this container in requests and in the log."""
    body_hash: bytes = field(repr=False)
    signature: ContainerSignature = field(repr=False)
    _stream: BinaryIO = field(repr=False)
    _start: int = field(repr=False)
    _end: int = field(repr=False)
    _marks: Marks = field(repr=False)

    @property
    def length(self) -> int:
        """Bytes of the sealed body."""
        return self._end - self._start

    def blocks(self) -> Iterator[memoryview]:
        """The sealed body once more, each piece the very one that was verified; DamagedBodyError otherwise."""
        chosen = suite(self.header.suite)
        return self._marks.recognised(read_blocks(self._stream, self._start, self.length, chosen))

    def open(self, opener: OpeningKey | ContentKey) -> OpenContainer:
        """Step 3: UnknownRecipientError, KeyCommitmentError or SealedKeyError."""
        header, chosen = self.header, suite(self.header.suite)
        secret = opener.secret if isinstance(opener, ContentKey) else _unwrap(header, opener)
        if len(secret) != chosen.aead_key_bytes or not hmac.compare_digest(
            commitment(chosen, secret), header.commitment
        ):
            raise KeyCommitmentError("container: the content key is not the one that the header commits to")
        return OpenContainer(self, secret)


class OpenContainer:
    """A container that can be read once, front to back."""

    def __init__(self, verified: VerifiedContainer, secret: bytes) -> None:
        self.verified = verified
        self.header = verified.header
        self.is_complete = False
        self._chosen = suite(verified.header.suite)
        self._secret = secret
        self._is_started = False

    def chunks(self) -> Iterator[bytes]:
        """Authenticated plaintext, up to 64 KiB at a time, once; DamagedBodyError at the first wrong chunk."""
        if self._is_started:
            raise DamagedBodyError("container: its body was read already")
        self._is_started = True
        verified, chosen = self.verified, self._chosen
        cipher, aad = chosen.aead(body_key(chosen, self._secret)), header_hash(chosen, self.header)
        yield from open_blocks(chosen, cipher, aad, verified.blocks(), verified.length)
        self.is_complete = True

    def read(self, limit: int) -> bytes:
        """The whole plaintext if it has at most `limit` bytes; nothing unless it is complete."""
        found = bytearray()
        for chunk in self.chunks():
            found += chunk
            if len(found) > limit:
                raise DamagedBodyError("container: longer than the reader allows")
        return bytes(found)


def _unwrap(header: Header, opener: OpeningKey) -> bytes:
    wrap = header.wrap_for(opener.id)
    if wrap is None or opener.suite != header.suite:
        raise UnknownRecipientError("container: not sealed to this key")
    aad = wrap_aad(header.purpose, header.sender, header.commitment)
    return open_key(opener, wrap.sealed, _INFO, aad)


def _read(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise MalformedContainerError("container: cut short")
    return data
