"""The two halves of a view's key: drawn, committed to, joined, sealed to an agency's agent, re-sealed to an officer.

A view's key exists on the sealing device and on the officer's, nowhere else. Either half alone is 32 random bytes that
say nothing about it. An agent's halves of a record's views are sealed together, with the kinds of the record, which
agents must know and the service need not; it gives one out at a time. The commitment in each signed envelope covers
that view's half and the kinds, so a service that swaps, replays or invents what is sealed is found out by the agent
that opens it. This file decides nothing about who may have a half: `agent.py` does.

May touch: the system's randomness
Sees:      halves, keys
Spec:      RFC 5869 (HKDF), RFC 9180 (HPKE); architecture D3
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, Self

from audit import canonical
from audit.crypto.container import ContentKey
from audit.crypto.errors import SealedKeyError
from audit.crypto.hpke import OpeningKey, SealingKey, open_key, seal_key
from audit.crypto.suites import DEFAULT, suite
from audit.errors import MalformedError
from vault.errors import HalfError
from vault.vocabulary import Holder, RecordKind, View

HALF_BYTES = 32
INFO_HELD = b"sealink/v1/vault/halves"
_INFO_RELEASED = b"sealink/v1/vault/released-half"


class Sealer(Protocol):
    """A public key that halves are sealed to: an agent's, whatever profile its keys have."""

    @property
    def id(self) -> str:
        """Id of the key."""

    def seal(self, secret: bytes, info: bytes, aad: bytes) -> bytes:
        """Seal a short secret."""


class Opener(Protocol):
    """The private side of a `Sealer`: in a keystore, or in a token that never gives the key out."""

    @property
    def id(self) -> str:
        """Id of the public half."""

    def open(self, sealed: bytes, info: bytes, aad: bytes) -> bytes:
        """What was sealed; SealedKeyError, always the same, if anything differs."""


@dataclass(frozen=True, slots=True)
class KeySealer:
    """An HPKE key of a keystore as a `Sealer`."""

    key: SealingKey

    @property
    def id(self) -> str:
        return self.key.id

    def seal(self, secret: bytes, info: bytes, aad: bytes) -> bytes:
        return seal_key(self.key, secret, info, aad)


@dataclass(frozen=True, slots=True)
class KeyOpener:
    """An HPKE key of a keystore as an `Opener`."""

    key: OpeningKey

    @property
    def id(self) -> str:
        return self.key.id

    def open(self, sealed: bytes, info: bytes, aad: bytes) -> bytes:
        return open_key(self.key, sealed, info, aad)


@dataclass(frozen=True, slots=True)
class RecordId:
    """Which version of which record, sealed by whom and when keys were of which epoch."""

    record: str
    """A random ULID; it says nothing about the subject."""
    version: int
    agency: str
    epoch: int
    suite: str = DEFAULT

    def view(self, view: View) -> ViewId:
        """One of its views."""
        return ViewId(self.record, self.version, view, self.agency, self.epoch, self.suite)

    def to_json(self) -> dict[str, str | int]:
        """All of it, by name."""
        return {
            "record": self.record,
            "version": self.version,
            "agency": self.agency,
            "epoch": self.epoch,
            "suite": self.suite,
        }


@dataclass(frozen=True, slots=True)
class ViewId:
    """Which view of a `RecordId`."""

    record: str
    version: int
    view: View
    agency: str
    epoch: int
    suite: str = DEFAULT

    @property
    def of(self) -> RecordId:
        """The record version that it is a view of."""
        return RecordId(self.record, self.version, self.agency, self.epoch, self.suite)

    def to_ids(self) -> dict[str, str | int]:
        """The ids of the envelope's header. The suite stands in the header by itself."""
        return {
            "record": self.record,
            "version": self.version,
            "view": self.view.value,
            "agency": self.agency,
            "epoch": self.epoch,
        }

    def to_bytes(self) -> bytes:
        """One unambiguous string of everything, the suite included."""
        return canonical.dumps({**self.to_ids(), "suite": self.suite})


@dataclass(frozen=True, slots=True)
class Half:
    """One half and the kinds of record that it helps to open."""

    secret: bytes = field(repr=False)
    kinds: tuple[RecordKind, ...]

    def __post_init__(self) -> None:
        if len(self.secret) != HALF_BYTES:
            raise HalfError(f"half: {HALF_BYTES} bytes expected")
        if not self.kinds or tuple(sorted(set(self.kinds))) != self.kinds:
            raise HalfError("half: its kinds of record must be given once each, in order")

    @classmethod
    def draw(cls, kinds: tuple[RecordKind, ...]) -> Self:
        """A fresh half."""
        return cls(secrets.token_bytes(HALF_BYTES), kinds)


@dataclass(frozen=True, slots=True)
class HeldHalves:
    """A holder's halves of the views of one record version, as its agent holds them."""

    of_view: Mapping[View, Half] = field(repr=False)

    def __post_init__(self) -> None:
        if not self.of_view or len({half.kinds for half in self.of_view.values()}) != 1:
            raise HalfError("halves: at least one, all of the same kinds of record")

    def to_bytes(self) -> bytes:
        """The form that is sealed to an agent."""
        kinds = next(iter(self.of_view.values())).kinds
        return canonical.dumps({
            "halves": {view.value: half.secret.hex() for view, half in self.of_view.items()},
            "kinds": [kind.value for kind in kinds],
        })  # fmt: skip

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read `to_bytes`'s form; HalfError otherwise."""
        try:
            value = canonical.loads(data)
            if isinstance(value, dict) and set(value) == {"halves", "kinds"}:
                halves, kinds = value["halves"], value["kinds"]
                if isinstance(halves, dict) and isinstance(kinds, list):
                    of = tuple(RecordKind(str(kind)) for kind in kinds)
                    return cls({View(view): Half(bytes.fromhex(str(half)), of) for view, half in halves.items()})
        except (MalformedError, ValueError):
            pass
        raise HalfError("halves: not of their form")


@dataclass(frozen=True, slots=True)
class SealedHalves:
    """A holder's halves of one record version, sealed to its agent, as the vault stores them."""

    id: RecordId
    holder: Holder
    key: str
    """Id of the agent's key."""
    sealed: bytes = field(repr=False)


def commitment(half: Half, view: ViewId, holder: Holder) -> str:
    """64 hex digits that only this half of this view has; they tell nothing about 32 random bytes."""
    bound = canonical.dumps({"kinds": [kind.value for kind in half.kinds], "holder": holder.value})
    info = b"sealink/v1/vault/half-commitment\n" + view.to_bytes() + b"\n" + bound
    return suite(view.suite).derive(half.secret, info, 32).hex()


def content_key(court: bytes, procuratorate: bytes, view: ViewId) -> ContentKey:
    """HKDF(a ‖ b, info = suite, record, version, view, sealing agency, epoch)."""
    if len(court) != HALF_BYTES or len(procuratorate) != HALF_BYTES:
        raise HalfError(f"half: {HALF_BYTES} bytes expected")
    chosen = suite(view.suite)
    info = b"sealink/v1/vault/view-key\n" + view.to_bytes()
    return ContentKey(chosen.derive(court + procuratorate, info, chosen.aead_key_bytes))


def seal_halves(halves: HeldHalves, record: RecordId, holder: Holder, agent: Sealer) -> SealedHalves:
    """Seal a holder's halves to its agent; they open for the same record, holder and key only."""
    return SealedHalves(
        record, holder, agent.id, agent.seal(halves.to_bytes(), INFO_HELD, held_binding(record, holder))
    )


def open_halves(sealed: SealedHalves, agent: Opener) -> HeldHalves:
    """All halves of a record version as they are claimed to be; HalfError for another key and what does not open."""
    if sealed.key != agent.id:
        raise HalfError("half: sealed to another key than the agent's")
    try:
        return HeldHalves.parse(agent.open(sealed.sealed, INFO_HELD, held_binding(sealed.id, sealed.holder)))
    except SealedKeyError:
        raise HalfError("half: does not open with the agent's key") from None


def open_half(sealed: SealedHalves, view: View, agent: Opener, committed: str) -> Half:
    """The half of one view, once it is the one that the envelope's signed header commits to; HalfError otherwise."""
    half = open_halves(sealed, agent).of_view.get(view)
    if half is None or not hmac.compare_digest(commitment(half, sealed.id.view(view), sealed.holder), committed):
        raise HalfError("half: not the one that the envelope commits to")
    return half


def reseal_half(half: Half, holder: Holder, officer: SealingKey, binding: bytes) -> bytes:
    """The half sealed to an officer's key of one request; `binding` is the hash of request, receipts and view."""
    return seal_key(officer, half.secret, _INFO_RELEASED, holder.value.encode() + b"\n" + binding)


def open_released(sealed: bytes, holder: Holder, officer: OpeningKey, binding: bytes) -> bytes:
    """The officer's side of `reseal_half`: the bare half; HalfError if it is of another request, view or holder."""
    try:
        return open_key(officer, sealed, _INFO_RELEASED, holder.value.encode() + b"\n" + binding)
    except SealedKeyError:
        raise HalfError("released half: does not open for this request") from None


def held_binding(record: RecordId, holder: Holder) -> bytes:
    """Associated data of the halves that an agent holds."""
    return canonical.dumps({**record.to_json(), "holder": holder.value})
