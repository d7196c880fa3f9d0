"""The form by which a sealing desk hands a sealed record to the vault, and the notices that go with it.

It names each envelope by its digest, carries the sealed halves and index entries, and is signed by the sealer: a vault
cannot add, swap or drop a half or an index entry without breaking it. The envelopes themselves travel as files.

May touch: nothing
Sees:      sealed halves, sealed index entries
Spec:      contracts section 4; vault-law L11, L12
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from audit.crypto.key_text import is_key_id
from audit.crypto.signed_object import Kind
from audit.shapes import CODE, COUNT, SHA256, ULID, Shape, many
from vault.errors import MalformedFormError
from vault.forms import BASE64, Form, is_base64, shaped
from vault.halves import RecordId, SealedHalves
from vault.vocabulary import Holder, View

_ENVELOPE = re.compile(r"([a-z_]+):([0-9a-f]{64})")


def _is_envelope(value: object) -> bool:
    found = _ENVELOPE.fullmatch(value) if isinstance(value, str) else None
    return found is not None and found[1] in {view.value for view in View}


def _is_halves(value: object) -> bool:
    if not isinstance(value, str) or value.count(":") != 2:
        return False
    holder, key, sealed = value.split(":")
    return holder in {one.value for one in Holder} and is_key_id(key) and is_base64(sealed)


ENVELOPE: Final = Shape("VIEW:DIGEST", _is_envelope)
HALVES: Final = Shape("HOLDER:KEY-ID:BASE64", _is_halves)


@dataclass(frozen=True, slots=True)
class Sealing(Form):
    """One version of a sealed record, whole. `case` and `subject` are commitments under salts that the desk keeps."""

    KIND = Kind.SEALING
    record: str = shaped(ULID)
    version: int = shaped(COUNT)
    epoch: int = shaped(COUNT)
    suite: str = shaped(CODE)
    agency: str = shaped(CODE)
    sealer: str = shaped(CODE)
    basis: str = shaped(CODE)
    rules: str = shaped(SHA256)
    finding: str = shaped(SHA256)  # of the signed eligibility finding that the desk keeps
    case: str = shaped(SHA256)
    subject: str = shaped(SHA256)
    parts: int = shaped(COUNT)
    envelopes: tuple[str, ...] = shaped(many(ENVELOPE))
    halves: tuple[str, ...] = shaped(many(HALVES))
    index: str = shaped(BASE64)  # for the sealing agency's own desk
    sealed_ms: int = shaped(COUNT)

    def digests(self) -> dict[View, str]:
        """Digest (hex) of each view's envelope; MalformedFormError unless every view is there once."""
        found = {View(text.partition(":")[0]): text.partition(":")[2] for text in self.envelopes}
        if len(found) != len(self.envelopes) or set(found) != set(View):
            raise MalformedFormError("sealing.envelopes: each view once")
        return found

    @property
    def id(self) -> RecordId:
        """The ids of what is sealed."""
        return RecordId(self.record, self.version, self.agency, self.epoch, self.suite)

    def sealed_halves(self) -> tuple[SealedHalves, ...]:
        """Each holder's halves; MalformedFormError unless both are there, once each."""
        found = [text.split(":") for text in self.halves]
        if sorted(holder for holder, _, _ in found) != sorted(holder.value for holder in Holder):
            raise MalformedFormError("sealing.halves: one for each holder")
        return tuple(
            SealedHalves(self.id, Holder(holder), key, base64.b64decode(sealed)) for holder, key, sealed in found
        )


@dataclass(frozen=True, slots=True)
class Notice(Form):
    """The sealing agency tells an agency that holds a part to seal it; `part` is sealed to that agency's desk."""

    KIND = Kind.NOTICE
    notice: str = shaped(ULID)
    record: str = shaped(ULID)
    agency: str = shaped(CODE)
    to: str = shaped(CODE)
    sealer: str = shaped(CODE)
    part: str = shaped(BASE64)
    issued_ms: int = shaped(COUNT)
    due_ms: int = shaped(COUNT)


@dataclass(frozen=True, slots=True)
class Acknowledgement(Form):
    """That agency has sealed its part, and what it still holds unsealed (nothing, or paper that is listed)."""

    KIND = Kind.RECEIPT
    acknowledgement: str = shaped(ULID)
    notice: str = shaped(ULID)
    notice_digest: str = shaped(SHA256)
    agency: str = shaped(CODE)
    sealer: str = shaped(CODE)
    sealed_parts: int = shaped(COUNT)
    answered_ms: int = shaped(COUNT)


def halves_texts(halves: Iterable[SealedHalves]) -> tuple[str, ...]:
    """Sealed halves as `Sealing.halves` has them."""
    return tuple(f"{one.holder.value}:{one.key}:{base64.b64encode(one.sealed).decode()}" for one in halves)


def envelope_texts(digests: Mapping[View, bytes]) -> tuple[str, ...]:
    """Envelopes as `Sealing.envelopes` has them."""
    return tuple(f"{view.value}:{digests[view].hex()}" for view in View)


def missing_answers(notices: Sequence[str], answered: Sequence[str]) -> tuple[str, ...]:
    """Notices without an acknowledgement: while there is one, the bundle is not closed."""
    return tuple(sorted(set(notices) - set(answered)))
