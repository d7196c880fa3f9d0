"""Sealed containers: a body of any length for named recipients, from a sender who signed it.

Used for batches, results, envelopes and backups. Layout:

    sealink/v1/container\\n   4-byte length   header   chunks   signed\\n   signature

The header is canonical JSON (`container_header`). Each chunk is 64 KiB under the suite's AEAD and a key that serves
this container only; its nonce is chunk number and last-chunk flag, its associated data the hash of the header. The
signature covers the hashes of header and chunks. Every place follows from the lengths, so cutting, adding or moving
bytes breaks something. HPKE and AEADs authenticate no sender (whoever can open could also forge), hence an unsigned
container is refused, and the signature is checked over the whole body before the first byte of plaintext leaves.

Opening, in numbered steps:
  1. first line, form of the header, suite; purpose and ids that the reader expects;
  2. the sender is trusted and its signature covers header and body (first pass over the stream);
  3. the reader is a recipient, its sealed content key opens and is the one that the header commits to;
  4. each chunk is authenticated, then handed out, and the body hashed again (second pass);
  5. `is_complete` turns true when the last chunk is out and the second hash equals the first.
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

from cryptography.exceptions import InvalidTag

from audit.canonical import JsonValue
from audit.crypto.container_binding import MAGIC, body_key, commitment, header_hash, nonce, statement, wrap_aad
from audit.crypto.container_header import LONGEST, Header, Purpose, Wrap, make_header, parse_header
from audit.crypto.errors import (
    DamagedBodyError,
    ForgedContainerError,
    KeyCommitmentError,
    MalformedContainerError,
    UnknownRecipientError,
    UnknownSenderError,
    UnsignedContainerError,
    WrongPurposeError,
)
from audit.crypto.hpke import OpeningKey, SealingKey, open_key, seal_key
from audit.crypto.signatures import SigningKey, VerifyingKey
from audit.crypto.suites import Suite, suite

CHUNK = 64 * 1024
_TRAILER = b"signed\n"
_LENGTH_BYTES = 4
_HASHED_AT_ONCE = 1024 * 1024
_INFO = b"sealink/v1/container"


@dataclass(frozen=True, slots=True)
class ContentKey:
    """A content key that the caller made or recovered itself, for example from two halves."""

    secret: bytes = field(repr=False)


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
    hasher, length = chosen.hasher(), 0
    for sealed in _seal_chunks(chosen, secret, header, body):
        hasher.update(sealed)
        length += len(sealed)
        out.write(sealed)
    signed = statement(chosen, header, hasher.digest(), length)
    out.write(_TRAILER + sender.sign(signed))
    return chosen.hash(signed)


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
    end = stream.seek(0, 2) - len(_TRAILER) - chosen.signing.signature_bytes
    if end < start:
        raise UnsignedContainerError("container: no sender's signature at its end")
    stream.seek(end)
    if _read(stream, len(_TRAILER)) != _TRAILER:
        raise UnsignedContainerError("container: no sender's signature at its end")
    signature = _read(stream, chosen.signing.signature_bytes)
    body_hash = _hash_body(stream, start, end, chosen)
    signed = statement(chosen, header, body_hash, end - start)
    if not sender.is_signed(signed, signature):
        raise ForgedContainerError("container: the sender's signature does not cover it")
    return VerifiedContainer(header, sender, chosen.hash(signed), body_hash, signature, stream, start, end)


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
    """Hash of what the sender signed: the name of this container in requests and in the log."""
    body_hash: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    _stream: BinaryIO = field(repr=False)
    _start: int = field(repr=False)
    _end: int = field(repr=False)

    @property
    def length(self) -> int:
        """Bytes of the sealed body."""
        return self._end - self._start

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
        hasher = chosen.hasher()
        for number, is_last, sealed in _sealed_chunks(verified, chosen.tag_bytes):
            hasher.update(sealed)
            try:
                plain = cipher.decrypt(nonce(chosen, number, is_last), sealed, aad)
            except InvalidTag:
                raise DamagedBodyError("container: a chunk does not authenticate") from None
            if plain:
                yield plain
        if not hmac.compare_digest(hasher.digest(), verified.body_hash):
            raise DamagedBodyError("container: the body changed while it was being read")
        self.is_complete = True

    def read(self, limit: int) -> bytes:
        """The whole plaintext if it has at most `limit` bytes; nothing unless it is complete."""
        found = bytearray()
        for chunk in self.chunks():
            found += chunk
            if len(found) > limit:
                raise DamagedBodyError("container: longer than the reader allows")
        return bytes(found)


def _seal_chunks(chosen: Suite, secret: bytes, header: Header, body: Iterable[bytes]) -> Iterator[bytes]:
    cipher, aad = chosen.aead(body_key(chosen, secret)), header_hash(chosen, header)
    for number, is_last, chunk in _numbered(body):
        yield cipher.encrypt(nonce(chosen, number, is_last), chunk, aad)


def _numbered(body: Iterable[bytes]) -> Iterator[tuple[int, bool, bytes]]:
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


def _sealed_chunks(verified: VerifiedContainer, tag_bytes: int) -> Iterator[tuple[int, bool, bytes]]:
    """(number, is it the last, ciphertext). Only an empty body has an empty chunk."""
    stream, whole = verified._stream, CHUNK + tag_bytes
    left, number = verified._end - verified._start, 0
    stream.seek(verified._start)
    while True:
        size = min(whole, left)
        if size < tag_bytes or (size == tag_bytes and number):
            raise DamagedBodyError("container: the last chunk is too short")
        left -= size
        sealed = stream.read(size)
        if len(sealed) != size:
            raise DamagedBodyError("container: the body changed while it was being read")
        yield number, left == 0, sealed
        if left == 0:
            return
        number += 1


def _hash_body(stream: BinaryIO, start: int, end: int, chosen: Suite) -> bytes:
    hasher, left = chosen.hasher(), end - start
    stream.seek(start)
    while left:
        piece = _read(stream, min(left, _HASHED_AT_ONCE))
        hasher.update(piece)
        left -= len(piece)
    return hasher.digest()


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
