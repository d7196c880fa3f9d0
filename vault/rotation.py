"""Rotation: an agent opens each of its halves with the old key and seals it to the new one, inside its own agency.

Pure but for the keys: pages of sealed halves come in and go out. A half that does not open is named and left as it is;
the rest goes on. What is rotated is bound to the same record, version, view and holder as before.

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
from vault.halves import INFO_HELD, Half, Opener, SealedHalf, Sealer, ViewId, held_binding
from vault.vocabulary import Holder, View

_KEY: Final = Shape("a key id", is_key_id)
_FIELDS: Final = 7
_DIGITS: Final = 16


def _is_line(value: object) -> bool:
    if not isinstance(value, str) or value.count(":") != _FIELDS - 1:
        return False
    record, version, view, agency, epoch, suite, sealed = value.split(":")
    is_named = is_ulid(record) and view in {one.value for one in View} and is_code(agency) and is_code(suite)
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
    halves: tuple[str, ...] = shaped(many(Shape("RECORD:VERSION:VIEW:AGENCY:EPOCH:SUITE:BASE64", _is_line)))
    rotated_ms: int = shaped(COUNT)

    def sealed_halves(self) -> tuple[SealedHalf, ...]:
        """The halves of this page; MalformedFormError if one stands twice."""
        found = [self._half(line) for line in self.halves]
        if len({half.id for half in found}) != len(found):
            raise MalformedFormError("rotation: a half stands twice")
        return tuple(found)

    def _half(self, line: str) -> SealedHalf:
        record, version, view, agency, epoch, suite, sealed = line.split(":")
        ids = ViewId(record, int(version), View(view), agency, int(epoch), suite)
        return SealedHalf(ids, Holder(self.holder), self.new_key, base64.b64decode(sealed))


@dataclass(frozen=True, slots=True)
class Rotated:
    """What became of a page: the re-sealed halves, and the ids of those that did not open."""

    halves: tuple[SealedHalf, ...]
    damaged: tuple[ViewId, ...]


def rotate(halves: Iterable[SealedHalf], old: Opener, new: Sealer) -> Rotated:
    """Open with the old key, check the form, seal to the new one."""
    done: list[SealedHalf] = []
    damaged: list[ViewId] = []
    for half in halves:
        binding = held_binding(half.id, half.holder)
        try:
            secret = old.open(half.sealed, INFO_HELD, binding)
            Half.parse(secret)
        except (SealedKeyError, HalfError):
            damaged.append(half.id)
            continue
        done.append(SealedHalf(half.id, half.holder, new.id, new.seal(secret, INFO_HELD, binding)))
    return Rotated(tuple(done), tuple(damaged))


def rotation_line(half: SealedHalf) -> str:
    """A half as `Rotation.halves` has it."""
    ids = half.id
    sealed = base64.b64encode(half.sealed).decode()
    return f"{ids.record}:{ids.version}:{ids.view.value}:{ids.agency}:{ids.epoch}:{ids.suite}:{sealed}"


def rotation_lines(halves: Sequence[SealedHalf]) -> tuple[str, ...]:
    """A page of them."""
    return tuple(rotation_line(half) for half in halves)
