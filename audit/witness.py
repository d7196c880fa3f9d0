"""What a witness decides: is this tree a continuation of the one that it cosigned last? It stores and sends nothing.

A witness remembers one tree for each log and cosigns only what it has seen proven to append to that tree. So a log that
shows different trees to different people, or goes back, does not get its cosignature. It knows nothing of the entries.

Deciding, in numbered steps (C2SP tlog-witness, whose status codes the refusals carry):
  1. the request has the right form (else 400), and the log is one of ours (404);
  2. a key of that log signed the checkpoint, and no line of such a key is wrong (403);
  3. the old size is not beyond the new one (400), and is that of the tree that we cosigned last (409, with our size);
  4. the proof leads from our tree to the new one (422);
  5. our clock is not behind the time that we stated last (503).
What the caller still owes: steps 3 to 5 and the storing of the new tree in one transaction, durable before the
cosignature leaves.

May touch: nothing
Sees:      sizes and hashes
Spec:      https://c2sp.org/tlog-witness
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

from audit.checkpoint import Checkpoint, parse_size
from audit.cosignature import Cosigner, cosign
from audit.errors import AuditError, MalformedError, SignatureError
from audit.keys import Verifier
from audit.merkle import EMPTY_ROOT, HASH_SIZE, verify_consistency
from audit.note import open_note, split_note
from audit.signature_line import Kind, Signature, decode_base64

LONGEST_REQUEST = 256 * 1024
"""Bytes: 63 hashes and a checkpoint under 64 of the longest signatures fit in."""
MOST_HASHES = 63
CLOCK_SLACK = 60
"""Seconds by which the clock may be behind the last stated time; the last time is then stated again."""

Logs: TypeAlias = Mapping[str, tuple[Verifier, ...]]
"""Origin of each known log → its keys."""


class Refusal(IntEnum):
    """Why a witness does not cosign, as the status code that says so."""

    MALFORMED = 400
    NOT_SIGNED = 403
    UNKNOWN_LOG = 404
    OTHER_SIZE = 409
    NOT_PROVEN = 422
    UNAVAILABLE = 503


class WitnessRefusalError(AuditError):
    """The witness does not cosign; `size` is that of its own tree when the refusal is OTHER_SIZE."""

    def __init__(self, refusal: Refusal, message: str, *, size: int | None = None) -> None:
        super().__init__(message)
        self.refusal = refusal
        self.size = size


@dataclass(frozen=True, slots=True)
class Seen:
    """The tree of one log that was cosigned last, and the time stated then in POSIX seconds."""

    size: int = 0
    root: bytes = EMPTY_ROOT
    timestamp: int = 0


@dataclass(frozen=True, slots=True)
class Submission:
    """A request whose checkpoint a known log signed; nothing is proven yet."""

    old_size: int
    proof: tuple[bytes, ...]
    head: Checkpoint
    text: bytes
    log_lines: tuple[Signature, ...]
    """The lines of the log's known keys."""


def format_request(old_size: int, proof: Sequence[bytes], note: bytes) -> bytes:
    """The body of an add-checkpoint request."""
    lines = [f"old {old_size}", *(base64.b64encode(part).decode() for part in proof), "", ""]
    return "\n".join(lines).encode() + note


def read_submission(body: bytes, logs: Logs) -> Submission:
    """Steps 1 and 2; WitnessRefusalError otherwise."""
    try:
        old_size, proof, note = _split_request(body)
        text, lines = split_note(note)
        head = _read_head(text)
    except MalformedError as error:
        raise WitnessRefusalError(Refusal.MALFORMED, f"add-checkpoint: {error}") from None
    keys = logs.get(head.origin)
    if keys is None:
        raise WitnessRefusalError(Refusal.UNKNOWN_LOG, "add-checkpoint: not a log of this witness")
    try:
        open_note(note, keys)
    except SignatureError as error:
        raise WitnessRefusalError(Refusal.NOT_SIGNED, f"add-checkpoint: {error}") from None
    except MalformedError as error:  # a text that an ML-DSA-44 key cannot have signed
        raise WitnessRefusalError(Refusal.NOT_PROVEN, f"add-checkpoint: {error}") from None
    known = {(key.name, key.key_id) for key in keys}
    log_lines = tuple(line for line in lines if (line.name, line.key_id) in known)
    return Submission(old_size, proof, head, text, log_lines)


def judge(submission: Submission, seen: Seen, now: int) -> Seen:
    """Steps 3 to 5: what to remember, and the time to state; WitnessRefusalError otherwise. `now` in POSIX seconds."""
    head = submission.head
    if submission.old_size > head.size:
        raise WitnessRefusalError(Refusal.MALFORMED, "add-checkpoint: the old size is beyond the checkpoint's")
    if submission.old_size != seen.size:
        raise WitnessRefusalError(
            Refusal.OTHER_SIZE, "add-checkpoint: not the size that was cosigned last", size=seen.size
        )
    if not verify_consistency(seen.size, seen.root, head.size, head.root, submission.proof):
        raise WitnessRefusalError(Refusal.NOT_PROVEN, "add-checkpoint: not proven to continue the tree cosigned last")
    # A time that went back would let an old tree pass for the newest; a clock far behind is or was wrong.
    if now < seen.timestamp - CLOCK_SLACK or now <= 0:
        raise WitnessRefusalError(Refusal.UNAVAILABLE, "the witness's clock is behind the time that it stated last")
    return Seen(head.size, head.root, max(now, seen.timestamp))


def is_fork(head: Checkpoint, seen: Seen) -> bool:
    """Whether the log has signed two trees of one size: a proof of misbehaviour that needs nothing else."""
    return head.size == seen.size and head.root != seen.root and seen.timestamp > 0


def cosign_all(text: bytes, cosigners: Iterable[Cosigner], timestamp: int) -> list[Signature]:
    """One line of each key; ML-DSA-44 keys are left out where extension lines stand, which they would not cover."""
    has_extensions = bool(Checkpoint.parse(text).extensions)
    return [
        cosign(text, cosigner, timestamp)
        for cosigner in cosigners
        if not (has_extensions and cosigner.kind is Kind.ML_DSA_44)
    ]


def _split_request(body: bytes) -> tuple[int, tuple[bytes, ...], bytes]:
    if len(body) > LONGEST_REQUEST:
        raise MalformedError("request: too long")
    head, blank, note = body.partition(b"\n\n")
    try:
        first, *rest = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise MalformedError("request: not ASCII above the checkpoint") from None
    if not blank or not first.startswith("old "):
        raise MalformedError("request: old size, proof, empty line and checkpoint expected")
    if len(rest) > MOST_HASHES:
        raise MalformedError("request: more hashes than any proof has")
    proof = tuple(decode_base64(line) for line in rest)
    if any(len(part) != HASH_SIZE for part in proof):
        raise MalformedError("request: a line that is no hash")
    return parse_size(first.removeprefix("old "), "request line 1"), proof, note


def _read_head(text: bytes) -> Checkpoint:
    """The checkpoint; an empty tree with a wrong root is read as well, because step 4 must answer it (422)."""
    try:
        return Checkpoint.parse(text)
    except MalformedError:
        lines = text.decode().split("\n")
        if len(lines) < 4 or lines[1] != "0" or len(decode_base64(lines[2])) != HASH_SIZE:
            raise
        return Checkpoint(lines[0], 0, decode_base64(lines[2]))
