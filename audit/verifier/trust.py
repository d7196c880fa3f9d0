"""Whom the auditor trusts, and whether a checkpoint carries their signatures. The tree behind it is not looked at.

A checkpoint is good when
1. every line of a known key holds, and no known key's line stands under another name or id;
2. its origin is the log's name, and every key of the log has signed it;
3. no witness signed before time began or after now (ten minutes of grace);
4. the quorum is there: the trust policy's, or `quorum` different witnesses, or by default every witness key there is.

May touch: nothing
"""

from __future__ import annotations

from dataclasses import dataclass

from audit.checkpoint import Checkpoint
from audit.errors import KeyFileError, QuorumError, SignatureError
from audit.keys import Verifier
from audit.note import OpenedNote, open_note
from audit.policy import Policy
from audit.signature_line import Kind, Signature

_GRACE = 600
_EARLIEST = 1_577_836_800
"""2020-01-01: before it there was no cosignature of any kind."""


@dataclass(frozen=True, slots=True)
class Trust:
    """Keys, the log's first, and the rule for witnesses. KeyFileError when the first key cannot be a log's."""

    keys: tuple[Verifier, ...]
    quorum: int | None = None
    policy: Policy | None = None

    def __post_init__(self) -> None:
        if not self.keys or self.keys[0].kind is not Kind.ED25519:
            raise KeyFileError("keys: the first is not a log's Ed25519 key")
        if self.quorum is not None and self.quorum < 0:
            raise KeyFileError("quorum: not a number of witnesses")
        if self.quorum is not None and self.quorum > len({key.name for key in self.witnesses}):
            raise KeyFileError("quorum: more witnesses than there are keys of")
        if any(key.kind is Kind.ED25519 and key.name != self.origin for key in self.keys):
            raise KeyFileError("keys: a witness with a key that cannot state a time")
        if self.policy and not self.policy.is_log(self.keys[0]):
            raise KeyFileError("keys: the log is not one of the policy's logs")

    @property
    def origin(self) -> str:
        return self.keys[0].name

    @property
    def witnesses(self) -> tuple[Verifier, ...]:
        named = tuple(key for key in self.keys if key.name != self.origin)
        listed = tuple(known.key for known in self.policy.witnesses) if self.policy else ()
        return (*named, *(key for key in listed if key not in named))

    def open_checkpoint(self, note: bytes, now: int) -> tuple[Checkpoint, OpenedNote]:
        """The signed head, once all four rules hold at the time `now` (POSIX seconds)."""
        head, opened = self.open_own(note)
        self._check_witnesses(opened, now)
        return head, opened

    def open_own(self, note: bytes) -> tuple[Checkpoint, OpenedNote]:
        """The head that the log itself signed, by rules 1 and 2 alone: enough for an older checkpoint."""
        opened = open_note(note, {*self.keys, *self.witnesses})
        _refuse_disguised(opened, self.keys + self.witnesses)
        head = Checkpoint.parse(opened.text)
        if head.origin != self.origin:
            raise SignatureError("checkpoint: the origin is another log's")
        signed = {line.verifier for line in opened.signatures}
        for key in self.keys:
            if key.name == self.origin and key not in signed:
                raise SignatureError(f"checkpoint: no line of the log's {key.kind.name} key")
        return head, opened

    def _check_witnesses(self, opened: OpenedNote, now: int) -> None:
        witnesses = self.witnesses
        lines = [line for line in opened.signatures if line.verifier in witnesses]
        for line in lines:
            if not _EARLIEST <= (line.timestamp or 0) <= now + _GRACE:
                raise QuorumError(f"checkpoint: witness {line.verifier.name} signed at a time that cannot be")
        signed = {line.verifier for line in lines}
        if self.policy:
            if not self.policy.is_satisfied(signed):
                raise QuorumError("checkpoint: the policy's quorum is not there")
        elif self.quorum is not None:
            count = min(len({key.name for key in signed}), len({key.public_key for key in signed}))
            if count < self.quorum:
                raise QuorumError(f"checkpoint: {count} of {self.quorum} witnesses that must have signed")
        else:
            for key in witnesses:
                if key not in signed:
                    raise QuorumError(f"checkpoint: no line of witness {key.name} ({key.kind.name})")


def _refuse_disguised(opened: OpenedNote, keys: tuple[Verifier, ...]) -> None:
    """Unknown lines are ignored, as the specification has it; a known key's line under another name is not unknown."""
    for line in opened.unknown:
        for key in keys:
            if line.name != key.name and line.key_id != key.key_id:
                continue
            try:
                key.verify(opened.text, Signature(key.name, key.key_id, line.payload))
            except SignatureError:
                continue
            raise SignatureError(f"checkpoint: a line of {key.name} stands under another name or id")
