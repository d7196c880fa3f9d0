"""Rotation: an agent opens each of its halves with the old key and seals it to the new one, inside its own agency.

Pure but for the keys: pages of sealed halves come in and go out, those of a record's views together. What does not open
is named and left as it is; the rest goes on. What is rotated is bound to the same record, version and holder as before.

May touch: nothing
Sees:      halves of one holder
Spec:      vault-law section 5, rotation
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from audit.crypto.errors import SealedKeyError
from audit.crypto.key_text import is_key_id
from audit.crypto.signed_object import Kind
from audit.shapes import CODE, COUNT, Shape, choice, is_code, is_count, is_ulid, many
from vault.errors import HalfError, MalformedFormError
from vault.forms import Form, is_base64, shaped
from vault.halves import INFO_HELD, HeldHalves, Opener, RecordId, SealedHalves, Sealer, held_binding
from vault.vocabulary import Holder

_KEY: Final = Shape("a key id", is_key_id)
_FIELDS: Final = 6
_DIGITS: Final = 16


def _is_line(value: object) -> bool:
    if not isinstance(value, str) or value.count(":") != _FIELDS - 1:
        return False
    record, version, agency, epoch, suite, sealed = value.split(":")
    is_named = is_ulid(record) and is_code(agency) and is_code(suite)
    return is_named and _is_number(version) and _is_number(epoch) and is_base64(sealed)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _DIGITS and is_count(int(text))


@dataclass(frozen=True, slots=True)
class Rotation(Form):
    """A page of halves, sealed to the agent's new key."""

    KIND = Kind.ROTATION
    agency: str = shaped(CODE)
    holder: str = shaped(choice(*Holder))
    old_key: str = shaped(_KEY)
    new_key: str = shaped(_KEY)
    halves: tuple[str, ...] = shaped(many(Shape("RECORD:VERSION:AGENCY:EPOCH:SUITE:BASE64", _is_line)))
    rotated_ms: int = shaped(COUNT)

    def sealed_halves(self) -> tuple[SealedHalves, ...]:
        """The halves of this page; MalformedFormError if a record version stands twice."""
        found = [self._halves(line) for line in self.halves]
        if len({one.id for one in found}) != len(found):
            raise MalformedFormError("rotation: a record's halves stand twice")
        return tuple(found)

    def _halves(self, line: str) -> SealedHalves:
        record, version, agency, epoch, suite, sealed = line.split(":")
        ids = RecordId(record, int(version), agency, int(epoch), suite)
        return SealedHalves(ids, Holder(self.holder), self.new_key, base64.b64decode(sealed))


@dataclass(frozen=True, slots=True)
class Rotated:
    """What became of a page: the re-sealed halves, and the ids of the record versions whose halves did not open."""

    halves: tuple[SealedHalves, ...]
    damaged: tuple[RecordId, ...]


def rotate(halves: Iterable[SealedHalves], old: Opener, new: Sealer) -> Rotated:
    """Open with the old key, check the form, seal to the new one."""
    done: list[SealedHalves] = []
    damaged: list[RecordId] = []
    for one in halves:
        binding = held_binding(one.id, one.holder)
        try:
            secret = old.open(one.sealed, INFO_HELD, binding)
            HeldHalves.parse(secret)
        except (SealedKeyError, HalfError):
            damaged.append(one.id)
            continue
        done.append(SealedHalves(one.id, one.holder, new.id, new.seal(secret, INFO_HELD, binding)))
    return Rotated(tuple(done), tuple(damaged))


def rotation_lines(halves: Sequence[SealedHalves]) -> tuple[str, ...]:
    """A page as `Rotation.halves` has it."""
    return tuple(_line(one.id, one.sealed) for one in halves)


def _line(ids: RecordId, sealed: bytes) -> str:
    return f"{ids.record}:{ids.version}:{ids.agency}:{ids.epoch}:{ids.suite}:{base64.b64encode(sealed).decode()}"
