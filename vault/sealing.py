"""Seal the views of one record version on the owner's device: an envelope and two sealed halves for each.

The plaintext comes in as pieces and leaves as ciphertext; memory stays bounded whatever the size. The keys are gone
when a function returns: neither the sealer nor the vault can open what was sealed. What belongs into which view is
`view_archive`'s matter, whether the record may be sealed is `eligibility`'s.

Sealing, in numbered steps:
  1. for each view two fresh halves, and the key that they make together;
  2. its envelope: a sealed container without recipients whose signed header commits to both halves;
  3. one signature of the sealer over the envelopes of all views;
  4. each half sealed to its holder's agent.

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
from vault.halves import Half, SealedHalf, Sealer, ViewId, commitment, content_key, seal_half
from vault.vocabulary import Holder, RecordKind


@dataclass(frozen=True, slots=True)
class SealedView:
    """What sealing one view gives besides the envelope itself."""

    id: ViewId
    digest: bytes
    """Names the envelope in requests and in the log."""
    halves: tuple[SealedHalf, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """One view to be sealed: its plaintext, padded already, and where the envelope goes."""

    id: ViewId
    pieces: Iterable[bytes]
    out: BinaryIO


def seal_views(
    sources: Iterable[Source],
    *,
    kinds: Iterable[RecordKind],
    sealer: SigningKey,
    agents: Mapping[Holder, Sealer],
) -> list[SealedView]:
    """Write the envelopes of views, one after the other, and sign them together.

    If anything raises, what was written is no envelope. EnvelopeError when a holder's agent is missing.
    """
    if set(agents) != set(Holder):
        raise EnvelopeError("sealing: exactly the court's and the procuratorate's agents must be given")
    sorted_kinds = tuple(sorted(set(kinds)))
    drawn, written = [], []
    for source in sources:
        if source.id.suite != sealer.suite:
            raise EnvelopeError("sealing: the sealer's key is of another suite")
        halves = {holder: Half.draw(sorted_kinds) for holder in Holder}  # 1
        written.append(_envelope(source, halves, sealer))  # 2
        drawn.append((source.id, halves))
    sign_together(written)  # 3
    sealed = [
        tuple(seal_half(halves[holder], view, holder, agents[holder]) for holder in Holder)  # 4
        for view, halves in drawn
    ]
    return [SealedView(drawn[n][0], one.digest, sealed[n]) for n, one in enumerate(written)]


def _envelope(source: Source, halves: Mapping[Holder, Half], sealer: SigningKey) -> UnsignedContainer:
    view = source.id
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
