"""The linkage secret from one custodian to another: sealed to the other's key, relayed by the unit, opened there.

Inviting, in numbered steps:
  1. read the list of custodians that the unit shows; our own entry in it must be our own keys;
  2. people of both agencies compare the fingerprint of the list by telephone;
  3. seal the secret to the other's key, signed; the fingerprint is inside what is signed.
Accepting does 1 and 2 as well, and refuses a container whose fingerprint is not the one that was compared. Step 2 alone
would not do: a unit that shows one list of its own keys to everybody shows everybody the same fingerprint. The unit
sees sealed bytes only. Making the secret and storing it are not done here.

May touch: nothing
Sees:      linkage secret
Spec:      contracts section 2 (linkage secret)
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass

from audit.canonical import JsonValue
from audit.crypto.container import open_container, seal_container
from audit.crypto.container_header import Purpose
from audit.crypto.hpke import OpeningKey, SealingKey
from audit.crypto.signatures import SigningKey, VerifyingKey
from audit.crypto.signed_object import Kind, sign_object
from linkage.encoding.keys import LinkageSecret
from linkage.errors import FingerprintError
from linkage.projects import custodians_fingerprint

_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Custodians:
    """All custodians of a project and epoch, as the unit shows them: agency → (verifying, sealing) key lines."""

    project: str
    epoch: int
    keys: Mapping[str, tuple[str, str]]

    @property
    def fingerprint(self) -> str:
        """What both sides compare; made here, never taken from the unit."""
        return custodians_fingerprint(self.project, self.epoch, self.keys)

    def check_own(self, agency: str, verifying: VerifyingKey, sealing: SealingKey) -> None:
        """FingerprintError unless the list shows our own keys as ours; only then may its fingerprint be read out."""
        if self.keys.get(agency) != (verifying.to_text(), sealing.to_text()):
            raise FingerprintError(
                "custodians: the unit shows other keys of this agency than its own",
                hint="join with this folder's keys; if that was done, the unit swaps keys: pass no secret, tell people",
            )


def join(project: str, agency: str, epoch: int, signing: SigningKey, opening: OpeningKey) -> bytes:
    """The signed object by which an agency joins with its own public keys."""
    payload: dict[str, JsonValue] = {
        "project": project,
        "agency": agency,
        "epoch": epoch,
        "verifying": signing.verifying_key.to_text(),
        "sealing": opening.sealing_key.to_text(),
    }
    return sign_object(Kind.ACCEPT, payload, signing)


def invite(
    secret: LinkageSecret,
    custodians: Custodians,
    sender: str,
    recipient: str,
    signing: SigningKey,
    opening: OpeningKey,
    compared: str,
) -> bytes:
    """The secret sealed to `recipient`; `compared` is the fingerprint that both agencies' people read to each other.

    `signing` and `opening` are the sender's own, and must stand in the list.
    """
    custodians.check_own(sender, signing.verifying_key, opening.sealing_key)
    _check(custodians, compared)
    out = io.BytesIO()
    seal_container(
        out,
        [secret.key],
        purpose=Purpose.SECRET,
        ids=_ids(custodians, sender, recipient),
        sender=signing,
        recipients=[SealingKey.parse(custodians.keys[recipient][1])],
    )
    return out.getvalue()


def accept(
    sealed: bytes,
    custodians: Custodians,
    sender: str,
    recipient: str,
    signing: SigningKey,
    opening: OpeningKey,
    compared: str,
) -> LinkageSecret:
    """The secret that `sender` sealed; ContainerError if it is not theirs, not for us, or for another list of keys.

    `signing` and `opening` are the recipient's own, and must stand in the list.
    """
    custodians.check_own(recipient, signing.verifying_key, opening.sealing_key)
    _check(custodians, compared)
    senders = [VerifyingKey.parse(custodians.keys[sender][0])]
    ids = _ids(custodians, sender, recipient)
    container = open_container(io.BytesIO(sealed), opening, senders=senders, purpose=Purpose.SECRET, ids=ids)
    return LinkageSecret(container.read(_SECRET_BYTES))


def _ids(custodians: Custodians, sender: str, recipient: str) -> dict[str, str | int]:
    return {
        "project": custodians.project,
        "epoch": custodians.epoch,
        "sender": sender,
        "recipient": recipient,
        "custodians": custodians.fingerprint,
    }


def _check(custodians: Custodians, compared: str) -> None:
    if compared != custodians.fingerprint:
        raise FingerprintError(
            "custodians: the keys that the unit shows are not those that were compared",
            hint="read the fingerprint to each other again, and pass no secret until both are equal",
        )
