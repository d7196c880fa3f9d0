"""Seal the views of one record version on the owner's device: an envelope for each, and each holder's halves.

The plaintext comes in as pieces and leaves as ciphertext; memory stays bounded whatever the size. The keys are gone
when a function returns: neither the sealer nor the vault can open what was sealed. What belongs into which view is
`view_archive`'s matter, whether the record may be sealed is `eligibility`'s.

Sealing, in numbered steps:
  1. for each view two fresh halves, and the key that they make together;
  2. its envelope: a sealed container without recipients whose signed header commits to both halves;
  3. one signature of the sealer over the envelopes of all views;
  4. each holder's halves of all views, sealed together to its agent.

May touch: the system's randomness (streams that the caller opened)
Sees:      plaintext, halves, keys
Spec:      architecture D3; vault-law section 5
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from audit.crypto.container import UnsignedContainer, sign_together, write_unsigned
from audit.crypto.container_header import Purpose
from audit.crypto.signatures import SigningKey
from vault.errors import EnvelopeError
from vault.halves import (
    Half,
    HeldHalves,
    RecordId,
    SealedHalves,
    Sealer,
    ViewId,
    commitment,
    content_key,
    seal_halves,
)
from vault.vocabulary import Holder, RecordKind, View


@dataclass(frozen=True, slots=True)
class SealedRecord:
    """What sealing gives besides the envelopes themselves."""

    id: RecordId
    digests: Mapping[View, bytes]
    """Digest of each view's envelope: its name in requests and in the log."""
    halves: tuple[SealedHalves, ...]
    """One for each holder."""


@dataclass(frozen=True, slots=True)
class Source:
    """One view to be sealed: its plaintext, padded already, and where the envelope goes."""

    view: View
    pieces: Iterable[bytes]
    out: BinaryIO


def seal_views(
    record: RecordId,
    sources: Iterable[Source],
    *,
    kinds: Iterable[RecordKind],
    sealer: SigningKey,
    agents: Mapping[Holder, Sealer],
) -> SealedRecord:
    """Write the envelopes of views, one after the other, and sign them together.

    If anything raises, what was written is no envelope. EnvelopeError when a holder's agent is missing.
    """
    if set(agents) != set(Holder):
        raise EnvelopeError("sealing: exactly the court's and the procuratorate's agents must be given")
    if record.suite != sealer.suite:
        raise EnvelopeError("sealing: the sealer's key is of another suite")
    sorted_kinds = tuple(sorted(set(kinds)))
    drawn: dict[View, dict[Holder, Half]] = {}
    written: dict[View, UnsignedContainer] = {}
    for source in sources:
        drawn[source.view] = {holder: Half.draw(sorted_kinds) for holder in Holder}  # 1
        written[source.view] = _envelope(source, record.view(source.view), drawn[source.view], sealer)  # 2
    sign_together(list(written.values()))  # 3
    halves = tuple(  # 4
        seal_halves(HeldHalves({view: of[holder] for view, of in drawn.items()}), record, holder, agents[holder])
        for holder in Holder
    )
    return SealedRecord(record, {view: one.digest for view, one in written.items()}, halves)


def _envelope(source: Source, view: ViewId, halves: Mapping[Holder, Half], sealer: SigningKey) -> UnsignedContainer:
    return write_unsigned(
        source.out,
        source.pieces,
        purpose=Purpose.ENVELOPE,
        ids=view.to_ids(),
        facts={"halves": {holder.value: commitment(half, view, holder) for holder, half in halves.items()}},
        sender=sealer,
        recipients=(),
        content_key=content_key(halves[Holder.COURT].secret, halves[Holder.PROCURATORATE].secret, view),
    )
