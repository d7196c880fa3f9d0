"""Open a view on the officer's device, from two released halves and the envelope.

Nothing is shown before everything is verified: the container is read twice, and its first byte leaves after the
sealer's signature over the whole. Who released the halves, and on what ground, the desk has checked before. What is
opened can be copied by whoever sees it; the watermark says who that was.

May touch: nothing (a stream that the caller opened)
Sees:      plaintext, halves, keys
Spec:      architecture D3
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import BinaryIO

from audit.canonical import JsonValue
from audit.crypto.container import OpenContainer, verify_container
from audit.crypto.container_header import Purpose
from audit.crypto.errors import ContainerError
from audit.crypto.signatures import VerifyingKey
from vault.errors import EnvelopeError
from vault.halves import ViewId, content_key
from vault.vocabulary import Holder


def open_view(
    stream: BinaryIO,
    view: ViewId,
    halves: Mapping[Holder, bytes],
    *,
    sealers: Iterable[VerifyingKey],
    digest: bytes,
) -> OpenContainer:
    """The opened envelope, whose `chunks` give the padded plaintext; `digest` is the one that was decided on.

    Raises EnvelopeError; the caller acts on nothing before `is_complete`.
    """
    if set(halves) != set(Holder):
        raise EnvelopeError("opening: both halves are needed")
    try:
        verified = verify_container(stream, senders=sealers, purpose=Purpose.ENVELOPE, ids=view.to_ids())
        if verified.digest != digest or verified.header.suite != view.suite:
            raise EnvelopeError("opening: another envelope than the one that was decided on")
        return verified.open(content_key(halves[Holder.COURT], halves[Holder.PROCURATORATE], view))
    except ContainerError as error:
        raise EnvelopeError(f"opening: {error}") from None


def half_commitments(facts: Mapping[str, JsonValue]) -> dict[Holder, str]:
    """The commitments that an envelope's header states, one for each holder; EnvelopeError otherwise."""
    stated = facts.get("halves")
    if isinstance(stated, dict) and set(stated) == {holder.value for holder in Holder}:
        found = {Holder(name): value for name, value in stated.items() if isinstance(value, str)}
        if len(found) == len(Holder):
            return found
    raise EnvelopeError("envelope: its header does not commit to both halves")
