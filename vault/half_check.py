"""Is each half that an agent holds the one that its envelope's signed header commits to?

Anybody can seal something to an agent's key, so that a half opens says little. This is asked before a key is forgotten,
when a half that was swapped or garbled could still be told from the true one. A release asks it again each time.

May touch: nothing
Sees:      halves of one holder
Spec:      vault-law section 5, rotation
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping, Sequence

from audit.crypto.container_cover import verify_cover
from audit.crypto.container_header import Purpose
from audit.crypto.errors import CryptoError
from audit.crypto.signatures import VerifyingKey
from vault.checks import sealers_of
from vault.errors import EnvelopeError, HalfError
from vault.halves import Half, Opener, RecordId, SealedHalves, ViewId, commitment, open_halves
from vault.opening import half_commitments
from vault.rosters import Rosters
from vault.vocabulary import View


def foreign_halves(
    halves: Iterable[tuple[SealedHalves, Mapping[View, bytes]]],
    opener: Opener,
    sealers: Mapping[str, Sequence[VerifyingKey]],
) -> tuple[RecordId, ...]:
    """Of (halves, covers) those that do not open, or that covers signed by their agency's sealers do not commit to."""
    return tuple(one.id for one, covers in halves if not _are_own(one, covers, opener, sealers))


def sealers_by_agency(rosters: Rosters) -> Mapping[str, Sequence[VerifyingKey]]:
    """Keys of everybody who ever sealed for an agency, whether its roster is valid today or not."""
    return {roster.agency: sealers_of(roster) for roster in rosters.known()}


def _are_own(
    sealed: SealedHalves, covers: Mapping[View, bytes], opener: Opener, sealers: Mapping[str, Sequence[VerifyingKey]]
) -> bool:
    try:
        found = open_halves(sealed, opener).of_view
        return set(found) == set(covers) and all(
            _is_committed(half, sealed.id.view(view), sealed, covers[view], sealers) for view, half in found.items()
        )
    except (CryptoError, EnvelopeError, HalfError):
        return False


def _is_committed(
    half: Half, view: ViewId, sealed: SealedHalves, cover: bytes, sealers: Mapping[str, Sequence[VerifyingKey]]
) -> bool:
    senders = sealers.get(view.agency, ())
    verified = verify_cover(cover, senders=senders, purpose=Purpose.ENVELOPE, ids=view.to_ids())
    stated = half_commitments(verified.header.facts)[sealed.holder]
    return verified.header.suite == view.suite and hmac.compare_digest(commitment(half, view, sealed.holder), stated)
