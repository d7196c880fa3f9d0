"""Signed notes (C2SP signed-note): a text and the lines of those who signed it. What the text means is not known here.

Reading is strict where the specification leaves room: one blank line before the signatures, no control characters,
Base 64 in its one form, at most 64 lines. Lines of unknown keys are ignored, a wrong line of a known key rejects the
whole note, and so does the lack of any line of a known key.

May touch: nothing (key files through audit.keys)
Spec:      https://c2sp.org/signed-note
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from audit.errors import MalformedError, SignatureError
from audit.keys import Ed25519Cosigner, Ed25519Signer, MlDsa44Signer, Signer, Verifier
from audit.signature_line import DASH, Kind, Signature

__all__ = [
    "Ed25519Cosigner",
    "Ed25519Signer",
    "Kind",
    "MlDsa44Signer",
    "OpenedNote",
    "Signature",
    "Signer",
    "Verified",
    "Verifier",
    "open_note",
    "sign_note",
    "split_note",
    "with_signatures",
]

_MOST_LINES = 64
_CONTROL = frozenset(range(0x20)) - {0x0A}


@dataclass(frozen=True, slots=True)
class Verified:
    """A signature that holds: whose, and when it says that it was made (None for a plain one, seconds otherwise)."""

    verifier: Verifier
    timestamp: int | None


@dataclass(frozen=True, slots=True)
class OpenedNote:
    """A note that at least one known key has signed: its text, the lines that hold, the lines of unknown keys."""

    text: bytes
    signatures: tuple[Verified, ...]
    unknown: tuple[Signature, ...] = ()


def sign_note(text: bytes, signers: Iterable[Signer]) -> bytes:
    """The text and one line of each signer; MalformedError for a text that no note can hold."""
    return with_signatures(text, [signer.sign(text) for signer in signers])


def with_signatures(text: bytes, signatures: Iterable[Signature]) -> bytes:
    """The note of a text and lines that were made elsewhere; they are not verified."""
    note = text + b"\n" + "".join([signature.to_line() for signature in signatures]).encode()
    if split_note(note)[0] != text:
        raise MalformedError("note: a text that no note can hold")
    return note


def split_note(note: bytes) -> tuple[bytes, list[Signature]]:
    """Text and lines, nothing verified; MalformedError when it is not a note."""
    if not _CONTROL.isdisjoint(note):
        raise MalformedError("note: a control character")
    text, blank, lines = note.rpartition(b"\n\n")
    if not blank or not text or not lines.endswith(b"\n"):
        raise MalformedError("note: no text, blank line and signatures")
    try:
        text.decode()
        rows = lines.decode().removesuffix("\n").split("\n")
    except UnicodeDecodeError:
        raise MalformedError("note: not UTF-8") from None
    if len(rows) > _MOST_LINES or not all(row.startswith(DASH) for row in rows):
        raise MalformedError(f"note: not 1 to {_MOST_LINES} signature lines at its end")
    return text + b"\n", [Signature.parse(row) for row in rows]


def open_note(note: bytes, verifiers: Iterable[Verifier]) -> OpenedNote:
    """The text, once a known key has signed it and every line of a known key holds.

    Raises MalformedError for what is no note, SignatureError for a wrong line of a known key, for two lines of the same
    key, and when no known key has signed.
    """
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    text, signatures = split_note(note)
    held: dict[Verifier, Verified] = {}
    unknown: list[Signature] = []
    for signature in signatures:
        verifier = known.get((signature.name, signature.key_id))
        if verifier is None:
            unknown.append(signature)
        elif verifier in held:
            raise SignatureError(f"note: two lines of the key {verifier.name}")
        else:
            held[verifier] = Verified(verifier, _verified_time(text, signature, verifier))
    if not held:
        raise SignatureError("note: no line of a known key")
    return OpenedNote(text, tuple(held.values()), tuple(unknown))


def _verified_time(text: bytes, signature: Signature, verifier: Verifier) -> int | None:
    try:
        return verifier.verify(text, signature)
    except SignatureError as error:
        raise SignatureError(f"note: line of the key {verifier.name}: {error}") from None
