"""The public header of a sealed container: what it is for, from whom, for whom, and which content key is inside.

Everybody who carries a container may read its header, so nothing personal belongs in `ids` or `facts`. This file writes
and reads the header and checks its form; whether it is true, the signature in `container` says.

May touch: nothing
Sees:      public ids and figures, sealed keys
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from audit import canonical
from audit.canonical import JsonValue
from audit.crypto.errors import KeyFormError, MalformedContainerError
from audit.crypto.key_text import is_key_id, strict_base64
from audit.errors import CanonicalError, MalformedError

VERSION = 1
LONGEST = 1024 * 1024
"""Bytes of a header."""
MOST_RECIPIENTS = 64
COMMITMENT_BYTES = 32
_NAMES = {"v", "suite", "purpose", "ids", "facts", "sender", "recipients", "commitment"}


class Purpose(StrEnum):
    """What containers are for; a reader names the one it expects."""

    BATCH = "batch"  # a custodian's match keys, for the linkage unit
    RESULT = "result"  # one custodian's own results
    SECRET = "secret"  # noqa: S105  (a purpose's name: the linkage secret, passed between custodians)
    ENVELOPE = "envelope"  # one view of a sealed record
    INDEX = "index"  # subject index entries, for an agency that may decide on them
    BACKUP = "backup"  # a program's own state


@dataclass(frozen=True, slots=True)
class Wrap:
    """The content key sealed to one recipient."""

    recipient: str
    """Id of the recipient's sealing key."""
    sealed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Header:
    """A header of right form. `raw` are the bytes that signature and chunks are bound to."""

    suite: str
    purpose: Purpose
    ids: Mapping[str, str | int]
    facts: dict[str, JsonValue]
    sender: str
    """Id of the sender's verifying key."""
    wraps: tuple[Wrap, ...]
    commitment: bytes
    raw: bytes = field(repr=False)

    def wrap_for(self, recipient: str) -> Wrap | None:
        """The wrap for the key of that id, if there is one."""
        return next((wrap for wrap in self.wraps if wrap.recipient == recipient), None)


def make_header(
    suite: str,
    purpose: Purpose,
    ids: Mapping[str, str | int],
    facts: Mapping[str, JsonValue],
    sender: str,
    wraps: tuple[Wrap, ...],
    commitment: bytes,
) -> Header:
    """Write a header; MalformedContainerError if it breaks a rule that readers check."""
    try:
        raw = canonical.dumps({
            "v": VERSION,
            "suite": suite,
            "purpose": purpose.value,
            "ids": dict(ids),
            "facts": dict(facts),
            "sender": sender,
            "recipients": [
                {"key": wrap.recipient, "sealed": base64.b64encode(wrap.sealed).decode()} for wrap in wraps
            ],
            "commitment": commitment.hex(),
        })  # fmt: skip
    except CanonicalError:
        raise _malformed("ids and facts must be canonical JSON (ASCII names, no floats)") from None
    return parse_header(raw)


def parse_header(raw: bytes) -> Header:
    """Read a header; MalformedContainerError names the rule."""
    if len(raw) > LONGEST:
        raise _malformed("too long")
    try:
        value = canonical.loads(raw)
    except MalformedError as error:
        raise _malformed(str(error)) from None
    if not isinstance(value, dict) or set(value) != _NAMES or value["v"] != VERSION or isinstance(value["v"], bool):
        raise _malformed("not the fields of version 1")
    suite, purpose, sender, facts = value["suite"], value["purpose"], value["sender"], value["facts"]
    if not isinstance(suite, str) or not isinstance(facts, dict):
        raise _malformed("suite or facts of wrong form")
    if not isinstance(purpose, str) or purpose not in {known.value for known in Purpose}:
        raise _malformed("unknown purpose")
    if not isinstance(sender, str) or not is_key_id(sender):
        raise _malformed("sender is not a key id")
    return Header(
        suite,
        Purpose(purpose),
        _ids(value["ids"]),
        facts,
        sender,
        _wraps(value["recipients"]),
        _commitment(value["commitment"]),
        raw,
    )


def _ids(value: JsonValue) -> dict[str, str | int]:
    if not isinstance(value, dict):
        raise _malformed("ids of wrong form")
    ids: dict[str, str | int] = {}
    for name, item in value.items():
        if isinstance(item, bool) or not isinstance(item, str | int):
            raise _malformed("an id is neither text nor an integer")
        ids[name] = item
    return ids


def _wraps(value: JsonValue) -> tuple[Wrap, ...]:
    if not isinstance(value, list) or len(value) > MOST_RECIPIENTS:
        raise _malformed("recipients of wrong form or too many")
    wraps = tuple(_wrap(item) for item in value)
    if len({wrap.recipient for wrap in wraps}) != len(wraps):
        raise _malformed("a recipient stands twice")
    return wraps


def _wrap(item: JsonValue) -> Wrap:
    if isinstance(item, dict) and set(item) == {"key", "sealed"}:
        key, sealed = item["key"], item["sealed"]
        if isinstance(key, str) and is_key_id(key) and isinstance(sealed, str):
            try:
                return Wrap(key, strict_base64(sealed))
            except KeyFormError:
                pass
    raise _malformed("a recipient is not a key id and a sealed key")


def _commitment(value: JsonValue) -> bytes:
    if not isinstance(value, str) or value != value.lower():
        raise _malformed("commitment of wrong form")
    try:
        commitment = bytes.fromhex(value)
    except ValueError:
        raise _malformed("commitment of wrong form") from None
    if len(commitment) != COMMITMENT_BYTES or commitment.hex() != value:
        raise _malformed("commitment of wrong form")
    return commitment


def _malformed(rule: str) -> MalformedContainerError:
    return MalformedContainerError(f"container header: {rule}")
